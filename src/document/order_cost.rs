//! The cost of orders. An index serves an order by a column. What related records decide is looked up for every record of the
//! list, and ties are sorted, of which a list may have very many: both read the whole list.

use apollo_compiler::{
    Node,
    ast::Value,
    response::{JsonMap, JsonValue},
};

use super::filter_cost::{RELATED_COST, SCAN_COST};
use crate::model::RecordType;

/// The names of the arguments of lists that have orders.
pub(super) const ORDER_BY: &str = "orderBy";
/// See [`ORDER_BY`].
pub(super) const THEN_BY: &str = "thenBy";

/// An argument that says in which order a list comes.
pub(super) struct OrderArgument {
    /// The type of the records, or the first of them.
    pub(super) record: &'static RecordType,
    pub(super) value: Node<Value>,
    /// Whether it is about the ties of other orders.
    pub(super) is_of_ties: bool,
    /// How many lists are ordered: those of each type of objects, and of each link by which records can be related.
    pub(super) lists: u64,
}

impl OrderArgument {
    /// The cost, for the variables of an operation.
    pub(super) fn estimate(&self, variables: &JsonMap) -> u64 {
        let names = names(&self.value, variables).into_iter();
        names.map(|name| self.one(name)).fold(0, u64::saturating_add).saturating_mul(self.lists)
    }

    fn one(&self, name: &str) -> u64 {
        let is_computed = |name: &str| {
            let order = self.record.orders.iter().find(|order| order.is_named(name));
            order.is_some_and(crate::model::Order::is_computed)
        };
        match (is_computed(name), self.is_of_ties) {
            (true, _) => RELATED_COST,
            (false, true) => SCAN_COST,
            (false, false) => 0,
        }
    }
}

/// The names of the orders that a value has.
fn names<'a>(value: &'a Value, variables: &'a JsonMap) -> Vec<&'a str> {
    match value {
        Value::Enum(name) => vec![name.as_str()],
        Value::List(items) => items.iter().flat_map(|item| names(item, variables)).collect(),
        Value::Variable(name) => match variables.get(name.as_str()) {
            Some(JsonValue::String(name)) => vec![name.as_str()],
            Some(JsonValue::Array(items)) => items.iter().filter_map(JsonValue::as_str).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
