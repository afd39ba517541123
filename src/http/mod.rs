//! The endpoint.
//!
//! [`graphql`] speaks GraphQL over HTTP and hands over to `sse` and `socket` for live data; `accept` chooses the media type;
//! `pages` has what people see; `serve` listens.

mod accept;
mod graphql;
mod pages;
mod serve;
mod socket;
mod sse;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::IntoResponse,
    routing::{any, get},
};
use tokio::sync::watch;
use tower_http::{
    compression::{CompressionLayer, Predicate, predicate::SizeAbove},
    cors::{AllowOrigin, CorsLayer},
    set_header::SetResponseHeaderLayer,
};

pub use self::serve::serve;
use crate::{
    config::Profile,
    domain::Cooperation,
    engine::{Caller, Client, Engine},
    graph::{self, Clearance},
};

/// How many bytes an answer has at least before it is worth compressing.
const COMPRESSED_ABOVE: u64 = 1024;

/// What all requests share.
#[derive(Clone)]
struct App {
    engine: Arc<Engine>,
    /// Becomes true when the server is to stop; what stays open for long ends then.
    stopping: watch::Receiver<bool>,
}

/// The schema in GraphQL's definition language, with every description.
#[must_use]
pub fn sdl() -> String {
    graph::sdl::<Cooperation>()
}

/// What a server of this profile has beside `/graphql`, for people: names and paths.
#[must_use]
pub fn addresses(profile: Profile) -> Vec<(&'static str, &'static str)> {
    let mut addresses = Vec::new();
    if profile == Profile::Public {
        addresses.push(("start page", "/"));
        if pages::has_playground() {
            addresses.push(("playground", "/playground"));
        }
        addresses.push(("schema", "/schema.graphql"));
    }
    addresses
}

/// The routes. `stopping` becomes true when the server is to stop.
pub fn router(engine: Arc<Engine>, stopping: watch::Receiver<bool>) -> Router {
    let config = engine.config();
    let schema: &'static str = sdl().leak();
    let mut router = Router::new()
        .route("/graphql", any(graphql::handle))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready));
    if !config.is_hardened() {
        let text = (HeaderName::from_static("content-type"), "text/plain; charset=utf-8");
        router = router.route("/schema.graphql", get(async move || ([text], schema))).merge(pages::routes());
    }
    router
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_ABOVE).and(NotEvents)))
        .layer(cors(&config.cors_origins))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .with_state(App { engine, stopping })
}

/// Events are sent one by one; a compressor would hold them back.
#[derive(Clone, Copy)]
struct NotEvents;

impl Predicate for NotEvents {
    fn should_compress<B: axum::body::HttpBody>(&self, response: &axum::http::Response<B>) -> bool {
        let media = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        !media.is_some_and(|media| media.starts_with("text/event-stream"))
    }
}

fn cors(origins: &[String]) -> CorsLayer {
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([axum::http::Method::GET, axum::http::Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT, header::AUTHORIZATION, REQUEST_ID])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER, RATE_LIMIT, RATE_LIMIT_POLICY])
}

/// The id of a request, taken from the client or made anew.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What a client may still spend (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// What a client may spend at all.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

async fn ready(State(App { engine, .. }): State<App>) -> impl IntoResponse {
    match engine.database().check().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(cause) => {
            tracing::warn!(%cause, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    }
}

/// Who sent a request.
fn caller(engine: &Engine, peer: SocketAddr, headers: &HeaderMap) -> Caller {
    let forwarded = || -> Option<IpAddr> {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    let address = engine.config().trust_proxy.then(forwarded).flatten().unwrap_or(peer.ip());
    Caller { client: Client::at(address), clearance: Clearance::PUBLIC }
}
