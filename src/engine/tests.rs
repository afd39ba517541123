//! Tests of what an HTTP client cannot cause.

use async_graphql::{
    Response,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextRequest},
};
use async_trait::async_trait;
use axum::http::HeaderMap;

use super::*;
use crate::db::Access;

async fn engine() -> Engine {
    // These tests read no tables.
    let database = Database::connect("sqlite::memory:", Access::Create, None).await.expect("a database");
    Engine::new(database, Config::default(), Clock::system()).expect("an engine")
}

fn prepare(engine: &Engine, query: &str) -> PreparedRequest {
    let request = Request { query: Some(query.to_owned()), ..Request::default() };
    let caller = Caller { client: Client::at([127, 0, 0, 1].into()), clearance: Clearance::PUBLIC };
    let origin = engine.observer().origin(&HeaderMap::new());
    engine.prepare(request, &origin, caller, |_| Ok(())).expect("a request that may be run")
}

/// A panic during execution becomes an internal error of this request alone, whose message has only an ID.
#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let mut engine = engine().await;
    let works = std::mem::replace(&mut engine.schema, api::builder().extension(Panicking).finish());
    let prepared = prepare(&engine, "query Panics { __typename }");
    let answer = engine.run(prepared).await;
    assert_eq!(answer.outcome, Outcome::Refused(Code::InternalServerError));
    let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let message = body["errors"][0]["message"].as_str().expect("a message");
    let id = message.strip_prefix("internal server error ").expect("an id");
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{message}");
    engine.schema = works;
    let prepared = prepare(&engine, "query Works { __typename }");
    let answer = engine.run(prepared).await;
    assert_eq!(answer.outcome, Outcome::Success, "the engine still works");
}

/// An extension that panics before anything is executed.
struct Panicking;

impl ExtensionFactory for Panicking {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Panicking {
    async fn request(&self, _: &ExtensionContext<'_>, _: NextRequest<'_>) -> Response {
        panic!("as this test wants")
    }
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
