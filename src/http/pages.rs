//! The start page, and the playground if it is part of the build.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use include_dir::{Dir, include_dir};

use super::{App, accept_encoding::accepts_brotli, forwarded::PublicAddress};

/// The output of `build.rs` for `web`; empty if it could not be built.
static PLAYGROUND: Dir<'_> = include_dir!("$OUT_DIR/playground");

const START: &str = include_str!("pages/start.html");
const NO_PLAYGROUND: &str = include_str!("pages/no-playground.html");
const STYLE: &str = include_str!("pages/pages.css");
const ICON: &str = include_str!("../../web/src/favicon.svg");

/// The content security policy of static pages, which have no scripts.
pub(super) const STATIC_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                     frame-ancestors 'none'";
/// The content security policy of the playground, whose editor adds inline styles and starts workers.
const PLAYGROUND_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; \
                        font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                        form-action 'none'; frame-ancestors 'none'";

/// The routes of the pages.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(start))
        .route("/pages.css", get(async || response(STATIC_POLICY, "text/css; charset=utf-8", STYLE)))
        .route("/favicon.svg", get(async || response(STATIC_POLICY, "image/svg+xml", ICON)))
        // Pages refer to others by relative addresses, so that they also work behind a proxy that adds a prefix.
        .route("/playground", get(async || Redirect::permanent("playground/")))
        .route("/playground/", get(open_playground))
        .route("/playground/licences.txt", get(async |headers: HeaderMap| file("licences.txt", &headers)))
        .route("/playground/assets/{name}", get(asset))
}

/// Whether the build has a playground.
pub(super) fn has_playground() -> bool {
    PLAYGROUND.get_file("index.html").is_some()
}

async fn start(State(app): State<App>, headers: HeaderMap) -> Response {
    page(StatusCode::OK, START, &address(&app, &headers))
}

async fn open_playground(State(app): State<App>, headers: HeaderMap) -> Response {
    playground(&PLAYGROUND, &headers, &address(&app, &headers))
}

/// The address by which a client reached the server, as a URL without a slash at its end.
pub(super) fn address(app: &App, headers: &HeaderMap) -> String {
    let config = app.engine.config();
    let prefix = config.path_prefix.as_deref().unwrap_or_default();
    let PublicAddress { scheme, authority } = PublicAddress::of(headers, config.trust_proxy);
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let authority = authority.filter(|authority| authority.as_str().chars().all(is_safe));
    format!("{scheme}://{}{prefix}", authority.as_ref().map_or("127.0.0.1:8000", |authority| authority.as_str()))
}

fn playground(files: &'static Dir<'_>, headers: &HeaderMap, address: &str) -> Response {
    if files.get_file("index.html").is_some() {
        file("index.html", headers)
    } else {
        page(StatusCode::NOT_FOUND, NO_PLAYGROUND, address)
    }
}

/// Serves an asset. Its name contains a hash of its content, so it never changes.
async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let mut response = file(&format!("assets/{name}"), &headers);
    if response.status().is_success() {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    response
}

/// Serves a file of the playground, compressed if the client accepts Brotli.
fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some((media_type, file)) = media_type(path).zip(PLAYGROUND.get_file(path)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let compressed = PLAYGROUND.get_file(format!("{path}.br"));
    let varies = (header::VARY, HeaderValue::from_static("accept-encoding"));
    match compressed.filter(|_| accepts_brotli(headers)) {
        Some(compressed) => {
            let encoded = (header::CONTENT_ENCODING, HeaderValue::from_static("br"));
            ([varies, encoded], response(PLAYGROUND_POLICY, media_type, compressed.contents())).into_response()
        }
        None => ([varies], response(PLAYGROUND_POLICY, media_type, file.contents())).into_response(),
    }
}

/// The media type of a file, by its extension; files with other extensions are not served.
fn media_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "ttf" => "font/ttf",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

/// A static page with the address by which the client reached the server.
fn page(status: StatusCode, text: &'static str, address: &str) -> Response {
    let text = text.replace("{base}", address).replace("{version}", env!("CARGO_PKG_VERSION"));
    (status, response(STATIC_POLICY, "text/html; charset=utf-8", text)).into_response()
}

/// A page or another text, with its type and what it may do.
pub(super) fn response(policy: &'static str, media_type: &'static str, body: impl IntoResponse) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_build_without_playground_explains_how_to_add_it() {
        static NOTHING: Dir<'_> = Dir::new("", &[]);
        let headers = HeaderMap::new();
        let response = playground(&NOTHING, &headers, "http://127.0.0.1:8000");
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], STATIC_POLICY);
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains("Node.js 18.20") && text.contains("http://127.0.0.1:8000/graphql"), "{text}");
    }
}
