//! Days as numbers, and the days that a date of EDTF can mean. Databases store both.

use edtf_core::{Bound, Bounds, Edtf, SetElement};

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

/// The first and the last of days that follow each other.
pub type DayRange = (Day, Day);

/// The days that a date can mean: one range, or those that a set lists, in their order and as few as possible. `None` if
/// a year is too far away.
#[must_use]
pub fn ranges(date: &Edtf) -> Option<Vec<DayRange>> {
    let Edtf::Set(set) = date else { return Some(vec![range(date.bounds())?]) };
    let of = |date| range(Edtf::Date(date).bounds());
    let listed = set.elements.iter().map(|element| {
        Some(match *element {
            SetElement::Date(date) => of(date)?,
            SetElement::OnOrBefore(date) => (BEGINNING, of(date)?.1),
            SetElement::OnOrAfter(date) => (of(date)?.0, EVER),
            SetElement::Range(first, last) => (of(first)?.0, of(last)?.1),
        })
    });
    listed.collect::<Option<Vec<_>>>().map(merged)
}

/// A bound that is not known is as if there were none.
fn range(bounds: Bounds) -> Option<DayRange> {
    let day = |bound, missing| match bound {
        Bound::Date(d) => day(d.year, d.month, d.day),
        Bound::NegativeInfinity => Some(BEGINNING),
        Bound::PositiveInfinity => Some(EVER),
        Bound::Unknown => Some(missing),
    };
    Some((day(bounds.earliest, BEGINNING)?, day(bounds.latest, EVER)?))
}

/// The same days, in ranges with other days between them.
fn merged(mut ranges: Vec<DayRange>) -> Vec<DayRange> {
    ranges.sort_unstable();
    let mut merged: Vec<DayRange> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
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
