//! What an import changes in records that the database has: each value, before and after.

use std::{collections::HashSet, fmt};

use super::{
    Problem,
    columns::{file_name, headers_of, imported},
    rows::Row,
};
use crate::{
    model::{Attribute, AttributeKind, Column, RecordType, draft::Values, words},
    quoted::Quoted,
};

/// How many warnings are listed; the others are only counted.
const LISTED: usize = 100;

/// The warning if a value is removed.
pub(super) const BECOMES_UNKNOWN: &str = "a known value becomes unknown";

/// The change of one value of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1; 0 if it is a row that is missing.
    pub line: u64,
    /// The type of the record: `city`.
    pub kind: &'static str,
    /// The key of the record.
    pub key: String,
    /// The column's header; of names, identifiers and tags, the name of their file.
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
        f.write_str(file)?;
        if *line > 0 {
            write!(f, ":{line}")?;
        }
        write!(f, ": {} {key}: {column}: {} → {}", words(kind), Quoted(old), Quoted(new))?;
        warning.map_or(Ok(()), |warning| write!(f, ": {warning}"))
    }
}

/// Something that may be a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// In what is said.
    Problem(Problem),
    /// In what is changed by it.
    Change(Change),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Change(change) => change.fmt(f),
        }
    }
}

/// What may be a mistake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// The first of them.
    pub listed: Vec<Warning>,
    /// How many there are.
    pub total: u64,
}

impl Warnings {
    pub(super) fn add(&mut self, problem: Problem) {
        self.add_warning(|| Warning::Problem(problem));
    }

    pub(super) fn add_change(&mut self, change: &Change) {
        self.add_warning(|| Warning::Change(change.clone()));
    }

    fn add_warning(&mut self, warning: impl FnOnce() -> Warning) {
        self.total += 1;
        if self.listed.len() < LISTED {
            self.listed.push(warning());
        }
    }

    /// The first of them, and how many others there are.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let more = self.total - self.listed.len() as u64;
        let more = (more > 0).then(|| format!("… and {more} more"));
        self.listed.iter().map(ToString::to_string).chain(more)
    }
}

impl fmt::Display for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.lines() {
            writeln!(f, "{line}")?;
        }
        write!(f, "{} warning(s); nothing was changed", self.total)
    }
}

/// The changes that a row makes in a record: `stored` are the cells of the record in the database. `new` and `old` are what
/// the two say; `old` is `None` if it cannot be read.
pub(super) fn of_row(
    record: &RecordType,
    row: &Row,
    stored: &[String],
    new: &Values<'_>,
    old: Option<&Values<'_>>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    // After the key and the id.
    let mut cells = stored.iter().zip(&row.cells).skip(2);
    for attribute in imported(record) {
        let is_same = old.is_some_and(|old| is_same(attribute, new, old));
        for (column, (old, new)) in headers_of(attribute).into_iter().zip(cells.by_ref()) {
            if !is_same && old != new {
                changes.push(Change {
                    file: file_name(record),
                    line: row.line,
                    kind: record.table,
                    key: row.cells[0].clone(),
                    warning: warning(record, &column, old, new),
                    column,
                    old: old.clone(),
                    new: new.clone(),
                });
            }
        }
    }
    changes
}

/// Why a change may be a mistake.
fn warning(record: &RecordType, column: &str, old: &str, new: &str) -> Option<&'static str> {
    if new.is_empty() {
        Some(BECOMES_UNKNOWN)
    } else if record.defining.contains(&column) && !old.is_empty() {
        Some("the row may mean another record: give it a key of its own")
    } else {
        None
    }
}

/// Whether two records have the same value of an attribute, however it is written.
fn is_same(attribute: &Attribute, one: &Values<'_>, other: &Values<'_>) -> bool {
    let list = |values: &Values<'_>| {
        let found = values.lists.iter().find(|(of, _)| of.name == attribute.name);
        found.map(|(_, ids)| ids.iter().copied().collect::<HashSet<_>>())
    };
    let columns = match &attribute.kind {
        AttributeKind::Name { name, language, .. } => vec![*name, *language],
        _ => attribute.columns(),
    };
    let value = |values: &Values<'_>, column: &Column| {
        let found = values.columns.iter().find(|(of, _)| of.index == column.index);
        found.map(|(_, value)| value.clone())
    };
    list(one) == list(other) && columns.iter().all(|column| value(one, column) == value(other, column))
}
