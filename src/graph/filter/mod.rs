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

mod kinds;

pub(super) use self::kinds::{
    Boolean, Integer, Real, Text, Verbatim, Word, column, dates, global_id, id, ids, record_id,
};
use crate::{
    db::Sql,
    error::{Code, Error, Result},
    graph::types::Types,
};

/// How deeply filters may be nested; deeper ones are refused.
const MAX_DEPTH: usize = 8;
/// How many conditions are joined one by one; more are joined by halves.
const SHALLOW: usize = 32;

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
                sql.column(alias, column).push(comparison).bind(value.clone());
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
                sql.column(alias, column).push(if *empty { " IS NULL" } else { " IS NOT NULL" });
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
                sql.push(" WHERE ").column(&inner, "audience").push(" <= ").bind(clearance).push(" AND ");
                test.write(sql, &inner, clearance);
                sql.push(")");
            }
            Self::Some(link, table, test) => {
                let inner = deeper(alias);
                sql.push("EXISTS (SELECT 1 FROM \"").push(table).push("\" AS ").push(&inner).push(" WHERE ");
                link.write(sql, &inner, &format!("{alias}.\"id\""));
                sql.push(" AND ").column(&inner, "audience").push(" <= ").bind(clearance).push(" AND ");
                test.write(sql, &inner, clearance);
                sql.push(")");
            }
        }
    }

    fn write_joined(tests: &[Self], joint: &str, empty: &str, sql: &mut Sql, alias: &str, clearance: i16) {
        if tests.is_empty() {
            sql.push(empty);
            return;
        }
        sql.push("(");
        if tests.len() > SHALLOW {
            // SQLite refuses expressions that are a thousand operators deep.
            let (first, second) = tests.split_at(tests.len() / 2);
            Self::write_joined(first, joint, empty, sql, alias, clearance);
            sql.push(joint);
            Self::write_joined(second, joint, empty, sql, alias, clearance);
            sql.push(")");
            return;
        }
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
        Self { name: name.into(), description: description.into(), ty: ty.into(), register, read: Box::new(read) }
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
        fields.extend(predicates.iter().map(|p| field(&p.name, p.ty.clone(), &p.description)));
        InputObjectBuilder::new(name, fields).description(Some(description.to_owned())).build()
    });
}

/// Reads a filter with these predicates.
pub(super) fn read(value: &Value, predicates: &[Predicate], graph: &'static super::Graph) -> Result<Test> {
    read_at(value, predicates, Scope { graph, depth: 0 })
}

pub(super) fn read_at(value: &Value, predicates: &[Predicate], scope: Scope) -> Result<Test> {
    let scope = Scope { depth: scope.depth + 1, ..scope };
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
            "and" => Test::All(list(value).map(|v| read_at(v, predicates, scope)).collect::<Result<_>>()?),
            "or" => Test::Any(list(value).map(|v| read_at(v, predicates, scope)).collect::<Result<_>>()?),
            "not" => Test::Not(Box::new(read_at(value, predicates, scope)?)),
            _ => {
                let predicate = predicates.iter().find(|p| p.name == name).ok_or_else(|| unknown(name))?;
                (predicate.read)(value, scope)?
            }
        });
    }
    Ok(Test::All(tests))
}

fn unknown(name: &str) -> Error {
    Error::input(Code::InvalidArgument, format!("{name:?} is not a part of this filter"))
}

fn object(value: &Value) -> Result<&IndexMap<async_graphql::Name, Value>> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::input(Code::InvalidArgument, format!("{value} is no filter: write an object"))),
    }
}

/// The items of a list; GraphQL takes one value for a list of one.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::List(items) => items.iter(),
        one => std::slice::from_ref(one).iter(),
    }
}
