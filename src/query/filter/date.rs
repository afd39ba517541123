//! Conditions on dates: whether the days that a date can mean are among those that a client asks for.
//!
//! The earliest and the latest day of a date decide first, because indexes have them. A date that is a set can mean fewer
//! days than those between the two: what it lists is in the table `date_range`. That table is read only for a record that
//! the filter looks at anyway, which the viewer may see.

use async_graphql::Value;
use sea_orm::{
    DbBackend, EntityName, ExprTrait, IdenStatic,
    sea_query::{CaseStatement, Expr, Func, Query},
};

use super::{all, any, exists, not, operator::text};
use crate::{
    edtf::{BEGINNING, Date, Day, DayRange, EVER, SET, UNKNOWN_EARLIEST, iso},
    error::{Code, Error, Result},
    model::{DateColumns, date_range},
    query::statement::{YEARS, column, month_and_day},
};

/// The largest number of dates in a set that a client asks for.
pub const MAX_LISTED: usize = 20;
/// The alias of the table of what sets list.
const LISTED: &str = "listed";

/// The days that a condition asks for: ranges in their order, with other days between them.
pub(super) struct Days(Vec<DayRange>);

impl Days {
    /// Reads a date in EDTF.
    pub(super) fn read(value: &Value) -> Result<Self> {
        let date = Date::parse(&text(value)?)?;
        let listed = date.listed().unwrap_or_default();
        if listed > MAX_LISTED {
            let message = format!("the set lists {listed} dates: at most {MAX_LISTED} are allowed");
            return Err(Error::input(Code::InvalidArgument, message));
        }
        Ok(Self(date.ranges))
    }

    pub(super) fn ranges(&self) -> &[DayRange] {
        &self.0
    }

    pub(super) fn first(&self) -> Day {
        self.0.first().map_or(EVER, |(first, _)| *first)
    }

    pub(super) fn last(&self) -> Day {
        self.0.last().map_or(BEGINNING, |(_, last)| *last)
    }

    /// The days between the ranges.
    pub(super) fn gaps(&self) -> Self {
        Self(self.0.windows(2).map(|pair| (pair[0].1 + 1, pair[1].0 - 1)).collect())
    }
}

/// A date of the record of an alias.
#[derive(Clone, Copy)]
pub(super) struct DateOperand {
    pub(super) alias: &'static str,
    pub(super) columns: DateColumns,
}

impl DateOperand {
    pub(super) fn earliest(self) -> Expr {
        column(self.alias, self.columns[1])
    }

    pub(super) fn latest(self) -> Expr {
        column(self.alias, self.columns[2])
    }

    pub(super) fn is_known(self) -> Expr {
        self.earliest().lt(constant(UNKNOWN_EARLIEST))
    }

    pub(super) fn is_unknown(self) -> Expr {
        self.earliest().eq(constant(UNKNOWN_EARLIEST))
    }

    /// Some of the days that it can mean are asked for.
    pub(super) fn possibly_within(self, days: &Days) -> Expr {
        let is_between = overlaps(&self.earliest(), &self.latest(), &[(days.first(), days.last())]);
        let mut is_within = self.is_no_set();
        if days.ranges().len() > 1 {
            is_within = is_within.and(overlaps(&self.earliest(), &self.latest(), days.ranges()));
        }
        is_between.and(is_within.or(self.lists_some_of(days)))
    }

    /// All of the days that it can mean are asked for.
    pub(super) fn certainly_within(self, days: &Days) -> Expr {
        let (first, last) = (days.first(), days.last());
        // What is unknown is an empty interval, which lies within everything; its latest day is the least.
        let is_known = self.latest().gte(first);
        let is_between = self.latest().lte(last).and(is_known).and(self.earliest().gte(first));
        let gaps = days.gaps();
        if gaps.ranges().is_empty() { is_between } else { is_between.and(not(self.possibly_within(&gaps))) }
    }

    /// All of the days that it can mean lie before a day. The latest day of what is unknown is the least.
    pub(super) fn certainly_before(self, day: Day) -> Expr {
        self.latest().lt(day).and(self.is_known())
    }

    /// Some of the days that it can mean lie before a day. The earliest day of what is unknown is the greatest.
    pub(super) fn possibly_before(self, day: Day) -> Expr {
        self.earliest().lt(day)
    }

    /// All of the days that it can mean lie after a day.
    pub(super) fn certainly_after(self, day: Day) -> Expr {
        self.earliest().gt(day).and(self.is_known())
    }

    /// Some of the days that it can mean lie after a day.
    pub(super) fn possibly_after(self, day: Day) -> Expr {
        self.latest().gt(day)
    }

    /// It is a day whose anniversary is among the days of a year, and lies before them.
    pub(super) fn has_anniversary(self, backend: DbBackend, days: &Days) -> Result<Expr> {
        let mut conditions = Vec::new();
        for (first, last) in days.ranges() {
            let pair = month_and_day_of(*first).zip(month_and_day_of(*last));
            let days = i64::from(*last) - i64::from(*first);
            let is_at_most_a_year = |(from, to): &(i32, i32)| days < 366 && (from != to || days == 0);
            let Some((from, mut to)) = pair.filter(is_at_most_a_year) else {
                let message =
                    "the days of `anniversaryWithin` must be known and at most a year: write a date such as 2026-12";
                return Err(Error::input(Code::InvalidArgument, message));
            };
            let goes_on_after_december = from > to;
            // In years without 29 February, its anniversary is on the day before.
            if (to, month_and_day_of(last + 1)) == (228, Some(301)) {
                to = 229;
            }
            let is_day = self.earliest().eq(self.latest()).and(self.earliest().gte(constant(YEARS.0)));
            let is_day = is_day.and(self.latest().lte(constant(YEARS.1))).and(self.earliest().lt(*first));
            // Of what is no day of these years, the databases do not know the month.
            let at: Expr = CaseStatement::new().case(is_day, month_and_day(backend, self.earliest())).into();
            let (is_after, is_before) = (at.clone().gte(from), at.lte(to));
            conditions.push(if goes_on_after_december { is_after.or(is_before) } else { is_after.and(is_before) });
        }
        Ok(any(conditions))
    }

    fn is_no_set(self) -> Expr {
        let first = Func::cust("substr").args([column(self.alias, self.columns[0]), constant(1), constant(1)]);
        Expr::from(first).is_not_in(SET.map(|bracket| constant(bracket.to_string())))
    }

    /// It is a set, and lists some of the days.
    fn lists_some_of(self, days: &Days) -> Expr {
        let of = |column_name: date_range::Column| column(LISTED, column_name.as_str());
        let mut listed = Query::select();
        listed.expr(constant(1)).from_as(date_range::Entity.table_name(), LISTED);
        listed.and_where(of(date_range::Column::RecordId).eq(column(self.alias, "id")));
        listed.and_where(of(date_range::Column::Date).eq(constant(self.columns[0])));
        listed.and_where(overlaps(&of(date_range::Column::Earliest), &of(date_range::Column::Latest), days.ranges()));
        exists(listed)
    }
}

/// The month of a day and its day of the month, as the number `1231` for 31 December.
fn month_and_day_of(day: Day) -> Option<i32> {
    let text = iso(day)?;
    let (_, month_and_day) = text.split_at_checked(text.len().checked_sub(5)?)?;
    month_and_day.replace('-', "").parse().ok()
}

/// A value that is the same in all statements. It is not bound: databases have a limit for the values that are.
fn constant(value: impl Into<sea_orm::Value>) -> Expr {
    Expr::Constant(value.into())
}

/// The days from `earliest` to `latest` have one in common with the ranges.
pub(super) fn overlaps(earliest: &Expr, latest: &Expr, ranges: &[DayRange]) -> Expr {
    let one = |(first, last): &DayRange| all(vec![earliest.clone().lte(*last), latest.clone().gte(*first)]);
    any(ranges.iter().map(one).collect())
}
