//! Where a request comes from: its id, and the trace that it belongs to.

use axum::http::{HeaderMap, HeaderValue, Request};
use opentelemetry::trace::SpanContext;
use tower_http::request_id::{self, MakeRequestId};

use super::{Observer, Traces};
use crate::request_id::{REQUEST_ID, RequestId};

/// The id of a request, and the span of the client.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The id of the request.
    pub id: RequestId,
    /// The span of the client; invalid if there is none.
    pub(super) parent: SpanContext,
}

impl Origin {
    /// The origin of an operation on the connection that has this origin.
    #[must_use]
    pub fn numbered(&self, number: u64) -> Self {
        Self { id: self.id.numbered(number), parent: self.parent.clone() }
    }
}

impl Observer {
    /// The origin of a request, from the headers `X-Request-Id` and, if traces are exported, `traceparent`.
    #[must_use]
    pub fn origin(&self, headers: &HeaderMap) -> Origin {
        let given = headers.get(REQUEST_ID).and_then(RequestId::from_header);
        Origin {
            id: given.unwrap_or_else(|| RequestId::generate(&self.0.ids)),
            parent: self.0.traces.as_ref().map_or(SpanContext::NONE, |_| Traces::parent(headers)),
        }
    }
}

impl MakeRequestId for Observer {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<request_id::RequestId> {
        HeaderValue::from_str(RequestId::generate(&self.0.ids).as_str()).ok().map(Into::into)
    }
}
