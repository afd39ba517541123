//! The keys of groups: what records can be grouped by, and how a statement reads it.

use std::sync::Arc;

use sea_orm::{
    DbErr, EntityName, ExprTrait, QueryResult,
    sea_query::{CaseStatement, Expr, JoinType, Query, SelectStatement},
};
use uuid::Uuid;

use super::{MAX_KEYS, OPERAND};
use crate::{
    model::{
        AttributeKind, Column, DateColumns, Link, Model, RecordType, Scalar, ToAny, ToMany, ToOne, Vocabulary, record,
        upper_case,
    },
    query::{
        filter::is_visible,
        link::{ID, PARENT},
        loader::{ROW, RecordLoader},
        statement::{YEARS, column, months},
    },
};

/// What records can be grouped by.
pub struct GroupKey {
    /// Its name in the schema, such as `START_YEAR`.
    pub name: String,
    /// The name that it had before, which goes on as deprecated.
    pub former: Option<String>,
    /// What it is.
    pub description: String,
    kind: KeyKind,
}

enum KeyKind {
    Text(Column),
    Word(Column, Arc<Vocabulary>),
    Boolean(Column),
    Date(DateColumns, Unit),
    /// What one reference, or two after each other, lead to.
    Reference(Vec<ToOne>),
    AnyReference(ToAny),
    /// The records that a table of links joins. A record can have several of them, and is in the group of each.
    Linked(Link, &'static str),
}

/// A unit of the calendar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Month,
    Year,
    Decade,
}

impl Unit {
    const ALL: [(Self, &'static str, &'static str); 3] =
        [(Self::Year, "YEAR", "year"), (Self::Month, "MONTH", "month"), (Self::Decade, "DECADE", "decade")];

    fn months(self) -> i64 {
        match self {
            Self::Month => 1,
            Self::Year => 12,
            Self::Decade => 120,
        }
    }

    /// The unit with this number, counted from the year 0, in EDTF.
    fn edtf(self, number: i64) -> String {
        match self {
            Self::Month => format!("{:04}-{:02}", number / 12, number % 12 + 1),
            Self::Year => format!("{number:04}"),
            Self::Decade => format!("{number:03}X"),
        }
    }
}

/// What the records of a group have in common, for one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyValue {
    /// Nothing is known.
    Unknown,
    /// A text, as clients see it.
    Text(String),
    /// A record: its table and its id.
    Record(&'static str, Uuid),
}

/// What the records of a type can be grouped by.
#[must_use]
pub fn keys(model: &Model, record: &RecordType) -> Vec<GroupKey> {
    let mut keys = Vec::new();
    for attribute in &record.attributes {
        let name = upper_case(&attribute.name);
        let renamed = attribute.former.as_deref().map(|former| (name.clone(), upper_case(former)));
        let mut add = |name: String, description: String, kind| {
            let former = renamed.as_ref().map(|(better, former)| name.replacen(better, former, 1));
            keys.push(GroupKey { name, former, description, kind });
        };
        let by = format!("By `{}`.", attribute.name);
        match &attribute.kind {
            AttributeKind::Scalar(column, scalar) if attribute.is_filterable && column.name != "key" => match scalar {
                Scalar::Text | Scalar::Letters(_) | Scalar::Digits(_) => add(name, by, KeyKind::Text(*column)),
                Scalar::Boolean => add(name, by, KeyKind::Boolean(*column)),
                Scalar::Word(vocabulary) => add(name, by, KeyKind::Word(*column, vocabulary.clone())),
                Scalar::Url | Scalar::Integer | Scalar::Float | Scalar::DateTime => {}
            },
            AttributeKind::Date { edtf, earliest, latest } => {
                for (unit, suffix, word) in Unit::ALL {
                    let about = format!(
                        "By the {word} of `{}`. Dates that can lie in several are in the group without a value.",
                        attribute.name
                    );
                    add(
                        format!("{name}_{suffix}"),
                        about,
                        KeyKind::Date([edtf.name, earliest.name, latest.name], unit),
                    );
                }
            }
            AttributeKind::ToOne(to_one) => {
                add(name.clone(), by, KeyKind::Reference(vec![*to_one]));
                for next in &model.record_type(to_one.target).attributes {
                    if let AttributeKind::ToOne(second) = &next.kind {
                        let about = format!("By the `{}` of `{}`.", next.name, attribute.name);
                        let name = format!("{name}_{}", upper_case(&next.name));
                        add(name, about, KeyKind::Reference(vec![*to_one, *second]));
                    }
                }
            }
            AttributeKind::ToAny(to_any) => add(name, by, KeyKind::AnyReference(to_any.clone())),
            AttributeKind::ToMany(ToMany { link: link @ Link::Through { .. }, target, .. })
                if attribute.is_group_key =>
            {
                let about = format!("By `{}`. An item is in the group of each of them.", attribute.name);
                add(name, about, KeyKind::Linked(*link, target));
            }
            _ => {}
        }
    }
    keys
}

/// The columns of a key in a statement, by its position among the keys.
#[derive(Clone, Copy)]
struct KeyColumns {
    value: &'static str,
    /// What groups are ordered by.
    sort: &'static str,
    /// The table of the record, if there are several that it can be of.
    table: &'static str,
}

const KEYS: [KeyColumns; MAX_KEYS + 1] = [
    KeyColumns { value: "v1", sort: "s1", table: "t1" },
    KeyColumns { value: "v2", sort: "s2", table: "t2" },
    KeyColumns { value: "v3", sort: "s3", table: "t3" },
    // Of what is counted.
    KeyColumns { value: OPERAND, sort: "s4", table: "t4" },
];
/// The aliases of what is joined for a key.
const JOINED: [[&str; 2]; MAX_KEYS + 1] = [["a1", "b1"], ["a2", "b2"], ["a3", "b3"], ["a4", "b4"]];

impl GroupKey {
    /// Adds its columns to a query of records.
    pub(super) fn select(&self, loader: &RecordLoader, query: &mut SelectStatement, position: usize) {
        let (columns, [first, second]) = (KEYS[position], JOINED[position]);
        let rank = loader.clearance.rank();
        let mut add = |expression: Expr, name: &'static str| {
            query.expr_as(expression, name);
        };
        match &self.kind {
            KeyKind::Text(of) | KeyKind::Word(of, _) | KeyKind::Boolean(of) => add(column(ROW, of.name), columns.value),
            KeyKind::Date([_, earliest, latest], unit) => {
                let number = |day: &'static str| months(loader.backend(), column(ROW, day)).div(unit.months());
                let is_one = column(ROW, earliest).gte(Expr::Constant(YEARS.0.into()));
                let is_one = is_one.and(column(ROW, latest).lte(Expr::Constant(YEARS.1.into())));
                // What is unknown lies at the end of all years and before them.
                let is_one = is_one.and(column(ROW, earliest).lte(column(ROW, latest)));
                let inner = CaseStatement::new().case(number(earliest).eq(number(latest)), number(earliest));
                let value = CaseStatement::new().case(is_one, inner);
                add(value.into(), columns.value);
            }
            KeyKind::Reference(path) => {
                let mut from = ROW;
                for (to_one, alias) in path.iter().zip([first, second]) {
                    let on = column(alias, ID).eq(column(from, to_one.column.name)).and(is_visible(alias, rank));
                    query.join_as(JoinType::LeftJoin, to_one.target, alias, on);
                    from = alias;
                }
                query.expr_as(column(from, ID), columns.value).expr_as(column(from, "key"), columns.sort);
            }
            KeyKind::AnyReference(to_any) => {
                let on = column(first, ID).eq(column(ROW, to_any.id.name)).and(is_visible(first, rank));
                query.join_as(JoinType::LeftJoin, record::Entity.table_name(), first, on);
                query.expr_as(column(first, ID), columns.value).expr_as(column(first, "kind"), columns.table);
            }
            KeyKind::Linked(link, target) => {
                let Link::Through { table, parent, child } = *link else { return };
                let mut linked = Query::select();
                linked.distinct().expr_as(column(first, parent), PARENT);
                linked.expr_as(column(second, ID), ID).expr_as(column(second, "key"), "key").from_as(table, first);
                let on = column(second, ID).eq(column(first, child)).and(is_visible(second, rank));
                linked.join_as(JoinType::InnerJoin, *target, second, on);
                query.join_subquery(JoinType::LeftJoin, linked, first, column(first, PARENT).eq(column(ROW, ID)));
                query.expr_as(column(first, ID), columns.value).expr_as(column(first, "key"), columns.sort);
            }
        }
    }

    /// The tables of the records that are its values; none if these are no records.
    pub(super) fn targets(&self) -> Vec<&'static str> {
        match &self.kind {
            KeyKind::Text(_) | KeyKind::Word(..) | KeyKind::Boolean(_) | KeyKind::Date(..) => Vec::new(),
            KeyKind::Reference(path) => path.last().map(|last| last.target).into_iter().collect(),
            KeyKind::AnyReference(to_any) => to_any.targets.clone(),
            KeyKind::Linked(_, target) => vec![target],
        }
    }

    /// The column of its value in a query of groups.
    pub(super) fn value(position: usize) -> &'static str {
        KEYS[position].value
    }

    /// Its columns in a query of groups.
    pub(super) fn columns(&self, position: usize) -> impl Iterator<Item = &'static str> {
        let KeyColumns { value, sort, table } = KEYS[position];
        let further = match self.kind {
            KeyKind::Reference(_) | KeyKind::Linked(..) => Some(sort),
            KeyKind::AnyReference(_) => Some(table),
            _ => None,
        };
        std::iter::once(value).chain(further)
    }

    /// Reads its value from a row.
    pub(super) fn read(&self, row: &QueryResult, position: usize) -> Result<KeyValue, DbErr> {
        let KeyColumns { value, table, .. } = KEYS[position];
        let record = |table: Option<&'static str>| {
            let id: Option<Uuid> = row.try_get("", value)?;
            Ok(table.zip(id).map_or(KeyValue::Unknown, |(table, id)| KeyValue::Record(table, id)))
        };
        let text = |text: Option<String>| text.map_or(KeyValue::Unknown, KeyValue::Text);
        match &self.kind {
            KeyKind::Text(_) => Ok(text(row.try_get("", value)?)),
            KeyKind::Word(_, vocabulary) => {
                let word: Option<String> = row.try_get("", value)?;
                Ok(text(word.and_then(|word| Some(vocabulary.by_value(&word)?.name.to_owned()))))
            }
            KeyKind::Boolean(_) => Ok(text(row.try_get::<Option<bool>>("", value)?.map(|value| value.to_string()))),
            KeyKind::Date(_, unit) => Ok(text(row.try_get::<Option<i64>>("", value)?.map(|number| unit.edtf(number)))),
            KeyKind::Reference(path) => record(path.last().map(|last| last.target)),
            KeyKind::AnyReference(to_any) => {
                let kind: Option<String> = row.try_get("", table)?;
                record(to_any.targets.iter().copied().find(|target| kind.as_deref() == Some(*target)))
            }
            KeyKind::Linked(_, target) => record(Some(target)),
        }
    }
}
