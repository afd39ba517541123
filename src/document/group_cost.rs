//! The cost of groups by what is related to the items of a list: it is looked up for each item, and an item is read once for each
//! of its combinations. What a statement costs that reads a whole list is in the cost of its field already.

use std::sync::Arc;

use apollo_compiler::{Node, ast::Value, response::JsonMap};

use super::{filter_cost::SCAN_COST, order_cost::names};
use crate::query::groups::GroupKey;

/// The argument with the keys.
pub(super) const BY: &str = "by";
/// The argument of an aggregate that names its key or its number.
pub(super) const OF: &str = "of";
/// The fields of groups, and of lists of groups, that read the items again.
pub(super) const AGGREGATES: [&str; 4] = ["distinct", "figure", "latest", "totalCount"];

/// What is grouped.
pub(super) struct Groups {
    /// What the list can be grouped by.
    pub(super) keys: Vec<Arc<GroupKey>>,
    /// The value of [`BY`].
    pub(super) by: Option<Node<Value>>,
    /// The value of the argument that says what the groups are ordered by.
    pub(super) counted: Option<Node<Value>>,
    /// The values of [`OF`] of the aggregates.
    pub(super) aggregates: Vec<Option<Node<Value>>>,
    /// How many whole lists are read for the page.
    pub(super) scans: u64,
}

impl Groups {
    /// The cost, for the variables of an operation.
    pub(super) fn estimate(&self, variables: &JsonMap) -> u64 {
        let work = |value: &Option<Node<Value>>| {
            let names = value.iter().flat_map(|value| names(value, variables));
            let keys = names.filter_map(|name| self.keys.iter().find(|key| key.is_named(name)));
            keys.map(|key| key.work()).fold(1, u64::saturating_mul)
        };
        let items = work(&self.by);
        let page = items.saturating_mul(work(&self.counted));
        // An aggregate reads its own items, and those of the page.
        let aggregates = self.aggregates.iter().map(|of| items.saturating_mul(work(of)).max(page) - 1);
        let all = aggregates.fold(page - 1, u64::saturating_add);
        all.saturating_mul(self.scans).saturating_mul(SCAN_COST)
    }
}
