//! Visits.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        activity_status::ActivityStatus,
        agreement, city, country, organization,
        participation::{
            self,
            ParticipationRole::{Guest, Leader, Member},
        },
        place_role::{self, VisitPlaceRole},
        position,
        quality_issue::PLAUSIBLE_DAYS,
        timeline::TimelineKind,
        visit_stop,
    },
    edtf::Day,
    model::{Description, IfMissing, Link, Record, Visibility},
};

/// The kind of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum VisitKind {
    /// A visit of a delegation.
    Delegation,
    /// A visit of an official.
    Official,
    /// A state visit: a visit of a head of state.
    State,
    /// A visit of a parliamentary delegation.
    Parliamentary,
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "visit")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub title: String,
    pub title_sort: String,
    pub language: String,
    pub kind: Option<VisitKind>,
    pub status: Option<ActivityStatus>,
    pub start: Option<String>,
    pub start_earliest: Day,
    pub start_latest: Day,
    pub end: Option<String>,
    pub end_earliest: Day,
    pub end_latest: Day,
    pub min_days: Option<i32>,
    pub max_days: Option<i32>,
    pub from_country_id: Option<Id<country::Entity>>,
    pub from_city_id: Option<Id<city::Entity>>,
    pub to_country_id: Option<Id<country::Entity>>,
    pub to_city_id: Option<Id<city::Entity>>,
    pub purpose: Option<String>,
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
    #[sea_orm(belongs_to = "super::country::Entity", from = "Column::FromCountryId", to = "super::country::Column::Id")]
    FromCountry,
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::FromCityId", to = "super::city::Column::Id")]
    FromCity,
    #[sea_orm(belongs_to = "super::country::Entity", from = "Column::ToCountryId", to = "super::country::Column::Id")]
    ToCountry,
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::ToCityId", to = "super::city::Column::Id")]
    ToCity,
}

impl ActiveModelBehavior for ActiveModel {}

/// The columns of the day on which a visit began.
pub const START: [Column; 3] = [Column::Start, Column::StartEarliest, Column::StartLatest];
/// The columns of the day on which a visit ended.
pub const END: [Column; 3] = [Column::End, Column::EndEarliest, Column::EndLatest];

impl Record for Entity {
    const NAME: &'static str = "Visit";
    const PLURAL: &'static str = "visits";
    const DESCRIPTION: &'static str = "A visit of a delegation or an official to a city or country.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Title, Column::TitleSort, Column::Language], "The title of the visit.");
        d.word::<VisitKind>(Column::Kind, "The kind of visit.");
        d.word::<ActivityStatus>(Column::Status, "The status of the visit: whether it took place.");
        d.date(START, "The day on which the visit began.");
        d.date(END, "The day on which the visit ended.");
        d.period(Column::Start, Column::End, IfMissing::OneDay);
        d.moment(TimelineKind::Visit, Column::Start);
        d.not_in_future(Column::Status, &ActivityStatus::TookPlace, START);
        d.lasts_at_most(PLAUSIBLE_DAYS, None);
        d.duration([Column::MinDays, Column::MaxDays]);
        d.belongs_to(Relation::FromCountry, "The country that the guests came from.");
        d.belongs_to(Relation::FromCity, "The city that the guests came from.");
        d.belongs_to(Relation::ToCountry, "The country that was visited.");
        d.belongs_to(Relation::ToCity, "The city that was visited.");
        d.agrees::<city::Entity>(Column::FromCountryId, Column::FromCityId, city::Column::CountryId);
        d.agrees::<city::Entity>(Column::ToCountryId, Column::ToCityId, city::Column::CountryId);
        d.text(Column::Purpose, "The purpose of the visit.");
        d.has_many_by::<city::Entity, VisitPlaceRole>(
            "cities",
            "VisitCity",
            place_role::places(Column::FromCityId, Column::ToCityId, visit_stop::Column::CityId),
            "A list of the cities that have a part in the visit: those that the guests came from, went to or stopped in, and \
             those that took part. Each is listed once; its edge tells its part.",
        );
        d.grouped();
        d.has_many_by::<country::Entity, VisitPlaceRole>(
            "countries",
            "VisitCountry",
            place_role::places(Column::FromCountryId, Column::ToCountryId, visit_stop::Column::CountryId),
            "A list of the countries that have a part in the visit: those that the guests came from, went to or stopped in, \
             and those that took part. Each is listed once; its edge tells its part.",
        );
        d.grouped();
        d.has_many(
            "participations",
            participation::Column::ActivityId,
            "A list of the participations in the visit, such as those of guests, hosts and inviters.",
        );
        d.has_many(
            "stops",
            visit_stop::Column::VisitId,
            "A list of the stops of the visit, if it led to more than one place.",
        );
        d.has_many(
            "agreements",
            agreement::Column::SignedAtId,
            "A list of the agreements that were signed at the visit.",
        );
        let guests = participation::took_part_as([Leader, Member, Guest]);
        let guest = Link::via(participation::Column::ActivityId, participation::Column::ParticipantId).only(guests);
        d.grouped_by_any(
            "GUEST",
            guest,
            "Participant",
            "By the guests who came, with the roles `LEADER`, `MEMBER` and `GUEST`: officials, organizations, cities and countries.",
        );
        let held = |child| {
            let participant = [participation::Column::ActivityId, participation::Column::ParticipantId];
            d.at_the_time::<_, position::Entity>(participant, [position::Column::OfficialId, child]).only(guests)
        };
        let (office, organization) = (held(position::Column::Id), held(position::Column::OrganizationId));
        d.grouped_by_text(
            "VISITING_OFFICE",
            office,
            position::Column::Title,
            "By the titles of the positions that the officials among the guests held at the time, as far as is known, such as \
             `Mayor of Shanghai`.",
        );
        d.grouped_by::<organization::Entity>(
            "VISITING_ORGANIZATION",
            [guest, organization],
            "By the organizations among the guests, and those in which officials among them held a position at the time, as far \
             as is known.",
        );
        participation::group_keys(d);
        d.alike([Column::StartEarliest, Column::StartLatest], None);
        d.order_by_related(Column::FromCountryId, "name");
        d.order_by_related(Column::FromCityId, "name");
        d.order_by_related(Column::ToCountryId, "name");
        d.order_by_related(Column::ToCityId, "name");
        d.order_by_count("participations");
        d.schema_org(
            "Event",
            [
                (Column::Start, "startDate"),
                (Column::End, "endDate"),
                (Column::ToCityId, "location"),
                (Column::ToCountryId, "location"),
                (Column::Purpose, "description"),
            ],
        );
        d.located_in(Column::ToCityId);
        d.default_order("START_DESC");
    }
}
