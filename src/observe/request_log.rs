//! The record of one request, from its start to its end.

use std::time::{Duration, Instant};

use apollo_compiler::{Name, executable::OperationType};
use opentelemetry_sdk::trace::Span;

use super::{Observer, Origin, StatementObserver, traces};
use crate::request_id::RequestId;

/// Longer names of operations are not logged, in bytes.
const MAX_NAME_BYTES: usize = 100;
/// The outcome of a request that ran without errors.
pub(crate) const SUCCESS: &str = "success";
/// The outcome of a request whose client disconnected before the response.
const CANCELLED: &str = "cancelled";
/// How many characters of a document's hash are logged.
const HASH_LENGTH: usize = 16;

/// The resources that a request used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// The actual cost, in points.
    pub cost: u64,
    /// The number of database statements.
    pub statements: u64,
    /// The number of objects in the response.
    pub objects: u64,
}

/// The record of one request: a line in the log, metrics, and a span. They are written when it is dropped.
pub struct RequestLog {
    observer: Observer,
    id: RequestId,
    started: Instant,
    /// The name of the operation, or the `operationName` of a request that was refused.
    name: Option<Name>,
    kind: Option<OperationType>,
    hash: Option<[u8; HASH_LENGTH]>,
    /// The highest possible cost, in points.
    cost: Option<u64>,
    usage: Usage,
    results: u64,
    outcome: Option<&'static str>,
    span: Option<Span>,
}

impl Observer {
    /// Starts the record of a request.
    #[must_use]
    pub fn request(&self, origin: &Origin) -> RequestLog {
        RequestLog {
            observer: self.clone(),
            id: origin.id.clone(),
            started: Instant::now(),
            name: None,
            kind: None,
            hash: None,
            cost: None,
            usage: Usage::default(),
            results: 0,
            outcome: None,
            span: self.0.traces.as_ref().map(|traces| traces.operation(&origin.parent)),
        }
    }
}

impl RequestLog {
    /// The request's id.
    #[must_use]
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// The time since the request started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Records the hash of the document.
    pub fn hash(&mut self, hash: &str) {
        self.hash = hash.as_bytes().first_chunk().copied();
    }

    /// Records the operation, once it is known to be valid; `cost` is its highest possible cost, in points.
    pub fn found(&mut self, kind: OperationType, name: Option<&Name>, cost: u64) {
        self.kind = Some(kind);
        self.name = name.cloned();
        self.cost = Some(cost);
    }

    /// Records that the request was refused; `name` is its unverified `operationName`.
    pub fn refused(&mut self, outcome: &'static str, name: Option<&str>) {
        self.outcome = Some(outcome);
        if self.kind.is_none() {
            self.name = name.and_then(|name| Name::new(name).ok());
        }
    }

    /// Records a result; a subscription has many.
    pub fn answered(&mut self, outcome: &'static str, usage: Usage, time: Duration) {
        // The outcome of a subscription is its first failure.
        if self.outcome.is_none_or(|known| known == SUCCESS) {
            self.outcome = Some(outcome);
        }
        self.results += 1;
        self.usage.cost += usage.cost;
        self.usage.statements += usage.statements;
        self.usage.objects += usage.objects;
        let metrics = self.observer.metrics();
        metrics.duration(self.kind(), time);
        metrics.statements(usage.statements);
    }

    /// The observer of the database statements of this request.
    #[must_use]
    pub fn statements(&self, system: &'static str) -> StatementObserver {
        StatementObserver::new(self.observer.clone(), self.span.as_ref(), system)
    }

    fn kind(&self) -> &'static str {
        self.kind.map_or("unknown", OperationType::name)
    }
}

impl Drop for RequestLog {
    fn drop(&mut self) {
        let elapsed = self.started.elapsed();
        let outcome = self.outcome.unwrap_or(CANCELLED);
        let name = self.name.as_deref();
        let metrics = self.observer.metrics();
        metrics.request(name, self.kind.is_some(), outcome);
        let name = name.filter(|name| name.len() <= MAX_NAME_BYTES);
        if self.results == 0 {
            metrics.duration(self.kind(), elapsed);
        }
        let hash = self.hash.as_ref().and_then(|hash| std::str::from_utf8(hash).ok());
        let usage = (self.results > 0).then_some(self.usage);
        tracing::info!(
            target: "coopgraph::request",
            request_id = self.id.as_str(),
            operation = name,
            kind = self.kind.map(OperationType::name),
            hash,
            duration_ms = (elapsed.as_secs_f64() * 1e6).round() / 1e3,
            cost_requested = self.cost,
            cost_actual = usage.map(|usage| usage.cost),
            statements = usage.map(|usage| usage.statements),
            objects = usage.map(|usage| usage.objects),
            answers = (self.kind == Some(OperationType::Subscription)).then_some(self.results),
            trace_id = self.span.as_ref().and_then(traces::trace_id),
            outcome,
            "request"
        );
        if let Some(span) = &mut self.span {
            traces::end(span, self.kind, name, hash, &self.id, outcome);
        }
    }
}
