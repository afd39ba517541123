//! Input object field uniqueness (section 5.6.3): a validation rule that `apollo-compiler` does not have.

use apollo_compiler::{
    Node,
    ast::{Definition, DirectiveList, Document, Selection, Value},
};
use async_graphql::ServerError;
use rustc_hash::FxHashSet;

use crate::error::{Code, request_error};

/// Rejects the first duplicate field of an input object.
pub(super) fn check(document: &Document) -> Result<(), ServerError> {
    let duplicate = document.definitions.iter().find_map(|definition| match definition {
        Definition::OperationDefinition(operation) => {
            let mut variables = operation.variables.iter();
            let in_variables = variables
                .find_map(|v| v.default_value.as_ref().and_then(in_value).or_else(|| in_directives(&v.directives)));
            in_variables
                .or_else(|| in_directives(&operation.directives))
                .or_else(|| in_selections(&operation.selection_set))
        }
        Definition::FragmentDefinition(fragment) => {
            in_directives(&fragment.directives).or_else(|| in_selections(&fragment.selection_set))
        }
        _ => None,
    });
    let Some(duplicate) = duplicate else { return Ok(()) };
    let message = format!("the input object has more than one field `{}`: give each field once", duplicate.name);
    let mut error = request_error(Code::GraphqlValidationFailed, message);
    let location = duplicate.value.location().and_then(|location| location.line_column(&document.sources));
    error.locations = location.map(super::errors::position).into_iter().collect();
    Err(error)
}

struct Duplicate<'a> {
    name: &'a str,
    value: &'a Node<Value>,
}

fn in_selections(selections: &[Selection]) -> Option<Duplicate<'_>> {
    selections.iter().find_map(|selection| match selection {
        Selection::Field(field) => {
            let in_arguments = field.arguments.iter().find_map(|argument| in_value(&argument.value));
            let below = || in_selections(field.selection_set.as_deref().unwrap_or_default());
            in_arguments.or_else(|| in_directives(&field.directives)).or_else(below)
        }
        Selection::InlineFragment(fragment) => {
            in_directives(&fragment.directives).or_else(|| in_selections(&fragment.selection_set))
        }
        Selection::FragmentSpread(spread) => in_directives(&spread.directives),
    })
}

fn in_directives(directives: &DirectiveList) -> Option<Duplicate<'_>> {
    directives.iter().flat_map(|directive| &directive.arguments).find_map(|argument| in_value(&argument.value))
}

fn in_value(value: &Node<Value>) -> Option<Duplicate<'_>> {
    match &**value {
        Value::List(items) => items.iter().find_map(in_value),
        Value::Object(fields) => {
            let mut names = FxHashSet::default();
            fields.iter().find_map(|(name, value)| {
                if names.insert(name.as_str()) { in_value(value) } else { Some(Duplicate { name, value }) }
            })
        }
        _ => None,
    }
}
