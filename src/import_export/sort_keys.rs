//! Writes what names are ordered by in the alphabetical orders of languages.

use folding::collation::Collators;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, Set, sea_query::Expr};
use uuid::Uuid;

use super::MAX_BOUND_VALUES;
use crate::{model::sort_key, query::statement::is_one_of_ids};

/// How many keys one statement writes: each has three values.
const KEYS: usize = MAX_BOUND_VALUES / 3;

/// The sort keys of records.
pub(super) struct SortKeys<'a> {
    transaction: &'a DatabaseTransaction,
    collators: Collators,
}

impl<'a> SortKeys<'a> {
    pub(super) fn new(transaction: &'a DatabaseTransaction) -> Self {
        Self { transaction, collators: Collators::default() }
    }

    /// Writes the keys of records and their main names, instead of those that they had.
    pub(super) async fn write(&self, names: &[(Uuid, String)]) -> Result<(), DbErr> {
        let ids: Vec<_> = names.iter().map(|(id, _)| *id).collect();
        let backend = self.transaction.get_database_backend();
        let of_these = is_one_of_ids(backend, Expr::col(sort_key::Column::RecordId), &ids);
        sort_key::Entity::delete_many().filter(of_these).exec(self.transaction).await?;
        let keys = names.iter().flat_map(|(id, name)| {
            let keys = self.collators.sort_keys(name).into_iter();
            keys.map(|(collation, key)| sort_key::ActiveModel {
                record_id: Set(*id),
                collation: Set(collation.to_owned()),
                key: Set(key),
            })
        });
        let keys: Vec<_> = keys.collect();
        for keys in keys.chunks(KEYS) {
            sort_key::Entity::insert_many(keys.iter().cloned()).exec_without_returning(self.transaction).await?;
        }
        Ok(())
    }
}
