//! The days that sets of dates list, kept in step with the dates of the records that are written.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set, sea_query::Expr};
use uuid::Uuid;

use super::MAX_BOUND_VALUES;
use crate::{
    model::{
        date_range::{ActiveModel, Column, Entity},
        draft::Sets,
    },
    query::statement::is_one_of_ids,
};

/// How many rows one statement writes: each has four values.
const ROWS: usize = MAX_BOUND_VALUES / 4;

/// Replaces what the dates of records list. `before` are those that the database had.
pub(super) async fn replace<'a>(
    connection: &impl ConnectionTrait,
    before: &[Uuid],
    sets: impl Iterator<Item = (Uuid, &'a Sets)>,
) -> Result<(), DbErr> {
    if !before.is_empty() {
        let is_before = is_one_of_ids(connection.get_database_backend(), Expr::col(Column::RecordId), before);
        Entity::delete_many().filter(is_before).exec(connection).await?;
    }
    let mut rows = Vec::new();
    for (record, sets) in sets {
        for (date, ranges) in sets {
            rows.extend(ranges.iter().map(|(earliest, latest)| ActiveModel {
                record_id: Set(record),
                date: Set((*date).to_owned()),
                earliest: Set(*earliest),
                latest: Set(*latest),
            }));
        }
    }
    for batch in rows.chunks(ROWS) {
        Entity::insert_many(batch.iter().cloned()).exec_without_returning(connection).await?;
    }
    Ok(())
}
