//! The engine answers GraphQL requests, independently of the transport.
//!
//! [`Engine::prepare`] validates the document, coerces the variables, estimates the cost and charges the client.
//! [`Engine::run`] then executes a query, and [`Engine::stream`] executes a subscription for each event.

mod answer;
mod charge;
mod concurrency_limiter;
mod execution;
mod extension;
mod identification;
mod persisted;
mod rate_limiter;
mod request;
#[cfg(test)]
mod tests;

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use apollo_compiler::{
    executable::OperationType,
    response::{JsonMap, JsonValue},
};
use async_graphql::{ServerError, extensions::ExtensionFactory};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use self::{
    answer::{Answer, Outcome},
    concurrency_limiter::{ConcurrencyLimiter, Permit},
    identification::{Caller, Credentials},
    rate_limiter::Client,
    request::Request,
};
use self::{
    charge::Charge,
    persisted::PersistedDocuments,
    rate_limiter::{RateLimitExceeded, RateLimiter},
};
use crate::{
    api::{self, Cooperation, RateLimit, Schema},
    auth::Authenticator,
    clock::{Clock, IdSource},
    config::Config,
    db::{Database, Moment, Readers},
    document::{DocumentCache, PreparedOperation, STATEMENT_COST, Suggestions},
    domain::dataset::DatasetVersion,
    error::{Code, Error, request_error},
    observe::{Gauges, Observer, Origin, RequestLog, SUCCESS, Usage},
    query::shared::SharedStatements,
    schema::{Api, Writer},
};

/// Answers GraphQL requests.
pub struct Engine {
    database: Database,
    readers: Readers,
    /// What is being fetched for several operations.
    shared: Arc<SharedStatements>,
    config: Config,
    documents: Arc<DocumentCache>,
    schema: Schema,
    persisted: PersistedDocuments,
    rate_limiter: Arc<RateLimiter>,
    authenticator: Authenticator,
    clock: Clock,
    /// Limits what runs at the same time on the server.
    requests: Arc<Semaphore>,
    subscriptions: Arc<Semaphore>,
    /// Limits what runs at the same time for one client.
    requests_per_client: Arc<ConcurrencyLimiter>,
    subscriptions_per_client: Arc<ConcurrencyLimiter>,
    observer: Observer,
}

/// A request that may be executed, and the charge for it.
pub struct PreparedRequest {
    operation: AdmittedOperation,
    charge: Charge,
}

/// An operation that counts towards the limits on concurrency.
struct AdmittedOperation {
    prepared: Arc<PreparedOperation>,
    caller: Caller,
    /// Whether the client asked for `extensions.cost`.
    reports_cost: bool,
    note: Mutex<RequestLog>,
    _permits: Permits,
}

/// Permits from the server's and the client's limits, held until the operation ends.
type Permits = (OwnedSemaphorePermit, Permit);

impl PreparedRequest {
    /// Query, mutation or subscription.
    #[must_use]
    pub fn operation_type(&self) -> OperationType {
        self.operation.prepared.operation_type()
    }

    /// What the client has left.
    #[must_use]
    pub fn budget(&self) -> Option<RateLimit> {
        self.charge.budget()
    }
}

impl AdmittedOperation {
    fn note<T>(&self, work: impl FnOnce(&mut RequestLog) -> T) -> T {
        work(&mut self.note.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Which types of operations a transport allows. The error says how to send the others.
pub type Allowed = fn(OperationType) -> Result<(), &'static str>;

impl Engine {
    /// The engine, whose schema has another of async-graphql's extensions.
    #[must_use]
    pub fn extended(self, extension: impl ExtensionFactory) -> Self {
        let writer = Writer::new(self.database.clone(), self.clock.clone());
        let schema = execution::schema(&self.documents, &self.readers, &self.shared, writer);
        Self { schema: schema.extension(extension).finish(), ..self }
    }

    /// Creates an engine for a database. Must be called within a Tokio runtime. The error is for the operator.
    pub fn new(database: Database, config: Config, clock: Clock) -> Result<Self, String> {
        let readers = database.readers(config.request_timeout()).map_err(|cause| cause.to_string())?;
        // The schema is not public then.
        let suggestions = if config.is_hardened() { Suggestions::Off } else { Suggestions::On };
        let documents =
            Arc::new(DocumentCache::new(&api::sdl(), Cooperation::catalog(), config.limits.clone(), suggestions));
        let shared = Arc::default();
        let writer = Writer::new(database.clone(), clock.clone());
        let schema = execution::schema(&documents, &readers, &shared, writer).finish();
        Ok(Self {
            documents,
            shared,
            schema,
            persisted: PersistedDocuments::new(
                config.trusted_documents.as_deref(),
                config.is_hardened(),
                config.limits.document_bytes,
            )?,
            rate_limiter: Arc::new(RateLimiter::new(config.rate_limit, readers.max_connections() - 1, clock.clone())),
            authenticator: Authenticator::new(readers.clone(), database.connection().clone(), clock.clone()),
            clock,
            requests: Arc::new(Semaphore::new(config.max_concurrent_requests)),
            subscriptions: Arc::new(Semaphore::new(config.max_subscriptions)),
            requests_per_client: ConcurrencyLimiter::new(match config.rate_limit {
                0 => usize::MAX,
                _ => config.max_concurrent_requests_per_client,
            }),
            subscriptions_per_client: ConcurrencyLimiter::new(config.max_subscriptions_per_client),
            observer: Observer::new(IdSource::system(), None),
            database,
            readers,
            config,
        })
    }

    /// Replaces the observer.
    #[must_use]
    pub fn observed(self, observer: Observer) -> Self {
        Self { observer, ..self }
    }

    /// Collects metrics, logs and traces.
    #[must_use]
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// The metrics, in the OpenMetrics text format.
    #[must_use]
    pub fn metrics(&self) -> String {
        let (busy, idle) = self.readers.connections();
        let (hits, misses) = self.documents.hits_and_misses();
        self.observer.metrics().text(Gauges {
            running: self.config.max_concurrent_requests.saturating_sub(self.requests.available_permits()),
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

    /// The schema that answers all operations. What reaches it without the engine is answered as the engine would, but
    /// without its limits on clients.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The time, in milliseconds since 1970-01-01T00:00Z.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The day in UTC, in days since 1970-01-01.
    #[must_use]
    pub fn today(&self) -> i32 {
        Moment(self.clock.now()).day()
    }

    /// The version of the data set, for which a client is charged as for any statement. If it is all that a request needs,
    /// [`Self::unchanged`] records that.
    pub async fn dataset_version(&self, origin: &Origin, caller: &Caller) -> Result<DatasetVersion, Answer> {
        let found = self.read_dataset_version(caller).await;
        found.inspect_err(|answer| self.observer.request(origin).refused(answer.outcome.as_str(), None))
    }

    async fn read_dataset_version(&self, caller: &Caller) -> Result<DatasetVersion, Answer> {
        let _permits = self.admit(OperationType::Query, caller.client).map_err(refused)?;
        self.rate_limiter.charge(caller.client, STATEMENT_COST).map_err(rate_limited)?;
        let timeout = self.config.request_timeout();
        let statement_permits = self.rate_limiter.statement_permits(caller.client);
        let read = async {
            let _permit = match &statement_permits {
                Some(permits) => permits.acquire().await.ok(),
                None => None,
            };
            DatasetVersion::newest(&self.readers).await
        };
        let found = tokio::time::timeout(timeout, read).await.map_err(|_| refused(timed_out(timeout)))?;
        found.map_err(|cause| refused(Error::from(cause).shown()))
    }

    /// Records a request of a client that has the newest version of its answer, which one statement has told.
    pub fn unchanged(&self, origin: &Origin, time: Duration) {
        let mut note = self.observer.request(origin);
        note.found(OperationType::Query, None, STATEMENT_COST);
        note.answered(SUCCESS, Usage { cost: STATEMENT_COST, statements: 1, objects: 0 }, time);
    }

    /// Refuses a request that could not be decoded.
    #[must_use]
    pub fn refuse(&self, origin: &Origin, caller: &Caller, code: Code, errors: &[ServerError]) -> Answer {
        self.observer.request(origin).refused(code.as_str(), None);
        self.charged_for_refusal(caller, Answer::refused(code, errors))
    }

    /// Charges 1 point for a refused request, if the client has a point left.
    fn charged_for_refusal(&self, caller: &Caller, mut answer: Answer) -> Answer {
        if answer.budget.is_none() {
            answer.budget = self.rate_limiter.charge(caller.client, 1).unwrap_or_else(|exceeded| Some(exceeded.budget));
        }
        answer
    }

    /// Checks whether a request may be executed, and charges for it. `allowed` says which types of operations the transport
    /// allows.
    pub fn prepare(
        &self,
        mut request: Request,
        origin: &Origin,
        caller: Caller,
        allowed: Allowed,
    ) -> Result<PreparedRequest, Answer> {
        let mut note = self.observer.request(origin);
        let check = AssertUnwindSafe(|| self.check(&mut request, &caller, allowed, &mut note));
        let checked = origin.id.during(|| catch_unwind(check).unwrap_or_else(|panic| Err(refused(panicked(&*panic)))));
        match checked {
            Ok((prepared, permits, charge)) => {
                let reports_cost = matches!(request.extensions.get("cost"), Some(JsonValue::Bool(true)));
                let (prepared, note) = (Arc::new(prepared), Mutex::new(note));
                let operation = AdmittedOperation { prepared, caller, reports_cost, note, _permits: permits };
                Ok(PreparedRequest { operation, charge })
            }
            Err(answer) => {
                note.refused(answer.outcome.as_str(), request.operation_name.as_deref());
                Err(self.charged_for_refusal(&caller, answer))
            }
        }
    }

    fn check(
        &self,
        request: &mut Request,
        caller: &Caller,
        allowed: Allowed,
        note: &mut RequestLog,
    ) -> Result<(PreparedOperation, Permits, Charge), Answer> {
        let text = self.persisted.resolve(request).map_err(refused)?;
        self.check_variables(&request.variables).map_err(refused)?;
        let name = request.operation_name.as_deref();
        self.documents.limits().check_document_bytes(text.len()).map_err(refused)?;
        let cached = if let Some(cached) = self.documents.get(&text) {
            cached
        } else {
            self.rate_limiter.charge(caller.client, DocumentCache::insertion_cost(&text)).map_err(rate_limited)?;
            self.documents.insert(&text)
        };
        note.hash(cached.hash());
        // Independent of whether the document is valid.
        if let Some(Err(why)) = cached.operation_type(name).map(allowed) {
            return Err(refused(request_error(Code::OperationNotAllowed, why)));
        }
        let document = cached.document.clone().map_err(|errors| refused_all(&errors))?;
        if self.config.is_hardened() && document.selects_schema(name) {
            let message = "introspection is disabled on this server: `__schema` cannot be selected";
            return Err(refused(request_error(Code::IntrospectionDisabled, message)));
        }
        let mut prepared = self
            .documents
            .prepare_operation(document, name, &request.variables)
            .map_err(|errors| refused_all(&errors))?;
        note.found(prepared.operation_type(), prepared.operation().name.as_ref(), prepared.cost.total);
        let permits = self.admit(prepared.operation_type(), caller.client).map_err(refused)?;
        let charge = self.charge(caller, &prepared)?;
        self.documents.introspect(&mut prepared).map_err(|errors| refused_all(&errors))?;
        Ok((prepared, permits, charge))
    }

    fn check_variables(&self, variables: &JsonMap) -> Result<(), ServerError> {
        if variables.is_empty() {
            return Ok(());
        }
        let limits = self.documents.limits();
        let bytes = serde_json::to_vec(variables).map_or(0, |json| json.len());
        limits.check_variables_bytes(bytes)?;
        limits.check_list(variables.values().map(longest_list).max().unwrap_or(0))
    }

    fn admit(&self, ty: OperationType, client: Client) -> Result<Permits, ServerError> {
        let config = &self.config;
        let (per_client, server, limits, code, what) = if ty == OperationType::Subscription {
            let limits = (config.max_subscriptions_per_client, config.max_subscriptions);
            (&self.subscriptions_per_client, &self.subscriptions, limits, Code::TooManySubscriptions, "subscriptions")
        } else {
            let limits = (config.max_concurrent_requests_per_client, config.max_concurrent_requests);
            (&self.requests_per_client, &self.requests, limits, Code::ServerBusy, "requests")
        };
        let too_many = |who: &str, limit: usize| {
            request_error(code, format!("{who} can run {limit} {what} at the same time: retry when one has ended"))
        };
        let of_client = per_client.try_acquire(client).ok_or_else(|| too_many("a client", limits.0))?;
        let of_server = server.clone().try_acquire_owned().map_err(|_| too_many("the server", limits.1))?;
        Ok((of_server, of_client))
    }

    fn charge(&self, caller: &Caller, prepared: &PreparedOperation) -> Result<Charge, Answer> {
        Charge::new(&self.rate_limiter, caller.client, prepared.cost).map_err(rate_limited)
    }
}

fn rate_limited(exceeded: RateLimitExceeded) -> Answer {
    let RateLimit { limit, cost, remaining, .. } = exceeded.budget;
    let message = format!(
        "the request costs up to {cost} points, but only {remaining} of {limit} are left: retry in {} s, or select less",
        exceeded.retry_after
    );
    let mut answer = refused(request_error(Code::RateLimited, message));
    answer.budget = Some(exceeded.budget);
    answer.retry_after = Some(exceeded.retry_after);
    answer
}

fn panicked(panic: &(dyn Any + Send)) -> ServerError {
    let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Error::internal(format!("panic: {}", message.unwrap_or("?"))).shown()
}

fn timed_out(timeout: Duration) -> ServerError {
    let message = format!("the request took longer than {} ms and was cancelled: select less", timeout.as_millis());
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
