//! Indexes of the participations of an activity or a participant by role: who hosted a visit is asked of whole pages of
//! visits, and without these indexes the row of each participant would be read to find out.

use sea_orm_migration::prelude::*;

use crate::table::{create_index, drop_index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "participation";
/// They answer the condition and the default order of a list, and whether a row may be seen.
const INDEXES: &[&[&str]] =
    &[&["activity_id", "role", "key", "id", "audience"], &["participant_id", "role", "key", "id", "audience"]];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in INDEXES {
            create_index(manager, TABLE, index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in INDEXES {
            drop_index(manager, TABLE, index).await?;
        }
        Ok(())
    }
}
