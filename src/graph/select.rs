//! What a client selected: an operation, its selection sets collected by type, and the arguments of its fields.
//!
//! Sections 6.3.2 and 6.4.1 of the specification (September 2025). The document is valid, and the variables are coerced.

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::{DirectiveList, Value as Literal},
    executable::{Field, Operation, Selection, SelectionSet},
    parser::SourceSpan,
    response::{JsonMap, JsonValue},
};
use async_graphql::{InputType, Name, Pos, Value};
use rustc_hash::FxHashSet;

use crate::{
    error::{Code, Error, Result},
    graph::{
        Budget, Columns, Graph, Kind, Loader, Record,
        object::Rides,
        wanted::{Place, Wanted},
    },
};

/// How many joins long a chain of records that ride on one another is at most.
const DEEPEST: usize = 3;
/// How many kinds of records that one field leads to ride along at most.
const WIDEST: usize = 4;

/// What the execution of a request has at hand.
#[derive(Clone, Copy)]
pub struct Exec<'a> {
    /// The document that the operation is a part of.
    pub document: &'a ExecutableDocument,
    /// What is to be run.
    pub operation: &'a Operation,
    /// The values of its variables, coerced to their types.
    pub variables: &'a JsonMap,
    /// The answers to `__schema` and `__type`, by response key.
    pub introspected: &'a JsonMap,
    /// The graph that is asked.
    pub graph: &'static Graph,
    /// What reads the database, as the viewer may see it.
    pub loader: &'a Loader,
    /// What the client may spend, if that is limited.
    pub budget: Option<Budget>,
}

/// A field that a client selected: all its occurrences with one response key.
pub(super) struct Selected<'a> {
    pub(super) key: &'a str,
    pub(super) occurrences: Vec<&'a Node<Field>>,
}

impl<'a> Selected<'a> {
    pub(super) fn name(&self) -> &'a str {
        self.occurrences[0].name.as_str()
    }

    pub(super) fn place(&self) -> Place {
        Place(std::ptr::from_ref::<Field>(self.occurrences[0]) as usize)
    }

    /// The selection sets of all occurrences.
    pub(super) fn sets(&self) -> impl Iterator<Item = &'a SelectionSet> + '_ {
        self.occurrences.iter().filter_map(|field| field.selection_set.as_ref())
    }
}

impl<'a> Exec<'a> {
    /// `CollectFields` for an object of type `ty`, over several selection sets as if they were one.
    pub(super) fn collect(&self, ty: &str, sets: impl Iterator<Item = &'a SelectionSet>) -> Vec<Selected<'a>> {
        let (mut selected, mut visited) = (Vec::new(), FxHashSet::default());
        for set in sets {
            self.collect_into(ty, set, &mut selected, &mut visited);
        }
        selected
    }

    fn collect_into(
        &self,
        ty: &str,
        set: &'a SelectionSet,
        selected: &mut Vec<Selected<'a>>,
        visited: &mut FxHashSet<&'a str>,
    ) {
        for selection in &set.selections {
            if !self.includes(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_name().as_str();
                    match selected.iter_mut().find(|s| s.key == key) {
                        Some(known) => known.occurrences.push(field),
                        None => selected.push(Selected { key, occurrences: vec![field] }),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|on| self.applies(on.as_str(), ty)) {
                        self.collect_into(ty, &fragment.selection_set, selected, visited);
                    }
                }
                // A fragment adds nothing when it is spread again; without this, a short document could ask for an
                // exponential number of visits.
                Selection::FragmentSpread(spread) if visited.insert(spread.fragment_name.as_str()) => {
                    // Validation has refused documents that spread an unknown fragment.
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && self.applies(fragment.selection_set.ty.as_str(), ty)
                    {
                        self.collect_into(ty, &fragment.selection_set, selected, visited);
                    }
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    /// What selection sets want of records: their columns, and what can ride along with them, `depth` joins deep already.
    pub(super) fn wanted<R: Record>(&self, sets: impl Iterator<Item = &'a SelectionSet>, depth: usize) -> Wanted {
        let object = self.graph.object::<R>();
        let mut wanted = Wanted::of(Columns::of::<R>(&[]));
        for selected in self.collect(&object.name, sets) {
            let Some(field) = object.fields.get(selected.name()) else { continue };
            wanted.columns = wanted.columns.and(field.columns.within::<R>());
            if let Some(rides) = field.rides.as_ref().filter(|_| depth < DEEPEST) {
                self.let_ride(&mut wanted, rides, &selected, depth);
            }
        }
        wanted
    }

    fn let_ride(&self, wanted: &mut Wanted, rides: &Rides, selected: &Selected<'a>, depth: usize) {
        let asked = |kind: &&dyn Kind| {
            // Of kinds of which nothing is asked, most rows will be of another kind.
            rides.on.kind.is_none()
                || self.collect(kind.name(), selected.sets()).iter().any(|s| s.name() != "__typename")
        };
        let kinds = rides.kinds.iter().filter_map(|kind| self.graph.kind(kind).ok()).filter(asked);
        let kinds: Vec<&'static dyn Kind> = kinds.collect();
        if kinds.len() <= WIDEST {
            for kind in kinds {
                let sets: Vec<_> = selected.sets().collect();
                wanted.ride(selected.place(), rides.on, kind, kind.wanted(self, &sets, depth + 1));
            }
        }
    }

    fn applies(&self, condition: &str, ty: &str) -> bool {
        self.graph.types.applies(condition, ty)
    }

    /// Whether `@skip` and `@include` let a selection stand.
    fn includes(&self, directives: &DirectiveList) -> bool {
        directives.iter().all(|directive| {
            let given = || match directive.specified_argument_by_name("if").map(|value| &**value) {
                Some(Literal::Boolean(given)) => *given,
                Some(Literal::Variable(name)) => {
                    matches!(self.variables.get(name.as_str()), Some(JsonValue::Bool(true)))
                }
                _ => false,
            };
            match directive.name.as_str() {
                "skip" => !given(),
                "include" => given(),
                _ => true,
            }
        })
    }

    /// Where in the document something stands.
    pub(super) fn position(&self, of: Option<SourceSpan>) -> Option<Pos> {
        let at = of?.line_column(&self.document.sources)?;
        Some(Pos { line: at.line, column: at.column })
    }

    /// A literal with its variables replaced; nothing, if it is a variable that was not given.
    fn value(&self, literal: &Literal) -> Option<Value> {
        Some(match literal {
            Literal::Null => Value::Null,
            Literal::Boolean(given) => Value::Boolean(*given),
            Literal::String(text) => Value::String(text.clone()),
            Literal::Enum(name) => Value::Enum(Name::new(name)),
            Literal::Int(number) => number.as_str().parse().map_or_else(
                |_| number.try_to_f64().map_or(Value::Null, Value::from),
                |whole: i64| Value::Number(whole.into()),
            ),
            Literal::Float(number) => number.try_to_f64().map_or(Value::Null, Value::from),
            Literal::Variable(name) => json(self.variables.get(name.as_str())?),
            Literal::List(items) => {
                Value::List(items.iter().map(|item| self.value(item).unwrap_or(Value::Null)).collect())
            }
            Literal::Object(fields) => Value::Object(
                fields.iter().filter_map(|(name, value)| Some((Name::new(name), self.value(value)?))).collect(),
            ),
        })
    }
}

/// A coerced value of a variable; enum values are texts there.
fn json(value: &JsonValue) -> Value {
    match value {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(given) => Value::Boolean(*given),
        JsonValue::Number(number) => Value::Number(number.clone()),
        JsonValue::String(text) => Value::String(text.as_str().to_owned()),
        JsonValue::Array(items) => Value::List(items.iter().map(json).collect()),
        JsonValue::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (Name::new(name.as_str()), json(value))).collect())
        }
    }
}

/// The call of a field, for all rows of a level.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub(super) exec: Exec<'a>,
    pub(super) selected: &'a Selected<'a>,
}

impl<'a> Call<'a> {
    /// What reads the database, as the viewer may see it.
    #[must_use]
    pub fn loader(&self) -> &'a Loader {
        self.exec.loader
    }

    /// The graph that is asked.
    #[must_use]
    pub fn graph(&self) -> &'static Graph {
        self.exec.graph
    }

    /// What the client may spend, if that is limited.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        self.exec.budget
    }

    /// An argument.
    pub fn arg<T: InputType>(&self, name: &str) -> Result<T> {
        let value = self.first().specified_argument_by_name(name).and_then(|value| self.exec.value(value));
        T::parse(value)
            .map_err(|error| Error::input(Code::InvalidArgument, error.into_server_error(Pos::default()).message))
    }

    /// All arguments that were given, variables replaced.
    #[must_use]
    pub fn args(&self) -> Vec<(&'a str, Value)> {
        let given = self.first().arguments.iter();
        given.filter_map(|arg| Some((arg.name.as_str(), self.exec.value(&arg.value)?))).collect()
    }

    /// Whether one of the fields named is selected on the object of type `ty` that the field leads to.
    #[must_use]
    pub fn selects(&self, ty: &str, names: &[&str]) -> bool {
        self.exec.collect(ty, self.selected.sets()).iter().any(|s| names.contains(&s.name()))
    }

    /// What the selection on the records of type `C`, to which the field leads, wants of them.
    #[must_use]
    pub fn wanted<C: Record>(&self) -> Wanted {
        self.exec.wanted::<C>(self.selected.sets(), 0)
    }

    /// The same, where the field leads to a connection of such records.
    pub(super) fn wanted_of_connection<C: Record>(&self, connection: &str, edge: &str) -> Wanted {
        let mut wanted = Wanted::of(Columns::of::<C>(&[]));
        for part in self.exec.collect(connection, self.selected.sets()) {
            match part.name() {
                "nodes" => wanted = wanted.and(self.exec.wanted::<C>(part.sets(), 0)),
                "edges" => {
                    for node in self.exec.collect(edge, part.sets()).iter().filter(|s| s.name() == "node") {
                        wanted = wanted.and(self.exec.wanted::<C>(node.sets(), 0));
                    }
                }
                _ => {}
            }
        }
        wanted
    }

    /// The field of the document.
    pub(super) fn place(&self) -> Place {
        self.selected.place()
    }

    fn first(&self) -> &'a Field {
        self.selected.occurrences[0]
    }
}
