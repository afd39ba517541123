//! Where a request came from: its id, and the span of the client that it is a part of.

use std::{fmt, future::Future, sync::Arc};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};
use opentelemetry::trace::SpanContext;
use tower_http::request_id::{self, MakeRequestId};

use super::{Observer, Traces};
use crate::clock::IdSource;

/// The header with the id of a request, which a client may choose.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How many characters a client's id of a request may have.
const LONGEST: usize = 128;

tokio::task_local! {
    /// The request that the task is working on.
    static CURRENT: RequestId;
}

/// The id of a request: at most 128 of the characters `A`-`Z`, `a`-`z`, `0`-`9`, `.`, `_`, `-`, if it is a client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id in a header; `None` if it is malformed. It is written to logs as it is.
    #[must_use]
    pub fn from_header(id: &HeaderValue) -> Option<Self> {
        let id = id.to_str().ok()?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        ((1..=LONGEST).contains(&id.len()) && id.bytes().all(allowed)).then(|| Self(id.into()))
    }

    /// A new one.
    #[must_use]
    pub fn fresh(ids: &IdSource) -> Self {
        Self(ids.next().simple().to_string().into())
    }

    /// The id of an operation of a connection, which has this one.
    #[must_use]
    pub fn numbered(&self, number: u64) -> Self {
        Self(format!("{self}.{number}").into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the request that is worked on here, if there is one.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Does something for the request.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), work)
    }

    /// Does something for the request.
    pub fn throughout<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), work)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a request came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its id.
    pub id: RequestId,
    /// The client's span; an empty one, if there is none.
    pub(super) parent: SpanContext,
}

impl Origin {
    /// The origin of an operation of a connection, which has this one.
    #[must_use]
    pub fn numbered(&self, number: u64) -> Self {
        Self { id: self.id.numbered(number), parent: self.parent.clone() }
    }
}

impl Observer {
    /// Where a request with these headers came from: `X-Request-Id`, and `traceparent` if traces are sent.
    #[must_use]
    pub fn origin(&self, headers: &HeaderMap) -> Origin {
        let given = headers.get(REQUEST_ID).and_then(RequestId::from_header);
        Origin {
            id: given.unwrap_or_else(|| RequestId::fresh(&self.0.ids)),
            parent: self.0.traces.as_ref().map_or(SpanContext::NONE, |_| Traces::parent(headers)),
        }
    }
}

impl MakeRequestId for Observer {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<request_id::RequestId> {
        HeaderValue::from_str(RequestId::fresh(&self.0.ids).as_str()).ok().map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_taken() {
        for (id, taken) in [
            ("a", true),
            ("0198C0de-7e57.x_y", true),
            (&*"x".repeat(128), true),
            (&*"x".repeat(129), false),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            ("a\tb", false),
            ("ä", false),
        ] {
            let header = HeaderValue::from_bytes(id.as_bytes()).expect("a header");
            assert_eq!(RequestId::from_header(&header).map(|id| id.as_str().to_owned()), taken.then(|| id.to_owned()));
        }
    }
}
