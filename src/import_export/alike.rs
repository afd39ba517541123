//! New records that look like others: each is compared with the records of its name by one statement for all.

use sea_orm::{
    ConnectionTrait, DbErr, EntityName, ExprTrait, IdenStatic,
    sea_query::{Asterisk, Expr, Func, JoinType, Order, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    Problem, Warnings,
    columns::file_name,
    import::{Context, Written},
};
use crate::{
    model::{Alike, RecordType, identifier, words},
    query::statement::is_one_of_ids,
    quoted::Quoted,
};

/// How many degrees of latitude and of longitude lie between two places that may be one.
const SAME_PLACE: f64 = 0.2;

/// The new record, the one that it is compared with, and their identifiers.
const RECORD: &str = "record";
const OTHER: &str = "other";
const IDENTIFIER: &str = "identifier_of_record";
const OTHER_IDENTIFIER: &str = "identifier_of_other";
/// What was found of each new record.
const FOUND: &str = "found";

fn at(alias: &'static str, column: &'static str) -> Expr {
    Expr::col((alias, column))
}

/// Warns of new records that look like others. Of two new ones, the later is told.
pub(super) async fn find(
    context: &Context<'_>,
    record: &RecordType,
    alike: &Alike,
    written: &Written,
    warnings: &mut Warnings,
) -> Result<(), DbErr> {
    let new = written.origins.iter().filter(|(_, origin)| origin.is_new && origin.table == record.table);
    let new: Vec<Uuid> = new.map(|(id, _)| *id).collect();
    if new.is_empty() {
        return Ok(());
    }
    let is_new = |id: Expr| is_one_of_ids(context.import.database.backend(), id, &new);
    let mut other = Query::select();
    other.column((OTHER, "key")).from_as(record.table, OTHER).and_where(may_be_one(alike));
    other.and_where(is_new(at(OTHER, "id")).not().or(at(OTHER, "key").lt(at(RECORD, "key"))));
    other.and_where(Expr::exists(other_identifiers()).not()).limit(1);
    let mut records = Query::select();
    records.column((RECORD, "id")).column((RECORD, "key")).expr_as(at(RECORD, alike.name[0]), "name");
    records.expr_as(Expr::SubQuery(None, Box::new(other.into())), OTHER);
    records.from_as(record.table, RECORD).and_where(is_new(at(RECORD, "id")));
    let mut query = Query::select();
    query.column((FOUND, Asterisk)).from_subquery(records, FOUND).and_where(at(FOUND, OTHER).is_not_null());
    query.order_by((FOUND, "key"), Order::Asc);
    let what = words(record.table);
    for row in context.transaction.query_all(&query).await? {
        let id: Uuid = row.try_get("", "id")?;
        let [key, name, other]: [String; 3] =
            [row.try_get("", "key")?, row.try_get("", "name")?, row.try_get("", OTHER)?];
        let message = format!(
            "{what} {key}: the {what} {other} has the same name, {}: if it is the same {what}, use its key",
            Quoted(&name)
        );
        let line = written.origins.get(&id).map_or(0, |origin| origin.line);
        let mut found = Problem::of_file(&file_name(record), line, message);
        context.locate(&mut found);
        warnings.add(found);
    }
    Ok(())
}

/// Whether two records have the same name, and do not differ in what they say otherwise.
fn may_be_one(alike: &Alike) -> Expr {
    let folded = alike.name[1];
    let mut condition = at(OTHER, folded).eq(at(RECORD, folded)).and(at(OTHER, "id").ne(at(RECORD, "id")));
    for column in alike.same {
        let unknown = at(OTHER, column).is_null().and(at(RECORD, column).is_null());
        condition = condition.and(at(OTHER, column).eq(at(RECORD, column)).or(unknown));
    }
    for column in alike.coordinates.iter().flatten() {
        let apart = Func::abs(at(OTHER, column).sub(at(RECORD, column)));
        let apart = Func::coalesce([apart.into(), Expr::Constant(0.0.into())]);
        condition = condition.and(Expr::from(apart).lt(SAME_PLACE));
    }
    condition
}

/// Different identifiers of one scheme, which tell two records apart.
fn other_identifiers() -> SelectStatement {
    let of = |alias, column: identifier::Column| at(alias, column.as_str());
    let (scheme, value, owner) = (identifier::Column::Scheme, identifier::Column::Value, identifier::Column::RecordId);
    let on = of(OTHER_IDENTIFIER, scheme).eq(of(IDENTIFIER, scheme));
    let on = on.and(of(OTHER_IDENTIFIER, value).ne(of(IDENTIFIER, value)));
    let mut identified = Query::select();
    identified.expr(Expr::val(1)).from_as(identifier::Entity.table_name(), IDENTIFIER).limit(1);
    identified.join_as(JoinType::InnerJoin, identifier::Entity.table_name(), OTHER_IDENTIFIER, on);
    identified.and_where(of(IDENTIFIER, owner).eq(at(RECORD, "id")));
    identified.and_where(of(OTHER_IDENTIFIER, owner).eq(at(OTHER, "id")));
    identified
}
