//! What mutations with an idempotency key have done.

use sea_orm_migration::prelude::*;

use crate::table::Table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = Table::plain("idempotency_key").text("actor").text("key").bytes("input").text("records");
        keys.big_integer("created_at").key(&["actor", "key"]).index(&["created_at"]).create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::drop(manager, "idempotency_key").await
    }
}
