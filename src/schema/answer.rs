//! What a field answered for all objects of a scope.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{execute::Objects, leaf::json};
use crate::query::projection::Row;

/// The values of one field, one for each object of a scope.
pub enum Answer {
    /// Leaves.
    Leaves(Leaves),
    /// An object, or `null`, for each object.
    One(Positions),
    /// A list of objects for each object: object `i` has the positions from `starts[i]` to `starts[i + 1]`.
    Many {
        /// One more than there are objects.
        starts: Vec<u32>,
        /// The items of all lists.
        positions: Positions,
    },
}

/// Leaves as JSON, one after the other.
#[derive(Default)]
pub struct Leaves {
    pub(super) text: Vec<u8>,
    pub(super) ends: Vec<u32>,
}

/// Objects of one or several types, and which of them stands at each position.
#[derive(Default)]
pub struct Positions {
    pub(super) groups: Vec<Box<dyn Objects>>,
    pub(super) positions: Vec<Position>,
}

/// The value at a position.
#[derive(Clone, Copy)]
pub enum Position {
    /// `null`.
    Null,
    /// The `object`th object of the `group`th group.
    Object {
        /// The index of the group.
        group: u32,
        /// The index of the object in the group.
        object: u32,
    },
}

impl Positions {
    /// Whether there is nothing at one of them.
    pub(super) fn has_null(&self) -> bool {
        self.positions.iter().any(|position| matches!(position, Position::Null))
    }
}

impl Answer {
    /// Leaves that serialize as JSON.
    pub fn leaves<T: serde::Serialize>(values: impl Iterator<Item = T>) -> Self {
        let mut leaves = Leaves::default();
        for value in values {
            json(&value, &mut leaves.text);
            leaves.ends.push(index(leaves.text.len()));
        }
        Self::Leaves(leaves)
    }

    /// One object, or `null`, for each object. An object that stands in several positions should be given as the same
    /// `Arc`: it is then executed once.
    pub fn one<S: Send + Sync + 'static>(ty: &'static str, objects: impl Iterator<Item = Option<Arc<S>>>) -> Self {
        let mut distinct = Distinct::default();
        let position = |object: Option<Arc<S>>| match object {
            Some(object) => Position::Object { group: 0, object: distinct.add(object) },
            None => Position::Null,
        };
        let positions = objects.map(position).collect();
        Self::One(Positions { groups: vec![Box::new((ty, distinct.objects))], positions })
    }

    /// A record, or `null`, for each object.
    pub fn one_record(records: impl Iterator<Item = Option<Arc<Row>>>) -> Self {
        let mut groups = RecordGroups::default();
        let positions = records.map(|record| groups.position(record)).collect();
        Self::One(groups.finish(positions))
    }

    /// A list of records for each object.
    pub fn many_records(lists: impl Iterator<Item = impl IntoIterator<Item = Arc<Row>>>) -> Self {
        let (mut starts, mut positions) = (vec![0], Vec::new());
        let mut groups = RecordGroups::default();
        for list in lists {
            positions.extend(list.into_iter().map(|record| groups.position(Some(record))));
            starts.push(index(positions.len()));
        }
        Self::Many { starts, positions: groups.finish(positions) }
    }

    /// A list of objects for each object.
    pub fn many<S: Send + Sync + 'static>(
        ty: &'static str,
        lists: impl Iterator<Item = impl IntoIterator<Item = Arc<S>>>,
    ) -> Self {
        let mut starts = vec![0];
        let mut distinct = Distinct::default();
        let mut positions = Vec::new();
        for list in lists {
            positions
                .extend(list.into_iter().map(|object| Position::Object { group: 0, object: distinct.add(object) }));
            starts.push(index(positions.len()));
        }
        Self::Many { starts, positions: Positions { groups: vec![Box::new((ty, distinct.objects))], positions } }
    }
}

/// Records of any types, in groups of one type.
#[derive(Default)]
pub(super) struct RecordGroups(Vec<(&'static str, Distinct<Row>)>);

impl RecordGroups {
    /// The position of a record, which is added to its group.
    pub fn position(&mut self, record: Option<Arc<Row>>) -> Position {
        let Some(record) = record else { return Position::Null };
        let ty = record.record().name;
        let group = self.0.iter().position(|(known, _)| *known == ty).unwrap_or_else(|| {
            self.0.push((ty, Distinct::default()));
            self.0.len() - 1
        });
        Position::Object { group: index(group), object: self.0[group].1.add(record) }
    }

    /// The groups, and the positions that were made.
    pub fn finish(self, positions: Vec<Position>) -> Positions {
        let groups = self.0.into_iter().map(|(ty, records)| Box::new((ty, records.objects)) as Box<_>).collect();
        Positions { groups, positions }
    }
}

/// Objects, each once.
pub(super) struct Distinct<S> {
    pub objects: Vec<Arc<S>>,
    known: FxHashMap<*const S, u32>,
}

// Written out, because a derive would ask the same of `S`.
impl<S> Default for Distinct<S> {
    fn default() -> Self {
        Self { objects: Vec::new(), known: FxHashMap::default() }
    }
}

impl<S> Distinct<S> {
    /// Adds an object; says which one it is.
    pub fn add(&mut self, object: Arc<S>) -> u32 {
        // An object with a single reference cannot occur again.
        if Arc::strong_count(&object) == 1 {
            self.objects.push(object);
            return index(self.objects.len() - 1);
        }
        *self.known.entry(Arc::as_ptr(&object)).or_insert_with(|| {
            self.objects.push(object);
            index(self.objects.len() - 1)
        })
    }
}

/// An index of 32 bits; an answer never has as many objects or bytes.
pub(super) fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
