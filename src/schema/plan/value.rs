//! Literals and variables of `apollo-compiler` as values of `async-graphql`.

use apollo_compiler::{
    ast::Value as Literal,
    response::{JsonMap, JsonValue},
};
use async_graphql::{Name, Value};

/// A literal with its variables replaced; `None` if it is a variable that was not given.
pub(super) fn value(literal: &Literal, variables: &JsonMap) -> Option<Value> {
    Some(match literal {
        Literal::Null => Value::Null,
        Literal::Boolean(given) => Value::Boolean(*given),
        Literal::String(text) => Value::String(text.clone()),
        Literal::Enum(name) => Value::Enum(Name::new(name)),
        // One of more than 64 bits is its digits: an ID has all of them.
        Literal::Int(number) => number
            .as_str()
            .parse()
            .map_or_else(|_| Value::String(number.as_str().to_owned()), |whole: i64| Value::Number(whole.into())),
        Literal::Float(number) => number.try_to_f64().map_or(Value::Null, Value::from),
        Literal::Variable(name) => coerced(variables.get(name.as_str())?),
        Literal::List(items) => {
            Value::List(items.iter().map(|item| value(item, variables).unwrap_or(Value::Null)).collect())
        }
        Literal::Object(fields) => Value::Object(
            fields.iter().filter_map(|(name, field)| Some((Name::new(name), value(field, variables)?))).collect(),
        ),
    })
}

/// The value of a filter. What has nothing left because variables were not given is absent, too, as if it had not been
/// written.
pub(super) fn filter(literal: &Literal, variables: &JsonMap) -> Option<Value> {
    match literal {
        Literal::Object(fields) if !fields.is_empty() => {
            let given = fields.iter().filter_map(|(name, field)| Some((Name::new(name), filter(field, variables)?)));
            Some(Value::Object(given.collect()))
                .filter(|value| !matches!(value, Value::Object(given) if given.is_empty()))
        }
        Literal::List(items) if !items.is_empty() => {
            let given: Vec<_> = items.iter().filter_map(|item| filter(item, variables)).collect();
            (!given.is_empty()).then_some(Value::List(given))
        }
        other => value(other, variables),
    }
}

/// A coerced value of a variable. Enum values are strings in it.
#[must_use]
pub fn coerced(value: &JsonValue) -> Value {
    match value {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(given) => Value::Boolean(*given),
        JsonValue::Number(number) => Value::Number(number.clone()),
        JsonValue::String(text) => Value::String(text.as_str().to_owned()),
        JsonValue::Array(items) => Value::List(items.iter().map(coerced).collect()),
        JsonValue::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (Name::new(name.as_str()), coerced(value))).collect())
        }
    }
}

/// How many bytes an object counts as: a condition on related records is built from a few of them.
const OBJECT_BYTES: usize = 128;

/// About how many bytes a literal has; `None` if it depends on a variable.
pub(super) fn constant_bytes(literal: &Literal) -> Option<usize> {
    match literal {
        Literal::Variable(_) => None,
        Literal::Null | Literal::Boolean(_) | Literal::Int(_) | Literal::Float(_) => Some(8),
        Literal::String(text) => Some(text.len() + 8),
        Literal::Enum(name) => Some(name.len() + 8),
        Literal::List(items) => items.iter().try_fold(8, |bytes, item| Some(bytes + constant_bytes(item)?)),
        Literal::Object(fields) => fields
            .iter()
            .try_fold(OBJECT_BYTES, |bytes, (name, field)| Some(bytes + name.len() + 8 + constant_bytes(field)?)),
    }
}
