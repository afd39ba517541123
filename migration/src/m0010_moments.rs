//! Indexes by which records are found by when they were created or last changed.

use sea_orm_migration::prelude::*;

use crate::table::{create_index, drop_index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables of records.
const TABLES: &[&str] = &[
    "country",
    "topic",
    "source",
    "city",
    "partnership",
    "organization",
    "official",
    "position",
    "visit",
    "visit_stop",
    "innovation_center",
    "event",
    "participation",
    "membership",
    "agreement",
    "agreement_party",
    "partnership_party",
    "indicator",
    "citation",
];

const COLUMNS: [&str; 2] = ["created_at", "updated_at"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            for column in COLUMNS {
                create_index(manager, table, &[column, "id"]).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            for column in COLUMNS {
                drop_index(manager, table, &[column, "id"]).await?;
            }
        }
        Ok(())
    }
}
