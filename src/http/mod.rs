//! The endpoint.
//!
//! [`graphql`] speaks GraphQL over HTTP and hands over to `sse` and `socket` for live data; `accept` chooses the media type;
//! `pages` has what people see; `serve` listens, and `linger` closes.

mod accept;
mod answer_body;
mod graphql;
mod linger;
mod pages;
mod serve;
mod socket;
mod sse;
mod unfinished;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use tokio_util::sync::CancellationToken;
use tower_http::{
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    cors::{AllowOrigin, CorsLayer},
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
};

pub use self::serve::serve;
use self::unfinished::Unfinished;
use crate::{
    config::Profile,
    domain::Cooperation,
    engine::{Caller, Client, Engine},
    graph::{self, Clearance},
    observe::{Metrics, REQUEST_ID, RequestId},
};

/// How long browsers may remember what pages of other origins may do.
const CORS_MAX_AGE: Duration = Duration::from_hours(2);
/// How many bytes an answer has at least before it is worth compressing.
const COMPRESSED_ABOVE: u64 = 1024;

/// What all requests share.
#[derive(Clone)]
struct App {
    engine: Arc<Engine>,
    unfinished: Unfinished,
    /// Is cancelled when the server stops; subscriptions and `WebSocket`s end then.
    stopping: CancellationToken,
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

/// The routes. When `stopping` is cancelled, subscriptions and `WebSocket`s end.
pub fn router(engine: Arc<Engine>, stopping: CancellationToken) -> Router {
    let config = engine.config();
    let unfinished = Unfinished::new(config.max_unfinished_bytes);
    let schema: &'static str = sdl().leak();
    let mut router = Router::new()
        .route("/graphql", any(graphql::handle))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready));
    if config.has_metrics() {
        router = router.route("/metrics", get(metrics));
    }
    if !config.is_hardened() {
        let text = (HeaderName::from_static("content-type"), "text/plain; charset=utf-8");
        router = router.route("/schema.graphql", get(async move || ([text], schema))).merge(pages::routes());
    }
    router
        // A compressor would hold back events, which are sent one by one.
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_ABOVE).and(NotForContentType::SSE)))
        .layer(cors(&config.cors_origins))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ))
        .layer(middleware::from_fn_with_state(engine.clone(), observe))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, engine.observer().clone()))
        .layer(middleware::map_request(check_request_id))
        .with_state(App { engine, unfinished, stopping })
}

/// The routes of the address that has metrics alone.
pub fn metrics_router(engine: Arc<Engine>) -> Router {
    let app = App { engine, unfinished: Unfinished::new(0), stopping: CancellationToken::new() };
    Router::new().route("/metrics", get(metrics)).with_state(app)
}

async fn metrics(State(App { engine, .. }): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, Metrics::MEDIA_TYPE)], engine.metrics())
}

/// Removes a request id that is malformed, so that the request is given a new one.
async fn check_request_id(mut request: Request) -> Request {
    if request.headers().get(REQUEST_ID).is_some_and(|id| RequestId::from_header(id).is_none()) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// Tells each handler where its request came from, and counts the responses.
async fn observe(State(engine): State<Arc<Engine>>, mut request: Request, next: Next) -> Response {
    let origin = engine.observer().origin(request.headers());
    request.extensions_mut().insert(origin);
    // RFC 9112, section 3.2.
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let response = if hosts == 1 || hosts == 0 && request.version() < Version::HTTP_11 {
        next.run(request).await
    } else {
        (StatusCode::BAD_REQUEST, "a request has one header `Host`\n").into_response()
    };
    engine.observer().metrics().response(response.status().as_u16());
    response
}

fn cors(origins: &[String]) -> CorsLayer {
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .max_age(CORS_MAX_AGE)
        .allow_methods([axum::http::Method::GET, axum::http::Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT, header::AUTHORIZATION, REQUEST_ID])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER, RATE_LIMIT, RATE_LIMIT_POLICY])
}

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
