//! Limits on the size of a request. Each has its own error code; the message names the limit and the actual size.

use async_graphql::ServerError;

use super::metrics::DocumentMetrics;
use crate::error::{Code, request_error};

/// How often a document may use variables of the maximum size.
const MAX_USES: usize = 16;

/// The limits on documents and their variables.
#[derive(Clone, Debug, clap::Args)]
pub struct Limits {
    /// The maximum size of a document, in bytes.
    #[arg(long = "max-document-bytes", env = "COOPGRAPH_MAX_DOCUMENT_BYTES", default_value_t = 15_000)]
    pub document_bytes: usize,
    /// The maximum number of tokens in a document.
    #[arg(long = "max-tokens", env = "COOPGRAPH_MAX_TOKENS", default_value_t = 2_000)]
    pub tokens: usize,
    /// The maximum nesting depth of fields.
    #[arg(long = "max-depth", env = "COOPGRAPH_MAX_DEPTH", default_value_t = 20)]
    pub depth: usize,
    /// The maximum nesting depth of fields below `__schema` and `__type`.
    #[arg(long = "max-introspection-depth", env = "COOPGRAPH_MAX_INTROSPECTION_DEPTH", default_value_t = 15)]
    pub introspection_depth: usize,
    /// The maximum number of aliases in a document.
    #[arg(long = "max-aliases", env = "COOPGRAPH_MAX_ALIASES", default_value_t = 30)]
    pub aliases: usize,
    /// The maximum number of directives in a document.
    #[arg(long = "max-directives", env = "COOPGRAPH_MAX_DIRECTIVES", default_value_t = 50)]
    pub directives: usize,
    /// The maximum number of root fields in an operation.
    #[arg(long = "max-root-fields", env = "COOPGRAPH_MAX_ROOT_FIELDS", default_value_t = 20)]
    pub root_fields: usize,
    /// The maximum number of items in a list, in an argument or a variable.
    #[arg(long = "max-list-items", env = "COOPGRAPH_MAX_LIST_ITEMS", default_value_t = 1_000)]
    pub list_items: usize,
    /// The maximum size of the variables, in bytes of JSON; 16 times as much if each variable is counted as often as the
    /// document uses it.
    #[arg(long = "max-variables-bytes", env = "COOPGRAPH_MAX_VARIABLES_BYTES", default_value_t = 65_536)]
    pub variables_bytes: usize,
    /// The maximum estimated cost of an operation, in points: an object costs 1, a database statement 10.
    #[arg(long = "max-cost", env = "COOPGRAPH_MAX_COST", default_value_t = 50_000)]
    pub cost: u64,
    /// The maximum memory for cached documents, in bytes; 0 turns the cache off.
    #[arg(long, env = "COOPGRAPH_DOCUMENT_CACHE_BYTES", default_value_t = 32 << 20)]
    pub document_cache_bytes: usize,
}

impl Limits {
    /// Checks the size of a document.
    pub fn check_document_bytes(&self, found: usize) -> Result<(), ServerError> {
        within(Code::DocumentTooLarge, "the document has", "bytes", found, self.document_bytes)
    }

    /// The error for a document with too many tokens. The parser stops at the limit, so there may be more than `found`.
    pub(super) fn too_many_tokens(&self, found: usize) -> ServerError {
        too_much(Code::TooManyTokens, "the document has", "tokens or more", found, self.tokens)
    }

    pub(super) fn check_metrics(&self, metrics: &DocumentMetrics) -> Result<(), ServerError> {
        let DocumentMetrics { aliases, directives, root_fields, depth, introspection_depth, longest_list, .. } =
            *metrics;
        within(Code::TooDeep, "fields are nested", "levels deep", depth, self.depth)?;
        let introspection = "below `__schema` or `__type`, fields are nested";
        within(
            Code::IntrospectionTooDeep,
            introspection,
            "levels deep",
            introspection_depth,
            self.introspection_depth,
        )?;
        within(Code::TooManyAliases, "the document has", "aliases", aliases, self.aliases)?;
        within(Code::TooManyDirectives, "the document has", "directives", directives, self.directives)?;
        within(Code::TooManyRootFields, "the operation has", "root fields", root_fields, self.root_fields)?;
        self.check_list(longest_list)
    }

    /// Checks the length of the longest list in the arguments or variables.
    pub fn check_list(&self, found: usize) -> Result<(), ServerError> {
        within(Code::ListTooLong, "a list has", "items", found, self.list_items)
    }

    /// Checks the size of the variables, as JSON.
    pub fn check_variables_bytes(&self, found: usize) -> Result<(), ServerError> {
        within(Code::VariablesTooLarge, "the variables have", "bytes", found, self.variables_bytes)
    }

    /// Checks the size of all arguments with the values of their variables, in bytes: a variable can be used often.
    pub(super) fn check_used_bytes(&self, found: usize) -> Result<(), ServerError> {
        let what = "the variables have, each counted as often as the document uses it,";
        within(Code::VariablesTooLarge, what, "bytes", found, self.variables_bytes.saturating_mul(MAX_USES))
    }

    pub(super) fn check_cost(&self, found: u64) -> Result<(), ServerError> {
        within(Code::TooCostly, "the estimated cost of the operation is", "points", found, self.cost)
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
    request_error(code, format!("{what} {found} {unit}: the limit is {limit}"))
}
