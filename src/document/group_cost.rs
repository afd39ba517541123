//! The cost of groups by what is related to the items of a list: it is looked up for each item, and an item is read once for each
//! of its combinations. Aggregates read the items again, with what is related for the groups and for themselves.

use std::sync::Arc;

use apollo_compiler::{Node, ast::Value, response::JsonMap};

use super::{filter_cost::SCAN_COST, order_cost::names};
use crate::query::groups::GroupKey;

/// The argument with the keys.
pub(super) const BY: &str = "by";
/// The argument of an aggregate that names its key or its number.
pub(super) const OF: &str = "of";

/// A statement that reads the items of a list for groups.
pub(super) struct GroupedItems {
    /// What the list can be grouped by.
    pub(super) keys: &'static [Arc<GroupKey>],
    /// The values of the arguments that name keys.
    pub(super) named: Vec<Node<Value>>,
    /// How many whole lists are read.
    pub(super) scans: u64,
}

impl GroupedItems {
    /// How much more work it is to read the items with the keys that are named, for the variables of an operation.
    pub(super) fn work(&self, variables: &JsonMap) -> u64 {
        let names = self.named.iter().flat_map(|value| names(value, variables));
        let keys = names.filter_map(|name| self.keys.iter().find(|key| key.is_named(name)));
        keys.map(|key| key.work()).fold(1, u64::saturating_mul)
    }

    /// The cost of reading whole lists.
    pub(super) fn estimate(&self, variables: &JsonMap) -> u64 {
        self.work(variables).saturating_mul(self.scans).saturating_mul(SCAN_COST)
    }
}
