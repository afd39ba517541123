//! What an operation costs, known before it runs: the objects that it can give, the statements that it needs, and the
//! conditions of its filters.
//!
//! An object counts 1, however many fields are selected on it; a statement counts [`STATEMENT`], whatever the number of
//! its rows; below an interface there is one for each type that an object can have. Filters have their own prices (see
//! [`super::condition`]). Objects in a list count as often as the list can be long: a page by its `first` or `last`, a list of ids by
//! their number, any other list by an assumed length.

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::Value,
    collections::HashMap,
    executable::{Field, Selection, SelectionSet},
    response::{JsonMap, JsonValue},
    schema::Implementers,
};
use rustc_hash::FxHashMap;

use super::condition::{Conditions, is_filter};

/// What a statement costs, in objects.
pub const STATEMENT: u64 = 10;
/// How many objects of introspection cost as much as one of the data: they are in memory already.
const INTROSPECTED: u64 = 10;

/// What a field weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// How many statements it needs, for all rows of a level together.
    pub statements: u32,
    /// How many objects it leads to.
    pub size: Size,
}

/// How many objects a field leads to, for one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// None: a plain value.
    None,
    /// One.
    One,
    /// A list, assumed to be this long.
    Assumed(u32),
    /// A connection, whose `first` and `last` say how long its `edges` and `nodes` are.
    Connection {
        /// Without either.
        default: u32,
        /// At most.
        most: u32,
    },
    /// The items of the connection that it is a field of.
    Items,
    /// As many as the list in the argument of this name has items.
    Argument(&'static str),
}

/// Says what fields weigh.
pub trait Weigh: Send + Sync {
    /// The weight of a field of an object or interface type.
    fn weight(&self, ty: &str, field: &str) -> Weight;
}

/// What prices hang on.
#[derive(Clone, Copy)]
pub(super) struct Rates<'a> {
    pub schema: &'a Schema,
    pub implementers: &'a HashMap<Name, Implementers>,
    pub weigh: &'a dyn Weigh,
}

/// The price of an operation with its variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// What it costs at most; at least 1.
    pub most: u64,
    /// What of this is for `__schema` and `__type`; 0, if it asks for neither.
    pub introspection: u64,
    /// What of this is for filters.
    pub filters: u64,
}

/// The prices of the operations of a document.
pub(super) struct Prices {
    operations: Vec<Operation>,
    /// Fragments, each behind those that it spreads.
    fragments: Vec<Part>,
}

struct Operation {
    name: Option<String>,
    part: Part,
    /// For what lies below `__schema` and `__type`.
    introspection: u64,
}

/// What a selection set costs beside its own object.
#[derive(Default)]
struct Part {
    statements: u64,
    /// The filters of its fields: their types and values, and for how many types of objects they are asked.
    filters: Vec<(Name, Node<Value>, u64)>,
    fields: Vec<Branch>,
    fragments: Vec<usize>,
}

/// What something costs, in what it is counted in.
#[derive(Clone, Copy, Default)]
struct Sum {
    objects: u64,
    statements: u64,
    /// In points.
    filters: u64,
}

/// A field that leads to objects.
struct Branch {
    count: Count,
    /// How many types of objects have it, each with statements of its own.
    types: u64,
    part: Part,
}

enum Count {
    Fixed(u64),
    Items,
    Page { first: Asked, last: Asked, default: u64, most: u64 },
    Variable(String),
}

/// A number that an argument asks for.
enum Asked {
    Not,
    Number(u64),
    Variable(String),
}

impl Prices {
    pub(super) fn of(document: &ExecutableDocument, rates: Rates) -> Self {
        let mut reader = Reader { document, rates, places: FxHashMap::default(), fragments: Vec::new() };
        let operations = document
            .operations
            .iter()
            .map(|operation| {
                let part = reader.part(&operation.selection_set);
                let introspection = reader.introspection(operation.root_fields(document));
                let none = JsonMap::new();
                let pricing = Pricing::new(rates.schema, &none);
                let objects = pricing.sum(&introspection, 1, &pricing.fragments(&reader.fragments)).objects;
                Operation {
                    name: operation.name.as_ref().map(ToString::to_string),
                    part,
                    introspection: objects.div_ceil(INTROSPECTED),
                }
            })
            .collect();
        Self { operations, fragments: reader.fragments }
    }

    /// What an operation costs with these variables.
    pub(super) fn of_operation(&self, schema: &Schema, name: Option<&str>, variables: &JsonMap) -> Price {
        let Some(operation) = self.operations.iter().find(|operation| operation.name.as_deref() == name) else {
            return Price { most: 1, ..Price::default() };
        };
        let pricing = Pricing::new(schema, variables);
        let Sum { objects, statements, filters } = pricing.sum(&operation.part, 1, &pricing.fragments(&self.fragments));
        let introspection = operation.introspection;
        let parts = [objects, statements.saturating_mul(STATEMENT), introspection, filters];
        Price { most: parts.into_iter().fold(0, u64::saturating_add).max(1), introspection, filters }
    }
}

/// The variables that decide about a price.
struct Pricing<'a> {
    variables: &'a JsonMap,
    conditions: Conditions<'a>,
}

impl<'a> Pricing<'a> {
    fn new(schema: &'a Schema, variables: &'a JsonMap) -> Self {
        Self { variables, conditions: Conditions::new(schema, variables) }
    }

    /// What fragments cost.
    fn fragments(&self, parts: &'a [Part]) -> Vec<Sum> {
        let mut known = Vec::with_capacity(parts.len());
        for part in parts {
            // A fragment may be spread in and outside of connections; its items are then as many as a page can have.
            let sum = self.sum(part, 100, &known);
            known.push(sum);
        }
        known
    }

    /// What a part costs. `items` is the page size of the connection that the selection set belongs to.
    fn sum(&self, part: &'a Part, items: u64, fragments: &[Sum]) -> Sum {
        let mut sum = Sum { statements: part.statements, ..Sum::default() };
        for (ty, value, types) in &part.filters {
            let price = self.conditions.price(ty, value);
            sum.filters = sum.filters.saturating_add(price.saturating_mul(*types));
        }
        for branch in &part.fields {
            let (count, inside) = self.count(&branch.count, items);
            let below = self.sum(&branch.part, inside, fragments);
            sum.objects = sum.objects.saturating_add(count.saturating_mul(below.objects.saturating_add(1)));
            sum.statements = sum.statements.saturating_add(below.statements.saturating_mul(branch.types));
            sum.filters = sum.filters.saturating_add(below.filters.saturating_mul(branch.types));
        }
        for fragment in &part.fragments {
            let below = fragments[*fragment];
            sum.objects = sum.objects.saturating_add(below.objects);
            sum.statements = sum.statements.saturating_add(below.statements);
            sum.filters = sum.filters.saturating_add(below.filters);
        }
        sum
    }

    /// How many objects there are, and how long the items of each can be.
    fn count(&self, count: &Count, items: u64) -> (u64, u64) {
        let number = |asked: &Asked| match asked {
            Asked::Not => None,
            Asked::Number(n) => Some(*n),
            Asked::Variable(name) => self.variables.get(name.as_str()).and_then(JsonValue::as_u64),
        };
        match count {
            Count::Fixed(n) => (*n, 1),
            Count::Items => (items, 1),
            Count::Page { first, last, default, most } => {
                (1, number(first).or_else(|| number(last)).unwrap_or(*default).min(*most))
            }
            Count::Variable(name) => {
                let list = self.variables.get(name.as_str()).and_then(JsonValue::as_array);
                (list.map_or(1, |list| list.len() as u64), 1)
            }
        }
    }
}

struct Reader<'a> {
    document: &'a ExecutableDocument,
    rates: Rates<'a>,
    places: FxHashMap<&'a str, usize>,
    fragments: Vec<Part>,
}

impl<'a> Reader<'a> {
    fn part(&mut self, set: &'a SelectionSet) -> Part {
        let mut part = Part::default();
        self.add(set, &mut part);
        part
    }

    fn add(&mut self, set: &'a SelectionSet, part: &mut Part) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => self.field(&set.ty, field, part),
                Selection::InlineFragment(fragment) => self.add(&fragment.selection_set, part),
                Selection::FragmentSpread(spread) => {
                    let name = spread.fragment_name.as_str();
                    if let Some(place) = self.places.get(name) {
                        part.fragments.push(*place);
                        continue;
                    }
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    // Those that it spreads come first; validation has refused circles.
                    let inner = self.part(&fragment.selection_set);
                    let place = self.fragments.len();
                    self.fragments.push(inner);
                    self.places.insert(name, place);
                    part.fragments.push(place);
                }
            }
        }
    }

    fn introspection(&mut self, roots: impl Iterator<Item = &'a apollo_compiler::Node<Field>>) -> Part {
        let roots = roots.filter(|field| matches!(field.name.as_str(), "__schema" | "__type"));
        let sets = roots.filter_map(|field| field.selection_set.as_ref());
        let fields = sets.map(|set| Branch { count: Count::Fixed(1), types: 1, part: self.part(set) }).collect();
        Part { fields, ..Part::default() }
    }

    fn field(&mut self, ty: &Name, field: &'a Field, part: &mut Part) {
        // `__typename` is free, and introspection is priced by itself.
        if field.name.starts_with("__") {
            return;
        }
        let weight = if ty.starts_with("__") {
            introspected(field.name.as_str(), field.selection_set.is_some())
        } else {
            self.rates.weigh.weight(ty, field.name.as_str())
        };
        let types = self.rates.implementers.get(ty).map_or(1, |those| those.objects.len() as u64);
        part.statements += u64::from(weight.statements) * types;
        for argument in &field.arguments {
            let declared = field.definition.argument_by_name(&argument.name);
            if let Some(ty) = declared.map(|declared| declared.ty.inner_named_type())
                && is_filter(self.rates.schema, ty)
            {
                part.filters.push((ty.clone(), argument.value.clone(), types));
            }
        }
        let count = match weight.size {
            Size::None => return,
            Size::One => Count::Fixed(1),
            Size::Assumed(n) => Count::Fixed(u64::from(n)),
            Size::Items => Count::Items,
            Size::Connection { default, most } => Count::Page {
                first: asked(field, "first"),
                last: asked(field, "last"),
                default: u64::from(default),
                most: u64::from(most),
            },
            Size::Argument(name) => match field.specified_argument_by_name(name).map(|value| &**value) {
                Some(Value::List(items)) => Count::Fixed(items.len() as u64),
                Some(Value::Variable(name)) => Count::Variable(name.to_string()),
                _ => Count::Fixed(1),
            },
        };
        let inner = field.selection_set.as_ref().map(|set| self.part(set)).unwrap_or_default();
        part.fields.push(Branch { count, types, part: inner });
    }
}

/// What a field of the types of introspection weighs: the lengths are those of a schema of some hundred types.
fn introspected(name: &str, is_object: bool) -> Weight {
    let size = match name {
        _ if !is_object => Size::None,
        "types" => Size::Assumed(250),
        "fields" | "inputFields" => Size::Assumed(8),
        "directives" | "enumValues" | "possibleTypes" => Size::Assumed(5),
        "args" | "interfaces" => Size::Assumed(2),
        _ => Size::One,
    };
    Weight { statements: 0, size }
}

fn asked(field: &Field, argument: &str) -> Asked {
    match field.specified_argument_by_name(argument).map(|value| &**value) {
        Some(Value::Int(n)) => n.as_str().parse().map_or(Asked::Not, Asked::Number),
        Some(Value::Variable(name)) => Asked::Variable(name.to_string()),
        _ => Asked::Not,
    }
}
