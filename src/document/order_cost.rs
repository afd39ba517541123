//! The cost of orders. An index serves an order by a column. What related records decide is looked up for every record of the
//! list, and ties are sorted, of which a list may have very many: both read the whole list.

use apollo_compiler::{
    Node,
    ast::Value,
    response::{JsonMap, JsonValue},
};

use super::filter_cost::{RELATED_COST, SCAN_COST};
use crate::model::{Order, RecordType};

/// The names of the arguments of lists that have orders.
pub(super) const ORDER_BY: &str = "orderBy";
/// See [`ORDER_BY`].
pub(super) const THEN_BY: &str = "thenBy";

/// The arguments that say in which order a list comes.
pub(super) struct Orders {
    /// The type of the records, or the first of them.
    pub(super) record: &'static RecordType,
    /// The value of [`ORDER_BY`].
    pub(super) first: Option<Node<Value>>,
    /// The value of [`THEN_BY`].
    pub(super) further: Option<Node<Value>>,
    /// The language in whose alphabetical order names come.
    pub(super) collation: Option<Node<Value>>,
    /// How many lists are ordered: those of each type of objects, and of each link by which records can be related.
    pub(super) lists: u64,
}

impl Orders {
    /// The cost, for the variables of an operation.
    pub(super) fn estimate(&self, variables: &JsonMap) -> u64 {
        let named = |value: &'_ Option<Node<Value>>| -> Vec<&'static Order> {
            let names = value.iter().flat_map(|value| names(value, variables));
            names.filter_map(|name| self.record.orders.iter().find(|order| order.is_named(name))).collect()
        };
        let is_collated = self.collation.as_ref().is_some_and(|value| is_given(value, variables));
        let cost = |order: &Order, is_of_ties: bool| match order.is_computed()
            || is_collated && self.record.is_by_name(order)
        {
            true => RELATED_COST,
            false if is_of_ties => SCAN_COST,
            false => 0,
        };
        // Without a name, it is the default.
        let first = named(&self.first).first().copied().or(self.record.orders.first());
        let first = first.map(|order| cost(order, false));
        let further = named(&self.further).into_iter().map(|order| cost(order, true));
        first.into_iter().chain(further).fold(0, u64::saturating_add).saturating_mul(self.lists)
    }
}

/// Whether a value is there and is not `null`.
fn is_given(value: &Value, variables: &JsonMap) -> bool {
    match value {
        Value::Null => false,
        Value::Variable(name) => variables.get(name.as_str()).is_some_and(|value| !value.is_null()),
        _ => true,
    }
}

/// The names of enum values that a value has.
pub(super) fn names<'a>(value: &'a Value, variables: &'a JsonMap) -> Vec<&'a str> {
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
