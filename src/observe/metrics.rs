//! Metrics, as Prometheus reads them.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::names::Names;

/// What is counted of one server.
pub struct Metrics {
    registry: Registry,
    names: Names,
    requests: Family<Request, Counter>,
    responses: Family<Response, Counter>,
    seconds: Family<Kind, Histogram, fn() -> Histogram>,
    statements: Histogram,
    batches: Histogram,
    lookups: Family<Lookup, Counter>,
    running: Gauge,
    subscriptions: Gauge,
    connections: Family<Connection, Gauge>,
}

/// What is the case in the moment that it is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// How many requests run.
    pub running: usize,
    /// How many subscriptions are open.
    pub subscriptions: usize,
    /// How many connections to the database are in use.
    pub busy: usize,
    /// How many connections to the database wait to be used.
    pub idle: usize,
    /// How many documents were found among the known ones, since the server started.
    pub hits: u64,
    /// How many were not.
    pub misses: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    operation: Arc<str>,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Response {
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lookup {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Connection {
    state: &'static str,
}

fn seconds() -> Histogram {
    Histogram::new([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

impl Metrics {
    /// The media type of [`Self::text`].
    pub const MEDIA_TYPE: &'static str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    pub(super) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("coopgraph"),
            names: Names::new(),
            requests: Family::default(),
            responses: Family::default(),
            seconds: Family::new_with_constructor(seconds),
            statements: Histogram::new([0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]),
            batches: Histogram::new([1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4]),
            lookups: Family::default(),
            running: Gauge::default(),
            subscriptions: Gauge::default(),
            connections: Family::default(),
        };
        let registry = &mut metrics.registry;
        let help = "Requests that ended, by the name of the operation and by what became of them";
        registry.register("requests", help, metrics.requests.clone());
        let help = "Answers of HTTP, by their status";
        registry.register("http_responses", help, metrics.responses.clone());
        let help = "How long an answer took; of a subscription, each of its answers";
        registry.register_with_unit("answer", help, Unit::Seconds, metrics.seconds.clone());
        let help = "Statements of the database for an answer";
        registry.register("statements_per_answer", help, metrics.statements.clone());
        let help = "Ids that the loader bound for one statement";
        registry.register("loader_batch_size", help, metrics.batches.clone());
        let help = "Documents that were looked for among the parsed and validated ones";
        registry.register("document_cache_lookups", help, metrics.lookups.clone());
        registry.register("requests_running", "Queries and mutations that run", metrics.running.clone());
        registry.register("subscriptions_open", "Subscriptions that are open", metrics.subscriptions.clone());
        registry.register("database_connections", "Connections to the database", metrics.connections.clone());
        metrics
    }

    /// Counts a request that ended. `found` says that there is an operation, whose name it is: clients may claim any.
    pub(super) fn request(&self, name: Option<&str>, found: bool, outcome: &'static str) {
        let operation = if found { self.names.label(name) } else { self.names.label_of_claimed(name) };
        self.requests.get_or_create(&Request { operation, outcome }).inc();
    }

    /// Counts an answer of HTTP.
    pub fn response(&self, status: u16) {
        self.responses.get_or_create(&Response { status }).inc();
    }

    pub(super) fn took(&self, kind: &'static str, time: Duration) {
        self.seconds.get_or_create(&Kind { kind }).observe(time.as_secs_f64());
    }

    pub(super) fn statements(&self, statements: u64) {
        self.statements.observe(float(statements));
    }

    pub(super) fn batch(&self, size: usize) {
        self.batches.observe(float(size as u64));
    }

    /// Everything, as OpenMetrics text.
    #[must_use]
    pub fn text(&self, now: Now) -> String {
        let gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.running.set(gauge(now.running));
        self.subscriptions.set(gauge(now.subscriptions));
        for (state, connections) in [("busy", now.busy), ("idle", now.idle)] {
            self.connections.get_or_create(&Connection { state }).set(gauge(connections));
        }
        for (result, lookups) in [("hit", now.hits), ("miss", now.misses)] {
            // Two that ask at the same time: the counter must not go back.
            self.lookups.get_or_create(&Lookup { result }).inner().fetch_max(lookups, Ordering::Relaxed);
        }
        let mut text = String::with_capacity(8 << 10);
        // Writing into a text cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn float(number: u64) -> f64 {
    number as f64
}
