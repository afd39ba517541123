//! Stops of visits.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{city, country, visit},
    edtf::Day,
    model::{Description, IfMissing, Record, Visibility},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "visit_stop")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub visit_id: Id<visit::Entity>,
    pub number: Option<i32>,
    pub country_id: Option<Id<country::Entity>>,
    pub city_id: Option<Id<city::Entity>>,
    pub start: Option<String>,
    pub start_earliest: Day,
    pub start_latest: Day,
    pub end: Option<String>,
    pub end_earliest: Day,
    pub end_latest: Day,
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
    #[sea_orm(belongs_to = "super::visit::Entity", from = "Column::VisitId", to = "super::visit::Column::Id")]
    Visit,
    #[sea_orm(belongs_to = "super::country::Entity", from = "Column::CountryId", to = "super::country::Column::Id")]
    Country,
    #[sea_orm(belongs_to = "super::city::Entity", from = "Column::CityId", to = "super::city::Column::Id")]
    City,
}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    const NAME: &'static str = "VisitStop";
    const PLURAL: &'static str = "visit_stops";
    const DESCRIPTION: &'static str = "A stop of a visit: one of the places that the guests went to.";

    fn describe(d: &mut Description<'_, Self>) {
        d.belongs_to(Relation::Visit, "The visit.");
        d.ordered_value(Column::Number, "The number of the stop within its visit, starting at 1.").range =
            Some((1, 1_000));
        d.belongs_to(Relation::Country, "The country of the stop.");
        d.belongs_to(Relation::City, "The city of the stop.");
        d.agrees::<city::Entity>(Column::CountryId, Column::CityId, city::Column::CountryId);
        let start = [Column::Start, Column::StartEarliest, Column::StartLatest];
        let end = [Column::End, Column::EndEarliest, Column::EndLatest];
        d.date(start, "The day on which the stop began.");
        d.date(end, "The day on which the stop ended.");
        d.period(Column::Start, Column::End, IfMissing::OneDay);
        d.not_before::<visit::Entity>(start, Column::VisitId, visit::START);
        d.not_after::<visit::Entity>(start, Column::VisitId, visit::END);
        d.not_after::<visit::Entity>(end, Column::VisitId, visit::END);
        d.order_by_related(Column::VisitId, "start");
        d.order_by_related(Column::CityId, "name");
        d.schema_org(
            "Event",
            [
                (Column::VisitId, "superEvent"),
                (Column::CityId, "location"),
                (Column::CountryId, "location"),
                (Column::Start, "startDate"),
                (Column::End, "endDate"),
            ],
        );
        d.located_in(Column::CityId);
        d.default_order("NUMBER_ASC");
    }
}
