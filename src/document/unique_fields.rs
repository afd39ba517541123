//! Input object field uniqueness (section 5.6.3 of the specification): the rule that `apollo-compiler` lacks.

use apollo_compiler::{
    Node,
    ast::{Definition, DirectiveList, Document, Selection, Value},
};
use async_graphql::ServerError;
use rustc_hash::FxHashSet;

use crate::error::{Code, request_error};

/// Finds the first field that stands twice in one input object.
pub(super) fn check(document: &Document) -> Result<(), ServerError> {
    let twice = document.definitions.iter().find_map(|definition| match definition {
        Definition::OperationDefinition(operation) => {
            let mut defaults = operation.variables.iter();
            let defaults = defaults
                .find_map(|v| v.default_value.as_ref().and_then(in_value).or_else(|| in_directives(&v.directives)));
            defaults
                .or_else(|| in_directives(&operation.directives))
                .or_else(|| in_selections(&operation.selection_set))
        }
        Definition::FragmentDefinition(fragment) => {
            in_directives(&fragment.directives).or_else(|| in_selections(&fragment.selection_set))
        }
        _ => None,
    });
    let Some(twice) = twice else { return Ok(()) };
    let message = format!("the field `{}` stands twice in one input object", twice.name);
    let mut error = request_error(Code::GraphqlValidationFailed, message);
    let at = twice.value.location().and_then(|at| at.line_column(&document.sources));
    error.locations = at.map(super::position).into_iter().collect();
    Err(error)
}

struct Twice<'a> {
    name: &'a str,
    value: &'a Node<Value>,
}

fn in_selections(selections: &[Selection]) -> Option<Twice<'_>> {
    selections.iter().find_map(|selection| match selection {
        Selection::Field(field) => {
            let arguments = field.arguments.iter().find_map(|argument| in_value(&argument.value));
            let inside = || in_selections(field.selection_set.as_deref().unwrap_or_default());
            arguments.or_else(|| in_directives(&field.directives)).or_else(inside)
        }
        Selection::InlineFragment(fragment) => {
            in_directives(&fragment.directives).or_else(|| in_selections(&fragment.selection_set))
        }
        Selection::FragmentSpread(spread) => in_directives(&spread.directives),
    })
}

fn in_directives(directives: &DirectiveList) -> Option<Twice<'_>> {
    directives.iter().flat_map(|directive| &directive.arguments).find_map(|argument| in_value(&argument.value))
}

fn in_value(value: &Node<Value>) -> Option<Twice<'_>> {
    match &**value {
        Value::List(items) => items.iter().find_map(in_value),
        Value::Object(fields) => {
            let mut names = FxHashSet::default();
            fields.iter().find_map(|(name, value)| {
                if names.insert(name.as_str()) { in_value(value) } else { Some(Twice { name, value }) }
            })
        }
        _ => None,
    }
}
