//! The order of a list, and the positions in it that cursors stand for.

use std::cmp::Ordering;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{
    DbErr, ExprTrait, QueryResult, Value,
    sea_query::{self, Asterisk, Expr, Func, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    filter::{Near, is_visible},
    link::is_linked,
    projection::Row,
    statement::column,
};
use crate::{
    edtf::{UNKNOWN_EARLIEST, UNKNOWN_LATEST},
    error::{Code, Error, Result},
    model::{Column, DataType, Link, Moment, Order, OrderBy, RecordType, RelatedValue, Vocabulary, coordinates},
    quoted::Quoted,
};

/// The largest number of orders of one list.
pub const MAX_ORDERS: usize = 4;
/// The orders of timelines: ascending, descending.
pub const TIMELINE_ORDERS: [&str; 2] = ["DATE_ASC", "DATE_DESC"];
/// The alias of a record that another one is ordered by.
const RELATED: &str = "related";
/// What stands between the values of a cursor, and before the word of a timeline. No stored text that lists are ordered by
/// contains it.
const SEPARATOR: char = '\u{1f}';

/// The order of a list: each order decides about the ties of those before it, and the id about what is left, in the direction
/// of the last one. On a timeline, several things may have happened to a record on one day; their positions among the words of
/// timelines tell them apart.
pub struct ListOrder {
    orders: Vec<&'static Order>,
    /// The place that the first order is the distance from, if it is one.
    near: Option<Near>,
    /// What happened to the records, and the words for what can happen, if the list is a timeline.
    timeline: Option<(&'static Moment, &'static Vocabulary)>,
    /// The rank of the viewer's clearance: what others may see tells no records apart.
    rank: i16,
}

/// A position in an ordered list: the values of its orders, then the id, then the position of what happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    values: Vec<Value>,
    id: Uuid,
    moment: usize,
}

impl ListOrder {
    /// The order of a list of records of a type, by the names of orders: `first` and then those for ties; before them, by the
    /// distance from a place if there is one.
    pub fn new(
        record: &'static RecordType,
        near: Option<Near>,
        first: Option<&str>,
        then: &[String],
        rank: i16,
    ) -> Result<Self> {
        if then.len() >= MAX_ORDERS {
            let message = format!("`thenBy` has {} orders: at most {} are allowed", then.len(), MAX_ORDERS - 1);
            return Err(Error::input(Code::InvalidArgument, message));
        }
        let named = |name: &str| named(record, name);
        let first = first.map_or_else(|| Ok(&record.orders[0]), named);
        let by_distance = near.as_ref().and(record.coordinates.as_ref()).map(|of| Ok(&of.by_distance));
        let named = std::iter::once(first).chain(then.iter().map(|name| named(name)));
        let orders = by_distance.into_iter().chain(named).collect::<Result<_>>()?;
        Ok(Self { orders, near, timeline: None, rank })
    }

    /// The order of a timeline, by the name of one of [`TIMELINE_ORDERS`]: of what happened to records of a type.
    pub fn of_timeline(
        record: &'static RecordType,
        timeline: (&'static Moment, &'static Vocabulary),
        name: Option<&str>,
        rank: i16,
    ) -> Result<Self> {
        let name = name.unwrap_or(TIMELINE_ORDERS[0]);
        let position = TIMELINE_ORDERS.iter().position(|order| *order == name).ok_or_else(|| unknown(name))?;
        let order = named(record, &timeline.0.orders[position])?;
        Ok(Self { orders: vec![order], near: None, timeline: Some(timeline), rank })
    }

    /// What happened to the records, if the list is a timeline.
    #[must_use]
    pub fn moment(&self) -> Option<&'static Moment> {
        self.timeline.map(|(moment, _)| moment)
    }

    /// Where the records of this list stand among others of the same position.
    fn place(&self) -> usize {
        self.moment().map_or(0, |moment| moment.position)
    }

    /// Whether a record has a place in the list: on a timeline, what has no date has none. The column of the order says so,
    /// whose index is read.
    pub(super) fn has_place(&self, alias: &'static str) -> Option<Expr> {
        let [_, earliest, latest] = self.moment()?.date;
        let day = |of: Column| column(alias, of.name);
        let is_descending = self.last().is_descending;
        Some(if is_descending { day(latest).gt(UNKNOWN_LATEST) } else { day(earliest).lt(UNKNOWN_EARLIEST) })
    }

    /// What is read of a record beside what is selected of it, so that its position is known.
    pub fn columns(&self) -> impl Iterator<Item = Column> {
        let of_place = self.near.iter().flat_map(Near::columns);
        self.orders.iter().filter_map(|order| order.column()).chain(of_place)
    }

    fn computed(&self) -> impl Iterator<Item = &'static Order> {
        self.orders.iter().copied().filter(|order| order.is_computed())
    }

    /// Selects the values that no column of the record has.
    pub(super) fn select(&self, query: &mut SelectStatement, alias: &'static str) {
        query.exprs(self.computed().map(|order| self.expression(order, alias)));
    }

    /// The number of values that [`ListOrder::select`] selects.
    pub(super) fn width(&self) -> usize {
        self.computed().count()
    }

    /// Reads the values that [`ListOrder::select`] selected.
    pub(super) fn read(&self, row: &QueryResult, start: usize) -> Result<Box<[Value]>, DbErr> {
        let values = self.computed().enumerate().map(|(i, order)| order.data_type().read(row, start + i));
        values.collect()
    }

    /// The position of a record.
    pub(super) fn position(&self, row: &Row) -> Cursor {
        let mut computed = row.computed().iter();
        let value = |order: &&'static Order| match (&order.by, &order.missing) {
            (OrderBy::Column(column), missing) => match (row.value(*column), missing) {
                (Value::Int(None), Some(missing)) => missing.clone(),
                (value, _) => value.clone(),
            },
            // The row was read for a list of this order.
            _ => computed.next().cloned().unwrap_or(Value::String(None)),
        };
        Cursor { values: self.orders.iter().map(value).collect(), id: row.id, moment: self.place() }
    }

    /// How far away a record is from the place of the list, in kilometres; `None` if the list is not ordered by that.
    #[must_use]
    pub fn distance(&self, row: &Row) -> Option<f64> {
        self.near.as_ref()?;
        match row.computed().first() {
            Some(Value::Double(versine)) => versine.map(coordinates::distance),
            _ => None,
        }
    }

    /// Compares positions as the databases do: texts by code point, which is the order of their bytes.
    pub(super) fn compare(&self, one: &Cursor, other: &Cursor) -> Ordering {
        let turned = |order: &Order, found: Ordering| if order.is_descending { found.reverse() } else { found };
        let pairs = one.values.iter().zip(&other.values).zip(&self.orders);
        let by_values = pairs.map(|((one, other), order)| turned(order, compare(one, other)));
        let by_id = turned(self.last(), one.id.cmp(&other.id).then(one.moment.cmp(&other.moment)));
        by_values.fold(Ordering::Equal, Ordering::then).then(by_id)
    }

    fn last(&self) -> &'static Order {
        self.orders[self.orders.len() - 1]
    }

    /// The expression of an order, for the record of an alias; it is never `NULL`.
    fn expression(&self, order: &Order, alias: &'static str) -> Expr {
        let rank = self.rank;
        let or_missing = |values: Vec<Expr>| match &order.missing {
            None => values.into_iter().next().unwrap_or(Expr::Constant(Value::String(None))),
            Some(missing) => Func::coalesce(values.into_iter().chain([Expr::Constant(missing.clone())])).into(),
        };
        match &order.by {
            OrderBy::Column(of) => or_missing(vec![column(alias, of.name)]),
            OrderBy::Related(RelatedValue { key, columns, .. }) => {
                let value = |(table, of): &(&'static str, Column)| {
                    let mut related = Query::select();
                    related.expr(column(RELATED, of.name)).from_as(*table, RELATED);
                    related.and_where(column(RELATED, "id").eq(column(alias, key.name)));
                    related.and_where(is_visible(RELATED, rank));
                    subquery(related)
                };
                // The id is in at most one of the tables.
                or_missing(columns.iter().map(value).collect())
            }
            OrderBy::Count(link, target) => count(*link, target, alias, rank),
            OrderBy::Distance => {
                // The order is only used with a place. What has no coordinates is not in the list.
                self.near.as_ref().map_or(Expr::Constant(0.0.into()), |near| near.versine(alias))
            }
        }
    }

    /// Orders a query in the direction in which its list is read.
    pub(super) fn order(&self, query: &mut SelectStatement, alias: &'static str, is_backward: bool) {
        let direction = |order: &Order| {
            if order.is_descending == is_backward { sea_query::Order::Asc } else { sea_query::Order::Desc }
        };
        for order in &self.orders {
            query.order_by_expr(self.expression(order, alias), direction(order));
        }
        query.order_by((alias, "id"), direction(self.last()));
    }

    /// Whether a row comes after a position, or before it; or stands at it, if `is_inclusive`.
    ///
    /// Values that are compared in one direction are compared as a row, for which an index can be used.
    pub(super) fn is_beyond(&self, alias: &'static str, at: &Cursor, is_after: bool, is_inclusive: bool) -> Expr {
        let values = self
            .orders
            .iter()
            .zip(&at.values)
            .map(|(order, value)| (order.is_descending, self.expression(order, alias), Expr::val(value.clone())));
        let is_descending = self.last().is_descending;
        let id = (is_descending, column(alias, "id"), Expr::val(at.id));
        // Of the same position, on a timeline, something else can have happened to the record of the cursor.
        let is_inclusive = match self.place().cmp(&at.moment) {
            Ordering::Equal => is_inclusive,
            found => (found == Ordering::Greater) == (is_after != is_descending),
        };
        let mut runs: Vec<(bool, Vec<Expr>, Vec<Expr>)> = Vec::new();
        for (is_descending, row, value) in values.chain([id]) {
            match runs.last_mut() {
                Some((of, rows, values)) if *of == is_descending => {
                    rows.push(row);
                    values.push(value);
                }
                _ => runs.push((is_descending, vec![row], vec![value])),
            }
        }
        let compared = |(is_descending, row, value): (bool, Vec<Expr>, Vec<Expr>), is_inclusive: bool| {
            let tuple = |mut of: Vec<Expr>| if of.len() == 1 { of.remove(0) } else { Expr::tuple(of) };
            let (row, value) = (tuple(row), tuple(value));
            match (is_after != is_descending, is_inclusive) {
                (true, false) => row.gt(value),
                (true, true) => row.gte(value),
                (false, false) => row.lt(value),
                (false, true) => row.lte(value),
            }
        };
        // Beyond the first run; or at it, which is what is left of those not before it, and beyond the others.
        let mut runs = runs.into_iter().rev();
        // There is one with the id.
        let last = runs.next().map_or(Expr::Constant(true.into()), |last| compared(last, is_inclusive));
        runs.fold(last, |rest, run| compared(run.clone(), true).and(compared(run, false).or(rest)))
    }

    /// The name of the order, in cursors.
    fn name(&self) -> String {
        if self.timeline.is_some() {
            return TIMELINE_ORDERS[usize::from(self.last().is_descending)].to_owned();
        }
        let names: Vec<_> = self.orders.iter().map(|order| self.name_of(order)).collect();
        names.join(",")
    }

    /// The name of one of the orders. The distances from two places are two orders.
    fn name_of(&self, order: &Order) -> String {
        match (&order.by, &self.near) {
            (OrderBy::Distance, Some(near)) => format!("{}@{}", order.name, near.place),
            _ => order.name.clone(),
        }
    }

    /// A cursor as clients see it: opaque, and bound to its list and order.
    pub(super) fn encode(&self, at: &Cursor, list: &str) -> String {
        let happened = self.moment().map(|moment| moment.kind.clone());
        let values: Vec<_> = at.values.iter().map(write).chain(happened).collect();
        // The values come last: they alone may contain any character.
        let values = values.join(&SEPARATOR.to_string());
        URL_SAFE_NO_PAD.encode(format!("{list}:{}:{}:{values}", self.name(), at.id.simple()))
    }

    /// Whether these are the names of the orders, among them former ones.
    fn is_named(&self, names: &str) -> bool {
        let mut names = names.split(',');
        let is_this = |order: &Order, name: &str| match order.by {
            OrderBy::Distance => name == self.name_of(order),
            _ => order.is_named(name),
        };
        let are_these = self.orders.iter().all(|order| names.next().is_some_and(|name| is_this(order, name)));
        are_these && names.next().is_none() && self.timeline.is_none()
    }

    /// Reads what [`ListOrder::encode`] wrote for the same list and order.
    pub(super) fn decode(&self, text: &str, list: &str) -> Result<Cursor> {
        let wrong = |why: &str| {
            let message =
                format!("{} is not a cursor of this list: {why}; pass a cursor that this list returned", Quoted(text));
            Error::input(Code::InvalidCursor, message)
        };
        let malformed = || wrong("it is malformed");
        let plain = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let plain = plain.filter(|text| !text.contains('\0')).ok_or_else(malformed)?;
        let mut parts = plain.splitn(4, ':');
        let (Some(of), Some(by), Some(id), Some(values)) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed());
        };
        if of != list {
            return Err(wrong(&format!("it belongs to a list of {}, not of {list:?}", Quoted(of))));
        }
        if by != self.name() && !self.is_named(by) {
            return Err(wrong(&format!("it belongs to the order {}, not to {:?}", Quoted(by), self.name())));
        }
        let id = Uuid::try_parse(id).map_err(|_| malformed())?;
        let (values, moment) = match self.timeline {
            None => (values, 0),
            Some((_, vocabulary)) => {
                let (values, happened) = values.rsplit_once(SEPARATOR).ok_or_else(malformed)?;
                let position = vocabulary.words.iter().position(|word| word.value == happened);
                (values, position.ok_or_else(malformed)?)
            }
        };
        let values = values.splitn(self.orders.len(), SEPARATOR).zip(&self.orders);
        let values: Option<Vec<_>> = values.map(|(text, order)| read(order.data_type(), text)).collect();
        let values = values.filter(|values| values.len() == self.orders.len()).ok_or_else(malformed)?;
        Ok(Cursor { values, id, moment })
    }
}

/// The order of a name, or of one that it had before.
fn named(record: &'static RecordType, name: &str) -> Result<&'static Order> {
    record.orders.iter().find(|order| order.is_named(name)).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Error {
    Error::input(Code::InvalidArgument, format!("{name} is not an order of this list"))
}

/// The number of records that a link joins to the record of an alias.
fn count(link: Link, target: &'static str, alias: &'static str, rank: i16) -> Expr {
    let mut count = Query::select();
    count.expr(Func::count(Expr::col(Asterisk))).from_as(target, RELATED);
    count.and_where(is_linked(link, RELATED, &column(alias, "id"), rank)).and_where(is_visible(RELATED, rank));
    subquery(count)
}

fn subquery(query: SelectStatement) -> Expr {
    Expr::SubQuery(None, Box::new(query.into()))
}

fn compare(one: &Value, other: &Value) -> Ordering {
    use sea_orm::Value::{BigInt, Bool, Double, Int, SmallInt, String, Uuid};
    let number = |value: &Value| match value {
        SmallInt(number) => number.map(i64::from),
        Int(number) => number.map(i64::from),
        BigInt(number) => *number,
        _ => None,
    };
    match (one, other) {
        (String(a), String(b)) => a.cmp(b),
        (Double(Some(a)), Double(Some(b))) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (Uuid(a), Uuid(b)) => a.cmp(b),
        (Bool(a), Bool(b)) => a.cmp(b),
        (a, b) => number(a).cmp(&number(b)),
    }
}

/// A value in a cursor.
fn write(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone().unwrap_or_default(),
        Value::SmallInt(Some(number)) => number.to_string(),
        Value::Int(Some(number)) => number.to_string(),
        Value::BigInt(Some(number)) => number.to_string(),
        // The shortest text that reads back as the same number.
        Value::Double(Some(number)) => number.to_string(),
        Value::Uuid(Some(id)) => id.simple().to_string(),
        Value::Bool(Some(value)) => value.to_string(),
        _ => String::new(),
    }
}

/// Reads a value from a cursor. A cursor may be forged: a value that the database could not compare with the expression is
/// refused.
fn read(data_type: DataType, text: &str) -> Option<Value> {
    Some(match data_type {
        DataType::Text => text.into(),
        DataType::SmallInteger | DataType::Integer | DataType::BigInteger => text.parse::<i64>().ok()?.into(),
        DataType::Double => text.parse().ok().filter(|number: &f64| number.is_finite())?.into(),
        DataType::Uuid => Uuid::try_parse(text).ok()?.into(),
        DataType::Boolean => text.parse::<bool>().ok()?.into(),
    })
}
