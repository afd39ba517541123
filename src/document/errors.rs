//! Errors of `apollo-compiler` as those of `async-graphql`.

use std::sync::Arc;

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    diagnostic::Diagnostic,
    parser::LineColumn,
    request::RequestError,
    response::GraphQLError,
    schema::ExtendedType,
    validation::{DiagnosticData, DiagnosticList},
};
use async_graphql::{Pos, ServerError};

use super::{
    RequestErrors,
    suggestions::{Hint, Suggestions},
};
use crate::{
    error::{Code, request_error},
    quoted::Quoted,
};

/// How many errors of a document are reported.
pub(super) const MAX_ERRORS: usize = 5;

/// One error.
pub(super) fn single(error: ServerError) -> RequestErrors {
    Arc::from([error])
}

/// The first errors of the parser.
pub(super) fn from_parser(errors: &DiagnosticList) -> RequestErrors {
    let errors = errors.iter().take(MAX_ERRORS);
    errors.map(|error| server_error(error.to_json(), Code::GraphqlParseFailed)).collect()
}

/// The first errors of the validator, with what was probably meant.
pub(super) fn from_validator(errors: &DiagnosticList, schema: &Schema, suggestions: Suggestions) -> RequestErrors {
    let error = |error: Diagnostic<'_, DiagnosticData>| {
        let mut shown = server_error(error.to_json(), Code::GraphqlValidationFailed);
        if let Some(hint) = hint(error.error, schema, suggestions) {
            shown.message.push_str(&hint.to_string());
        }
        shown
    };
    errors.iter().take(MAX_ERRORS).map(error).collect()
}

/// The names that are close to one that does not exist. The library tells them only in the form of graphql-js's messages,
/// where they are quoted.
fn hint(error: &DiagnosticData, schema: &Schema, suggestions: Suggestions) -> Option<Hint> {
    let message = error.unstable_compat_message()?;
    let names: Vec<_> = message.split('"').skip(1).step_by(2).collect();
    let fields = |ty: &str| match schema.types.get(ty) {
        Some(ExtendedType::Object(ty)) => Some(&ty.fields),
        Some(ExtendedType::Interface(ty)) => Some(&ty.fields),
        _ => None,
    };
    Some(match (error.unstable_error_name()?, &*names) {
        ("UndefinedField", [field, ty]) => suggestions.name(field, fields(ty)?.keys().map(Name::as_str)),
        ("UndefinedArgument", [argument, coordinate]) => {
            let (ty, field) = coordinate.split_once('.')?;
            let arguments = &fields(ty)?.get(field)?.arguments;
            suggestions.name(argument, arguments.iter().map(|argument| argument.name.as_str()))
        }
        ("UndefinedEnumValue", [value, ty]) => {
            suggestions.value(value, schema.get_enum(ty)?.values.keys().map(Name::as_str))
        }
        ("UndefinedInputValue", [field, ty]) => {
            suggestions.name(field, schema.get_input_object(ty)?.fields.keys().map(Name::as_str))
        }
        ("UndefinedDefinition", [ty]) => suggestions.name(ty, schema.types.keys().map(Name::as_str)),
        _ => return None,
    })
}

/// Why a document has no operation to run. The library repeats all of its name.
pub(super) fn operation_not_found(
    name: Option<&str>,
    error: &RequestError,
    document: &ExecutableDocument,
) -> RequestErrors {
    let Some(name) = name else { return from_request_error(Code::OperationNotFound, error, document) };
    let message = format!("the document has no operation named {}", Quoted(name));
    single(request_error(Code::OperationNotFound, message))
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
