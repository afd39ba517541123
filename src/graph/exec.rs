//! Level by level: for all rows of a level together, plain fields are written and each relation is loaded by one call.
//!
//! [`Exec::answer`] runs an operation as section 6 of the specification (September 2025) says: fields in the order of the
//! document, selections merged, fragments applied by type, failed non-null fields propagated to the nearest nullable
//! parent, every error with its path. What a client selected is read in `select`.

use std::sync::Arc;

use apollo_compiler::executable::SelectionSet;
use async_graphql::{PathSegment, ServerError};
use futures_util::future::{BoxFuture, join_all};

use crate::{
    error::{Error, Result},
    graph::{
        answer::{Answer, Slot, Slots},
        leaf::json,
        level::{At, Cell, Fault, Finished, Level, Nulls},
        object::{Field, Object, Run},
        select::{Call, Exec, Selected},
    },
};

/// What an operation gave: its data as JSON, and the errors of fields.
pub struct Executed {
    /// The value of `data`.
    pub data: Vec<u8>,
    /// In no particular order.
    pub errors: Vec<ServerError>,
}

impl Exec<'_> {
    /// Runs the operation on the row `root`.
    pub async fn answer<R: Send + Sync + 'static>(self, root: R) -> Executed {
        let object = self.graph.object::<R>();
        let mut level = level(self, object, vec![Arc::new(root)], &[&self.operation.selection_set]).await;
        let faults = level.take_faults().into_iter();
        let errors = faults.map(|Fault { mut path, error, .. }| {
            path.reverse();
            ServerError { path, ..error }
        });
        let errors = errors.collect();
        let mut data = Vec::with_capacity(4096);
        if level.is_null(0) {
            data.extend_from_slice(b"null");
        } else {
            level.write(0, &mut data);
        }
        Executed { data, errors }
    }
}

/// Rows of one type, waiting to be executed.
pub(super) trait Group: Send {
    fn run<'a>(self: Box<Self>, exec: Exec<'a>, sets: Vec<&'a SelectionSet>) -> BoxFuture<'a, Box<dyn Finished>>;
}

impl<R: Send + Sync + 'static> Group for Vec<Arc<R>> {
    fn run<'a>(self: Box<Self>, exec: Exec<'a>, sets: Vec<&'a SelectionSet>) -> BoxFuture<'a, Box<dyn Finished>> {
        Box::pin(async move {
            let object = exec.graph.object::<R>();
            Box::new(level(exec, object, *self, &sets).await) as Box<dyn Finished>
        })
    }
}

/// Executes the selection sets for all rows of one type.
async fn level<'a, R: Send + Sync + 'static>(
    exec: Exec<'a>,
    object: &'static Object<R>,
    rows: Vec<Arc<R>>,
    sets: &[&'a SelectionSet],
) -> Level<R> {
    let selected = exec.collect(&object.name, sets.iter().copied());
    exec.loader.count_objects(rows.len());
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

async fn cell<'a, R: Send + Sync + 'static>(
    exec: Exec<'a>,
    object: &'static Object<R>,
    selected: &Selected<'a>,
    rows: &[Arc<R>],
) -> Outcome<R> {
    let plain = |cell| (cell, Vec::new(), Vec::new());
    if selected.name() == "__typename" {
        return plain(Cell::Constant(format!("\"{}\"", object.name).into_bytes()));
    }
    let Some(field) = object.fields.get(selected.name()) else {
        // Introspection, which was answered before: validation has refused documents that select an unknown field.
        let mut text = Vec::new();
        json(&exec.introspected.get(selected.key), &mut text);
        return plain(Cell::Constant(text));
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
async fn finish<'a, R: 'static>(
    exec: Exec<'a>,
    field: &Field<R>,
    selected: &Selected<'a>,
    rows: usize,
    answer: Result<Answer>,
) -> Outcome<R> {
    let mut outcome =
        Gathered { exec, selected, nullable: !field.ty.ends_with('!'), nulls: Vec::new(), faults: Vec::new() };
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

async fn run_groups<'a>(
    exec: Exec<'a>,
    selected: &Selected<'a>,
    groups: Vec<Box<dyn Group>>,
) -> Vec<Box<dyn Finished>> {
    let sets: Vec<_> = selected.sets().collect();
    join_all(groups.into_iter().map(|group| group.run(exec, sets.clone()))).await
}

/// The failures of a field, while they are gathered.
struct Gathered<'s, 'a> {
    exec: Exec<'a>,
    selected: &'s Selected<'a>,
    nullable: bool,
    nulls: Vec<usize>,
    faults: Vec<Fault>,
}

impl Gathered<'_, '_> {
    fn fail(&mut self, row: usize, index: Option<usize>, mut error: ServerError) {
        error.locations = self.exec.position(self.selected.occurrences[0].location()).into_iter().collect();
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
