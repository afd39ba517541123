//! The limit of the operating system on open files, of which each connection is one.

use rustix::process::{Resource, getrlimit, setrlimit};

use super::serve::METRICS_CONNECTIONS;
use crate::{config::Config, db::Database, http::SPARE_CONNECTIONS};

/// The open files that are not connections of clients or of the database: standard streams, listeners, those of the event
/// loop, and the exporter of traces.
const RESERVE: usize = 64;

/// Raises the limit as far as the process may, and lowers the number of accepted connections if it is still too low: without
/// files, neither health checks nor the database work.
pub(super) fn fit_connections(config: &mut Config, database: &Database) {
    let Some(limit) = raise_limit() else { return };
    let metrics = config.metrics_listen.map_or(0, |_| METRICS_CONNECTIONS + SPARE_CONNECTIONS);
    let others = SPARE_CONNECTIONS + metrics + database.max_open_files() + RESERVE;
    let needed = config.max_connections.saturating_add(others);
    if limit < needed {
        config.max_connections = limit.saturating_sub(others).max(1);
        tracing::warn!(
            limit,
            needed,
            accepted = config.max_connections,
            "the limit on open files is too low for --max-connections: fewer connections are accepted. Raise the limit \
             (`ulimit -n`, `LimitNOFILE=` of systemd), or lower --max-connections"
        );
    }
}

/// Raises the soft limit to the hard limit, and returns it; `None` if there is none.
fn raise_limit() -> Option<usize> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(cause) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%cause, "the limit on open files cannot be raised");
    }
    getrlimit(Resource::Nofile).current.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}
