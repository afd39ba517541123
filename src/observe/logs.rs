//! The log: text on a terminal, JSON otherwise, on the standard error output.

use std::{
    io::{self, IsTerminal},
    panic,
};

use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::EnvFilter;

use super::RequestId;

/// Keeps the log going; dropping it writes what waits to be written.
pub struct Logs {
    _writer: WorkerGuard,
}

/// Begins to log, as `COOPGRAPH_LOG` says. It must be called once.
#[must_use]
pub fn logs() -> Logs {
    // What libraries tell of their work is of no use to an operator, unless asked for.
    let level = EnvFilter::try_from_env("COOPGRAPH_LOG").unwrap_or_else(|_| EnvFilter::new("warn,coopgraph=info"));
    // A thread of its own writes the lines: no request waits for whoever reads them. What is not read in time is lost.
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
