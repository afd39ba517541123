//! The status of what has participants: visits and events.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

/// The status of a visit or an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum ActivityStatus {
    /// Intended, but not agreed on.
    Planned,
    /// Agreed on or announced, but not begun.
    Confirmed,
    /// Took place, or has begun.
    TookPlace,
    /// Moved to a later date, which may not be known yet.
    Postponed,
    /// Called off.
    Cancelled,
}
