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
    statement::{TABLES, column},
};
use crate::{
    edtf,
    error::{Code, Error, Result},
    model::{DataType, Group, Moment, Order, RecordType, Vocabulary},
    quoted::Quoted,
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
/// The orders of timelines: ascending, descending.
pub const TIMELINE_ORDERS: [&str; 2] = ["DATE_ASC", "DATE_DESC"];

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
    /// What happened to the records, if the list is a timeline.
    pub moment: Option<&'static Moment>,
}

/// A position in an ordered list: the value of the order, then the id. On a timeline, several things may have happened to a
/// record on one day; their positions among the words of timelines tell them apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    value: sea_orm::Value,
    id: Uuid,
    moment: usize,
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
        by_value.then_with(|| self.id.cmp(&other.id)).then(self.moment.cmp(&other.moment))
    }

    /// As clients see it: opaque, and bound to its list and order.
    fn encode(&self, list: &str, order: &str, moment: Option<&Moment>) -> String {
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
        let value = moment.map_or(value.clone(), |moment| format!("{value} {}", moment.kind));
        // The value comes last: it alone may contain any character.
        URL_SAFE_NO_PAD.encode(format!("{list}:{order}:{}:{value}", self.id.simple()))
    }

    /// Reads what [`Cursor::encode`] wrote for the same list and order, whose name is `name`.
    fn decode(text: &str, list: &str, (name, order): (&str, &Order), timeline: Option<&Vocabulary>) -> Result<Self> {
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
        if by != name && order.former.as_deref() != Some(by) {
            return Err(wrong(&format!("it belongs to the order {}, not to {name:?}", Quoted(by))));
        }
        let id = Uuid::try_parse(id).map_err(|_| malformed())?;
        let (value, moment) = match timeline {
            None => (value, 0),
            Some(vocabulary) => {
                let (value, kind) = value.split_once(' ').ok_or_else(malformed)?;
                let moment = vocabulary.words.iter().position(|word| word.value == kind);
                (value, moment.ok_or_else(malformed)?)
            }
        };
        Ok(Self { value: order.read(value).ok_or_else(malformed)?, id, moment })
    }
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
        let (list, moment) = match of {
            Listed::Type => (record.table, None),
            Listed::Group(group) => (group.name, None),
            Listed::Moment(moment) => (TIMELINE_ENTRY, Some(moment)),
        };
        let (mut first, mut last, mut after, mut before) = (None, None, None, None);
        let mut order = match of {
            Listed::Moment(moment) => named(record, &moment.orders[0])?,
            Listed::Group(Group { orders, .. }) if !orders.is_empty() => named(record, orders[0])?,
            _ => &record.orders[0],
        };
        let ordered = |name: &str| match moment {
            None => named(record, name),
            Some(moment) => {
                let position = TIMELINE_ORDERS.iter().position(|order| *order == name);
                named(record, position.map_or(name, |position| &moment.orders[position]))
            }
        };
        let (mut condition, mut of_time) = (None, None);
        for (name, value) in arguments {
            match (name, value) {
                (_, Value::Null) => {}
                ("first", value) => first = Some(size("first", &value)?),
                ("last", value) => last = Some(size("last", &value)?),
                ("after", Value::String(text)) => after = Some(text),
                ("before", Value::String(text)) => before = Some(text),
                ("orderBy", Value::Enum(name)) => order = ordered(&name)?,
                ("orderBy", Value::String(name)) => order = ordered(&name)?,
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
        let timeline = moment.and_then(|_| scope.model.timeline());
        let name = order_name(order, moment);
        let cursor = |text: Option<String>| text.map(|text| Cursor::decode(&text, list, (name, order), timeline));
        let (after, before) = (cursor(after).transpose()?, cursor(before).transpose()?);
        // What has no date has no place on a timeline. The column of the order says so, whose index is read.
        let is_known = moment.map(|_| {
            let day = column(TABLES[0], order.column.name);
            if order.is_descending { day.gt(edtf::UNKNOWN_LATEST) } else { day.lt(edtf::UNKNOWN_EARLIEST) }
        });
        let filter = [condition, of_time, is_known].into_iter().flatten().reduce(ExprTrait::and);
        Ok(Self { record, list, size, is_backward, after, before, filter, order, moment })
    }

    /// The first records of a list, as many as a page can have.
    #[must_use]
    pub fn whole(record: &'static RecordType) -> Self {
        let (size, order) = (MAX_SIZE, &record.orders[0]);
        let list = record.table;
        Self { record, list, size, is_backward: false, after: None, before: None, filter: None, order, moment: None }
    }

    /// The cursor of a record.
    #[must_use]
    pub fn cursor(&self, row: &Row) -> String {
        self.position(row).encode(self.list, order_name(self.order, self.moment), self.moment)
    }

    fn position(&self, row: &Row) -> Cursor {
        Cursor { value: self.order.value(row), id: row.id, moment: self.place() }
    }

    /// Where records of this list stand among others of the same position.
    fn place(&self) -> usize {
        self.moment.map_or(0, |moment| moment.position)
    }

    /// Merges the pages of the parts of one list, each of records of one type, into the page of the list: the index of the part
    /// and the record. As each part does, it has one record more than its size if there are more.
    #[must_use]
    pub fn merge(parts: Vec<(&Self, Vec<Arc<Row>>)>) -> Vec<(usize, Arc<Row>)> {
        let Some((page, _)) = parts.first() else { return Vec::new() };
        let (is_descending, most) = (page.order.is_descending != page.is_backward, page.size + 1);
        let of_part = |(part, (page, rows)): (usize, (&Self, Vec<Arc<Row>>))| {
            rows.into_iter().map(|row| (page.position(&row), (part, row))).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = parts.into_iter().enumerate().flat_map(of_part).collect();
        all.sort_by(|(a, _), (b, _)| if is_descending { b.cmp(a) } else { a.cmp(b) });
        all.truncate(most);
        all.into_iter().map(|(_, item)| item).collect()
    }

    /// Restricts a query to the rows strictly between the cursors.
    pub(super) fn between_cursors(&self, query: &mut SelectStatement, alias: &'static str) {
        for (cursor, is_after) in [(&self.after, true), (&self.before, false)] {
            if let Some(cursor) = cursor {
                let (row, position) = self.positions(alias, cursor);
                // Of the same position, on a timeline, something else can have happened to the record of the cursor.
                query.and_where(match (is_after != self.order.is_descending, self.place().cmp(&cursor.moment)) {
                    (true, Ordering::Greater) => row.gte(position),
                    (true, _) => row.gt(position),
                    (false, Ordering::Less) => row.lte(position),
                    (false, _) => row.lt(position),
                });
            }
        }
    }

    /// Restricts a query to the rows at a cursor or on one side of it.
    pub(super) fn beyond(&self, query: &mut SelectStatement, alias: &'static str, cursor: &Cursor, is_before: bool) {
        let (row, position) = self.positions(alias, cursor);
        query.and_where(match (is_before != self.order.is_descending, self.place().cmp(&cursor.moment)) {
            (true, Ordering::Greater) => row.lt(position),
            (true, _) => row.lte(position),
            (false, Ordering::Less) => row.gt(position),
            (false, _) => row.gte(position),
        });
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

/// The name of an order, as clients know it.
fn order_name(order: &'static Order, moment: Option<&Moment>) -> &'static str {
    if moment.is_some() { TIMELINE_ORDERS[usize::from(order.is_descending)] } else { &order.name }
}

fn named(record: &'static RecordType, name: &str) -> Result<&'static Order> {
    record
        .orders
        .iter()
        .find(|order| order.name == name || order.former.as_deref() == Some(name))
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
