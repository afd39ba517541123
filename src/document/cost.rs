//! Query cost analysis: the estimated cost of an operation is known before it runs. It covers the objects that the
//! operation can return, the database statements that it needs, and the conditions of its filters.
//!
//! An object costs 1 point, however many of its fields are selected; a statement costs [`STATEMENT_COST`], however many rows
//! it returns. A field of an interface needs its statements once for each type that implements the interface, and a reference
//! that can lead to several types needs one for each of them. Filters are estimated by [`super::filter_cost`], orders by
//! [`super::order_cost`], groups by [`super::group_cost`]. Objects in a list cost as much as the list can be long: a page has
//! the length that its `first` or `last` asks for, a lookup by ids as many objects as ids, and any other list an assumed size.

mod analyzer;

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::Value,
    collections::HashMap,
    name,
    response::{JsonMap, JsonValue},
    schema::Implementers,
};

use self::analyzer::Analyzer;
use super::{
    filter_cost::{FilterEstimator, SCAN_COST},
    group_cost::GroupedItems,
    order_cost::Orders,
};
use crate::{
    query::page::MAX_SIZE,
    schema::{Catalog, cost::Size},
};

/// The cost of a database statement, in points.
pub const STATEMENT_COST: u64 = 10;
/// How many introspection objects cost 1 point: they are in memory already.
const INTROSPECTION_OBJECTS_PER_POINT: u64 = 10;
/// The page size that is assumed in a fragment, which may be spread inside and outside of connections.
const PAGE_SIZE_IN_FRAGMENTS: u64 = MAX_SIZE as u64;

/// What the cost of a document depends on.
#[derive(Clone, Copy)]
pub(super) struct CostContext<'a> {
    pub schema: &'a Schema,
    pub implementers: &'a HashMap<Name, Implementers>,
    pub catalog: &'static Catalog,
}

/// The estimated cost of an operation with its variables, in points. The actual cost can be higher where a list is longer than its
/// assumed size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EstimatedCost {
    /// The whole cost; at least 1.
    pub total: u64,
    /// The part for `__schema` and `__type`; 0 if the operation selects neither.
    pub introspection: u64,
    /// The part for filters, for orders, and for statements that read whole lists.
    pub filters: u64,
    /// How many statements it is estimated to need.
    pub statements: u64,
}

/// The cost of a document, except for what depends on the variables.
pub(super) struct DocumentCost {
    operations: Vec<OperationCost>,
    /// Each fragment follows the fragments that it spreads.
    fragments: Vec<SelectionSetCost>,
}

struct OperationCost {
    name: Option<String>,
    selection_set: SelectionSetCost,
    /// In points.
    introspection: u64,
}

/// The cost of a selection set, without the object that it is selected on.
#[derive(Default)]
struct SelectionSetCost {
    statements: u64,
    /// How many of the statements read a whole list.
    scans: u64,
    /// What is worked out in memory for each object, in objects.
    work: u64,
    filters: Vec<FilterArgument>,
    orders: Vec<Orders>,
    /// The aggregates of groups, which are multiplied by the work of the groups.
    aggregates: Vec<GroupedItems>,
    fields: Vec<ObjectFieldCost>,
    /// Indices of the fragments that are spread.
    fragments: Vec<usize>,
}

struct FilterArgument {
    ty: Name,
    value: Node<Value>,
    /// How many lists are filtered: those of each type of objects, and of each link by which records can be related.
    lists: u64,
}

impl FilterArgument {
    /// The filter by the period that an argument stands for.
    fn during(date: Node<Value>, lists: u64) -> Self {
        let overlaps = Node::new(Value::Object(vec![(name!("possiblyOverlaps"), date)]));
        // A period is looked up by both of its dates, and by each of them alone.
        Self { ty: name!("PeriodFilter"), value: overlaps, lists: lists.saturating_mul(3) }
    }
}

/// The cost of a field that returns objects.
struct ObjectFieldCost {
    /// What is read, if the field is a list of groups.
    groups: Option<Box<GroupedItems>>,
    length: Length,
    /// How many types of objects have the field, each with statements of its own.
    types: u64,
    selection_set: SelectionSetCost,
}

/// How many objects a selected field returns.
enum Length {
    Fixed(u64),
    /// The page size of the connection.
    Items,
    Page {
        first: SlicingArgument,
        last: SlicingArgument,
        default: u64,
        max: u64,
    },
    /// The length of a list without pages.
    First {
        first: SlicingArgument,
        default: u64,
        max: u64,
    },
    /// The length of the list in a variable.
    Variable(String),
}

/// The value of `first` or `last`.
enum SlicingArgument {
    Absent,
    Literal(u64),
    Variable(String),
}

impl DocumentCost {
    pub(super) fn analyze(document: &ExecutableDocument, context: CostContext) -> Self {
        let mut analyzer = Analyzer::new(document, context);
        let operations = document
            .operations
            .iter()
            .map(|operation| {
                let selection_set = analyzer.selection_set(&operation.selection_set);
                let introspection = analyzer.introspection(operation.root_fields(document));
                let no_variables = JsonMap::new();
                let estimator = Estimator::new(context.schema, &no_variables);
                let fragments = estimator.fragments(&analyzer.fragments);
                let objects = estimator.selection_set(&introspection, 1, &fragments).objects;
                OperationCost {
                    name: operation.name.as_ref().map(ToString::to_string),
                    selection_set,
                    introspection: objects.div_ceil(INTROSPECTION_OBJECTS_PER_POINT),
                }
            })
            .collect();
        Self { operations, fragments: analyzer.fragments }
    }

    /// Estimates the cost of an operation with these variables.
    pub(super) fn estimate(&self, schema: &Schema, name: Option<&str>, variables: &JsonMap) -> EstimatedCost {
        let Some(operation) = self.operations.iter().find(|operation| operation.name.as_deref() == name) else {
            return EstimatedCost { total: 1, ..EstimatedCost::default() };
        };
        let estimator = Estimator::new(schema, variables);
        let fragments = estimator.fragments(&self.fragments);
        let Totals { objects, statements, filters, .. } =
            estimator.selection_set(&operation.selection_set, 1, &fragments);
        let introspection = operation.introspection;
        let parts = [objects, statements.saturating_mul(STATEMENT_COST), introspection, filters];
        let total = parts.into_iter().fold(0, u64::saturating_add).max(1);
        EstimatedCost { total, introspection, filters, statements }
    }
}

/// Adds up costs, for the variables of one operation.
struct Estimator<'a> {
    variables: &'a JsonMap,
    filters: FilterEstimator<'a>,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    objects: u64,
    statements: u64,
    /// In points.
    filters: u64,
    /// The part for aggregates, of the groups that the selection set is of. In points.
    aggregates: u64,
}

impl<'a> Estimator<'a> {
    fn new(schema: &'a Schema, variables: &'a JsonMap) -> Self {
        Self { variables, filters: FilterEstimator::new(schema, variables) }
    }

    fn fragments(&self, fragments: &'a [SelectionSetCost]) -> Vec<Totals> {
        let mut totals = Vec::with_capacity(fragments.len());
        for fragment in fragments {
            let total = self.selection_set(fragment, PAGE_SIZE_IN_FRAGMENTS, &totals);
            totals.push(total);
        }
        totals
    }

    /// `page_size` is that of the connection that the selection set belongs to.
    fn selection_set(&self, set: &'a SelectionSetCost, page_size: u64, fragments: &[Totals]) -> Totals {
        let scans = set.scans.saturating_mul(SCAN_COST);
        let aggregates = set.aggregates.iter().map(|items| items.estimate(self.variables));
        let aggregates = aggregates.fold(0, u64::saturating_add);
        let mut totals = Totals { objects: set.work, statements: set.statements, filters: scans, aggregates };
        for FilterArgument { ty, value, lists } in &set.filters {
            let cost = self.filters.estimate(ty, value);
            totals.filters = totals.filters.saturating_add(cost.saturating_mul(*lists));
        }
        let orders = set.orders.iter().map(|orders| orders.estimate(self.variables));
        totals.filters = orders.fold(totals.filters, u64::saturating_add);
        for field in &set.fields {
            let (length, page_size) = self.length(&field.length, page_size);
            let below = self.selection_set(&field.selection_set, page_size, fragments);
            totals.objects = totals.objects.saturating_add(length.saturating_mul(below.objects.saturating_add(1)));
            totals.statements = totals.statements.saturating_add(below.statements.saturating_mul(field.types));
            totals.filters = totals.filters.saturating_add(below.filters.saturating_mul(field.types));
            if let Some(groups) = &field.groups {
                let aggregates = below.aggregates.saturating_mul(groups.work(self.variables));
                let items = groups.estimate(self.variables).saturating_add(aggregates);
                totals.filters = totals.filters.saturating_add(items);
            } else {
                totals.aggregates = totals.aggregates.saturating_add(below.aggregates);
            }
        }
        for fragment in &set.fragments {
            let below = fragments[*fragment];
            totals.objects = totals.objects.saturating_add(below.objects);
            totals.statements = totals.statements.saturating_add(below.statements);
            totals.filters = totals.filters.saturating_add(below.filters);
            totals.aggregates = totals.aggregates.saturating_add(below.aggregates);
        }
        totals
    }

    /// How many objects there are, and the page size that applies to their own items.
    fn length(&self, length: &Length, page_size: u64) -> (u64, u64) {
        let number = |argument: &SlicingArgument| match argument {
            SlicingArgument::Absent => None,
            SlicingArgument::Literal(n) => Some(*n),
            SlicingArgument::Variable(name) => self.variables.get(name.as_str()).and_then(JsonValue::as_u64),
        };
        match length {
            Length::Fixed(n) => (*n, 1),
            Length::Items => (page_size, 1),
            Length::Page { first, last, default, max } => {
                (1, number(first).or_else(|| number(last)).unwrap_or(*default).min(*max))
            }
            Length::First { first, default, max } => (number(first).unwrap_or(*default).min(*max), 1),
            Length::Variable(name) => {
                let list = self.variables.get(name.as_str()).and_then(JsonValue::as_array);
                (list.map_or(1, |list| list.len() as u64), 1)
            }
        }
    }
}

/// Checks that fields that lead to objects have a cost: without one, all that is selected below them is free. Only a single
/// object that has nothing but leaves may be.
pub(super) fn check_costs(schema: &Schema, catalog: &Catalog) {
    let fields = |ty: &str| schema.get_object(ty).map(|object| &object.fields);
    let is_leaf = |ty: &str| schema.types.get(ty).is_none_or(|ty| ty.is_scalar() || ty.is_enum());
    let has_only_leaves =
        |ty: &str| fields(ty).is_some_and(|all| all.values().all(|field| is_leaf(field.ty.inner_named_type())));
    for name in schema.types.keys().filter(|name| !name.starts_with("__")) {
        for (field, definition) in fields(name).into_iter().flatten() {
            let leads_to = definition.ty.inner_named_type();
            let may_be_free = is_leaf(leads_to) || !definition.ty.is_list() && has_only_leaves(leads_to);
            let has_cost = catalog.cost(name, field).size != Size::None;
            assert!(has_cost || may_be_free, "api::costs does not say what {name}.{field} costs");
        }
    }
    for (ty, field) in catalog.listed_costs() {
        let exists = fields(ty).is_some_and(|fields| fields.contains_key(field));
        assert!(exists, "api::costs says what {ty}.{field} costs, but there is no such field");
    }
}
