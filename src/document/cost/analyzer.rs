//! Finds what the selection sets of a document cost, except for what depends on the variables.

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::Value,
    executable::{Field, Selection, SelectionSet},
    name,
};
use rustc_hash::FxHashMap;

use super::{CostContext, FilterArgument, Length, ObjectFieldCost, SelectionSetCost, SlicingArgument};
use crate::{
    document::{
        filter_cost::is_filter,
        group_cost::{BY, GroupedItems, OF},
        order_cost::{ORDER_BY, Orders, THEN_BY},
    },
    query::{
        collation::COLLATION,
        filter::NEAR,
        page::{AS_OF, DATE},
    },
    schema::{
        COUNTED,
        cost::{FieldCost, Size},
    },
};

/// Finds the costs of the selection sets of a document.
pub(super) struct Analyzer<'a> {
    document: &'a ExecutableDocument,
    context: CostContext<'a>,
    fragment_indices: FxHashMap<&'a str, usize>,
    /// Each follows those that it spreads.
    pub(super) fragments: Vec<SelectionSetCost>,
}

impl<'a> Analyzer<'a> {
    pub(super) fn new(document: &'a ExecutableDocument, context: CostContext<'a>) -> Self {
        Self { document, context, fragment_indices: FxHashMap::default(), fragments: Vec::new() }
    }

    pub(super) fn selection_set(&mut self, set: &'a SelectionSet) -> SelectionSetCost {
        let mut cost = SelectionSetCost::default();
        self.add_selections(set, &mut cost);
        cost
    }

    fn add_selections(&mut self, set: &'a SelectionSet, cost: &mut SelectionSetCost) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => self.add_field(&set.ty, field, cost),
                Selection::InlineFragment(fragment) => self.add_selections(&fragment.selection_set, cost),
                Selection::FragmentSpread(spread) => {
                    let name = spread.fragment_name.as_str();
                    if let Some(index) = self.fragment_indices.get(name) {
                        cost.fragments.push(*index);
                        continue;
                    }
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    // Adds the fragments that it spreads first; validation has rejected cycles.
                    let inner = self.selection_set(&fragment.selection_set);
                    let index = self.fragments.len();
                    self.fragments.push(inner);
                    self.fragment_indices.insert(name, index);
                    cost.fragments.push(index);
                }
            }
        }
    }

    pub(super) fn introspection(&mut self, root_fields: impl Iterator<Item = &'a Node<Field>>) -> SelectionSetCost {
        let introspection = root_fields.filter(|field| matches!(field.name.as_str(), "__schema" | "__type"));
        let sets = introspection.filter_map(|field| field.selection_set.as_ref());
        let one = |set| ObjectFieldCost {
            groups: None,
            length: Length::Fixed(1),
            types: 1,
            selection_set: self.selection_set(set),
        };
        SelectionSetCost { fields: sets.map(one).collect(), ..SelectionSetCost::default() }
    }

    fn add_field(&mut self, ty: &Name, field: &'a Field, cost: &mut SelectionSetCost) {
        // `__typename` is free; `__schema` and `__type` are estimated on their own.
        if field.name.starts_with("__") {
            return;
        }
        let field_cost = if ty.starts_with("__") {
            introspection_field_cost(field.name.as_str(), field.selection_set.is_some())
        } else {
            self.context.catalog.cost(ty, field.name.as_str())
        };
        let types = self.context.implementers.get(ty).map_or(1, |those| those.objects.len() as u64);
        cost.statements += u64::from(field_cost.statements) * types;
        let scans = u64::from(field_cost.scans) * types;
        let is_groups = field.definition.argument_by_name(BY).is_some() && field_cost.scans > 0;
        if field_cost.is_aggregate {
            cost.aggregates.push(self.grouped_items(field, scans));
        } else if !is_groups {
            cost.scans += scans;
        }
        cost.work += u64::from(field_cost.work) * types;
        let lists = types.saturating_mul(field_cost.ways.into());
        self.add_orders(field, lists, cost);
        for argument in &field.arguments {
            let declared = field.definition.argument_by_name(&argument.name);
            if let Some(ty) = declared.map(|declared| declared.ty.inner_named_type())
                && is_filter(self.context.schema, ty)
            {
                cost.filters.push(FilterArgument { ty: ty.clone(), value: argument.value.clone(), lists });
            }
            if argument.name == DATE {
                // Each part of a timeline is filtered on its own.
                let (ty, value) = (name!("DateFilter"), argument.value.clone());
                let lists = lists.saturating_mul(field_cost.statements.into());
                cost.filters.push(FilterArgument { ty, value, lists });
            }
            if argument.name == NEAR {
                // All distances are compared.
                cost.scans = cost.scans.saturating_add(lists);
            }
            if argument.name == AS_OF {
                cost.filters.push(FilterArgument::during(argument.value.clone(), lists));
            }
        }
        let length = match field_cost.size {
            Size::None => return,
            Size::One => Length::Fixed(1),
            Size::Assumed(n) => Length::Fixed(u64::from(n)),
            Size::First { default, most: max } => {
                let first = slicing_argument(field, "first");
                Length::First { first, default: u64::from(default), max: u64::from(max) }
            }
            Size::Items => Length::Items,
            Size::Connection { default, most: max } => Length::Page {
                first: slicing_argument(field, "first"),
                last: slicing_argument(field, "last"),
                default: u64::from(default),
                max: u64::from(max),
            },
            Size::Argument(name) => match field.specified_argument_by_name(name).map(|value| &**value) {
                Some(Value::List(items)) => Length::Fixed(items.len() as u64),
                Some(Value::Variable(name)) => Length::Variable(name.to_string()),
                _ => Length::Fixed(1),
            },
        };
        let selection_set = field.selection_set.as_ref().map(|set| self.selection_set(set)).unwrap_or_default();
        let groups = is_groups.then(|| Box::new(self.grouped_items(field, scans)));
        cost.fields.push(ObjectFieldCost { groups, length, types, selection_set });
    }

    /// Adds what the orders of a list cost, if the field is one.
    fn add_orders(&self, field: &Field, lists: u64, cost: &mut SelectionSetCost) {
        let order = field.definition.argument_by_name(ORDER_BY);
        let of = order.and_then(|order| order.ty.inner_named_type().strip_suffix("Order"));
        let records = of.map(|of| self.context.catalog.targets(of)).unwrap_or_default();
        let Some(record) = records.first() else { return };
        let given = |name: &str| field.specified_argument_by_name(name).cloned();
        cost.orders.push(Orders {
            record,
            first: given(ORDER_BY),
            further: given(THEN_BY),
            collation: given(COLLATION),
            lists: lists.saturating_mul(records.len() as u64),
        });
    }

    /// What a field reads that is a list of groups, or an aggregate of groups. `scans` is how many whole lists it reads.
    fn grouped_items(&self, field: &Field, scans: u64) -> GroupedItems {
        let declared = [BY, OF].into_iter().find_map(|name| field.definition.argument_by_name(name));
        // An aggregate can name a number, or nothing.
        let list = declared.and_then(|declared| declared.ty.inner_named_type().strip_suffix("GroupKey"));
        let named = [BY, OF, COUNTED].into_iter().filter_map(|name| field.specified_argument_by_name(name));
        GroupedItems {
            keys: list.map(|list| self.context.catalog.group_keys(list)).unwrap_or_default(),
            named: named.cloned().collect(),
            scans,
        }
    }
}

/// The cost of a field of an introspection type. The assumed sizes are those of a schema with a few hundred types.
fn introspection_field_cost(name: &str, is_object: bool) -> FieldCost {
    let size = match name {
        _ if !is_object => Size::None,
        "types" => Size::Assumed(250),
        "fields" | "inputFields" => Size::Assumed(8),
        "directives" | "enumValues" | "possibleTypes" => Size::Assumed(5),
        "args" | "interfaces" => Size::Assumed(2),
        _ => Size::One,
    };
    FieldCost { size, ..FieldCost::LEAF }
}

fn slicing_argument(field: &Field, name: &str) -> SlicingArgument {
    match field.specified_argument_by_name(name).map(|value| &**value) {
        Some(Value::Int(n)) => n.as_str().parse().map_or(SlicingArgument::Absent, SlicingArgument::Literal),
        Some(Value::Variable(name)) => SlicingArgument::Variable(name.to_string()),
        _ => SlicingArgument::Absent,
    }
}
