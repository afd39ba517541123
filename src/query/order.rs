//! The order of a list, and the positions in it that cursors stand for.

use std::cmp::Ordering;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{
    DbErr, ExprTrait, QueryResult, Value,
    sea_query::{self, Asterisk, Expr, Func, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    collation::Collation,
    cursor::{self, Cursor, SEPARATOR},
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
/// Less than the sort key of any text.
const FIRST_SORT_KEY: &[u8] = &[];
/// More than the sort key of any text.
const LAST_SORT_KEY: &[u8] = &[0xff, 0xff];

/// The order of a list: each order decides about the ties of those before it, and the id about what is left, in the direction
/// of the last one. On a timeline, several things may have happened to a record on one day; their positions among the words of
/// timelines tell them apart.
pub struct ListOrder {
    orders: Vec<Term>,
    /// The place that the first order is the distance from, if it is one.
    near: Option<Near>,
    /// What happened to the records, and the words for what can happen, if the list is a timeline.
    timeline: Option<(&'static Moment, &'static Vocabulary)>,
    /// The rank of the viewer's clearance: what others may see tells no records apart.
    rank: i16,
}

/// One of the orders of a list.
#[derive(Clone, Copy)]
struct Term {
    order: &'static Order,
    /// Whose alphabetical order it is, if it compares names and the client asked for one.
    collation: Option<Collation>,
}

impl Term {
    fn is_computed(self) -> bool {
        self.collation.is_some() || self.order.is_computed()
    }

    fn data_type(self) -> DataType {
        if self.collation.is_some() { DataType::Bytes } else { self.order.data_type() }
    }

    /// The column of the record that it is read from, if there is one.
    fn column(self) -> Option<Column> {
        match self.order.by {
            OrderBy::Column(_) if self.collation.is_some() => None,
            _ => self.order.column(),
        }
    }

    /// What stands in for missing values, also for a key that has not been made yet.
    fn missing(self) -> Option<Expr> {
        match self.collation {
            Some(_) if self.order.is_descending => Some(Expr::val(FIRST_SORT_KEY)),
            Some(_) => Some(Expr::val(LAST_SORT_KEY)),
            None => Some(Expr::Constant(self.order.missing.clone()?)),
        }
    }
}

impl ListOrder {
    /// The order of a list of records of a type, by the names of orders: `first` and then those for ties; before them, by the
    /// distance from a place if there is one. Names are in the alphabetical order of a collation if there is one.
    pub fn new(
        record: &'static RecordType,
        near: Option<Near>,
        collation: Option<Collation>,
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
        let term = |order: &'static Order| Term { order, collation: collation.filter(|_| record.is_by_name(order)) };
        let orders = by_distance.into_iter().chain(named).map(|order| order.map(term)).collect::<Result<_>>()?;
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
        let orders = vec![Term { order, collation: None }];
        Ok(Self { orders, near: None, timeline: Some(timeline), rank })
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

    fn computed(&self) -> impl Iterator<Item = Term> {
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
        let value = |term: &Term| match (&term.order.by, &term.order.missing) {
            (OrderBy::Column(column), missing) if !term.is_computed() => match (row.value(*column), missing) {
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
        let by_values = pairs.map(|((one, other), term)| turned(term.order, cursor::compare(one, other)));
        let by_id = turned(self.last(), one.id.cmp(&other.id).then(one.moment.cmp(&other.moment)));
        by_values.fold(Ordering::Equal, Ordering::then).then(by_id)
    }

    fn last(&self) -> &'static Order {
        self.orders[self.orders.len() - 1].order
    }

    /// The expression of an order, for the record of an alias; it is never `NULL`.
    fn expression(&self, term: Term, alias: &'static str) -> Expr {
        let rank = self.rank;
        let or_missing = |values: Vec<Expr>| match term.missing() {
            None => values.into_iter().next().unwrap_or(Expr::Constant(Value::String(None))),
            Some(missing) => Func::coalesce(values.into_iter().chain([missing])).into(),
        };
        // What a name is compared by, and other values.
        let compared = |alias: &'static str, of: &Column| match term.collation {
            Some(collation) => collation.sort_key(&column(alias, "id")),
            None => column(alias, of.name),
        };
        match &term.order.by {
            OrderBy::Column(of) => or_missing(vec![compared(alias, of)]),
            OrderBy::Related(RelatedValue { key, columns, .. }) => {
                let value = |(table, of): &(&'static str, Column)| {
                    let mut related = Query::select();
                    related.expr(compared(RELATED, of)).from_as(*table, RELATED);
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
        for term in &self.orders {
            query.order_by_expr(self.expression(*term, alias), direction(term.order));
        }
        query.order_by((alias, "id"), direction(self.last()));
    }

    /// Whether a row comes after a position, or before it; or stands at it, if `is_inclusive`.
    ///
    /// Values that are compared in one direction are compared as a row, for which an index can be used.
    pub(super) fn is_beyond(&self, alias: &'static str, at: &Cursor, is_after: bool, is_inclusive: bool) -> Expr {
        let values =
            self.orders.iter().zip(&at.values).map(|(term, value)| {
                (term.order.is_descending, self.expression(*term, alias), Expr::val(value.clone()))
            });
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
        let names = self.orders.iter().map(|term| match self.whose(*term) {
            Some(whose) => format!("{}@{whose}", term.order.name),
            None => term.order.name.clone(),
        });
        names.collect::<Vec<_>>().join(",")
    }

    /// Whose order one is, in cursors: the distances from two places are two orders, and so are the alphabets of two languages.
    fn whose(&self, term: Term) -> Option<&str> {
        match (&term.order.by, &self.near) {
            (OrderBy::Distance, Some(near)) => Some(&near.place),
            _ => term.collation.map(Collation::name),
        }
    }

    /// A cursor as clients see it: opaque, and bound to its list and order.
    pub(super) fn encode(&self, at: &Cursor, list: &str) -> String {
        let happened = self.moment().map(|moment| moment.kind.clone());
        let values: Vec<_> = at.values.iter().map(cursor::write).chain(happened).collect();
        // The values come last: they alone may contain any character.
        let values = values.join(&SEPARATOR.to_string());
        URL_SAFE_NO_PAD.encode(format!("{list}:{}:{}:{values}", self.name(), at.id.simple()))
    }

    /// Whether these are the names of the orders, among them former ones.
    fn is_named(&self, names: &str) -> bool {
        let mut names = names.split(',');
        let is_this = |term: &Term, name: &str| {
            let (name, whose) = name.split_once('@').map_or((name, None), |(name, whose)| (name, Some(whose)));
            term.order.is_named(name) && whose == self.whose(*term)
        };
        let are_these = self.orders.iter().all(|term| names.next().is_some_and(|name| is_this(term, name)));
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
        let values: Option<Vec<_>> = values.map(|(text, term)| cursor::read(term.data_type(), text)).collect();
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
