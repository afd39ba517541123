//! Which countries took the place of others.

use sea_orm::entity::prelude::*;

use crate::{db::Id, domain::country};

/// A link from a dissolved country to one that took its place.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "country_succession")]
pub struct Model {
    /// The dissolved country.
    #[sea_orm(primary_key, auto_increment = false)]
    pub country_id: Id<country::Entity>,
    /// The country that took its place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub successor_id: Id<country::Entity>,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The dissolved country.
    #[sea_orm(belongs_to = "super::country::Entity", from = "Column::CountryId", to = "super::country::Column::Id")]
    Country,
    /// The country that took its place.
    #[sea_orm(belongs_to = "super::country::Entity", from = "Column::SuccessorId", to = "super::country::Column::Id")]
    Successor,
}

impl ActiveModelBehavior for ActiveModel {}
