//! The filter conditions for each kind of attribute.

use std::borrow::Cow;

use async_graphql::Value;
use folding::fold;
use sea_orm::{
    DbBackend, ExprTrait,
    sea_query::{Expr, LikeExpr},
};

use super::{
    date::{DateOperand, Days},
    global_id, list,
    number::{DECIMAL, compare, is_null, number},
    unknown,
    words::has_words,
};
use crate::{
    db::Moment,
    error::{Code, Error, Result},
    model::{AttributeKind, Column, DateColumns, RecordType, Scalar, Vocabulary},
    query::statement::{column, is_one_of_ids, is_one_of_texts},
    quoted::Quoted,
};

/// The largest number of values in a list.
const MAX_VALUES: usize = 1000;
/// The largest number of characters of `contains`, folded. SQLite refuses patterns of more than 50,000 bytes.
pub(super) const MAX_CONTAINED: usize = 1000;

/// The name of the condition that a date has an anniversary.
pub const ANNIVERSARY_WITHIN: &str = "anniversaryWithin";

/// The left side of a condition: a column, or the columns of a date.
pub enum Operand<'a> {
    /// The id of a record of one type.
    Id(&'static str),
    /// A text that is compared exactly.
    Text(Column),
    /// A column of texts folded by [`fold`].
    Folded(&'static str),
    /// A whole number.
    Integer(Column),
    /// A floating-point number.
    Float(Column),
    /// True or false.
    Boolean(Column),
    /// A word.
    Word(Column, &'a Vocabulary),
    /// A date.
    Date(DateColumns),
    /// A date and time.
    Moment(Column),
}

/// The input type of a kind of operand.
pub struct OperatorInput {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its description.
    pub description: String,
    /// Its fields: name, type, description.
    pub fields: Vec<(&'static str, String, &'static str)>,
}

/// The input type of conditions on what is true or false.
#[must_use]
pub fn boolean_input() -> OperatorInput {
    OperatorInput {
        name: "BooleanFilter".into(),
        description: "A filter by `true` or `false`.".to_owned(),
        fields: vec![("eq", "Boolean".to_owned(), "Equals this value.")],
    }
}

impl<'a> Operand<'a> {
    /// The operand of an attribute; `None` if it is a relation, or cannot be filtered by.
    #[must_use]
    pub fn of(record: &RecordType, kind: &'a AttributeKind) -> Option<Self> {
        Some(match kind {
            AttributeKind::Id => Self::Id(record.table),
            AttributeKind::Scalar(column, Scalar::Text | Scalar::Url | Scalar::Letters(_) | Scalar::Digits(_)) => {
                Self::Text(*column)
            }
            AttributeKind::Scalar(column, Scalar::Integer) => Self::Integer(*column),
            AttributeKind::Scalar(column, Scalar::Float) => Self::Float(*column),
            AttributeKind::Scalar(column, Scalar::Boolean) => Self::Boolean(*column),
            AttributeKind::Scalar(column, Scalar::Word(vocabulary)) => Self::Word(*column, vocabulary),
            AttributeKind::Name { folded, .. } => Self::Folded(folded.name),
            AttributeKind::Date { edtf, earliest, latest } => Self::Date([edtf.name, earliest.name, latest.name]),
            AttributeKind::Decimal(decimal) => Self::Float(decimal.approximate),
            AttributeKind::Scalar(column, Scalar::DateTime) => Self::Moment(*column),
            AttributeKind::ToOne(_)
            | AttributeKind::ToAny(_)
            | AttributeKind::ToMany(_)
            | AttributeKind::ToManyAny(_)
            | AttributeKind::Keys { .. } => return None,
        })
    }

    /// The input type.
    #[must_use]
    pub fn input(&self) -> OperatorInput {
        let missing = ("isNull", "Boolean".to_owned(), "If `true`, the value is unknown; if `false`, it is known.");
        let text = |name, description| (name, "String".to_owned(), description);
        let number = |name: &'static str, description: &str, ty: &str| OperatorInput {
            name: name.into(),
            description: description.to_owned(),
            fields: vec![
                ("eq", ty.to_owned(), "Equals this number."),
                ("gt", ty.to_owned(), "Is greater than this number."),
                ("gte", ty.to_owned(), "Is greater than or equal to this number."),
                ("lt", ty.to_owned(), "Is less than this number."),
                ("lte", ty.to_owned(), "Is less than or equal to this number."),
                missing.clone(),
            ],
        };
        match self {
            Self::Id(_) => OperatorInput {
                name: "IdFilter".into(),
                description: "A filter by a global ID.".to_owned(),
                fields: vec![
                    ("eq", "ID".to_owned(), "Equals this ID."),
                    ("in", "[ID!]".to_owned(), "Is one of these IDs, at most 1,000."),
                ],
            },
            Self::Text(_) => OperatorInput {
                name: "StringFilter".into(),
                description: "A filter by a text, which is compared exactly, by Unicode code points.".to_owned(),
                fields: vec![
                    text("eq", "Equals this text."),
                    ("in", "[String!]".to_owned(), "Is one of these texts, at most 1,000."),
                    text("gt", "Comes after this text."),
                    text("gte", "Equals this text or comes after it."),
                    text("lt", "Comes before this text."),
                    text("lte", "Equals this text or comes before it."),
                    missing,
                ],
            },
            Self::Folded(_) => OperatorInput {
                name: "TextFilter".into(),
                description: "A filter by a name or title, whatever its spelling: case and diacritics are ignored, and so \
                              are the differences between kinds of apostrophes, hyphens and spaces. Latin letters can be \
                              written as they are typed, such as `Lodz` for `Łódź` and `Giessen` for `Gießen`."
                    .to_owned(),
                fields: vec![
                    text("eq", "Equals this text."),
                    ("in", "[String!]".to_owned(), "Is one of these texts, at most 1,000."),
                    text("contains", "Contains this text, of at most 1,000 characters."),
                    text("startsWith", "Starts with this text."),
                    text(
                        "words",
                        "Has all of these words, at most 10, each as a whole and in any order: `mayor espoo` matches \
                         `Espoo: visit of the mayor`. In scripts without spaces, such as Chinese, they can be anywhere.",
                    ),
                ],
            },
            Self::Integer(_) => number("IntFilter", "A filter by a whole number.", "Int"),
            Self::Float(_) => {
                let mut input = number("FloatFilter", "A filter by a number.", "Float");
                let about = "The same by decimal numbers, written as the API returns them.";
                input.fields.push((DECIMAL, "DecimalFilter".to_owned(), about));
                input
            }
            Self::Boolean(_) => boolean_input(),
            Self::Word(_, vocabulary) => OperatorInput {
                name: format!("{}Filter", vocabulary.name).into(),
                description: format!("A filter by a value of `{}`.", vocabulary.name),
                fields: vec![
                    ("eq", vocabulary.name.clone(), "Equals this value."),
                    ("in", format!("[{}!]", vocabulary.name), "Is one of these values."),
                    missing,
                ],
            },
            Self::Date(..) => OperatorInput {
                name: "DateFilter".into(),
                description: "A filter by a date. An unknown date does not lie within any date. Of a set, such as \
                              `[1960,1970]` or `{1960,1970}`, only the dates that it lists count; a set in a filter \
                              may list at most 20."
                    .to_owned(),
                fields: vec![
                    text(
                        "possiblyWithin",
                        "Can lie within this date in EDTF: a day such as `2019-09-24`, a month such as `2019-09`, a \
                         year such as `2019`, or an interval such as `2018/2019-06`, `../2005` or `2019/..`.",
                    ),
                    text(
                        "certainlyWithin",
                        "Lies entirely within this date in EDTF, whichever day it stands for; a set, with all of its dates.",
                    ),
                    text(
                        "certainlyBefore",
                        "Lies before the first day of this date in EDTF, whichever day it stands for: before `2019` is before \
                         1 January 2019.",
                    ),
                    text("possiblyBefore", "Can lie before the first day of this date in EDTF."),
                    text("certainlyOnOrBefore", "Lies before or on the last day of this date in EDTF, whichever day it stands for."),
                    text("possiblyOnOrBefore", "Can lie before or on the last day of this date in EDTF."),
                    text("certainlyAfter", "Lies after the last day of this date in EDTF, whichever day it stands for."),
                    text("possiblyAfter", "Can lie after the last day of this date in EDTF."),
                    text("certainlyOnOrAfter", "Lies after or on the first day of this date in EDTF, whichever day it stands for."),
                    text("possiblyOnOrAfter", "Can lie after or on the first day of this date in EDTF."),
                    text(
                        ANNIVERSARY_WITHIN,
                        "Is a day that has an anniversary within this date in EDTF, of at most a year, such as `2026-12` or \
                         `2026-12-20/2027-01-10`. That of 29 February is on 28 February in other years. What is known less \
                         exactly than to the day, or not of the years 1 to 9999, has none.",
                    ),
                    missing,
                ],
            },
            Self::Moment(_) => {
                let moment = |name, description| (name, "DateTime".to_owned(), description);
                OperatorInput {
                    name: "DateTimeFilter".into(),
                    description: "A filter by a date and time.".to_owned(),
                    fields: vec![
                        moment("before", "Lies before this date and time."),
                        moment("onOrBefore", "Lies before this date and time, or is the same."),
                        moment("after", "Lies after this date and time."),
                        moment("onOrAfter", "Lies after this date and time, or is the same."),
                    ],
                }
            }
        }
    }

    /// The condition for one field of the input, on the table with an alias.
    pub(super) fn condition(
        &self,
        backend: DbBackend,
        alias: &'static str,
        operator: &str,
        value: &Value,
    ) -> Result<Expr> {
        let at = |of: &Column| column(alias, of.name);
        match self {
            Self::Id(table) => {
                let id = |value: &Value| global_id(&id_text(value)?, &[table]).map(|(_, id)| id);
                match operator {
                    "eq" | "in" => Ok(is_one_of_ids(backend, column(alias, "id"), &values(value, id)?)),
                    _ => Err(unknown(operator)),
                }
            }
            Self::Text(of) => match operator {
                "in" => Ok(is_one_of_texts(backend, at(of), values(value, text)?)),
                "isNull" => Ok(is_null(at(of), value)),
                _ => compare(at(of), operator, text(value)?.into()),
            },
            Self::Folded(of) => {
                let at = || column(alias, of);
                let folded = |value: &Value| text(value).map(|text| fold(&text));
                match operator {
                    "eq" => Ok(at().eq(folded(value)?)),
                    "in" => Ok(is_one_of_texts(backend, at(), values(value, folded)?)),
                    "contains" => {
                        let contained = folded(value)?;
                        let characters = contained.chars().count();
                        if characters > MAX_CONTAINED {
                            let message = format!(
                                "the text of `contains` has {characters} characters: at most {MAX_CONTAINED} are allowed"
                            );
                            return Err(Error::input(Code::InvalidArgument, message));
                        }
                        let escaped = contained.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                        Ok(at().like(LikeExpr::new(format!("%{escaped}%")).escape('\\')))
                    }
                    "words" => has_words(backend, &at(), &text(value)?),
                    // A range can use an index with any bounds; a pattern could only if it were a constant.
                    "startsWith" => {
                        let prefix = folded(value)?;
                        let end = after_prefix(&prefix).map(|end| at().lt(end));
                        let begin = at().gte(prefix);
                        Ok(end.map_or(begin.clone(), |end| begin.and(end)))
                    }
                    _ => Err(unknown(operator)),
                }
            }
            Self::Integer(of) => number(backend, at(of), operator, value, |number| number.as_i64().map(Into::into)),
            Self::Float(of) => number(backend, at(of), operator, value, |number| number.as_f64().map(Into::into)),
            Self::Boolean(of) => match (operator, value) {
                ("eq", Value::Boolean(given)) => Ok(at(of).eq(*given)),
                _ => Err(unknown(operator)),
            },
            Self::Word(of, vocabulary) => {
                let word = |value: &Value| -> Result<String> {
                    let name = text(value)?;
                    let word = vocabulary.by_name(&name).ok_or_else(|| {
                        let message = format!("{name} is not a value of {}", vocabulary.name);
                        Error::input(Code::InvalidArgument, message)
                    })?;
                    Ok(word.value.clone())
                };
                match operator {
                    "eq" => Ok(at(of).eq(word(value)?)),
                    "in" => Ok(is_one_of_texts(backend, at(of), values(value, word)?)),
                    "isNull" => Ok(is_null(at(of), value)),
                    _ => Err(unknown(operator)),
                }
            }
            Self::Date(columns) => {
                let date = DateOperand { alias, columns: *columns };
                if operator == "isNull" {
                    return Ok(if *value == Value::Boolean(true) { date.is_unknown() } else { date.is_known() });
                }
                let days = Days::read(value)?;
                Ok(match operator {
                    ANNIVERSARY_WITHIN => date.has_anniversary(backend, &days)?,
                    "possiblyWithin" => date.possibly_within(&days),
                    "certainlyWithin" => date.certainly_within(&days),
                    "certainlyBefore" => date.certainly_before(days.first()),
                    "possiblyBefore" => date.possibly_before(days.first()),
                    "certainlyOnOrBefore" => date.certainly_before(days.last() + 1),
                    "possiblyOnOrBefore" => date.possibly_before(days.last() + 1),
                    "certainlyAfter" => date.certainly_after(days.last()),
                    "possiblyAfter" => date.possibly_after(days.last()),
                    "certainlyOnOrAfter" => date.certainly_after(days.first() - 1),
                    "possiblyOnOrAfter" => date.possibly_after(days.first() - 1),
                    _ => return Err(unknown(operator)),
                })
            }
            Self::Moment(of) => {
                let text = text(value)?;
                let moment = Moment::parse_rfc3339(&text).ok_or_else(|| {
                    let message = format!(
                        "{} is not a date and time: expected RFC 3339, such as 2026-11-24T09:30:00Z",
                        Quoted(&text)
                    );
                    Error::input(Code::InvalidArgument, message)
                })?;
                let (at, moment) = (at(of), moment.0);
                Ok(match operator {
                    "before" => at.lt(moment),
                    "onOrBefore" => at.lte(moment),
                    "after" => at.gt(moment),
                    "onOrAfter" => at.gte(moment),
                    _ => return Err(unknown(operator)),
                })
            }
        }
    }
}

/// A text of a filter.
pub fn text(value: &Value) -> Result<String> {
    match value {
        Value::String(text) if text.contains('\0') => {
            let message = format!("{} contains the character NUL, which no stored text contains", Quoted(text));
            Err(Error::input(Code::InvalidArgument, message))
        }
        Value::String(text) => Ok(text.clone()),
        Value::Enum(name) => Ok(name.to_string()),
        _ => Err(Error::input(Code::InvalidArgument, format!("{value} is not a string"))),
    }
}

/// An id of a filter. Whole numbers stand for their text (section 3.5.5 of the specification).
pub(super) fn id_text(value: &Value) -> Result<String> {
    match value {
        Value::Number(number) => Ok(number.to_string()),
        value => text(value),
    }
}

pub(super) fn values<T>(value: &Value, read: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    let values = list(value).map(read).collect::<Result<Vec<_>>>()?;
    if values.len() > MAX_VALUES {
        let message = format!("a list in a filter has {} values: at most {MAX_VALUES} are allowed", values.len());
        return Err(Error::input(Code::InvalidArgument, message));
    }
    Ok(values)
}

/// The first text, by code points, after all texts that start with `prefix`; `None` if there is none.
fn after_prefix(prefix: &str) -> Option<String> {
    let last = prefix.chars().next_back()?;
    let rest = &prefix[..prefix.len() - last.len_utf8()];
    match (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
        Some(next) => Some(format!("{rest}{next}")),
        None => after_prefix(rest),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::after_prefix;

    proptest! {
        /// Exactly the texts that start with a prefix lie between the prefix and `after_prefix` of it.
        #[test]
        fn a_range_is_a_prefix(prefix in "[a-c\u{d7ff}\u{10ffff}]{0,3}", text in "[a-d\u{d7ff}\u{e000}\u{10ffff}]{0,4}") {
            let within = text >= prefix && after_prefix(&prefix).is_none_or(|end| text < end);
            prop_assert_eq!(within, text.starts_with(&prefix));
        }
    }
}
