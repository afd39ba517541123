//! Where `apollo-compiler`, as it is pinned, is not the specification: what it lets pass, and what it refuses wrongly.
//! `tests/clients/rules` has the documents that show it.

use apollo_compiler::{
    ExecutableDocument,
    ast::{Definition, Document, Selection, Value},
    parser::SourceSpan,
    validation::DiagnosticList,
};
use async_graphql::ServerError;

use crate::error::{Code, request_error};

/// Refuses selections of nothing (section 2.5), which the parser takes.
pub(super) fn check_selections(document: &Document) -> Result<(), ServerError> {
    let filled = document.definitions.iter().try_for_each(|definition| match definition {
        Definition::OperationDefinition(operation) => filled(operation.location(), &operation.selection_set),
        Definition::FragmentDefinition(fragment) => filled(fragment.location(), &fragment.selection_set),
        _ => Ok(()),
    });
    filled.map_err(|at| {
        let mut error = request_error(Code::GraphqlParseFailed, "expected a field or a fragment between `{` and `}`");
        let at = at.and_then(|at| at.line_column(&document.sources));
        error.locations = at.map(super::position).into_iter().collect();
        error
    })
}

/// Whether all selections are of something; the error is the place of what selects nothing.
fn filled(at: Option<SourceSpan>, selections: &[Selection]) -> Result<(), Option<SourceSpan>> {
    if selections.is_empty() {
        return Err(at);
    }
    selections.iter().try_for_each(|selection| match selection {
        Selection::Field(field) => {
            field.selection_set.as_deref().map_or(Ok(()), |selections| filled(field.location(), selections))
        }
        Selection::InlineFragment(fragment) => filled(fragment.location(), &fragment.selection_set),
        Selection::FragmentSpread(_) => Ok(()),
    })
}

/// The document as validation is to see it, where that is not as it is: `null` for a default value does not make a
/// variable fit where there must be a value (section 5.8.5), but the library goes by whether there is a default value.
pub(super) fn without_null_defaults(document: &Document) -> Option<Document> {
    let mut stricter = None;
    for (place, definition) in document.definitions.iter().enumerate() {
        let Definition::OperationDefinition(operation) = definition else { continue };
        for (variable, definition) in operation.variables.iter().enumerate() {
            // A variable that must have a value cannot have this default, and is refused for it.
            if definition.default_value.as_deref() != Some(&Value::Null) || definition.ty.is_non_null() {
                continue;
            }
            let stricter = stricter.get_or_insert_with(|| document.clone());
            if let Definition::OperationDefinition(operation) = &mut stricter.definitions[place] {
                operation.make_mut().variables[variable].make_mut().default_value = None;
            }
        }
    }
    stricter
}

/// Whether nothing is wrong but that a subscription has several fields at its root, all of which are the same (section
/// 5.2.4.1): the library counts them before it merges them.
pub(super) fn are_unfounded(errors: &DiagnosticList, document: &ExecutableDocument) -> bool {
    let of_roots =
        errors.iter().all(|wrong| wrong.error.unstable_error_name() == Some("SubscriptionUsesMultipleFields"));
    of_roots
        && document.operations.iter().filter(|operation| operation.is_subscription()).all(|operation| {
            let mut keys = operation.root_fields(document).map(|field| field.response_name());
            let first = keys.next();
            keys.all(|key| Some(key) == first)
        })
}
