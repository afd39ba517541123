//! What a field answered for all rows of a level.

use std::sync::Arc;

use crate::{
    error::{Error, Result},
    graph::{exec::Group, leaf::Leaf},
};

/// The values of one field, one for each row of a level.
pub enum Answer {
    /// Plain values.
    Leaves(Leaves),
    /// An object, or none, for each row.
    One(Slots),
    /// A list of objects for each row: row `i` has the slots from `starts[i]` to `starts[i + 1]`.
    Many {
        /// One more than there are rows.
        starts: Vec<u32>,
        /// The items of all lists.
        slots: Slots,
    },
}

/// Plain values as JSON, one after the other.
#[derive(Default)]
pub struct Leaves {
    pub(super) text: Vec<u8>,
    pub(super) ends: Vec<u32>,
    pub(super) failed: Vec<(usize, Error)>,
}

/// Objects of one or several types, and which of them stands where.
#[derive(Default)]
pub struct Slots {
    pub(super) groups: Vec<Box<dyn Group>>,
    pub(super) slots: Vec<Slot>,
}

/// What stands at a place.
pub enum Slot {
    /// Nothing.
    Null,
    /// An object: the `row`th of the `group`th group.
    Row {
        /// Which group.
        group: u32,
        /// Which of its rows.
        row: u32,
    },
    /// It could not be had.
    Failed(Error),
}

impl Answer {
    /// Plain values that may fail one by one.
    pub fn leaves<T: Leaf>(values: impl Iterator<Item = Result<T>>) -> Self {
        let mut leaves = Leaves::default();
        for (i, value) in values.enumerate() {
            match value {
                Ok(value) => value.write(&mut leaves.text),
                Err(error) => {
                    leaves.text.extend_from_slice(b"null");
                    leaves.failed.push((i, error));
                }
            }
            leaves.ends.push(index(leaves.text.len()));
        }
        Self::Leaves(leaves)
    }

    /// One object, or none, for each row. An object that stands in several places should be given as the same `Arc`: it
    /// is then executed once.
    pub fn one<C: Send + Sync + 'static>(objects: impl Iterator<Item = Option<Arc<C>>>) -> Self {
        Self::try_one(objects.map(Ok))
    }

    /// One object, none, or a failure, for each row.
    pub fn try_one<C: Send + Sync + 'static>(objects: impl Iterator<Item = Result<Option<Arc<C>>>>) -> Self {
        let mut distinct = Distinct::default();
        let slots = objects
            .map(|object| match object {
                Ok(Some(object)) => Slot::Row { group: 0, row: distinct.place(object) },
                Ok(None) => Slot::Null,
                Err(error) => Slot::Failed(error),
            })
            .collect();
        Self::One(Slots { groups: vec![Box::new(distinct.rows)], slots })
    }

    /// A list of objects for each row.
    pub fn many<C: Send + Sync + 'static>(lists: impl Iterator<Item = impl IntoIterator<Item = Arc<C>>>) -> Self {
        let mut starts = vec![0];
        let mut distinct = Distinct::default();
        let mut slots = Vec::new();
        for list in lists {
            slots.extend(list.into_iter().map(|object| Slot::Row { group: 0, row: distinct.place(object) }));
            starts.push(index(slots.len()));
        }
        Self::Many { starts, slots: Slots { groups: vec![Box::new(distinct.rows)], slots } }
    }
}

/// Rows, each once.
struct Distinct<C> {
    rows: Vec<Arc<C>>,
    places: rustc_hash::FxHashMap<*const C, u32>,
}

// Written out, because a derive would ask the same of `C`.
impl<C> Default for Distinct<C> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: rustc_hash::FxHashMap::default() }
    }
}

impl<C> Distinct<C> {
    fn place(&mut self, object: Arc<C>) -> u32 {
        // A row that nobody else holds cannot come again.
        if Arc::strong_count(&object) == 1 {
            self.rows.push(object);
            return index(self.rows.len() - 1);
        }
        *self.places.entry(Arc::as_ptr(&object)).or_insert_with(|| {
            self.rows.push(object);
            index(self.rows.len() - 1)
        })
    }
}

/// Positions are 32 bits wide: an answer is far smaller than that.
pub(super) fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
