//! Organizations.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{city, country, event, innovation_center, membership, participation, position},
    edtf::Day,
    model::{Description, Record, Visibility},
};

/// What kind of organization it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum OrganizationKind {
    /// An association.
    Association,
    /// The government of a city.
    CityGovernment,
    /// A company.
    Company,
    /// A consulate.
    Consulate,
    /// A company for the development of a region.
    DevelopmentCompany,
    /// The government of a district.
    DistrictGovernment,
    /// An embassy.
    Embassy,
    /// An organizer of events.
    EventOrganizer,
    /// An agency of a government.
    GovernmentAgency,
    /// A company owned by a government.
    GovernmentCompany,
    /// An office of a government.
    GovernmentOffice,
    /// A body that furthers innovation.
    InnovationBody,
    /// A publisher or broadcaster.
    Media,
    /// A ministry.
    Ministry,
    /// A network of organizations.
    Network,
    /// The government of a region.
    RegionalGovernment,
    /// An organization that serves others.
    ServiceOrganization,
    /// A technology park.
    TechnologyPark,
    /// A think tank.
    ThinkTank,
    /// A university.
    University,
    /// A venue of events.
    Venue,
}

/// An office, association, company, agency or park.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub name: String,
    pub name_sort: String,
    pub language: String,
    pub kind: OrganizationKind,
    pub city_id: Option<Id<city::Entity>>,
    pub country_id: Option<Id<country::Entity>>,
    pub parent_id: Option<Id<Entity>>,
    pub founded: Option<String>,
    pub founded_earliest: Day,
    pub founded_latest: Day,
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
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::CityId", to = "super::city::Column::Id")]
    City,
    #[sea_orm(belongs_to = "super::country::Entity", from = "Column::CountryId", to = "super::country::Column::Id")]
    Country,
    #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
    Parent,
}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    const NAME: &'static str = "Organization";
    const PLURAL: &'static str = "organizations";
    const DESCRIPTION: &'static str = "An office, association, company, agency or park.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name.");
        d.word::<OrganizationKind>(Column::Kind, "What kind of organization it is.");
        d.belongs_to(Relation::City, "The city of its seat.");
        d.belongs_to(Relation::Country, "The country of its seat.");
        d.belongs_to(Relation::Parent, "The organization that it is a part of.");
        d.date([Column::Founded, Column::FoundedEarliest, Column::FoundedLatest], "The day on which it was founded.");
        d.date(
            [Column::Dissolved, Column::DissolvedEarliest, Column::DissolvedLatest],
            "The day on which it was dissolved.",
        );
        d.period(Column::Founded, Column::Dissolved);
        d.has_many("parts", Column::ParentId, "A list of the organizations that are parts of it.");
        d.has_many("positions", position::Column::OrganizationId, "A list of the offices held in it.");
        d.has_many(
            "participations",
            participation::Column::ParticipantId,
            "A list of its parts in visits and events: as host, guest, exhibitor, …",
        );
        d.has_many("members", membership::Column::OrganizationId, "A list of its members.");
        d.has_many("memberships", membership::Column::MemberId, "A list of the organizations that it belongs to.");
        d.has_many(
            "innovationCenters",
            innovation_center::Column::OperatorId,
            "A list of the innovation centers that it runs.",
        );
        d.has_many("organizedEvents", event::Column::OrganizerId, "A list of the events that it organized.");
        d.default_order("NAME_ASC");
    }
}
