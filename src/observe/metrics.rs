//! Metrics in the OpenMetrics format, for Prometheus.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::operation_labels::OperationLabels;

/// The metrics of one server.
pub struct Metrics {
    registry: Registry,
    operations: OperationLabels,
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

/// Values that are read when the metrics are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauges {
    /// Running queries and mutations.
    pub running: usize,
    /// Open subscriptions.
    pub subscriptions: usize,
    /// Database connections in use.
    pub busy: usize,
    /// Idle database connections.
    pub idle: usize,
    /// Lookups that found a document in the cache, since the server started.
    pub hits: u64,
    /// Lookups that did not.
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
            operations: OperationLabels::new(),
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
        let help = "Finished requests, by operation name and outcome";
        registry.register("requests", help, metrics.requests.clone());
        let help = "HTTP responses, by status";
        registry.register("http_responses", help, metrics.responses.clone());
        let help = "Time to a result, by kind of operation; each result of a subscription counts";
        registry.register_with_unit("answer", help, Unit::Seconds, metrics.seconds.clone());
        let help = "Database statements for a result";
        registry.register("statements_per_answer", help, metrics.statements.clone());
        let help = "Ids in one statement of the loader";
        registry.register("loader_batch_size", help, metrics.batches.clone());
        let help = "Lookups in the cache of validated documents";
        registry.register("document_cache_lookups", help, metrics.lookups.clone());
        registry.register("requests_running", "Running queries and mutations", metrics.running.clone());
        registry.register("subscriptions_open", "Open subscriptions", metrics.subscriptions.clone());
        registry.register("database_connections", "Database connections", metrics.connections.clone());
        metrics
    }

    /// Counts a finished request. If `found`, `name` is that of a valid operation; otherwise it is unverified.
    pub(super) fn request(&self, name: Option<&str>, found: bool, outcome: &'static str) {
        let operation = if found { self.operations.label(name) } else { self.operations.label_of_unverified(name) };
        self.requests.get_or_create(&Request { operation, outcome }).inc();
    }

    /// Counts an HTTP response.
    pub fn response(&self, status: u16) {
        self.responses.get_or_create(&Response { status }).inc();
    }

    pub(super) fn duration(&self, kind: &'static str, time: Duration) {
        self.seconds.get_or_create(&Kind { kind }).observe(time.as_secs_f64());
    }

    pub(super) fn statements(&self, statements: u64) {
        self.statements.observe(float(statements));
    }

    pub(super) fn batch(&self, size: usize) {
        self.batches.observe(float(size as u64));
    }

    /// All metrics as OpenMetrics text.
    #[must_use]
    pub fn text(&self, gauges: Gauges) -> String {
        let gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.running.set(gauge(gauges.running));
        self.subscriptions.set(gauge(gauges.subscriptions));
        for (state, connections) in [("busy", gauges.busy), ("idle", gauges.idle)] {
            self.connections.get_or_create(&Connection { state }).set(gauge(connections));
        }
        for (result, lookups) in [("hit", gauges.hits), ("miss", gauges.misses)] {
            // Concurrent calls must not decrease the counter.
            self.lookups.get_or_create(&Lookup { result }).inner().fetch_max(lookups, Ordering::Relaxed);
        }
        let mut text = String::with_capacity(8 << 10);
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn float(number: u64) -> f64 {
    number as f64
}
