//! The extension of async-graphql that puts `apollo-compiler` in front of it.
//!
//! A request that the engine has prepared brings its operation along: it is neither parsed nor validated again. One that
//! reaches the schema in another way ([`Schema::execute`](async_graphql::Schema::execute), async-graphql's own HTTP
//! integrations) is prepared here, by the same rules, for a viewer who sees what everybody sees. Limits on clients are the
//! engine's.

use std::{
    any::TypeId,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use apollo_compiler::response::{JsonMap, JsonValue};
use async_graphql::{
    CacheControl, Data, Response, ServerError, ServerResult, ValidationResult, Value, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextPrepareRequest, NextResolve,
        NextValidation, ResolveInfo,
    },
    parser::types::ExecutableDocument,
};
use async_trait::async_trait;

use super::timed_out;
use crate::{
    async_graphql_internals::raw_json,
    db::Readers,
    document::{DocumentCache, PreparedOperation, RequestErrors},
    error::{Code, Error, coded},
    query::{
        batch::Batches,
        loader::{Clearance, RecordLoader},
        shared::SharedStatements,
    },
};

/// An operation that was prepared: data of its request.
pub(super) struct OperationContext {
    /// The operation, or why it is refused.
    pub operation: Result<Arc<PreparedOperation>, RequestErrors>,
    /// Begins an execution, of which a subscription has one for each event: creates what reads the database for it, or says
    /// why it must not run.
    pub begin: Box<dyn Fn() -> ServerResult<RecordLoader> + Send + Sync>,
    /// How long an execution may take.
    pub timeout: Option<Duration>,
    /// The errors of nullable fields that the library would have let make their parent `null`, too.
    pub field_errors: Mutex<Vec<ServerError>>,
}

impl OperationContext {
    /// An operation that is begun by `begin`.
    pub fn new(
        operation: Result<Arc<PreparedOperation>, RequestErrors>,
        begin: impl Fn() -> ServerResult<RecordLoader> + Send + Sync + 'static,
        timeout: Option<Duration>,
    ) -> Self {
        Self { operation, begin: Box::new(begin), timeout, field_errors: Mutex::default() }
    }

    /// The value of a field whose arguments the library could not coerce: it gives the error to the parent, whether the
    /// field is nullable or not, and without a code.
    fn refused(&self, field: &str, return_type: &str, mut error: ServerError) -> ServerResult<Option<Value>> {
        error.message = format!("an argument of `{field}`: {}", error.message);
        error.extensions = Some(coded(Code::InvalidArgument));
        if return_type.ends_with('!') {
            return Err(error);
        }
        self.field_errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
        Ok(None)
    }
}

/// Prepares requests, and executes their operations with a loader.
#[derive(Clone)]
pub(super) struct Preparation {
    pub documents: Arc<DocumentCache>,
    pub readers: Readers,
    pub shared: Arc<SharedStatements>,
}

impl Preparation {
    fn prepare(&self, text: &str, name: Option<&str>, variables: &JsonMap) -> Result<PreparedOperation, RequestErrors> {
        let cached = self.documents.get(text).unwrap_or_else(|| self.documents.insert(text));
        let mut prepared = self.documents.prepare_operation(cached.document.clone()?, name, variables)?;
        self.documents.introspect(&mut prepared)?;
        Ok(prepared)
    }

    fn loader(&self) -> RecordLoader {
        RecordLoader {
            readers: self.readers.clone(),
            clearance: Clearance::PUBLIC,
            tally: Arc::default(),
            statements: None,
            permits: None,
            shared: self.shared.clone(),
        }
    }
}

impl ExtensionFactory for Preparation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Extension for Preparation {
    async fn prepare_request(
        &self,
        context: &ExtensionContext<'_>,
        mut request: async_graphql::Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<async_graphql::Request> {
        if !request.data.contains_key(&TypeId::of::<Arc<OperationContext>>()) {
            let variables = object(request.variables.clone());
            let operation = self.prepare(&request.query, request.operation_name.as_deref(), &variables).map(Arc::new);
            if let Ok(ready) = &operation {
                request.variables = coerced(&ready.data.variables);
                request.data.insert(ready.data.clone());
            }
            let this = self.clone();
            let prepared = OperationContext::new(operation, move || Ok(this.loader()), None);
            request.data.insert(Arc::new(prepared));
        }
        next.run(context, request).await
    }

    async fn parse_query(
        &self,
        context: &ExtensionContext<'_>,
        _: &str,
        _: &Variables,
        _: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        match &prepared(context)?.operation {
            Ok(ready) => Ok(ready.library_document()),
            // Validation says why.
            Err(_) => async_graphql::parser::parse_query("{ __typename }").map_err(Into::into),
        }
    }

    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        _: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        match &prepared(context).map_err(|error| vec![error])?.operation {
            Ok(_) => Ok(ValidationResult { cache_control: CacheControl::default(), complexity: 0, depth: 0 }),
            Err(errors) => Err(errors.to_vec()),
        }
    }

    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let prepared = match prepared(context) {
            Ok(prepared) => prepared,
            Err(error) => return Response::from_errors(vec![error]),
        };
        let batches = Batches::default();
        let loader = match (prepared.begin)() {
            Ok(loader) => loader,
            Err(error) => return Response::from_errors(vec![error]),
        };
        // The root.
        loader.tally.count_objects(1);
        let mut data = Data::default();
        data.insert(Arc::new(batches.loader(loader)));
        let execution = async {
            let mut response = batches.drive(next.run_with_data(context, operation_name, data)).await;
            response.errors.append(&mut prepared.field_errors.lock().unwrap_or_else(PoisonError::into_inner));
            response
        };
        let Some(timeout) = prepared.timeout else { return execution.await };
        let executed = tokio::time::timeout(timeout, execution).await;
        executed.unwrap_or_else(|_| Response::from_errors(vec![timed_out(timeout)]))
    }

    /// `apollo-compiler` answers introspection: async-graphql does not know interfaces of interfaces. The error of an
    /// argument stays at its field.
    async fn resolve(
        &self,
        context: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if info.parent_type == "Query" && matches!(info.name, "__schema" | "__type") {
            let key = info.alias.unwrap_or(info.name);
            let prepared = prepared(context)?;
            let answer = prepared.operation.as_ref().ok().and_then(|ready| ready.introspected.get(key));
            return Ok(answer.filter(|answer| !answer.is_null()).map(|answer| {
                // Plain data is always JSON.
                raw_json(serde_json::to_string(answer).unwrap_or_default())
            }));
        }
        let (name, return_type) = (info.name, info.return_type);
        match next.run(context, info).await {
            // It comes from another library, such as the database: its cause is not for clients.
            Err(error) if Code::of(&error).is_none() && error.source.is_some() => {
                let ServerError { locations, path, message, .. } = error;
                Err(ServerError { locations, path, ..Error::internal(message).shown() })
            }
            // An argument that the library refused: all other errors have a code.
            Err(error) if Code::of(&error).is_none() => prepared(context)?.refused(name, return_type, error),
            resolved => resolved,
        }
    }
}

fn prepared<'a>(context: &ExtensionContext<'a>) -> ServerResult<&'a OperationContext> {
    let prepared = context.data_opt::<Arc<OperationContext>>();
    prepared.map(|prepared| &**prepared).ok_or_else(|| Error::internal("the request was not prepared").shown())
}

/// Coerced variables as async-graphql has them.
pub(super) fn coerced(variables: &JsonMap) -> Variables {
    let variables = variables
        .iter()
        .map(|(name, value)| (async_graphql::Name::new(name.as_str()), crate::schema::plan::coerced(value)));
    Variables::from_value(Value::Object(variables.collect()))
}

/// Variables as `apollo-compiler` has them.
fn object(variables: Variables) -> JsonMap {
    match serde_json::to_value(variables).map(JsonValue::from) {
        Ok(JsonValue::Object(variables)) => variables,
        _ => JsonMap::new(),
    }
}
