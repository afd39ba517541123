//! The conditions on numbers.

use async_graphql::Value;
use sea_orm::{DbBackend, ExprTrait, sea_query::Expr};

use super::{
    OperatorInput,
    operator::{text, values},
    unknown,
};
use crate::{
    error::{Code, Error, Result},
    query::{filter::all, statement::is_one_of_numbers},
    quoted::Quoted,
};

/// The condition of a number that compares it with decimal numbers.
pub(super) const DECIMAL: &str = "decimal";

/// The input type of decimal numbers.
#[must_use]
pub fn decimal_input() -> OperatorInput {
    let decimal = |name, description| (name, "Decimal".to_owned(), description);
    OperatorInput {
        name: "DecimalFilter".into(),
        description:
            "A filter by a decimal number, written as the API returns it, such as `\"6400000000\"` or `\"0.35\"`. \
                      Numbers of more than 15 digits are compared by about so many."
                .to_owned(),
        fields: vec![
            decimal("eq", "Equals this number."),
            ("in", "[Decimal!]".to_owned(), "Is one of these numbers, at most 1,000."),
            decimal("gt", "Is greater than this number."),
            decimal("gte", "Is greater than or equal to this number."),
            decimal("lt", "Is less than this number."),
            decimal("lte", "Is less than or equal to this number."),
        ],
    }
}

/// Compares with a value.
pub(super) fn compare(left: Expr, operator: &str, right: sea_orm::Value) -> Result<Expr> {
    Ok(match operator {
        "eq" => left.eq(right),
        "gt" => left.gt(right),
        "gte" => left.gte(right),
        "lt" => left.lt(right),
        "lte" => left.lte(right),
        _ => return Err(unknown(operator)),
    })
}

/// Whether a value is missing, or not.
pub(super) fn is_null(left: Expr, value: &Value) -> Expr {
    if *value == Value::Boolean(true) { left.is_null() } else { left.is_not_null() }
}

/// The condition for one field of the input of a number.
pub(super) fn number(
    backend: DbBackend,
    left: Expr,
    operator: &str,
    value: &Value,
    read: impl Fn(&async_graphql::Number) -> Option<sea_orm::Value>,
) -> Result<Expr> {
    if operator == "isNull" {
        return Ok(is_null(left, value));
    }
    if let (DECIMAL, Value::Object(fields)) = (operator, value) {
        let one = |(name, value): (&async_graphql::Name, &Value)| decimal(backend, &left, name, value);
        return fields.iter().map(one).collect::<Result<_>>().map(all);
    }
    let number = match value {
        Value::Number(number) => read(number),
        // The digits of a whole number of more than 64 bits.
        Value::String(digits) => digits.parse().ok().and_then(|number| read(&number)),
        _ => None,
    };
    let wrong = || Error::input(Code::InvalidArgument, format!("{value} is not a number of this type"));
    compare(left, operator, number.ok_or_else(wrong)?)
}

/// The condition for one field of the input of a decimal number.
fn decimal(backend: DbBackend, left: &Expr, operator: &str, value: &Value) -> Result<Expr> {
    if operator != "in" {
        return compare(left.clone(), operator, read_decimal(value)?.into());
    }
    Ok(is_one_of_numbers(backend, left.clone(), values(value, read_decimal)?))
}

/// Reads a decimal number: as the API returns it, or as a number of GraphQL.
fn read_decimal(value: &Value) -> Result<f64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        value => text(value)?,
    };
    // Not `1e3`, `inf` and the like, which the library reads, too.
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let is_plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && is_plain);
    number.ok_or_else(|| {
        let message =
            format!("{} is not a decimal number: expected digits such as \"6400000000\" or \"0.35\"", Quoted(&text));
        Error::input(Code::InvalidArgument, message)
    })
}
