//! Which organizations operate an innovation center together with its main operator.

use sea_orm::entity::prelude::*;

use crate::{
    db::Id,
    domain::{innovation_center, organization},
};

/// A link from a center to one of its further operators.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "innovation_center_operator")]
pub struct Model {
    /// The center.
    #[sea_orm(primary_key, auto_increment = false)]
    pub center_id: Id<innovation_center::Entity>,
    /// An organization that operates it, too.
    #[sea_orm(primary_key, auto_increment = false)]
    pub operator_id: Id<organization::Entity>,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The center.
    #[sea_orm(
        belongs_to = "super::innovation_center::Entity",
        from = "Column::CenterId",
        to = "super::innovation_center::Column::Id"
    )]
    Center,
    /// An organization that operates it, too.
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OperatorId",
        to = "super::organization::Column::Id"
    )]
    Operator,
}

impl ActiveModelBehavior for ActiveModel {}
