//! Events.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{city, organization, participation},
    edtf::Day,
    model::{Description, Record, Visibility},
};

/// An edition of a fair, a conference, a celebration; or the series that editions belong to.
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
    pub start: Option<String>,
    pub start_earliest: Day,
    pub start_latest: Day,
    pub end: Option<String>,
    pub end_earliest: Day,
    pub end_latest: Day,
    pub venue: Option<String>,
    pub city_id: Option<Id<city::Entity>>,
    pub organizer_id: Option<Id<organization::Entity>>,
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

impl Record for Entity {
    const NAME: &'static str = "Event";
    const PLURAL: &'static str = "events";
    const DESCRIPTION: &'static str =
        "An edition of a fair, a conference, a celebration; or the series that editions belong to.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name.");
        d.value(Column::IsSeries, "Whether it is a series, rather than an edition.");
        d.belongs_to(Relation::Series, "The series that it belongs to.");
        d.ordered_value(Column::Edition, "Which edition of its series it is.");
        d.date([Column::Start, Column::StartEarliest, Column::StartLatest], "The day on which it began.");
        d.date([Column::End, Column::EndEarliest, Column::EndLatest], "The day on which it ended.");
        d.period(Column::Start, Column::End);
        d.text(Column::Venue, "The building or place in which it was held.");
        d.belongs_to(Relation::City, "The city in which it was held.");
        d.belongs_to(Relation::Organizer, "The organization that organized it.");
        d.has_many("editions", Column::SeriesId, "A list of the editions of the series.");
        d.has_many(
            "participations",
            participation::Column::ActivityId,
            "A list of who took part: exhibitors, speakers, organizers, …",
        );
        d.default_order("START_DESC");
    }
}
