//! What an import changes in records that the database has: each value, before and after.

use std::fmt;

use sea_orm::Value;
use uuid::Uuid;

use super::{
    columns::{HISTORY, headers},
    rows::Row,
    write::NOT_CONTENT,
};
use crate::{
    model::{Column, RecordType, draft::Values, words},
    quoted::Quoted,
};

/// How many warnings are listed; the others are only counted.
const LISTED: usize = 100;

/// The change of one value of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1.
    pub line: u64,
    /// The type of the record: `city`.
    pub kind: &'static str,
    /// The key of the record.
    pub key: String,
    /// The column's header.
    pub column: String,
    /// The value in the database; empty if it is unknown.
    pub old: String,
    /// The value in the file; empty if it is unknown.
    pub new: String,
    /// Why it may be a mistake.
    pub warning: Option<&'static str>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, kind, key, column, old, new, warning } = self;
        write!(f, "{file}:{line}: {} {key}: {column}: {} → {}", words(kind), Quoted(old), Quoted(new))?;
        warning.map_or(Ok(()), |warning| write!(f, ": {warning}"))
    }
}

/// The changes that may be mistakes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// The first of them.
    pub listed: Vec<Change>,
    /// How many there are.
    pub total: u64,
}

impl Warnings {
    pub(super) fn add(&mut self, change: &Change) {
        self.total += 1;
        if self.listed.len() < LISTED {
            self.listed.push(change.clone());
        }
    }
}

impl fmt::Display for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.listed {
            writeln!(f, "{change}")?;
        }
        let more = self.total - self.listed.len() as u64;
        if more > 0 {
            writeln!(f, "… and {more} more")?;
        }
        write!(f, "{} warning(s); nothing was changed", self.total)
    }
}

/// The changes that a row makes. `new` and `old` are what the cells of the row and those of the database say.
pub(super) fn of_row(record: &RecordType, file: &str, row: &Row, new: &Values<'_>, old: &Values<'_>) -> Vec<Change> {
    if is_same(new, old) {
        return Vec::new();
    }
    let Some(stored) = &row.stored else { return Vec::new() };
    let cells = headers(record).into_iter().zip(stored.iter().zip(&row.cells));
    let content = cells.filter(|(header, _)| !HISTORY.contains(&header.as_str()));
    content
        .filter(|(_, (old, new))| old != new)
        .map(|(column, (old, new))| Change {
            file: file.to_owned(),
            line: row.line,
            kind: record.table,
            key: row.cells[0].clone(),
            warning: warning(record, &column, old, new),
            column,
            old: old.clone(),
            new: new.clone(),
        })
        .collect()
}

/// Why a change may be a mistake.
fn warning(record: &RecordType, column: &str, old: &str, new: &str) -> Option<&'static str> {
    if new.is_empty() {
        Some("a known value becomes unknown")
    } else if record.defining.contains(&column) && !old.is_empty() {
        Some("the row may mean another record: give it a key of its own")
    } else {
        None
    }
}

/// Whether two records have the same content, however it is written.
fn is_same(one: &Values<'_>, other: &Values<'_>) -> bool {
    let is_content = |column: &Column| !NOT_CONTENT.contains(&column.name);
    let columns = |values: &Values<'_>| -> Vec<(usize, Value)> {
        let content = values.columns.iter().filter(|(column, _)| is_content(column));
        content.map(|(column, value)| (column.index, value.clone())).collect()
    };
    let lists = |values: &Values<'_>| -> Vec<Vec<Uuid>> {
        let sorted = values.lists.iter().map(|(_, list)| {
            let mut list = list.clone();
            list.sort_unstable();
            list
        });
        sorted.collect()
    };
    columns(one) == columns(other) && lists(one) == lists(other)
}
