//! Variables before execution, as section 6.1.2 of the specification (September 2025) says: defaults fill in for what was
//! not given, and what is required must be there. async-graphql does neither before it applies `@skip` and `@include`.

use async_graphql::{
    Name, Request, ServerError, Value,
    parser::types::{DocumentOperations, OperationDefinition},
};

/// Completes the variables of a request. A document that does not parse is left to the executor, which says so.
pub(super) fn complete(request: &mut Request) -> Result<(), Vec<ServerError>> {
    let (name, given) = (request.operation_name.clone(), request.variables.clone());
    let Ok(document) = request.parsed_query() else { return Ok(()) };
    let operation = match (&document.operations, &name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name.as_str()),
        (DocumentOperations::Multiple(operations), None) => {
            operations.values().next().filter(|_| operations.len() == 1)
        }
    };
    let Some(operation) = operation else { return Ok(()) };
    let (defaults, errors) = coerce(&operation.node, |name| given.get(name));
    if !errors.is_empty() {
        return Err(errors);
    }
    for (name, value) in defaults {
        request.variables.insert(name, value);
    }
    Ok(())
}

/// The defaults that apply, and what is missing.
fn coerce<'a>(
    operation: &OperationDefinition,
    given: impl Fn(&Name) -> Option<&'a Value>,
) -> (Vec<(Name, Value)>, Vec<ServerError>) {
    let (mut defaults, mut errors) = (Vec::new(), Vec::new());
    for definition in &operation.variable_definitions {
        let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
        let mut missing = |how: &str| {
            let message = format!("Variable \"${name}\" of required type \"{ty}\" {how}.");
            errors.push(ServerError::new(message, Some(definition.pos)));
        };
        match (given(name), &definition.node.default_value) {
            (None, Some(default)) => defaults.push((name.clone(), default.node.clone())),
            (None, None) if !ty.nullable => missing("was not provided"),
            (Some(Value::Null), _) if !ty.nullable => missing("must not be null"),
            _ => {}
        }
    }
    (defaults, errors)
}
