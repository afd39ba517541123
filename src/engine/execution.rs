//! Executing prepared requests with async-graphql.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use async_graphql::{EmptyMutation, Response, SchemaBuilder, Value};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use sea_orm::DbBackend;

use super::{
    AdmittedOperation, Answer, Engine, Outcome, PreparedRequest,
    answer::CostReport,
    charge::Charge,
    extension::{self, OperationContext, Preparation},
    panicked, refused, refused_all, timed_out,
};
use crate::{
    api::{self, ChangeWatcher, Query, SubscriptionRoot},
    db::Readers,
    document::DocumentCache,
    observe::Usage,
    query::loader::RecordLoader,
};

/// The schema, with what prepares its requests.
pub(super) fn schema(
    documents: &Arc<DocumentCache>,
    readers: &Readers,
) -> SchemaBuilder<Query, EmptyMutation, SubscriptionRoot> {
    let preparation = Preparation { documents: documents.clone(), readers: readers.clone() };
    api::builder().data(Arc::new(ChangeWatcher::new(readers))).extension(preparation)
}

impl Engine {
    /// Runs a query.
    pub async fn run(&self, PreparedRequest { operation, charge }: PreparedRequest) -> Answer {
        let response = self.schema.execute(self.request(&operation, &charge));
        // A panic becomes an internal error, and the server lives on.
        let run = async {
            match AssertUnwindSafe(response).catch_unwind().await {
                Ok(response) => operation.answer(&response, &charge),
                Err(panic) => refused(panicked(&*panic)),
            }
        };
        let run = operation.note(|note| note.id().clone()).throughout(run);
        let timeout = self.config.request_timeout();
        let answer = tokio::time::timeout(timeout, run).await;
        let answer = answer.unwrap_or_else(|_| Answer { budget: charge.budget(), ..refused(timed_out(timeout)) });
        operation.note(|note| note.answered(answer.outcome.as_str(), charge.spent(), note.elapsed()));
        answer
    }

    /// Runs a subscription: an answer for each event, which is charged for as if it had been asked for anew. It ends when
    /// the client cannot pay for the next one. The error is that it cannot even begin.
    pub async fn stream(
        self: Arc<Self>,
        prepared: PreparedRequest,
    ) -> Result<impl Stream<Item = Answer> + Send, Answer> {
        let mut answers = Box::pin(self.answers(prepared));
        // The first event comes at once.
        let first = answers.next().await;
        match first {
            Some(refused) if matches!(refused.outcome, Outcome::Refused(_)) => Err(refused),
            first => Ok(stream::iter(first).chain(answers)),
        }
    }

    fn answers(
        self: Arc<Self>,
        PreparedRequest { operation, charge }: PreparedRequest,
    ) -> impl Stream<Item = Answer> + Send {
        let responses = self.schema.execute_stream(self.request(&operation, &charge));
        let responses = AssertUnwindSafe(responses).catch_unwind();
        let id = operation.note(|note| note.id().clone());
        // The first event is what the operation was charged for when it began. Who is refused gets no further answer.
        let state = Some((self, operation, responses, Some(charge)));
        stream::unfold(state, move |state| {
            let id = id.clone();
            async move {
                let (engine, operation, mut responses, charged) = state?;
                let started = Instant::now();
                let response = id.throughout(responses.next()).await?;
                let charge = charged.map_or_else(|| engine.charge(operation.caller, &operation.prepared), Ok);
                let (answer, spent) = match (charge, response) {
                    (Err(refused), _) => (refused, Usage::default()),
                    (Ok(charge), Err(panic)) => (id.during(|| refused(panicked(&*panic))), charge.spent()),
                    // The source of the events failed.
                    (Ok(charge), Ok(response)) if response.data == Value::Null && response.is_err() => {
                        (refused_all(&response.errors), charge.spent())
                    }
                    (Ok(charge), Ok(response)) => (operation.answer(&response, &charge), charge.spent()),
                };
                operation.note(|note| note.answered(answer.outcome.as_str(), spent, started.elapsed()));
                let goes_on = !matches!(answer.outcome, Outcome::Refused(_));
                Some((answer, goes_on.then_some((engine, operation, responses, None))))
            }
        })
    }

    /// The request that async-graphql executes.
    fn request(&self, operation: &AdmittedOperation, charge: &Charge) -> async_graphql::Request {
        let prepared = operation.prepared.clone();
        let mut request = async_graphql::Request::new("").variables(extension::coerced(&prepared.data.variables));
        request.operation_name = prepared.operation().name.as_ref().map(ToString::to_string);
        request.data.insert(prepared.data.clone());
        if let Some(budget) = charge.budget() {
            request.data.insert(budget);
        }
        let system = if self.readers.backend() == DbBackend::Postgres { "postgresql" } else { "sqlite" };
        let batches = operation.note(|note| note.batches(system));
        let (readers, clearance) = (self.readers.clone(), operation.caller.clearance);
        let (tally, permits) = (charge.tally().clone(), charge.statement_permits());
        let loader = Box::new(move || RecordLoader {
            readers: readers.clone(),
            clearance,
            tally: tally.clone(),
            batches: Some(batches.clone()),
            permits: permits.clone(),
        });
        request.data(Arc::new(OperationContext { operation: Ok(prepared), loader }))
    }
}

impl AdmittedOperation {
    fn answer(&self, response: &Response, charge: &Charge) -> Answer {
        let cost = self.reports_cost.then(|| CostReport::new(self.prepared.cost.total, charge.spent()));
        Answer::executed(&response.data, &response.errors, cost, charge.budget())
    }
}
