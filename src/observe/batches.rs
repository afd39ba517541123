//! What is noted of each statement that the loader runs.

use opentelemetry::{
    KeyValue,
    trace::{Span as _, SpanContext, SpanKind, Status, Tracer},
};
use opentelemetry_sdk::trace::Span;

use super::{Observer, Traces, traces};

/// What notes the statements that are run for one request.
pub struct Batches {
    observer: Observer,
    /// The span of the operation, if it is to be sent.
    traced: Option<SpanContext>,
    system: &'static str,
}

impl Batches {
    pub(super) fn new(observer: Observer, operation: Option<&Span>, system: &'static str) -> Self {
        let traced = operation.filter(|span| span.is_recording()).map(|span| span.span_context().clone());
        Self { observer, traced, system }
    }

    /// Notes a statement that is about to be run: what it reads, how many ids are bound for it, its text.
    pub(crate) fn begin(&self, table: &str, ids: Option<usize>, sql: &str) -> Batch {
        if let Some(ids) = ids {
            self.observer.metrics().batch(ids);
        }
        let traced = self.observer.0.traces.as_ref().zip(self.traced.as_ref());
        Batch(traced.map(|(Traces { tracer, .. }, parent)| {
            let ids = ids.map(|ids| KeyValue::new("coopgraph.batch_size", number(ids)));
            let told = [
                KeyValue::new("db.system", self.system),
                KeyValue::new("db.collection.name", table.to_owned()),
                KeyValue::new("db.statement", sql.to_owned()),
            ];
            let span = tracer.span_builder(format!("SELECT {table}")).with_kind(SpanKind::Client);
            let span = span.with_attributes(told.into_iter().chain(ids));
            span.start_with_context(tracer, &traces::below(parent))
        }))
    }
}

/// A statement that runs; dropping it ends its span, if it has one.
pub(crate) struct Batch(Option<Span>);

impl Batch {
    /// Notes what it gave: a number of rows, or none because it failed.
    pub(crate) fn end(mut self, rows: Option<usize>) {
        if let Some(span) = &mut self.0 {
            match rows {
                Some(rows) => span.set_attribute(KeyValue::new("db.response.returned_rows", number(rows))),
                None => span.set_status(Status::error("the statement failed")),
            }
        }
    }
}

fn number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
