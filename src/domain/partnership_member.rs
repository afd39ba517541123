//! The members of partnerships: a row for each ordered pair of them, so that a city's partners are one look-up away.

use sea_orm::entity::prelude::*;

use crate::{
    db::Id,
    domain::{city, partnership},
};

/// An ordered pair of members of a partnership.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partnership_member")]
pub struct Model {
    /// The partnership.
    #[sea_orm(primary_key, auto_increment = false)]
    pub partnership_id: Id<partnership::Entity>,
    /// A member.
    #[sea_orm(primary_key, auto_increment = false)]
    pub city_id: Id<city::Entity>,
    /// Another member.
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: Id<city::Entity>,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The partnership.
    #[sea_orm(
        belongs_to = "super::partnership::Entity",
        from = "Column::PartnershipId",
        to = "super::partnership::Column::Id"
    )]
    Partnership,
    /// A member.
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::CityId", to = "super::city::Column::Id")]
    City,
    /// Another member.
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::PartnerId", to = "super::city::Column::Id")]
    Partner,
}

impl ActiveModelBehavior for ActiveModel {}
