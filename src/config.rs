//! The settings of the server: flags of `serve`, each with an environment variable.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use clap::{
    Args, Parser, ValueEnum,
    builder::{BoolishValueParser, RangedU64ValueParser},
};

use crate::{document::Limits, web_origin};

/// What the server offers to anonymous clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Introspection, the playground, and queries over GET are available.
    Public,
    /// No introspection, no playground, no GET, and only trusted documents if `--trusted-documents` is set.
    Hardened,
}

/// The status codes of responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusCodes {
    /// The status codes that the audit suite of GraphQL over HTTP requires.
    Audited,
    /// The status codes of the latest draft: 422 for invalid documents and variables, 294 for data with errors.
    Draft,
}

/// The largest number that a limit of something at the same time may be.
const LARGEST_LIMIT: u64 = 1_000_000_000;

/// Reads a limit of something at the same time.
fn limit(at_least: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(at_least..=LARGEST_LIMIT)
}

/// Reads a time limit in milliseconds, of at most a day.
fn time_limit() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(1..=86_400_000)
}

/// The settings of the server.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// What the server offers to anonymous clients.
    #[arg(long, env = "COOPGRAPH_PROFILE", value_enum, default_value_t = Profile::Public)]
    pub profile: Profile,
    /// The status codes of responses of the type application/graphql-response+json.
    #[arg(long, env = "COOPGRAPH_STATUS_CODES", value_enum, default_value_t = StatusCodes::Audited)]
    pub status_codes: StatusCodes,
    /// Documents that clients can reference by id: a persisted query manifest of Relay or Apollo, or a directory of
    /// .graphql files, of at most 64 MiB together.
    #[arg(long, env = "COOPGRAPH_TRUSTED_DOCUMENTS")]
    pub trusted_documents: Option<PathBuf>,
    /// Origins that may use the server from a browser, such as `https://example.org`, separated by commas; `*` allows all.
    #[arg(long, env = "COOPGRAPH_CORS_ORIGINS", value_delimiter = ',', value_parser = origin)]
    pub cors_origins: Vec<String>,
    /// Takes the address of a client from the last entry of X-Forwarded-For, and the address by which it reached the server
    /// from the last entries of X-Forwarded-Host and X-Forwarded-Proto. Use it only behind a proxy that sets or removes each of
    /// these headers.
    #[arg(long, env = "COOPGRAPH_TRUST_PROXY", value_parser = BoolishValueParser::new())]
    pub trust_proxy: bool,
    /// The prefix of all paths, such as /cooperation, behind a proxy that adds it. Paths with it and without it are served; the
    /// start page shows it. It must not begin with a path of the server, such as /graphql.
    #[arg(long, env = "COOPGRAPH_PATH_PREFIX", value_parser = path_prefix)]
    pub path_prefix: Option<Arc<str>>,
    /// Does not serve `/export`, `/calendar.ics`, `/popolo.json` and `/id`. The profile `hardened` never does: there, the operator
    /// decides which documents are run.
    #[arg(long, env = "COOPGRAPH_NO_EXPORTS", value_parser = BoolishValueParser::new())]
    pub no_exports: bool,
    /// The maximum size of a request body, in bytes.
    #[arg(long, env = "COOPGRAPH_MAX_BODY_BYTES", default_value_t = 1 << 20)]
    pub max_body_bytes: usize,
    /// The maximum size of a WebSocket message, in bytes.
    #[arg(long, env = "COOPGRAPH_MAX_MESSAGE_BYTES", default_value_t = 128 << 10)]
    pub max_message_bytes: usize,
    /// The maximum size of all request bodies that are being received, in bytes. The first 16 KiB of each body are not
    /// counted. One client may use a quarter of it.
    #[arg(long, env = "COOPGRAPH_MAX_UNFINISHED_BYTES", default_value_t = 64 << 20)]
    pub max_unfinished_bytes: usize,
    /// The maximum time to receive a request, and then to execute it, in milliseconds each.
    #[arg(long, env = "COOPGRAPH_REQUEST_TIMEOUT_MS", default_value_t = 10_000, value_parser = time_limit())]
    pub request_timeout_ms: u64,
    /// The maximum number of requests that run at the same time.
    #[arg(long, env = "COOPGRAPH_MAX_CONCURRENT_REQUESTS", default_value_t = 512, value_parser = limit(1))]
    pub max_concurrent_requests: usize,
    /// The maximum number of requests of one client that run at the same time.
    #[arg(long, env = "COOPGRAPH_MAX_CONCURRENT_REQUESTS_PER_CLIENT", default_value_t = 64, value_parser = limit(1))]
    pub max_concurrent_requests_per_client: usize,
    /// The cost that a client may use per minute, in points (1 for an object, 10 for a database statement). 0 disables this
    /// limit, and the limits on concurrent requests and database connections of one client.
    #[arg(long, env = "COOPGRAPH_RATE_LIMIT", default_value_t = 600_000)]
    pub rate_limit: u32,
    /// The maximum time until a WebSocket client sends `connection_init`, in milliseconds.
    #[arg(long, env = "COOPGRAPH_INIT_TIMEOUT_MS", default_value_t = 3_000)]
    pub init_timeout_ms: u64,
    /// The maximum number of operations that run at the same time on one WebSocket.
    #[arg(long, env = "COOPGRAPH_MAX_OPERATIONS_PER_SOCKET", default_value_t = 50)]
    pub max_operations_per_socket: usize,
    /// The maximum number of open subscriptions.
    #[arg(long, env = "COOPGRAPH_MAX_SUBSCRIPTIONS", default_value_t = 10_000, value_parser = limit(0))]
    pub max_subscriptions: usize,
    /// The maximum number of open subscriptions of one client.
    #[arg(long, env = "COOPGRAPH_MAX_SUBSCRIPTIONS_PER_CLIENT", default_value_t = 1_000, value_parser = limit(0))]
    pub max_subscriptions_per_client: usize,
    /// The maximum number of open connections; 16 more are accepted for health checks. Fewer are accepted if the limit of the
    /// operating system on open files is too low, of which the log warns.
    #[arg(long, env = "COOPGRAPH_MAX_CONNECTIONS", default_value_t = 10_000, value_parser = limit(1))]
    pub max_connections: usize,
    /// Answers only clients that send an API key, see `coopgraph key`. Without it, everybody may read what is public.
    #[arg(long, env = "COOPGRAPH_REQUIRE_KEY", value_parser = BoolishValueParser::new())]
    pub require_key: bool,
    /// The maximum number of open connections of one address. It does not apply with --trust-proxy.
    #[arg(long, env = "COOPGRAPH_MAX_CONNECTIONS_PER_CLIENT", default_value_t = 1_000, value_parser = limit(1))]
    pub max_connections_per_client: usize,
    /// The time between the signal to stop and the moment when no new connections are accepted, in milliseconds. Until then,
    /// /readyz says that the server is not ready: set it to more than the time that a load balancer needs to see that.
    #[arg(long, env = "COOPGRAPH_SHUTDOWN_DELAY_MS", default_value_t = 0)]
    pub shutdown_delay_ms: u64,
    /// Serves Prometheus metrics at /metrics on this address only. By default, the public profile serves them on the main
    /// address, and the hardened profile does not serve them.
    #[arg(long, env = "COOPGRAPH_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// Exports traces to this collector with OTLP over HTTP: `http://HOST:4318`. Other environment variables of
    /// OpenTelemetry apply, such as `OTEL_TRACES_SAMPLER`.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true)]
    pub otlp_endpoint: Option<String>,
    /// Limits on documents and variables.
    #[command(flatten)]
    pub limits: Limits,
}

impl Config {
    /// The maximum time to receive a request, and then to execute it.
    #[must_use]
    pub const fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// The time between the signal to stop and the moment when no new connections are accepted.
    #[must_use]
    pub const fn shutdown_delay(&self) -> Duration {
        Duration::from_millis(self.shutdown_delay_ms)
    }

    /// Whether metrics are served on the main address.
    #[must_use]
    pub fn has_metrics(&self) -> bool {
        self.metrics_listen.is_none() && !self.is_hardened()
    }

    /// Whether lists and records are served in other formats than GraphQL.
    #[must_use]
    pub fn has_exports(&self) -> bool {
        !self.no_exports && !self.is_hardened()
    }

    /// Whether the profile is [`Profile::Hardened`].
    #[must_use]
    pub fn is_hardened(&self) -> bool {
        self.profile == Profile::Hardened
    }
}

/// Parses an origin, or `*`.
fn origin(text: &str) -> Result<String, String> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    web_origin::normalized(text).ok_or_else(|| {
        "use a scheme, a host, and a port unless it is the default, such as https://example.org or \
         http://localhost:5173; or * to allow all origins"
            .to_owned()
    })
}

/// The first segments of the server's own paths, whatever the profile is.
const OWN_SEGMENTS: [&str; 12] = [
    "calendar.ics",
    "export",
    "favicon.svg",
    "graphql",
    "healthz",
    "id",
    "metrics",
    "pages.css",
    "playground",
    "popolo.json",
    "readyz",
    "schema.graphql",
];

/// Parses a prefix of paths. One that begins with a path of the server would hide it.
fn path_prefix(text: &str) -> Result<Arc<str>, String> {
    let is_segment = |segment: &str| {
        let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
        !matches!(segment, "" | "." | "..") && segment.chars().all(is_safe)
    };
    let segments = text.strip_prefix('/').filter(|rest| rest.split('/').all(is_segment));
    let first = segments.and_then(|rest| rest.split('/').next());
    if let Some(own) = first.filter(|first| OWN_SEGMENTS.contains(first)) {
        return Err(format!("/{own} is a path of the server itself: use another prefix"));
    }
    segments.map(|_| text.into()).ok_or_else(|| {
        "use a path that starts with a slash and does not end with one, of letters, digits, `-`, `.`, `_` and `~`, such \
         as /cooperation"
            .to_owned()
    })
}

/// The defaults, overridden by environment variables.
impl Default for Config {
    fn default() -> Self {
        #[derive(Parser)]
        struct Only {
            #[command(flatten)]
            config: Config,
        }
        Only::parse_from(["coopgraph"]).config
    }
}
