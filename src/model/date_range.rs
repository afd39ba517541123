//! The table `date_range`: the days of the dates that sets list, such as `[1960,1970]`. A date that is no set has no row: its
//! earliest and its latest day, which are columns of the record, say all.

use sea_orm::entity::prelude::*;

use crate::edtf::Day;

/// Days that a set lists and that follow each other.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "date_range")]
pub struct Model {
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_id: Uuid,
    /// Which of its dates: the column that has it as written, such as `since`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: String,
    /// The first day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub earliest: Day,
    /// The last day.
    pub latest: Day,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The record that has the date.
    #[sea_orm(belongs_to = "super::record::Entity", from = "Column::RecordId", to = "super::record::Column::Id")]
    Record,
}

impl ActiveModelBehavior for ActiveModel {}
