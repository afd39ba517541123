//! The effective visibility of records: the strictest visibility among a record's own and those of the records that it cannot
//! be shown without. The column `audience` holds its rank.

use rustc_hash::FxHashMap;
use sea_orm::{
    ActiveEnum, ConnectionTrait, DbErr, EntityName, ExprTrait, Iterable,
    sea_query::{BinOper, CaseStatement, Condition, Expr, Func, Query, SelectStatement, SubQueryStatement, UnionType},
};
use uuid::Uuid;

use super::{columns::headers_of, import::Written, links::LinkTable};
use crate::{
    model::{Attribute, AttributeKind, Model, RecordType, Visibility, record},
    query::statement::is_one_of_ids,
};

/// The alias of the table of the records that a record cannot be shown without.
const OWNER: &str = "owner";
/// The alias of a table of links.
const LINK: &str = "link";
/// The alias of the ranks that the strictest one is chosen from, and of their only column.
const RANK: &str = "rank";
/// The alias of the table whose rows are records of the table `record`.
const ROW: &str = "row";

/// Brings the effective visibility of all records up to date, after records were written.
///
/// Each record starts from its own visibility, and is raised to that of the records that it needs until nothing changes. So
/// chains of any length are followed, and records that need each other in a circle do not keep each other hidden.
pub(super) async fn update_effective_visibility(connection: &impl ConnectionTrait, model: &Model) -> Result<(), DbErr> {
    let all: Vec<_> = model.types().map(|record| (record, None)).collect();
    update(connection, &all).await
}

/// The same of some records, and of those that cannot be shown without one of them that may be shown to others than before.
pub(super) async fn update_effective_visibility_of(
    connection: &impl ConnectionTrait,
    model: &Model,
    written: &Written,
) -> Result<(), DbErr> {
    let mut affected = written.changed.clone();
    let mut reached: FxHashMap<Uuid, &'static str> =
        affected.iter().filter(|(id, _)| written.reranked.contains(id)).map(|(id, table)| (*id, *table)).collect();
    while !reached.is_empty() {
        let mut next = FxHashMap::default();
        for record in model.types() {
            for id in dependents(connection, record, &reached).await? {
                if affected.insert(id, record.table).is_none() {
                    next.insert(id, record.table);
                }
            }
        }
        reached = next;
    }
    let ids = |record: &RecordType| {
        let of_type = affected.iter().filter(|(_, table)| **table == record.table);
        of_type.map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let of_types = model.types().map(|record| (record, ids(record))).filter(|(_, ids)| !ids.is_empty());
    let of_types: Vec<_> = of_types.map(|(record, ids)| (record, Some(ids))).collect();
    update(connection, &of_types).await
}

/// The records of a type that cannot be shown without one of those that were reached.
async fn dependents(
    connection: &impl ConnectionTrait,
    record: &RecordType,
    reached: &FxHashMap<Uuid, &'static str>,
) -> Result<Vec<Uuid>, DbErr> {
    let backend = connection.get_database_backend();
    let mut found = Vec::new();
    for (table, id, reference, targets) in needs(record) {
        let of_targets: Vec<Uuid> =
            reached.iter().filter(|(_, table)| targets.contains(table)).map(|(id, _)| *id).collect();
        if of_targets.is_empty() {
            continue;
        }
        let mut query = Query::select();
        query.column(id).from(table).and_where(is_one_of_ids(backend, Expr::col(reference), &of_targets));
        for row in connection.query_all(&query).await? {
            found.push(row.try_get_by_index(0)?);
        }
    }
    Ok(found)
}

/// What the records of a type cannot be shown without: a table, its columns of the record and of what it needs, and the tables
/// of that.
fn needs(record: &RecordType) -> Vec<(&'static str, &'static str, &'static str, Vec<&'static str>)> {
    let need = |attribute: &Attribute| match &attribute.kind {
        AttributeKind::ToOne(of) => Some((record.table, "id", of.column.name, vec![of.target])),
        AttributeKind::ToAny(of) => Some((record.table, "id", of.id.name, of.targets.clone())),
        AttributeKind::Keys { target, .. } => {
            LinkTable::of(attribute).map(|links| (links.table, links.parent, links.child, vec![*target]))
        }
        _ => None,
    };
    record.attributes.iter().filter(|attribute| attribute.is_needed()).filter_map(need).collect()
}

/// Whether a column of a file decides who sees the records of a type.
pub(super) fn decides_who_sees(record: &RecordType, header: &str) -> bool {
    let mut needed = record.attributes.iter().filter(|attribute| attribute.is_needed());
    header == "visibility" || needed.any(|attribute| headers_of(attribute).iter().any(|of| of == header))
}

/// Of each type, all records, or those with some ids.
async fn update(connection: &impl ConnectionTrait, of_types: &[(&RecordType, Option<Vec<Uuid>>)]) -> Result<(), DbErr> {
    for (record, ids) in of_types {
        set(connection, record, ids.as_deref(), own(record), BinOper::NotEqual).await?;
    }
    loop {
        let mut changed = 0;
        for (record, ids) in of_types {
            changed += set(connection, record, ids.as_deref(), effective(record), BinOper::SmallerThan).await?;
        }
        if changed == 0 {
            return Ok(());
        }
    }
}

/// Sets the rank of the records whose present rank compares with the new one as `comparison` says; says how many there were.
async fn set(
    connection: &impl ConnectionTrait,
    record: &RecordType,
    ids: Option<&[Uuid]>,
    rank: Expr,
    comparison: BinOper,
) -> Result<u64, DbErr> {
    let is_one = |id: Expr| ids.map(|ids| is_one_of_ids(connection.get_database_backend(), id, ids));
    let mut rows = Query::update();
    rows.table(record.table).value("audience", rank.clone());
    rows.cond_where(Condition::all().add_option(is_one(Expr::col((record.table, "id")))));
    rows.and_where(Expr::col((record.table, "audience")).binary(comparison, rank));
    let changed = connection.execute(&rows).await?.rows_affected();

    let id = (record::Entity.table_name(), record::Column::Id);
    let mut of_row = Query::select();
    of_row.column((ROW, "audience")).from_as(record.table, ROW).and_where(Expr::col((ROW, "id")).equals(id));
    let of_row = subquery(of_row);
    let mut records = Query::update();
    records.table(record::Entity).value(record::Column::Audience, of_row.clone());
    records.and_where(Expr::col(record::Column::Kind).eq(record.table));
    records.cond_where(Condition::all().add_option(is_one(Expr::col(record::Column::Id))));
    records.and_where(Expr::col(record::Column::Audience).ne(of_row));
    connection.execute(&records).await?;
    Ok(changed)
}

/// The rank of a record's own visibility.
fn own(record: &RecordType) -> Expr {
    let is = |visibility: Visibility| Expr::col((record.table, "visibility")).eq(visibility.to_value());
    let mut rank = CaseStatement::new();
    // The tables allow no other value (`ck_…_visibility`).
    for visibility in Visibility::iter() {
        rank = rank.case(is(visibility), visibility.rank());
    }
    rank.into()
}

/// The rank of a record's effective visibility, as far as that of the records that it needs is up to date.
fn effective(record: &RecordType) -> Expr {
    let owner = || {
        let mut query = Query::select();
        query.column((OWNER, record::Column::Audience)).from_as(record::Entity, OWNER);
        query
    };
    let mut ranks = Query::select();
    ranks.expr_as(own(record), RANK);
    let mut needs_others = false;
    for column in record.owners() {
        let mut query = owner();
        query.and_where(Expr::col((OWNER, record::Column::Id)).equals((record.table, column.name)));
        ranks.union(UnionType::All, query);
        needs_others = true;
    }
    for attribute in &record.attributes {
        let (AttributeKind::Keys { at_least: 1.., .. }, Some(links)) = (&attribute.kind, LinkTable::of(attribute))
        else {
            continue;
        };
        let mut query = owner();
        let is_child = Expr::col((OWNER, record::Column::Id)).equals((LINK, links.child));
        query.join_as(sea_orm::JoinType::InnerJoin, links.table, LINK, is_child);
        query.and_where(Expr::col((LINK, links.parent)).equals((record.table, "id")));
        ranks.union(UnionType::All, query);
        needs_others = true;
    }
    if !needs_others {
        return own(record);
    }
    let mut strictest = Query::select();
    strictest.expr(Func::max(Expr::col((RANK, RANK)))).from_subquery(ranks, RANK);
    subquery(strictest)
}

fn subquery(query: SelectStatement) -> Expr {
    SubQueryStatement::from(query).into()
}
