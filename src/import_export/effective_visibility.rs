//! The effective visibility of records: the strictest visibility among a record's own and those of the records that it cannot
//! be shown without. The column `audience` holds its rank.

use sea_orm::{
    ActiveEnum, ConnectionTrait, DbErr, EntityName, ExprTrait, Iterable,
    sea_query::{BinOper, CaseStatement, Expr, Func, Query, SelectStatement, SubQueryStatement, UnionType},
};

use super::links::LinkTable;
use crate::model::{AttributeKind, Model, RecordType, Visibility, record};

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
    for record in model.types() {
        set(connection, record, own(record), BinOper::NotEqual).await?;
    }
    loop {
        let mut changed = 0;
        for record in model.types() {
            changed += set(connection, record, effective(record), BinOper::SmallerThan).await?;
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
    rank: Expr,
    comparison: BinOper,
) -> Result<u64, DbErr> {
    let mut rows = Query::update();
    rows.table(record.table).value("audience", rank.clone());
    rows.and_where(Expr::col((record.table, "audience")).binary(comparison, rank));
    let changed = connection.execute(&rows).await?.rows_affected();

    let id = (record::Entity.table_name(), record::Column::Id);
    let mut of_row = Query::select();
    of_row.column((ROW, "audience")).from_as(record.table, ROW).and_where(Expr::col((ROW, "id")).equals(id));
    let of_row = subquery(of_row);
    let mut records = Query::update();
    records.table(record::Entity).value(record::Column::Audience, of_row.clone());
    records.and_where(Expr::col(record::Column::Kind).eq(record.table));
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
