//! Breadth-first execution: each field runs once for all objects of its scope. Leaves are written, and each relation is
//! loaded by one call of the `DataLoader` with the keys of all objects.
//!
//! The overhead of execution grows with the depth of a document, not with the number of objects. Answers are as section 6
//! of the specification (September 2025) says: fields in the order of the document, field errors with their paths, and a
//! `null` in a position that may not be `null` propagated to the nearest nullable parent.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use apollo_compiler::response::JsonMap;
use async_graphql::{InputType, PathSegment, ServerError, Value};
use futures_util::future::{BoxFuture, join_all};

use super::{
    answer::{Answer, Position, Positions, index},
    catalog::Catalog,
    object::{FieldInfo, Object, Resolve},
    plan::{Plan, PlannedField, Scope},
    result::{Column, FieldError, Nulls, Resolved, ScopeResult},
};
use crate::{
    error::{Code, Error, Result, request_error},
    model::RecordType,
    query::{
        batch::Loader,
        filter::FilterScope,
        keys::Shape,
        page::{Listed, Page},
        projection::Projection,
    },
};

/// How many errors of one field of the root, and of what is below it, are told. Each list of errors on the way has at most
/// one more, which tells that there are more.
const MAX_ERRORS: usize = 100;

/// The context of the execution of an operation.
#[derive(Clone, Copy)]
pub struct Execution<'a> {
    /// What the operation selects.
    pub plan: &'a Plan,
    /// All object types.
    pub catalog: &'static Catalog,
    /// Loads the records that the viewer may see.
    pub loader: &'a Loader,
    /// The values of the variables, coerced to their types.
    pub variables: &'a JsonMap,
    /// Set when two statements saw different states of the data.
    pub conflict: &'a AtomicBool,
}

/// The call of a field, for all objects of a scope.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub(super) execution: Execution<'a>,
    pub(super) field: &'a PlannedField,
}

impl<'a> Call<'a> {
    /// The call of a field.
    #[must_use]
    pub fn new(execution: Execution<'a>, field: &'a PlannedField) -> Self {
        Self { execution, field }
    }

    /// The name of the field.
    #[must_use]
    pub fn field_name(&self) -> &'a str {
        self.field.name()
    }

    /// Loads the records that the viewer may see.
    #[must_use]
    pub fn loader(&self) -> &'a Loader {
        self.execution.loader
    }

    /// Notes that a record is missing that another one cannot be without: one statement saw it, and another process wrote
    /// before the next one.
    pub(super) fn note_conflict(&self) {
        self.execution.conflict.store(true, Ordering::Relaxed);
    }

    /// An argument.
    pub fn argument<T: InputType>(&self, name: &str) -> Result<T> {
        let value = self.field.argument(name, self.execution.variables);
        T::parse(value).map_err(|error| {
            let message = error.into_server_error(async_graphql::Pos::default()).message;
            Error::input(Code::InvalidArgument, message)
        })
    }

    /// The arguments that are given.
    pub fn arguments(&self) -> impl Iterator<Item = (&'a str, Value)> {
        self.field.arguments(self.execution.variables)
    }

    /// Whether one of the fields is selected on the object type that the field leads to.
    #[must_use]
    pub fn selects(&self, ty: &str, names: &[&str]) -> bool {
        self.execution.plan.selects(self.field, ty, names)
    }

    /// What is read of the records of a type that the field leads to, directly or as items of a connection.
    #[must_use]
    pub fn projection(&self, record: &'static RecordType) -> Shape<Arc<Projection>> {
        self.execution.plan.projection(self.field, record)
    }

    /// What the keys of the field have in common, made once if its arguments are the same in all executions. `lists` says
    /// how many lists it describes.
    pub fn shape<T: Send + Sync + 'static>(&self, lists: usize, make: impl FnOnce() -> Result<T>) -> Result<Shape<T>> {
        let rank = self.loader().loader().clearance.rank();
        self.execution.plan.shape(self.field, rank, lists, make)
    }

    /// The page that the arguments of a connection ask for, of the records of a type; `of` is what the list has.
    pub fn page(&self, of: Listed, record: &'static RecordType) -> Result<Page> {
        Page::read(self.filter_scope(), of, record, self.arguments())
    }

    /// What reading a filter needs to know.
    #[must_use]
    pub fn filter_scope(&self) -> FilterScope {
        let loader = self.loader().loader();
        FilterScope {
            model: self.execution.catalog.model(),
            backend: loader.readers.backend(),
            rank: loader.clearance.rank(),
        }
    }
}

/// The value of a field that async-graphql resolves, as finished JSON, and the errors at and below it.
pub struct Executed {
    /// The JSON.
    pub json: Vec<u8>,
    /// Whether a `null` stands where it may not: the parent of the field is `null`, too.
    pub is_propagated: bool,
    /// The errors, with their paths from the field on.
    pub errors: Vec<ServerError>,
}

/// Executes what a field answered for its only parent.
pub async fn execute(call: Call<'_>, info: &FieldInfo, answer: Result<Answer>) -> Executed {
    let resolved = finish::<()>(call, info, 1, answer).await;
    let mut json = Vec::with_capacity(4096);
    resolved.column.write(0, &mut json);
    let errors = resolved.errors.into_iter().map(|FieldError { mut path, error, .. }| {
        path.reverse();
        ServerError { path, ..error }
    });
    let mut errors: Vec<_> = errors.collect();
    if errors.len() > MAX_ERRORS {
        errors.truncate(MAX_ERRORS);
        let message = format!("more than {MAX_ERRORS} fields failed: the other errors are not listed");
        let locations = call.field.position.into_iter().collect();
        errors.push(ServerError { locations, ..request_error(Code::ErrorsOmitted, message) });
    }
    Executed { json, is_propagated: !resolved.nulls.is_empty(), errors }
}

/// Objects of one type that wait to be executed.
pub(super) trait Objects: Send {
    /// Executes them in the scope that a field has for their type.
    fn execute(self: Box<Self>, call: Call<'_>) -> BoxFuture<'_, Box<dyn Resolved>>;
}

impl<S: Send + Sync + 'static> Objects for (&'static str, Vec<Arc<S>>) {
    fn execute(self: Box<Self>, call: Call<'_>) -> BoxFuture<'_, Box<dyn Resolved>> {
        let (ty, objects) = *self;
        Box::pin(async move {
            let scope = call.execution.plan.scope(call.field, ty);
            let object = scope.object.and_then(|object| (object as &dyn Any).downcast_ref::<Object<S>>());
            let object =
                object.unwrap_or_else(|| panic!("{ty} is not an object type of {}", std::any::type_name::<S>()));
            Box::new(execute_scope(call.execution, object, objects, &scope).await) as Box<dyn Resolved>
        })
    }
}

/// Executes a scope: all its fields for all its objects.
async fn execute_scope<S: Send + Sync + 'static>(
    execution: Execution<'_>,
    object: &'static Object<S>,
    objects: Vec<Arc<S>>,
    scope: &Scope,
) -> ScopeResult<S> {
    execution.loader.loader().tally.count_objects(objects.len());
    let fields = scope.fields.iter().map(|field| execute_field(Call { execution, field }, object, &objects));
    let resolved = join_all(fields).await;
    let mut result = ScopeResult::new(resolved.len());
    for (field, FieldResult { column, nulls, errors }) in scope.fields.iter().zip(resolved) {
        result.columns.push((field.json_key.clone(), column));
        for object in nulls {
            result.nulls.set(object);
        }
        result.errors.extend(errors);
        result.errors.truncate(MAX_ERRORS + 1);
    }
    result.objects = objects;
    result
}

/// The values of a field, the objects that it made `null`, and the errors at and below it.
struct FieldResult<S: 'static> {
    column: Column<S>,
    nulls: Vec<usize>,
    errors: Vec<FieldError>,
}

async fn execute_field<S: Send + Sync + 'static>(
    call: Call<'_>,
    object: &'static Object<S>,
    objects: &[Arc<S>],
) -> FieldResult<S> {
    let without_errors = |column| FieldResult { column, nulls: Vec::new(), errors: Vec::new() };
    let Some((_, field)) = call.field.index.and_then(|index| object.fields.get_index(index)) else {
        // This is `__typename`: validation refuses documents that select an unknown field.
        return without_errors(Column::Constant(format!("\"{}\"", object.name).into_bytes()));
    };
    match &field.resolve {
        Resolve::Leaf(write) => without_errors(Column::Own(&**write)),
        Resolve::Batch(resolve) => {
            let answer = resolve(call, objects).await;
            finish(call, field.info(), objects.len(), answer).await
        }
    }
}

/// Executes what a field leads to, and says which of its objects field errors make `null`.
async fn finish<S: 'static>(
    call: Call<'_>,
    info: &FieldInfo,
    objects: usize,
    answer: Result<Answer>,
) -> FieldResult<S> {
    let mut completion = Completion { call, is_nullable: info.is_nullable(), nulls: Vec::new(), errors: Vec::new() };
    let column = match answer {
        Err(error) => {
            let shown = error.shown();
            (0..objects).for_each(|object| completion.fail(object, None, || shown.clone()));
            Column::Constant(b"null".to_vec())
        }
        Ok(Answer::Leaves(leaves)) => Column::Leaves(leaves),
        Ok(Answer::One(Positions { groups, positions })) => {
            let mut children = execute_groups(call, groups).await;
            if !info.is_nullable() {
                completion.propagate_nulls(&children, &positions, |object| (object, None), |_| ());
            }
            completion.bubble_errors(&mut children, &positions, |object| (object, None));
            Column::One { children, positions }
        }
        Ok(Answer::Many { starts, positions: Positions { groups, positions } }) => {
            let mut children = execute_groups(call, groups).await;
            let object_of = |position: usize| {
                let object = starts.partition_point(|start| *start as usize <= position) - 1;
                (object, Some(position - starts[object] as usize))
            };
            let mut nulls = Nulls::default();
            if !info.has_nullable_items() {
                completion.propagate_nulls(&children, &positions, object_of, |object| nulls.set(object));
            }
            completion.bubble_errors(&mut children, &positions, object_of);
            Column::Many { children, starts, positions, nulls }
        }
    };
    FieldResult { column, nulls: completion.nulls, errors: completion.errors }
}

async fn execute_groups(call: Call<'_>, groups: Vec<Box<dyn Objects>>) -> Vec<Box<dyn Resolved>> {
    join_all(groups.into_iter().map(|group| group.execute(call))).await
}

/// Completing the values of a field: section 6.4.3 of the specification.
struct Completion<'a> {
    call: Call<'a>,
    is_nullable: bool,
    nulls: Vec<usize>,
    errors: Vec<FieldError>,
}

impl Completion<'_> {
    /// Notes a field error. `item` is the index of the item of the list, if the value is a list.
    fn fail(&mut self, object: usize, item: Option<usize>, error: impl FnOnce() -> ServerError) {
        if self.errors.len() <= MAX_ERRORS {
            let locations = self.call.field.position.into_iter().collect();
            let error = ServerError { locations, ..error() };
            self.errors.push(FieldError { object: index(object), path: self.path(item), error });
        }
        if item.is_none() {
            self.make_null(object);
        }
    }

    /// The value is `null` for this object. If the field is non-null, so is the object.
    fn make_null(&mut self, object: usize) {
        if !self.is_nullable {
            self.nulls.push(object);
        }
    }

    /// The path of a value from its object on, innermost segment first.
    fn path(&self, item: Option<usize>) -> Vec<PathSegment> {
        let field = PathSegment::Field(self.call.field.key.clone());
        item.map(PathSegment::Index).into_iter().chain([field]).collect()
    }

    /// Finds the required positions whose value is `null`. `propagate` is called with their objects, whose value is then
    /// `null`, too.
    fn propagate_nulls(
        &mut self,
        children: &[Box<dyn Resolved>],
        positions: &[Position],
        object_of: impl Fn(usize) -> (usize, Option<usize>),
        mut propagate: impl FnMut(usize),
    ) {
        for (i, position) in positions.iter().enumerate() {
            let (object, item) = object_of(i);
            match *position {
                Position::Object { group, object } if !children[group as usize].is_null(object) => continue,
                // `null` because of an error below, which is noted there.
                Position::Object { .. } => {}
                Position::Null => {
                    let name = self.call.field.name();
                    let missing = || Error::internal(format!("no value for the required field {name}")).shown();
                    self.fail(object, item, missing);
                }
            }
            propagate(object);
            self.make_null(object);
        }
    }

    /// Adds the errors of the children to this field, once for each position of the child.
    fn bubble_errors(
        &mut self,
        children: &mut [Box<dyn Resolved>],
        positions: &[Position],
        object_of: impl Fn(usize) -> (usize, Option<usize>),
    ) {
        for (group, child) in children.iter_mut().enumerate() {
            let mut errors = child.take_errors();
            if errors.is_empty() {
                continue;
            }
            errors.sort_by_key(|error| error.object);
            for (i, position) in positions.iter().enumerate() {
                let Position::Object { group: of, object: child } = position else { continue };
                if *of as usize != group {
                    continue;
                }
                if self.errors.len() > MAX_ERRORS {
                    return;
                }
                let first = errors.partition_point(|error| error.object < *child);
                let (object, item) = object_of(i);
                for error in errors[first..].iter().take_while(|error| error.object == *child) {
                    let mut path = error.path.clone();
                    path.extend(self.path(item));
                    self.errors.push(FieldError { object: index(object), path, error: error.error.clone() });
                }
            }
        }
    }
}
