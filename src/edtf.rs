//! Dates as they are known: EDTF (ISO 8601-2:2019), levels 0 to 2, without times of day.
//!
//! A date is kept as written, in EDTF's preferred spelling, together with its earliest and its latest day. Days are numbers
//! (days since 1970-01-01), so that both databases compare them alike and an index serves every order and range. What is
//! not known is an empty interval: its earliest day lies after all others and its latest before all others. So it never
//! lies within a range, and it comes last in ascending order by earliest day and in descending order by latest day.

use edtf_core::{Bound, Edtf, Precision as EdtfPrecision};

use crate::quoted::Quoted;

/// A text that is not a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} is not a date: {why}; write EDTF (ISO 8601-2), such as 2019-09-24, 1998-09, 2018~ or 2019-11-05/2019-11-10",
    Quoted(.text)
)]
pub struct InvalidDate {
    text: String,
    why: String,
}

/// Days since 1970-01-01.
pub type Day = i32;

/// The earliest day of a date without beginning, and the latest of one without end.
pub const BEGINNING: Day = -EVER;
/// See [`BEGINNING`].
pub const EVER: Day = i32::MAX - 1;
/// The earliest day of an unknown date: after every other.
pub const UNKNOWN_EARLIEST: Day = i32::MAX;
/// The latest day of an unknown date: before every other.
pub const UNKNOWN_LATEST: Day = -i32::MAX;

/// A date as it is stored: as written, and between which days it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Date {
    /// In EDTF's preferred spelling.
    pub edtf: String,
    /// The first day it can mean.
    pub earliest: Day,
    /// The last day it can mean.
    pub latest: Day,
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
    /// Reads EDTF.
    pub fn parse(text: &str) -> Result<Self, InvalidDate> {
        let wrong = |why: &str| InvalidDate { text: text.to_owned(), why: why.to_owned() };
        let edtf = Edtf::parse(text).map_err(|e| wrong(e.message))?;
        if matches!(edtf, Edtf::DateTime(_)) {
            return Err(wrong("it has a time of day"));
        }
        let bounds = edtf.bounds();
        let open = |bound, missing| match bound {
            Bound::Date(d) => day(d.year, d.month, d.day).ok_or_else(|| wrong("the year is too far away")),
            Bound::NegativeInfinity => Ok(BEGINNING),
            Bound::PositiveInfinity => Ok(EVER),
            Bound::Unknown => Ok(missing),
        };
        let earliest = open(bounds.earliest, BEGINNING)?;
        let latest = open(bounds.latest, EVER)?;
        Ok(Self { edtf: edtf.to_string(), earliest, latest })
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

/// The number of a day of the proleptic Gregorian calendar, after Hinnant's `days_from_civil`; `None` beyond our range.
#[must_use]
pub fn day(year: i64, month: u8, day: u8) -> Option<Day> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era.checked_mul(146_097)?.checked_add(day_of_era - 719_468)?;
    Day::try_from(days).ok().filter(|d| (BEGINNING + 1..EVER).contains(d))
}

/// A day as ISO 8601 writes it; `None` for the ends of time and for unknown days.
#[must_use]
pub fn iso(day: Day) -> Option<String> {
    if !(BEGINNING + 1..EVER).contains(&day) {
        return None;
    }
    let days = i64::from(day) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Some(match year {
        0..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        -9999..0 => format!("-{:04}-{month:02}-{day:02}", -year),
        // ISO 8601-2 marks years of more than four digits.
        _ => format!("Y{year}-{month:02}-{day:02}"),
    })
}
