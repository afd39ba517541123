//! Inconsistencies in what an import has written: each is looked for by one statement, before the transaction is committed.

use rustc_hash::{FxHashMap, FxHashSet};
use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait, QueryResult,
    sea_query::{Asterisk, Expr, Func, JoinType, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    Problem,
    columns::file_name,
    import::{Context, Written},
    value_changes::Warnings,
};
use crate::model::{AttributeKind, Inconsistency, RecordType, words};

/// How many keys of a cycle a warning lists.
const SHOWN_KEYS: usize = 8;

/// The record that was written, and the other one.
const RECORD: &str = "record";
const OTHER: &str = "other";
/// Their links.
const LINK: &str = "link";
const OTHER_LINK: &str = "other_link";

fn at(alias: &'static str, column: &'static str) -> Expr {
    Expr::col((alias, column))
}

/// Warns of inconsistencies of the records that were written. All records are looked at, as for their keys: there are few
/// inconsistencies, and those that the database had before are left out.
pub(super) async fn find(context: &Context<'_>, written: &Written, warnings: &mut Warnings) -> Result<(), DbErr> {
    if written.changed.is_empty() {
        return Ok(());
    }
    for record in context.import.model.types() {
        for attribute in &record.attributes {
            if let AttributeKind::ToOne(to_one) = &attribute.kind
                && to_one.target == record.table
            {
                find_cycles(context, record, to_one.column.name, written, warnings).await?;
            }
        }
        for inconsistency in &record.inconsistencies {
            for row in context.transaction.query_all(&query(record, inconsistency)).await? {
                if let Some(mut found) = problem(record, inconsistency, &row, written)? {
                    context.locate(&mut found);
                    warnings.add(&found);
                }
            }
        }
    }
    Ok(())
}

/// Warns of records that a reference to their own type leads back to: a part cannot contain the whole.
async fn find_cycles(
    context: &Context<'_>,
    record: &RecordType,
    reference: &'static str,
    written: &Written,
    warnings: &mut Warnings,
) -> Result<(), DbErr> {
    let mut query = Query::select();
    query.columns(["id", "key", reference]).from(record.table).and_where(Expr::col(reference).is_not_null());
    let mut above: FxHashMap<Uuid, (String, Uuid)> = FxHashMap::default();
    for row in context.transaction.query_all(&query).await? {
        above.insert(row.try_get_by_index(0)?, (row.try_get_by_index(1)?, row.try_get_by_index(2)?));
    }
    for cycle in cycles(&above) {
        if !cycle.iter().any(|id| written.changed.contains(id)) {
            continue;
        }
        let mut keys: Vec<&str> = cycle.iter().map(|id| above[id].0.as_str()).collect();
        let first = keys.iter().enumerate().min_by_key(|(_, key)| **key).map_or(0, |(first, _)| first);
        keys.rotate_left(first);
        let shown = if keys.len() > SHOWN_KEYS { " → …" } else { "" };
        let path = keys.iter().take(SHOWN_KEYS).copied().collect::<Vec<_>>().join(" → ");
        let message =
            format!("{} {}: the references form a cycle: {path}{shown} → {}", words(record.table), keys[0], keys[0]);
        let next = keys.get(1).copied().unwrap_or(keys[0]);
        let mut found = Problem::of_cell(&file_name(record), 0, reference_name(reference), next, message);
        context.locate(&mut found);
        warnings.add(&found);
    }
    Ok(())
}

/// The cycles among records, each of which refers to at most one other.
fn cycles(above: &FxHashMap<Uuid, (String, Uuid)>) -> Vec<Vec<Uuid>> {
    let mut seen: FxHashSet<Uuid> = FxHashSet::default();
    let mut found = Vec::new();
    for start in above.keys() {
        let (mut path, mut id) = (Vec::new(), *start);
        while let Some((_, next)) = above.get(&id) {
            if !seen.insert(id) {
                // Either this path has come back, or another one has been here before.
                if let Some(position) = path.iter().position(|of| *of == id) {
                    found.push(path.split_off(position));
                }
                break;
            }
            path.push(id);
            id = *next;
        }
    }
    found
}

fn reference_name(column: &str) -> &str {
    column.strip_suffix("_id").unwrap_or(column)
}

/// Selects the ids and keys of the two records, and a value for the message.
fn query(record: &RecordType, inconsistency: &Inconsistency) -> SelectStatement {
    let mut query = Query::select();
    query.from_as(record.table, RECORD).column((RECORD, "id")).column((RECORD, "key"));
    let refers_to = |query: &mut SelectStatement, (column, table): (&'static str, &'static str)| {
        query.join_as(JoinType::InnerJoin, table, OTHER, at(OTHER, "id").eq(at(RECORD, column)));
        query.column((OTHER, "id")).column((OTHER, "key"));
    };
    match *inconsistency {
        Inconsistency::Differs { own, reference, theirs } => {
            refers_to(&mut query, reference);
            query.expr(Expr::val("")).and_where(at(RECORD, own).ne(at(OTHER, theirs)));
        }
        Inconsistency::After { own, reference, theirs } => {
            refers_to(&mut query, reference);
            query.column((RECORD, own[0]));
            query.and_where(at(RECORD, own[0]).is_not_null()).and_where(at(OTHER, theirs[0]).is_not_null());
            query.and_where(at(RECORD, own[1]).gt(at(OTHER, theirs[2])));
        }
        Inconsistency::NotYet { word, value, date } => {
            query.column((RECORD, "id")).column((RECORD, "key")).column((RECORD, date[0]));
            query.and_where(at(RECORD, word).eq(value)).and_where(at(RECORD, date[0]).is_not_null());
        }
        Inconsistency::Twice { links: (table, own, ends), kind, end } => {
            let links = |of: &'static str| {
                let mut count = Query::select();
                count.expr(Func::count(Expr::col(Asterisk))).from(table).and_where(Expr::col(own).eq(at(of, "id")));
                count
            };
            let same = ends.map(|end| at(OTHER_LINK, end).eq(at(LINK, end)));
            let other = at(OTHER_LINK, own).ne(at(LINK, own));
            query.join_as(JoinType::InnerJoin, table, LINK, at(LINK, own).eq(at(RECORD, "id")));
            query.join_as(JoinType::InnerJoin, table, OTHER_LINK, same.into_iter().fold(other, ExprTrait::and));
            query.join_as(JoinType::InnerJoin, record.table, OTHER, at(OTHER, "id").eq(at(OTHER_LINK, own)));
            query.column((OTHER, "id")).column((OTHER, "key")).expr(Expr::val(""));
            query.and_where(at(OTHER, kind).eq(at(RECORD, kind)));
            query.and_where(at(RECORD, end).is_null()).and_where(at(OTHER, end).is_null());
            query.add_group_by([at(RECORD, "id"), at(RECORD, "key"), at(OTHER, "id"), at(OTHER, "key")]);
            for of in [RECORD, OTHER] {
                query.and_having(Expr::from(Func::count(Expr::col(Asterisk))).eq(subquery(links(of))));
            }
        }
    }
    query.order_by((RECORD, "key"), sea_orm::sea_query::Order::Asc);
    query
}

fn subquery(select: SelectStatement) -> Expr {
    Expr::SubQuery(None, Box::new(select.into()))
}

/// The warning for a row of the result; `None` if neither record was written.
fn problem(
    record: &RecordType,
    inconsistency: &Inconsistency,
    row: &QueryResult,
    written: &Written,
) -> Result<Option<Problem>, DbErr> {
    let is_written = |index| Ok::<_, DbErr>(written.changed.contains(&row.try_get_by_index::<Uuid>(index)?));
    let (is_own, is_other) = (is_written(0)?, is_written(2)?);
    if !is_own && !is_other {
        return Ok(None);
    }
    let (key, other): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(3)?);
    let value: String = row.try_get_by_index(4)?;
    let (column, message) = match inconsistency {
        Inconsistency::Differs { own, reference: (_, table), theirs } => {
            let what = reference_name(theirs);
            ("", format!("the {} {other} has another {what} than {} says", words(table), reference_name(own)))
        }
        Inconsistency::After { own, reference: (_, table), theirs } => {
            let what = words(theirs[0]);
            (own[0], format!("it is later than the date `{what}` of the {} {other}", words(table)))
        }
        Inconsistency::NotYet { word, value: said, date } => {
            (date[0], format!("it must be empty while {word} is {said}"))
        }
        Inconsistency::Twice { .. } => {
            // There is a row for each of the two: the warning is about the one that was written, or the later one.
            if !is_own || is_other && other > key {
                return Ok(None);
            }
            ("", format!("the {} {other} has the same members and kind", words(record.table)))
        }
    };
    let message = format!("{} {key}: {message}", words(record.table));
    Ok(Some(Problem::of_cell(&file_name(record), 0, column, &value, message)))
}
