//! Documents: parsed, validated, measured and priced once, however often they are run.
//!
//! `apollo-compiler` parses and validates as the specification (September 2025) says; [`unique_fields`] adds the one rule
//! that it lacks, and [`mended`] what it sees otherwise. What is known of a document is kept under its text, in a cache that is bounded by size and in which
//! documents that come once do not drive out those that come again.

mod condition;
mod limits;
mod mended;
mod price;
mod shape;
mod unique_fields;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    ast::{self, Definition},
    collections::HashMap,
    executable::{Operation, OperationType},
    introspection,
    parser::{LineColumn, Parser},
    request::{self, RequestError},
    response::{GraphQLError, JsonMap},
    schema::Implementers,
    validation::{DiagnosticList, Valid, WithErrors},
};
use async_graphql::{Pos, ServerError};
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest, Sha256};

pub use self::{
    limits::Limits,
    price::{Price, STATEMENT, Size, Weigh, Weight},
};
use self::{
    price::{Prices, Rates},
    shape::Shape,
};
use crate::error::{Code, request_error};

/// How many bytes of a document that is not known yet cost 1 point, because they are parsed and validated.
const READ: u64 = 100;
/// How deep brackets may nest: far deeper than the limit on fields, and shallow enough for any stack.
const NESTING: usize = 200;
/// How many errors of one document are told.
const ERRORS: usize = 5;

/// Why a request is not run.
pub type Refusal = Arc<[ServerError]>;

/// A valid document.
pub struct Document {
    executable: Valid<ExecutableDocument>,
    prices: Prices,
}

/// What is known of a text.
pub struct Known {
    hash: String,
    /// The operations, if it is GraphQL at all.
    kinds: Vec<(Option<Name>, OperationType)>,
    /// The document, or why it is none.
    pub document: Result<Arc<Document>, Refusal>,
}

impl Known {
    /// The SHA-256 of the text, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The kind of an operation, if there is one of this name, or only one; the document may not be valid.
    #[must_use]
    pub fn kind(&self, operation: Option<&str>) -> Option<OperationType> {
        match (operation, &*self.kinds) {
            (None, [(_, kind)]) => Some(*kind),
            (None, _) => None,
            (wanted, kinds) => kinds.iter().find(|(name, _)| name.as_deref() == wanted).map(|(_, kind)| *kind),
        }
    }
}

/// An operation of a document, with the values of its variables.
pub struct Ready {
    /// The document that the operation is a part of.
    pub document: Arc<Document>,
    operation: apollo_compiler::Node<Operation>,
    /// The values, coerced.
    pub variables: Valid<JsonMap>,
    /// What it costs at most.
    pub price: Price,
    /// The answers to `__schema` and `__type`.
    pub introspected: JsonMap,
}

impl Ready {
    /// What is to be run.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Query, mutation or subscription.
    #[must_use]
    pub fn kind(&self) -> OperationType {
        self.operation.operation_type
    }
}

impl Document {
    /// The document itself.
    #[must_use]
    pub fn executable(&self) -> &ExecutableDocument {
        &self.executable
    }

    /// Whether an operation asks for `__schema`.
    #[must_use]
    pub fn asks_for_schema(&self, operation: Option<&str>) -> bool {
        let operation = self.executable.operations.get(operation).ok();
        operation.is_some_and(|operation| operation.root_fields(&self.executable).any(|field| field.name == "__schema"))
    }
}

/// What is known of the documents that were sent.
pub struct Documents {
    schema: Valid<Schema>,
    implementers: HashMap<Name, Implementers>,
    weigh: &'static dyn Weigh,
    limits: Limits,
    known: Option<Cache<Arc<str>, Arc<Known>, ByLength>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Clone)]
struct ByLength;

impl Weighter<Arc<str>, Arc<Known>> for ByLength {
    fn weight(&self, text: &Arc<str>, _: &Arc<Known>) -> u64 {
        // A parsed document takes some thirty times its text.
        text.len() as u64 * 32 + 1024
    }
}

impl Documents {
    /// Documents of the schema `sdl`.
    ///
    /// # Panics
    /// If `sdl` is not a valid schema: a mistake that every test would meet.
    #[must_use]
    pub fn new(sdl: &str, weigh: &'static dyn Weigh, limits: Limits) -> Self {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql").unwrap_or_else(|e| panic!("{}", e.errors));
        let implementers = schema.implementers_map();
        let known = (limits.document_cache_bytes > 0)
            .then(|| Cache::with_weighter(1024, limits.document_cache_bytes as u64, ByLength));
        Self { schema, implementers, weigh, limits, known, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// The limits that documents are held to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What is known of a text, if it was read before.
    pub fn known(&self, text: &str) -> Option<Arc<Known>> {
        let found = self.known.as_ref().and_then(|known| known.get(text));
        let count = if found.is_some() { &self.hits } else { &self.misses };
        count.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// What reading a text that is not known yet costs, in points.
    #[must_use]
    pub fn reading(text: &str) -> u64 {
        (text.len() as u64).div_ceil(READ)
    }

    /// Reads a text that is not known yet.
    pub fn read(&self, text: &str) -> Arc<Known> {
        let hash = hex(&Sha256::digest(text));
        let (kinds, document) = match self.parse(text) {
            Ok(ast) => (kinds(&ast), self.understand(&ast)),
            Err(refusal) => (Vec::new(), Err(refusal)),
        };
        let read = Arc::new(Known { hash, kinds, document });
        if let Some(known) = &self.known {
            known.insert(text.into(), read.clone());
        }
        read
    }

    /// How many of the documents that were looked for were known, and how many were not.
    #[must_use]
    pub fn lookups(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    fn parse(&self, text: &str) -> Result<ast::Document, Refusal> {
        let mut parser = Parser::new().recursion_limit(NESTING).token_limit(self.limits.tokens);
        let ast = parser.parse_ast(text, "request.graphql").map_err(|wrong| {
            if parser.tokens_reached() > self.limits.tokens {
                refuse(self.limits.tokens(parser.tokens_reached()))
            } else {
                told(&wrong.errors, Code::GraphqlParseFailed)
            }
        })?;
        mended::check_selections(&ast).map_err(refuse)?;
        Ok(ast)
    }

    fn validate(&self, ast: &ast::Document) -> Result<Valid<ExecutableDocument>, Refusal> {
        ast.to_executable_validate(&self.schema).or_else(|WithErrors { partial, errors }| {
            if mended::are_unfounded(&errors, &partial) {
                Ok(Valid::assume_valid(partial))
            } else {
                Err(told(&errors, Code::GraphqlValidationFailed))
            }
        })
    }

    fn understand(&self, ast: &ast::Document) -> Result<Arc<Document>, Refusal> {
        let shape = Shape::of(ast);
        self.limits.shape(&shape).map_err(refuse)?;
        if let Some(stricter) = mended::without_null_defaults(ast) {
            self.validate(&stricter)?;
        }
        let executable = self.validate(ast)?;
        unique_fields::check(ast).map_err(refuse)?;
        let Self { schema, implementers, weigh, .. } = self;
        let prices = Prices::of(&executable, Rates { schema, implementers, weigh: *weigh });
        for operation in executable.operations.iter() {
            introspection::check_max_depth(&executable, operation)
                .map_err(|wrong| refuse(failed(Code::IntrospectionTooDeep, &wrong, &executable)))?;
        }
        Ok(Arc::new(Document { executable, prices }))
    }

    /// Chooses the operation, and gives it its variables.
    pub fn ready(&self, document: Arc<Document>, name: Option<&str>, variables: &JsonMap) -> Result<Ready, Refusal> {
        let executable = &document.executable;
        let fail = |code, wrong: &RequestError| refuse(failed(code, wrong, executable));
        let operation = executable.operations.get(name).map_err(|wrong| fail(Code::OperationNotFound, &wrong))?.clone();
        let variables = request::coerce_variable_values(&self.schema, &operation, variables)
            .map_err(|wrong| fail(Code::InvalidVariables, &wrong))?;
        let price = document.prices.of_operation(&self.schema, operation.name.as_deref(), &variables);
        self.limits.cost(price.most).map_err(refuse)?;
        Ok(Ready { document, operation, variables, price, introspected: JsonMap::new() })
    }

    /// Answers `__schema` and `__type`, if an operation asks for them. It takes time, so it is charged for first.
    pub fn introspect(&self, ready: &mut Ready) -> Result<(), Refusal> {
        if ready.price.introspection > 0 {
            let Ready { document, operation, variables, .. } = &*ready;
            let executable = &document.executable;
            let fail = |code, wrong: &RequestError| refuse(failed(code, wrong, executable));
            let answer =
                introspection::partial_execute(&self.schema, &self.implementers, executable, operation, variables)
                    .map_err(|wrong| fail(Code::GraphqlValidationFailed, &wrong))?;
            ready.introspected = answer.data.unwrap_or_default();
        }
        Ok(())
    }
}

fn kinds(ast: &ast::Document) -> Vec<(Option<Name>, OperationType)> {
    let operations = ast.definitions.iter().filter_map(Definition::as_operation_definition);
    operations.map(|operation| (operation.name.clone(), operation.operation_type)).collect()
}

fn refuse(error: ServerError) -> Refusal {
    Arc::from([error])
}

fn told(errors: &DiagnosticList, code: Code) -> Refusal {
    errors.iter().take(ERRORS).map(|wrong| server_error(wrong.to_json(), code)).collect()
}

fn failed(code: Code, wrong: &RequestError, document: &ExecutableDocument) -> ServerError {
    server_error(wrong.to_graphql_error(&document.sources), code)
}

fn server_error(wrong: GraphQLError, code: Code) -> ServerError {
    let mut error = request_error(code, wrong.message);
    error.locations = wrong.locations.into_iter().map(position).collect();
    error
}

fn position(at: LineColumn) -> Pos {
    Pos { line: at.line, column: at.column }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
