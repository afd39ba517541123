//! API keys.

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
        let key = Table::plain("api_key").id("id").text("prefix").bytes("hash").text("name").text("role");
        let moments = ["expires_at", "revoked_at", "last_used_at"];
        let key = moments.into_iter().fold(key.big_integer("created_at"), Table::optional_big_integer);
        key.key(&["id"]).unique(&["prefix"]).create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::drop(manager, "api_key").await
    }
}
