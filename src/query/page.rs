//! Pages: which part of an ordered list a client asks for, and the cursors that say where a page ends.

use std::{cmp::Ordering, sync::Arc};

use async_graphql::Value;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{
    ExprTrait,
    sea_query::{self, Expr, Func, SelectStatement},
};
use uuid::Uuid;

use super::{
    filter::{self, FilterScope},
    projection::Row,
    statement::column,
};
use crate::{
    error::{Code, Error, Result},
    model::{DataType, Group, Order, RecordType},
    quoted::Quoted,
};

/// The number of items of a page when the client does not say.
pub const DEFAULT_SIZE: usize = 20;
/// The largest number of items of a page.
pub const MAX_SIZE: usize = 100;

/// A page of a filtered, ordered list, as a client asked for it: its records of one type.
pub struct Page {
    /// The type of the records.
    pub record: &'static RecordType,
    /// What cursors are bound to: the type, or the group, of the records of the list.
    list: &'static str,
    /// The number of items.
    pub size: usize,
    /// Whether the page is taken from the end of the list.
    pub is_backward: bool,
    /// Only items after this position.
    pub after: Option<Cursor>,
    /// Only items before this position.
    pub before: Option<Cursor>,
    /// Only items that pass.
    pub(super) filter: Option<Expr>,
    /// The order of the list.
    pub order: &'static Order,
}

/// A position in an ordered list: the value of the order, then the id.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    value: sea_orm::Value,
    id: Uuid,
}

impl Order {
    /// The expression of the order.
    fn expression(&self, alias: &'static str) -> Expr {
        let value = column(alias, self.column.name);
        match self.missing {
            None => value,
            Some(missing) => Func::coalesce([value, Expr::Constant(missing.into())]).into(),
        }
    }

    /// The value of the expression for a record.
    fn value(&self, row: &Row) -> sea_orm::Value {
        match (row.value(self.column), self.missing) {
            (sea_orm::Value::Int(None), Some(missing)) => missing.into(),
            (value, _) => value.clone(),
        }
    }

    /// Reads a value of the expression from a cursor. A cursor may be forged: a value that the database could not compare
    /// with the column is refused.
    fn read(&self, text: &str) -> Option<sea_orm::Value> {
        Some(match self.column.data_type {
            DataType::Text => text.into(),
            DataType::SmallInteger | DataType::Integer | DataType::BigInteger => text.parse::<i64>().ok()?.into(),
            DataType::Double => text.parse().ok().filter(|number: &f64| number.is_finite())?.into(),
            DataType::Uuid => Uuid::try_parse(text).ok()?.into(),
            DataType::Boolean => text.parse::<bool>().ok()?.into(),
        })
    }
}

impl Cursor {
    /// Compares positions of one order as the databases do: texts by code point, which is the order of their bytes.
    fn cmp(&self, other: &Self) -> Ordering {
        use sea_orm::Value::{BigInt, Bool, Double, Int, SmallInt, String, Uuid};
        let number = |value: &sea_orm::Value| match value {
            SmallInt(number) => number.map(i64::from),
            Int(number) => number.map(i64::from),
            BigInt(number) => *number,
            _ => None,
        };
        let by_value = match (&self.value, &other.value) {
            (String(a), String(b)) => a.cmp(b),
            (Double(Some(a)), Double(Some(b))) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Uuid(a), Uuid(b)) => a.cmp(b),
            (Bool(a), Bool(b)) => a.cmp(b),
            (a, b) => number(a).cmp(&number(b)),
        };
        by_value.then_with(|| self.id.cmp(&other.id))
    }

    /// As clients see it: opaque, and bound to its list and order.
    fn encode(&self, list: &str, order: &str) -> String {
        let value = match &self.value {
            sea_orm::Value::String(text) => text.clone().unwrap_or_default(),
            sea_orm::Value::SmallInt(Some(number)) => number.to_string(),
            sea_orm::Value::Int(Some(number)) => number.to_string(),
            sea_orm::Value::BigInt(Some(number)) => number.to_string(),
            // The shortest text that reads back as the same number.
            sea_orm::Value::Double(Some(number)) => number.to_string(),
            sea_orm::Value::Uuid(Some(id)) => id.simple().to_string(),
            sea_orm::Value::Bool(Some(value)) => value.to_string(),
            _ => String::new(),
        };
        // The value comes last: it alone may contain any character.
        URL_SAFE_NO_PAD.encode(format!("{list}:{order}:{}:{value}", self.id.simple()))
    }

    /// Reads what [`Cursor::encode`] wrote for the same list and order.
    fn decode(text: &str, list: &str, order: &Order) -> Result<Self> {
        let wrong = |why: &str| {
            let message =
                format!("{} is not a cursor of this list: {why}; pass a cursor that this list returned", Quoted(text));
            Error::input(Code::InvalidCursor, message)
        };
        let malformed = || wrong("it is malformed");
        let plain = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let plain = plain.filter(|text| !text.contains('\0')).ok_or_else(malformed)?;
        let mut parts = plain.splitn(4, ':');
        let (Some(of), Some(by), Some(id), Some(value)) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed());
        };
        if of != list {
            return Err(wrong(&format!("it belongs to a list of {}, not of {list:?}", Quoted(of))));
        }
        if by != order.name {
            return Err(wrong(&format!("it belongs to the order {}, not to {:?}", Quoted(by), order.name)));
        }
        let id = Uuid::try_parse(id).map_err(|_| malformed())?;
        Ok(Self { value: order.read(value).ok_or_else(malformed)?, id })
    }
}

impl Page {
    /// Reads the arguments of a connection. `group` is the group that the records of the list belong to, if the list has
    /// records of several types; the page is then that of the records of one type.
    pub fn read<'a>(
        scope: FilterScope,
        group: Option<&'static Group>,
        record: &'static RecordType,
        arguments: impl Iterator<Item = (&'a str, Value)>,
    ) -> Result<Self> {
        let list = group.map_or(record.table, |group| group.name);
        let (mut first, mut last, mut after, mut before) = (None, None, None, None);
        let mut order = match group.and_then(|group| group.orders.first()) {
            Some(name) => named(record, name)?,
            None => &record.orders[0],
        };
        let mut condition = None;
        for (name, value) in arguments {
            match (name, value) {
                (_, Value::Null) => {}
                ("first", value) => first = Some(size("first", &value)?),
                ("last", value) => last = Some(size("last", &value)?),
                ("after", Value::String(text)) => after = Some(text),
                ("before", Value::String(text)) => before = Some(text),
                ("orderBy", Value::Enum(name)) => order = named(record, &name)?,
                ("orderBy", Value::String(name)) => order = named(record, &name)?,
                ("filter", value) => {
                    condition = match group {
                        Some(group) => filter::read_for_member(scope, group, record, &value)?,
                        None => filter::read(scope, record, &value)?,
                    };
                }
                (name, _) => {
                    let message = format!("the argument `{name}` has a value of the wrong type");
                    return Err(Error::input(Code::InvalidArgument, message));
                }
            }
        }
        let (size, is_backward) = match (first, last) {
            (Some(_), Some(_)) => {
                return Err(Error::input(
                    Code::InvalidPage,
                    "both `first` and `last` are given: pass only one of them",
                ));
            }
            (None, Some(last)) => (last, true),
            (first, None) => (first.unwrap_or(DEFAULT_SIZE), false),
        };
        let cursor = |text: Option<String>| text.map(|text| Cursor::decode(&text, list, order)).transpose();
        let (after, before) = (cursor(after)?, cursor(before)?);
        Ok(Self { record, list, size, is_backward, after, before, filter: condition, order })
    }

    /// The cursor of a record.
    #[must_use]
    pub fn cursor(&self, row: &Row) -> String {
        self.position(row).encode(self.list, &self.order.name)
    }

    fn position(&self, row: &Row) -> Cursor {
        Cursor { value: self.order.value(row), id: row.id }
    }

    /// Merges the pages of the parts of one list, each of records of one type, into the page of the list. As each part does,
    /// it has one record more than its size if there are more.
    #[must_use]
    pub fn merge(parts: Vec<(&Self, Vec<Arc<Row>>)>) -> Vec<Arc<Row>> {
        let Some((page, _)) = parts.first() else { return Vec::new() };
        let (is_descending, most) = (page.order.is_descending != page.is_backward, page.size + 1);
        let of_part = |(page, rows): (&Self, Vec<Arc<Row>>)| {
            rows.into_iter().map(|row| (page.position(&row), row)).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = parts.into_iter().flat_map(of_part).collect();
        all.sort_by(|(a, _), (b, _)| if is_descending { b.cmp(a) } else { a.cmp(b) });
        all.truncate(most);
        all.into_iter().map(|(_, row)| row).collect()
    }

    /// Restricts a query to the rows strictly between the cursors.
    pub(super) fn between_cursors(&self, query: &mut SelectStatement, alias: &'static str) {
        for (cursor, is_after) in [(&self.after, true), (&self.before, false)] {
            if let Some(cursor) = cursor {
                let (row, position) = self.positions(alias, cursor);
                let greater = is_after != self.order.is_descending;
                query.and_where(if greater { row.gt(position) } else { row.lt(position) });
            }
        }
    }

    /// Restricts a query to the rows at a cursor or on one side of it.
    pub(super) fn beyond(&self, query: &mut SelectStatement, alias: &'static str, cursor: &Cursor, is_before: bool) {
        let (row, position) = self.positions(alias, cursor);
        let less = is_before != self.order.is_descending;
        query.and_where(if less { row.lte(position) } else { row.gte(position) });
    }

    /// The position of a row, and that of a cursor.
    fn positions(&self, alias: &'static str, cursor: &Cursor) -> (Expr, Expr) {
        let row = Expr::tuple([self.order.expression(alias), column(alias, "id")]);
        let position = Expr::tuple([Expr::val(cursor.value.clone()), Expr::val(cursor.id)]);
        (row, position)
    }

    /// Orders a query in the direction in which the page is read.
    pub(super) fn order(&self, query: &mut SelectStatement, alias: &'static str) {
        let is_descending = self.order.is_descending != self.is_backward;
        let direction = if is_descending { sea_query::Order::Desc } else { sea_query::Order::Asc };
        query.order_by_expr(self.order.expression(alias), direction.clone());
        query.order_by((alias, "id"), direction);
    }
}

fn named(record: &'static RecordType, name: &str) -> Result<&'static Order> {
    record
        .orders
        .iter()
        .find(|order| order.name == name)
        .ok_or_else(|| Error::input(Code::InvalidArgument, format!("{name} is not an order of this list")))
}

/// Reads the number of items of a page.
pub fn size(name: &str, value: &Value) -> Result<usize> {
    let wrong = || {
        let message = format!("`{name}` is {value}: a page has between 0 and {MAX_SIZE} items");
        Error::input(Code::InvalidPage, message)
    };
    let Value::Number(number) = value else {
        return Err(wrong());
    };
    let size = number.as_u64().and_then(|size| usize::try_from(size).ok()).ok_or_else(wrong)?;
    if size > MAX_SIZE { Err(wrong()) } else { Ok(size) }
}
