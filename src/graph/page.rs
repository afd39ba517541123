//! Pages: which part of an ordered list a client asks for, and the cursors that say where a page ends.

use std::sync::Arc;

use async_graphql::Value;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    db::Sql,
    error::{Code, Error, Result},
    graph::{Record, filter::Test},
};

/// How many items a page has when the client does not say.
pub const DEFAULT_SIZE: usize = 20;
/// How many items a page has at most.
pub const MAX_SIZE: usize = 100;

/// An order in which a list of `R` can be had.
///
/// The expression never has the value `NULL`, and ties are broken by the id, in the same direction: so positions are total
/// and one row comparison finds the place of a cursor in an ordinary index.
pub struct Order<R> {
    /// As clients say it: `START_DESC`.
    pub(super) name: String,
    /// What it means.
    pub(super) description: String,
    /// The column, and what stands in for its missing values.
    pub(super) column: &'static str,
    pub(super) missing: Option<i64>,
    pub(super) scale: Scale,
    pub(super) descending: bool,
    /// The value of the expression for a row.
    pub(super) value: Box<dyn Fn(&R) -> Position + Send + Sync>,
}

/// What the positions of an order are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// [`Position::Text`].
    Text,
    /// [`Position::Integer`].
    Integer,
    /// [`Position::Real`].
    Real,
    /// [`Position::Id`].
    Id,
}

impl Scale {
    /// Reads a position of this scale from a cursor. A cursor may be forged: what the database could not compare with the
    /// column is none.
    fn read(self, text: &str) -> Option<Position> {
        Some(match self {
            Self::Text => Position::Text(text.to_owned()),
            Self::Integer => Position::Integer(text.parse().ok()?),
            Self::Real => Position::Real(text.parse().ok().filter(|x: &f64| x.is_finite())?),
            Self::Id => Position::Id(Uuid::try_parse(text).ok()?),
        })
    }
}

/// A value that lists are ordered by.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// A text, compared by its bytes.
    Text(String),
    /// A number.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// An id.
    Id(Uuid),
}

impl<R> Order<R> {
    /// Appends the expression of the order for the table's alias.
    pub(super) fn write(&self, sql: &mut Sql, alias: &str) {
        match self.missing {
            None => {
                sql.column(alias, self.column);
            }
            Some(missing) => {
                sql.push("COALESCE(").column(alias, self.column).push(", ").push(&missing.to_string()).push(")");
            }
        }
    }
}

/// A place in an ordered list: the value of the order, then the id.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    pub(super) position: Position,
    pub(super) id: Uuid,
}

impl Cursor {
    /// As clients see it: opaque, and bound to its list and order.
    fn encode(&self, list: &str, order: &str) -> String {
        let value = match &self.position {
            Position::Text(text) => text.clone(),
            Position::Integer(n) => n.to_string(),
            // The shortest text that reads back as the same number.
            Position::Real(x) => x.to_string(),
            Position::Id(id) => id.simple().to_string(),
        };
        // The value comes last: it alone may hold any character.
        URL_SAFE_NO_PAD.encode(format!("{list}:{order}:{}:{value}", self.id.simple()))
    }

    /// Reads what [`Cursor::encode`] wrote for the same list and order.
    fn decode<R>(text: &str, list: &str, order: &Order<R>) -> Result<Self> {
        let wrong = |why: &str| {
            Error::input(
                Code::InvalidCursor,
                format!("{text:?} is no cursor of this list: {why}; give a cursor that this list returned"),
            )
        };
        let malformed = || wrong("it is malformed");
        let plain = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|b| String::from_utf8(b).ok())
            .filter(|text| !text.contains('\0'))
            .ok_or_else(malformed)?;
        let mut parts = plain.splitn(4, ':');
        let (Some(l), Some(o), Some(id), Some(value)) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(malformed());
        };
        if l != list {
            return Err(wrong(&format!("it belongs to a list of {l}, not of {list}")));
        }
        if o != order.name {
            return Err(wrong(&format!("it belongs to the order {o}, not to {}", order.name)));
        }
        let id = Uuid::try_parse(id).map_err(|_| malformed())?;
        let position = order.scale.read(value).ok_or_else(malformed)?;
        Ok(Self { position, id })
    }

    pub(super) fn bind(&self, sql: &mut Sql) {
        match &self.position {
            Position::Text(text) => sql.bind(text.clone()),
            Position::Integer(n) => sql.bind(*n),
            Position::Real(x) => sql.bind(*x),
            Position::Id(id) => sql.bind(*id),
        };
    }
}

/// A page of a filtered, ordered list, as a client asked for it.
pub struct List<R: 'static> {
    pub(super) size: usize,
    /// Whether the page is taken from the end of the list.
    pub(super) backward: bool,
    pub(super) after: Option<Cursor>,
    pub(super) before: Option<Cursor>,
    pub(super) filter: Option<Test>,
    pub(super) order: &'static Order<R>,
}

impl<R: Record> List<R> {
    /// Reads the arguments of a connection.
    pub(super) fn parse(
        args: Vec<(&str, Value)>,
        orders: &'static [Order<R>],
        filter: impl Fn(&Value) -> Result<Test>,
    ) -> Result<Arc<Self>> {
        let (mut first, mut last, mut after, mut before) = (None, None, None, None);
        let (mut order, mut test) = (&orders[0], None);
        for (name, value) in args {
            match (name, value) {
                (_, Value::Null) => {}
                ("first", value) => first = Some(size("first", &value)?),
                ("last", value) => last = Some(size("last", &value)?),
                ("after", Value::String(text)) => after = Some(text),
                ("before", Value::String(text)) => before = Some(text),
                ("orderBy", Value::Enum(wanted)) => order = named(orders, &wanted)?,
                ("orderBy", Value::String(wanted)) => order = named(orders, &wanted)?,
                ("filter", value) => test = Some(filter(&value)?),
                (name, _) => {
                    return Err(Error::input(Code::InvalidArgument, format!("{name:?} has a value of the wrong type")));
                }
            }
        }
        let (size, backward) = match (first, last) {
            (Some(_), Some(_)) => {
                return Err(Error::input(Code::InvalidPage, "both `first` and `last` are given: give one of them"));
            }
            (None, Some(last)) => (last, true),
            (first, None) => (first.unwrap_or(DEFAULT_SIZE), false),
        };
        let cursor = |text: Option<String>| text.map(|t| Cursor::decode(&t, R::KIND, order)).transpose();
        Ok(Arc::new(Self { size, backward, after: cursor(after)?, before: cursor(before)?, filter: test, order }))
    }

    /// The cursor of a row.
    pub(super) fn cursor(&self, row: &R) -> String {
        Cursor { position: (self.order.value)(row), id: row.id() }.encode(R::KIND, &self.order.name)
    }

    /// Whether rows are read against the order, and turned around afterwards.
    pub(super) fn reads_descending(&self) -> bool {
        self.order.descending != self.backward
    }

    /// Appends the conditions that rows lie strictly between the cursors.
    pub(super) fn write_bounds(&self, sql: &mut Sql, alias: &str) {
        let (onwards, backwards) = if self.order.descending { (" < ", " > ") } else { (" > ", " < ") };
        for (cursor, comparison) in [(&self.after, onwards), (&self.before, backwards)] {
            if let Some(cursor) = cursor {
                sql.push(" AND ");
                self.write_comparison(sql, alias, comparison, cursor);
            }
        }
    }

    /// Appends the comparison of a row's place with a cursor.
    pub(super) fn write_comparison(&self, sql: &mut Sql, alias: &str, comparison: &str, cursor: &Cursor) {
        sql.push("(");
        self.order.write(sql, alias);
        sql.push(", ").column(alias, "id").push(")").push(comparison).push("(");
        cursor.bind(sql);
        sql.push(", ").bind(cursor.id).push(")");
    }

    /// Appends `ORDER BY`, in the direction in which the page is read.
    pub(super) fn write_order(&self, sql: &mut Sql, alias: &str) {
        let direction = if self.reads_descending() { " DESC" } else { "" };
        sql.push(" ORDER BY ");
        self.order.write(sql, alias);
        sql.push(direction).push(", ").column(alias, "id").push(direction);
    }
}

fn named<'a, R>(orders: &'a [Order<R>], name: &str) -> Result<&'a Order<R>> {
    orders
        .iter()
        .find(|o| o.name == name)
        .ok_or_else(|| Error::input(Code::InvalidArgument, format!("{name} is no order of this list")))
}

fn size(name: &str, value: &Value) -> Result<usize> {
    let wrong = || {
        let message = format!("`{name}` is {value}: a page has from 0 to {MAX_SIZE} items");
        Error::input(Code::InvalidPage, message)
    };
    let Value::Number(n) = value else {
        return Err(wrong());
    };
    let n = n.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(wrong)?;
    if n > MAX_SIZE { Err(wrong()) } else { Ok(n) }
}
