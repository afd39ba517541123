//! GraphQL documents: parsed, validated and analyzed once, however often they are run.
//!
//! `apollo-compiler` parses and validates documents by the September 2025 edition of the specification, with the help of
//! [`workarounds`] and [`unique_input_field_names`]. The results are cached by the document's text. The cache is bounded by
//! size, and documents that are sent once do not evict those that are sent again.

mod cost;
mod errors;
mod filter_cost;
mod group_cost;
mod library_document;
mod limits;
mod metrics;
mod order_cost;
mod suggestions;
#[cfg(test)]
mod tests;
mod unique_input_field_names;
mod variables;
mod workarounds;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{self, Definition},
    collections::HashMap,
    executable::{Operation, OperationType},
    introspection,
    parser::Parser,
    request::RequestError,
    response::{JsonMap, JsonValue},
    schema::Implementers,
    validation::{Valid, WithErrors},
};
use async_graphql::{ServerError, parser::types as library};
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest, Sha256};

use self::{
    cost::{CostContext, DocumentCost},
    errors::{from_parser, from_request_error, from_validator, operation_not_found, single},
    metrics::DocumentMetrics,
    variables::VariableContext,
};
pub use self::{
    cost::{EstimatedCost, STATEMENT_COST},
    limits::Limits,
    suggestions::Suggestions,
};
use crate::{
    error::Code,
    schema::{
        Catalog, OperationData,
        plan::{self, Plan, PlanBudget},
    },
};

/// How many bytes of a document that is not cached cost 1 point.
const PARSED_BYTES_PER_POINT: u64 = 100;
/// How deep brackets may be nested: far deeper than the limit on fields, and not deep enough to overflow a stack.
const MAX_NESTING: usize = 200;
/// What a plan takes beside its scopes and its operation, in bytes.
const PLAN_BYTES: usize = 768;
/// How many plans are kept with a document.
const MAX_PLANS: usize = 16;

/// Request errors (section 7.1.2): the request is not executed.
pub type RequestErrors = Arc<[ServerError]>;

/// A valid document.
pub struct Document {
    executable: Arc<Valid<ExecutableDocument>>,
    cost: DocumentCost,
    /// The variables that are used more than once, and how often.
    variable_uses: Vec<(String, usize)>,
    /// The Boolean variables that `@skip` and `@include` name.
    conditions: Vec<String>,
    /// The plans of its operations, by the operation and the values of the variables that `@skip` and `@include` name.
    plans: Mutex<Vec<Arc<PlannedOperation>>>,
    plan_budget: Arc<PlanBudget>,
    text_bytes: usize,
}

/// An operation of a document, for an assignment of the Boolean variables that `@skip` and `@include` name.
struct PlannedOperation {
    name: Option<Name>,
    conditions: Vec<(String, bool)>,
    plan: Arc<Plan>,
    /// The operation as async-graphql has it.
    library_document: library::ExecutableDocument,
}

/// What is cached for the text of a document.
pub struct CachedDocument {
    hash: String,
    /// The operations; none if the text could not be parsed.
    operations: Vec<(Option<Name>, OperationType)>,
    /// The document, or the reasons why it is not valid.
    pub document: Result<Arc<Document>, RequestErrors>,
}

impl CachedDocument {
    /// The SHA-256 of the text, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The type of the operation of this name, or of the only operation. Also known if the document is not valid.
    #[must_use]
    pub fn operation_type(&self, name: Option<&str>) -> Option<OperationType> {
        match (name, &*self.operations) {
            (None, [(_, only)]) => Some(*only),
            (None, _) => None,
            (wanted, all) => all.iter().find(|(name, _)| name.as_deref() == wanted).map(|(_, ty)| *ty),
        }
    }
}

/// An operation of a valid document, with its variables and its estimated cost.
pub struct PreparedOperation {
    /// The document that the operation belongs to.
    pub document: Arc<Document>,
    operation: Node<Operation>,
    /// The plan of the operation, and its coerced variables.
    pub data: Arc<OperationData>,
    planned: Arc<PlannedOperation>,
    /// The estimated cost with these variables.
    pub cost: EstimatedCost,
    /// The results of `__schema` and `__type`.
    pub introspected: JsonMap,
}

impl PreparedOperation {
    /// The operation itself.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Query, mutation or subscription.
    #[must_use]
    pub fn operation_type(&self) -> OperationType {
        self.operation.operation_type
    }

    /// The operation as async-graphql has it.
    #[must_use]
    pub fn library_document(&self) -> library::ExecutableDocument {
        self.planned.library_document.clone()
    }
}

impl Document {
    /// Whether an operation selects `__schema`.
    #[must_use]
    pub fn selects_schema(&self, operation: Option<&str>) -> bool {
        let operation = self.executable.operations.get(operation).ok();
        operation.is_some_and(|operation| operation.root_fields(&self.executable).any(|field| field.name == "__schema"))
    }
}

/// Parses and validates documents against a schema, and caches the results.
pub struct DocumentCache {
    schema: Arc<Valid<Schema>>,
    implementers: HashMap<Name, Implementers>,
    catalog: &'static Catalog,
    limits: Limits,
    suggestions: Suggestions,
    /// `None` if caching is off.
    cache: Option<Cache<Arc<str>, Arc<CachedDocument>, DocumentWeighter>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Clone)]
struct DocumentWeighter;

impl Weighter<Arc<str>, Arc<CachedDocument>> for DocumentWeighter {
    fn weight(&self, text: &Arc<str>, _: &Arc<CachedDocument>) -> u64 {
        // A parsed document takes up to sixty times as much memory as its text; its plans take what they may keep.
        (text.len() * 64 + (4 << 10) + plan_bytes(text.len())) as u64
    }
}

/// How many bytes the plans of a document with a text of so many bytes may keep.
const fn plan_bytes(text: usize) -> usize {
    text * 64 + (8 << 10)
}

impl DocumentCache {
    /// Creates an empty cache for documents of the schema `sdl`.
    ///
    /// # Panics
    /// If `sdl` is not a valid schema, or if the catalog does not say what a field that leads to objects costs.
    #[must_use]
    pub fn new(sdl: &str, catalog: &'static Catalog, limits: Limits, suggestions: Suggestions) -> Self {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql").unwrap_or_else(|e| panic!("{}", e.errors));
        cost::check_costs(&schema, catalog);
        let schema = Arc::new(schema);
        let implementers = schema.implementers_map();
        let cache = (limits.document_cache_bytes > 0)
            .then(|| Cache::with_weighter(1024, limits.document_cache_bytes as u64, DocumentWeighter));
        Self {
            schema,
            implementers,
            catalog,
            limits,
            suggestions,
            cache,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The limits that documents are checked against.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Looks a document up by its text.
    pub fn get(&self, text: &str) -> Option<Arc<CachedDocument>> {
        let found = self.cache.as_ref().and_then(|cache| cache.get(text));
        let count = if found.is_some() { &self.hits } else { &self.misses };
        count.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// The cost of [`Self::insert`] for a text, in points.
    #[must_use]
    pub fn insertion_cost(text: &str) -> u64 {
        (text.len() as u64).div_ceil(PARSED_BYTES_PER_POINT)
    }

    /// Parses, validates and analyzes a document, and caches the result.
    pub fn insert(&self, text: &str) -> Arc<CachedDocument> {
        let hash = sha256(text);
        let (operations, document) = match self.parse(text) {
            Ok(ast) => (operations(&ast), self.analyze(&ast, text.len())),
            Err(errors) => (Vec::new(), Err(errors)),
        };
        let inserted = Arc::new(CachedDocument { hash, operations, document });
        if let Some(cache) = &self.cache {
            cache.insert(text.into(), inserted.clone());
        }
        inserted
    }

    /// How many lookups were hits, and how many were misses.
    #[must_use]
    pub fn hits_and_misses(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    fn parse(&self, text: &str) -> Result<ast::Document, RequestErrors> {
        let mut parser = Parser::new().recursion_limit(MAX_NESTING).token_limit(self.limits.tokens);
        let ast = parser.parse_ast(text, "request.graphql").map_err(|invalid| {
            if parser.tokens_reached() > self.limits.tokens {
                single(self.limits.too_many_tokens(parser.tokens_reached()))
            } else {
                from_parser(&invalid.errors)
            }
        })?;
        workarounds::check_selections(&ast).map_err(single)?;
        Ok(ast)
    }

    fn validate(&self, ast: &ast::Document) -> Result<Valid<ExecutableDocument>, RequestErrors> {
        ast.to_executable_validate(&self.schema).or_else(|WithErrors { partial, errors }| {
            if workarounds::is_false_positive(&errors, &partial) {
                Ok(Valid::assume_valid(partial))
            } else {
                Err(from_validator(&errors, &self.schema, self.suggestions))
            }
        })
    }

    fn analyze(&self, ast: &ast::Document, text_bytes: usize) -> Result<Arc<Document>, RequestErrors> {
        let metrics = DocumentMetrics::measure(ast);
        self.limits.check_metrics(&metrics).map_err(single)?;
        if let Some(stricter) = workarounds::without_null_defaults(ast) {
            self.validate(&stricter)?;
        }
        let executable = self.validate(ast)?;
        unique_input_field_names::check(ast).map_err(single)?;
        let Self { schema, implementers, catalog, .. } = self;
        let cost = DocumentCost::analyze(&executable, CostContext { schema, implementers, catalog });
        for operation in executable.operations.iter() {
            introspection::check_max_depth(&executable, operation)
                .map_err(|error| from_request_error(Code::IntrospectionTooDeep, &error, &executable))?;
        }
        let plan_budget = Arc::new(PlanBudget::new(plan_bytes(text_bytes)));
        let conditions = plan::conditions(&executable);
        let executable = Arc::new(executable);
        let variable_uses = metrics.variable_uses.into_iter().filter(|(_, uses)| *uses > 1).collect();
        Ok(Arc::new(Document {
            executable,
            cost,
            variable_uses,
            conditions,
            plans: Mutex::default(),
            plan_budget,
            text_bytes,
        }))
    }

    /// Chooses the operation to run, coerces its variables, and estimates its cost.
    pub fn prepare_operation(
        &self,
        document: Arc<Document>,
        name: Option<&str>,
        variables: &JsonMap,
    ) -> Result<PreparedOperation, RequestErrors> {
        let executable = &document.executable;
        let not_found = |error: RequestError| operation_not_found(name, &error, executable);
        let operation = executable.operations.get(name).map_err(not_found)?.clone();
        let Self { schema, suggestions, .. } = self;
        let context = VariableContext { schema, executable, suggestions: *suggestions };
        let variables = variables::coerce(context, &operation, variables)?;
        let used = document.variable_uses.iter().filter_map(|(name, uses)| Some((variables.get(name.as_str())?, uses)));
        self.limits.check_used_bytes(used.map(|(value, uses)| bytes(value) * uses).sum()).map_err(single)?;
        let cost = document.cost.estimate(&self.schema, operation.name.as_deref(), &variables);
        self.limits.check_cost(cost.total).map_err(single)?;
        let planned = self.plan(&document, &operation, &variables);
        let data = Arc::new(OperationData { plan: planned.plan.clone(), variables });
        Ok(PreparedOperation { document, operation, data, planned, cost, introspected: JsonMap::new() })
    }

    /// The plan of an operation, which is kept with its document.
    fn plan(&self, document: &Document, operation: &Node<Operation>, variables: &JsonMap) -> Arc<PlannedOperation> {
        let value = |name: &String| matches!(variables.get(name.as_str()), Some(JsonValue::Bool(true)));
        let conditions: Vec<_> = document.conditions.iter().map(|name| (name.clone(), value(name))).collect();
        let mut plans = document.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let known = plans.iter().find(|known| known.name == operation.name && known.conditions == conditions);
        if let Some(known) = known {
            return known.clone();
        }
        let executable = &document.executable;
        let plan = Plan::new(
            self.catalog,
            self.schema.clone(),
            executable.clone(),
            operation,
            conditions.clone(),
            document.plan_budget.clone(),
        );
        let library_document = library_document::convert(self.catalog, executable, operation, plan.root());
        let name = operation.name.clone();
        let planned = Arc::new(PlannedOperation { name, conditions, plan: Arc::new(plan), library_document });
        // The operation as async-graphql has it takes about sixteen times as much memory as its text.
        let bytes = planned.plan.root().bytes() + document.text_bytes * 16 + PLAN_BYTES;
        if plans.len() < MAX_PLANS && document.plan_budget.try_reserve(bytes) {
            plans.push(planned.clone());
        }
        planned
    }

    /// Executes `__schema` and `__type`, if an operation selects them. This takes time, so charge the client first.
    pub fn introspect(&self, prepared: &mut PreparedOperation) -> Result<(), RequestErrors> {
        if prepared.cost.introspection > 0 {
            let PreparedOperation { document, operation, data, .. } = &*prepared;
            let variables = Valid::assume_valid_ref(&data.variables);
            let executable = &document.executable;
            let response =
                introspection::partial_execute(&self.schema, &self.implementers, executable, operation, variables)
                    .map_err(|error| from_request_error(Code::GraphqlValidationFailed, &error, executable))?;
            prepared.introspected = response.data.unwrap_or_default();
        }
        Ok(())
    }
}

fn operations(ast: &ast::Document) -> Vec<(Option<Name>, OperationType)> {
    let operations = ast.definitions.iter().filter_map(Definition::as_operation_definition);
    operations.map(|operation| (operation.name.clone(), operation.operation_type)).collect()
}

/// About how many bytes a value takes as JSON.
fn bytes(value: &JsonValue) -> usize {
    match value {
        JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_) => 4,
        JsonValue::String(text) => text.as_str().len() + 2,
        JsonValue::Array(items) => 2 + items.iter().map(bytes).sum::<usize>(),
        JsonValue::Object(fields) => fields.iter().map(|(name, value)| name.as_str().len() + 3 + bytes(value)).sum(),
    }
}

/// The SHA-256 of a text, in lower-case hexadecimal.
#[must_use]
pub fn sha256(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}
