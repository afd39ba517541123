//! What an operator sees of the server: metrics, a line of the log for each request, and traces.
//!
//! A [`Note`] is taken of every request, from its start to its end, whatever that is: when it is dropped, the request is
//! counted ([`Metrics`]), told to the log, and its span ends ([`Traces`]). None of the three ever has the text of a
//! document, or a variable's value.

mod batches;
mod id;
mod logs;
mod metrics;
mod names;
mod note;
mod traces;

use std::sync::Arc;

pub(crate) use self::note::SUCCESS;
pub use self::{
    batches::Batches,
    id::{Origin, REQUEST_ID, RequestId},
    logs::{Logs, logs},
    metrics::{Metrics, Now},
    note::{Note, Spent},
    traces::Traces,
};
use crate::clock::IdSource;

/// What observes a server.
#[derive(Clone)]
pub struct Observer(Arc<Parts>);

struct Parts {
    metrics: Metrics,
    traces: Option<Traces>,
    ids: IdSource,
}

impl Observer {
    /// Counts and logs, and makes spans if they are to be sent; `ids` names the requests whose clients do not.
    #[must_use]
    pub fn new(ids: IdSource, traces: Option<Traces>) -> Self {
        Self(Arc::new(Parts { metrics: Metrics::new(), traces, ids }))
    }

    /// What is counted.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
}
