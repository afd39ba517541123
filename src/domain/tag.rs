//! Tags: which topics records are about.

use sea_orm::entity::prelude::*;

use crate::{db::Id, domain::topic};

/// A link from a record to a topic that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveEntityModel)]
#[sea_orm(table_name = "tag")]
pub struct Model {
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_id: Uuid,
    /// The topic.
    #[sea_orm(primary_key, auto_increment = false)]
    pub topic_id: Id<topic::Entity>,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The record.
    #[sea_orm(
        belongs_to = "crate::model::record::Entity",
        from = "Column::RecordId",
        to = "crate::model::record::Column::Id"
    )]
    Record,
    /// The topic.
    #[sea_orm(belongs_to = "super::topic::Entity", from = "Column::TopicId", to = "super::topic::Column::Id")]
    Topic,
}

impl ActiveModelBehavior for ActiveModel {}
