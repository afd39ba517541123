//! Import: everything is read and checked first, then written, in one transaction.
//!
//! The files are read three times, so that memory holds no more than the keys: for the keys, for the checks, for writing.
//! Records are matched by key: new ones are added, changed ones are updated, others are left alone. Nothing is ever removed
//! but the links of a list that no longer names them.

use std::collections::{HashMap, HashSet};

use super::{
    Failure, Files, Problem, Problems, annotations,
    change::{begin_change, complete_change},
    columns::{file_name, headers},
    csv_reader::CsvReader,
    effective_visibility::update_effective_visibility,
    keys::Keys,
    row::RowReader,
    unbuilt_statements::{analyze, defer_foreign_keys},
    write,
};
use crate::{
    clock::{Clock, IdSource},
    db::Database,
    model::{Model, RecordType},
};

/// An import to be done.
pub struct Import<'a> {
    /// The record types.
    pub model: &'static Model,
    /// Where to.
    pub database: &'a Database,
    /// Where from.
    pub files: &'a Files,
    /// When.
    pub clock: &'a Clock,
    /// Where the ids of new records come from.
    pub ids: &'a IdSource,
    /// Whether to undo everything at the end.
    pub dry_run: bool,
    /// Called with the name of a file, and how many of how many rows are written.
    pub progress: &'a (dyn Fn(&str, u64, u64) + Sync),
}

/// What an import did, or would have done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many records are new.
    pub added: u64,
    /// How many were changed.
    pub updated: u64,
    /// How many were left as they were.
    pub unchanged: u64,
    /// How many names, identifiers and tags are new or were changed.
    pub annotations: u64,
}

impl Imported {
    fn is_change(self) -> bool {
        self.added + self.updated + self.annotations > 0
    }
}

/// Imports files: all of them, or nothing if anything is wrong.
pub async fn import(import: Import<'_>) -> Result<Imported, Failure> {
    let mut problems = Problems::default();
    if let Some(directory) = import.files.missing_directory() {
        problems.add(Problem::of_file(&directory.display().to_string(), 0, "there is no such directory"));
    }
    problems.into_result()?;

    let mut problems = Problems::default();
    let transaction = begin_change(import.database.connection()).await?;
    let mut keys = Keys::stored(&transaction, import.model).await?;
    let (total, unreadable) = read_keys(&import, &mut keys, &mut problems);
    for record in import.model.types() {
        check(&import, RowReader { record, keys: &keys, unreadable: &unreadable }, &mut problems);
    }
    annotations::check(&import, &keys, &unreadable, &mut problems);
    problems.into_result()?;

    defer_foreign_keys(&transaction).await?;
    let mut counts = Counts { done: 0, total, imported: Imported::default() };
    for record in import.model.types() {
        write::write(&import, &transaction, record, &keys, &mut counts).await?;
    }
    counts.imported.annotations = annotations::write(&import, &transaction, &keys).await?;
    if counts.imported.is_change() {
        complete_change(&transaction, import.model, import.clock).await?;
    } else {
        // An earlier version may have decided otherwise who can see what.
        update_effective_visibility(&transaction, import.model).await?;
    }
    if import.dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
        // The import is done, also if this fails.
        if let Err(cause) = analyze(import.database.connection()).await {
            tracing::warn!(%cause, "the statistics of the database could not be updated: run ANALYZE");
        }
    }
    Ok(counts.imported)
}

/// How far an import is, and what it did so far.
pub(super) struct Counts {
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) imported: Imported,
}

/// The first reading: the form of all files, and the keys. Says how many rows there are, and of which tables the file has so
/// bad a form that references to its records cannot be checked.
fn read_keys(import: &Import<'_>, keys: &mut Keys, problems: &mut Problems) -> (u64, HashSet<&'static str>) {
    let mut rows = 0;
    let mut unreadable = HashSet::new();
    for record in import.model.types() {
        let file = file_name(record);
        let before = problems.total;
        let mut lines: HashMap<Box<str>, u64> = HashMap::new();
        if let Some(mut reader) = CsvReader::open(import.files, &file, headers(record), problems) {
            while let Some((line, cells)) = reader.next(problems) {
                rows += 1;
                let key = cells[0];
                let message = if !is_key(key) {
                    "expected letters, digits, dots, underscores and hyphens, the first one a letter or a digit"
                        .to_owned()
                } else if let Some(first) = lines.insert(key.into(), line) {
                    format!("line {first} has the same key already: keys are unique")
                } else {
                    keys.add(record.table, key, import.ids);
                    continue;
                };
                let problem = Problem {
                    column: "key".to_owned(),
                    value: key.to_owned(),
                    ..Problem::of_file(&file, line, message)
                };
                problems.add(problem);
            }
        }
        if problems.total > before {
            unreadable.insert(record.table);
        }
    }
    (rows, unreadable)
}

fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// The second reading: every cell.
fn check(import: &Import<'_>, rows: RowReader<'_>, problems: &mut Problems) {
    let record: &RecordType = rows.record;
    let file = file_name(record);
    // The first reading has reported the form.
    let form = &mut Problems::default();
    let Some(mut reader) = CsvReader::open(import.files, &file, headers(record), form) else {
        return;
    };
    while let Some((line, cells)) = reader.next(form) {
        for found in rows.read(&cells).err().into_iter().flatten() {
            problems.add(Problem::of_draft(&file, line, found));
        }
    }
}
