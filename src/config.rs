//! What an operator can set about the endpoint: flags of `serve`, each an environment variable, too.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::Uri;
use clap::{Args, Parser, ValueEnum, builder::BoolishValueParser};

use crate::document::Limits;

/// What the endpoint offers to strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Everything: introspection, the playground, queries by GET.
    Public,
    /// No `__schema`, no playground, no GET; only trusted documents, if there is a list of them.
    Hardened,
}

/// Which status codes answers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusCodes {
    /// Those that the public audit suite of GraphQL over HTTP asks for.
    Audited,
    /// Those of the newest draft: 422 for documents and variables that are not valid, 294 for data with errors.
    Draft,
}

/// The settings of the endpoint.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// What the endpoint offers.
    #[arg(long, env = "COOPGRAPH_PROFILE", value_enum, default_value_t = Profile::Public)]
    pub profile: Profile,
    /// Which status codes answers of the type application/graphql-response+json have.
    #[arg(long, env = "COOPGRAPH_STATUS_CODES", value_enum, default_value_t = StatusCodes::Audited)]
    pub status_codes: StatusCodes,
    /// Documents that clients may name instead of sending them: a manifest as Relay's and Apollo's compilers write it, or a
    /// directory of .graphql files.
    #[arg(long, env = "COOPGRAPH_TRUSTED_DOCUMENTS")]
    pub trusted_documents: Option<PathBuf>,
    /// Origins whose pages may ask, such as `https://example.org`, separated by commas; `*` for all.
    #[arg(long, env = "COOPGRAPH_CORS_ORIGINS", value_delimiter = ',', value_parser = origin)]
    pub cors_origins: Vec<String>,
    /// Takes a client's address from the last entry of X-Forwarded-For: for a server behind a proxy that sets it.
    #[arg(long, env = "COOPGRAPH_TRUST_PROXY", value_parser = BoolishValueParser::new())]
    pub trust_proxy: bool,
    /// How many bytes the body of a request may have.
    #[arg(long, env = "COOPGRAPH_MAX_BODY_BYTES", default_value_t = 1 << 20)]
    pub max_body_bytes: usize,
    /// How many bytes a message of a WebSocket may have.
    #[arg(long, env = "COOPGRAPH_MAX_MESSAGE_BYTES", default_value_t = 128 << 10)]
    pub max_message_bytes: usize,
    /// How many bytes of bodies that have not come to their end are kept at the same time, beside the first 16 KiB of each;
    /// one client may send a quarter of them.
    #[arg(long, env = "COOPGRAPH_MAX_UNFINISHED_BYTES", default_value_t = 64 << 20)]
    pub max_unfinished_bytes: usize,
    /// How long a request may take, in milliseconds: to be sent, and then to be answered.
    #[arg(long, env = "COOPGRAPH_REQUEST_TIMEOUT_MS", default_value_t = 10_000)]
    pub request_timeout_ms: u64,
    /// How many requests may run at the same time.
    #[arg(long, env = "COOPGRAPH_MAX_CONCURRENT_REQUESTS", default_value_t = 512)]
    pub max_concurrent_requests: usize,
    /// How many of them one client may have.
    #[arg(long, env = "COOPGRAPH_MAX_CONCURRENT_REQUESTS_PER_CLIENT", default_value_t = 64)]
    pub max_concurrent_requests_per_client: usize,
    /// What a client may spend in a minute, in points (an object counts 1, a statement 10); 0 limits nothing, and lets one
    /// client have all requests and all connections to the database at the same time.
    #[arg(long, env = "COOPGRAPH_RATE_LIMIT", default_value_t = 600_000)]
    pub rate_limit: u32,
    /// How long a WebSocket may wait with `connection_init`, in milliseconds.
    #[arg(long, env = "COOPGRAPH_INIT_TIMEOUT_MS", default_value_t = 3_000)]
    pub init_timeout_ms: u64,
    /// How many operations may run at the same time on one WebSocket.
    #[arg(long, env = "COOPGRAPH_MAX_OPERATIONS_PER_SOCKET", default_value_t = 50)]
    pub max_operations_per_socket: usize,
    /// How many subscriptions may be open on the whole server.
    #[arg(long, env = "COOPGRAPH_MAX_SUBSCRIPTIONS", default_value_t = 10_000)]
    pub max_subscriptions: usize,
    /// How many of them one client may have open.
    #[arg(long, env = "COOPGRAPH_MAX_SUBSCRIPTIONS_PER_CLIENT", default_value_t = 1_000)]
    pub max_subscriptions_per_client: usize,
    /// How many connections may be open.
    #[arg(long, env = "COOPGRAPH_MAX_CONNECTIONS", default_value_t = 10_000)]
    pub max_connections: usize,
    /// How many connections one address may have open; behind a proxy (--trust-proxy), they are not counted.
    #[arg(long, env = "COOPGRAPH_MAX_CONNECTIONS_PER_CLIENT", default_value_t = 1_000)]
    pub max_connections_per_client: usize,
    /// Serves metrics for Prometheus at this address, as /metrics, and nowhere else. Without it, the public profile has
    /// them beside the endpoint, and the hardened one has none.
    #[arg(long, env = "COOPGRAPH_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// Sends traces to this collector, as OTLP over HTTP: `http://HOST:4318`. The other variables of OpenTelemetry apply,
    /// such as `OTEL_TRACES_SAMPLER`.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true)]
    pub otlp_endpoint: Option<String>,
    /// The limits on documents and their variables.
    #[command(flatten)]
    pub limits: Limits,
}

impl Config {
    /// How long a request may take.
    #[must_use]
    pub const fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// Whether metrics are served beside the endpoint.
    #[must_use]
    pub fn has_metrics(&self) -> bool {
        self.metrics_listen.is_none() && !self.is_hardened()
    }

    /// Whether the profile is [`Profile::Hardened`].
    #[must_use]
    pub fn is_hardened(&self) -> bool {
        self.profile == Profile::Hardened
    }
}

/// An origin as browsers send it (RFC 6454, section 6.2), or `*`.
fn origin(text: &str) -> Result<String, String> {
    let is_origin = text.parse::<Uri>().is_ok_and(|uri| {
        let parts = (uri.scheme_str(), uri.authority());
        matches!(parts, (Some(scheme), Some(host)) if text == format!("{scheme}://{host}") && !host.as_str().contains('@'))
    });
    if text == "*" || is_origin && text == text.to_ascii_lowercase() {
        Ok(text.to_owned())
    } else {
        Err("an origin is a scheme, a host in lower case, and a port if it is not the usual one, such as \
             https://example.org or http://localhost:5173; or * for all"
            .to_owned())
    }
}

/// What applies where neither a flag nor an environment variable says otherwise.
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
