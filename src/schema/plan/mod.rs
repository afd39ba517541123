//! Plans: what an operation selects, collected by type, with everything that does not depend on the values of variables.
//!
//! `CollectFields` of sections 6.3.2 and 6.4.1 of the specification (September 2025) runs once for each scope of a document,
//! not once for each request: a plan is kept with its document. `@skip` and `@include` are decided before: an operation has
//! a plan for each assignment of the Boolean variables that they name. A scope is planned when it is first executed, so what
//! no answer reaches is never planned, however large it would be.

mod collect;
mod projection;
mod value;

use std::{
    any::Any,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use apollo_compiler::{
    ExecutableDocument, Node, Schema,
    executable::{Field, Operation, SelectionSet},
    response::JsonMap,
    validation::Valid,
};
use async_graphql::{Pos, Value};

use self::value::value;
pub use self::{
    collect::{conditions, is_condition},
    value::coerced,
};
use super::{catalog::Catalog, object::AnyObject};
use crate::{
    error::Result,
    query::{keys::Shape, projection::Projection},
};

/// What a field takes beside its own parts, for the allocator and the lists of what is planned below it.
const FIELD_BYTES: usize = 96;

/// What a shape takes, about, beside what is made of its arguments.
const SHAPE_BYTES: usize = 512;
/// How many bytes are made of each byte of its arguments.
const SHAPE_BYTES_PER_BYTE: usize = 16;

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
    /// What its keys have in common, by the rank of the viewer, if its arguments are the same in all executions.
    shapes: Mutex<Vec<(i16, Box<dyn Any + Send + Sync>)>>,
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
        given.filter_map(|argument| {
            let read = if argument.name == "filter" { value::filter } else { value };
            Some((argument.name.as_str(), read(&argument.value, variables)?))
        })
    }

    /// About how many bytes the arguments take, if none of them depends on a variable.
    fn constant_bytes(&self) -> Option<usize> {
        let mut arguments = self.occurrences[0].arguments.iter();
        arguments.try_fold(0, |bytes, argument| Some(bytes + value::constant_bytes(&argument.value)?))
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

    /// What the keys of a field have in common. It is made once for all executions by viewers of a rank, unless the
    /// arguments depend on variables. `lists` says how many lists it describes.
    pub fn shape<T: Send + Sync + 'static>(
        &self,
        field: &PlannedField,
        rank: i16,
        lists: usize,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<Shape<T>> {
        let lock = || field.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |shapes: &[(i16, Box<dyn Any + Send + Sync>)]| {
            let mut of_rank = shapes.iter().filter(|(of, _)| *of == rank);
            of_rank.find_map(|(_, shape)| shape.downcast_ref::<Shape<T>>().cloned())
        };
        if let Some(known) = known(&lock()) {
            return Ok(known);
        }
        // Not under the lock: reading the arguments of one request must not hold up others.
        let shape = Shape::new(make()?);
        if let Some(bytes) = field.constant_bytes() {
            let mut shapes = lock();
            if let Some(known) = known(&shapes) {
                return Ok(known);
            }
            if self.budget.try_reserve(lists * (bytes * SHAPE_BYTES_PER_BYTE + SHAPE_BYTES)) {
                shapes.push((rank, Box::new(shape.clone())));
            }
        }
        Ok(shape)
    }

    /// Whether a field selects one of `names` on a type that it leads to.
    #[must_use]
    pub fn selects(&self, field: &PlannedField, ty: &str, names: &[&str]) -> bool {
        self.scope(field, ty).fields.iter().any(|field| names.contains(&field.name()))
    }

    /// Plans everything that an execution could reach.
    #[cfg(test)]
    pub fn plan_everything(&self) {
        self.plan_below(&self.root);
    }

    #[cfg(test)]
    fn plan_below(&self, scope: &Scope) {
        use crate::{
            model::RecordType,
            query::{
                filter::FilterScope,
                keys::List,
                page::{Listed, Page},
            },
        };
        for field in &scope.fields {
            let ty = field.occurrences[0].definition.ty.inner_named_type();
            let targets = self.catalog.targets(ty);
            let items = self.catalog.object(ty).map_or(&[][..], AnyObject::items);
            for record in targets.iter().chain(items) {
                let _ = self.projection(field, record);
            }
            if !items.is_empty() {
                let scope = FilterScope { model: self.catalog.model(), backend: sea_orm::DbBackend::Sqlite, rank: 0 };
                let group = ty.strip_suffix("Connection").and_then(|name| self.catalog.model().group(name));
                let of = |record: &'static RecordType| match (group, record.moments.first()) {
                    (Some(group), _) => Listed::Group(group),
                    (None, Some(moment)) if ty == "TimelineEntryConnection" => Listed::Moment(moment),
                    _ => Listed::Type,
                };
                let no_variables = JsonMap::new();
                let list = |record: &&'static RecordType| {
                    let page = Page::read(scope, of(record), record, field.arguments(&no_variables))?;
                    let projection = (*self.projection(field, record)).clone();
                    Ok(Shape::new(List { link: None, page, projection }))
                };
                let make = || items.iter().map(list).collect::<Result<Vec<_>>>();
                self.shape(field, 0, items.len(), make).expect("arguments that are valid");
            }
            let types: Vec<_> =
                if targets.is_empty() { vec![ty.as_str()] } else { targets.iter().map(|to| to.name).collect() };
            for ty in types {
                if field.sets().next().is_some() {
                    self.plan_below(&self.scope(field, ty));
                }
            }
        }
    }
}
