//! What cannot be brought about from outside.

use axum::http::HeaderMap;

use super::*;
use crate::db::Access;

async fn engine() -> Engine {
    // No table is read here.
    let database = Database::connect("sqlite::memory:", Access::Create, None).await.expect("a database");
    Engine::new(database, Config::default(), Clock::system()).expect("an engine")
}

fn prepare(engine: &Engine, query: &str) -> Prepared {
    let request = Request { query: Some(query.to_owned()), ..Request::default() };
    let caller = Caller { client: Client::at([127, 0, 0, 1].into()), clearance: Clearance::PUBLIC };
    let origin = engine.observer().origin(&HeaderMap::new());
    engine.prepare(request, &origin, caller, |_| Ok(())).expect("a request that may be run")
}

/// A panic in the middle of an answer is an internal error of this answer alone, and shows nothing but an id.
#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let engine = engine().await;
    let prepared = prepare(&engine, "query Panics { __typename }");
    // No graph has numbers for objects: to look for them is a panic.
    let answer = engine.answer(&prepared.operation, &prepared.charge, 0_u8).await;
    assert_eq!(answer.outcome, Outcome::Refused(Code::InternalServerError));
    let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let message = body["errors"][0]["message"].as_str().expect("a message");
    let id = message.strip_prefix("internal server error ").expect("an id");
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{message}");
    let answer = engine.run(prepared).await;
    assert_eq!(answer.outcome, Outcome::Success, "it lives on");
}

/// A request whose client does not wait ends, too.
#[tokio::test]
async fn a_request_that_is_given_up_is_counted() {
    let engine = engine().await;
    let prepared = prepare(&engine, "query GivenUp { __typename }");
    assert!(engine.metrics().contains("\ncoopgraph_requests_running 1\n"));
    let run = engine.run(prepared);
    drop(run);
    let metrics = engine.metrics();
    assert!(metrics.contains("{operation=\"GivenUp\",outcome=\"cancelled\"} 1\n"), "{metrics}");
    assert!(metrics.contains("\ncoopgraph_requests_running 0\n"), "{metrics}");
}
