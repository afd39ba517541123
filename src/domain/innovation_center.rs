//! Innovation centers.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{agreement, city, innovation_center_operator, organization, timeline::TimelineKind},
    edtf::Day,
    model::{Description, IfMissing, Record, Visibility},
};

/// The kind of an innovation center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum InnovationCenterKind {
    /// An innovation center.
    InnovationCenter,
    /// An office that recruits talent.
    TalentOffice,
    /// A technology park.
    TechnologyPark,
    /// A trade office.
    TradeOffice,
    /// A business incubator, which supports new companies over a longer time.
    Incubator,
    /// A business accelerator, which supports new companies by a program of some months.
    Accelerator,
    /// A co-working space.
    CoWorking,
    /// A development project.
    DevelopmentProject,
}

/// The status of an innovation center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum InnovationCenterStatus {
    /// In operation.
    Active,
    /// Announced, but not yet in operation.
    Planned,
    /// Closed.
    Closed,
    /// The status is not known.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "innovation_center")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub name: String,
    pub name_sort: String,
    pub language: String,
    pub kind: InnovationCenterKind,
    pub city_id: Option<Id<city::Entity>>,
    pub location: Option<String>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub operator_id: Option<Id<organization::Entity>>,
    pub founded: Option<String>,
    pub founded_earliest: Day,
    pub founded_latest: Day,
    pub closed: Option<String>,
    pub closed_earliest: Day,
    pub closed_latest: Day,
    pub status: InnovationCenterStatus,
    pub activity: Option<String>,
    pub website: Option<String>,
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
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::CityId", to = "super::city::Column::Id")]
    City,
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OperatorId",
        to = "super::organization::Column::Id"
    )]
    Operator,
}

impl ActiveModelBehavior for ActiveModel {}

/// The columns of the day on which a center was closed.
const CLOSED: [Column; 3] = [Column::Closed, Column::ClosedEarliest, Column::ClosedLatest];

impl Record for Entity {
    const NAME: &'static str = "InnovationCenter";
    const PLURAL: &'static str = "innovation_centers";
    const DESCRIPTION: &'static str =
        "An innovation center, or a similar place such as an office abroad or a technology park.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name of the center.");
        d.word::<InnovationCenterKind>(Column::Kind, "The kind of center.");
        d.belongs_to(Relation::City, "The city in which the center is located.");
        d.text(Column::Location, "The location in free text, such as a district, a science park or an address.");
        d.coordinates([Column::Latitude, Column::Longitude], [Column::PointX, Column::PointY, Column::PointZ]);
        d.belongs_to(Relation::Operator, "The organization that operates the center, or the first of them.");
        d.keys::<organization::Entity, _>(
            "other_operators",
            (innovation_center_operator::Column::CenterId, innovation_center_operator::Column::OperatorId),
            None,
            0,
        );
        d.date(
            [Column::Founded, Column::FoundedEarliest, Column::FoundedLatest],
            "The day on which the center was founded.",
        );
        d.date(CLOSED, "The day on which the center was closed.");
        d.period(Column::Founded, Column::Closed, IfMissing::Open);
        d.moment(TimelineKind::InnovationCenterFounded, Column::Founded);
        d.moment(TimelineKind::InnovationCenterClosed, Column::Closed);
        d.not_yet(Column::Status, &InnovationCenterStatus::Active, CLOSED);
        d.word::<InnovationCenterStatus>(Column::Status, "The status of the center.");
        d.text(Column::Activity, "A description of what the center does.");
        d.address(Column::Website, "The address (URL) of the website of the center.");
        d.has_many_through::<organization::Entity, _>(
            "otherOperators",
            (innovation_center_operator::Column::CenterId, innovation_center_operator::Column::OperatorId),
            "A list of the organizations that operate the center together with `operator`.",
        );
        d.has_many(
            "agreements",
            agreement::Column::ResultId,
            "A list of the agreements that founded or renewed the center.",
        );
        d.alike([Column::CityId], None);
        d.order_by_related(Column::CityId, "name");
        d.schema_org(
            "Organization",
            [
                (Column::CityId, "location"),
                (Column::Location, "location"),
                (Column::OperatorId, "parentOrganization"),
                (Column::Founded, "foundingDate"),
                (Column::Closed, "dissolutionDate"),
                (Column::Activity, "description"),
                (Column::Website, "url"),
            ],
        );
        d.located_in(Column::CityId);
        d.default_order("NAME_ASC");
    }
}
