//! Executing prepared requests with async-graphql.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use apollo_compiler::executable::OperationType;
use async_graphql::{Response, ServerResult, Value};
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
    api::{self, ChangeWatcher, RateLimit},
    db::Readers,
    document::DocumentCache,
    error::{Code, request_error},
    observe::{StatementObserver, Usage},
    query::{
        loader::{Clearance, RecordLoader},
        shared::SharedStatements,
    },
    schema::Writer,
};

/// The schema, with what prepares its requests.
pub(super) fn schema(
    documents: &Arc<DocumentCache>,
    readers: &Readers,
    shared: &Arc<SharedStatements>,
    writer: Writer,
) -> api::Builder {
    let preparation = Preparation { documents: documents.clone(), readers: readers.clone(), shared: shared.clone() };
    api::builder().data(Arc::new(ChangeWatcher::new(readers))).data(Arc::new(writer)).extension(preparation)
}

impl Engine {
    /// Runs a query.
    pub async fn run(&self, PreparedRequest { operation, charge }: PreparedRequest) -> Answer {
        let charge = Arc::new(charge);
        let (loaders, charged) = (self.loaders(&operation), charge.clone());
        let request = operation.request(charge.budget(), None, move || Ok(loaders.loader(&charged)));
        let response = self.schema.execute(request);
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
        let budget = charge.budget();
        // The charge for the next event: at first that for the beginning, then a new one when the event is there.
        let charges: EventCharge = Arc::new(Mutex::new(Some((Instant::now(), Ok(charge)))));
        let begin = {
            let (engine, caller, prepared) = (self.clone(), operation.caller.clone(), operation.prepared.clone());
            let (charges, loaders) = (charges.clone(), self.loaders(&operation));
            move || {
                let mut next = charges.lock().unwrap_or_else(PoisonError::into_inner);
                let (started, charge) =
                    next.take().unwrap_or_else(|| (Instant::now(), engine.charge(&caller, &prepared)));
                let loader = charge.as_ref().map(|charge| loaders.loader(charge));
                // The answer says more.
                let loader = loader.map_err(|_| request_error(Code::RateLimited, "too few points are left"));
                *next = Some((started, charge));
                loader
            }
        };
        let request = operation.request(budget, Some(self.config.request_timeout()), begin);
        let responses = AssertUnwindSafe(self.schema.execute_stream(request)).catch_unwind();
        let id = operation.note(|note| note.id().clone());
        stream::unfold(Some((operation, responses, charges)), move |state| {
            let id = id.clone();
            async move {
                let (operation, mut responses, charges) = state?;
                let response = id.throughout(responses.next()).await?;
                let charge = charges.lock().unwrap_or_else(PoisonError::into_inner).take();
                // The time since the event, not since the last one.
                let time = charge.as_ref().map(|(started, _)| started.elapsed()).unwrap_or_default();
                let charge = charge.map(|(_, charge)| charge);
                let (answer, spent) = match charge.transpose() {
                    Err(refused) => (refused, Usage::default()),
                    Ok(charge) => {
                        let answer = match (response, &charge) {
                            (Err(panic), _) => id.during(|| refused(panicked(&*panic))),
                            (Ok(response), Some(charge)) if response.data != Value::Null || response.is_ok() => {
                                operation.answer(&response, charge)
                            }
                            // The source of the events failed, or the event took too long.
                            (Ok(response), _) => refused_all(&response.errors),
                        };
                        (answer, charge.as_ref().map(Charge::spent).unwrap_or_default())
                    }
                };
                operation.note(|note| note.answered(answer.outcome.as_str(), spent, time));
                let goes_on = !matches!(answer.outcome, Outcome::Refused(_));
                Some((answer, goes_on.then_some((operation, responses, charges))))
            }
        })
    }

    fn loaders(&self, operation: &AdmittedOperation) -> Loaders {
        let system = if self.readers.backend() == DbBackend::Postgres { "postgresql" } else { "sqlite" };
        Loaders {
            readers: self.readers.clone(),
            clearance: operation.caller.viewer.clearance(),
            statements: operation.note(|note| note.statements(system)),
            // What a mutation has written is in no answer to a statement that began before.
            shared: match operation.prepared.operation_type() {
                OperationType::Mutation => Arc::default(),
                _ => self.shared.clone(),
            },
        }
    }
}

/// When the answer to an event of a subscription was begun, and the charge for it, or the answer that the client cannot pay.
type EventCharge = Arc<Mutex<Option<(Instant, Result<Charge, Answer>)>>>;

/// Creates what reads the database for the executions of an operation.
struct Loaders {
    readers: Readers,
    clearance: Clearance,
    statements: StatementObserver,
    shared: Arc<SharedStatements>,
}

impl Loaders {
    /// What reads the database for an execution that was charged for.
    fn loader(&self, charge: &Charge) -> RecordLoader {
        RecordLoader {
            readers: self.readers.clone(),
            clearance: self.clearance,
            tally: charge.tally().clone(),
            statements: Some(self.statements.clone()),
            permits: charge.statement_permits(),
            shared: self.shared.clone(),
        }
    }
}

impl AdmittedOperation {
    /// The request that async-graphql executes.
    fn request(
        &self,
        budget: Option<RateLimit>,
        timeout: Option<Duration>,
        begin: impl Fn() -> ServerResult<RecordLoader> + Send + Sync + 'static,
    ) -> async_graphql::Request {
        let prepared = self.prepared.clone();
        let mut request = async_graphql::Request::new("").variables(extension::coerced(&prepared.data.variables));
        request.operation_name = prepared.operation().name.as_ref().map(ToString::to_string);
        request.data.insert(prepared.data.clone());
        request.data.insert(self.caller.viewer.clone());
        if let Some(budget) = budget {
            request.data.insert(budget);
        }
        request.data(Arc::new(OperationContext::new(Ok(prepared), begin, timeout)))
    }

    fn answer(&self, response: &Response, charge: &Charge) -> Answer {
        let cost = self.reports_cost.then(|| CostReport::new(self.prepared.cost.total, charge.spent()));
        Answer::executed(&response.data, &response.errors, cost, charge.budget())
    }
}
