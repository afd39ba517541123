//! Days are numbered and written as another calendar does: that of the crate `time`.

use super::*;

/// The number of a day by the other calendar.
pub(super) fn other_day(year: i32, month: u8, of_month: u8) -> Option<Day> {
    let month = time::Month::try_from(month).ok()?;
    let date = time::Date::from_calendar_date(year, month, of_month).ok()?;
    // The Julian day of 1970-01-01.
    Some(date.to_julian_day() - 2_440_588)
}

/// All days of the years that people use, against another calendar.
#[test]
fn days_are_those_of_another_calendar() {
    let mut number = other_day(1499, 12, 31).expect("a day");
    for year in 1500..2500 {
        for month in 1..=12 {
            for of_month in 1..=31 {
                let Some(expected) = other_day(year, month, of_month) else { continue };
                assert_eq!(expected, number + 1, "the other calendar has a gap");
                number = expected;
                assert_eq!(day(i64::from(year), month, of_month), Some(number));
                assert_eq!(iso(number), Some(format!("{year:04}-{month:02}-{of_month:02}")));
            }
        }
    }
    for no_day in [BEGINNING, EVER, UNKNOWN_EARLIEST, UNKNOWN_LATEST] {
        assert_eq!(iso(no_day), None);
    }
    for year in [i64::MIN, i64::MIN + 1, -6_000_000, 6_000_000, i64::MAX] {
        assert_eq!(day(year, 1, 1), None, "{year}");
    }
}

proptest! {
    /// The same over all years of four digits.
    #[test]
    fn days_are_those_of_another_calendar_over_all_years(year in -9999..=9999_i32, month in 1..=12_u8, of_month in 1..=31_u8) {
        if let Some(expected) = other_day(year, month, of_month) {
            prop_assert_eq!(day(i64::from(year), month, of_month), Some(expected));
            let sign = if year < 0 { "-" } else { "" };
            prop_assert_eq!(iso(expected), Some(format!("{sign}{:04}-{month:02}-{of_month:02}", year.abs())));
        }
    }

    /// Over the whole range, the calendar repeats itself every 400 years, a day is written as it was made, and a year has
    /// its first and its last day. Years of more than four digits are marked.
    #[test]
    fn days_of_far_years(year in -5_800_000..5_800_000_i64, month in 1..=12_u8, of_month in 1..=28_u8) {
        let one = day(year, month, of_month).expect("in range");
        prop_assert_eq!(day(year + 400, month, of_month), Some(one + 146_097));
        let written = match year {
            0..=9999 => format!("{year:04}"),
            -9999..0 => format!("-{:04}", -year),
            _ => format!("Y{year}"),
        };
        prop_assert_eq!(iso(one), Some(format!("{written}-{month:02}-{of_month:02}")));
        let whole = Date::parse(&written);
        let whole = whole.unwrap_or_else(|_| panic!("{written} is no date"));
        prop_assert_eq!((Some(whole.earliest), Some(whole.latest)), (day(year, 1, 1), day(year, 12, 31)));
    }
}
