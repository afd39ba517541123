//! Coercing the values of variables (section 6.1.2 of the specification, and the input coercion of each type in section 3).
//!
//! `apollo-compiler` refuses a number such as `2.0` for an `Int`, leaves numbers that stand for an `ID` as they are, and says
//! neither where a wrong value is nor all that is wrong.

use std::fmt::{self, Write};

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Type, Value, VariableDefinition},
    executable::Operation,
    response::{JsonMap, JsonValue},
    schema::{ExtendedType, InputObjectType},
};
use async_graphql::ServerError;

use super::{
    RequestErrors,
    errors::{MAX_ERRORS, position},
    suggestions::Suggestions,
};
use crate::{
    error::{Code, request_error},
    quoted::Quoted,
    schema::plan,
};

/// What the coercion of variables needs to know of an operation.
#[derive(Clone, Copy)]
pub(super) struct VariableContext<'a> {
    pub schema: &'a Schema,
    pub executable: &'a ExecutableDocument,
    pub suggestions: Suggestions,
}

/// The coerced values of the variables of an operation. What was not given and has no default is absent.
pub(super) fn coerce(
    context: VariableContext<'_>,
    operation: &Operation,
    given: &JsonMap,
) -> Result<JsonMap, RequestErrors> {
    let VariableContext { schema, executable, suggestions } = context;
    let mut coerced = JsonMap::new();
    let mut errors = Vec::new();
    for definition in &operation.variables {
        let name = definition.name.as_str();
        let mut coercion = Coercion { schema, suggestions, place: VariablePath::new(name), problems: Vec::new() };
        let value = match given.get(name) {
            Some(value) => coercion.coerce(&definition.ty, value),
            None => coercion.default_or_absent(&definition.ty, definition.default_value.as_ref()),
        };
        // A nullable variable with a default value may stand where a value is required (section 5.8.5).
        let is_null = definition.default_value.is_some() && value == Some(JsonValue::Null);
        if is_null && plan::is_condition(executable, operation, name) {
            coercion.fail("the value is null, but `@skip` and `@include` require true or false");
        }
        if let Some(value) = value {
            coerced.insert(name, value);
        }
        errors.extend(coercion.problems.into_iter().map(|message| error(executable, definition, message)));
    }
    if errors.is_empty() {
        Ok(coerced)
    } else {
        errors.truncate(MAX_ERRORS);
        Err(errors.into())
    }
}

fn error(document: &ExecutableDocument, definition: &Node<VariableDefinition>, message: String) -> ServerError {
    let mut error = request_error(Code::InvalidVariables, message);
    let location = definition.location().and_then(|location| location.line_column(&document.sources));
    error.locations = location.map(position).into_iter().collect();
    error
}

/// Where in a variable a value is: `f.or[1].kind.eq`.
struct VariablePath(String);

impl VariablePath {
    fn new(variable: &str) -> Self {
        Self(variable.to_owned())
    }

    /// Runs `what` one step deeper.
    fn within<T>(
        coercion: &mut Coercion<'_>,
        step: fmt::Arguments<'_>,
        what: impl FnOnce(&mut Coercion<'_>) -> T,
    ) -> T {
        let length = coercion.place.0.len();
        // Writing into a text cannot fail.
        let _ = coercion.place.0.write_fmt(step);
        let result = what(coercion);
        coercion.place.0.truncate(length);
        result
    }
}

/// The coercion of one variable.
struct Coercion<'a> {
    schema: &'a Schema,
    suggestions: Suggestions,
    place: VariablePath,
    problems: Vec<String>,
}

impl Coercion<'_> {
    /// Notes a problem with the value at the current place.
    fn fail(&mut self, what: impl fmt::Display) -> Option<JsonValue> {
        if self.problems.len() < MAX_ERRORS {
            self.problems.push(format!("the variable ${}: {what}", self.place.0));
        }
        None
    }

    /// The coerced value; `None` if it has problems.
    fn coerce(&mut self, ty: &Type, value: &JsonValue) -> Option<JsonValue> {
        if self.problems.len() >= MAX_ERRORS {
            // What else is wrong would not be told.
            return None;
        }
        if value.is_null() {
            return if ty.is_non_null() {
                self.fail(format_args!("the value is null, but the type {ty} does not allow null"))
            } else {
                Some(JsonValue::Null)
            };
        }
        match ty {
            Type::List(inner) | Type::NonNullList(inner) => self.list(inner, value),
            Type::Named(name) | Type::NonNullNamed(name) => match self.schema.types.get(name) {
                Some(ExtendedType::Scalar(_)) => self.scalar(name, value),
                Some(ExtendedType::Enum(ty)) => {
                    if value.as_str().is_some_and(|name| ty.values.contains_key(name)) {
                        return Some(value.clone());
                    }
                    let values = ty.values.keys().map(Name::as_str);
                    let hint = self.suggestions.value(value.as_str().unwrap_or_default(), values);
                    self.fail(format_args!("{} is not a value of {name}{hint}", Shown(value)))
                }
                Some(ExtendedType::InputObject(ty)) => self.object(ty, value),
                // Validation refuses variables of other types.
                _ => self.fail(format_args!("{name} is not an input type")),
            },
        }
    }

    /// A value that is not in a list is the only item of one.
    fn list(&mut self, inner: &Type, value: &JsonValue) -> Option<JsonValue> {
        let Some(items) = value.as_array() else {
            return Some(JsonValue::Array(vec![self.coerce(inner, value)?]));
        };
        let coerced: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                VariablePath::within(self, format_args!("[{index}]"), |inside| inside.coerce(inner, item))
            })
            .collect();
        coerced.into_iter().collect::<Option<Vec<_>>>().map(JsonValue::Array)
    }

    fn scalar(&mut self, ty: &str, value: &JsonValue) -> Option<JsonValue> {
        let coerced = match (ty, value) {
            ("Int", JsonValue::Number(_)) => whole(value).and_then(|number| i32::try_from(number).ok()).map(Into::into),
            ("Float", JsonValue::Number(_))
            | ("String" | "ID", JsonValue::String(_))
            | ("Boolean", JsonValue::Bool(_)) => Some(value.clone()),
            ("ID", JsonValue::Number(number)) => {
                let is_whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
                is_whole.then(|| whole(value).map_or_else(|| number.to_string(), |whole| whole.to_string()).into())
            }
            ("Int" | "Float" | "String" | "Boolean" | "ID", _) => None,
            // Custom scalars are checked where they are used.
            _ => Some(value.clone()),
        };
        if coerced.is_some() {
            return coerced;
        }
        let expected = match ty {
            "Int" => "a whole number between -2147483648 and 2147483647",
            "Float" => "a number",
            "Boolean" => "true or false",
            "ID" => "a string or a whole number",
            _ => "a string",
        };
        self.fail(format_args!("{} is not of the type {ty}: expected {expected}", Shown(value)))
    }

    fn object(&mut self, ty: &InputObjectType, value: &JsonValue) -> Option<JsonValue> {
        let Some(given) = value.as_object() else {
            return self.fail(format_args!("{} is not of the type {}: expected an object", Shown(value), ty.name));
        };
        let known = self.problems.len();
        let unknown = given.iter().filter(|(name, _)| !ty.fields.contains_key(name.as_str()));
        for (name, _) in unknown.take(MAX_ERRORS) {
            let fields = ty.fields.keys().map(Name::as_str);
            let hint = self.suggestions.name(name.as_str(), fields);
            self.fail(format_args!("{} has no field {}{hint}", ty.name, Quoted(name.as_str())));
        }
        if ty.is_one_of() {
            let values: Vec<_> = given.iter().map(|(_, value)| value).collect();
            match &*values {
                [only] if only.is_null() => {
                    self.fail(format_args!("the field of {} must not be null", ty.name));
                }
                [_] => {}
                more => {
                    let count = more.len();
                    self.fail(format_args!("{} needs exactly one field, but {count} are given", ty.name));
                }
            }
        }
        let mut coerced = JsonMap::new();
        for (name, field) in &ty.fields {
            let value = VariablePath::within(self, format_args!(".{name}"), |inside| match given.get(name.as_str()) {
                Some(value) => inside.coerce(&field.ty, value),
                None => inside.default_or_absent(&field.ty, field.default_value.as_ref()),
            });
            if let Some(value) = value {
                coerced.insert(name.as_str(), value);
            }
        }
        (self.problems.len() == known).then(|| coerced.into())
    }

    /// What stands for a value that was not given.
    fn default_or_absent(&mut self, ty: &Type, default: Option<&Node<Value>>) -> Option<JsonValue> {
        match default {
            Some(default) => self.coerce(ty, &literal(default)),
            None if ty.is_non_null() => self.fail(format_args!("a value of the type {ty} is required")),
            None => None,
        }
    }
}

/// A number without a fraction: `2`, `2.0` and `2e0` are the same.
fn whole(value: &JsonValue) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the number is a whole one within the range")]
    let from_float = |number: f64| {
        let is_exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
        is_exact.then_some(number as i64)
    };
    value.as_i64().or_else(|| value.as_f64().and_then(from_float))
}

/// A literal without variables, such as a default value, as JSON.
fn literal(value: &Value) -> JsonValue {
    match value {
        // Default values have no variables.
        Value::Null | Value::Variable(_) => JsonValue::Null,
        Value::Enum(name) => name.as_str().into(),
        Value::String(text) => text.as_str().into(),
        Value::Boolean(value) => (*value).into(),
        Value::Int(number) => number.as_str().parse().map_or(JsonValue::Null, JsonValue::Number),
        Value::Float(number) => number.as_str().parse().map_or(JsonValue::Null, JsonValue::Number),
        Value::List(items) => items.iter().map(|item| literal(item)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.as_str(), literal(value))).collect(),
    }
}

/// A value in a message, shortened if it is long.
struct Shown<'a>(&'a JsonValue);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            JsonValue::String(text) => Quoted(text.as_str()).fmt(f),
            JsonValue::Array(_) => f.write_str("a list"),
            JsonValue::Object(_) => f.write_str("an object"),
            other => write!(f, "{other}"),
        }
    }
}
