//! Groups: the records of a list by what they have in common, with aggregates of each group.
//!
//! One statement groups the lists of all parents. What a client may not see does not tell groups apart: a reference to a
//! hidden record is as good as none.

mod key;
mod key_columns;
mod statements;

use std::sync::Arc;

use sea_orm::sea_query::Expr;
use uuid::Uuid;

pub use self::key::{GroupKey, KeyValue, keys};
use crate::model::{Attribute, AttributeKind, Column, DateColumns, RecordType, Scalar, upper_case};

/// How many keys a client can group by at once.
pub const MAX_KEYS: usize = 3;
/// The column of what is aggregated in a statement that groups records.
const OPERAND: &str = "operand";

/// The order of groups.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum GroupOrder {
    /// The largest groups first.
    CountDescending,
    /// The smallest groups first.
    CountAscending,
    /// By the keys, in their order.
    KeyAscending,
    /// By the keys, in the opposite order.
    KeyDescending,
}

/// How a list is grouped, and a page of its groups.
pub struct Grouping {
    /// The keys.
    pub keys: Vec<Arc<GroupKey>>,
    /// The order of the groups.
    pub order: GroupOrder,
    /// How many groups there are before the page.
    pub after: u32,
    /// The number of groups of the page.
    pub size: usize,
    /// What [`GroupOrder`] counts in a group: the different values of this key, and not the items.
    pub counted: Option<Arc<GroupKey>>,
    /// Only groups that have, among their keys, a record that passes.
    pub(super) passes: Option<Expr>,
}

impl Grouping {
    /// Groups by keys, the largest first: all of them, from the first on.
    #[must_use]
    pub fn new(keys: Vec<Arc<GroupKey>>, size: usize) -> Self {
        Self { keys, order: GroupOrder::CountDescending, after: 0, size, counted: None, passes: None }
    }
}

/// An aggregate of the records of a group.
pub enum Aggregate {
    /// The number of different values of a key.
    Distinct(Arc<GroupKey>),
    /// A summary of the numbers in a column.
    Figure(Column),
    /// The record with the latest date.
    Latest(DateColumns),
}

/// The value of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AggregateValue {
    /// See [`Aggregate::Distinct`].
    Count(i64),
    /// See [`Aggregate::Figure`].
    Figure(Figure),
    /// See [`Aggregate::Latest`].
    Record(Uuid),
}

/// A summary of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// How many there are.
    pub count: i64,
    /// The smallest.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// Their sum, [`rounded`].
    pub sum: Option<f64>,
    /// Their average, [`rounded`].
    pub average: Option<f64>,
}

/// How many digits a fraction that was computed has.
const SIGNIFICANT_DIGITS: usize = 12;

/// A number without the digits that depend on the order in which a database adds numbers up, which none of them promises. Whole
/// numbers are exact.
fn rounded(number: f64) -> f64 {
    if number.fract() == 0.0 {
        return number;
    }
    format!("{number:.*e}", SIGNIFICANT_DIGITS - 1).parse().unwrap_or(number)
}

/// A group of a page.
pub struct Group {
    /// What its records have in common.
    pub values: Vec<KeyValue>,
    /// The number of its records.
    pub count: i64,
    /// Its position among the groups, starting at 1.
    pub position: i64,
}

/// The numbers of which groups have summaries: their names in the schema, their attributes and their columns.
pub fn figures(record: &RecordType) -> impl Iterator<Item = (String, &Attribute, Column)> {
    record.attributes.iter().filter_map(|attribute| {
        let column = match &attribute.kind {
            AttributeKind::Scalar(column, Scalar::Integer | Scalar::Float) if attribute.is_filterable => *column,
            AttributeKind::Decimal(decimal) => decimal.approximate,
            _ => return None,
        };
        Some((upper_case(&attribute.name), attribute, column))
    })
}

/// The date that says which record of a type is the latest.
#[must_use]
pub fn main_date(record: &RecordType) -> Option<(&Attribute, DateColumns)> {
    record.attributes.iter().find_map(|attribute| match &attribute.kind {
        AttributeKind::Date { edtf, earliest, latest } => Some((attribute, [edtf.name, earliest.name, latest.name])),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::rounded;

    /// Sums of the same numbers in another order are the same; what is whole stays exact.
    #[test]
    fn sums_do_not_depend_on_the_order() {
        assert_eq!(rounded(0.1 + 0.2).to_string(), "0.3");
        let bits = |number: f64| rounded(number).to_bits();
        assert_eq!(bits(5_666.741_279_999_996), bits(5_666.741_279_999_997_5));
        assert_ne!(bits(5_666.741_28), bits(5_666.741_281));
        assert_eq!(rounded(-2.0 / 3.0).to_string(), "-0.666666666667");
        for exact in [0.0, 9_007_199_254_740_991.0, -1.0, f64::INFINITY] {
            assert_eq!(bits(exact), exact.to_bits());
        }
    }
}
