//! Cities, and other levels of local government that cooperate in their own name.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        agreement_party, city_succession, country, event, innovation_center, membership, network, organization,
        participation, partnership, partnership_member, partnership_party,
        place_role::{self, VisitPlaceRole},
        position,
        timeline::{self, TimelineKind},
        visit, visit_stop,
    },
    edtf::Day,
    model::{Description, IfMissing, Record, Visibility},
};

/// The kind of a city or other place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum CityKind {
    /// A city.
    City,
    /// A town.
    Town,
    /// A village.
    Village,
    /// A county-level city, which is below a prefecture (县级市 in China).
    CountyLevelCity,
    /// A district of a city.
    District,
    /// A municipality.
    Municipality,
    /// A county.
    County,
    /// A prefecture.
    Prefecture,
    /// A province.
    Province,
    /// A region.
    Region,
    /// A state of a federation.
    State,
    /// A metropolitan area.
    MetropolitanArea,
    /// An island that governs itself.
    Island,
    /// A territory.
    Territory,
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "city")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub name: String,
    pub name_sort: String,
    pub language: String,
    pub kind: CityKind,
    pub country_id: Id<country::Entity>,
    pub parent_id: Option<Id<Entity>>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub population: Option<i32>,
    pub founded: Option<String>,
    pub founded_earliest: Day,
    pub founded_latest: Day,
    pub dissolved: Option<String>,
    pub dissolved_earliest: Day,
    pub dissolved_latest: Day,
    pub point_x: Option<f64>,
    pub point_y: Option<f64>,
    pub point_z: Option<f64>,
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
    #[sea_orm(belongs_to = "super::country::Entity", from = "Column::CountryId", to = "super::country::Column::Id")]
    Country,
    #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
    Parent,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table of links from a dissolved place to those that took its place.
const SUCCESSORS: (city_succession::Column, city_succession::Column) =
    (city_succession::Column::CityId, city_succession::Column::SuccessorId);

impl Record for Entity {
    const NAME: &'static str = "City";
    const PLURAL: &'static str = "cities";
    const DESCRIPTION: &'static str =
        "A city, or another local or regional government that cooperates in its own name.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name of the city.");
        d.word::<CityKind>(Column::Kind, "The kind of place.");
        d.belongs_to(Relation::Country, "The country in which the city is located.");
        d.belongs_to(Relation::Parent, "The larger place that the city is part of.");
        d.coordinates([Column::Latitude, Column::Longitude], [Column::PointX, Column::PointY, Column::PointZ]);
        d.ordered_value(Column::Population, "The number of inhabitants.").range = Some((0, i32::MAX));
        d.prominence(Column::Population);
        d.date(
            [Column::Founded, Column::FoundedEarliest, Column::FoundedLatest],
            "The day on which the city was founded, or became what it is.",
        );
        d.date(
            [Column::Dissolved, Column::DissolvedEarliest, Column::DissolvedLatest],
            "The day on which the city was dissolved, for example because it was merged with others or became a district.",
        );
        d.period(Column::Founded, Column::Dissolved, IfMissing::Open);
        d.moment(TimelineKind::CityFounded, Column::Founded);
        d.moment(TimelineKind::CityDissolved, Column::Dissolved);
        d.keys::<Entity, _>("successors", SUCCESSORS, None, 0);
        d.has_many_through::<Entity, _>(
            "successors",
            SUCCESSORS,
            "A list of the places that took the place of the city when it was dissolved.",
        );
        d.has_many_through::<Entity, _>(
            "predecessors",
            (SUCCESSORS.1, SUCCESSORS.0),
            "A list of the dissolved places that the city took the place of.",
        );
        d.has_many("parts", Column::ParentId, "A list of the smaller places that are part of the city.");
        d.has_many_through::<partnership::Entity, _>(
            "partnerships",
            (partnership_member::Column::CityId, partnership_member::Column::PartnershipId),
            "A list of the city's partnerships. Each edge contains the partner city.",
        );
        d.with_counterparts::<Entity>(
            "CityPartnership",
            ["partner", "partners"],
            partnership_member::Column::PartnerId,
        );
        d.has_many("organizations", organization::Column::CityId, "A list of the organizations based in the city.");
        d.has_many("positions", position::Column::CityId, "A list of the positions held in the city.");
        d.has_many_by::<visit::Entity, VisitPlaceRole>(
            "visits",
            "CityVisit",
            place_role::visits(visit::Column::FromCityId, visit::Column::ToCityId, visit_stop::Column::CityId),
            "A list of the visits from the city, to it, with a stop in it, or in which it took part. Each is listed once; its \
             edge tells the part of the city.",
        );
        d.has_many("visitsFrom", visit::Column::FromCityId, "A list of the visits by guests from the city.");
        d.has_many("visitsTo", visit::Column::ToCityId, "A list of the visits to the city.");
        d.has_many("visitStops", visit_stop::Column::CityId, "A list of the stops of visits in the city.");
        d.has_many(
            "innovationCenters",
            innovation_center::Column::CityId,
            "A list of the innovation centers in the city.",
        );
        d.has_many("events", event::Column::CityId, "A list of the events held in the city.");
        d.has_many(
            "participations",
            participation::Column::ParticipantId,
            "A list of its participations in visits and events.",
        );
        d.has_many("memberships", membership::Column::MemberId, "A list of its memberships in organizations.");
        d.has_many(
            "agreementParties",
            agreement_party::Column::PartyId,
            "A list of the agreements that the city is a party to, each with its part in it.",
        );
        d.has_many(
            "partnershipParties",
            partnership_party::Column::PartyId,
            "A list of its parts in partnerships, each with the status and the dates that the partnership has for the city.",
        );
        d.network(&network::PARTNERSHIPS, "The city in the network of partnerships: its partners, theirs, and so on.");
        d.defined_by([Column::Kind, Column::CountryId]);
        d.alike([Column::CountryId, Column::Kind], Some([Column::Latitude, Column::Longitude]));
        timeline::of_city(d);
        d.order_by_related(Column::CountryId, "name");
        d.order_by_count("partnerships");
        d.order_by_count("visitsTo");
        d.schema_org(
            "AdministrativeArea",
            [(Column::CountryId, "containedInPlace"), (Column::ParentId, "containedInPlace")],
        );
        d.schema_org_if(
            Column::Kind,
            [
                (CityKind::City, "City"),
                (CityKind::Town, "City"),
                (CityKind::Village, "City"),
                (CityKind::CountyLevelCity, "City"),
                (CityKind::State, "State"),
            ],
        );
        d.default_order("NAME_ASC");
    }
}
