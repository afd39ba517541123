//! The HTTP server.
//!
//! - [`graphql`] implements GraphQL over HTTP, `sse` event streams, `websocket` the protocol for `WebSocket`s.
//! - `accept` negotiates the media type, `accept_encoding` the compression, `credentials` reads who asks, and `forwarded` what
//!   proxies add.
//! - `pages` serves the start page and the playground, `exports` lists of records as files, `records` the addresses of records.
//!   These two read their requests by `files` and `parameters`, and `validators` tells what has not changed.
//! - `serve` accepts connections, `idle` limits how long they wait, `linger` closes them, `spelling` writes the names of headers,
//!   and `shutdown` ends the server.

mod accept;
mod accept_encoding;
mod body_limits;
mod credentials;
mod exports;
mod files;
mod forwarded;
mod graphql;
mod idle;
mod linger;
mod pages;
mod parameters;
mod records;
mod response_body;
mod serve;
mod shutdown;
mod spelling;
mod sse;
mod unread;
mod validators;
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
    response::{IntoResponse, Redirect, Response},
    routing::{any, get},
};
use tower_http::{
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    cors::{AllowHeaders, AllowOrigin, CorsLayer},
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
};

use self::body_limits::BodyLimits;
pub use self::{
    serve::{SPARE_CONNECTIONS, serve},
    shutdown::Shutdown,
};
use crate::{
    config::Profile,
    engine::{Answer, Caller, Client, Engine},
    observe::{Metrics, Origin},
    request_id::{REQUEST_ID, RequestId},
};

/// How long the database may take to show that it is ready.
const READINESS_TIMEOUT: Duration = Duration::from_secs(2);
/// How long browsers may cache the response to a preflight request.
const CORS_MAX_AGE: Duration = Duration::from_hours(2);
/// Smaller responses are not compressed, in bytes.
const COMPRESSED_ABOVE: u64 = 1024;

/// The state that all requests share.
#[derive(Clone)]
struct App {
    engine: Arc<Engine>,
    body_limits: BodyLimits,
    shutdown: Shutdown,
}

/// The answer to credentials that are not valid.
const INVALID_TOKEN: &str = "Bearer realm=\"coopgraph\", error=\"invalid_token\"";

/// Marks the requests of a connection that is beyond the limit on connections. Only health checks are executed.
#[derive(Clone, Copy)]
struct OverCapacity;

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

/// The routes, whose first segments are refused as a `--path-prefix`. When `shutdown` stops the server, subscriptions and
/// `WebSocket`s end.
pub fn router(engine: Arc<Engine>, shutdown: Shutdown) -> Router {
    let config = engine.config();
    let body_limits = BodyLimits::new(config.max_unfinished_bytes);
    let schema: &'static str = sdl().leak();
    let mut router = Router::new()
        .route("/graphql", any(graphql::handle))
        .route("/graphql/", any(graphql::handle))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready));
    if config.has_metrics() {
        router = router.route("/metrics", get(metrics));
    }
    if !config.is_hardened() {
        let text = (HeaderName::from_static("content-type"), "text/plain; charset=utf-8");
        router = router.route("/schema.graphql", get(async move || ([text], schema))).merge(pages::routes());
    }
    if config.has_exports() {
        router = router.merge(exports::routes()).merge(records::routes());
    }
    // The first is the outermost. As one layer, they cost each request one copy of the service instead of nine.
    let layers = (
        middleware::map_request(check_request_id),
        SetRequestIdLayer::new(REQUEST_ID, engine.observer().clone()),
        PropagateRequestIdLayer::new(REQUEST_ID),
        middleware::from_fn_with_state((engine.clone(), shutdown.clone()), observe),
        SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
        SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        cors(&config.cors_origins),
        middleware::map_request(accept_encoding::allow_uncompressed),
        // Compression would delay events.
        CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_ABOVE).and(NotForContentType::SSE)),
    );
    let prefix = config.path_prefix.clone();
    let router = router.with_state(App { engine, body_limits, shutdown });
    let router = match prefix {
        Some(prefix) => Router::new()
            .fallback_service(router)
            .layer(middleware::from_fn(move |request, next| below_prefix(prefix.clone(), request, next))),
        None => router,
    };
    router.layer(layers)
}

/// Removes the prefix from the path of a request, for proxies that pass it on. Those that remove it need nothing.
async fn below_prefix(prefix: Arc<str>, mut request: Request, next: Next) -> Response {
    let Some(rest) = request.uri().path_and_query().and_then(|whole| whole.as_str().strip_prefix(&*prefix)) else {
        return next.run(request).await;
    };
    if rest.is_empty() || rest.starts_with('?') {
        // Relative addresses start from here.
        return Redirect::permanent(&format!("{prefix}/{rest}")).into_response();
    }
    if rest.starts_with('/')
        && let Ok(uri) = rest.parse()
    {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

/// The routes of the separate address for metrics.
pub fn metrics_router(engine: Arc<Engine>) -> Router {
    let app = App { engine, body_limits: BodyLimits::new(0), shutdown: Shutdown::default() };
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

/// Adds the [`Origin`] of the request to its extensions, checks the `Host` header, counts responses, and says when the
/// connection will not be used again.
async fn observe(
    State((engine, shutdown)): State<(Arc<Engine>, Shutdown)>,
    mut request: Request,
    next: Next,
) -> Response {
    let origin: Origin = engine.observer().origin(request.headers());
    request.extensions_mut().insert(origin);
    // RFC 9112, section 3.2.
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let is_over_capacity = request.extensions().get::<OverCapacity>().is_some();
    let has_credentials = request.headers().contains_key(header::AUTHORIZATION);
    let mut response = if is_over_capacity && !is_answered_over_capacity(&engine, request.uri().path()) {
        let retry = [(header::RETRY_AFTER, "1")];
        (StatusCode::SERVICE_UNAVAILABLE, retry, "Too many connections are open.\n").into_response()
    } else if hosts == 1 || hosts == 0 && request.version() < Version::HTTP_11 {
        next.run(request).await
    } else {
        (StatusCode::BAD_REQUEST, "A request must have exactly one Host header.\n").into_response()
    };
    let is_switching = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if (is_over_capacity || shutdown.is_draining()) && !is_switching {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        // RFC 6750, section 3.
        let challenge = if has_credentials { INVALID_TOKEN } else { "Bearer realm=\"coopgraph\"" };
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if has_credentials {
        // What one viewer may see is nobody else's.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    engine.observer().metrics().response(response.status().as_u16());
    response
}

/// Whether a path is one for health checks, or refuses requests by itself, as clients of GraphQL expect.
fn is_answered_over_capacity(engine: &Engine, path: &str) -> bool {
    let prefix = engine.config().path_prefix.as_deref().unwrap_or_default();
    let path = path.strip_prefix(prefix).filter(|rest| rest.starts_with('/')).unwrap_or(path);
    matches!(path, "/healthz" | "/readyz" | "/metrics" | "/graphql" | "/graphql/")
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
        // Clients and tracers send headers of their own. None of them has a meaning here that a page could abuse: there are
        // no cookies.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            REQUEST_ID,
            header::RETRY_AFTER,
            RATE_LIMIT,
            RATE_LIMIT_POLICY,
            header::ETAG,
            header::CONTENT_DISPOSITION,
        ])
}

/// What remains of a client's rate limit (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// A client's rate limit.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

async fn ready(State(App { engine, shutdown, .. }): State<App>) -> impl IntoResponse {
    if shutdown.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n");
    }
    let why = match tokio::time::timeout(READINESS_TIMEOUT, engine.database().check()).await {
        Ok(Ok(())) => return (StatusCode::OK, "ready\n"),
        Ok(Err(cause)) => cause.to_string(),
        Err(_) => format!("the database did not respond within {} s", READINESS_TIMEOUT.as_secs()),
    };
    tracing::warn!(cause = why, "not ready");
    (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
}

/// Where a request comes from; behind a trusted proxy, the address in `X-Forwarded-For`.
fn client(engine: &Engine, peer: SocketAddr, headers: &HeaderMap) -> Client {
    let forwarded = || -> Option<IpAddr> {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        forwarded::address(last.rsplit(',').next()?.trim())
    };
    Client::at(engine.config().trust_proxy.then(forwarded).flatten().unwrap_or(peer.ip()))
}

/// Who sent a request; the error is the answer to somebody with wrong credentials.
async fn caller(engine: &Engine, origin: &Origin, peer: SocketAddr, headers: &HeaderMap) -> Result<Caller, Answer> {
    engine.identify(origin, client(engine, peer, headers), credentials::of_headers(headers)).await
}
