//! Pages: which part of an ordered list a client asks for, and the cursors that say where a page ends.

use std::{cmp::Ordering, sync::Arc};

use async_graphql::Value;
use sea_orm::sea_query::{Expr, SelectStatement};

use super::{
    filter::{self, FilterScope},
    order::{Cursor, ListOrder},
    projection::Row,
};
use crate::{
    error::{Code, Error, Result},
    model::{Group, RecordType},
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
    pub order: ListOrder,
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
        let mut first_order = group.and_then(|group| group.orders.first()).map(|name| (*name).to_owned());
        let mut further_orders = Vec::new();
        let mut condition = None;
        for (name, value) in arguments {
            match (name, value) {
                (_, Value::Null) => {}
                ("first", value) => first = Some(size("first", &value)?),
                ("last", value) => last = Some(size("last", &value)?),
                ("after", Value::String(text)) => after = Some(text),
                ("before", Value::String(text)) => before = Some(text),
                ("orderBy", Value::Enum(name)) => first_order = Some(name.to_string()),
                ("orderBy", Value::String(name)) => first_order = Some(name),
                ("thenBy", value) => further_orders = filter::list(&value).map(filter::text).collect::<Result<_>>()?,
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
        let order = ListOrder::new(record, first_order.as_deref(), &further_orders, scope.rank)?;
        let cursor = |text: Option<String>| text.map(|text| order.decode(&text, list)).transpose();
        let (after, before) = (cursor(after)?, cursor(before)?);
        Ok(Self { record, list, size, is_backward, after, before, filter: condition, order })
    }

    /// The cursor of a record.
    #[must_use]
    pub fn cursor(&self, row: &Row) -> String {
        self.order.encode(&self.order.position(row), self.list)
    }

    /// Merges the pages of the parts of one list, each of records of one type, into the page of the list. As each part does,
    /// it has one record more than its size if there are more.
    #[must_use]
    pub fn merge(parts: Vec<(&Self, Vec<Arc<Row>>)>) -> Vec<Arc<Row>> {
        let Some((page, _)) = parts.first() else { return Vec::new() };
        let (order, is_backward, most) = (&page.order, page.is_backward, page.size + 1);
        let of_part = |(page, rows): (&Self, Vec<Arc<Row>>)| {
            rows.into_iter().map(|row| (page.order.position(&row), row)).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = parts.into_iter().flat_map(of_part).collect();
        let turned = |found: Ordering| if is_backward { found.reverse() } else { found };
        all.sort_by(|(a, _), (b, _)| turned(order.compare(a, b)));
        all.truncate(most);
        all.into_iter().map(|(_, row)| row).collect()
    }

    /// Restricts a query to the rows strictly between the cursors.
    pub(super) fn between_cursors(&self, query: &mut SelectStatement, alias: &'static str) {
        for (cursor, is_after) in [(&self.after, true), (&self.before, false)] {
            query.and_where_option(cursor.as_ref().map(|at| self.order.is_beyond(alias, at, is_after, false)));
        }
    }

    /// Restricts a query to the rows at a cursor or on one side of it.
    pub(super) fn beyond(&self, query: &mut SelectStatement, alias: &'static str, at: &Cursor, is_before: bool) {
        query.and_where(self.order.is_beyond(alias, at, !is_before, true));
    }

    /// Orders a query in the direction in which the page is read.
    pub(super) fn order(&self, query: &mut SelectStatement, alias: &'static str) {
        self.order.order(query, alias, self.is_backward);
    }
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
