//! The filter by what was during a date: whether the period of a record has a day in common with those that a client asks
//! for.
//!
//! Only dates count. The status of a partnership says how things are, not on which day; so it makes nothing certain.

use async_graphql::Value;
use sea_orm::{
    ExprTrait,
    sea_query::{CaseStatement, Expr},
};

use super::{
    OperatorInput, Read, Reader, all, any,
    date::{DateOperand, Days, overlaps},
    each, non_empty, unknown,
};
use crate::{
    edtf::{BEGINNING, Day, EVER, UNKNOWN_EARLIEST, UNKNOWN_LATEST},
    error::Result,
    model::{DateColumns, IfMissing, Period},
};

/// The name of the condition.
pub const DURING: &str = "during";

/// The input type.
#[must_use]
pub fn period_input() -> OperatorInput {
    let text = |name, description| (name, "String".to_owned(), description);
    OperatorInput {
        name: "PeriodFilter".into(),
        description: "A filter by a period, from the day on which it started to the day on which it ended. A period \
                      of which no day is known overlaps no date."
            .to_owned(),
        fields: vec![
            text(
                "possiblyOverlaps",
                "Can have a day in common with this date in EDTF, such as `2019-11-06`, `2019-11` or `2018/2019-06`, or \
                 with one of the dates of a set.",
            ),
            text(
                "certainlyOverlaps",
                "Has a day in common with this date in EDTF, whichever days its start and its end stand for. If one of \
                 them is unknown, only the other counts.",
            ),
        ],
    }
}

/// The condition that a record possibly was during a date in EDTF.
pub(in crate::query) fn as_of(period: &Period, alias: &'static str, date: &Value) -> Result<Expr> {
    Ok(PeriodOperand { alias, period }.possibly_overlaps(&Days::read(date)?))
}

impl Reader {
    /// The condition on the period of a record.
    pub(super) fn during(self, period: &Period, value: &Value) -> Read {
        let condition = |operator: &str, value: &Value| {
            let possible = match operator {
                "possiblyOverlaps" => true,
                "certainlyOverlaps" => false,
                _ => return Err(unknown(operator).into()),
            };
            let days = Days::read(value)?;
            let operand = PeriodOperand { alias: self.alias(), period };
            Ok(Some(if possible { operand.possibly_overlaps(&days) } else { operand.certainly_overlaps(&days) }))
        };
        Ok(non_empty(each(value, condition)?))
    }
}

/// The periods of the records of two aliases can have a day in common. A start, an end or another day that is a set counts as
/// all days between its first and its last.
pub(in crate::query) fn possibly_overlap(one: (&'static str, &Period), other: (&'static str, &Period)) -> Expr {
    let [one, other] = [one, other].map(|(alias, period)| PeriodOperand { alias, period });
    let days = |of: &PeriodOperand<'_>| {
        let date = of.period.includes.map(|columns| of.date(columns));
        std::iter::once(of.bounds()).chain(date.map(|date| (date.earliest(), date.latest()))).collect::<Vec<_>>()
    };
    let others = days(&other);
    let meet = |(first, last): (Expr, Expr)| {
        let meets = |(from, to): &(Expr, Expr)| first.clone().lte(to.clone()).and(last.clone().gte(from.clone()));
        any(others.iter().map(meets).collect())
    };
    any(days(&one).into_iter().map(meet).collect())
}

/// The period of the record of an alias.
struct PeriodOperand<'a> {
    alias: &'static str,
    period: &'a Period,
}

impl PeriodOperand<'_> {
    fn date(&self, columns: DateColumns) -> DateOperand {
        DateOperand { alias: self.alias, columns }
    }

    fn dates(&self) -> (DateOperand, DateOperand) {
        (self.date(self.period.start), self.date(self.period.end))
    }

    /// The longest of the periods that it can be decides. It is no shorter if its start or its end is a set.
    fn possibly_overlaps(&self, days: &Days) -> Expr {
        let (start, end) = self.dates();
        let within = |date: DateOperand| date.possibly_within(days);
        let (if_start, if_end) = match self.period.if_missing {
            IfMissing::OneDay => (within(start), within(end)),
            IfMissing::Open => (start.earliest().lte(days.last()), end.latest().gte(days.first())),
        };
        // What is unknown starts after all days and ends before all: so the first of these is not met, and the others are
        // not if neither is known.
        let mut ways = vec![
            overlaps(&start.earliest(), &end.latest(), days.ranges()),
            end.is_unknown().and(if_start),
            start.is_unknown().and(if_end),
        ];
        ways.extend(self.period.includes.map(|columns| within(self.date(columns))));
        any(ways)
    }

    /// The first and the last day of the longest of the periods that it can be. If no day is known, the first is after all days,
    /// and the last is before all.
    fn bounds(&self) -> (Expr, Expr) {
        let (start, end) = self.dates();
        let (if_start, if_end) = match self.period.if_missing {
            IfMissing::OneDay => (start.latest(), end.earliest()),
            IfMissing::Open => (Expr::Constant(EVER.into()), Expr::Constant(BEGINNING.into())),
        };
        let first = CaseStatement::new().case(start.is_known(), start.earliest()).case(end.is_known(), if_end);
        let last = CaseStatement::new().case(end.is_known(), end.latest()).case(start.is_known(), if_start);
        let first = first.finally(Expr::Constant(UNKNOWN_EARLIEST.into()));
        (first.into(), last.finally(Expr::Constant(UNKNOWN_LATEST.into())).into())
    }

    /// None of the periods that it can be lies before, between or after the days that are asked for. A start or an end that is a
    /// set counts as all days between its first and its last: so what the other date rules out of it makes nothing certain.
    fn certainly_overlaps(&self, days: &Days) -> Expr {
        let (start, end) = self.dates();
        let within = |date: DateOperand| date.certainly_within(days);
        // It cannot end before it starts: it starts at the latest on its latest end, and ends at the earliest on its earliest
        // start.
        let starts_before = |day: Day| any(vec![start.latest().lt(day), end.latest().lt(day)]);
        let ends_after = |day: Day| any(vec![start.earliest().gt(day), end.earliest().gt(day)]);
        let (first, last) = (days.first(), days.last());
        let mut both = vec![overlaps(&start.earliest(), &end.latest(), &[(first, last)])];
        both.extend([starts_before(last + 1), ends_after(first - 1)]);
        both.extend(days.gaps().ranges().iter().map(|(first, last)| starts_before(*first).or(ends_after(*last))));
        let mut ways = vec![all(both), end.is_unknown().and(within(start)), start.is_unknown().and(within(end))];
        ways.extend(self.period.includes.map(|columns| within(self.date(columns))));
        any(ways)
    }
}
