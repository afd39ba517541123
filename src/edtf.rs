//! Dates as they are known: EDTF (ISO 8601-2:2019), levels 0 to 2, without times of day.
//!
//! A date is kept as written, in EDTF's preferred spelling, together with its earliest and its latest day. Days are numbers
//! (days since 1970-01-01), so that both databases compare them alike and an index serves every order and range. What is
//! not known is an empty interval: its earliest day lies after all others and its latest before all others. So it never
//! lies within a range, and it comes last in ascending order by earliest day and in descending order by latest day.
//!
//! A set, such as `[1960,1970]`, can mean only the days of the dates that it lists; these are stored beside it
//! ([`crate::model::date_range`]). Whether it means one of them (`[…]`) or all (`{…}`) makes no difference to filters.

pub(crate) mod era;
mod notation;

use std::fmt;

pub use days::{BEGINNING, Day, DayRange, EVER, UNKNOWN_EARLIEST, UNKNOWN_LATEST, day, iso};
use edtf_core::{Edtf, Precision as EdtfPrecision};

use crate::quoted::Quoted;

/// A text that is not a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a date: {why}; {}", Quoted(.text), RightForm(.text))]
pub struct InvalidDate {
    text: String,
    why: String,
}

/// What would be right instead of a text.
struct RightForm<'a>(&'a str);

impl fmt::Display for RightForm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match notation::meant(self.0) {
            Some(meant) => write!(f, "write {meant}"),
            None => f.write_str("write EDTF (ISO 8601-2), such as 2019-09-24, 1998-09, 2018~ or 2019-11-05/2019-11-10"),
        }
    }
}

/// How a set begins: one of its dates, or all of them.
pub const SET: [char; 2] = ['[', '{'];

/// A date as it is stored: as written, and between which days it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Date {
    /// In EDTF's preferred spelling.
    pub edtf: String,
    /// The first day it can mean.
    pub earliest: Day,
    /// The last day it can mean.
    pub latest: Day,
    /// The days it can mean: all between the two, or those that a set lists.
    pub ranges: Vec<DayRange>,
}

/// The precision of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "DatePrecision")]
pub enum Precision {
    /// Known to the day.
    Day,
    /// Known to the month.
    Month,
    /// Known to the season, the quarter or another part of a year.
    Season,
    /// Known to the year.
    Year,
    /// Known to a range of years: a decade, a century, or a year with unknown digits.
    Years,
    /// A period from one date to another.
    Interval,
    /// One of several dates, or all of them.
    Set,
}

impl Date {
    /// How many dates a set lists; `None` if this is no set.
    #[must_use]
    pub fn listed(&self) -> Option<usize> {
        // Only sets have commas.
        self.edtf.starts_with(SET).then(|| self.edtf.split(',').count())
    }

    /// Reads EDTF.
    pub fn parse(text: &str) -> Result<Self, InvalidDate> {
        let wrong = |why: &str| InvalidDate { text: text.to_owned(), why: why.to_owned() };
        let edtf = Edtf::parse(text).map_err(|e| wrong(e.message))?;
        if matches!(edtf, Edtf::DateTime(_)) {
            return Err(wrong("it has a time of day"));
        }
        let ranges = days::ranges(&edtf).ok_or_else(|| wrong("the year is too far away"))?;
        // A set has at least one element.
        let (earliest, latest) = (ranges[0].0, ranges[ranges.len() - 1].1);
        Ok(Self { edtf: edtf.to_string(), earliest, latest, ranges })
    }
}

/// How precise the date `edtf` is; `None` if it is no EDTF.
#[must_use]
pub fn precision(edtf: &str) -> Option<Precision> {
    Some(match Edtf::parse(edtf).ok()? {
        Edtf::Interval(_) => Precision::Interval,
        Edtf::Set(_) => Precision::Set,
        Edtf::Date(d) | Edtf::DateTime(edtf_core::DateTime { date: d, .. }) => {
            if d.year.has_unspecified() || d.year.significant_digits.is_some() {
                Precision::Years
            } else {
                let unspecified =
                    |f: Option<edtf_core::DateField>| f.is_some_and(edtf_core::DateField::has_unspecified);
                match d.precision() {
                    _ if unspecified(d.month) => Precision::Year,
                    EdtfPrecision::Day if unspecified(d.day) => Precision::Month,
                    EdtfPrecision::Day => Precision::Day,
                    EdtfPrecision::Month => Precision::Month,
                    EdtfPrecision::Season => Precision::Season,
                    EdtfPrecision::Year => Precision::Year,
                }
            }
        }
    })
}

/// Whether the date `edtf` is marked as approximate or uncertain (`~`, `?`, `%`).
#[must_use]
pub fn is_approximate(edtf: &str) -> bool {
    Edtf::parse(edtf).is_ok_and(|e| e.is_approximate() || e.is_uncertain())
}
