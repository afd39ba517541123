//! Positions: offices held.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        city, official,
        organization::{self, DISSOLVED, FOUNDED},
        quality_issue::QualityIssue,
        timeline::TimelineKind,
    },
    edtf::Day,
    model::{Description, IfMissing, Record, Visibility, quality::Doubt},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "position")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub official_id: Id<official::Entity>,
    pub title: String,
    pub title_sort: String,
    pub language: String,
    pub organization_id: Option<Id<organization::Entity>>,
    pub city_id: Option<Id<city::Entity>>,
    pub start: Option<String>,
    pub start_earliest: Day,
    pub start_latest: Day,
    pub end: Option<String>,
    pub end_earliest: Day,
    pub end_latest: Day,
    pub min_days: Option<i32>,
    pub max_days: Option<i32>,
    pub as_of: Option<String>,
    pub as_of_earliest: Day,
    pub as_of_latest: Day,
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
    #[sea_orm(belongs_to = "super::official::Entity", from = "Column::OfficialId", to = "super::official::Column::Id")]
    Official,
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id"
    )]
    Organization,
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::CityId", to = "super::city::Column::Id")]
    City,
}

impl ActiveModelBehavior for ActiveModel {}

/// The columns of the day on which an official took up a position.
const START: [Column; 3] = [Column::Start, Column::StartEarliest, Column::StartLatest];

impl Record for Entity {
    const NAME: &'static str = "Position";
    const PLURAL: &'static str = "positions";
    const DESCRIPTION: &'static str =
        "An office that an official held for a period, or is known to have held on a certain day.";

    fn describe(d: &mut Description<'_, Self>) {
        d.belongs_to(Relation::Official, "The official who held the position.");
        d.name([Column::Title, Column::TitleSort, Column::Language], "The title of the position.");
        d.belongs_to(Relation::Organization, "The organization in which the position was held.");
        d.belongs_to(Relation::City, "The city in which the position was held.");
        d.date(START, "The day on which the official took up the position.");
        d.date(
            [Column::End, Column::EndEarliest, Column::EndLatest],
            "The day on which the official left the position.",
        );
        d.period(Column::Start, Column::End, IfMissing::Open);
        d.not_after::<organization::Entity>(
            [Column::End, Column::EndEarliest, Column::EndLatest],
            Column::OrganizationId,
            DISSOLVED,
        );
        d.not_before::<organization::Entity>(START, Column::OrganizationId, FOUNDED);
        d.not_after::<organization::Entity>(START, Column::OrganizationId, DISSOLVED);
        d.duration([Column::MinDays, Column::MaxDays]);
        d.date(
            [Column::AsOf, Column::AsOfEarliest, Column::AsOfLatest],
            "A day on which, according to a source, the official held the position.",
        );
        d.period_includes(Column::AsOf);
        d.moment(TimelineKind::PositionBegan, Column::Start);
        d.moment(TimelineKind::PositionAttested, Column::AsOf);
        d.moment(TimelineKind::PositionEnded, Column::End);
        d.asked_by_time();
        let without_place = Doubt::missing([Column::OrganizationId, Column::CityId]);
        let without_date = Doubt::missing([Column::Start, Column::End, Column::AsOf]);
        d.doubtful(QualityIssue::DanglingPositions, [without_place, without_date]);
        d.overlapping(
            QualityIssue::OverlappingOffices,
            Column::OfficialId,
            (Column::CityId, city::Column::ParentId),
            Column::OrganizationId,
        );
        d.order_by_related(Column::OfficialId, "name");
        d.order_by_related(Column::OrganizationId, "name");
        d.schema_org(
            "OrganizationRole",
            [
                (Column::OfficialId, "member"),
                (Column::OrganizationId, "memberOf"),
                (Column::Start, "startDate"),
                (Column::End, "endDate"),
            ],
        );
        d.located_in(Column::CityId);
        d.default_order("START_DESC");
    }
}
