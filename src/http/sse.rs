//! Live data as server-sent events: the distinct connections mode of the `graphql-sse` protocol.

use std::{convert::Infallible, future::ready};

use apollo_compiler::executable::OperationType;
use axum::{
    body::{Body, Bytes},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt, stream};

use super::{
    App,
    accept::Media,
    graphql::{respond, tell_budget},
};
use crate::{
    engine::{Answer, Caller, Outcome, Request},
    graph::Budget,
    observe::Origin,
};

/// Answers a request by events: one `next` for each answer, then `complete`.
pub(super) async fn answer(app: App, request: Request, origin: &Origin, caller: Caller, get: bool) -> Response {
    // What is wrong with the document is told as an event, what is wrong with the request by the status.
    let refused = |answer: Answer| match answer.outcome {
        Outcome::Refused(code) if code.is_of_document() => events(answer.budget, stream::once(ready(answer))),
        _ => respond(answer, Media::GraphqlResponse, app.engine.config(), get),
    };
    let prepared = match app.engine.prepare(request, origin, caller, if get { by_get } else { any }) {
        Ok(prepared) => prepared,
        Err(answer) => return refused(answer),
    };
    let budget = prepared.budget();
    if prepared.kind() != OperationType::Subscription {
        let answer = app.engine.run(prepared).await;
        return events(budget, stream::once(ready(answer)));
    }
    let answers = match app.engine.clone().stream(prepared).await {
        Ok(answers) => answers,
        Err(answer) => return refused(answer),
    };
    events(budget, answers.take_until(app.stopping.cancelled_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "one of several rules")]
const fn any(_: OperationType) -> Result<(), &'static str> {
    Ok(())
}

fn by_get(kind: OperationType) -> Result<(), &'static str> {
    if kind == OperationType::Mutation { Err("a mutation cannot be asked for by GET: send it by POST") } else { Ok(()) }
}

fn events(budget: Option<Budget>, answers: impl Stream<Item = Answer> + Send + 'static) -> Response {
    let next = answers.map(|answer| Event::default().event("next").data(String::from_utf8_lossy(&answer.body)));
    let events = Sse::new(next.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::default());
    let (mut head, next) = events.into_response().into_parts();
    if let Some(budget) = budget {
        tell_budget(&mut head.headers, budget, None);
    }
    // Browsers pass over an event without a data field in silence, and the library leaves out one that is empty.
    let complete = stream::once(ready(Ok(Bytes::from_static(b"event: complete\ndata:\n\n"))));
    Response::from_parts(head, Body::from_stream(next.into_data_stream().chain(complete)))
}
