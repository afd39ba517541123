//! Plans: what an operation selects, collected by type, with everything that does not depend on the values of variables.
//!
//! `CollectFields` of sections 6.3.2 and 6.4.1 of the specification (September 2025) runs once for each scope of a document,
//! not once for each request: a plan is kept with its document. `@skip` and `@include` are decided before: an operation has
//! a plan for each assignment of the Boolean variables that they name. A scope is planned when it is first executed, so what
//! no answer reaches is never planned, however large it would be.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use apollo_compiler::{
    ExecutableDocument, Node, Schema,
    ast::{DirectiveList, Value as Literal},
    executable::{Field, Operation, Selection, SelectionSet},
    response::{JsonMap, JsonValue},
    validation::Valid,
};
use async_graphql::{Name, Pos, Value};
use rustc_hash::FxHashSet;

use super::{
    catalog::Catalog,
    object::{AnyObject, FieldInfo},
};
use crate::{
    model::RecordType,
    query::{
        keys::Shape,
        projection::{Projection, ProjectionBuilder},
    },
};

/// What a field takes beside its own parts, for the allocator and the lists of what is planned below it.
const FIELD_BYTES: usize = 96;
/// What a projection takes, about.
const PROJECTION_BYTES: usize = 512;
/// The largest number of joins in a chain of records that are joined to one another.
const MAX_JOIN_DEPTH: usize = 3;
/// The largest number of record types of one reference that are joined.
const MAX_JOIN_TYPES: usize = 4;

/// How many bytes the plans of a document may keep. A scope that does not fit is planned again whenever it is executed.
pub struct PlanBudget {
    used: AtomicUsize,
    limit: usize,
}

impl PlanBudget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { used: AtomicUsize::new(0), limit }
    }

    /// Reserves bytes, if so many are left.
    pub fn try_reserve(&self, bytes: usize) -> bool {
        let reserve = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.limit);
        self.used.try_update(Ordering::Relaxed, Ordering::Relaxed, reserve).is_ok()
    }
}

/// What an operation selects.
pub struct Plan {
    catalog: &'static Catalog,
    schema: Arc<Valid<Schema>>,
    document: Arc<Valid<ExecutableDocument>>,
    /// The Boolean variables that `@skip` and `@include` name, and their values.
    conditions: Vec<(String, bool)>,
    budget: Arc<PlanBudget>,
    root: Arc<Scope>,
}

/// An execution scope: a concrete type, and the fields that are selected on it.
pub struct Scope {
    pub(super) object: Option<&'static dyn AnyObject>,
    pub(super) fields: Vec<PlannedField>,
}

/// A field that is selected: all its occurrences with one response key.
pub struct PlannedField {
    pub(super) key: String,
    /// The response key as JSON, and a colon.
    pub(super) json_key: Box<[u8]>,
    /// The index of the field in its object type; `None` for `__typename`, and for types of the library.
    pub(super) index: Option<usize>,
    pub(super) position: Option<Pos>,
    occurrences: Vec<Node<Field>>,
    /// The scopes that were executed, by their types.
    scopes: Mutex<Vec<(String, Arc<Scope>)>>,
    /// What is read of the records that the field leads to, by their tables.
    projections: Mutex<Vec<(&'static str, Shape<Arc<Projection>>)>>,
}

impl Scope {
    /// About how many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of_field = |field: &PlannedField| {
            size_of::<PlannedField>()
                + 2 * field.key.len()
                + field.occurrences.len() * size_of::<Node<Field>>()
                + FIELD_BYTES
        };
        size_of::<Self>() + self.fields.iter().map(of_field).sum::<usize>()
    }

    /// The fields: their response keys, and all their occurrences.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[Node<Field>])> {
        self.fields.iter().map(|field| (field.key.as_str(), field.occurrences.as_slice()))
    }
}

impl PlannedField {
    /// The name of the field.
    #[must_use]
    pub fn name(&self) -> &str {
        self.occurrences[0].name.as_str()
    }

    fn sets(&self) -> impl Iterator<Item = &SelectionSet> {
        self.occurrences.iter().filter_map(|field| field.selection_set.as_ref())
    }

    /// The arguments that are given, with the values of variables.
    pub fn arguments<'a>(&'a self, variables: &'a JsonMap) -> impl Iterator<Item = (&'a str, Value)> {
        let given = self.occurrences[0].arguments.iter();
        given.filter_map(|argument| Some((argument.name.as_str(), value(&argument.value, variables)?)))
    }

    /// The value of an argument.
    #[must_use]
    pub fn argument(&self, name: &str, variables: &JsonMap) -> Option<Value> {
        let argument = self.occurrences[0].specified_argument_by_name(name)?;
        value(argument, variables)
    }
}

impl Plan {
    /// The plan of an operation, for an assignment of the variables that [`conditions`] names.
    #[must_use]
    pub fn new(
        catalog: &'static Catalog,
        schema: Arc<Valid<Schema>>,
        document: Arc<Valid<ExecutableDocument>>,
        operation: &Operation,
        conditions: Vec<(String, bool)>,
        budget: Arc<PlanBudget>,
    ) -> Self {
        let root = Arc::new(Scope { object: None, fields: Vec::new() });
        let mut plan = Self { catalog, schema, document, conditions, budget, root };
        let root = operation.selection_set.ty.as_str();
        plan.root = Arc::new(plan.plan_scope(root, std::iter::once(&operation.selection_set)));
        plan
    }

    /// The fields at the root.
    #[must_use]
    pub fn root(&self) -> &Arc<Scope> {
        &self.root
    }

    /// The field that the response keys of a path lead to, through types of the library.
    #[must_use]
    pub fn field_at<'p>(&self, path: impl Iterator<Item = &'p str>) -> Option<(Arc<Scope>, usize)> {
        let mut scope = self.root.clone();
        let mut found = None;
        for key in path {
            if let Some(index) = found {
                let field: &PlannedField = &scope.fields[index];
                let ty = field.occurrences[0].definition.ty.inner_named_type();
                scope = self.scope(field, ty);
            }
            found = Some(scope.fields.iter().position(|field| field.key == key)?);
        }
        found.map(|index| (scope, index))
    }

    /// The scope of the objects of a concrete type that a field leads to.
    #[must_use]
    pub fn scope(&self, field: &PlannedField, ty: &str) -> Arc<Scope> {
        let mut scopes = field.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = scopes.iter().find(|(known, _)| known == ty) {
            return known.clone();
        }
        let scope = Arc::new(self.plan_scope(ty, field.sets()));
        if self.budget.try_reserve(scope.bytes()) {
            scopes.push((ty.to_owned(), scope.clone()));
        }
        scope
    }

    /// What is read of the records of a type that a field leads to, directly or as the items of a connection.
    #[must_use]
    pub fn projection(&self, field: &PlannedField, record: &'static RecordType) -> Shape<Arc<Projection>> {
        let mut projections = field.projections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = projections.iter().find(|(table, _)| *table == record.table) {
            return known.clone();
        }
        let projection = Shape::new(self.read_by(field, record, 0).build());
        if self.budget.try_reserve(PROJECTION_BYTES) {
            projections.push((record.table, projection.clone()));
        }
        projection
    }

    /// Whether a field selects one of `names` on a type that it leads to.
    #[must_use]
    pub fn selects(&self, field: &PlannedField, ty: &str, names: &[&str]) -> bool {
        self.scope(field, ty).fields.iter().any(|field| names.contains(&field.name()))
    }

    fn plan_scope<'s>(&self, ty: &str, sets: impl Iterator<Item = &'s SelectionSet>) -> Scope {
        let object = self.catalog.object(ty);
        let mut collected = Collected { fields: Vec::new(), fragments: FxHashSet::default() };
        for set in sets {
            self.collect(ty, set, &mut collected);
        }
        let fields = collected.fields.into_iter().map(|(key, occurrences)| {
            let first = &occurrences[0];
            PlannedField {
                key: key.to_owned(),
                json_key: format!("\"{key}\":").into_bytes().into(),
                index: object.and_then(|object| object.field(first.name.as_str())).map(|(index, _)| index),
                position: first
                    .location()
                    .and_then(|at| at.line_column(&self.document.sources))
                    .map(|at| Pos { line: at.line, column: at.column }),
                occurrences: occurrences.into_iter().cloned().collect(),
                scopes: Mutex::default(),
                projections: Mutex::default(),
            }
        });
        Scope { object, fields: fields.collect() }
    }

    fn collect<'s>(&'s self, ty: &str, set: &'s SelectionSet, into: &mut Collected<'s>) {
        for selection in &set.selections {
            if !self.includes(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_name().as_str();
                    match into.fields.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, occurrences)) => occurrences.push(field),
                        None => into.fields.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|condition| self.applies(condition, ty)) {
                        self.collect(ty, &fragment.selection_set, into);
                    }
                }
                // A fragment adds nothing when it is spread again; without this, a short document could ask for an
                // exponential number of visits.
                Selection::FragmentSpread(spread) if into.fragments.insert(spread.fragment_name.as_str()) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && self.applies(&fragment.selection_set.ty, ty)
                    {
                        self.collect(ty, &fragment.selection_set, into);
                    }
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn applies(&self, condition: &apollo_compiler::Name, ty: &str) -> bool {
        condition == ty || self.schema.is_subtype(condition, ty)
    }

    /// Whether `@skip` and `@include` keep a selection.
    fn includes(&self, directives: &DirectiveList) -> bool {
        directives.iter().all(|directive| {
            let given = match directive.specified_argument_by_name("if").map(|value| &**value) {
                Some(Literal::Boolean(given)) => *given,
                Some(Literal::Variable(name)) => {
                    self.conditions.iter().any(|(variable, given)| variable == name.as_str() && *given)
                }
                _ => false,
            };
            match directive.name.as_str() {
                "skip" => !given,
                "include" => given,
                _ => true,
            }
        })
    }

    /// What a field reads of the records of a type, when `depth` joins lead to it.
    fn read_by(&self, field: &PlannedField, record: &'static RecordType, depth: usize) -> ProjectionBuilder {
        let mut projection = ProjectionBuilder::new(record);
        let ty = field.occurrences[0].definition.ty.inner_named_type();
        let connection = self.catalog.object(ty).filter(|object| object.items().is_some());
        match connection {
            None => self.read_scope(&self.scope(field, record.name), &mut projection, depth),
            Some(connection) => {
                for part in &self.scope(field, connection.name()).fields {
                    match part.name() {
                        "nodes" => projection.merge(self.read_by(part, record, depth)),
                        "edges" => {
                            let ty = part.occurrences[0].definition.ty.inner_named_type();
                            let Some(edge) = self.catalog.object(ty) else { continue };
                            let scope = self.scope(part, edge.name());
                            for node in scope.fields.iter().filter(|field| field.name() == "node") {
                                projection.merge(self.read_by(node, record, depth));
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        projection
    }

    fn read_scope(&self, scope: &Scope, projection: &mut ProjectionBuilder, depth: usize) {
        let Some(object) = scope.object else { return };
        for field in &scope.fields {
            let Some((_, info)) = object.field(field.name()) else { continue };
            projection.add_columns(info.columns.iter().copied());
            if depth < MAX_JOIN_DEPTH {
                self.join(field, info, projection, depth);
            }
        }
    }

    /// Joins the records that a field refers to.
    fn join(&self, field: &PlannedField, info: &FieldInfo, projection: &mut ProjectionBuilder, depth: usize) {
        let Some(reference) = &info.reference else { return };
        let targets = self.catalog.targets(field.occurrences[0].definition.ty.inner_named_type());
        let is_asked = |target: &&'static RecordType| {
            // If nothing is selected on a type, most of the records are probably of other types.
            reference.table.is_none()
                || self.scope(field, target.name).fields.iter().any(|field| field.name() != "__typename")
        };
        let targets: Vec<_> = targets.into_iter().filter(is_asked).collect();
        if targets.len() <= MAX_JOIN_TYPES {
            for target in targets {
                let joined = self.read_by(field, target, depth + 1);
                projection.join(reference.attribute, reference.key, reference.table, joined);
            }
        }
    }
}

struct Collected<'s> {
    fields: Vec<(&'s str, Vec<&'s Node<Field>>)>,
    fragments: FxHashSet<&'s str>,
}

/// The Boolean variables that `@skip` and `@include` name anywhere in a document, with their values.
#[must_use]
pub fn conditions(document: &ExecutableDocument, variables: &JsonMap) -> Vec<(String, bool)> {
    let mut named = FxHashSet::default();
    let fragments = document.fragments.values().map(|fragment| &fragment.selection_set);
    for set in document.operations.iter().map(|operation| &operation.selection_set).chain(fragments) {
        name_conditions(set, &mut named);
    }
    let mut conditions: Vec<_> = named
        .into_iter()
        .map(|name| (name.to_owned(), matches!(variables.get(name), Some(JsonValue::Bool(true)))))
        .collect();
    conditions.sort_unstable();
    conditions
}

fn name_conditions<'s>(set: &'s SelectionSet, named: &mut FxHashSet<&'s str>) {
    for selection in &set.selections {
        for directive in selection.directives() {
            if let ("skip" | "include", Some(Literal::Variable(name))) =
                (directive.name.as_str(), directive.specified_argument_by_name("if").map(|value| &**value))
            {
                named.insert(name.as_str());
            }
        }
        match selection {
            Selection::Field(field) => {
                if let Some(set) = &field.selection_set {
                    name_conditions(set, named);
                }
            }
            Selection::InlineFragment(fragment) => name_conditions(&fragment.selection_set, named),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// A literal with its variables replaced; `None` if it is a variable that was not given.
fn value(literal: &Literal, variables: &JsonMap) -> Option<Value> {
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
        Literal::Variable(name) => coerced(variables.get(name.as_str())?),
        Literal::List(items) => {
            Value::List(items.iter().map(|item| value(item, variables).unwrap_or(Value::Null)).collect())
        }
        Literal::Object(fields) => Value::Object(
            fields.iter().filter_map(|(name, field)| Some((Name::new(name), value(field, variables)?))).collect(),
        ),
    })
}

/// A coerced value of a variable. Enum values are strings in it.
#[must_use]
pub fn coerced(value: &JsonValue) -> Value {
    match value {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(given) => Value::Boolean(*given),
        JsonValue::Number(number) => Value::Number(number.clone()),
        JsonValue::String(text) => Value::String(text.as_str().to_owned()),
        JsonValue::Array(items) => Value::List(items.iter().map(coerced).collect()),
        JsonValue::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (Name::new(name.as_str()), coerced(value))).collect())
        }
    }
}
