//! What is noted of one request, from its start to its end.

use std::time::{Duration, Instant};

use apollo_compiler::{Name, executable::OperationType};
use opentelemetry_sdk::trace::Span;

use super::{Batches, Observer, Origin, RequestId, traces};

/// A name that is longer is not told: it is of no use to a reader.
const LONGEST_NAME: usize = 100;
/// The outcome of a request that was run, and no field failed.
pub(crate) const SUCCESS: &str = "success";
/// The outcome of a request whose client did not wait for the answer.
const CANCELLED: &str = "cancelled";
/// How many characters of a document's hash are told.
const HASH: usize = 16;

/// What a request has used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// Its cost, in points.
    pub cost: u64,
    /// How many statements of the database were run.
    pub statements: u64,
    /// How many objects were answered.
    pub objects: u64,
}

/// What is noted of one request. Dropping it ends the request, in whichever way that comes about.
pub struct Note {
    observer: Observer,
    id: RequestId,
    started: Instant,
    /// The operation's name, or the one that the client claims.
    name: Option<Name>,
    kind: Option<OperationType>,
    hash: Option<[u8; HASH]>,
    cost: Option<u64>,
    spent: Spent,
    answers: u64,
    outcome: Option<&'static str>,
    span: Option<Span>,
}

impl Observer {
    /// Begins to note a request.
    #[must_use]
    pub fn note(&self, origin: &Origin) -> Note {
        Note {
            observer: self.clone(),
            id: origin.id.clone(),
            started: Instant::now(),
            name: None,
            kind: None,
            hash: None,
            cost: None,
            spent: Spent::default(),
            answers: 0,
            outcome: None,
            span: self.0.traces.as_ref().map(|traces| traces.operation(&origin.parent)),
        }
    }
}

impl Note {
    /// The request's id.
    #[must_use]
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// How long ago the request began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Its document has this hash.
    pub fn hash(&mut self, hash: &str) {
        self.hash = hash.as_bytes().first_chunk().copied();
    }

    /// It is an operation that may be run; `cost` is what it comes to at most.
    pub fn found(&mut self, kind: OperationType, name: Option<&Name>, cost: u64) {
        self.kind = Some(kind);
        self.name = name.cloned();
        self.cost = Some(cost);
    }

    /// It is refused; `name` is what the client says that it is, which may be anything.
    pub fn refused(&mut self, outcome: &'static str, name: Option<&str>) {
        self.outcome = Some(outcome);
        if self.kind.is_none() {
            self.name = name.and_then(|name| Name::new(name).ok());
        }
    }

    /// It was answered; a subscription is answered many times.
    pub fn answered(&mut self, outcome: &'static str, spent: Spent, time: Duration) {
        // The outcome of a subscription is the first that is no success.
        if self.outcome.is_none_or(|known| known == SUCCESS) {
            self.outcome = Some(outcome);
        }
        self.answers += 1;
        self.spent.cost += spent.cost;
        self.spent.statements += spent.statements;
        self.spent.objects += spent.objects;
        let metrics = self.observer.metrics();
        metrics.took(self.kind(), time);
        metrics.statements(spent.statements);
    }

    /// What notes the statements that are run for it.
    #[must_use]
    pub fn batches(&self, system: &'static str) -> Batches {
        Batches::new(self.observer.clone(), self.span.as_ref(), system)
    }

    fn kind(&self) -> &'static str {
        self.kind.map_or("unknown", OperationType::name)
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let elapsed = self.started.elapsed();
        let outcome = self.outcome.unwrap_or(CANCELLED);
        let name = self.name.as_deref();
        let metrics = self.observer.metrics();
        metrics.request(name, self.kind.is_some(), outcome);
        let name = name.filter(|name| name.len() <= LONGEST_NAME);
        if self.answers == 0 {
            metrics.took(self.kind(), elapsed);
        }
        let hash = self.hash.as_ref().and_then(|hash| std::str::from_utf8(hash).ok());
        let answered = (self.answers > 0).then_some(self.spent);
        tracing::info!(
            target: "coopgraph::request",
            request_id = self.id.as_str(),
            operation = name,
            kind = self.kind.map(OperationType::name),
            hash,
            duration_ms = (elapsed.as_secs_f64() * 1e6).round() / 1e3,
            cost_requested = self.cost,
            cost_actual = answered.map(|spent| spent.cost),
            statements = answered.map(|spent| spent.statements),
            objects = answered.map(|spent| spent.objects),
            answers = (self.kind == Some(OperationType::Subscription)).then_some(self.answers),
            trace_id = self.span.as_ref().and_then(traces::trace_id),
            outcome,
            "request"
        );
        if let Some(span) = &mut self.span {
            traces::end(span, self.kind, name, hash, &self.id, outcome);
        }
    }
}
