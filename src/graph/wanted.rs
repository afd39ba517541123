//! What a selection wants of records: their columns, and the records that they refer to, which ride along in the same
//! statement.
//!
//! A record that is referred to by a column is had by a join on its primary key, which costs the database next to nothing,
//! where a statement of its own costs a round trip. What rode along is kept for the request ([`Riders`]); the relation finds
//! it there when its turn comes. So joins save statements, and never change an answer.

use std::{
    any::Any,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustc_hash::{FxHashMap, FxHashSet};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::{
    db::Sql,
    error::Result,
    graph::{ColumnReader, Columns, Kind, Record},
};

/// How many tables are joined to one at most: planning takes time, too.
const MOST: usize = 6;

/// What a selection wants of the records of one kind.
#[derive(Clone, Default)]
pub struct Wanted {
    pub(super) columns: Columns,
    riders: Vec<Rider>,
}

/// Records that ride along with those that refer to them.
#[derive(Clone)]
struct Rider {
    /// The field of the document that they are wanted for.
    place: Place,
    on: Reference,
    kind: &'static dyn Kind,
    wanted: Wanted,
}

/// A field of a document, as long as the document lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place(pub usize);

/// Columns that refer to a record: of one kind, or of the kind that a second column says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    pub id: &'static str,
    pub kind: Option<&'static str>,
}

impl Wanted {
    pub(super) fn of(columns: Columns) -> Self {
        Self { columns, riders: Vec::new() }
    }

    /// What both want.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.columns = self.columns.and(other.columns);
        for rider in other.riders {
            self.ride(rider.place, rider.on, rider.kind, rider.wanted);
        }
        self
    }

    /// Lets the records of a kind that `on` refers to ride along, for a field; unless there are too many, which are then
    /// loaded by a statement of their own.
    pub(super) fn ride(&mut self, place: Place, on: Reference, kind: &'static dyn Kind, wanted: Wanted) {
        if self.count() + wanted.count() < MOST {
            self.riders.push(Rider { place, on, kind, wanted });
        }
    }

    /// How many tables are joined.
    fn count(&self) -> usize {
        self.riders.iter().map(|rider| 1 + rider.wanted.count()).sum()
    }

    pub(super) fn has_riders(&self) -> bool {
        !self.riders.is_empty()
    }

    /// Appends the columns: of `alias`, then of each rider, after the id that refers to it.
    pub(super) fn write_columns<R: Record>(&self, sql: &mut Sql, alias: &str) {
        write_names(sql, alias, self.columns.names::<R>());
        self.write_riders(sql, alias, &mut 0);
    }

    fn write_riders(&self, sql: &mut Sql, alias: &str, count: &mut usize) {
        for rider in &self.riders {
            let joined = next(count);
            sql.push(", ");
            rider.write_reference(sql, alias);
            sql.push(", ");
            write_names(sql, &joined, rider.kind.column_names(rider.wanted.columns).into_iter());
            rider.wanted.write_riders(sql, &joined, count);
        }
    }

    /// Appends the joins of the riders, as far as the viewer of this rank may see them.
    pub(super) fn write_joins(&self, sql: &mut Sql, alias: &str, rank: i16) {
        self.write_joins_from(sql, alias, rank, &mut 0);
    }

    fn write_joins_from(&self, sql: &mut Sql, alias: &str, rank: i16, count: &mut usize) {
        for rider in &self.riders {
            let joined = next(count);
            sql.push(" LEFT JOIN \"").push(rider.kind.kind()).push("\" AS ").push(&joined).push(" ON ");
            sql.column(&joined, "id").push(" = ");
            rider.write_reference(sql, alias);
            sql.push(" AND ").column(&joined, "audience").push(" <= ").bind(rank);
            rider.wanted.write_joins_from(sql, &joined, rank, count);
        }
    }

    /// Reads rows, after `skip` other values: the record of each; those that ride along are kept.
    pub(super) fn reader<'a>(&'a self, riders: &'a Riders, skip: usize) -> Reader<'a> {
        Reader { wanted: self, riders, skip, seen: FxHashSet::default() }
    }

    /// How many values it takes in a row.
    fn width(&self) -> usize {
        self.columns.count() + self.riders.iter().map(|rider| 1 + rider.wanted.width()).sum::<usize>()
    }
}

impl Rider {
    /// Appends the id that refers to the rider; `NULL`, if the reference is to a record of another kind.
    fn write_reference(&self, sql: &mut Sql, alias: &str) {
        match self.on.kind {
            None => {
                sql.column(alias, self.on.id);
            }
            Some(kind) => {
                sql.push("CASE WHEN ").column(alias, kind).push(" = '").push(self.kind.kind()).push("' THEN ");
                sql.column(alias, self.on.id).push(" END");
            }
        }
    }
}

fn next(count: &mut usize) -> String {
    *count += 1;
    format!("r{count}")
}

fn write_names(sql: &mut Sql, alias: &str, names: impl Iterator<Item = &'static str>) {
    for (i, column) in names.enumerate() {
        sql.push(if i > 0 { ", " } else { "" }).column(alias, column);
    }
}

/// Reads the rows of one statement.
pub(super) struct Reader<'a> {
    wanted: &'a Wanted,
    riders: &'a Riders,
    skip: usize,
    /// The riders that were read already: many rows may refer to one record.
    seen: FxHashSet<(Place, Uuid)>,
}

impl Reader<'_> {
    pub(super) fn read<R: Record>(&mut self, row: &QueryResult) -> Result<Arc<R>> {
        let record = Arc::new(R::read(&mut ColumnReader::new(row, self.wanted.columns, self.skip))?);
        self.read_riders(self.wanted, row, self.skip + self.wanted.columns.count())?;
        Ok(record)
    }

    /// Reads the riders of a row; says where the next value stands.
    fn read_riders(&mut self, wanted: &Wanted, row: &QueryResult, mut at: usize) -> Result<usize> {
        for rider in &wanted.riders {
            let id: Option<Uuid> = row.try_get_by_index(at)?;
            at += 1;
            let Some(id) = id.filter(|id| self.seen.insert((rider.place, *id))) else {
                at += rider.wanted.width();
                continue;
            };
            let visible: Option<Uuid> = row.try_get_by_index(at)?;
            let record = visible.map(|_| rider.kind.read_row(row, rider.wanted.columns, at)).transpose()?;
            self.riders.keep(rider.place, id, Kept { columns: rider.wanted.columns, record });
            at = self.read_riders(&rider.wanted, row, at + rider.wanted.columns.count())?;
        }
        Ok(at)
    }
}

/// The records that rode along, for one request.
#[derive(Default)]
pub(super) struct Riders(Mutex<FxHashMap<(Place, Uuid), Kept>>);

struct Kept {
    columns: Columns,
    /// `None`, if there is no such record, or it may not be seen.
    record: Option<Arc<dyn Any + Send + Sync>>,
}

impl Riders {
    fn keep(&self, place: Place, id: Uuid, kept: Kept) {
        self.lock().insert((place, id), kept);
    }

    /// Of the records that a field leads to, those that rode along for it with all the columns, and the ids of the others.
    pub(super) fn take<R: Record>(
        &self,
        place: Place,
        ids: Vec<Uuid>,
        columns: Columns,
    ) -> (FxHashMap<Uuid, Arc<R>>, Vec<Uuid>) {
        let (kept, mut found, mut missing) = (self.lock(), FxHashMap::default(), Vec::new());
        for id in ids {
            let Some(kept) = kept.get(&(place, id)).filter(|kept| kept.columns.covers(columns)) else {
                missing.push(id);
                continue;
            };
            // The id of a record of another kind finds nothing, as that of a hidden one does.
            if let Some(Ok(record)) = kept.record.clone().map(Arc::downcast) {
                found.insert(id, record);
            }
        }
        (found, missing)
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<(Place, Uuid), Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
