//! Observability: metrics, a line in the log for each request, and traces.
//!
//! Every request has a [`RequestLog`]. When it is dropped, the request is counted ([`Metrics`]) and logged, and its span ends
//! ([`Traces`]). None of them contains the text of a document or the values of variables.

mod logs;
mod metrics;
mod operation_labels;
mod origin;
mod request_log;
mod statements;
mod traces;

use std::sync::Arc;

pub(crate) use self::request_log::SUCCESS;
pub use self::{
    logs::{Logs, logs},
    metrics::{Gauges, Metrics},
    origin::Origin,
    request_log::{RequestLog, Usage},
    statements::StatementObserver,
    traces::Traces,
};
use crate::clock::IdSource;

/// The observer of a server; clones share their state.
#[derive(Clone)]
pub struct Observer(Arc<Parts>);

struct Parts {
    metrics: Metrics,
    traces: Option<Traces>,
    ids: IdSource,
}

impl Observer {
    /// An observer that exports spans if `traces` is given; `ids` is the source of request ids.
    #[must_use]
    pub fn new(ids: IdSource, traces: Option<Traces>) -> Self {
        Self(Arc::new(Parts { metrics: Metrics::new(), traces, ids }))
    }

    /// The metrics.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
}
