//! Level by level: for all rows of a level together, plain fields are written and each relation is loaded by one call.
//!
//! async-graphql parses, validates and keeps the schema; [`resolve_root`] is called for each root field and does the rest,
//! as section 6 of the specification (September 2025) says: fields in the order of the document, selections merged,
//! fragments applied by type, failed non-null fields propagated to the nearest nullable parent, every error with its path.
//!
//! The parts of async-graphql used here are public but partly undocumented: all of them are in this file, and the version
//! is pinned.

use std::sync::Arc;

use async_graphql::{
    Context, ContextSelectionSet, InputType, Name, PathSegment, Positioned, ServerError, ServerResult, Value,
    parser::types::{Field as AstField, Selection, SelectionSet},
};
use futures_util::future::{BoxFuture, join_all};

use crate::{
    error::{Code, Error, Result},
    graph::{
        Columns, Graph, Loader, Record,
        answer::{Answer, Slot, Slots},
        level::{At, Cell, Fault, Finished, Level, Nulls},
        object::{Field, Object, Run},
    },
};

/// What the execution of a request has at hand.
#[derive(Clone, Copy)]
pub(super) struct Exec<'a> {
    context: &'a ContextSelectionSet<'a>,
    graph: &'static Graph,
    loader: &'a Loader,
}

/// A field that a client selected: all its occurrences with one response key.
struct Selected<'a> {
    key: &'a Name,
    occurrences: Vec<&'a Positioned<AstField>>,
}

/// The call of a field, for all rows of a level.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    exec: Exec<'a>,
    selected: &'a Selected<'a>,
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

    /// An argument.
    pub fn arg<T: InputType>(&self, name: &str) -> Result<T> {
        let context = self.exec.context.with_field(self.first());
        context.param_value(name, None).map(|(_, value)| value).map_err(invalid)
    }

    /// All arguments that were given, variables replaced.
    pub fn args(&self) -> Result<Vec<(Name, Value)>> {
        let context = self.exec.context.with_field(self.first());
        context.field().arguments().map_err(invalid)
    }

    /// Whether one of the fields named is selected on the object of type `ty` that the field leads to.
    #[must_use]
    pub fn selects(&self, ty: &str, names: &[&str]) -> bool {
        let mut selected = Vec::new();
        for field in &self.selected.occurrences {
            collect(&self.exec, ty, &field.node.selection_set, &mut selected);
        }
        selected.iter().any(|s| names.contains(&s.name()))
    }

    /// The columns that the selection on the records of type `C`, to which the field leads, needs.
    #[must_use]
    pub fn columns<C: Record>(&self) -> Columns {
        self.columns_of::<C>(self.sets())
    }

    /// The same, where the field leads to a connection of such records.
    pub(super) fn connection_columns<C: Record>(&self, connection: &str, edge: &str) -> Columns {
        let inner = |ty: &str, name: &str, sets: Vec<&'a Positioned<SelectionSet>>| -> Vec<_> {
            let mut selected = Vec::new();
            for set in sets {
                collect(&self.exec, ty, set, &mut selected);
            }
            let named = selected.into_iter().filter(|s| s.name() == name);
            named.flat_map(|s| s.occurrences.into_iter().map(|f| &f.node.selection_set)).collect()
        };
        let edges = inner(edge, "node", inner(connection, "edges", self.sets()));
        self.columns_of::<C>(inner(connection, "nodes", self.sets())).and(self.columns_of::<C>(edges))
    }

    fn columns_of<C: Record>(&self, sets: Vec<&'a Positioned<SelectionSet>>) -> Columns {
        let object = self.exec.graph.object::<C>();
        let mut selected = Vec::new();
        for set in sets {
            collect(&self.exec, &object.name, set, &mut selected);
        }
        let fields = selected.iter().filter_map(|s| object.fields.get(s.name()));
        fields.fold(Columns::of::<C>(&[]), |columns, field| columns.and(field.columns))
    }

    fn sets(&self) -> Vec<&'a Positioned<SelectionSet>> {
        self.selected.occurrences.iter().map(|field| &field.node.selection_set).collect()
    }

    fn first(&self) -> &'a Positioned<AstField> {
        self.selected.occurrences[0]
    }
}

fn invalid(error: ServerError) -> Error {
    Error::input(Code::InvalidArgument, error.message)
}

impl Selected<'_> {
    fn name(&self) -> &str {
        self.occurrences[0].node.name.node.as_str()
    }
}

/// `CollectFields` of the specification, for an object of type `ty`. `@skip` and `@include` are already applied.
fn collect<'a>(exec: &Exec<'a>, ty: &str, set: &'a Positioned<SelectionSet>, out: &mut Vec<Selected<'a>>) {
    for selection in &set.node.items {
        let (condition, inner) = match &selection.node {
            Selection::Field(field) => {
                let key = &field.node.response_key().node;
                match out.iter_mut().find(|s| s.key == key) {
                    Some(selected) => selected.occurrences.push(field),
                    None => out.push(Selected { key, occurrences: vec![field] }),
                }
                continue;
            }
            Selection::InlineFragment(fragment) => {
                (fragment.node.type_condition.as_ref(), &fragment.node.selection_set)
            }
            Selection::FragmentSpread(spread) => {
                // Validation has refused documents that spread an unknown fragment.
                match exec.context.query_env.fragments.get(&spread.node.fragment_name.node) {
                    Some(fragment) => (Some(&fragment.node.type_condition), &fragment.node.selection_set),
                    None => continue,
                }
            }
        };
        if condition.is_none_or(|c| exec.graph.types.applies(c.node.on.node.as_str(), ty)) {
            collect(exec, ty, inner, out);
        }
    }
}

/// Rows of one type, waiting to be executed.
pub(super) trait Group: Send {
    fn run<'a>(
        self: Box<Self>,
        exec: Exec<'a>,
        sets: Vec<&'a Positioned<SelectionSet>>,
    ) -> BoxFuture<'a, Box<dyn Finished>>;
}

impl<R: Send + Sync + 'static> Group for Vec<Arc<R>> {
    fn run<'a>(
        self: Box<Self>,
        exec: Exec<'a>,
        sets: Vec<&'a Positioned<SelectionSet>>,
    ) -> BoxFuture<'a, Box<dyn Finished>> {
        Box::pin(async move {
            let object = exec.graph.object::<R>();
            Box::new(level(exec, object, *self, &sets).await) as Box<dyn Finished>
        })
    }
}

/// Executes the selection sets for all rows of one type.
async fn level<R: Send + Sync + 'static>(
    exec: Exec<'_>,
    object: &'static Object<R>,
    rows: Vec<Arc<R>>,
    sets: &[&Positioned<SelectionSet>],
) -> Level<R> {
    let mut selected = Vec::new();
    for set in sets {
        collect(&exec, &object.name, set, &mut selected);
    }
    let done = join_all(selected.iter().map(|s| cell(exec, object, s, &rows))).await;
    let mut finished =
        Level { rows, cells: Vec::with_capacity(done.len()), nulls: Nulls::default(), faults: Vec::new() };
    for (i, (s, (cell, nulls, faults))) in selected.iter().zip(done).enumerate() {
        let key = format!("{}\"{}\":", if i == 0 { '{' } else { ',' }, s.key);
        finished.cells.push((key.into_bytes().into_boxed_slice(), cell));
        for row in nulls {
            finished.nulls.set(row);
        }
        finished.faults.extend(faults);
    }
    finished
}

/// A finished field, the rows that it made null, and the errors at and below it.
type Outcome<R> = (Cell<R>, Vec<usize>, Vec<Fault>);

async fn cell<R: Send + Sync + 'static>(
    exec: Exec<'_>,
    object: &'static Object<R>,
    selected: &Selected<'_>,
    rows: &[Arc<R>],
) -> Outcome<R> {
    let plain = |cell| (cell, Vec::new(), Vec::new());
    if selected.name() == "__typename" {
        return plain(Cell::Constant(format!("\"{}\"", object.name).into_bytes()));
    }
    let Some(field) = object.fields.get(selected.name()) else {
        // Validation has refused documents that select an unknown field.
        return plain(Cell::Constant(b"null".to_vec()));
    };
    match &field.run {
        Run::Leaf(write) => plain(Cell::Leaf(&**write)),
        Run::Level(run) => {
            let answer = run(Call { exec, selected }, rows).await;
            finish(exec, field, selected, rows.len(), answer).await
        }
    }
}

/// Executes what a relation leads to, and says which rows its failures make null.
async fn finish<R: 'static>(
    exec: Exec<'_>,
    field: &Field<R>,
    selected: &Selected<'_>,
    rows: usize,
    answer: Result<Answer>,
) -> Outcome<R> {
    let mut outcome = Gathered { selected, nullable: !field.ty.ends_with('!'), nulls: Vec::new(), faults: Vec::new() };
    let cell = match answer {
        Err(error) => {
            let shown = error.shown();
            (0..rows).for_each(|row| outcome.fail(row, None, shown.clone()));
            Cell::Constant(b"null".to_vec())
        }
        Ok(Answer::Leaves(leaves)) => {
            for (row, error) in leaves.failed {
                outcome.fail(row, None, error.shown());
            }
            Cell::Texts { text: leaves.text, ends: leaves.ends }
        }
        Ok(Answer::One(slots)) => {
            let mut children = run_groups(exec, selected, slots.groups).await;
            let at = outcome.places(&children, slots.slots, |row| (row, None), !outcome.nullable, |_| ());
            outcome.lift(&mut children, &at, |row| (row, None));
            Cell::One { children, at }
        }
        Ok(Answer::Many { starts, slots: Slots { groups, slots } }) => {
            let mut children = run_groups(exec, selected, groups).await;
            let place = |slot: usize| {
                let row = starts.partition_point(|s| *s as usize <= slot) - 1;
                (row, Some(slot - starts[row] as usize))
            };
            let required = field.ty.trim_end_matches('!').ends_with("!]");
            let mut nulls = Nulls::default();
            let at = outcome.places(&children, slots, place, required, |row| nulls.set(row));
            outcome.lift(&mut children, &at, place);
            Cell::Many { children, starts, at, nulls }
        }
    };
    (cell, outcome.nulls, outcome.faults)
}

async fn run_groups(exec: Exec<'_>, selected: &Selected<'_>, groups: Vec<Box<dyn Group>>) -> Vec<Box<dyn Finished>> {
    let sets: Vec<_> = selected.occurrences.iter().map(|f| &f.node.selection_set).collect();
    join_all(groups.into_iter().map(|group| group.run(exec, sets.clone()))).await
}

/// The failures of a field, while they are gathered.
struct Gathered<'a> {
    selected: &'a Selected<'a>,
    nullable: bool,
    nulls: Vec<usize>,
    faults: Vec<Fault>,
}

impl Gathered<'_> {
    fn fail(&mut self, row: usize, index: Option<usize>, mut error: ServerError) {
        error.locations = vec![self.selected.occurrences[0].pos];
        let fault = Fault { row: super::answer::index(row), path: self.path(index), error };
        self.faults.push(fault);
        if index.is_none() {
            self.lose(row);
        }
    }

    /// The field is null in this row: so is the row, if the field may not be.
    fn lose(&mut self, row: usize) {
        if !self.nullable {
            self.nulls.push(row);
        }
    }

    fn path(&self, index: Option<usize>) -> Vec<PathSegment> {
        let field = PathSegment::Field(self.selected.key.to_string());
        index.map(PathSegment::Index).into_iter().chain([field]).collect()
    }

    /// Settles what stands at each place. `required` says that a place may not be null; where one is nevertheless,
    /// `hole` hears of the row, whose field is then null.
    fn places(
        &mut self,
        children: &[Box<dyn Finished>],
        slots: Vec<Slot>,
        place: impl Fn(usize) -> (usize, Option<usize>),
        required: bool,
        mut hole: impl FnMut(usize),
    ) -> Vec<At> {
        let mut at = Vec::with_capacity(slots.len());
        for (i, slot) in slots.into_iter().enumerate() {
            let settled = match slot {
                Slot::Row { group, row } if !children[group as usize].is_null(row) => {
                    at.push(At::Row { group, row });
                    continue;
                }
                // Null because of an error below, which has been recorded there; kept, so that it is found.
                Slot::Row { group, row } => At::Row { group, row },
                Slot::Null if required => {
                    let (row, index) = place(i);
                    let error = Error::internal(format!("no value for the required field {}", self.selected.name()));
                    self.fail(row, index, error.shown());
                    At::Null
                }
                Slot::Null => {
                    at.push(At::Null);
                    continue;
                }
                Slot::Failed(error) => {
                    let (row, index) = place(i);
                    self.fail(row, index, error.shown());
                    At::Null
                }
            };
            at.push(settled);
            if required {
                let (row, _) = place(i);
                hole(row);
                self.lose(row);
            }
        }
        at
    }

    /// Brings the errors of the children up to this level, once for each place where the child stands.
    fn lift(&mut self, children: &mut [Box<dyn Finished>], at: &[At], place: impl Fn(usize) -> (usize, Option<usize>)) {
        for (group, child) in children.iter_mut().enumerate() {
            let faults = child.take_faults();
            if faults.is_empty() {
                continue;
            }
            for (i, settled) in at.iter().enumerate() {
                let At::Row { group: g, row: child_row } = settled else {
                    continue;
                };
                if *g as usize != group {
                    continue;
                }
                let (row, index) = place(i);
                for fault in faults.iter().filter(|f| f.row == *child_row) {
                    let mut path = fault.path.clone();
                    path.extend(self.path(index));
                    self.faults.push(Fault { row: super::answer::index(row), path, error: fault.error.clone() });
                }
            }
        }
    }
}

/// Which response keys of the root were answered; one is made for each request.
#[derive(Default)]
pub struct Answered(std::sync::Mutex<Vec<Name>>);

impl Answered {
    /// Whether this is the first time that the key is asked for.
    fn first(&self, key: &Name) -> bool {
        let mut answered = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let first = !answered.contains(key);
        if first {
            answered.push(key.clone());
        }
        first
    }
}

/// Answers one root field. The result is finished JSON inside `Value::Binary`, which no type of the schema has.
pub(super) async fn resolve_root<R: Send + Sync + 'static>(
    context: &Context<'_>,
    graph: &'static Graph,
    loader: &Loader,
    root: R,
) -> ServerResult<Option<Value>> {
    let set = &context.query_env.operation.node.selection_set;
    let selection_context = context.with_selection_set(set);
    let exec = Exec { context: &selection_context, graph, loader };
    let object = graph.object::<R>();
    let mut selected = Vec::new();
    collect(&exec, &object.name, set, &mut selected);
    let key = &context.item.node.response_key().node;
    let Some(selected) = selected.iter().find(|s| s.key == key) else {
        return Ok(None);
    };
    // The first occurrence of a response key answers for all that merge with it.
    if !context.data_unchecked::<Answered>().first(key) {
        return Ok(None);
    }
    let rows = [Arc::new(root)];
    let (cell, nulls, faults) = cell(exec, object, selected, &rows).await;
    let errors: Vec<ServerError> = faults
        .into_iter()
        .map(|Fault { mut path, error, .. }| {
            path.reverse();
            ServerError { path, ..error }
        })
        .collect();
    if !nulls.is_empty() {
        // The field may not be null: the whole answer is. One error travels with it, the others beside it.
        let mut errors = errors.into_iter();
        let first = errors.next();
        errors.for_each(|e| context.add_error(e));
        return Err(first.unwrap_or_else(|| Error::internal("null without an error").shown()));
    }
    for error in errors {
        context.add_error(error);
    }
    let mut out = Vec::with_capacity(4096);
    cell.write(&rows[0], 0, &mut out);
    Ok(Some(Value::Binary(out.into())))
}
