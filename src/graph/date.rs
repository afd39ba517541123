//! Dates as GraphQL objects.

use crate::{
    db::vocabulary,
    edtf::{self, Day},
    graph::{Object, leaf::Leaf, types::Types},
};

vocabulary! {
    /// How precisely a date is known.
    DatePrecision {
        /// To the day.
        Day = "day",
        /// To the month.
        Month = "month",
        /// To the season, quarter or another part of a year.
        Season = "season",
        /// To the year.
        Year = "year",
        /// To several years: a decade, a century, or a year with unknown digits.
        Years = "years",
        /// A stretch of time from one date to another.
        Interval = "interval",
        /// One of several dates, or all of them.
        Set = "set",
    }
}

/// A day of the calendar, or the end of time.
struct CalendarDay(Day);

impl Leaf for CalendarDay {
    const NULLABLE: bool = true;
    fn name() -> String {
        "Day".to_owned()
    }
    fn register(types: &mut Types) {
        types.scalar(
            "Day",
            "A day of the proleptic Gregorian calendar, as ISO 8601 writes it: `2019-09-24`.",
            Some("https://scalars.graphql.org/andimarek/local-date"),
        );
    }
    fn write(&self, out: &mut Vec<u8>) {
        super::leaf::json(&edtf::iso(self.0), out);
    }
}

/// A date of a row.
pub(super) struct DateValue {
    pub(super) edtf: String,
    pub(super) earliest: Day,
    pub(super) latest: Day,
}

pub(super) fn object() -> Object<DateValue> {
    let mut o = Object::new(
        "EdtfDate",
        "A date as it is known, which may be imprecise, approximate or open: EDTF (ISO 8601-2:2019, Annex A).",
    );
    o.leaf(
        "edtf",
        "The date as EDTF: `1998`, `1998-09`, `2018~`, `2019-11-05/2019-11-10`, `../2005`, `202X`.",
        |d: &DateValue| &d.edtf,
    );
    o.computed("earliest", "The earliest day that the date can mean; `null` if it has no beginning.", |d| {
        CalendarDay(d.earliest)
    });
    o.computed("latest", "The latest day that the date can mean; `null` if it has no end.", |d| CalendarDay(d.latest));
    o.computed("precision", "How precisely the date is known.", |d| precision(&d.edtf));
    o.computed("isApproximate", "Whether the date is marked as approximate or uncertain.", |d| {
        edtf::is_approximate(&d.edtf)
    });
    o
}

fn precision(date: &str) -> DatePrecision {
    match edtf::precision(date) {
        Some(edtf::Precision::Day) => DatePrecision::Day,
        Some(edtf::Precision::Month) => DatePrecision::Month,
        Some(edtf::Precision::Season) => DatePrecision::Season,
        Some(edtf::Precision::Year) => DatePrecision::Year,
        Some(edtf::Precision::Interval) => DatePrecision::Interval,
        Some(edtf::Precision::Set) => DatePrecision::Set,
        Some(edtf::Precision::Years) | None => DatePrecision::Years,
    }
}
