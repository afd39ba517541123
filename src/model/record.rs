//! The table `record`: the id and the type of every record, so that the database itself keeps references to records of
//! several types whole.

use sea_orm::entity::prelude::*;

/// A record of whatever type.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "record")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its table.
    pub kind: String,
    /// Who may see it: the rank of the strictest [`super::Visibility`] among its own and those of the records that it
    /// cannot be shown without.
    pub audience: i16,
}

/// None: references lead here from the tables of all record types.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
