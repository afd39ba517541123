//! Countries.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{city, organization, participation, visit},
    model::{Description, Record, Visibility},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "country")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub name: String,
    pub name_sort: String,
    pub language: String,
    pub alpha3: String,
    pub numeric: String,
    pub region: Option<String>,
    pub note: Option<String>,
    pub visibility: Visibility,
    pub audience: i16,
    pub version: i32,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// The table has no foreign key to another record.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    const NAME: &'static str = "Country";
    const PLURAL: &'static str = "countries";
    const DESCRIPTION: &'static str =
        "A country or territory that is listed in ISO 3166-1. The key is its two-letter code.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name of the country.");
        d.value(Column::Alpha3, "The three-letter code in ISO 3166-1, such as `FIN`.");
        d.value(Column::Numeric, "The three-digit code in ISO 3166-1, such as `246`.");
        d.value(Column::Region, "The region of the world, such as `Europe`.");
        d.has_many("cities", city::Column::CountryId, "A list of the cities in the country.");
        d.has_many(
            "organizations",
            organization::Column::CountryId,
            "A list of the organizations based in the country.",
        );
        d.has_many("visitsFrom", visit::Column::FromCountryId, "A list of the visits by guests from the country.");
        d.has_many("visitsTo", visit::Column::ToCountryId, "A list of the visits to the country.");
        d.has_many(
            "participations",
            participation::Column::ParticipantId,
            "A list of its participations in visits and events.",
        );
        d.default_order("NAME_ASC");
    }
}
