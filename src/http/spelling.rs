//! How the names of headers are written: some clients compare them literally.
//!
//! hyper writes them in title case, such as `Sec-Websocket-Accept`. Where a specification writes a name differently, the only
//! public way to tell hyper is `preserve_header_case`: then the extensions of a request contain the names as the client wrote
//! them, and if those of a response contain the same, hyper writes the names like that. So a request with these names is
//! parsed once, in memory.

use std::{convert::Infallible, sync::Mutex};

use axum::http::{Extensions, HeaderName, Request, Response, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt, duplex};

use super::{RATE_LIMIT, RATE_LIMIT_POLICY};

/// The names that a rule for all of them gets wrong (RFC 6455, RFC 9110, draft-ietf-httpapi-ratelimit-headers).
const NAMES: [(HeaderName, &str); 5] = [
    (header::ETAG, "ETag"),
    (header::SEC_WEBSOCKET_ACCEPT, "Sec-WebSocket-Accept"),
    (header::SEC_WEBSOCKET_PROTOCOL, "Sec-WebSocket-Protocol"),
    (RATE_LIMIT, "RateLimit"),
    (RATE_LIMIT_POLICY, "RateLimit-Policy"),
];

/// More than the request with the names, and the response to it.
const BUFFER_BYTES: usize = 1024;

/// The spelling of names that are not written in title case.
#[derive(Clone, Default)]
pub(super) struct Spelling(Extensions);

impl Spelling {
    /// Parses a request with the names.
    pub(super) async fn learn() -> Self {
        let lines = NAMES.map(|(_, name)| format!("{name}: x\r\n")).concat();
        let request = format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n");
        let (mut client, server) = duplex(BUFFER_BYTES);
        let learned = Mutex::new(Extensions::new());
        let service = service_fn(|request: Request<Incoming>| {
            if let Ok(mut learned) = learned.lock() {
                *learned = request.into_parts().0.extensions;
            }
            async { Ok::<_, Infallible>(Response::new(String::new())) }
        });
        // Neither of them can fail; if they did, all names would be in title case.
        let _ = client.write_all(request.as_bytes()).await;
        let _ = http1::Builder::new().preserve_header_case(true).serve_connection(TokioIo::new(server), service).await;
        Self(learned.into_inner().unwrap_or_default())
    }

    /// Spells the names in a response that has any of them.
    pub(super) fn apply<B>(&self, response: &mut Response<B>) {
        if NAMES.iter().any(|(name, _)| response.headers().contains_key(name)) {
            response.extensions_mut().extend(self.0.clone());
        }
    }
}
