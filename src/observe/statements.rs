//! Metrics and spans of database statements.

use opentelemetry::{
    KeyValue,
    trace::{Span as _, SpanContext, SpanKind, Status, Tracer},
};
use opentelemetry_sdk::trace::Span;

use super::{Observer, Traces, traces};

/// Observes the database statements of one request. One that several requests share is observed by the request that runs it.
#[derive(Clone)]
pub struct StatementObserver {
    observer: Observer,
    /// The span of the operation, if it is recorded.
    parent: Option<SpanContext>,
    system: &'static str,
}

impl StatementObserver {
    pub(super) fn new(observer: Observer, operation: Option<&Span>, system: &'static str) -> Self {
        let parent = operation.filter(|span| span.is_recording()).map(|span| span.span_context().clone());
        Self { observer, parent, system }
    }

    /// Starts the span of a statement that reads a table. `ids` is the number of ids that are bound, if any.
    pub(crate) fn begin(&self, table: &str, ids: Option<usize>, sql: &str) -> StatementSpan {
        if let Some(ids) = ids {
            self.observer.metrics().batch(ids);
        }
        let traced = self.observer.0.traces.as_ref().zip(self.parent.as_ref());
        StatementSpan(traced.map(|(Traces { tracer, .. }, parent)| {
            let ids = ids.map(|ids| KeyValue::new("coopgraph.batch_size", to_i64(ids)));
            let attributes = [
                KeyValue::new("db.system", self.system),
                KeyValue::new("db.collection.name", table.to_owned()),
                KeyValue::new("db.statement", sql.to_owned()),
            ];
            let span = tracer.span_builder(format!("SELECT {table}")).with_kind(SpanKind::Client);
            let span = span.with_attributes(attributes.into_iter().chain(ids));
            span.start_with_context(tracer, &traces::context(parent))
        }))
    }
}

/// A running statement. Its span ends when this is dropped.
pub(crate) struct StatementSpan(Option<Span>);

impl StatementSpan {
    /// Records the number of rows, or `None` if the statement failed.
    pub(crate) fn end(mut self, rows: Option<usize>) {
        if let Some(span) = &mut self.0 {
            match rows {
                Some(rows) => span.set_attribute(KeyValue::new("db.response.returned_rows", to_i64(rows))),
                None => span.set_status(Status::error("the statement failed")),
            }
        }
    }
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
