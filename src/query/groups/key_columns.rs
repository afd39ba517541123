//! How statements read the keys of groups.

use sea_orm::{
    DbErr, EntityName, ExprTrait, QueryResult,
    sea_query::{CaseStatement, Expr, JoinType, Query, SelectStatement},
};
use uuid::Uuid;

use super::{GroupKey, KeyValue, MAX_KEYS, OPERAND, key::KeyKind};
use crate::{
    model::{Link, record},
    query::{
        filter::is_visible,
        link::{self, ID, PARENT},
        loader::{ROW, RecordLoader},
        page::Page,
        statement::{YEARS, column, months, word},
    },
};

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
    /// Adds its columns to a query of the records of a part of a list.
    ///
    /// What is related is joined as a whole. If it were only that of the records of the list, `SQLite` would take it for so little
    /// that it reads all of it again for each record.
    pub(super) fn select(&self, loader: &RecordLoader, page: &Page, query: &mut SelectStatement, position: usize) {
        let pairs = |link: Link| link::pairs(link, loader.clearance.rank(), &|_, id| id.is_not_null());
        let (columns, [first, second]) = (KEYS[position], JOINED[position]);
        let rank = loader.clearance.rank();
        let part = (page.record.table, page.order.moment().map(|moment| moment.position));
        let kind = self.kinds.iter().find(|(of, _)| *of == part).map_or(self.kind(), |(_, kind)| kind);
        match kind {
            KeyKind::Constant(value) => {
                query.expr_as(word(loader.backend(), value), columns.value);
            }
            KeyKind::Text(of) | KeyKind::Word(of, _) | KeyKind::Boolean(of) => {
                query.expr_as(column(ROW, of.name), columns.value);
            }
            KeyKind::Date([_, earliest, latest], unit) => {
                let number = |day: &'static str| months(loader.backend(), column(ROW, day)).div(unit.months());
                let is_one = column(ROW, earliest).gte(Expr::Constant(YEARS.0.into()));
                let is_one = is_one.and(column(ROW, latest).lte(Expr::Constant(YEARS.1.into())));
                // What is unknown lies at the end of all years and before them.
                let is_one = is_one.and(column(ROW, earliest).lte(column(ROW, latest)));
                let inner = CaseStatement::new().case(number(earliest).eq(number(latest)), number(earliest));
                query.expr_as(CaseStatement::new().case(is_one, inner), columns.value);
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
            KeyKind::Related(link, targets) => {
                let (target, further) = match **targets {
                    [target] => (target, [("key", columns.sort)]),
                    _ => (record::Entity.table_name(), [("kind", columns.table)]),
                };
                let mut related = Query::select();
                related
                    .expr_as(column(first, PARENT), PARENT)
                    .expr_as(column(second, ID), ID)
                    .from_subquery(pairs(*link), first);
                let on = column(second, ID).eq(column(first, ID)).and(is_visible(second, rank));
                related.join_as(JoinType::InnerJoin, target, second, on);
                for (name, _) in further {
                    related.expr_as(column(second, name), name);
                }
                query.join_subquery(JoinType::LeftJoin, related, first, column(first, PARENT).eq(column(ROW, ID)));
                query.expr_as(column(first, ID), columns.value);
                for (name, alias) in further {
                    query.expr_as(column(first, name), alias);
                }
            }
            KeyKind::RelatedText(link, target, text) => {
                let mut related = Query::select();
                related.distinct().expr_as(column(first, PARENT), PARENT).expr_as(column(second, text), ID);
                related.from_subquery(pairs(*link), first);
                let on = column(second, ID).eq(column(first, ID)).and(is_visible(second, rank));
                related.join_as(JoinType::InnerJoin, *target, second, on);
                query.join_subquery(JoinType::LeftJoin, related, first, column(first, PARENT).eq(column(ROW, ID)));
                query.expr_as(column(first, ID), columns.value);
            }
        }
    }

    /// The column of its value in a query of groups.
    pub(super) fn value(position: usize) -> &'static str {
        KEYS[position].value
    }

    /// Its columns in a query of groups.
    pub(super) fn columns(&self, position: usize) -> impl Iterator<Item = &'static str> {
        let KeyColumns { value, sort, table } = KEYS[position];
        let further = match self.kind() {
            kind if kind.is_of_several_types() => Some(table),
            KeyKind::Reference(_) | KeyKind::Related(..) => Some(sort),
            _ => None,
        };
        std::iter::once(value).chain(further)
    }

    /// Reads its value from a row.
    pub(super) fn read(&self, row: &QueryResult, position: usize) -> Result<KeyValue, DbErr> {
        let KeyColumns { value, table, .. } = KEYS[position];
        let text = |text: Option<String>| text.map_or(KeyValue::Unknown, KeyValue::Text);
        match self.kind() {
            KeyKind::Constant(_) | KeyKind::Text(_) | KeyKind::RelatedText(..) => Ok(text(row.try_get("", value)?)),
            KeyKind::Word(_, vocabulary) => {
                let word: Option<String> = row.try_get("", value)?;
                Ok(text(word.and_then(|word| Some(vocabulary.by_value(&word)?.name.to_owned()))))
            }
            KeyKind::Boolean(_) => Ok(text(row.try_get::<Option<bool>>("", value)?.map(|value| value.to_string()))),
            KeyKind::Date(_, unit) => Ok(text(row.try_get::<Option<i64>>("", value)?.map(|number| unit.edtf(number)))),
            kind @ (KeyKind::Reference(_) | KeyKind::AnyReference(_) | KeyKind::Related(..)) => {
                let targets = kind.targets();
                let target = if kind.is_of_several_types() {
                    let found: Option<String> = row.try_get("", table)?;
                    targets.into_iter().find(|target| found.as_deref() == Some(*target))
                } else {
                    targets.first().copied()
                };
                let id: Option<Uuid> = row.try_get("", value)?;
                Ok(target.zip(id).map_or(KeyValue::Unknown, |(target, id)| KeyValue::Record(target, id)))
            }
        }
    }
}
