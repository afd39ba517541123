//! Filters: what clients may ask of a list, as input types and as SQL.
//!
//! A filter is a conjunction of predicates and of `and`, `or`, `not`. Each predicate is described once, by the slice, in
//! terms of a column or of a relation; what it means for a kind of value is said here.

use async_graphql::{
    Value,
    registry::{InputObjectBuilder, MetaInputValue},
};
use indexmap::IndexMap;
use uuid::Uuid;

use crate::{
    db::{Sql, Vocabulary, parse_type_id},
    edtf,
    error::{Code, Error, Result},
    graph::types::Types,
};

/// How deeply filters may be nested; deeper ones are refused.
const MAX_DEPTH: usize = 8;
/// How many values a list in a filter may have.
const MAX_VALUES: usize = 1000;

/// A condition on a row, checked and ready to be written as SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// All of these hold.
    All(Vec<Test>),
    /// One of these holds.
    Any(Vec<Test>),
    /// This does not hold.
    Not(Box<Test>),
    /// A column compares with a value.
    Compare(&'static str, &'static str, sea_orm::Value),
    /// A column has one of these texts.
    Texts(&'static str, Vec<String>),
    /// A column has one of these ids.
    Ids(&'static str, Vec<Uuid>),
    /// A column is empty, or is not.
    Empty(&'static str, bool),
    /// The row that a column refers to passes.
    Refers(&'static str, &'static str, Box<Test>),
    /// Some row of another table, which hangs on this one, passes.
    Some(super::Link, &'static str, Box<Test>),
}

impl Test {
    /// Appends the condition on the row of the table's alias, as a viewer may see rows with at most `clearance`.
    pub(super) fn write(&self, sql: &mut Sql, alias: &str, clearance: i16) {
        match self {
            Self::All(tests) => Self::write_joined(tests, " AND ", "TRUE", sql, alias, clearance),
            Self::Any(tests) => Self::write_joined(tests, " OR ", "FALSE", sql, alias, clearance),
            Self::Not(test) => {
                // A comparison with an empty column is unknown: what is not known to hold does not hold.
                sql.push("NOT COALESCE(");
                test.write(sql, alias, clearance);
                sql.push(", FALSE)");
            }
            Self::Compare(column, comparison, value) => {
                sql.column(alias, column)
                    .push(comparison)
                    .bind(value.clone());
                if *comparison == " LIKE " {
                    sql.push(" ESCAPE '\\'");
                }
            }
            Self::Texts(column, texts) => {
                sql.column(alias, column).in_texts(texts);
            }
            Self::Ids(column, ids) => {
                sql.column(alias, column).in_ids(ids);
            }
            Self::Empty(column, empty) => {
                sql.column(alias, column)
                    .push(if *empty { " IS NULL" } else { " IS NOT NULL" });
            }
            Self::Refers(column, table, test) => {
                let inner = deeper(alias);
                sql.column(alias, column)
                    .push(" IN (SELECT ")
                    .column(&inner, "id")
                    .push(" FROM \"")
                    .push(table)
                    .push("\" AS ")
                    .push(&inner);
                sql.push(" WHERE ")
                    .column(&inner, "audience")
                    .push(" <= ")
                    .bind(clearance)
                    .push(" AND ");
                test.write(sql, &inner, clearance);
                sql.push(")");
            }
            Self::Some(link, table, test) => {
                let inner = deeper(alias);
                sql.push("EXISTS (SELECT 1 FROM \"")
                    .push(table)
                    .push("\" AS ")
                    .push(&inner)
                    .push(" WHERE ");
                link.write(sql, &inner, &format!("{alias}.\"id\""));
                sql.push(" AND ")
                    .column(&inner, "audience")
                    .push(" <= ")
                    .bind(clearance)
                    .push(" AND ");
                test.write(sql, &inner, clearance);
                sql.push(")");
            }
        }
    }

    fn write_joined(
        tests: &[Self],
        joint: &str,
        empty: &str,
        sql: &mut Sql,
        alias: &str,
        clearance: i16,
    ) {
        if tests.is_empty() {
            sql.push(empty);
            return;
        }
        sql.push("(");
        for (i, test) in tests.iter().enumerate() {
            if i > 0 {
                sql.push(joint);
            }
            test.write(sql, alias, clearance);
        }
        sql.push(")");
    }
}

/// The alias of a table one level further in: `c`, `cc`, `ccc`, …
fn deeper(alias: &str) -> String {
    format!("{alias}c")
}

/// A predicate of a filter.
pub struct Predicate {
    pub(super) name: String,
    description: String,
    ty: String,
    /// The types that the predicate needs.
    register: fn(&mut Types),
    read: Box<dyn Fn(&Value, Scope) -> Result<Test> + Send + Sync>,
}

/// Where a filter is being read.
#[derive(Clone, Copy)]
pub struct Scope {
    pub(super) graph: &'static super::Graph,
    depth: usize,
}

impl Predicate {
    pub(super) fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        ty: impl Into<String>,
        register: fn(&mut Types),
        read: impl Fn(&Value, Scope) -> Result<Test> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            ty: ty.into(),
            register,
            read: Box::new(read),
        }
    }
}

/// Makes the input type of a filter with these predicates known.
pub(super) fn register(types: &mut Types, name: &str, description: &str, predicates: &[Predicate]) {
    let field = |name: &str, ty: String, description: &str| {
        let mut meta = MetaInputValue::new(name, ty);
        meta.description = Some(description.to_owned());
        (name.to_owned(), meta)
    };
    for predicate in predicates {
        (predicate.register)(types);
    }
    types.add(name, || {
        let mut fields = IndexMap::from([
            field("and", format!("[{name}!]"), "All of these hold."),
            field("or", format!("[{name}!]"), "At least one of these holds."),
            field("not", name.to_owned(), "This does not hold."),
        ]);
        fields.extend(
            predicates
                .iter()
                .map(|p| field(&p.name, p.ty.clone(), &p.description)),
        );
        InputObjectBuilder::new(name, fields)
            .description(Some(description.to_owned()))
            .build()
    });
}

/// Reads a filter with these predicates.
pub(super) fn read(
    value: &Value,
    predicates: &[Predicate],
    graph: &'static super::Graph,
) -> Result<Test> {
    read_at(value, predicates, Scope { graph, depth: 0 })
}

pub(super) fn read_at(value: &Value, predicates: &[Predicate], scope: Scope) -> Result<Test> {
    let scope = Scope {
        depth: scope.depth + 1,
        ..scope
    };
    if scope.depth > MAX_DEPTH {
        return Err(Error::input(
            Code::InvalidArgument,
            format!("the filter is nested more than {MAX_DEPTH} levels deep"),
        ));
    }
    let mut tests = Vec::new();
    for (name, value) in object(value)? {
        let name = name.as_str();
        if matches!(value, Value::Null) {
            continue;
        }
        tests.push(match name {
            "and" => Test::All(
                list(value)
                    .map(|v| read_at(v, predicates, scope))
                    .collect::<Result<_>>()?,
            ),
            "or" => Test::Any(
                list(value)
                    .map(|v| read_at(v, predicates, scope))
                    .collect::<Result<_>>()?,
            ),
            "not" => Test::Not(Box::new(read_at(value, predicates, scope)?)),
            _ => {
                let predicate = predicates
                    .iter()
                    .find(|p| p.name == name)
                    .ok_or_else(|| unknown(name))?;
                (predicate.read)(value, scope)?
            }
        });
    }
    Ok(Test::All(tests))
}

fn unknown(name: &str) -> Error {
    Error::input(
        Code::InvalidArgument,
        format!("{name:?} is not a part of this filter"),
    )
}

fn object(value: &Value) -> Result<&IndexMap<async_graphql::Name, Value>> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::input(
            Code::InvalidArgument,
            format!("{value} is no filter: write an object"),
        )),
    }
}

/// The items of a list; GraphQL takes one value for a list of one.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::List(items) => items.iter(),
        one => std::slice::from_ref(one).iter(),
    }
}

/// What a kind of value can be asked.
pub(super) trait Kind {
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
            InputObjectBuilder::new(name, fields)
                .description(Some(description))
                .build()
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
pub(super) fn column<K: Kind + 'static>(
    name: &str,
    description: &str,
    column: &'static str,
) -> Predicate {
    Predicate::new(
        name,
        description,
        K::input(),
        K::register,
        move |value, _| K::read(column, value),
    )
}

fn text(value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Enum(name) => Ok(name.to_string()),
        _ => Err(Error::input(
            Code::InvalidArgument,
            format!("{value} is no text"),
        )),
    }
}

fn values<T>(value: &Value, read: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    let values = list(value).map(read).collect::<Result<Vec<_>>>()?;
    if values.len() > MAX_VALUES {
        let message = format!(
            "a list in a filter has {} values: give at most {MAX_VALUES}",
            values.len()
        );
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
pub(super) struct Verbatim;

impl Kind for Verbatim {
    fn input() -> String {
        "StringFilter".to_owned()
    }
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>) {
        let string = || "String".to_owned();
        (
            "Ways in which to filter by a text that is compared as it is, by Unicode code points."
                .to_owned(),
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
pub(super) struct Text;

impl Kind for Text {
    fn input() -> String {
        "TextFilter".to_owned()
    }
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>) {
        let string = || "String".to_owned();
        (
            "Ways in which to filter by a name or title, without regard to case and diacritics."
                .to_owned(),
            vec![
                ("eq", string(), "Is this."),
                ("in", "[String!]".to_owned(), "Is one of these."),
                ("contains", string(), "Contains this."),
                ("startsWith", string(), "Starts with this."),
            ],
        )
    }
    fn test(column: &'static str, name: &str, value: &Value) -> Result<Test> {
        let folded = |value: &Value| text(value).map(|t| super::fold(&t));
        let pattern = |prefix: &str, value: &Value| -> Result<Test> {
            let escaped = folded(value)?
                .replace('\\', "\\\\")
                .replace('%', "\\%")
                .replace('_', "\\_");
            Ok(Test::Compare(
                column,
                " LIKE ",
                format!("{prefix}{escaped}%").into(),
            ))
        };
        match name {
            "eq" => Ok(Test::Compare(column, " = ", folded(value)?.into())),
            "in" => Ok(Test::Texts(column, values(value, folded)?)),
            "contains" => pattern("%", value),
            "startsWith" => pattern("", value),
            _ => Err(unknown(name)),
        }
    }
}

/// Whole numbers.
pub(super) struct Integer;

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
pub(super) struct Real;

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
pub(super) struct Boolean;

impl Kind for Boolean {
    fn input() -> String {
        "BooleanFilter".to_owned()
    }
    fn describe() -> (String, Vec<(&'static str, String, &'static str)>) {
        (
            "Ways in which to filter by yes or no.".to_owned(),
            vec![("eq", "Boolean".to_owned(), "Is this.")],
        )
    }
    fn test(column: &'static str, name: &str, value: &Value) -> Result<Test> {
        match (name, value) {
            ("eq", Value::Boolean(b)) => Ok(Test::Compare(column, " = ", (*b).into())),
            _ => Err(unknown(name)),
        }
    }
}

/// Values of a vocabulary.
pub(super) struct Word<V>(std::marker::PhantomData<V>);

impl<V: Vocabulary + crate::graph::leaf::Leaf> Kind for Word<V> {
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
                .ok_or_else(|| {
                    Error::input(Code::InvalidArgument, format!("{name} is no {}", V::NAME))
                })
        };
        match name {
            "eq" => Ok(Test::Compare(column, " = ", word(value)?.into())),
            "in" => Ok(Test::Texts(column, values(value, word)?)),
            "isNull" => Ok(Test::Empty(column, *value == Value::Boolean(true))),
            _ => Err(unknown(name)),
        }
    }
}

/// Reads the global id of a record of one of `kinds`.
pub(super) fn id(value: &Value, kinds: &[&'static str]) -> Result<Uuid> {
    let global = text(value)?;
    global_id(&global, kinds).map(|(_, id)| id)
}

/// Takes the global id of a record of one of `kinds` apart.
pub(super) fn global_id(global: &str, kinds: &[&'static str]) -> Result<(&'static str, Uuid)> {
    let example = kinds.first().unwrap_or(&"city");
    let wrong = |why: &str| {
        let message = format!(
            "{global:?} is no id {why}: an id looks like {example}_01jx5p7zk3e9tb5h4yq6v8m2nd"
        );
        Error::input(Code::InvalidId, message)
    };
    let (prefix, id) = parse_type_id(global).ok_or_else(|| wrong("of this graph"))?;
    match kinds.iter().find(|kind| **kind == prefix) {
        Some(kind) => Ok((kind, id)),
        None => Err(wrong(&format!("of a {}", kinds.join(" or ")))),
    }
}

/// The input type of ids; the kind of record is given with the predicate.
pub(super) fn ids(
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
            let fields = IndexMap::from([
                field("eq", "ID", "Is this."),
                field("in", "[ID!]", "Is one of these."),
            ]);
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
pub(super) fn dates(
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
    Predicate::new(
        name,
        description,
        "DateFilter",
        register,
        move |value, _| {
            let day =
                |column, comparison, day: edtf::Day| Test::Compare(column, comparison, day.into());
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
                        let comparison = if *value == Value::Boolean(true) {
                            " = "
                        } else {
                            " < "
                        };
                        tests.push(day(earliest, comparison, edtf::UNKNOWN_EARLIEST));
                    }
                    (name, _) => return Err(unknown(name)),
                }
            }
            Ok(Test::All(tests))
        },
    )
}
