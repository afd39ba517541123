//! Sort keys of names, by which lists are in the alphabetical order of a language.
//!
//! They are made with the documents of full-text search, which are therefore deleted: after the migrations, both are made from
//! what is stored.

use sea_orm_migration::prelude::*;

use crate::table::Table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What documents are made of.
const DOCUMENTS: [&str; 2] = ["search_document", "search_word"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sort_key = Table::plain("sort_key").belongs_to("record_id", "record").text("collation").bytes("key");
        sort_key.key(&["record_id", "collation"]).create(manager).await?;
        for table in DOCUMENTS {
            manager.get_connection().execute(Query::delete().from_table(table)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::drop(manager, "sort_key").await
    }
}
