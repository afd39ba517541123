//! The engine: from a request to its answer, whichever way the request came.
//!
//! A request is prepared ([`Engine::prepare`]): its document found, checked and priced, its variables coerced, its cost
//! charged. Then it is run ([`Engine::run`]), or, if it is a subscription, run for each event ([`Engine::stream`]).

mod answer;
mod live;
mod persisted;
mod purse;
mod request;
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
use futures_util::{FutureExt, Stream, StreamExt};
use sea_orm::DbBackend;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::{answer::Cost, live::Live, persisted::Persisted, purse::Purses};
pub use self::{
    answer::{Answer, Outcome},
    purse::Client,
    request::Request,
};
use crate::{
    clock::{Clock, IdSource},
    config::Config,
    db::Database,
    document::{Documents, Ready, STATEMENT, hex},
    domain::{Cooperation, dataset::Happened},
    error::{Code, Error, request_error},
    graph::{Budget, Clearance, Exec, Executed, Loader, Root, Source, sdl},
    observe::{Note, Now, Observer, Origin, Spent},
};

/// Answers requests.
pub struct Engine {
    database: Database,
    config: Config,
    documents: Documents,
    persisted: Persisted,
    purses: Purses,
    live: Live,
    running: Arc<Semaphore>,
    subscriptions: Arc<Semaphore>,
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

/// An operation that may be run.
pub struct Prepared {
    ready: Ready,
    caller: Caller,
    budget: Option<Budget>,
    tells_cost: bool,
    /// Ends with the operation.
    note: Mutex<Note>,
    /// Given back when the operation ends.
    _permit: OwnedSemaphorePermit,
}

impl Prepared {
    /// Query, mutation or subscription.
    #[must_use]
    pub fn kind(&self) -> OperationType {
        self.ready.kind()
    }

    fn note<T>(&self, work: impl FnOnce(&mut Note) -> T) -> T {
        work(&mut self.note.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Which kinds of operations may come in a way; the error says how the others may come.
pub type Allowed = fn(OperationType) -> Result<(), &'static str>;

impl Engine {
    /// Answers requests about what a database holds; it must be called in a runtime. The error is for the operator.
    pub fn new(database: Database, config: Config, clock: Clock) -> Result<Self, String> {
        Ok(Self {
            documents: Documents::new(&sdl::<Cooperation>(), Cooperation::graph(), config.limits.clone()),
            persisted: Persisted::new(config.trusted_documents.as_deref(), config.is_hardened())?,
            purses: Purses::new(config.rate_limit, clock),
            live: Live::of(&database),
            running: Arc::new(Semaphore::new(config.max_concurrent_requests)),
            subscriptions: Arc::new(Semaphore::new(config.max_subscriptions)),
            observer: Observer::new(IdSource::system(), None),
            database,
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
        let (busy, idle) = self.database.connections();
        let (hits, misses) = self.documents.lookups();
        self.observer.metrics().text(Now {
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

    /// Notes a request that cannot even be prepared.
    pub fn refuse(&self, origin: &Origin, code: Code) {
        self.observer.note(origin).refused(code.as_str(), None);
    }

    /// Finds out whether a request may be run; `allowed` says which kinds of operations may come in this way.
    pub fn prepare(
        &self,
        mut request: Request,
        origin: &Origin,
        caller: Caller,
        allowed: Allowed,
    ) -> Result<Prepared, Answer> {
        let mut note = self.observer.note(origin);
        let check = AssertUnwindSafe(|| self.check(&mut request, caller, allowed, &mut note));
        let checked = origin.id.during(|| catch_unwind(check).unwrap_or_else(|panic| Err(refused(panicked(&*panic)))));
        match checked {
            Ok((ready, permit, budget)) => {
                let tells_cost = matches!(request.extensions.get("cost"), Some(JsonValue::Bool(true)));
                Ok(Prepared { ready, caller, budget, tells_cost, note: Mutex::new(note), _permit: permit })
            }
            Err(answer) => {
                note.refused(answer.outcome.as_str(), request.operation_name.as_deref());
                Err(answer)
            }
        }
    }

    fn check(
        &self,
        request: &mut Request,
        caller: Caller,
        allowed: Allowed,
        note: &mut Note,
    ) -> Result<(Ready, OwnedSemaphorePermit, Option<Budget>), Answer> {
        let text = self.persisted.text(request).map_err(refused)?;
        self.check_variables(&request.variables).map_err(refused)?;
        let name = request.operation_name.as_deref();
        let found = self.documents.get(&text);
        match &found {
            Ok(document) => note.hash(document.hash()),
            // Which document it is that fails, is worth the time; unless it is too long to be looked at at all.
            Err(_) if text.len() <= self.config.limits.document_bytes => note.hash(&hex(&Sha256::digest(&*text))),
            Err(_) => {}
        }
        // Whether an operation may come in this way does not hang on whether it is valid.
        let kind = found.as_ref().map_or_else(|_| self.documents.kind(&text, name), |document| document.kind(name));
        if let Some(Err(why)) = kind.map(allowed) {
            return Err(refused(request_error(Code::OperationNotAllowed, why)));
        }
        let document = found.map_err(|errors| refused_all(&errors))?;
        if self.config.is_hardened() && document.asks_for_schema(name) {
            let message = "this server does not answer introspection: its schema is known to its clients otherwise";
            return Err(refused(request_error(Code::IntrospectionDisabled, message)));
        }
        let mut ready =
            self.documents.ready(document, name, &request.variables).map_err(|errors| refused_all(&errors))?;
        note.found(ready.kind(), ready.operation().name.as_ref(), ready.cost);
        let permit = self.admit(ready.kind()).map_err(refused)?;
        let budget = self.charge(caller, ready.cost)?;
        self.documents.introspect(&mut ready).map_err(|errors| refused_all(&errors))?;
        Ok((ready, permit, budget))
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

    fn admit(&self, kind: OperationType) -> Result<OwnedSemaphorePermit, ServerError> {
        let (places, code, message) = if kind == OperationType::Subscription {
            (
                &self.subscriptions,
                Code::TooManySubscriptions,
                "too many subscriptions are open on this server: try again later",
            )
        } else {
            (&self.running, Code::ServerBusy, "the server runs as many requests as it can: try again in a moment")
        };
        places.clone().try_acquire_owned().map_err(|_| request_error(code, message))
    }

    fn charge(&self, caller: Caller, cost: u64) -> Result<Option<Budget>, Answer> {
        self.purses.take(caller.client, cost).map_err(|lack| {
            let Budget { limit, cost, remaining, .. } = lack.budget;
            let message = format!(
                "the operation costs up to {cost} points, and {remaining} of {limit} are left: ask again in {} s, or for less",
                lack.seconds
            );
            let mut answer = refused(request_error(Code::RateLimited, message));
            answer.budget = Some(lack.budget);
            answer.retry_after = Some(lack.seconds);
            answer
        })
    }

    /// Runs a query.
    pub async fn run(&self, prepared: Prepared) -> Answer {
        let timeout = self.config.request_timeout();
        let loader = self.loader(&prepared);
        let run = self.answer(&prepared, &loader, Root);
        let answer = match tokio::time::timeout(timeout, run).await {
            Ok(answer) => answer,
            Err(_) => refused(timed_out(timeout)),
        };
        let spent = spent(&loader, prepared.ready.introspection);
        if let Some(budget) = prepared.budget {
            self.purses.give_back(prepared.caller.client, budget.cost - i64::try_from(spent.cost).unwrap_or(i64::MAX));
        }
        prepared.note(|note| note.answered(answer.outcome.as_str(), spent, note.elapsed()));
        answer
    }

    /// Runs a subscription: an answer for each event.
    pub async fn stream(self: Arc<Self>, prepared: Prepared) -> Result<impl Stream<Item = Answer> + Send, Answer> {
        let versions = self.live.versions().await.map_err(|cause| {
            let answer = refused(prepared.note(|note| note.id().during(|| Error::from(cause).shown())));
            prepared.note(|note| note.refused(answer.outcome.as_str(), None));
            answer
        })?;
        let prepared = Arc::new(prepared);
        Ok(versions.then(move |version| {
            let (engine, prepared) = (self.clone(), prepared.clone());
            async move {
                let started = Instant::now();
                let loader = engine.loader(&prepared);
                let answer = engine.answer(&prepared, &loader, Happened { version }).await;
                let spent = spent(&loader, prepared.ready.introspection);
                prepared.note(|note| note.answered(answer.outcome.as_str(), spent, started.elapsed()));
                answer
            }
        }))
    }

    fn loader(&self, prepared: &Prepared) -> Loader {
        let system = if self.database.backend() == DbBackend::Postgres { "postgresql" } else { "sqlite" };
        let batches = prepared.note(|note| note.batches(system));
        Loader::new(&self.database, prepared.caller.clearance, batches)
    }

    /// Runs an operation on a root. A panic becomes an internal error, and the server lives on.
    async fn answer<R: Send + Sync + 'static>(&self, prepared: &Prepared, loader: &Loader, root: R) -> Answer {
        let Ready { document, variables, introspected, .. } = &prepared.ready;
        let exec = Exec {
            document: document.executable(),
            operation: prepared.ready.operation(),
            variables,
            introspected,
            graph: Cooperation::graph(),
            loader,
            budget: prepared.budget,
        };
        let run = async {
            match AssertUnwindSafe(exec.answer(root)).catch_unwind().await {
                Ok(Executed { data, errors }) => {
                    let cost = prepared
                        .tells_cost
                        .then(|| Cost::of(prepared.ready.cost, spent(loader, prepared.ready.introspection)));
                    Answer::executed(&data, &errors, cost, prepared.budget)
                }
                Err(panic) => refused(panicked(&*panic)),
            }
        };
        prepared.note(|note| note.id().clone()).throughout(run).await
    }
}

/// What was spent, as prices are counted: at least 1 point.
fn spent(loader: &Loader, introspection: u64) -> Spent {
    let (statements, objects) = (loader.statements(), loader.objects());
    // The root is no object that anyone asked for.
    Spent { cost: (objects.saturating_sub(1) + statements * STATEMENT + introspection).max(1), statements, objects }
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
