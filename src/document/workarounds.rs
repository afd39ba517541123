//! Workarounds for `apollo-compiler` 2.0.0-beta.2, where it differs from the September 2025 edition of the specification.
//!
//! - It accepts empty selection sets, following the September 2026 edition (apollo-rs#1116): see [`check_selections`].
//! - It accepts a variable with the default value `null` in a non-null position: see [`without_null_defaults`].
//! - It rejects a subscription that selects the same root field twice: see [`is_false_positive`].
//! - It accepts duplicate fields in an input object: see [`super::unique_input_field_names`].
//!
//! `tests/clients/rules` has documents for each of them.

use apollo_compiler::{
    ExecutableDocument,
    ast::{Definition, Document, Selection, Value},
    parser::SourceSpan,
    validation::DiagnosticList,
};
use async_graphql::ServerError;

use crate::error::{Code, request_error};

/// Rejects empty selection sets (section 2.5).
pub(super) fn check_selections(document: &Document) -> Result<(), ServerError> {
    let empty = document.definitions.iter().try_for_each(|definition| match definition {
        Definition::OperationDefinition(operation) => not_empty(operation.location(), &operation.selection_set),
        Definition::FragmentDefinition(fragment) => not_empty(fragment.location(), &fragment.selection_set),
        _ => Ok(()),
    });
    empty.map_err(|location| {
        let mut error = request_error(Code::GraphqlParseFailed, "expected a field or a fragment between `{` and `}`");
        let location = location.and_then(|location| location.line_column(&document.sources));
        error.locations = location.map(super::errors::position).into_iter().collect();
        error
    })
}

/// Checks selection sets recursively. The error is the location of what has an empty one.
fn not_empty(location: Option<SourceSpan>, selections: &[Selection]) -> Result<(), Option<SourceSpan>> {
    if selections.is_empty() {
        return Err(location);
    }
    selections.iter().try_for_each(|selection| match selection {
        Selection::Field(field) => {
            field.selection_set.as_deref().map_or(Ok(()), |selections| not_empty(field.location(), selections))
        }
        Selection::InlineFragment(fragment) => not_empty(fragment.location(), &fragment.selection_set),
        Selection::FragmentSpread(_) => Ok(()),
    })
}

/// The document without the default values that are `null`, or `None` if it has none. The default value `null` does not
/// allow a nullable variable in a non-null position (section 5.8.5), but the library only checks whether there is a default
/// value.
pub(super) fn without_null_defaults(document: &Document) -> Option<Document> {
    let mut stricter = None;
    for (index, definition) in document.definitions.iter().enumerate() {
        let Definition::OperationDefinition(operation) = definition else { continue };
        for (variable, definition) in operation.variables.iter().enumerate() {
            // On a non-null variable, the default value itself is an error, which must be reported.
            if definition.default_value.as_deref() != Some(&Value::Null) || definition.ty.is_non_null() {
                continue;
            }
            let stricter = stricter.get_or_insert_with(|| document.clone());
            if let Definition::OperationDefinition(operation) = &mut stricter.definitions[index] {
                operation.make_mut().variables[variable].make_mut().default_value = None;
            }
        }
    }
    stricter
}

/// Whether the only errors are that subscriptions have several root fields, although all of them have the same response
/// name (section 5.2.4.1): the library counts root fields without merging them.
pub(super) fn is_false_positive(errors: &DiagnosticList, document: &ExecutableDocument) -> bool {
    let only_root_fields =
        errors.iter().all(|error| error.error.unstable_error_name() == Some("SubscriptionUsesMultipleFields"));
    only_root_fields
        && document.operations.iter().filter(|operation| operation.is_subscription()).all(|operation| {
            let mut names = operation.root_fields(document).map(|field| field.response_name());
            let first = names.next();
            names.all(|name| Some(name) == first)
        })
}
