//! Pages: which part of an ordered list a client asks for.

use std::{cmp::Ordering, sync::Arc};

use async_graphql::Value;
use sea_orm::{
    ExprTrait,
    sea_query::{Expr, SelectStatement},
};

use super::{
    collation::{COLLATION, Collation},
    cursor::Cursor,
    filter::{self, FilterScope, NEAR, Near},
    order::ListOrder,
    projection::Row,
    statement::TABLES,
};
use crate::{
    error::{Code, Error, Result},
    model::{Group, Moment, RecordType},
};

/// The number of items of a page when the client does not say.
pub const DEFAULT_SIZE: usize = 20;
/// The largest number of items of a page.
pub const MAX_SIZE: usize = 100;
/// The name of the argument for what was at a time.
pub const AS_OF: &str = "asOf";

/// What a list has, of which a page has the records of one type.
#[derive(Clone, Copy)]
pub enum Listed {
    /// The records of one type.
    Type,
    /// The records of the types of a group.
    Group(&'static Group),
    /// What happened to records: of one type, this.
    Moment(&'static Moment),
}

/// The name of the type of what is on timelines.
pub const TIMELINE_ENTRY: &str = "TimelineEntry";
/// The name of the condition on the dates of a timeline.
pub const DATE: &str = "date";
/// The name of the argument that chooses what is on a timeline.
pub const KINDS: &str = "kinds";

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
    /// Reads the arguments of a connection. If the list has records of several types, or what happened to them, the page is
    /// that of the records of one type.
    pub fn read<'a>(
        scope: FilterScope,
        of: Listed,
        record: &'static RecordType,
        arguments: impl Iterator<Item = (&'a str, Value)>,
    ) -> Result<Self> {
        let (list, moment, mut first_order) = match of {
            Listed::Type => (record.table, None, None),
            Listed::Group(group) => (group.name, None, group.orders.first().map(|name| (*name).to_owned())),
            Listed::Moment(moment) => (TIMELINE_ENTRY, Some(moment), None),
        };
        let (mut first, mut last, mut after, mut before) = (None, None, None, None);
        let mut further_orders = Vec::new();
        let (mut condition, mut of_time, mut near, mut collation) = (None, None, None, None);
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
                    condition = match of {
                        Listed::Group(group) => filter::read_for_member(scope, group, record, &value)?,
                        _ => filter::read(scope, record, &value)?,
                    };
                }
                (DATE, value) if moment.is_some() => {
                    let date = moment.map(|moment| moment.date.map(|column| column.name));
                    condition = date.map(|date| filter::read_date(scope, date, &value)).transpose()?.flatten();
                }
                // It says which parts the list has.
                (KINDS, _) if moment.is_some() => {}
                (COLLATION, value) => collation = Some(Collation::read(&value)?),
                (NEAR, value) => near = Near::read(scope, record, &value)?,
                (AS_OF, value) => {
                    let period = record.period.as_ref();
                    of_time = period.map(|period| filter::as_of(period, TABLES[0], &value)).transpose()?;
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
        let is_near = near.as_ref().map(|near| near.is_near(TABLES[0]));
        let order = match moment.zip(scope.model.timeline()) {
            None => ListOrder::new(record, near, collation, first_order.as_deref(), &further_orders, scope.rank)?,
            Some(timeline) => ListOrder::of_timeline(record, timeline, first_order.as_deref(), scope.rank)?,
        };
        let cursor = |text: Option<String>| text.map(|text| order.decode(&text, list)).transpose();
        let (after, before) = (cursor(after)?, cursor(before)?);
        let filter =
            [condition, of_time, is_near, order.has_place(TABLES[0])].into_iter().flatten().reduce(ExprTrait::and);
        Ok(Self { record, list, size, is_backward, after, before, filter, order })
    }

    /// The first records of a list, as many as a page can have, for a viewer of the rank of a clearance.
    pub fn whole(record: &'static RecordType, rank: i16) -> Result<Self> {
        let (size, list, order) = (MAX_SIZE, record.table, ListOrder::new(record, None, None, None, &[], rank)?);
        Ok(Self { record, list, size, is_backward: false, after: None, before: None, filter: None, order })
    }

    /// The same page of those records only that pass.
    #[must_use]
    pub fn restricted(mut self, passes: Expr) -> Self {
        self.filter = Some(self.filter.map_or(passes.clone(), |filter| filter.and(passes)));
        self
    }

    /// The cursor of a record.
    #[must_use]
    pub fn cursor(&self, row: &Row) -> String {
        self.order.encode(&self.order.position(row), self.list)
    }

    /// Merges the pages of the parts of one list, each of records of one type, into the page of the list: the index of the part
    /// and the record. As each part does, it has one record more than its size if there are more.
    #[must_use]
    pub fn merge(parts: Vec<(&Self, Vec<Arc<Row>>)>) -> Vec<(usize, Arc<Row>)> {
        let Some((page, _)) = parts.first() else { return Vec::new() };
        let (order, is_backward, most) = (&page.order, page.is_backward, page.size + 1);
        let of_part = |(part, (page, rows)): (usize, (&Self, Vec<Arc<Row>>))| {
            rows.into_iter().map(|row| (page.order.position(&row), (part, row))).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = parts.into_iter().enumerate().flat_map(of_part).collect();
        let turned = |found: Ordering| if is_backward { found.reverse() } else { found };
        all.sort_by(|(a, _), (b, _)| turned(order.compare(a, b)));
        all.truncate(most);
        all.into_iter().map(|(_, item)| item).collect()
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
