//! How large a request may be; each limit has its own code, and its message names the limit and what was sent.

use async_graphql::ServerError;

use super::shape::Shape;
use crate::error::{Code, request_error};

/// The limits on documents and their variables.
#[derive(Clone, Debug, clap::Args)]
pub struct Limits {
    /// How many bytes a document may have.
    #[arg(long = "max-document-bytes", env = "COOPGRAPH_MAX_DOCUMENT_BYTES", default_value_t = 15_000)]
    pub document_bytes: usize,
    /// How many tokens a document may have.
    #[arg(long = "max-tokens", env = "COOPGRAPH_MAX_TOKENS", default_value_t = 2_000)]
    pub tokens: usize,
    /// How many fields may stand inside one another.
    #[arg(long = "max-depth", env = "COOPGRAPH_MAX_DEPTH", default_value_t = 20)]
    pub depth: usize,
    /// How many fields may stand inside one another below `__schema` and `__type`.
    #[arg(long = "max-introspection-depth", env = "COOPGRAPH_MAX_INTROSPECTION_DEPTH", default_value_t = 15)]
    pub introspection_depth: usize,
    /// How many aliases a document may have.
    #[arg(long = "max-aliases", env = "COOPGRAPH_MAX_ALIASES", default_value_t = 30)]
    pub aliases: usize,
    /// How many directives a document may have.
    #[arg(long = "max-directives", env = "COOPGRAPH_MAX_DIRECTIVES", default_value_t = 50)]
    pub directives: usize,
    /// How many fields an operation may have at its root.
    #[arg(long = "max-root-fields", env = "COOPGRAPH_MAX_ROOT_FIELDS", default_value_t = 20)]
    pub root_fields: usize,
    /// How many items a list in an argument or a variable may have.
    #[arg(long = "max-list-items", env = "COOPGRAPH_MAX_LIST_ITEMS", default_value_t = 1_000)]
    pub list_items: usize,
    /// How many bytes the variables may have, as JSON.
    #[arg(long = "max-variables-bytes", env = "COOPGRAPH_MAX_VARIABLES_BYTES", default_value_t = 65_536)]
    pub variables_bytes: usize,
    /// What an operation may cost: an object counts 1, a statement 10.
    #[arg(long = "max-cost", env = "COOPGRAPH_MAX_COST", default_value_t = 50_000)]
    pub cost: u64,
    /// How many bytes of memory the documents that are kept may take; 0 keeps none.
    #[arg(long, env = "COOPGRAPH_DOCUMENT_CACHE_BYTES", default_value_t = 32 << 20)]
    pub document_cache_bytes: usize,
}

impl Limits {
    /// Checks the size of a document.
    pub fn document_bytes(&self, found: usize) -> Result<(), ServerError> {
        within(Code::DocumentTooLarge, "the document has", "bytes", found, self.document_bytes)
    }

    /// What says that a document has too many tokens; it was not read to its end.
    pub(super) fn tokens(&self, found: usize) -> ServerError {
        too_much(Code::TooManyTokens, "the document has", "tokens or more", found, self.tokens)
    }

    pub(super) fn shape(&self, shape: &Shape) -> Result<(), ServerError> {
        let Shape { aliases, directives, root_fields, depth, introspection_depth, list } = *shape;
        within(Code::TooDeep, "fields nest", "levels deep", depth, self.depth)?;
        let introspection = "below `__schema` or `__type`, fields nest";
        within(
            Code::IntrospectionTooDeep,
            introspection,
            "levels deep",
            introspection_depth,
            self.introspection_depth,
        )?;
        within(Code::TooManyAliases, "the document has", "aliases", aliases, self.aliases)?;
        within(Code::TooManyDirectives, "the document has", "directives", directives, self.directives)?;
        within(Code::TooManyRootFields, "the operation has", "fields at its root", root_fields, self.root_fields)?;
        self.list(list)
    }

    /// Checks the longest list among the arguments or variables.
    pub fn list(&self, found: usize) -> Result<(), ServerError> {
        within(Code::ListTooLong, "a list has", "items", found, self.list_items)
    }

    /// Checks the size of the variables, as JSON.
    pub fn variables_bytes(&self, found: usize) -> Result<(), ServerError> {
        within(Code::VariablesTooLarge, "the variables have", "bytes", found, self.variables_bytes)
    }

    pub(super) fn cost(&self, found: u64) -> Result<(), ServerError> {
        within(Code::TooCostly, "the operation may cost", "points", found, self.cost)
    }
}

fn within<N: PartialOrd + std::fmt::Display>(
    code: Code,
    what: &str,
    unit: &str,
    found: N,
    limit: N,
) -> Result<(), ServerError> {
    if found > limit { Err(too_much(code, what, unit, found, limit)) } else { Ok(()) }
}

fn too_much(
    code: Code,
    what: &str,
    unit: &str,
    found: impl std::fmt::Display,
    limit: impl std::fmt::Display,
) -> ServerError {
    request_error(code, format!("{what} {found} {unit}: at most {limit} are allowed"))
}
