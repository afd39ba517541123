//! The data set as a whole: which version it has, and that it was changed.

use sea_orm::{DbErr, Statement};

use crate::{
    db::{Moment, Readers},
    graph::Object,
};

/// A version of the data set. It counts the imports that changed something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatasetVersion {
    /// 0, if the data set was never changed.
    pub version: i64,
    /// When it was changed to this version.
    pub changed_at: Option<Moment>,
}

impl DatasetVersion {
    /// The version that a database has.
    pub async fn of(readers: &Readers) -> Result<Self, DbErr> {
        let newest = "SELECT \"version\", \"changed_at\" FROM \"dataset_version\" ORDER BY \"version\" DESC LIMIT 1";
        let rows = readers.rows(&Statement::from_string(readers.backend(), newest)).await?;
        let Some(row) = rows.first() else { return Ok(Self::default()) };
        Ok(Self { version: row.try_get("", "version")?, changed_at: Some(row.try_get("", "changed_at")?) })
    }
}

/// What happened: the root of a subscription.
pub struct Happened {
    /// The data set has this version now.
    pub version: DatasetVersion,
}

/// Describes a version.
pub(super) fn version() -> Object<DatasetVersion> {
    let mut o = Object::new("DatasetVersion", "A version of the data set.");
    o.leaf("version", "How often the data set was changed.", |v: &DatasetVersion| &v.version);
    o.leaf("changedAt", "The moment at which it was changed to this version; `null` if it never was.", |v| {
        &v.changed_at
    });
    o
}

/// Describes what clients can subscribe to.
pub(super) fn subscription() -> Object<Happened> {
    let mut o = Object::new("Subscription", "The root of every subscription.");
    o.embed(
        "datasetChanged",
        "The version of the data set: the present one at once, then each that follows.",
        "DatasetVersion!",
        |happened: &Happened| Some(happened.version),
    );
    o
}
