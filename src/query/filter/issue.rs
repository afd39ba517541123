//! The filter by issues of data quality: what is doubtful about a record. Each doubt that a slice declares is one condition;
//! what the viewer may not see decides nothing.

use async_graphql::Value;
use sea_orm::{
    DbBackend, ExprTrait,
    sea_query::{CaseStatement, Expr, JoinType, Query, SelectStatement},
};

use super::{
    FilterScope, Misplaced, OperatorInput, Read, Reader, all, any, date::DateOperand, each, exists, is_visible, list,
    never, non_empty, not, operator::text, unknown,
};
use crate::{
    edtf::{BEGINNING, EVER},
    error::{Code, Error},
    model::{
        Claims, DateColumns, Inconsistency, Period, RecordType, Vocabulary,
        quality::{Doubt, Overlap, Words},
    },
    query::statement::{column, largest, smallest, today},
    quoted::Quoted,
};

/// The name of the condition.
pub const QUALITY_ISSUE: &str = "qualityIssue";
/// The operator that asks for one of several issues.
pub const ONE_OF: &str = "in";
/// To how many scans of a list the condition comes: what is doubtful is in no index, and is looked up for each record.
pub const SCANS_OF_ISSUE: u32 = 4;
/// The alias of the table of statements.
const STATEMENT: &str = "statement";
/// The alias of another record that is related to the record.
const OTHER: &str = "other";
/// The aliases of the places of the record and of the other one.
const PLACE: &str = "place";
/// See [`PLACE`].
const OTHER_PLACE: &str = "other_place";
/// The alias of a record to which both refer.
const SHARED: &str = "shared";

/// The input type.
#[must_use]
pub fn issue_input(issues: &Vocabulary) -> OperatorInput {
    OperatorInput {
        name: format!("{}Filter", issues.name).into(),
        description:
            "A filter by issues of data quality. A type of which no record can have an issue has none that match."
                .to_owned(),
        fields: vec![
            ("eq", issues.name.clone(), "Has this issue."),
            (ONE_OF, format!("[{}!]", issues.name), "Has at least one of these issues."),
        ],
    }
}

/// The condition that records of a type have an issue, whose table has the alias of depth 0.
#[must_use]
pub fn has_issue(scope: FilterScope, record: &RecordType, kind: &str) -> Expr {
    Reader { scope, depth: 0, nesting: 0 }.has_issue(record, kind)
}

impl Reader {
    /// The condition on the issues of a record.
    pub(super) fn quality_issue(self, record: &RecordType, issues: &Vocabulary, value: &Value) -> Read {
        let kind = |value: &Value| {
            let name = text(value)?;
            let word = issues.by_name(&name).map(|word| word.value.as_str());
            word.ok_or_else(|| {
                let message = format!("{} is not a value of {}", Quoted(&name), issues.name);
                Misplaced::from(Error::input(Code::InvalidArgument, message))
            })
        };
        let condition = |operator: &str, value: &Value| match operator {
            "eq" => Ok(Some(self.has_issue(record, kind(value)?))),
            ONE_OF => {
                let mut kinds = list(value).map(kind).collect::<Result<Vec<_>, _>>()?;
                kinds.sort_unstable();
                kinds.dedup();
                Ok(Some(any(kinds.into_iter().map(|kind| self.has_issue(record, kind)).collect())))
            }
            name => Err(Misplaced::from(unknown(name))),
        };
        Ok(non_empty(each(value, condition)?))
    }

    fn has_issue(self, record: &RecordType, kind: &str) -> Expr {
        let Some(issue) = record.issue(kind) else { return never() };
        let doubted = any(issue.doubts.iter().map(|doubt| self.doubt(record, doubt)).collect());
        let unless = issue.unless.as_ref().map(|words| not(is_one_of(self.alias(), words)));
        all(std::iter::once(doubted).chain(unless).collect())
    }

    fn doubt(self, record: &RecordType, doubt: &Doubt) -> Expr {
        let id = || column(self.alias(), "id");
        match doubt {
            Doubt::Unsupported => {
                let Some(claims) = &self.scope.model.claims else { return never() };
                not(exists(self.statements(claims, claims.supports)))
            }
            Doubt::Contradicted(field) => {
                let Some(claims) = &self.scope.model.claims else { return never() };
                let mut contradicting = self.statements(claims, claims.contradicts);
                contradicting.and_where_option(field.map(|field| column(STATEMENT, claims.field).eq(field)));
                exists(contradicting)
            }
            Doubt::Dates => any(self.doubtful_dates(record)),
            Doubt::Missing(columns) => {
                let is_missing = |name: &&'static str| match record.target(name) {
                    Some(target) => {
                        not(exists(self.other(target, |other| column(other, "id").eq(column(self.alias(), name)))))
                    }
                    None => column(self.alias(), name).is_null(),
                };
                all(columns.iter().map(is_missing).collect())
            }
            Doubt::Word(words) => is_one_of(self.alias(), words),
            Doubt::Related(table, reference, words) => {
                exists(self.other(table, |other| column(other, reference).eq(id()).and(is_one_of(other, words))))
            }
            Doubt::Overlap(overlap) => self.overlaps(record, overlap),
        }
    }

    /// The statements about the record with a stance.
    fn statements(self, claims: &Claims, stance: &'static str) -> SelectStatement {
        let mut statements = Query::select();
        statements.expr(Expr::Constant(1.into())).from_as(claims.statement, STATEMENT);
        statements.and_where(column(STATEMENT, claims.record).eq(column(self.alias(), "id")));
        statements.and_where(column(STATEMENT, claims.stance).eq(stance));
        statements.and_where(is_visible(STATEMENT, self.scope.rank));
        statements
    }

    /// The other records of a table that the viewer may see, and that pass.
    fn other(self, table: &'static str, passes: impl FnOnce(&'static str) -> Expr) -> SelectStatement {
        let mut others = Query::select();
        others.expr(Expr::Constant(1.into())).from_as(table, OTHER);
        others.and_where(passes(OTHER)).and_where(is_visible(OTHER, self.scope.rank));
        others
    }

    /// The conditions that dates do not fit. What is unknown fits everything.
    fn doubtful_dates(self, record: &RecordType) -> Vec<Expr> {
        let own = |columns: DateColumns| DateOperand { alias: self.alias(), columns };
        let date = |name: &str| record.dates().find(|[column, ..]| *column == name).map(own);
        let in_order =
            record.in_order.iter().filter_map(|(first, second)| Some(is_before(date(second)?, date(first)?)));
        let compared = |reference: (&'static str, &'static str), compare: &dyn Fn(&'static str) -> Expr| {
            let (name, target) = reference;
            exists(self.other(target, |other| column(other, "id").eq(column(self.alias(), name)).and(compare(other))))
        };
        let inconsistent = record.inconsistencies.iter().filter_map(|inconsistency| {
            Some(match *inconsistency {
                Inconsistency::After { own: date, reference, theirs } => {
                    compared(reference, &|other| is_before(DateOperand { alias: other, columns: theirs }, own(date)))
                }
                Inconsistency::Before { own: date, reference, theirs } => {
                    compared(reference, &|other| is_before(own(date), DateOperand { alias: other, columns: theirs }))
                }
                Inconsistency::NotYet { word, value, date } => {
                    column(self.alias(), word).eq(value).and(own(date).is_known())
                }
                Inconsistency::Future { word, value, date } => {
                    // Somewhere it is tomorrow already.
                    let tomorrow = today(self.scope.backend).add(1);
                    column(self.alias(), word)
                        .eq(value)
                        .and(own(date).is_known())
                        .and(own(date).earliest().gt(tomorrow))
                }
                Inconsistency::Long { most, unless } => {
                    let Period { start, end, .. } = record.period?;
                    let (start, end) = (own(start), own(end));
                    let is_known = start.is_known().and(end.is_known());
                    // Both days count. The sum has 64 bits: the last of all days has no other after it in 32.
                    let is_long = end.earliest().gte(start.latest().add(i64::from(most)));
                    let is_other = unless.map(|unless| column(self.alias(), unless).not());
                    all([is_known, is_long].into_iter().chain(is_other).collect())
                }
                Inconsistency::Differs { .. }
                | Inconsistency::Same { .. }
                | Inconsistency::Few { .. }
                | Inconsistency::Alike(_)
                | Inconsistency::Twice { .. } => return None,
            })
        });
        in_order.chain(inconsistent).collect()
    }

    /// Another record of the subject certainly was at the same time, in another place.
    fn overlaps(self, record: &RecordType, overlap: &Overlap) -> Expr {
        let Overlap { subject, period, place: (place, places, part_of), within: (within, shared) } = *overlap;
        let own = |name: &'static str| column(self.alias(), name);
        let mut others = self.other(record.table, |other| column(other, subject).eq(own(subject)));
        others.and_where(column(OTHER, "id").ne(own("id")));
        for (alias, of) in [(PLACE, self.alias()), (OTHER_PLACE, OTHER)] {
            others.join_as(JoinType::InnerJoin, places, alias, column(alias, "id").eq(column(of, place)));
            others.and_where(is_visible(alias, self.scope.rank));
        }
        let is_part = |part: &'static str, whole: &'static str| column(part, part_of).eq(column(whole, "id"));
        others.and_where(column(PLACE, "id").ne(column(OTHER_PLACE, "id")));
        others.and_where(not(is_part(PLACE, OTHER_PLACE))).and_where(not(is_part(OTHER_PLACE, PLACE)));
        let mut same = Query::select();
        same.expr(Expr::Constant(1.into())).from_as(shared, SHARED).and_where(is_visible(SHARED, self.scope.rank));
        same.and_where(column(SHARED, "id").eq(own(within))).and_where(column(SHARED, "id").eq(column(OTHER, within)));
        others.and_where(not(exists(same)));
        let [one, other] = [self.alias(), OTHER].map(|alias| CertainDays::of(self.scope.backend, alias, &period));
        others.and_where(one.meet(&other));
        exists(others)
    }
}

fn is_one_of(alias: &'static str, words: &Words) -> Expr {
    column(alias, words.column).is_in(words.values.iter().map(String::as_str))
}

/// All days that a date can mean lie before all days of another one.
fn is_before(one: DateOperand, other: DateOperand) -> Expr {
    all(vec![one.is_known(), other.is_known(), one.latest().lt(other.earliest())])
}

/// The days on which a record certainly was: between those on which it is known to have been. There are none if the first is
/// after the last.
struct CertainDays {
    first: Expr,
    last: Expr,
    start: DateOperand,
}

impl CertainDays {
    fn of(backend: DbBackend, alias: &'static str, period: &Period) -> Self {
        let dates = [Some(period.start), Some(period.end), period.includes];
        let dates: Vec<_> = dates.into_iter().flatten().map(|columns| DateOperand { alias, columns }).collect();
        let each = |day: fn(DateOperand) -> Expr, unknown: i32| {
            let known = |date: &DateOperand| {
                let case = CaseStatement::new().case(date.is_known(), day(*date));
                case.finally(Expr::Constant(unknown.into())).into()
            };
            dates.iter().map(known).collect::<Vec<Expr>>()
        };
        Self {
            first: smallest(backend, each(DateOperand::latest, EVER)),
            last: largest(backend, each(DateOperand::earliest, BEGINNING)),
            start: DateOperand { alias, columns: period.start },
        }
    }

    /// Both have a day in common, other than one on which one of them starts and the other is last known.
    fn meet(&self, other: &Self) -> Expr {
        let follows = |one: &Self, other: &Self| {
            let starts = other.start.latest().eq(one.last.clone());
            starts.and(other.first.clone().gte(one.last.clone()))
        };
        all(vec![
            self.first.clone().lte(self.last.clone()),
            other.first.clone().lte(other.last.clone()),
            self.first.clone().lte(other.last.clone()),
            other.first.clone().lte(self.last.clone()),
            not(follows(self, other)),
            not(follows(other, self)),
        ])
    }
}
