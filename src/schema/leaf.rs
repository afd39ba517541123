//! Leaves: the GraphQL types of plain values, and how they are written as JSON.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, resolver_utils::EnumType};
use sea_orm::Value;
use serde::Serialize;

use crate::{
    db::Moment,
    edtf::{self, Day},
    model::{Column, Scalar as Kind},
};

/// Appends a serializable value as JSON. Writing plain data into memory cannot fail.
pub(super) fn json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let written = serde_json::to_writer(&mut *out, value);
    debug_assert!(written.is_ok(), "plain data is JSON");
}

/// The GraphQL type of a column, `!` included.
pub(super) fn type_of(column: Column, kind: &Kind) -> String {
    let name = match kind {
        Kind::Text | Kind::Url | Kind::Letters(_) | Kind::Digits(_) => "String",
        Kind::Integer => "Int",
        Kind::Float => "Float",
        Kind::Boolean => "Boolean",
        Kind::DateTime => "DateTime",
        Kind::Word(vocabulary) => vocabulary.name.as_str(),
    };
    format!("{name}{}", if column.nullable { "" } else { "!" })
}

/// Appends a value of a column as JSON.
pub(super) fn write(kind: &Kind, value: &Value, out: &mut Vec<u8>) {
    match (kind, value) {
        (Kind::Word(vocabulary), Value::String(Some(word))) => {
            json(&vocabulary.by_value(word).map(|word| word.name), out);
        }
        (Kind::DateTime, Value::BigInt(Some(moment))) => json(&Moment(*moment).to_rfc3339(), out),
        (_, Value::String(Some(text))) => json(text, out),
        (_, Value::Int(Some(number))) => json(number, out),
        (_, Value::BigInt(Some(number))) => json(number, out),
        (_, Value::Double(Some(number))) => json(number, out),
        (_, Value::Bool(Some(value))) => json(value, out),
        _ => out.extend_from_slice(b"null"),
    }
}

/// A date and time in UTC, in the format of RFC 3339 with milliseconds, such as `2026-11-24T09:30:00.000Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for Moment {
    fn parse(value: async_graphql::Value) -> InputValueResult<Self> {
        let wrong = || {
            InputValueError::custom("expected a date and time in the format of RFC 3339, such as 2026-11-24T09:30:00Z")
        };
        let async_graphql::Value::String(text) = &value else { return Err(wrong()) };
        Self::parse_rfc3339(text).ok_or_else(wrong)
    }

    fn to_value(&self) -> async_graphql::Value {
        self.to_rfc3339().map_or(async_graphql::Value::Null, Into::into)
    }
}

/// The name of a value of an enum in the schema.
pub(super) fn enum_name<E: EnumType>(value: E) -> &'static str {
    E::items().iter().find(|item| item.value == value).map_or("", |item| item.name)
}

/// A date as clients see it.
pub(super) struct Date {
    pub edtf: String,
    pub earliest: Day,
    pub latest: Day,
}

impl From<edtf::Date> for Date {
    fn from(edtf::Date { edtf, earliest, latest, .. }: edtf::Date) -> Self {
        Self { edtf, earliest, latest }
    }
}
