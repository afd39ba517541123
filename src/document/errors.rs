//! Errors of `apollo-compiler` as those of `async-graphql`.

use std::sync::Arc;

use apollo_compiler::{
    ExecutableDocument, parser::LineColumn, request::RequestError, response::GraphQLError, validation::DiagnosticList,
};
use async_graphql::{Pos, ServerError};

use super::RequestErrors;
use crate::error::{Code, request_error};

/// How many errors of a document are reported.
const MAX_ERRORS: usize = 5;

/// One error.
pub(super) fn single(error: ServerError) -> RequestErrors {
    Arc::from([error])
}

/// The first errors of the parser or the validator.
pub(super) fn from_diagnostics(errors: &DiagnosticList, code: Code) -> RequestErrors {
    errors.iter().take(MAX_ERRORS).map(|error| server_error(error.to_json(), code)).collect()
}

/// Why an operation of a document cannot be executed.
pub(super) fn from_request_error(code: Code, error: &RequestError, document: &ExecutableDocument) -> RequestErrors {
    single(server_error(error.to_graphql_error(&document.sources), code))
}

fn server_error(error: GraphQLError, code: Code) -> ServerError {
    let mut server_error = request_error(code, error.message);
    server_error.locations = error.locations.into_iter().map(position).collect();
    server_error
}

/// A position in a document.
pub(super) fn position(location: LineColumn) -> Pos {
    Pos { line: location.line, column: location.column }
}
