//! The log, on standard error: text on a terminal, JSON otherwise.

use std::{
    io::{self, IsTerminal},
    panic,
};

use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::request_id::RequestId;

/// Keeps the log running. Dropping it writes the lines that are buffered.
pub struct Logs {
    _writer: WorkerGuard,
}

/// Starts the log with the filter in `COOPGRAPH_LOG`. It must be called once only.
#[must_use]
pub fn logs() -> Logs {
    // Of libraries, only warnings are logged by default.
    let level = EnvFilter::try_from_env("COOPGRAPH_LOG").unwrap_or_else(|_| EnvFilter::new("warn,coopgraph=info"));
    // A separate thread writes the lines, so that a slow reader does not delay requests. Lines are dropped if its buffer is
    // full.
    let (lines, writer) = NonBlocking::new(io::stderr());
    let logs = tracing_subscriber::fmt().with_env_filter(level).with_writer(lines);
    if io::stderr().is_terminal() {
        logs.compact().init();
    } else {
        logs.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
    panic::set_hook(Box::new(|panic| {
        let request_id = RequestId::current();
        tracing::error!(
            target: "coopgraph::panic",
            request_id = request_id.as_ref().map(RequestId::as_str),
            at = panic.location().map(tracing::field::display),
            cause = panic.payload_as_str(),
            "panic"
        );
    }));
    Logs { _writer: writer }
}
