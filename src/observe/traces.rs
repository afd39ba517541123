//! Traces: a span for each operation and for each statement of the loader, exported to a collector.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use apollo_compiler::executable::OperationType;
use async_trait::async_trait;
use axum::http::{HeaderMap, Uri};
use bytes::Bytes;
use opentelemetry::{
    Context, KeyValue,
    propagation::TextMapPropagator,
    trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError, Request, Response, hyper::HyperClient};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider, Span},
};
use tokio::runtime::Handle;

use crate::error::Code;
use crate::request_id::RequestId;

/// How long a request to the collector may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the export of the last spans may take when the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The exporter of spans.
#[derive(Clone)]
pub struct Traces {
    provider: SdkTracerProvider,
    pub(super) tracer: SdkTracer,
}

impl Traces {
    /// Exports spans to the collector at `endpoint`. It must be called in a Tokio runtime. The error is for the operator.
    pub fn export_to(endpoint: &str) -> Result<Self, String> {
        let error = |why: &str| format!("cannot export traces to {endpoint}: {why}");
        let uri: Uri = endpoint.parse().map_err(|_| error("it is not a URL"))?;
        if uri.scheme_str() != Some("http") || uri.host().is_none() {
            return Err(error("use a collector at http://HOST:PORT; a local collector can forward them over TLS"));
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(LoggingClient {
                inner: HyperClient::with_default_connector(EXPORT_TIMEOUT, None),
                runtime: Handle::current(),
                failing: AtomicBool::new(false),
            })
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_protocol(Protocol::HttpBinary)
            .build()
            .map_err(|cause| error(&cause.to_string()))?;
        let name = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
        let resource = Resource::builder()
            .with_service_name(name.unwrap_or_else(|| "coopgraph".to_owned()))
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
        let tracer = provider.tracer("coopgraph");
        Ok(Self { provider, tracer })
    }

    /// Exports the remaining spans and shuts down.
    pub async fn shutdown(self) {
        // It blocks on the thread of the exporter, which needs the runtime.
        let finished = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT)).await;
        if let Ok(Err(cause)) = finished {
            tracing::warn!(%cause, "the last traces could not be exported");
        }
    }

    /// The span of the client (W3C Trace Context).
    pub(super) fn parent(headers: &HeaderMap) -> SpanContext {
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
        context.span().span_context().clone()
    }

    /// Starts the span of an operation.
    pub(super) fn operation(&self, parent: &SpanContext) -> Span {
        let span = self.tracer.span_builder("GraphQL").with_kind(SpanKind::Server);
        span.start_with_context(&self.tracer, &context(parent))
    }
}

/// The context of a span with this parent. An invalid parent is ignored, because it would count as not sampled.
pub(super) fn context(parent: &SpanContext) -> Context {
    let none = Context::new();
    if parent.is_valid() { none.with_remote_span_context(parent.clone()) } else { none }
}

/// The trace id of a span, if the span is exported.
pub(super) fn trace_id(span: &Span) -> Option<String> {
    let context = span.span_context();
    context.is_sampled().then(|| context.trace_id().to_string())
}

/// Ends the span of an operation.
pub(super) fn end(
    span: &mut Span,
    kind: Option<OperationType>,
    name: Option<&str>,
    hash: Option<&str>,
    id: &RequestId,
    outcome: &'static str,
) {
    if !span.is_recording() {
        return;
    }
    if let Some(kind) = kind {
        span.update_name(name.map_or_else(|| kind.name().to_owned(), |name| format!("{} {name}", kind.name())));
    }
    for (key, value) in [
        ("graphql.operation.type", kind.map(OperationType::name)),
        ("graphql.operation.name", name),
        ("graphql.document.hash", hash),
        ("coopgraph.request_id", Some(id.as_str())),
        ("coopgraph.outcome", Some(outcome)),
    ] {
        span.set_attributes(value.map(|value| KeyValue::new(key, value.to_owned())));
    }
    // Errors of clients are not failures of the server.
    let failures = [Code::InternalServerError, Code::Timeout, Code::ServerBusy];
    if failures.into_iter().any(|code| code.as_str() == outcome) {
        span.set_status(Status::error(outcome));
    }
    span.end();
}

/// Sends spans with the client of `opentelemetry-http`, and logs when that starts to fail and when it works again.
#[derive(Debug)]
struct LoggingClient {
    inner: HyperClient,
    runtime: Handle,
    /// Whether the last batch could not be sent.
    failing: AtomicBool,
}

#[async_trait]
impl HttpClient for LoggingClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.inner.clone();
        // The exporter calls this on its own thread, outside the runtime.
        let sent = match self.runtime.spawn(async move { client.send_bytes(request).await }).await {
            Ok(sent) => sent,
            Err(stopped) => Err(stopped.into()),
        };
        let error = match &sent {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(response.status().to_string()),
            Err(cause) => Some(cause.to_string()),
        };
        let failed = self.failing.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(cause) if !failed => tracing::warn!(cause, "traces cannot be exported"),
            None if failed => tracing::info!("traces are exported again"),
            _ => {}
        }
        sent
    }
}
