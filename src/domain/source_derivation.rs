//! Which sources a source derives from.

use sea_orm::entity::prelude::*;

use crate::{db::Id, domain::source};

/// A link from a source to another source that it derives from.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "source_derivation")]
pub struct Model {
    /// The source that derives from the origin.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Id<source::Entity>,
    /// The origin.
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin_id: Id<source::Entity>,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The source that derives from the origin.
    #[sea_orm(belongs_to = "super::source::Entity", from = "Column::SourceId", to = "super::source::Column::Id")]
    Source,
    /// The origin.
    #[sea_orm(belongs_to = "super::source::Entity", from = "Column::OriginId", to = "super::source::Column::Id")]
    Origin,
}

impl ActiveModelBehavior for ActiveModel {}
