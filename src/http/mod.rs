//! The HTTP server.
//!
//! [`graphql`] implements GraphQL over HTTP, `sse` event streams, `websocket` the protocol for `WebSocket`s. `accept` negotiates
//! the media type, `pages` serves the start page and the playground, `serve` accepts connections, and `linger` closes them.

mod accept;
mod body_limits;
mod graphql;
mod linger;
mod pages;
mod response_body;
mod serve;
mod sse;
mod websocket;

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

use self::body_limits::BodyLimits;
pub use self::serve::serve;
use crate::{
    config::Profile,
    engine::{Caller, Client, Engine},
    observe::{Metrics, Origin},
    query::loader::Clearance,
    request_id::{REQUEST_ID, RequestId},
};

/// How long browsers may cache the response to a preflight request.
const CORS_MAX_AGE: Duration = Duration::from_hours(2);
/// Smaller responses are not compressed, in bytes.
const COMPRESSED_ABOVE: u64 = 1024;

/// The state that all requests share.
#[derive(Clone)]
struct App {
    engine: Arc<Engine>,
    body_limits: BodyLimits,
    /// Is cancelled when the server stops; subscriptions and `WebSocket`s end then.
    stopping: CancellationToken,
}

/// The schema in GraphQL's definition language, with every description.
#[must_use]
pub fn sdl() -> String {
    crate::api::sdl()
}

/// The pages of a server with this profile: names and paths.
#[must_use]
pub fn page_paths(profile: Profile) -> Vec<(&'static str, &'static str)> {
    let mut pages = Vec::new();
    if profile == Profile::Public {
        pages.push(("start page", "/"));
        if pages::has_playground() {
            pages.push(("playground", "/playground"));
        }
        pages.push(("schema", "/schema.graphql"));
    }
    pages
}

/// The routes. When `stopping` is cancelled, subscriptions and `WebSocket`s end.
pub fn router(engine: Arc<Engine>, stopping: CancellationToken) -> Router {
    let config = engine.config();
    let body_limits = BodyLimits::new(config.max_unfinished_bytes);
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
    // The first is the outermost. As one layer, they cost each request one copy of the service instead of eight.
    let layers = (
        middleware::map_request(check_request_id),
        SetRequestIdLayer::new(REQUEST_ID, engine.observer().clone()),
        PropagateRequestIdLayer::new(REQUEST_ID),
        middleware::from_fn_with_state(engine.clone(), observe),
        SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
        SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        cors(&config.cors_origins),
        // Compression would delay events.
        CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_ABOVE).and(NotForContentType::SSE)),
    );
    router.layer(layers).with_state(App { engine, body_limits, stopping })
}

/// The routes of the separate address for metrics.
pub fn metrics_router(engine: Arc<Engine>) -> Router {
    let app = App { engine, body_limits: BodyLimits::new(0), stopping: CancellationToken::new() };
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

/// Adds the [`Origin`] of the request to its extensions, checks the `Host` header, and counts responses.
async fn observe(State(engine): State<Arc<Engine>>, mut request: Request, next: Next) -> Response {
    let origin: Origin = engine.observer().origin(request.headers());
    request.extensions_mut().insert(origin);
    // RFC 9112, section 3.2.
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let response = if hosts == 1 || hosts == 0 && request.version() < Version::HTTP_11 {
        next.run(request).await
    } else {
        (StatusCode::BAD_REQUEST, "A request must have exactly one Host header.\n").into_response()
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

/// What remains of a client's rate limit (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// A client's rate limit.
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

/// The client that sent a request; behind a trusted proxy, the one in `X-Forwarded-For`.
fn caller(engine: &Engine, peer: SocketAddr, headers: &HeaderMap) -> Caller {
    let forwarded = || -> Option<IpAddr> {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    let address = engine.config().trust_proxy.then(forwarded).flatten().unwrap_or(peer.ip());
    Caller { client: Client::at(address), clearance: Clearance::PUBLIC }
}
