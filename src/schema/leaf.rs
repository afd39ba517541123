//! Leaves: the GraphQL types of plain values, and how they are written as JSON.

use async_graphql::{Enum, InputValueError, InputValueResult, Scalar, ScalarType};
use sea_orm::Value;
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

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
        Kind::Text => "String",
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
        (Kind::Word(_), Value::String(Some(word))) => {
            // The GraphQL name of a word is the word in capitals.
            out.push(b'"');
            out.extend(word.bytes().map(|byte| byte.to_ascii_uppercase()));
            out.push(b'"');
        }
        (Kind::DateTime, Value::BigInt(Some(moment))) => json(&rfc3339(Moment(*moment)), out),
        (_, Value::String(Some(text))) => json(text, out),
        (_, Value::Int(Some(number))) => json(number, out),
        (_, Value::BigInt(Some(number))) => json(number, out),
        (_, Value::Double(Some(number))) => json(number, out),
        (_, Value::Bool(Some(value))) => json(value, out),
        _ => out.extend_from_slice(b"null"),
    }
}

/// A moment in the format of RFC 3339, with milliseconds.
fn rfc3339(moment: Moment) -> Option<String> {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.0) * 1_000_000).ok()?;
    let text = moment.format(&Rfc3339).ok()?;
    // The formatter omits zeros at the end of the fraction of a second.
    let (seconds, fraction) = text.strip_suffix('Z')?.split_once('.').unwrap_or((text.strip_suffix('Z')?, ""));
    Some(format!("{seconds}.{fraction:0<3}Z"))
}

/// A date and time in UTC, in the format of RFC 3339 with milliseconds, such as `2026-11-24T09:30:00.000Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for Moment {
    fn parse(value: async_graphql::Value) -> InputValueResult<Self> {
        let wrong = || {
            InputValueError::custom("expected a date and time in the format of RFC 3339, such as 2026-11-24T09:30:00Z")
        };
        let async_graphql::Value::String(text) = &value else { return Err(wrong()) };
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?;
        Ok(Self(i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).map_err(|_| wrong())?))
    }

    fn to_value(&self) -> async_graphql::Value {
        rfc3339(*self).map_or(async_graphql::Value::Null, Into::into)
    }
}

/// The precision of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum DatePrecision {
    /// Known to the day.
    Day,
    /// Known to the month.
    Month,
    /// Known to the season, the quarter or another part of a year.
    Season,
    /// Known to the year.
    Year,
    /// Known to a range of years: a decade, a century, or a year with unknown digits.
    Years,
    /// A period from one date to another.
    Interval,
    /// One of several dates, or all of them.
    Set,
}

impl DatePrecision {
    /// The precision of a date in EDTF, by its name in the schema.
    pub(super) fn of(date: &str) -> &'static str {
        match edtf::precision(date) {
            Some(edtf::Precision::Day) => "DAY",
            Some(edtf::Precision::Month) => "MONTH",
            Some(edtf::Precision::Season) => "SEASON",
            Some(edtf::Precision::Year) => "YEAR",
            Some(edtf::Precision::Interval) => "INTERVAL",
            Some(edtf::Precision::Set) => "SET",
            Some(edtf::Precision::Years) | None => "YEARS",
        }
    }
}

/// A date of a record.
pub(super) struct Date {
    pub edtf: String,
    pub earliest: Day,
    pub latest: Day,
}
