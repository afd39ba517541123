//! The table `sort_key`: what names are ordered by in the alphabetical order of a language, see [`folding::collation`].

use sea_orm::entity::prelude::*;

/// The place of a record's main name in an alphabetical order.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sort_key")]
pub struct Model {
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_id: Uuid,
    /// The collation. All names have a key of [`folding::collation::ROOT`]; of the others, those that differ from it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub collation: String,
    /// The key.
    pub key: Vec<u8>,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The record.
    #[sea_orm(belongs_to = "super::record::Entity", from = "Column::RecordId", to = "super::record::Column::Id")]
    Record,
}

impl ActiveModelBehavior for ActiveModel {}
