//! Events.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        activity_status::ActivityStatus,
        agreement, city, country,
        organization::{self, DISSOLVED, FOUNDED},
        participation,
        quality_issue::PLAUSIBLE_DAYS,
        timeline::TimelineKind,
    },
    edtf::Day,
    model::{Description, IfMissing, Link, Record, Visibility},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub name: String,
    pub name_sort: String,
    pub language: String,
    pub is_series: bool,
    pub series_id: Option<Id<Entity>>,
    pub edition: Option<i32>,
    pub status: Option<ActivityStatus>,
    pub start: Option<String>,
    pub start_earliest: Day,
    pub start_latest: Day,
    pub end: Option<String>,
    pub end_earliest: Day,
    pub end_latest: Day,
    pub min_days: Option<i32>,
    pub max_days: Option<i32>,
    pub venue: Option<String>,
    pub city_id: Option<Id<city::Entity>>,
    pub organizer_id: Option<Id<organization::Entity>>,
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
    #[sea_orm(belongs_to = "Entity", from = "Column::SeriesId", to = "Column::Id")]
    Series,
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::CityId", to = "super::city::Column::Id")]
    City,
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizerId",
        to = "super::organization::Column::Id"
    )]
    Organizer,
}

impl ActiveModelBehavior for ActiveModel {}

/// The columns of the day on which an event began.
const START: [Column; 3] = [Column::Start, Column::StartEarliest, Column::StartLatest];

impl Record for Entity {
    const NAME: &'static str = "Event";
    const PLURAL: &'static str = "events";
    const DESCRIPTION: &'static str =
        "An event, such as an edition of a trade fair, a conference or a celebration; or a series of such events.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name of the event.");
        d.value(Column::IsSeries, "Whether this is a series of events rather than a single event.");
        d.belongs_to(Relation::Series, "The series that the event belongs to.");
        d.ordered_value(Column::Edition, "The number of the edition within its series.");
        d.word::<ActivityStatus>(Column::Status, "The status of the event: whether it took place.");
        d.date(START, "The day on which the event began.");
        d.date([Column::End, Column::EndEarliest, Column::EndLatest], "The day on which the event ended.");
        d.period(Column::Start, Column::End, IfMissing::OneDay);
        d.moment(TimelineKind::Event, Column::Start);
        d.not_in_future(Column::Status, &ActivityStatus::TookPlace, START);
        d.lasts_at_most(PLAUSIBLE_DAYS, Some(Column::IsSeries));
        d.not_before::<organization::Entity>(START, Column::OrganizerId, FOUNDED);
        d.not_after::<organization::Entity>(START, Column::OrganizerId, DISSOLVED);
        d.duration([Column::MinDays, Column::MaxDays]);
        d.text(Column::Venue, "The building or place in which the event was held.");
        d.belongs_to(Relation::City, "The city in which the event was held.");
        d.belongs_to(Relation::Organizer, "The organization that organized the event.");
        d.address(Column::Website, "The address (URL) of the website of the event.");
        d.has_many("editions", Column::SeriesId, "A list of the editions of the series.");
        d.has_many(
            "participations",
            participation::Column::ActivityId,
            "A list of the participations in the event, such as those of exhibitors, speakers and organizers.",
        );
        d.has_many(
            "agreements",
            agreement::Column::SignedAtId,
            "A list of the agreements that were signed at the event.",
        );
        d.grouped_by::<city::Entity>("CITIES", [Link::via(Column::Id, Column::CityId)], "By `city`.");
        d.grouped_by::<country::Entity>(
            "COUNTRIES",
            [Link::beyond(Column::CityId, city::Column::CountryId)],
            "By the `country` of `city`.",
        );
        participation::group_keys(d);
        d.alike([Column::StartEarliest, Column::StartLatest], None);
        d.order_by_related(Column::CityId, "name");
        d.order_by_count("participations");
        d.schema_org(
            "Event",
            [
                (Column::SeriesId, "superEvent"),
                (Column::Start, "startDate"),
                (Column::End, "endDate"),
                (Column::Venue, "location"),
                (Column::CityId, "location"),
                (Column::OrganizerId, "organizer"),
                (Column::Website, "url"),
            ],
        );
        d.located_in(Column::CityId);
        d.default_order("START_DESC");
    }
}
