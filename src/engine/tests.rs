//! Tests of what an HTTP client cannot cause.

use async_graphql::{
    Pos, Response, ServerResult, Value,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextResolve, ResolveInfo},
};
use async_trait::async_trait;
use axum::http::HeaderMap;
use futures_util::StreamExt;

use super::*;
use crate::db::Access;

async fn engine() -> Engine {
    // These tests read no tables.
    over("sqlite::memory:").await
}

async fn over(url: &str) -> Engine {
    let database = Database::connect(url, Access::Create, None).await.expect("a database");
    Engine::new(database, Config::default(), Clock::system()).expect("an engine")
}

fn prepare(engine: &Engine, query: &str) -> PreparedRequest {
    let request = Request { query: Some(query.to_owned()), ..Request::default() };
    let caller = Caller { client: Client::at([127, 0, 0, 1].into()), viewer: crate::auth::Viewer::anonymous() };
    let origin = engine.observer().origin(&HeaderMap::new());
    engine.prepare(request, &origin, caller, |_| Ok(())).expect("a request that may be run")
}

/// The message of the answer to an operation that panicked has only an ID.
fn is_internal_error(answer: &Answer) {
    assert_eq!(answer.outcome, Outcome::Refused(Code::InternalServerError));
    let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let message = body["errors"][0]["message"].as_str().expect("a message");
    let id = message.strip_prefix("internal server error ").expect("an id");
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{message}");
}

/// A panic during execution becomes an internal error of this request alone; the same schema goes on answering.
#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let engine = engine().await.extended(Misbehaving);
    for _ in 0..2 {
        is_internal_error(&engine.run(prepare(&engine, "query Panics { __typename }")).await);
        let answer = engine.run(prepare(&engine, "query Works { __typename }")).await;
        assert_eq!(answer.outcome, Outcome::Success, "the engine still works");
    }
}

/// A panic while an event is executed is an internal error, and ends its subscription alone; and so does an event that takes
/// too long.
#[tokio::test]
async fn a_panic_or_a_timeout_ends_a_subscription() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut engine = over(&format!("sqlite://{}", directory.path().join("x.db").display())).await;
    engine.config.request_timeout_ms = 1_000;
    engine.database().migrate().await.expect("tables");
    let engine = Arc::new(engine.extended(Misbehaving));
    let events = async |name: &str| {
        let prepared = prepare(&engine, &format!("subscription {name} {{ datasetChanged {{ version }} }}"));
        engine.clone().stream(prepared).await
    };
    for _ in 0..2 {
        is_internal_error(&events("Panics").await.err().expect("a refusal"));
        let hung = events("Hangs").await.err().expect("a refusal");
        assert_eq!(hung.outcome, Outcome::Refused(Code::Timeout));
        let mut events = Box::pin(events("Works").await.expect("events"));
        let first = events.next().await.expect("the current version");
        assert_eq!(first.outcome, Outcome::Success, "the engine still works");
    }
}

/// An extension that panics when the operation `Panics` is executed, and never ends when it is `Hangs`.
struct Misbehaving;

impl ExtensionFactory for Misbehaving {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Misbehaving {
    async fn execute(&self, context: &ExtensionContext<'_>, name: Option<&str>, next: NextExecute<'_>) -> Response {
        assert!(name != Some("Panics"), "as this test wants");
        if name == Some("Hangs") {
            std::future::pending::<()>().await;
        }
        next.run(context, name).await
    }

    async fn resolve(
        &self,
        context: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if info.name == "cities" {
            let cause = async_graphql::Error::from(std::io::Error::other("the password is secret"));
            return Err(cause.into_server_error(Pos::default()));
        }
        next.run(context, info).await
    }
}

/// A resolver that passes on the error of another library: its cause does not reach the client.
#[tokio::test]
async fn the_error_of_a_library_is_an_internal_error() {
    let engine = engine().await.extended(Misbehaving);
    let answer = engine.run(prepare(&engine, "query Leaks { cities { totalCount } }")).await;
    let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let error = &body["errors"][0];
    assert_eq!(error["extensions"]["code"], "INTERNAL_SERVER_ERROR", "{body}");
    assert!(error["message"].as_str().is_some_and(|text| text.starts_with("internal server error ")), "{body}");
    assert!(!body.to_string().contains("secret"), "{body}");
}

/// A request whose client disconnects ends, and is counted as cancelled.
#[tokio::test]
async fn a_cancelled_request_is_counted() {
    let engine = engine().await;
    let prepared = prepare(&engine, "query Cancelled { __typename }");
    assert!(engine.metrics().contains("\ncoopgraph_requests_running 1\n"));
    let run = engine.run(prepared);
    drop(run);
    let metrics = engine.metrics();
    assert!(metrics.contains("{operation=\"Cancelled\",outcome=\"cancelled\"} 1\n"), "{metrics}");
    assert!(metrics.contains("\ncoopgraph_requests_running 0\n"), "{metrics}");
}
