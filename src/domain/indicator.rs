//! Indicators.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Decimal, Id, Moment},
    edtf::Day,
    model::{Description, Record, Visibility},
};

/// The relation of the measured quantity to the given value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Comparator {
    /// The quantity is exactly the given value.
    Exactly,
    /// The quantity is approximately the given value.
    About,
    /// The quantity is more than the given value.
    MoreThan,
    /// The quantity is less than the given value.
    LessThan,
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub subject_id: Uuid,
    pub subject_kind: String,
    pub counterpart_id: Option<Uuid>,
    pub counterpart_kind: Option<String>,
    pub measure: String,
    pub value: Decimal,
    pub value_sort: f64,
    pub unit: String,
    pub comparator: Comparator,
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
    #[sea_orm(
        belongs_to = "crate::model::record::Entity",
        from = "Column::SubjectId",
        to = "crate::model::record::Column::Id"
    )]
    Subject,
    #[sea_orm(
        belongs_to = "crate::model::record::Entity",
        from = "Column::CounterpartId",
        to = "crate::model::record::Column::Id"
    )]
    Counterpart,
}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    const NAME: &'static str = "Indicator";
    const PLURAL: &'static str = "indicators";
    const DESCRIPTION: &'static str = "A figure about a record, or about the relation between two records.";

    fn describe(d: &mut Description<'_, Self>) {
        d.belongs_to_any([Column::SubjectId, Column::SubjectKind], "Record", "The record that the figure is about.");
        d.belongs_to_any(
            [Column::CounterpartId, Column::CounterpartKind],
            "Record",
            "The other record, if the figure is about the relation between two records.",
        );
        d.value(Column::Measure, "The quantity that is measured, such as `chinese_citizens`.");
        d.decimal([Column::Value, Column::ValueSort], "The value, in the unit given by `unit`.");
        d.value(
            Column::Unit,
            "The unit of the value, such as `persons` or `count`; for money, the ISO 4217 code of the currency.",
        );
        d.word::<Comparator>(Column::Comparator, "The relation of the measured quantity to the value.");
        d.date([Column::AsOf, Column::AsOfEarliest, Column::AsOfLatest], "The day for which the figure is valid.");
        d.schema_org(
            "Observation",
            [
                (Column::SubjectId, "observationAbout"),
                (Column::Measure, "measuredProperty"),
                (Column::Value, "value"),
                (Column::Unit, "unitText"),
                (Column::AsOf, "observationDate"),
            ],
        );
        d.default_order("AS_OF_DESC");
    }
}
