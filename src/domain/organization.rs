//! Organizations.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        agreement_party, city, country, event, innovation_center, innovation_center_operator, membership, network,
        participation, partnership_party, position,
        timeline::{self, TimelineKind},
    },
    edtf::Day,
    model::{Description, IfMissing, Record, Visibility},
};

/// The kind of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum OrganizationKind {
    /// An association.
    Association,
    /// A city government.
    CityGovernment,
    /// A company.
    Company,
    /// A consulate.
    Consulate,
    /// A regional development company.
    DevelopmentCompany,
    /// A district government.
    DistrictGovernment,
    /// An embassy.
    Embassy,
    /// An event organizer.
    EventOrganizer,
    /// A government agency.
    GovernmentAgency,
    /// A government-owned company.
    GovernmentCompany,
    /// A government office.
    GovernmentOffice,
    /// An organization that promotes innovation.
    InnovationBody,
    /// A publisher or broadcaster.
    Media,
    /// A ministry.
    Ministry,
    /// A network of organizations.
    Network,
    /// A regional government.
    RegionalGovernment,
    /// An organization that provides services to others.
    ServiceOrganization,
    /// A technology park.
    TechnologyPark,
    /// A think tank.
    ThinkTank,
    /// A university.
    University,
    /// An event venue.
    Venue,
}

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
    pub website: Option<String>,
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

/// The columns of the day on which an organization was founded.
pub const FOUNDED: [Column; 3] = [Column::Founded, Column::FoundedEarliest, Column::FoundedLatest];
/// The columns of the day on which an organization was dissolved.
pub const DISSOLVED: [Column; 3] = [Column::Dissolved, Column::DissolvedEarliest, Column::DissolvedLatest];

impl Record for Entity {
    const NAME: &'static str = "Organization";
    const PLURAL: &'static str = "organizations";
    const DESCRIPTION: &'static str =
        "An organization, such as a government office, an association, a company or a technology park.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name of the organization.");
        d.word::<OrganizationKind>(Column::Kind, "The kind of organization.");
        d.belongs_to(Relation::City, "The city in which the organization is based.");
        d.belongs_to(Relation::Country, "The country in which the organization is based.");
        d.belongs_to(Relation::Parent, "The organization that this organization is part of.");
        d.date(FOUNDED, "The day on which the organization was founded.");
        d.date(DISSOLVED, "The day on which the organization was dissolved.");
        d.period(Column::Founded, Column::Dissolved, IfMissing::Open);
        d.moment(TimelineKind::OrganizationFounded, Column::Founded);
        d.moment(TimelineKind::OrganizationDissolved, Column::Dissolved);
        d.agrees::<city::Entity>(Column::CountryId, Column::CityId, city::Column::CountryId);
        d.address(Column::Website, "The address (URL) of the website of the organization.");
        d.has_many("parts", Column::ParentId, "A list of the organizations that are part of this organization.");
        d.has_many("positions", position::Column::OrganizationId, "A list of the positions held in the organization.");
        d.has_many(
            "participations",
            participation::Column::ParticipantId,
            "A list of its participations in visits and events, such as those as host, guest or exhibitor.",
        );
        d.has_many("members", membership::Column::OrganizationId, "A list of the memberships of its members.");
        d.has_many("memberships", membership::Column::MemberId, "A list of its memberships in other organizations.");
        d.has_many(
            "innovationCenters",
            innovation_center::Column::OperatorId,
            "A list of the innovation centers that the organization operates.",
        );
        d.has_many_through::<innovation_center::Entity, _>(
            "jointInnovationCenters",
            (innovation_center_operator::Column::OperatorId, innovation_center_operator::Column::CenterId),
            "A list of the innovation centers that the organization operates together with their main operator.",
        );
        d.has_many(
            "organizedEvents",
            event::Column::OrganizerId,
            "A list of the events that the organization organized.",
        );
        d.has_many(
            "agreementParties",
            agreement_party::Column::PartyId,
            "A list of the agreements that the organization is a party to, each with its part in it.",
        );
        d.has_many(
            "partnershipParties",
            partnership_party::Column::PartyId,
            "A list of its parts in partnerships, each with the status and the dates that the partnership has for the organization.",
        );
        d.network(&network::MEETINGS, "The organization in the network of meetings: whom it has met at visits and events, whom these have met, and so on.");
        d.alike([Column::CountryId], None);
        timeline::of_organization(d);
        d.order_by_related(Column::CityId, "name");
        d.order_by_count("participations");
        d.order_by_count("members");
        d.schema_org(
            "Organization",
            [
                (Column::CityId, "location"),
                (Column::CountryId, "location"),
                (Column::ParentId, "parentOrganization"),
                (Column::Founded, "foundingDate"),
                (Column::Dissolved, "dissolutionDate"),
                (Column::Website, "url"),
            ],
        );
        d.located_in(Column::CityId);
        d.schema_org_if(
            Column::Kind,
            [
                (OrganizationKind::CityGovernment, "GovernmentOrganization"),
                (OrganizationKind::Company, "Corporation"),
                (OrganizationKind::Consulate, "GovernmentOrganization"),
                (OrganizationKind::DistrictGovernment, "GovernmentOrganization"),
                (OrganizationKind::Embassy, "GovernmentOrganization"),
                (OrganizationKind::GovernmentAgency, "GovernmentOrganization"),
                (OrganizationKind::GovernmentOffice, "GovernmentOrganization"),
                (OrganizationKind::Media, "NewsMediaOrganization"),
                (OrganizationKind::Ministry, "GovernmentOrganization"),
                (OrganizationKind::RegionalGovernment, "GovernmentOrganization"),
                (OrganizationKind::University, "CollegeOrUniversity"),
            ],
        );
        d.default_order("NAME_ASC");
    }
}
