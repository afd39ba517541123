//! GraphQL over server-sent events: the distinct connections mode of the `graphql-sse` protocol.

use std::{
    convert::Infallible,
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use apollo_compiler::executable::OperationType;
use axum::{
    body::{Body, Bytes},
    http::HeaderValue,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt, stream};

use super::{
    App,
    accept::ResponseMediaType,
    graphql::{allow_over_get, insert_rate_limit, respond},
};
use crate::{
    api::RateLimit,
    engine::{Answer, Caller, Outcome, Request},
    observe::Origin,
};

/// Responds with an event stream: one `next` event for each result, then `complete`.
pub(super) async fn answer(app: App, request: Request, origin: &Origin, caller: Caller, get: bool) -> Response {
    // Errors in the document are sent as events, errors in the request by the HTTP status.
    let refused = |answer: Answer| match answer.outcome {
        Outcome::Refused(code) if code.is_of_document() => events(answer.budget, stream::once(ready(answer)), None),
        _ => respond(answer, ResponseMediaType::GraphqlResponse, app.engine.config(), get),
    };
    let prepared =
        match app.engine.prepare(request, origin, caller.clone(), if get { allow_over_get } else { allow_all }) {
            Ok(prepared) => prepared,
            Err(answer) => return refused(answer),
        };
    let budget = prepared.budget();
    if prepared.operation_type() != OperationType::Subscription {
        let answer = app.engine.run(prepared).await;
        return events(budget, stream::once(ready(answer)), None);
    }
    let answers = match app.engine.clone().stream(prepared).await {
        Ok(answers) => answers,
        Err(answer) => return refused(answer),
    };
    let is_interrupted = Arc::new(AtomicBool::new(false));
    let interrupted = {
        let (is_interrupted, engine, stopped) = (is_interrupted.clone(), app.engine, app.shutdown.stopped_owned());
        async move {
            tokio::select! {
                () = engine.ended(&caller) => {}
                () = stopped => {}
            }
            is_interrupted.store(true, Ordering::Relaxed);
        }
    };
    events(budget, answers.take_until(Box::pin(interrupted)), Some(is_interrupted))
}

#[expect(clippy::unnecessary_wraps, reason = "it has the type of `allow_over_get`")]
const fn allow_all(_: OperationType) -> Result<(), &'static str> {
    Ok(())
}

/// An event stream of these answers. What is interrupted, because the server stops or the client's key has ended, is not complete:
/// the client connects again.
fn events(
    budget: Option<RateLimit>,
    answers: impl Stream<Item = Answer> + Send + 'static,
    is_interrupted: Option<Arc<AtomicBool>>,
) -> Response {
    let next = answers.map(|answer| Event::default().event("next").data(String::from_utf8_lossy(&answer.body)));
    let events = Sse::new(next.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::default());
    let (mut head, next) = events.into_response().into_parts();
    // nginx would keep events back until its buffer is full.
    head.headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    if let Some(budget) = budget {
        insert_rate_limit(&mut head.headers, budget, None);
    }
    // Browsers ignore an event without a data field, and `Event` omits a data field that is empty.
    let complete = async move {
        let is_complete = !is_interrupted.is_some_and(|interrupted| interrupted.load(Ordering::Relaxed));
        is_complete.then(|| Ok(Bytes::from_static(b"event: complete\ndata:\n\n")))
    };
    let complete = stream::once(complete).filter_map(ready);
    Response::from_parts(head, Body::from_stream(next.into_data_stream().chain(complete)))
}
