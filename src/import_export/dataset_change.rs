//! Changes of the data set: what every writer of records does, whatever it writes.

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, Set};

use super::{
    effective_visibility::{update_effective_visibility, update_effective_visibility_of},
    import::Written,
    search_index::{update_search_index, update_search_index_of},
};
use crate::{
    clock::Clock,
    db::{Moment, WriterLock, begin_exclusive},
    domain::dataset::{self, DatasetVersion},
    model::Model,
};

/// Begins the transaction of a change. Another change waits for its end, however long that takes, because what one writes
/// depends on which records the database has.
pub async fn begin_change(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    begin_exclusive(connection, WriterLock::Change).await
}

/// Completes a change, before its transaction is committed: brings the effective visibility of all records and the index of
/// full-text search up to date, and adds a version of the data set, of which subscribers are told.
pub async fn complete_change(transaction: &DatabaseTransaction, model: &Model, clock: &Clock) -> Result<(), DbErr> {
    update_effective_visibility(transaction, model).await?;
    update_search_index(transaction, model).await?;
    add_version(transaction, clock).await
}

/// The same if only some records were written: what does not depend on them is not looked at.
pub(super) async fn complete_change_of(
    transaction: &DatabaseTransaction,
    model: &Model,
    clock: &Clock,
    written: &Written,
) -> Result<(), DbErr> {
    update_effective_visibility_of(transaction, model, written).await?;
    update_search_index_of(transaction, model, &written.changed).await?;
    add_version(transaction, clock).await
}

async fn add_version(transaction: &DatabaseTransaction, clock: &Clock) -> Result<(), DbErr> {
    let newest = DatasetVersion::newest(transaction).await?;
    let next = dataset::ActiveModel { version: Set(newest.version + 1), changed_at: Set(Moment(clock.now())) };
    dataset::Entity::insert(next).exec_without_returning(transaction).await.map(drop)
}
