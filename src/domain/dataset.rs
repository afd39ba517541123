//! The data set as a whole: its versions.

use async_graphql::SimpleObject;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use crate::db::Moment;

/// A version of the data set. Every write that changes the data adds a version.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dataset_version")]
pub struct Model {
    /// The number of changes up to this version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// The time of the change.
    pub changed_at: Moment,
}

/// The table has no foreign key.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A version of the data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SimpleObject)]
pub struct DatasetVersion {
    /// The number of times that the data set was changed up to this version.
    pub version: i64,
    /// The date and time of the change; `null` if the data set was never changed.
    pub changed_at: Option<Moment>,
}

impl DatasetVersion {
    /// The newest version in a database.
    pub async fn newest(database: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let newest = Entity::find().order_by_desc(Column::Version).limit(1).one(database).await?;
        let version = newest.map(|row| Self { version: row.version, changed_at: Some(row.changed_at) });
        Ok(version.unwrap_or_default())
    }
}
