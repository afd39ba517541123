//! Issues of data quality: what is doubtful about a record. The slices declare which of their records have them.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

/// How many days a visit or a single event plausibly lasts at most.
pub(super) const PLAUSIBLE_DAYS: u32 = 60;

/// An issue of data quality: what is doubtful about a record, so that an editor should look at it. What the viewer may not see
/// decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum QualityIssue {
    /// Records without a source: no citation supports them, in any field. Sources, citations and topics need none, and the
    /// parties to an agreement have those of the agreement.
    WithoutSource,
    /// Contradicted records: a citation contradicts at least one of their fields, as `isDisputed` says.
    Contradicted,
    /// Positions that name neither an organization nor a city, or no date at all: neither a start nor an end nor a day on which
    /// they are attested.
    DanglingPositions,
    /// Positions of an official who certainly held another one at the same time, in another city. Neither city is directly part of
    /// the other, and the two positions are not in one organization. Time is certain between the days on which a position is known
    /// to have been held; a day on which one of the two ends and the other starts does not count.
    OverlappingOffices,
    /// Records whose dates do not fit: an end that lies before the start; an end, or the day of a signature, although the status
    /// says that it has not come yet; a start in the future, although the status says that it has passed; a visit or an event of
    /// more than 60 days; or a date before the beginning, or after the end, of the record that it refers to. Only what is
    /// certain counts, whichever days the dates stand for.
    SuspiciousDates,
    /// Partnerships and memberships that not every side is known to have: those that only lists without authority have (the
    /// status is `UNVERIFIED`) or that sources disagree about (`DISPUTED`); those that are unverified, disputed or refuted for
    /// one of their parties; and those that, according to a citation of the field `exists`, do not exist. Partnerships with the
    /// status `REFUTED` are left out: nobody doubts that there is none.
    OneSidedEntries,
}
