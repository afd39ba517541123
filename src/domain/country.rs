//! Countries.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        agreement_party, city, country_succession, organization, participation, partnership_party,
        place_role::{self, VisitPlaceRole},
        timeline::{self, TimelineKind},
        visit, visit_stop,
    },
    edtf::Day,
    model::{Description, Record, Visibility},
};

/// The status of the codes of a country in ISO 3166-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum CodeStatus {
    /// Assigned by the standard.
    Assigned,
    /// Reserved by the standard, but not assigned.
    Reserved,
    /// From the part of the standard that is left to users, such as `XK`.
    UserAssigned,
    /// Formerly assigned, and taken out of the standard.
    Former,
    /// Not a code of the standard.
    NotIso,
}

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
    pub alpha3: Option<String>,
    pub numeric: Option<String>,
    pub code_status: Option<CodeStatus>,
    pub region: Option<String>,
    pub sovereign_id: Option<Id<Entity>>,
    pub dissolved: Option<String>,
    pub dissolved_earliest: Day,
    pub dissolved_latest: Day,
    pub note: Option<String>,
    pub visibility: Visibility,
    pub audience: i16,
    pub version: i32,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
#[expect(missing_docs, reason = "`describe` says once what the relations are")]
pub enum Relation {
    #[sea_orm(belongs_to = "Entity", from = "Column::SovereignId", to = "Column::Id")]
    Sovereign,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table of links from a former country to those that took its place.
const SUCCESSORS: (country_succession::Column, country_succession::Column) =
    (country_succession::Column::CountryId, country_succession::Column::SuccessorId);

impl Record for Entity {
    const NAME: &'static str = "Country";
    const PLURAL: &'static str = "countries";
    const DESCRIPTION: &'static str = "A country or territory. The key is its two-letter code in ISO 3166-1, if it has one; `codeStatus` says whether it does.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name of the country.");
        d.letters(Column::Alpha3, 3, "The three-letter code, such as `FIN` in ISO 3166-1.");
        d.digits(Column::Numeric, 3, "The three-digit code, such as `246` in ISO 3166-1.");
        d.word::<CodeStatus>(Column::CodeStatus, "The status of the codes in ISO 3166-1.");
        d.value(Column::Region, "The region of the world, such as `Europe`.");
        d.belongs_to(Relation::Sovereign, "The country that the territory belongs to, or that administers it.");
        d.date(
            [Column::Dissolved, Column::DissolvedEarliest, Column::DissolvedLatest],
            "The day on which the country ceased to exist.",
        );
        d.moment(TimelineKind::CountryDissolved, Column::Dissolved);
        d.keys::<Entity, _>("successors", SUCCESSORS, None, 0);
        d.has_many_through::<Entity, _>(
            "successors",
            SUCCESSORS,
            "A list of the countries that took the place of the country.",
        );
        d.has_many_through::<Entity, _>(
            "predecessors",
            (SUCCESSORS.1, SUCCESSORS.0),
            "A list of the former countries that the country took the place of.",
        );
        d.has_many(
            "territories",
            Column::SovereignId,
            "A list of the territories that belong to the country or are administered by it.",
        );
        d.has_many("cities", city::Column::CountryId, "A list of the cities in the country.");
        d.has_many(
            "organizations",
            organization::Column::CountryId,
            "A list of the organizations based in the country.",
        );
        d.has_many_by::<visit::Entity, VisitPlaceRole>(
            "visits",
            "CountryVisit",
            place_role::visits(visit::Column::FromCountryId, visit::Column::ToCountryId, visit_stop::Column::CountryId),
            "A list of the visits from the country, to it, with a stop in it, or in which it took part. Each is listed once; \
             its edge tells the part of the country.",
        );
        d.has_many("visitsFrom", visit::Column::FromCountryId, "A list of the visits by guests from the country.");
        d.has_many("visitsTo", visit::Column::ToCountryId, "A list of the visits to the country.");
        d.has_many(
            "participations",
            participation::Column::ParticipantId,
            "A list of its participations in visits and events.",
        );
        d.has_many("visitStops", visit_stop::Column::CountryId, "A list of the stops of visits in the country.");
        d.has_many(
            "agreementParties",
            agreement_party::Column::PartyId,
            "A list of the agreements that the country is a party to, each with its part in it.",
        );
        d.has_many(
            "partnershipParties",
            partnership_party::Column::PartyId,
            "A list of its parts in partnerships, each with the status and the dates that the partnership has for the country.",
        );
        d.alike([], None);
        timeline::of_country(d);
        d.order_by_count("cities");
        d.order_by_count("visitsTo");
        d.schema_org("Country", [(Column::SovereignId, "containedInPlace")]);
        d.default_order("NAME_ASC");
    }
}
