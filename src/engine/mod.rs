//! The engine: from a request to its answer, whichever way the request came.
//!
//! A request is prepared ([`Engine::prepare`]): its document found, checked and priced, its variables coerced, its cost
//! charged. Then it is run ([`Engine::run`]), or, if it is a subscription, run for each event ([`Engine::stream`]).

mod answer;
mod charge;
mod live;
mod persisted;
mod purse;
mod request;
mod seats;
#[cfg(test)]
mod tests;

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use apollo_compiler::{
    executable::OperationType,
    response::{JsonMap, JsonValue},
};
use async_graphql::ServerError;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use sea_orm::DbBackend;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::{
    answer::Cost,
    charge::Charge,
    live::Live,
    persisted::Persisted,
    purse::{Lack, Purses},
};
pub use self::{
    answer::{Answer, Outcome},
    purse::Client,
    request::Request,
    seats::{Seat, Seats},
};
use crate::{
    clock::{Clock, IdSource},
    config::Config,
    db::{Database, Readers},
    document::{Documents, Ready},
    domain::{Cooperation, dataset::Happened},
    error::{Code, Error, request_error},
    graph::{Budget, Clearance, Exec, Executed, Loader, Root, Source, sdl},
    observe::{Gauges, Observer, Origin, RequestLog, Usage},
};

/// Answers requests.
pub struct Engine {
    database: Database,
    readers: Readers,
    config: Config,
    documents: Documents,
    persisted: Persisted,
    purses: Arc<Purses>,
    live: Live,
    running: Arc<Semaphore>,
    subscriptions: Arc<Semaphore>,
    /// The requests and subscriptions of each client.
    runners: Arc<Seats>,
    subscribers: Arc<Seats>,
    observer: Observer,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// Whose budget is charged.
    pub client: Client,
    /// What may be seen.
    pub clearance: Clearance,
}

/// An operation that may be run, and what was charged for it.
pub struct Prepared {
    operation: Operation,
    charge: Charge,
}

struct Operation {
    ready: Ready,
    caller: Caller,
    tells_cost: bool,
    /// Ends with the operation.
    note: Mutex<RequestLog>,
    /// Given back when the operation ends.
    _place: Place,
}

/// The right to run, until it is dropped.
type Place = (OwnedSemaphorePermit, Seat);

impl Prepared {
    /// Query, mutation or subscription.
    #[must_use]
    pub fn kind(&self) -> OperationType {
        self.operation.ready.kind()
    }

    /// What is left to the client.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        self.charge.budget()
    }
}

impl Operation {
    fn note<T>(&self, work: impl FnOnce(&mut RequestLog) -> T) -> T {
        work(&mut self.note.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Which kinds of operations may come in a way; the error says how the others may come.
pub type Allowed = fn(OperationType) -> Result<(), &'static str>;

impl Engine {
    /// Answers requests about what a database holds; it must be called in a runtime. The error is for the operator.
    pub fn new(database: Database, config: Config, clock: Clock) -> Result<Self, String> {
        let readers = database.readers(config.request_timeout()).map_err(|cause| cause.to_string())?;
        Ok(Self {
            documents: Documents::new(&sdl::<Cooperation>(), Cooperation::graph(), config.limits.clone()),
            persisted: Persisted::new(config.trusted_documents.as_deref(), config.is_hardened())?,
            purses: Arc::new(Purses::new(config.rate_limit, readers.most() - 1, clock)),
            live: Live::of(&readers),
            running: Arc::new(Semaphore::new(config.max_concurrent_requests)),
            subscriptions: Arc::new(Semaphore::new(config.max_subscriptions)),
            runners: Seats::new(match config.rate_limit {
                0 => usize::MAX,
                _ => config.max_concurrent_requests_per_client,
            }),
            subscribers: Seats::new(config.max_subscriptions_per_client),
            observer: Observer::new(IdSource::system(), None),
            database,
            readers,
            config,
        })
    }

    /// The engine, observed by another than its own.
    #[must_use]
    pub fn observed(self, observer: Observer) -> Self {
        Self { observer, ..self }
    }

    /// What observes it.
    #[must_use]
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// Its metrics, as OpenMetrics text.
    #[must_use]
    pub fn metrics(&self) -> String {
        let (busy, idle) = self.readers.connections();
        let (hits, misses) = self.documents.lookups();
        self.observer.metrics().text(Gauges {
            running: self.config.max_concurrent_requests.saturating_sub(self.running.available_permits()),
            subscriptions: self.config.max_subscriptions.saturating_sub(self.subscriptions.available_permits()),
            busy,
            idle,
            hits,
            misses,
        })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Refuses a request that cannot even be prepared.
    pub fn refuse(&self, origin: &Origin, caller: Caller, code: Code, errors: &[ServerError]) -> Answer {
        self.observer.request(origin).refused(code.as_str(), None);
        self.charged_for_refusal(caller, Answer::refused(code, errors))
    }

    /// To refuse is work, too: it costs 1 point, if the client has that.
    fn charged_for_refusal(&self, caller: Caller, mut answer: Answer) -> Answer {
        if answer.budget.is_none() {
            answer.budget = self.purses.take(caller.client, 1).unwrap_or_else(|lack| Some(lack.budget));
        }
        answer
    }

    /// Finds out whether a request may be run; `allowed` says which kinds of operations may come in this way.
    pub fn prepare(
        &self,
        mut request: Request,
        origin: &Origin,
        caller: Caller,
        allowed: Allowed,
    ) -> Result<Prepared, Answer> {
        let mut note = self.observer.request(origin);
        let check = AssertUnwindSafe(|| self.check(&mut request, caller, allowed, &mut note));
        let checked = origin.id.during(|| catch_unwind(check).unwrap_or_else(|panic| Err(refused(panicked(&*panic)))));
        match checked {
            Ok((ready, place, charge)) => {
                let tells_cost = matches!(request.extensions.get("cost"), Some(JsonValue::Bool(true)));
                let operation = Operation { ready, caller, tells_cost, note: Mutex::new(note), _place: place };
                Ok(Prepared { operation, charge })
            }
            Err(answer) => {
                note.refused(answer.outcome.as_str(), request.operation_name.as_deref());
                Err(self.charged_for_refusal(caller, answer))
            }
        }
    }

    fn check(
        &self,
        request: &mut Request,
        caller: Caller,
        allowed: Allowed,
        note: &mut RequestLog,
    ) -> Result<(Ready, Place, Charge), Answer> {
        let text = self.persisted.text(request).map_err(refused)?;
        self.check_variables(&request.variables).map_err(refused)?;
        let name = request.operation_name.as_deref();
        self.documents.limits().document_bytes(text.len()).map_err(refused)?;
        let known = if let Some(known) = self.documents.known(&text) {
            known
        } else {
            self.purses.take(caller.client, Documents::reading(&text)).map_err(|lack| rate_limited(&lack))?;
            self.documents.read(&text)
        };
        note.hash(known.hash());
        // Whether an operation may come in this way does not hang on whether it is valid.
        if let Some(Err(why)) = known.kind(name).map(allowed) {
            return Err(refused(request_error(Code::OperationNotAllowed, why)));
        }
        let document = known.document.clone().map_err(|errors| refused_all(&errors))?;
        if self.config.is_hardened() && document.asks_for_schema(name) {
            let message = "this server does not answer introspection: its schema is known to its clients otherwise";
            return Err(refused(request_error(Code::IntrospectionDisabled, message)));
        }
        let mut ready =
            self.documents.ready(document, name, &request.variables).map_err(|errors| refused_all(&errors))?;
        note.found(ready.kind(), ready.operation().name.as_ref(), ready.price.most);
        let place = self.admit(ready.kind(), caller.client).map_err(refused)?;
        let charge = self.charge(caller, &ready)?;
        self.documents.introspect(&mut ready).map_err(|errors| refused_all(&errors))?;
        Ok((ready, place, charge))
    }

    fn check_variables(&self, variables: &JsonMap) -> Result<(), ServerError> {
        if variables.is_empty() {
            return Ok(());
        }
        let limits = self.documents.limits();
        let bytes = serde_json::to_vec(variables).map_or(0, |json| json.len());
        limits.variables_bytes(bytes)?;
        limits.list(variables.values().map(longest_list).max().unwrap_or(0))
    }

    fn admit(&self, kind: OperationType, client: Client) -> Result<Place, ServerError> {
        let config = &self.config;
        let (seats, each, places, all, code, what) = if kind == OperationType::Subscription {
            let (each, all) = (config.max_subscriptions_per_client, config.max_subscriptions);
            (&self.subscribers, each, &self.subscriptions, all, Code::TooManySubscriptions, "subscriptions")
        } else {
            let (each, all) = (config.max_concurrent_requests_per_client, config.max_concurrent_requests);
            (&self.runners, each, &self.running, all, Code::ServerBusy, "requests")
        };
        let too_many = |whose: &str, most: usize| {
            let message =
                format!("{most} {what}{whose} run, as many as may at the same time: try again when one has ended");
            request_error(code, message)
        };
        let seat = seats.take(client).ok_or_else(|| too_many(" of yours", each))?;
        let permit = places.clone().try_acquire_owned().map_err(|_| too_many("", all))?;
        Ok((permit, seat))
    }

    fn charge(&self, caller: Caller, ready: &Ready) -> Result<Charge, Answer> {
        Charge::take(&self.purses, caller.client, ready.price).map_err(|lack| rate_limited(&lack))
    }

    /// Runs a query.
    pub async fn run(&self, Prepared { operation, charge }: Prepared) -> Answer {
        let answer = self.answer(&operation, &charge, Root).await;
        operation.note(|note| note.answered(answer.outcome.as_str(), charge.spent(), note.elapsed()));
        answer
    }

    /// Runs a subscription: an answer for each event, which is charged for as if it had been asked for anew. It ends when
    /// the client cannot pay for the next one.
    pub async fn stream(
        self: Arc<Self>,
        Prepared { operation, charge }: Prepared,
    ) -> Result<impl Stream<Item = Answer> + Send, Answer> {
        let versions = self.live.versions().await.map_err(|cause| {
            let answer = refused(operation.note(|note| note.id().during(|| Error::from(cause).shown())));
            operation.note(|note| note.refused(answer.outcome.as_str(), None));
            answer
        })?;
        let (engine, operation) = (self, Arc::new(operation));
        // The first event is what the operation was charged for when it began.
        let mut charged = Some(charge);
        let answers = versions.then(move |version| {
            let (engine, operation) = (engine.clone(), operation.clone());
            let charge = charged.take().map_or_else(|| engine.charge(operation.caller, &operation.ready), Ok);
            async move {
                let started = Instant::now();
                let (answer, spent) = match charge {
                    Ok(charge) => {
                        let answer = engine.answer(&operation, &charge, Happened { version }).await;
                        (answer, charge.spent())
                    }
                    Err(answer) => (answer, Usage::default()),
                };
                operation.note(|note| note.answered(answer.outcome.as_str(), spent, started.elapsed()));
                answer
            }
        });
        // Whoever is refused hears nothing more.
        let answers = stream::unfold(Some(Box::pin(answers)), async |answers| {
            let mut answers = answers?;
            let answer = answers.next().await?;
            let goes_on = !matches!(answer.outcome, Outcome::Refused(_));
            Some((answer, goes_on.then_some(answers)))
        });
        Ok(answers)
    }

    fn loader(&self, operation: &Operation, charge: &Charge) -> Loader {
        let system = if self.readers.backend() == DbBackend::Postgres { "postgresql" } else { "sqlite" };
        let batches = operation.note(|note| note.batches(system));
        Loader::new(&self.readers, operation.caller.clearance, batches, charge.tally().clone(), charge.turns())
    }

    /// Runs an operation on a root, as long as a request may take. A panic becomes an internal error, and the server lives
    /// on.
    async fn answer<R: Send + Sync + 'static>(&self, operation: &Operation, charge: &Charge, root: R) -> Answer {
        let loader = self.loader(operation, charge);
        let Ready { document, variables, introspected, .. } = &operation.ready;
        let exec = Exec {
            document: document.executable(),
            operation: operation.ready.operation(),
            variables,
            introspected,
            graph: Cooperation::graph(),
            loader: &loader,
            budget: charge.budget(),
        };
        let run = async {
            match AssertUnwindSafe(exec.answer(root)).catch_unwind().await {
                Ok(Executed { data, errors }) => {
                    let cost = operation.tells_cost.then(|| Cost::of(operation.ready.price.most, charge.spent()));
                    Answer::executed(&data, &errors, cost, charge.budget())
                }
                Err(panic) => refused(panicked(&*panic)),
            }
        };
        let run = operation.note(|note| note.id().clone()).throughout(run);
        let timeout = self.config.request_timeout();
        let answer = tokio::time::timeout(timeout, run).await;
        answer.unwrap_or_else(|_| Answer { budget: charge.budget(), ..refused(timed_out(timeout)) })
    }
}

fn rate_limited(lack: &Lack) -> Answer {
    let Budget { limit, cost, remaining, .. } = lack.budget;
    let message = format!(
        "the operation costs up to {cost} points, and {remaining} of {limit} are left: ask again in {} s, or for less",
        lack.seconds
    );
    let mut answer = refused(request_error(Code::RateLimited, message));
    answer.budget = Some(lack.budget);
    answer.retry_after = Some(lack.seconds);
    answer
}

fn panicked(panic: &(dyn Any + Send)) -> ServerError {
    let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Error::internal(format!("panic: {}", said.unwrap_or("?"))).shown()
}

fn timed_out(timeout: Duration) -> ServerError {
    let message = format!("the request took longer than {} ms, and was stopped: ask for less", timeout.as_millis());
    request_error(Code::Timeout, message)
}

fn refused(error: ServerError) -> Answer {
    refused_all(&[error])
}

fn refused_all(errors: &[ServerError]) -> Answer {
    let code = errors.first().and_then(Code::of).unwrap_or(Code::InternalServerError);
    Answer::refused(code, errors)
}

fn longest_list(value: &JsonValue) -> usize {
    match value {
        JsonValue::Array(items) => items.len().max(items.iter().map(longest_list).max().unwrap_or(0)),
        JsonValue::Object(fields) => fields.values().map(longest_list).max().unwrap_or(0),
        _ => 0,
    }
}
