//! Which columns of a table a request needs: those that the selected fields say they use, and no others.
//!
//! Fields that say nothing use all columns, so forgetting to say so costs time, and never truth.

use sea_orm::{DbErr, QueryResult, TryGetable};

use crate::graph::Record;

/// A set of columns of a table, by their places in [`Record::COLUMNS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns(u64);

impl Columns {
    /// Every column.
    pub const ALL: Self = Self(u64::MAX);

    /// The columns named, and the id.
    ///
    /// # Panics
    /// If the table has no such column: a mistake in a slice, which every test would meet.
    #[must_use]
    pub fn of<R: Record>(names: &[&str]) -> Self {
        let place = |name: &&str| R::COLUMNS.iter().position(|c| c == name).expect("a column of the table");
        Self(names.iter().chain(&["id"]).map(place).fold(0, |set, i| set | 1 << i))
    }

    /// The columns of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of the columns that the table of `R` has.
    #[must_use]
    pub(super) const fn within<R: Record>(self) -> Self {
        Self(self.0 & (u64::MAX >> (64 - R::COLUMNS.len())))
    }

    /// How many columns there are.
    pub(super) const fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the other columns are among these.
    pub(super) const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    const fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }

    /// The names of the columns, in the order of the table.
    pub(super) fn names<R: Record>(self) -> impl Iterator<Item = &'static str> {
        R::COLUMNS.iter().enumerate().filter(move |(i, _)| self.has(*i)).map(|(_, name)| *name)
    }
}

/// Reads a row column by column, in the order of the table. Columns that were not asked for are left at their default,
/// which nobody reads.
pub struct ColumnReader<'a> {
    row: &'a QueryResult,
    columns: Columns,
    place: usize,
    read: usize,
}

impl<'a> ColumnReader<'a> {
    /// Reads a row whose first values are those of `columns`, after `skip` others.
    #[must_use]
    pub fn new(row: &'a QueryResult, columns: Columns, skip: usize) -> Self {
        Self { row, columns, place: 0, read: skip }
    }

    /// The value of the next column.
    pub fn take<T: TryGetable + Default>(&mut self) -> Result<T, DbErr> {
        self.place += 1;
        if !self.columns.has(self.place - 1) {
            return Ok(T::default());
        }
        self.read += 1;
        self.row.try_get_by_index(self.read - 1)
    }
}
