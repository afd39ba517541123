//! Filters: what clients may ask of a list, as conditions in SQL.
//!
//! A filter is a conjunction of conditions and of `and`, `or`, `not`. Each attribute of a record type offers the conditions
//! of its kind ([`operator`]); relations offer the conditions of the records that they lead to.

mod operator;

use async_graphql::Value;
use sea_orm::{
    DbBackend, ExprTrait,
    sea_query::{Expr, Func, Query, SelectStatement},
};
use uuid::Uuid;

pub use self::operator::{Operand, OperatorInput};
use super::statement::{TABLES, column};
use crate::{
    db::parse_type_id,
    error::{Code, Error, Result},
    model::{AttributeKind, Link, Model, RecordType, ToAny, camel_case},
    quoted::Quoted,
};

/// How deeply filters may be nested.
const MAX_DEPTH: usize = TABLES.len() - 1;
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

/// The condition of a filter on the records of a type, whose table has the alias of depth 0.
pub fn read(scope: FilterScope, record: &RecordType, filter: &Value) -> Result<Expr> {
    Reader { scope, depth: 0, nesting: 0 }.filter(record, filter)
}

#[derive(Clone, Copy)]
struct Reader {
    scope: FilterScope,
    /// The number of relations around this filter: which alias its table has.
    depth: usize,
    /// The number of filters around this filter.
    nesting: usize,
}

impl Reader {
    fn filter(self, record: &RecordType, filter: &Value) -> Result<Expr> {
        let inner = Self { nesting: self.nesting + 1, ..self };
        if inner.nesting > MAX_DEPTH {
            let message = format!("the filter is nested more than {MAX_DEPTH} levels deep");
            return Err(Error::input(Code::InvalidArgument, message));
        }
        let mut conditions = Vec::new();
        for (name, value) in given(filter)? {
            conditions.push(match name {
                "and" => all(list(value).map(|one| inner.filter(record, one)).collect::<Result<_>>()?),
                "or" => any(list(value).map(|one| inner.filter(record, one)).collect::<Result<_>>()?),
                "not" => not(inner.filter(record, value)?),
                _ => inner.attribute(record, name, value)?,
            });
        }
        Ok(all(conditions))
    }

    fn alias(self) -> &'static str {
        TABLES[self.depth]
    }

    fn attribute(self, record: &RecordType, name: &str, value: &Value) -> Result<Expr> {
        let attribute = record.attribute(name).filter(|attribute| attribute.is_filterable);
        let attribute = attribute.ok_or_else(|| unknown(name))?;
        match &attribute.kind {
            AttributeKind::ToOne(to_one) => {
                let target = self.scope.model.record_type(to_one.target);
                let records = self.related(target, |inner| inner.filter(target, value))?;
                Ok(column(self.alias(), to_one.column.name).in_subquery(records))
            }
            AttributeKind::ToAny(to_any) => self.any_reference(to_any, value),
            AttributeKind::ToMany(to_many) => {
                let target = self.scope.model.record_type(to_many.target);
                let mut conditions = Vec::new();
                for (quantifier, value) in given(value)? {
                    let some = |negate: bool| -> Result<Expr> {
                        let records = self.linked(to_many.link, target, |inner| {
                            let passes = inner.filter(target, value)?;
                            Ok(if negate { not(passes) } else { passes })
                        })?;
                        Ok(Expr::exists(records))
                    };
                    conditions.push(match quantifier {
                        "some" => some(false)?,
                        "none" => some(false)?.not(),
                        "every" => some(true)?.not(),
                        _ => return Err(unknown(quantifier)),
                    });
                }
                Ok(all(conditions))
            }
            kind => {
                // Everything that is no relation has an operand.
                let operand = Operand::of(record, kind).ok_or_else(|| unknown(name))?;
                let conditions = given(value)?
                    .map(|(operator, value)| operand.condition(self.scope.backend, self.alias(), operator, value));
                Ok(all(conditions.collect::<Result<_>>()?))
            }
        }
    }

    fn any_reference(self, to_any: &ToAny, value: &Value) -> Result<Expr> {
        let mut conditions = Vec::new();
        for (name, value) in given(value)? {
            // Through the record itself, so that the id of a hidden record finds nothing.
            let records = if name == "id" {
                let (table, id) = global_id(&operator::text(value)?, &to_any.targets)?;
                let target = self.scope.model.record_type(table);
                self.related(target, |inner| Ok(column(inner.alias(), "id").eq(id)))?
            } else {
                let table = to_any.targets.iter().find(|table| camel_case(table) == name);
                let target = self.scope.model.record_type(table.ok_or_else(|| unknown(name))?);
                self.related(target, |inner| inner.filter(target, value))?
            };
            conditions.push(column(self.alias(), to_any.id.name).in_subquery(records));
        }
        Ok(all(conditions))
    }

    /// The ids of the visible records of a type that pass.
    fn related(self, target: &RecordType, passes: impl FnOnce(Self) -> Result<Expr>) -> Result<SelectStatement> {
        let inner = Self { depth: self.depth + 1, ..self };
        let mut records = Query::select();
        records.column((inner.alias(), "id")).from_as(target.table, inner.alias());
        records.and_where(inner.is_visible()).and_where(passes(inner)?);
        Ok(records)
    }

    /// The visible records that a link joins to the record and that pass.
    fn linked(
        self,
        link: Link,
        target: &RecordType,
        passes: impl FnOnce(Self) -> Result<Expr>,
    ) -> Result<SelectStatement> {
        let inner = Self { depth: self.depth + 1, ..self };
        let mut records = Query::select();
        records.expr(Expr::Constant(1.into())).from_as(target.table, inner.alias());
        records.and_where(is_linked(link, inner.alias(), column(self.alias(), "id")));
        records.and_where(inner.is_visible()).and_where(passes(inner)?);
        Ok(records)
    }

    fn is_visible(self) -> Expr {
        is_visible(self.alias(), self.scope.rank)
    }
}

/// Whether a viewer of a rank may see the record of an alias.
pub(super) fn is_visible(alias: &'static str, rank: i16) -> Expr {
    column(alias, "audience").lte(rank)
}

/// Whether a link joins the record of an alias to `parent`.
pub(super) fn is_linked(link: Link, alias: &'static str, parent: Expr) -> Expr {
    match link {
        Link::Column { column: key, .. } => column(alias, key).eq(parent),
        Link::Through { table, parent: from, child } => {
            const LINKS: &str = "link";
            let mut links = Query::select();
            links.column((LINKS, child)).from_as(table, LINKS).and_where(column(LINKS, from).eq(parent));
            column(alias, "id").in_subquery(links)
        }
    }
}

/// Takes a global id of a record of one of `tables` apart, into the table and the id.
pub fn global_id<'a>(global: &str, tables: &[&'a str]) -> Result<(&'a str, Uuid)> {
    let example = tables.first().filter(|_| tables.len() < 5).unwrap_or(&"city");
    let wrong = |what: &str| {
        let message = format!(
            "{} is not the id of {what}: an id looks like {example}_01jx5p7zk3e9tb5h4yq6v8m2nd",
            Quoted(global)
        );
        Error::input(Code::InvalidId, message)
    };
    // A list of all types would be long.
    let what = if tables.len() < 5 { format!("a {}", tables.join(" or ")) } else { "a record".to_owned() };
    let (table, id) = parse_type_id(global).ok_or_else(|| wrong(&what))?;
    tables.iter().find(|known| **known == table).map(|table| (*table, id)).ok_or_else(|| wrong(&what))
}

/// The fields of an input object that are not `null`.
fn given(value: &Value) -> Result<impl Iterator<Item = (&str, &Value)>> {
    let Value::Object(fields) = value else {
        let message = format!("{value} is not a filter: expected an object");
        return Err(Error::input(Code::InvalidArgument, message));
    };
    Ok(fields.iter().filter(|(_, value)| !matches!(value, Value::Null)).map(|(name, value)| (name.as_str(), value)))
}

/// The items of a list; GraphQL accepts one value for a list of one.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::List(items) => items.iter(),
        one => std::slice::from_ref(one).iter(),
    }
}

fn unknown(name: &str) -> Error {
    Error::input(Code::InvalidArgument, format!("the filter has no field {name:?}"))
}

/// All conditions hold.
fn all(conditions: Vec<Expr>) -> Expr {
    join(conditions, &|left, right| left.and(right)).unwrap_or(Expr::Constant(true.into()))
}

/// At least one condition holds.
fn any(conditions: Vec<Expr>) -> Expr {
    join(conditions, &|left, right| left.or(right)).unwrap_or(Expr::Constant(false.into()))
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
