//! Periods: from one date of a record to another.

use super::DateColumns;

/// The period of the records of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The date on which it starts.
    pub start: DateColumns,
    /// The date on which it ends.
    pub end: DateColumns,
    /// What it is if only one of the two is known.
    pub if_missing: IfMissing,
    /// A date on which it is known to go on.
    pub includes: Option<DateColumns>,
}

/// What a period is of which only one date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// It is one day: a visit without an end ends on the day on which it starts.
    OneDay,
    /// It can have gone on for any time: a partnership without an end has not ended, or nobody knows when.
    Open,
}
