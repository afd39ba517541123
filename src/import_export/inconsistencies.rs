//! Inconsistencies between records that an import has written: each is looked for by one statement, before the transaction is
//! committed. Those within a record were found by its draft. What cannot be is a problem, what may be right a warning.

use std::collections::BTreeSet;

use folding::fold;
use rustc_hash::{FxHashMap, FxHashSet};
use sea_orm::{
    ConnectionTrait, DbErr, EntityName, ExprTrait, IdenStatic, QueryResult,
    sea_query::{
        Asterisk, CommonTableExpression, Condition, Expr, Func, JoinType, Query, SelectStatement, UnionType, WithClause,
    },
};
use uuid::Uuid;

use super::{
    MAX_BOUND_VALUES, Problem, Problems, alike,
    columns::file_name,
    import::{Context, Scope, Written},
    unbuilt_statements::analyze_table,
    value_changes::{Change, Warnings},
};
use crate::{
    model::{AttributeKind, Inconsistency, Link, RecordType, name, words},
    query::statement::is_one_of_ids,
};

/// How many keys of a cycle a warning lists.
const SHOWN_KEYS: usize = 8;

/// The record that was written, and the other one.
const RECORD: &str = "record";
const OTHER: &str = "other";
/// Their links.
const LINK: &str = "link";
const OTHER_LINK: &str = "other_link";
/// Those that records lead to by a reference to their own type.
const ABOVE: &str = "above";

fn at(alias: &'static str, column: &'static str) -> Expr {
    Expr::col((alias, column))
}

/// Tells inconsistencies of the records that were written. All records are looked at, as for their keys: there are few
/// inconsistencies, and those that the database had before are left out.
pub(super) async fn find(
    context: &Context<'_>,
    written: &Written,
    problems: &mut Problems,
    warnings: &mut Warnings,
) -> Result<(), DbErr> {
    if written.changed.is_empty() && written.reduced.is_empty() {
        return Ok(());
    }
    let written_tables: BTreeSet<&str> = written.changed.values().chain(written.reduced.values()).copied().collect();
    let ids: Vec<Uuid> = written.changed.keys().chain(written.reduced.keys()).copied().collect();
    // PostgreSQL would take tables that were filled in this transaction for small ones, and compare each row with each.
    if context.scope == Scope::All && written.changed.len() * 10 > context.keys.iter().count() {
        for record in context.import.model.types().filter(|record| !record.inconsistencies.is_empty()) {
            for table in tables(record) {
                analyze_table(context.transaction, table).await?;
            }
        }
    }
    for record in context.import.model.types() {
        for attribute in &record.attributes {
            if let AttributeKind::ToOne(to_one) = &attribute.kind
                && to_one.target == record.table
            {
                find_cycles(context, record, to_one.column.name, written, problems).await?;
            }
        }
        for inconsistency in &record.inconsistencies {
            if let Inconsistency::Alike(alike) = inconsistency {
                alike::find(context, record, alike, written, warnings).await?;
            }
            let Some(mut query) = query(record, inconsistency) else { continue };
            if context.scope == Scope::Named {
                if !written_tables.contains(record.table)
                    && !tables_of(inconsistency).any(|of| written_tables.contains(of))
                {
                    continue;
                }
                let is_written = |alias| is_one_of_ids(context.import.database.backend(), at(alias, "id"), &ids);
                let has_other = !matches!(inconsistency, Inconsistency::Few { .. });
                query.cond_where(
                    Condition::any().add(is_written(RECORD)).add_option(has_other.then(|| is_written(OTHER))),
                );
            }
            for row in context.transaction.query_all(&query).await? {
                match problem(record, inconsistency, &row, written)? {
                    None => {}
                    Some(found) if inconsistency.is_impossible() => problems.add(found),
                    Some(mut found) => {
                        context.locate(&mut found);
                        warnings.add(found);
                    }
                }
            }
        }
    }
    Ok(())
}

/// The tables in which inconsistencies of a record type are looked for.
fn tables(record: &RecordType) -> BTreeSet<&'static str> {
    record.inconsistencies.iter().flat_map(tables_of).chain([record.table]).collect()
}

/// The table beside that of the record in which an inconsistency is looked for.
fn tables_of(inconsistency: &Inconsistency) -> impl Iterator<Item = &'static str> + use<> {
    let table = match inconsistency {
        Inconsistency::NotYet { .. }
        | Inconsistency::Future { .. }
        | Inconsistency::Long { .. }
        | Inconsistency::Same { .. }
        | Inconsistency::Alike(_) => None,
        Inconsistency::Differs { reference: (_, table), .. }
        | Inconsistency::After { reference: (_, table), .. }
        | Inconsistency::Before { reference: (_, table), .. }
        | Inconsistency::Few { table, .. }
        | Inconsistency::Twice { links: (table, ..), .. } => Some(*table),
    };
    table.into_iter()
}

/// Finds records that a reference to their own type leads back to: a part cannot contain the whole.
async fn find_cycles(
    context: &Context<'_>,
    record: &RecordType,
    reference: &'static str,
    written: &Written,
    problems: &mut Problems,
) -> Result<(), DbErr> {
    let mut query = Query::select();
    query.columns(["id", "key", reference].map(|name| (RECORD, name))).from_as(record.table, RECORD);
    query.and_where(at(RECORD, reference).is_not_null());
    if context.scope == Scope::Named {
        let of_type = written.changed.iter().filter(|(_, table)| **table == record.table);
        let ids: Vec<Uuid> = of_type.map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        query = above_those(context, reference, query, &ids);
    }
    let mut above: FxHashMap<Uuid, (String, Uuid)> = FxHashMap::default();
    for row in context.transaction.query_all(&query).await? {
        above.insert(row.try_get_by_index(0)?, (row.try_get_by_index(1)?, row.try_get_by_index(2)?));
    }
    for cycle in cycles(&above) {
        if !cycle.iter().any(|id| written.changed.contains_key(id)) {
            continue;
        }
        let mut cycle: Vec<(&str, Uuid)> = cycle.iter().map(|id| (above[id].0.as_str(), *id)).collect();
        let first = cycle.iter().enumerate().min_by_key(|(_, (key, _))| *key).map_or(0, |(first, _)| first);
        cycle.rotate_left(first);
        let keys: Vec<&str> = cycle.iter().map(|(key, _)| *key).collect();
        let shown = if keys.len() > SHOWN_KEYS { " → …" } else { "" };
        let path = keys.iter().take(SHOWN_KEYS).copied().collect::<Vec<_>>().join(" → ");
        let message =
            format!("{} {}: the references form a cycle: {path}{shown} → {}", words(record.table), keys[0], keys[0]);
        // The first that was written, and the one that it refers to.
        let origin = |(at, (_, id)): (usize, &(&str, Uuid))| Some((at, written.origins.get(id)?.line));
        let (at, line) = cycle.iter().enumerate().find_map(origin).unwrap_or_default();
        let next = keys[(at + 1) % keys.len()];
        problems.add(Problem::of_cell(&file_name(record), line, reference_name(reference), next, message));
    }
    Ok(())
}

/// The records of a selection that have some ids, and those that they lead to by a reference.
fn above_those(
    context: &Context<'_>,
    reference: &'static str,
    query: SelectStatement,
    ids: &[Uuid],
) -> SelectStatement {
    let mut next = query.clone();
    next.join(JoinType::InnerJoin, ABOVE, at(ABOVE, reference).eq(at(RECORD, "id")));
    let mut those = query;
    those.and_where(is_one_of_ids(context.import.database.backend(), at(RECORD, "id"), ids));
    // `UNION` leaves out what is there already, so circles end.
    those.union(UnionType::Distinct, next);
    let columns = ["id", "key", reference];
    let table = CommonTableExpression::new().query(those).columns(columns).table_name(ABOVE).to_owned();
    let mut all = Query::select();
    all.columns(columns).from(ABOVE).with_cte(WithClause::new().recursive(true).cte(table).to_owned());
    all
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

/// Selects the ids and keys of the two records, and a value for the message; `None` if the record alone shows it, and its draft
/// has found it.
fn query(record: &RecordType, inconsistency: &Inconsistency) -> Option<SelectStatement> {
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
        Inconsistency::After { own, reference, theirs } | Inconsistency::Before { own, reference, theirs } => {
            refers_to(&mut query, reference);
            query.column((RECORD, own[0]));
            query.and_where(at(RECORD, own[0]).is_not_null()).and_where(at(OTHER, theirs[0]).is_not_null());
            query.and_where(match inconsistency {
                Inconsistency::Before { .. } => at(RECORD, own[2]).lt(at(OTHER, theirs[1])),
                _ => at(RECORD, own[1]).gt(at(OTHER, theirs[2])),
            });
        }
        Inconsistency::NotYet { .. }
        | Inconsistency::Future { .. }
        | Inconsistency::Long { .. }
        | Inconsistency::Alike(_) => return None,
        Inconsistency::Same { column } => {
            let other = at(OTHER, "id").ne(at(RECORD, "id"));
            query.join_as(
                JoinType::InnerJoin,
                record.table,
                OTHER,
                at(OTHER, column).eq(at(RECORD, column)).and(other),
            );
            query.column((OTHER, "id")).column((OTHER, "key")).column((RECORD, column));
        }
        Inconsistency::Few { table, reference, least } => {
            let mut count = Query::select();
            count.expr(Func::count(Expr::col(Asterisk))).from(table);
            count.and_where(Expr::col((table, reference)).eq(at(RECORD, "id")));
            query.column((RECORD, "id")).column((RECORD, "key")).expr(Expr::val(""));
            query.and_where(subquery(count).lt(least));
            if let Some((_, Link::Through { table, parent, .. }, _)) = record.members() {
                let mut members = Query::select();
                members
                    .expr(Expr::val(1))
                    .from_as(table, LINK)
                    .and_where(at(LINK, parent).eq(at(RECORD, "id")))
                    .limit(1);
                query.and_where(Expr::exists(members).not());
            }
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
    Some(query)
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
    let is_written = |id: &Uuid| written.changed.contains_key(id) || written.reduced.contains_key(id);
    let (id, other_id): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(2)?);
    let (is_own, is_other) = (is_written(&id), is_written(&other_id));
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
        Inconsistency::After { own, reference: (_, table), theirs }
        | Inconsistency::Before { own, reference: (_, table), theirs } => {
            let than = if matches!(inconsistency, Inconsistency::Before { .. }) { "earlier" } else { "later" };
            let what = words(theirs[0]);
            (own[0], format!("it is {than} than the date `{what}` of the {} {other}", words(table)))
        }
        Inconsistency::NotYet { .. }
        | Inconsistency::Future { .. }
        | Inconsistency::Long { .. }
        | Inconsistency::Alike(_) => return Ok(None),
        Inconsistency::Few { table, least, .. } => {
            let lists = record.members().map(|(list, ..)| format!("it has no {}, and ", list.name)).unwrap_or_default();
            ("", format!("{lists}fewer than {least} {} records refer to it", words(table)))
        }
        // There is a row for each of the two: the warning is about the one that was written, or the later one.
        Inconsistency::Same { .. } | Inconsistency::Twice { .. } if !is_own || is_other && other > key => {
            return Ok(None);
        }
        Inconsistency::Same { column } => (*column, format!("the {} {other} has the same code", words(record.table))),
        Inconsistency::Twice { .. } => {
            ("", format!("the {} {other} has the same members and kind", words(record.table)))
        }
    };
    let message = format!("{} {key}: {message}", words(record.table));
    let line = written.origins.get(&id).map_or(0, |origin| origin.line);
    Ok(Some(Problem::of_cell(&file_name(record), line, column, &value, message)))
}

/// A record whose main name an import changes into another one.
pub(super) struct Renamed {
    id: Uuid,
    change: Change,
}

impl Renamed {
    /// The change, if it is one of a main name, and not only of its spelling.
    pub(super) fn of(context: &Context<'_>, record: &RecordType, change: Change) -> Option<Self> {
        let (name, _) = record.main_name?;
        if change.column != name.name || is_correction(&change.old, &change.new) {
            return None;
        }
        let id = context.keys.get(record.table, &change.key)?.id;
        Some(Self { id, change })
    }
}

/// How alike two names are that may be spellings of one.
const SIMILAR: f64 = 0.5;

/// Whether one of two names may be a correction of the other.
fn is_correction(old: &str, new: &str) -> bool {
    let [old, new] = [fold(old), fold(new)];
    old.contains(&new) || new.contains(&old) || strsim::normalized_damerau_levenshtein(&old, &new) > SIMILAR
}

/// Warns of records that were given quite another name: the row may mean another record. If one of the two is among the
/// further names, both are known to be names of the record.
pub(super) async fn find_renamed(
    context: &Context<'_>,
    renamed: Vec<Renamed>,
    warnings: &mut Warnings,
) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = renamed.iter().map(|renamed| renamed.id).collect();
    let mut known: FxHashSet<(Uuid, String)> = FxHashSet::default();
    for ids in ids.chunks(MAX_BOUND_VALUES) {
        let of = |column: name::Column| (name::Entity.table_name(), column.as_str());
        let mut names = Query::select();
        names.column(of(name::Column::RecordId)).column(of(name::Column::Folded)).from(name::Entity.table_name());
        let owner = Expr::col(of(name::Column::RecordId));
        names.and_where(is_one_of_ids(context.import.database.backend(), owner, ids));
        for row in context.transaction.query_all(&names).await? {
            known.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
    }
    for Renamed { id, mut change } in renamed {
        if [&change.old, &change.new].iter().any(|name| known.contains(&(id, fold(name)))) {
            continue;
        }
        change.warning = Some("the row may mean another record; if it does not, keep the old name in names.csv");
        context.locate_change(&mut change);
        warnings.add_change(&change);
    }
    Ok(())
}
