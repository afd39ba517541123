//! Filters: what clients may ask of a list, as conditions in SQL.
//!
//! A filter is a conjunction of conditions and of `and`, `or`, `not`. Each attribute of a record type offers the conditions
//! of its kind ([`operator`]); relations offer the conditions of the records that they lead to.
//!
//! A part that says nothing, such as a condition whose variable was not given, is left out together with everything around it
//! that says nothing else. A filter that is written as empty is different: below a relation, it asks for a related record.

mod any_name;
mod any_text;
mod date;
mod disputed;
mod identifier;
mod issue;
mod number;
mod operator;
mod period;
mod place;
mod several_types;
mod words;

use async_graphql::{Name, Value};
use sea_orm::{
    DbBackend, ExprTrait,
    sea_query::{Expr, Func, Query, SelectStatement},
};

pub use self::{
    any_name::ANY_NAME,
    any_text::{ANY_TEXT, any_text_input},
    date::MAX_LISTED,
    disputed::IS_DISPUTED,
    identifier::{IDENTIFIER, identifier_input},
    issue::{ONE_OF, QUALITY_ISSUE, SCANS_OF_ISSUE, has_issue, issue_input},
    number::decimal_input,
    operator::{ANNIVERSARY_WITHIN, Operand, OperatorInput, boolean_input, text},
    period::{DURING, period_input},
    place::{AREA, COORDINATES, NEAR, Near, coordinates_inputs},
    several_types::global_id,
};
pub(super) use self::{
    period::{as_of, possibly_overlap},
    place::versine_of,
};
use super::{
    link::{self, is_linked},
    statement::{TABLES, column},
};
use crate::{
    error::{Code, Error, Result},
    model::{AttributeKind, DateColumns, Group, Link, Model, RecordType},
};

/// How deeply filters may be nested.
const MAX_DEPTH: usize = TABLES.len() - 1;
/// The alias of the table of all records.
const RECORD: &str = "r";
/// The largest number of conditions in one row; more are joined by halves, because `SQLite` refuses expressions that are a
/// thousand operators deep.
const MAX_ROW: usize = 32;

/// What reading a filter needs to know.
#[derive(Clone, Copy)]
pub struct FilterScope {
    /// All record types.
    pub model: &'static Model,
    /// The database that the condition is for.
    pub backend: DbBackend,
    /// The rank of the viewer's clearance: a filter never looks at records that the viewer may not see.
    pub rank: i16,
}

/// The condition of a filter on the records of a type, whose table has the alias of depth 0; `None` if it says nothing.
pub fn read(scope: FilterScope, record: &RecordType, filter: &Value) -> Result<Option<Expr>> {
    Reader { scope, depth: 0, nesting: 0 }.filter(record, filter).map_err(|error| error.shown("filter"))
}

/// The condition of a filter on the records of a group, for those of one member; `None` if it says nothing.
pub fn read_for_member(scope: FilterScope, group: &Group, record: &RecordType, filter: &Value) -> Result<Option<Expr>> {
    let reader = Reader { scope, depth: 0, nesting: 0 };
    reader.of_group(&group.members, record, filter).map_err(|error| error.shown("filter"))
}

/// The ids of the records of a table that the viewer may see, and that pass a filter on records of all types; `None` if it says
/// nothing.
pub(super) fn ids_that_pass(
    scope: FilterScope,
    table: &'static str,
    filter: &Value,
) -> Result<Option<SelectStatement>> {
    let Some(group) = scope.model.group(Group::RECORD) else { return Ok(None) };
    let Some(passes) = read_for_member(scope, group, scope.model.record_type(table), filter)? else { return Ok(None) };
    let mut ids = Query::select();
    ids.column((TABLES[0], "id")).from_as(table, TABLES[0]);
    ids.and_where(is_visible(TABLES[0], scope.rank)).and_where(passes);
    Ok(Some(ids))
}

/// The condition of a filter by a date on the records of a type, whose table has the alias of depth 0; `None` if it says
/// nothing.
pub fn read_date(scope: FilterScope, date: DateColumns, filter: &Value) -> Result<Option<Expr>> {
    let condition = |operator: &str, value: &Value| {
        Ok(Some(Operand::Date(date).condition(scope.backend, TABLES[0], operator, value)?))
    };
    each(filter, condition).map(non_empty).map_err(|error| error.shown("date"))
}

/// An error, and where in the filter it is.
struct Misplaced {
    /// The innermost step first.
    path: Vec<String>,
    error: Error,
}

impl From<Error> for Misplaced {
    fn from(error: Error) -> Self {
        Self { path: Vec::new(), error }
    }
}

impl Misplaced {
    fn within(mut self, step: impl Into<String>) -> Self {
        self.path.push(step.into());
        self
    }

    /// The error, with the place in an argument in its message.
    fn shown(self, argument: &str) -> Error {
        let Error::Input(code, message) = self.error else { return self.error };
        let place: String = self.path.into_iter().rev().collect();
        Error::input(code, format!("{message} (at `{argument}{place}`)"))
    }
}

/// A condition, or `None` for a part of a filter that says nothing: it changes nothing, wherever it stands.
type Read = Result<Option<Expr>, Misplaced>;

#[derive(Clone, Copy)]
struct Reader {
    scope: FilterScope,
    /// The number of relations around this filter: which alias its table has.
    depth: usize,
    /// The number of filters around this filter.
    nesting: usize,
}

impl Reader {
    /// The reader of a filter inside of this one.
    fn nested(self) -> Result<Self> {
        let inner = Self { nesting: self.nesting + 1, ..self };
        if inner.nesting > MAX_DEPTH {
            let message = format!("the filter is nested more than {MAX_DEPTH} levels deep");
            return Err(Error::input(Code::InvalidArgument, message));
        }
        Ok(inner)
    }

    fn filter(self, record: &RecordType, filter: &Value) -> Read {
        self.nested()?.combine(filter, &|inner, name, value| inner.attribute(record, name, value))
    }

    /// The conjunction of the fields of a filter; an empty filter matches everything. `one` reads the fields that are not
    /// `and`, `or` and `not`.
    fn combine(self, filter: &Value, one: &dyn Fn(Self, &str, &Value) -> Read) -> Read {
        let inner = |filter: &Value| self.nested()?.combine(filter, one);
        let items = |filters: &Value| {
            let read = |(index, filter)| inner(filter).map_err(|error| error.within(format!("[{index}]")));
            list(filters).enumerate().map(read).collect::<Result<Vec<_>, _>>()
        };
        let condition = |name: &str, value: &Value| match name {
            "and" => Ok(joined(items(value)?, all)),
            "or" => Ok(joined(items(value)?, any)),
            "not" => Ok(inner(value)?.map(not)),
            _ => one(self, name, value),
        };
        Ok(joined(each(filter, condition)?, all))
    }

    fn alias(self) -> &'static str {
        TABLES[self.depth]
    }

    fn attribute(self, record: &RecordType, name: &str, value: &Value) -> Read {
        if let (ANY_NAME, Some(folded)) = (name, record.folded_name()) {
            return self.any_name(record, folded, value);
        }
        if name == ANY_TEXT {
            return self.any_text(record, value);
        }
        if name == IDENTIFIER {
            return self.identifier(value);
        }
        if let (DURING, Some(period)) = (name, &record.period) {
            return self.during(period, value);
        }
        if let (COORDINATES, Some(_)) = (name, &record.coordinates) {
            return self.coordinates(record, value);
        }
        if let (IS_DISPUTED, Some(claims)) = (name, &self.scope.model.claims) {
            return self.is_disputed(claims, value);
        }
        if let (QUALITY_ISSUE, Some(issues)) = (name, self.scope.model.issues()) {
            return self.quality_issue(record, issues, value);
        }
        let attribute = record.attribute(name).filter(|attribute| attribute.is_filterable);
        let attribute = attribute.ok_or_else(|| unknown(name))?;
        match &attribute.kind {
            AttributeKind::ToOne(to_one) => {
                let target = self.scope.model.record_type(to_one.target);
                let records = self.related(target, |inner| inner.filter(target, value))?;
                Ok(records.map(|records| column(self.alias(), to_one.column.name).in_subquery(records)))
            }
            AttributeKind::ToAny(to_any) => self.any_reference(to_any, value),
            AttributeKind::ToMany(to_many) => {
                let target = self.scope.model.record_type(to_many.target);
                let quantified = |quantifier: &str, value: &Value| {
                    let some = |negate: bool| {
                        let passes = |inner: Self| {
                            let passes = inner.filter(target, value)?;
                            Ok(if negate { passes.map(not) } else { passes })
                        };
                        self.linked(to_many.link, target, passes)
                    };
                    Ok(match quantifier {
                        "some" => some(false)?,
                        "none" => some(false)?.map(ExprTrait::not),
                        "every" => some(true)?.map(ExprTrait::not),
                        _ => return Err(unknown(quantifier).into()),
                    })
                };
                Ok(non_empty(each(value, quantified)?))
            }
            kind => {
                // Everything that is no relation has an operand.
                let operand = Operand::of(record, kind).ok_or_else(|| unknown(name))?;
                let condition = |operator: &str, value: &Value| {
                    Ok(Some(operand.condition(self.scope.backend, self.alias(), operator, value)?))
                };
                Ok(non_empty(each(value, condition)?))
            }
        }
    }

    /// The ids of the visible records of a type that pass.
    fn related(
        self,
        target: &RecordType,
        passes: impl FnOnce(Self) -> Read,
    ) -> Result<Option<SelectStatement>, Misplaced> {
        let inner = Self { depth: self.depth + 1, ..self };
        let Some(passes) = passes(inner)? else { return Ok(None) };
        let mut records = Query::select();
        records.column((inner.alias(), "id")).from_as(target.table, inner.alias());
        records.and_where(inner.is_visible()).and_where(passes);
        Ok(Some(records))
    }

    /// A link joins a visible record that passes to the record.
    fn linked(self, link: Link, target: &RecordType, passes: impl FnOnce(Self) -> Read) -> Read {
        if let Link::Any(_) = link {
            // By each of the links, the records that it joins are found by what passes.
            let Some(records) = self.related(target, passes)? else { return Ok(None) };
            let is_related = |id: Expr| id.in_subquery(records.clone());
            let parents = link::parents(link, self.scope.rank, &is_related);
            return Ok(Some(column(self.alias(), "id").in_subquery(parents)));
        }
        let inner = Self { depth: self.depth + 1, ..self };
        let Some(passes) = passes(inner)? else { return Ok(None) };
        let mut records = Query::select();
        records.expr(Expr::Constant(1.into())).from_as(target.table, inner.alias());
        records.and_where(is_linked(link, inner.alias(), &column(self.alias(), "id"), self.scope.rank));
        records.and_where(inner.is_visible()).and_where(passes);
        Ok(Some(exists(records)))
    }

    fn is_visible(self) -> Expr {
        is_visible(self.alias(), self.scope.rank)
    }
}

/// Whether a viewer of a rank may see the record of an alias.
pub(super) fn is_visible(alias: &'static str, rank: i16) -> Expr {
    column(alias, "audience").lte(rank)
}

/// Reads each field of an input object.
fn each(value: &Value, read: impl Fn(&str, &Value) -> Read) -> Result<Vec<Option<Expr>>, Misplaced> {
    let Value::Object(fields) = value else {
        let message = format!("{value} is not a filter: expected an object");
        return Err(Error::input(Code::InvalidArgument, message).into());
    };
    let read = |(name, value): (&Name, &Value)| {
        let condition = if *value == Value::Null { Err(null(name).into()) } else { read(name, value) };
        condition.map_err(|error| error.within(format!(".{name}")))
    };
    fields.iter().map(read).collect()
}

/// `null` is no condition, and could be taken for one.
fn null(name: &str) -> Error {
    let message = format!(
        "`{name}` is null: leave it out to set no condition. To find records without a value, use `isNull: true`, and for \
         relations `not` with an empty filter, such as `not: {{city: {{}}}}`"
    );
    Error::input(Code::InvalidArgument, message)
}

/// Joins the conditions that say something: `None` if there are others only.
fn joined(conditions: Vec<Option<Expr>>, join: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
    let is_empty = conditions.is_empty();
    let conditions: Vec<_> = conditions.into_iter().flatten().collect();
    (is_empty || !conditions.is_empty()).then(|| join(conditions))
}

/// The same for the operators of a condition. Without an operator, it says nothing.
fn non_empty(conditions: Vec<Option<Expr>>) -> Option<Expr> {
    if conditions.is_empty() { None } else { joined(conditions, all) }
}

/// The conjunction of conditions; nothing is said if there are none.
fn conjunction(conditions: impl Iterator<Item = Read>) -> Read {
    Ok(non_empty(conditions.collect::<Result<_, _>>()?))
}

/// The items of a list; GraphQL accepts one value for a list of one.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::List(items) => items.iter(),
        one => std::slice::from_ref(one).iter(),
    }
}

fn unknown(name: &str) -> Error {
    Error::input(Code::InvalidArgument, format!("the filter has no field {name:?}"))
}

/// The query finds something. With a limit, SQLite leaves it where it is: it joins other queries to the one outside, and then
/// finds too little if their conditions use several indexes (SQLite 3.51).
fn exists(mut query: SelectStatement) -> Expr {
    query.limit(1);
    Expr::exists(query)
}

/// A condition that never holds.
fn never() -> Expr {
    Expr::Constant(false.into())
}

/// All conditions hold.
pub(super) fn all(conditions: Vec<Expr>) -> Expr {
    join(conditions, &|left, right| left.and(right)).unwrap_or(Expr::Constant(true.into()))
}

/// At least one condition holds.
pub(super) fn any(conditions: Vec<Expr>) -> Expr {
    join(conditions, &|left, right| left.or(right)).unwrap_or_else(never)
}

fn join(mut conditions: Vec<Expr>, operator: &dyn Fn(Expr, Expr) -> Expr) -> Option<Expr> {
    if conditions.len() > MAX_ROW {
        let second = conditions.split_off(conditions.len() / 2);
        return Some(operator(join(conditions, operator)?, join(second, operator)?));
    }
    conditions.into_iter().reduce(operator)
}

/// The condition does not hold. A comparison with a missing value is unknown in SQL: what is not known to hold does not
/// hold.
fn not(condition: Expr) -> Expr {
    Expr::from(Func::coalesce([condition, Expr::Constant(false.into())])).not()
}
