//! The cost of filters. A condition that an index serves costs as much as a statement; one that needs a full scan costs ten
//! times as much on top. A condition on related records is checked for every record of the list, and each may have many
//! related records. An empty filter costs as much as a condition, because a list may hold very many of them.
//!
//! Measured on a million records, SQLite needs 40 to 430 µs for each point of a full scan.

use std::cell::RefCell;

use apollo_compiler::{
    Name, Schema,
    ast::Value,
    response::{JsonMap, JsonValue},
    schema::ExtendedType,
};
use rustc_hash::FxHashMap;

use super::STATEMENT_COST;
use crate::query::filter::{
    ANNIVERSARY_WITHIN, ANY_NAME, AREA, DURING, IS_DISPUTED, MAX_LISTED, NEAR, ONE_OF, QUALITY_ISSUE, SCANS_OF_ISSUE,
};

/// The cost of a condition that an index serves.
const CONDITION_COST: u64 = STATEMENT_COST;
/// The additional cost of a condition that needs a full scan.
pub(super) const SCAN_COST: u64 = 10 * STATEMENT_COST;
/// The additional cost of a condition on related records.
const RELATION_COST: u64 = 5 * STATEMENT_COST;
/// By how much the cost of a condition on related records is multiplied.
const RELATION_FACTOR: u64 = 5;
/// The cost of looking up what is related to every record of a list.
pub(super) const RELATED_COST: u64 = (CONDITION_COST + RELATION_COST) * RELATION_FACTOR;

/// A value of an input type.
#[derive(Clone, Copy)]
enum InputValue<'a> {
    /// In the document; it may refer to variables.
    Ast(&'a Value),
    /// In the variables.
    Json(&'a JsonValue),
}

/// Whether an input type is a filter: filters have the field `not`, of their own type.
pub(super) fn is_filter(schema: &Schema, ty: &Name) -> bool {
    let not = schema.get_input_object(ty).and_then(|input| input.fields.get("not"));
    not.is_some_and(|not| not.ty.inner_named_type() == ty)
}

/// An input type, and what it filters.
#[derive(Clone, Copy)]
struct FilterType<'a> {
    ty: &'a Name,
    /// Whether it is the filter of a union or an interface, and filters what a reference leads to: each type is then looked
    /// up. In the filter of a list, it is about the records of the list themselves.
    is_reference: bool,
}

/// Whether an input type is the filter of a union or an interface.
fn is_group_filter(schema: &Schema, ty: &Name) -> bool {
    let group = ty.strip_suffix("Filter").and_then(|name| schema.types.get(name));
    matches!(group, Some(ExtendedType::Union(_) | ExtendedType::Interface(_)))
}

/// Estimates the cost of filters, for the variables of one operation.
pub(super) struct FilterEstimator<'a> {
    schema: &'a Schema,
    variables: &'a JsonMap,
    /// The costs of variables, by name, input type, and whether it is the filter of a reference.
    variable_costs: RefCell<FxHashMap<(&'a str, Name, bool), u64>>,
}

impl<'a> FilterEstimator<'a> {
    pub(super) fn new(schema: &'a Schema, variables: &'a JsonMap) -> Self {
        Self { schema, variables, variable_costs: RefCell::default() }
    }

    /// The cost of a value of the input type `ty`.
    pub(super) fn estimate(&self, ty: &Name, value: &'a Value) -> u64 {
        self.one(FilterType { ty, is_reference: false }, InputValue::Ast(value))
    }

    fn one(&self, of: FilterType<'_>, value: InputValue<'a>) -> u64 {
        self.resolve(of, value, |value| self.object(of, value))
    }

    /// The cost of all filters in a list. GraphQL coerces a single value to a list of one.
    fn list(&self, of: FilterType<'_>, value: InputValue<'a>) -> u64 {
        let sum = |items: &mut dyn Iterator<Item = InputValue<'a>>| {
            items.map(|item| self.one(of, item)).fold(0, u64::saturating_add)
        };
        self.resolve(of, value, |value| match value {
            InputValue::Ast(Value::List(items)) => sum(&mut items.iter().map(|item| InputValue::Ast(item))),
            InputValue::Json(JsonValue::Array(items)) => sum(&mut items.iter().map(InputValue::Json)),
            single => self.object(of, single),
        })
    }

    /// Calls `cost`, with the value of a variable if there is one. The cost of a variable is computed once, because a
    /// document may use it very often.
    fn resolve(&self, of: FilterType<'_>, value: InputValue<'a>, cost: impl FnOnce(InputValue<'a>) -> u64) -> u64 {
        let InputValue::Ast(Value::Variable(name)) = value else { return cost(value) };
        let key = (name.as_str(), of.ty.clone(), of.is_reference);
        if let Some(known) = self.variable_costs.borrow().get(&key) {
            return *known;
        }
        let found = self.variables.get(name.as_str()).map_or(CONDITION_COST, |value| cost(InputValue::Json(value)));
        self.variable_costs.borrow_mut().insert(key, found);
        found
    }

    /// How many dates a condition on a date asks for: those of a set are looked up one by one.
    fn dates(&self, ty: &Name, value: InputValue<'a>) -> u64 {
        let text = match value {
            _ if !matches!(ty.as_str(), "DateFilter" | "PeriodFilter") => None,
            InputValue::Ast(Value::Variable(name)) => self.variables.get(name.as_str()).and_then(JsonValue::as_str),
            InputValue::Ast(value) => value.as_str(),
            InputValue::Json(value) => value.as_str(),
        };
        // One that lists more is refused.
        text.map_or(1, |text| text.split(',').take(MAX_LISTED).count() as u64)
    }

    /// How many issues a condition asks for: each is looked for on its own.
    fn issues(&self, value: InputValue<'a>) -> u64 {
        let listed = |value: InputValue<'a>| match value {
            InputValue::Ast(Value::List(items)) => items.len(),
            InputValue::Json(JsonValue::Array(items)) => items.len(),
            _ => 1,
        };
        let resolved = |value: InputValue<'a>| match value {
            InputValue::Ast(Value::Variable(name)) => self.variables.get(name.as_str()).map(InputValue::Json),
            value => Some(value),
        };
        let Some(value) = resolved(value) else { return 1 };
        let of_field = |(name, value): (&str, InputValue<'a>)| match resolved(value) {
            Some(value) if name == ONE_OF => listed(value) as u64,
            _ => 1,
        };
        fields(value).into_iter().map(of_field).sum()
    }

    /// The cost of all fields of an input object; at least that of a condition.
    fn object(&self, of: FilterType<'_>, value: InputValue<'a>) -> u64 {
        let Some(input) = self.schema.get_input_object(of.ty) else { return CONDITION_COST };
        let is_of_group = is_group_filter(self.schema, of.ty);
        let mut total = 0_u64;
        for (name, value) in fields(value) {
            let Some(field) = input.fields.get(name) else { continue };
            let inner = field.ty.inner_named_type();
            let is_combinator = inner == of.ty && matches!(name, "and" | "or" | "not");
            let is_reference = if is_combinator { of.is_reference } else { is_group_filter(self.schema, inner) };
            let inside = FilterType { ty: inner, is_reference };
            let is_list = is_combinator && field.ty.is_list();
            let below = if is_list { self.list(inside, value) } else { self.one(inside, value) };
            // The main names and the others are looked up one after the other.
            let below = if name == ANY_NAME { below.saturating_mul(2) } else { below };
            let below = below.saturating_mul(self.dates(of.ty, value));
            // A period is looked up by both of its dates, by the first alone and by the second alone.
            let below = if name == DURING { below.saturating_mul(3) } else { below };
            if name == QUALITY_ISSUE {
                let scans = SCAN_COST.saturating_mul(SCANS_OF_ISSUE.into());
                total = total.saturating_add(scans.saturating_mul(self.issues(value))).saturating_add(below);
                continue;
            }
            // An index finds neither substrings nor records that do not match.
            let is_scan = matches!(
                name,
                "contains" | "words" | "not" | "every" | "none" | IS_DISPUTED | NEAR | AREA | ANNIVERSARY_WITHIN
            ) || name == "isNull" && matches!(of.ty.as_str(), "IdentifierFilter" | "CoordinatesFilter");
            let scan = if is_scan { SCAN_COST } else { 0 };
            let below = below.saturating_add(scan);
            let is_relation = if is_combinator || is_reference {
                // What it finds is looked up for each of the fields inside.
                false
            } else if is_of_group {
                of.is_reference
            } else {
                is_filter(self.schema, inner)
            };
            let cost =
                if is_relation { below.saturating_add(RELATION_COST).saturating_mul(RELATION_FACTOR) } else { below };
            total = total.saturating_add(cost);
        }
        total.max(CONDITION_COST)
    }
}

fn fields(value: InputValue<'_>) -> Vec<(&str, InputValue<'_>)> {
    match value {
        InputValue::Ast(Value::Object(fields)) => {
            fields.iter().map(|(name, value)| (name.as_str(), InputValue::Ast(value))).collect()
        }
        InputValue::Json(JsonValue::Object(fields)) => {
            fields.iter().map(|(name, value)| (name.as_str(), InputValue::Json(value))).collect()
        }
        _ => Vec::new(),
    }
}
