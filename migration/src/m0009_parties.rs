//! Parties to partnerships, with what the partnership is for each of them; further operators of innovation centers.

use sea_orm_migration::prelude::*;

use crate::table::Table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// In the order in which they can be created; they are dropped in the opposite one.
const TABLES: &[&str] = &["partnership_party", "innovation_center_operator"];

fn describe(name: &'static str) -> Table {
    match name {
        "partnership_party" => Table::record(name)
            .refers("partnership_id", "partnership")
            .refers_any("party", "party_id", "party_kind", &["city", "organization", "country"])
            .optional_word("status")
            .date("since")
            .date("ended"),
        "innovation_center_operator" => Table::plain(name)
            .belongs_to("center_id", "innovation_center")
            .belongs_to("operator_id", "organization")
            .key(&["center_id", "operator_id"]),
        other => unreachable!("{other} is not in TABLES"),
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            describe(table).create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            Table::drop(manager, table).await?;
        }
        Ok(())
    }
}
