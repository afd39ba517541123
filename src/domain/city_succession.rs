//! Which cities took the place of others.

use sea_orm::entity::prelude::*;

use crate::{db::Id, domain::city};

/// A link from a dissolved city to one that took its place.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "city_succession")]
pub struct Model {
    /// The dissolved city.
    #[sea_orm(primary_key, auto_increment = false)]
    pub city_id: Id<city::Entity>,
    /// The city that took its place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub successor_id: Id<city::Entity>,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The dissolved city.
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::CityId", to = "super::city::Column::Id")]
    City,
    /// The city that took its place.
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::SuccessorId", to = "super::city::Column::Id")]
    Successor,
}

impl ActiveModelBehavior for ActiveModel {}
