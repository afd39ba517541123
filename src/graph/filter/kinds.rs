//! What a filter can ask of each kind of value.

use async_graphql::{
    Value,
    registry::{InputObjectBuilder, MetaInputValue},
};
use indexmap::IndexMap;
use uuid::Uuid;

use super::{Predicate, Test, list, object, unknown};
use crate::{
    db::{Vocabulary, parse_type_id},
    edtf,
    error::{Code, Error, Result},
    graph::{fold, leaf::Leaf, types::Types},
};

/// How many values a list in a filter may have.
const MAX_VALUES: usize = 1000;

/// What a kind of value can be asked.
pub(in crate::graph) trait Kind {
    /// The name of the input type.
    fn input() -> String;
    /// What the input type asks, and its fields: name, type, description.
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>);
    /// Reads one field of the input type, for a column.
    fn test(column: &'static str, name: &str, value: &Value) -> Result<Test>;
    /// Makes further types known.
    fn register_more(_types: &mut Types) {}

    /// Makes the input type known.
    fn register(types: &mut Types) {
        Self::register_more(types);
        let name = Self::input();
        types.add(&name.clone(), || {
            let (description, fields) = Self::describe();
            let fields = fields
                .into_iter()
                .map(|(field, ty, description)| {
                    let mut meta = MetaInputValue::new(field, ty);
                    meta.description = Some(description.to_owned());
                    (field.to_owned(), meta)
                })
                .collect();
            InputObjectBuilder::new(name, fields).description(Some(description)).build()
        });
    }

    /// Reads the input type, for a column.
    fn read(column: &'static str, value: &Value) -> Result<Test> {
        let mut tests = Vec::new();
        for (name, value) in object(value)? {
            if !matches!(value, Value::Null) {
                tests.push(Self::test(column, name, value)?);
            }
        }
        Ok(Test::All(tests))
    }
}

/// The predicate that a column of values of the kind `K` offers.
pub(in crate::graph) fn column<K: Kind + 'static>(name: &str, description: &str, column: &'static str) -> Predicate {
    Predicate::new(name, description, K::input(), K::register, move |value, _| K::read(column, value))
}

fn text(value: &Value) -> Result<String> {
    match value {
        Value::String(text) if text.contains('\0') => {
            Err(Error::input(Code::InvalidArgument, format!("{text:?} contains the character NUL, which no text has")))
        }
        Value::String(text) => Ok(text.clone()),
        Value::Enum(name) => Ok(name.to_string()),
        _ => Err(Error::input(Code::InvalidArgument, format!("{value} is no text"))),
    }
}

fn values<T>(value: &Value, read: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    let values = list(value).map(read).collect::<Result<Vec<_>>>()?;
    if values.len() > MAX_VALUES {
        let message = format!("a list in a filter has {} values: give at most {MAX_VALUES}", values.len());
        return Err(Error::input(Code::InvalidArgument, message));
    }
    Ok(values)
}

fn comparison(name: &str) -> Option<&'static str> {
    Some(match name {
        "eq" => " = ",
        "gt" => " > ",
        "gte" => " >= ",
        "lt" => " < ",
        "lte" => " <= ",
        _ => return None,
    })
}

/// Texts that are compared as they are: keys, codes, addresses.
pub(in crate::graph) struct Verbatim;

impl Kind for Verbatim {
    fn input() -> String {
        "StringFilter".to_owned()
    }
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>) {
        let string = || "String".to_owned();
        (
            "Ways in which to filter by a text that is compared as it is, by Unicode code points.".to_owned(),
            vec![
                ("eq", string(), "Is this."),
                ("in", "[String!]".to_owned(), "Is one of these."),
                ("gt", string(), "Comes after this."),
                ("gte", string(), "Is this or comes after it."),
                ("lt", string(), "Comes before this."),
                ("lte", string(), "Is this or comes before it."),
                ("isNull", "Boolean".to_owned(), "Is not known, or is."),
            ],
        )
    }
    fn test(column: &'static str, name: &str, value: &Value) -> Result<Test> {
        match (name, comparison(name)) {
            ("in", _) => Ok(Test::Texts(column, values(value, text)?)),
            ("isNull", _) => Ok(Test::Empty(column, *value == Value::Boolean(true))),
            (_, Some(comparison)) => Ok(Test::Compare(column, comparison, text(value)?.into())),
            _ => Err(unknown(name)),
        }
    }
}

/// Names and titles: the column holds the folded form of [`crate::graph::fold`].
pub(in crate::graph) struct Text;

impl Kind for Text {
    fn input() -> String {
        "TextFilter".to_owned()
    }
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>) {
        let string = || "String".to_owned();
        (
            "Ways in which to filter by a name or title, without regard to case and diacritics.".to_owned(),
            vec![
                ("eq", string(), "Is this."),
                ("in", "[String!]".to_owned(), "Is one of these."),
                ("contains", string(), "Contains this."),
                ("startsWith", string(), "Starts with this."),
            ],
        )
    }
    fn test(column: &'static str, name: &str, value: &Value) -> Result<Test> {
        let folded = |value: &Value| text(value).map(|t| fold(&t));
        let contains = |value: &Value| -> Result<Test> {
            let escaped = folded(value)?.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            Ok(Test::Compare(column, " LIKE ", format!("%{escaped}%").into()))
        };
        // A range, which an index serves whatever its bounds; a pattern is served only if it is known when planning.
        let starts_with = |value: &Value| -> Result<Test> {
            let prefix = folded(value)?;
            let end = behind(&prefix).map(|end| Test::Compare(column, " < ", end.into()));
            Ok(Test::All([Test::Compare(column, " >= ", prefix.into())].into_iter().chain(end).collect()))
        };
        match name {
            "eq" => Ok(Test::Compare(column, " = ", folded(value)?.into())),
            "in" => Ok(Test::Texts(column, values(value, folded)?)),
            "contains" => contains(value),
            "startsWith" => starts_with(value),
            _ => Err(unknown(name)),
        }
    }
}

/// The first text, by code points, behind all that start with `prefix`; nothing, if there is none.
fn behind(prefix: &str) -> Option<String> {
    let last = prefix.chars().next_back()?;
    let rest = &prefix[..prefix.len() - last.len_utf8()];
    match (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
        Some(next) => Some(format!("{rest}{next}")),
        None => behind(rest),
    }
}

/// Whole numbers.
pub(in crate::graph) struct Integer;

impl Kind for Integer {
    fn input() -> String {
        "IntFilter".to_owned()
    }
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>) {
        numbers("Ways in which to filter by a whole number.", "Int")
    }
    fn test(column: &'static str, name: &str, value: &Value) -> Result<Test> {
        number(column, name, value, |n| n.as_i64().map(Into::into))
    }
}

/// Numbers with a fraction.
pub(in crate::graph) struct Real;

impl Kind for Real {
    fn input() -> String {
        "FloatFilter".to_owned()
    }
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>) {
        numbers("Ways in which to filter by a number.", "Float")
    }
    fn test(column: &'static str, name: &str, value: &Value) -> Result<Test> {
        number(column, name, value, |n| n.as_f64().map(Into::into))
    }
}

fn numbers(description: &str, ty: &str) -> (String, Vec<(&'static str, String, &'static str)>) {
    (
        description.to_owned(),
        vec![
            ("eq", ty.to_owned(), "Is this."),
            ("gt", ty.to_owned(), "Is more than this."),
            ("gte", ty.to_owned(), "Is this or more."),
            ("lt", ty.to_owned(), "Is less than this."),
            ("lte", ty.to_owned(), "Is this or less."),
            ("isNull", "Boolean".to_owned(), "Is not known, or is."),
        ],
    )
}

fn number(
    column: &'static str,
    name: &str,
    value: &Value,
    read: impl Fn(&async_graphql::Number) -> Option<sea_orm::Value>,
) -> Result<Test> {
    if name == "isNull" {
        return Ok(Test::Empty(column, *value == Value::Boolean(true)));
    }
    let comparison = comparison(name).ok_or_else(|| unknown(name))?;
    match value {
        Value::Number(n) => read(n).map(|n| Test::Compare(column, comparison, n)),
        _ => None,
    }
    .ok_or_else(|| Error::input(Code::InvalidArgument, format!("{value} is no such number")))
}

/// Yes or no.
pub(in crate::graph) struct Boolean;

impl Kind for Boolean {
    fn input() -> String {
        "BooleanFilter".to_owned()
    }
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>) {
        ("Ways in which to filter by yes or no.".to_owned(), vec![("eq", "Boolean".to_owned(), "Is this.")])
    }
    fn test(column: &'static str, name: &str, value: &Value) -> Result<Test> {
        match (name, value) {
            ("eq", Value::Boolean(b)) => Ok(Test::Compare(column, " = ", (*b).into())),
            _ => Err(unknown(name)),
        }
    }
}

/// Values of a vocabulary.
pub(in crate::graph) struct Word<V>(std::marker::PhantomData<V>);

impl<V: Vocabulary + Leaf> Kind for Word<V> {
    fn input() -> String {
        format!("{}Filter", V::NAME)
    }
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>) {
        (
            format!("Ways in which to filter by {}.", V::NAME),
            vec![
                ("eq", V::NAME.to_owned(), "Is this."),
                ("in", format!("[{}!]", V::NAME), "Is one of these."),
                ("isNull", "Boolean".to_owned(), "Is not known, or is."),
            ],
        )
    }
    fn register_more(types: &mut Types) {
        V::register(types);
    }
    fn test(column: &'static str, name: &str, value: &Value) -> Result<Test> {
        let word = |value: &Value| -> Result<String> {
            let name = text(value)?;
            V::from_word(&name.to_ascii_lowercase())
                .map(|v| v.word().to_owned())
                .ok_or_else(|| Error::input(Code::InvalidArgument, format!("{name} is no {}", V::NAME)))
        };
        match name {
            "eq" => Ok(Test::Compare(column, " = ", word(value)?.into())),
            "in" => Ok(Test::Texts(column, values(value, word)?)),
            "isNull" => Ok(Test::Empty(column, *value == Value::Boolean(true))),
            _ => Err(unknown(name)),
        }
    }
}

/// Reads the global id of a record of one of `kinds`, as the kind and the id.
pub(in crate::graph) fn record_id(value: &Value, kinds: &[&'static str]) -> Result<(&'static str, Uuid)> {
    global_id(&text(value)?, kinds)
}

/// Reads the global id of a record of one of `kinds`.
pub(in crate::graph) fn id(value: &Value, kinds: &[&'static str]) -> Result<Uuid> {
    record_id(value, kinds).map(|(_, id)| id)
}

/// Takes the global id of a record of one of `kinds` apart.
pub(in crate::graph) fn global_id(global: &str, kinds: &[&'static str]) -> Result<(&'static str, Uuid)> {
    let example = kinds.first().unwrap_or(&"city");
    let wrong = |why: &str| {
        let message = format!("{global:?} is no id {why}: an id looks like {example}_01jx5p7zk3e9tb5h4yq6v8m2nd");
        Error::input(Code::InvalidId, message)
    };
    let (prefix, id) = parse_type_id(global).ok_or_else(|| wrong("of this graph"))?;
    match kinds.iter().find(|kind| **kind == prefix) {
        Some(kind) => Ok((kind, id)),
        None => Err(wrong(&format!("of a {}", kinds.join(" or ")))),
    }
}

/// The input type of ids; the kind of record is given with the predicate.
pub(in crate::graph) fn ids(
    name: &str,
    description: &str,
    column: &'static str,
    kinds: &'static [&'static str],
) -> Predicate {
    let register = |types: &mut Types| {
        types.add("IdFilter", || {
            let field = |name: &str, ty: &str, description: &str| {
                let mut meta = MetaInputValue::new(name, ty);
                meta.description = Some(description.to_owned());
                (name.to_owned(), meta)
            };
            let fields = IndexMap::from([field("eq", "ID", "Is this."), field("in", "[ID!]", "Is one of these.")]);
            InputObjectBuilder::new("IdFilter", fields)
                .description(Some("Ways in which to filter by an id.".to_owned()))
                .build()
        });
    };
    Predicate::new(name, description, "IdFilter", register, move |value, _| {
        let mut tests = Vec::new();
        for (name, value) in object(value)? {
            if !matches!(value, Value::Null) {
                tests.push(Test::Ids(column, values(value, |v| id(v, kinds))?));
                if !matches!(name.as_str(), "eq" | "in") {
                    return Err(unknown(name));
                }
            }
        }
        Ok(Test::All(tests))
    })
}

/// Dates, by the columns of their earliest and their latest day.
pub(in crate::graph) fn dates(
    name: &str,
    description: &str,
    earliest: &'static str,
    latest: &'static str,
) -> Predicate {
    let register = |types: &mut Types| {
        types.add("DateFilter", || {
            let field = |name: &str, ty: &str, description: &str| {
                let mut meta = MetaInputValue::new(name, ty);
                meta.description = Some(description.to_owned());
                (name.to_owned(), meta)
            };
            let fields = IndexMap::from([
                field("possiblyWithin", "String", "May lie within this date, written as EDTF: a day `2019-09-24`, a month `2019-09`, a year `2019`, an interval `2018/2019-06`, `../2005` or `2019/..`."),
                field("certainlyWithin", "String", "Lies within this date, written as EDTF, whatever it may mean."),
                field("isNull", "Boolean", "Is not known, or is."),
            ]);
            InputObjectBuilder::new("DateFilter", fields)
                .description(Some("Ways in which to filter by a date. An unknown date lies within none.".to_owned()))
                .build()
        });
    };
    Predicate::new(name, description, "DateFilter", register, move |value, _| {
        let day = |column, comparison, day: edtf::Day| Test::Compare(column, comparison, day.into());
        let mut tests = Vec::new();
        for (name, value) in object(value)? {
            let within = |value: &Value| text(value).and_then(|t| edtf::Date::parse(&t));
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("possiblyWithin", value) => {
                    let range = within(value)?;
                    tests.push(day(earliest, " <= ", range.latest));
                    tests.push(day(latest, " >= ", range.earliest));
                }
                ("certainlyWithin", value) => {
                    let range = within(value)?;
                    // An unknown date is an empty interval, which lies within everything; its latest day is the least.
                    tests.push(day(latest, " <= ", range.latest));
                    tests.push(day(latest, " >= ", range.earliest.max(edtf::BEGINNING)));
                    tests.push(day(earliest, " >= ", range.earliest));
                }
                ("isNull", value) => {
                    let comparison = if *value == Value::Boolean(true) { " = " } else { " < " };
                    tests.push(day(earliest, comparison, edtf::UNKNOWN_EARLIEST));
                }
                (name, _) => return Err(unknown(name)),
            }
        }
        Ok(Test::All(tests))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::behind;

    proptest! {
        /// What starts with a prefix lies between it and what is behind it, and nothing else does.
        #[test]
        fn a_range_is_a_prefix(prefix in "[a-c\u{d7ff}\u{10ffff}]{0,3}", text in "[a-d\u{d7ff}\u{e000}\u{10ffff}]{0,4}") {
            let within = text >= prefix && behind(&prefix).is_none_or(|end| text < end);
            prop_assert_eq!(within, text.starts_with(&prefix));
        }
    }
}
