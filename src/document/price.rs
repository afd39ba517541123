//! What an operation costs, known before it runs: the objects that it can give, and the statements that it needs.
//!
//! An object counts 1, however many fields are selected on it; a statement counts [`STATEMENT`], whatever the number of
//! its rows. Objects in a list count as often as the list can be long: a page by its `first` or `last`, a list of ids by
//! their number, any other list by an assumed length.

use apollo_compiler::{
    ExecutableDocument,
    ast::Value,
    executable::{Field, Selection, SelectionSet},
    response::{JsonMap, JsonValue},
};
use rustc_hash::FxHashMap;

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

/// The prices of the operations of a document.
pub(super) struct Prices {
    operations: Vec<Operation>,
    /// Fragments, each behind those that it spreads.
    fragments: Vec<Part>,
}

struct Operation {
    name: Option<String>,
    part: Part,
    /// What lies below `__schema` and `__type`.
    introspection: Part,
}

/// What a selection set costs beside its own object.
#[derive(Default)]
struct Part {
    statements: u64,
    fields: Vec<Branch>,
    fragments: Vec<usize>,
}

/// A field that leads to objects.
struct Branch {
    count: Count,
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
    pub(super) fn of(document: &ExecutableDocument, weigh: &dyn Weigh) -> Self {
        let mut reader = Reader { document, weigh, places: FxHashMap::default(), fragments: Vec::new() };
        let operations = document
            .operations
            .iter()
            .map(|operation| Operation {
                name: operation.name.as_ref().map(ToString::to_string),
                part: reader.part(&operation.selection_set),
                introspection: reader.introspection(operation.root_fields(document)),
            })
            .collect();
        Self { operations, fragments: reader.fragments }
    }

    fn operation(&self, name: Option<&str>) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.name.as_deref() == name)
    }

    /// What of an operation's cost is for `__schema` and `__type`; 0, if it asks for neither.
    pub(super) fn of_introspection(&self, name: Option<&str>) -> u64 {
        let Some(operation) = self.operation(name) else { return 0 };
        let (objects, _) = price(&operation.introspection, &JsonMap::new(), 1, &self.fragments(&JsonMap::new()));
        objects.div_ceil(INTROSPECTED)
    }

    /// What an operation costs with these variables, at most; at least 1.
    pub(super) fn of_operation(&self, name: Option<&str>, variables: &JsonMap) -> u64 {
        let Some(operation) = self.operation(name) else { return 1 };
        let (objects, statements) = price(&operation.part, variables, 1, &self.fragments(variables));
        let introspection = self.of_introspection(name);
        objects.saturating_add(statements.saturating_mul(STATEMENT)).saturating_add(introspection).max(1)
    }

    /// What the fragments cost: objects and statements of each.
    fn fragments(&self, variables: &JsonMap) -> Vec<(u64, u64)> {
        let mut known = Vec::with_capacity(self.fragments.len());
        for fragment in &self.fragments {
            // A fragment may be spread in and outside of connections; its items are then as many as a page can have.
            let price = price(fragment, variables, 100, &known);
            known.push(price);
        }
        known
    }
}

/// Objects and statements. `items` is the page size of the connection that the selection set belongs to.
fn price(part: &Part, variables: &JsonMap, items: u64, fragments: &[(u64, u64)]) -> (u64, u64) {
    let (mut objects, mut statements) = (0_u64, part.statements);
    for branch in &part.fields {
        let number = |asked: &Asked| match asked {
            Asked::Not => None,
            Asked::Number(n) => Some(*n),
            Asked::Variable(name) => variables.get(name.as_str()).and_then(JsonValue::as_u64),
        };
        let (count, inside) = match &branch.count {
            Count::Fixed(n) => (*n, 1),
            Count::Items => (items, 1),
            Count::Page { first, last, default, most } => {
                (1, number(first).or_else(|| number(last)).unwrap_or(*default).min(*most))
            }
            Count::Variable(name) => {
                let list = variables.get(name.as_str()).and_then(JsonValue::as_array);
                (list.map_or(1, |list| list.len() as u64), 1)
            }
        };
        let (below, more) = price(&branch.part, variables, inside, fragments);
        objects = objects.saturating_add(count.saturating_mul(below.saturating_add(1)));
        statements = statements.saturating_add(more);
    }
    for fragment in &part.fragments {
        let (below, more) = fragments[*fragment];
        objects = objects.saturating_add(below);
        statements = statements.saturating_add(more);
    }
    (objects, statements)
}

struct Reader<'a> {
    document: &'a ExecutableDocument,
    weigh: &'a dyn Weigh,
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
                Selection::Field(field) => self.field(set.ty.as_str(), field, part),
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
        let fields = sets.map(|set| Branch { count: Count::Fixed(1), part: self.part(set) }).collect();
        Part { fields, ..Part::default() }
    }

    fn field(&mut self, ty: &str, field: &'a Field, part: &mut Part) {
        // `__typename` is free, and introspection is priced by itself.
        if field.name.starts_with("__") {
            return;
        }
        let weight = if ty.starts_with("__") {
            introspected(field.name.as_str(), field.selection_set.is_some())
        } else {
            self.weigh.weight(ty, field.name.as_str())
        };
        part.statements += u64::from(weight.statements);
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
        part.fields.push(Branch { count, part: inner });
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
