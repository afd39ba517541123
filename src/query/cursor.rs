//! The positions in ordered lists that cursors stand for, and the values that they consist of.

use std::cmp::Ordering;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::Value;
use uuid::Uuid;

use crate::model::DataType;

/// What stands between the values of a cursor, and before the word of a timeline. No stored text that lists are ordered by
/// contains it.
pub(super) const SEPARATOR: char = '\u{1f}';

/// A position in an ordered list: the values of its orders, then the id, then the position of what happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    pub(super) values: Vec<Value>,
    pub(super) id: Uuid,
    pub(super) moment: usize,
}

/// Compares values as the databases do.
pub(super) fn compare(one: &Value, other: &Value) -> Ordering {
    use sea_orm::Value::{BigInt, Bool, Bytes, Double, Int, SmallInt, String, Uuid};
    let number = |value: &Value| match value {
        SmallInt(number) => number.map(i64::from),
        Int(number) => number.map(i64::from),
        BigInt(number) => *number,
        _ => None,
    };
    match (one, other) {
        (String(a), String(b)) => a.cmp(b),
        (Bytes(a), Bytes(b)) => a.cmp(b),
        (Double(Some(a)), Double(Some(b))) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (Uuid(a), Uuid(b)) => a.cmp(b),
        (Bool(a), Bool(b)) => a.cmp(b),
        (a, b) => number(a).cmp(&number(b)),
    }
}

/// A value in a cursor.
pub(super) fn write(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone().unwrap_or_default(),
        Value::SmallInt(Some(number)) => number.to_string(),
        Value::Int(Some(number)) => number.to_string(),
        Value::BigInt(Some(number)) => number.to_string(),
        // The shortest text that reads back as the same number.
        Value::Double(Some(number)) => number.to_string(),
        Value::Uuid(Some(id)) => id.simple().to_string(),
        Value::Bool(Some(value)) => value.to_string(),
        Value::Bytes(Some(bytes)) => URL_SAFE_NO_PAD.encode(bytes),
        _ => String::new(),
    }
}

/// Reads a value from a cursor. A cursor may be forged: a value that the database could not compare with the expression is
/// refused.
pub(super) fn read(data_type: DataType, text: &str) -> Option<Value> {
    Some(match data_type {
        DataType::Text => text.into(),
        DataType::SmallInteger | DataType::Integer | DataType::BigInteger => text.parse::<i64>().ok()?.into(),
        DataType::Double => text.parse().ok().filter(|number: &f64| number.is_finite())?.into(),
        DataType::Uuid => Uuid::try_parse(text).ok()?.into(),
        DataType::Boolean => text.parse::<bool>().ok()?.into(),
        DataType::Bytes => URL_SAFE_NO_PAD.decode(text).ok()?.into(),
    })
}
