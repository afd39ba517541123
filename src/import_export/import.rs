//! Import: everything is read and checked first, then written, in one transaction.
//!
//! The files of records are read three times, so that memory holds no more than the keys: for the keys, for the checks, for
//! writing. Records are matched by key: new ones are added, changed ones are updated, others are left alone. What the files
//! do not say stays as it is: records without a row, columns and files that are missing.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use rustc_hash::FxHashMap;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::{
    Failure, Files, Problem, Problems,
    annotations::{self, Annotations},
    columns::{self, file_name},
    csv_reader::Contents,
    dataset_change::{begin_change, complete_change},
    effective_visibility::update_effective_visibility,
    inconsistencies::{self, Renamed},
    keys::{Keys, KeysById},
    removals::{Removals, WITHDRAWALS},
    row_reader::RowReader,
    rows::Rows,
    unbuilt_statements::{analyze, defer_foreign_keys},
    value_changes::{self, Change, Warnings},
    write,
};
use crate::{
    clock::{Clock, IdSource},
    db::{Database, Moment, parse_type_id, type_id},
    model::{Model, RecordType, with_article},
};

/// How many rows are checked at a time.
const ROWS: usize = 1_000;

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
    /// Whether to import only into a database that has no records. Nothing is looked for then that does not fit together: it is for
    /// sample data.
    pub only_if_empty: bool,
    /// The tables of the record types whose files say which records there are: others are removed.
    pub replaced: &'a [&'static str],
    /// Whether to undo everything at the end.
    pub dry_run: bool,
    /// Whether to make changes that may be mistakes, too.
    pub accept_warnings: bool,
    /// Called with each change of a value that the database has, before anything is written.
    pub on_change: &'a (dyn Fn(&Change) -> Result<(), Failure> + Sync),
    /// Called with the warnings that are accepted, before anything is committed.
    pub on_accepted: &'a (dyn Fn(&Warnings) + Sync),
    /// Called with the name of a file, and how many of how many rows are written.
    pub progress: &'a (dyn Fn(&str, u64, u64) + Sync),
}

/// What an import did, or would have done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many records are new.
    pub added: u64,
    /// How many were changed, be it only by their names, identifiers or tags.
    pub updated: u64,
    /// How many were removed.
    pub removed: u64,
    /// How many that the files have were left as they were.
    pub unchanged: u64,
    /// How many names, identifiers and tags are new, were changed or were removed.
    pub annotations: u64,
}

/// Imports files: all of them, or nothing if anything is wrong.
pub async fn import(import: Import<'_>) -> Result<Imported, Failure> {
    run(&import).await.map_err(|failure| match (failure, import.files.made()) {
        (Failure::Problems(mut problems), Some(made)) => {
            made.locate_all(&mut problems);
            Failure::Problems(problems)
        }
        (failure, _) => failure,
    })
}

async fn run(import: &Import<'_>) -> Result<Imported, Failure> {
    let mut problems = Problems::default();
    check_names(import, &mut problems)?;
    problems.into_result()?;

    let mut problems = Problems::default();
    let transaction = begin_change(import.database.connection()).await?;
    let mut keys = Keys::stored(&transaction, import.model).await?;
    if import.only_if_empty && keys.iter().next().is_some() {
        return Ok(Imported::default());
    }
    let (contents, unreadable) = read_keys(import, &mut keys, &mut problems);
    let now = Moment(import.clock.now());
    let context = Context {
        import,
        transaction: &transaction,
        keys: &keys,
        keys_by_id: OnceLock::new(),
        unreadable: &unreadable,
        contents: &contents,
        now,
    };
    let mut warnings = Warnings::default();
    let mut renamed = Vec::new();
    for record in import.model.types() {
        context.check(record, &mut problems, &mut warnings, &mut renamed).await?;
    }
    let removals = Removals::read(&context, &mut problems);
    let annotations = Annotations::read(&context, &removals, &mut problems).await?;
    problems.into_result()?;
    let annotations = annotations.compare(&context, &mut warnings).await?;
    removals.report(&context, &mut warnings)?;

    defer_foreign_keys(&transaction).await?;
    let mut written = Written { rows: contents.values().map(|of| of.rows).sum(), ..Written::default() };
    for record in import.model.types() {
        write::write(&context, record, &mut written).await?;
    }
    removals.free_identifiers(&context).await?;
    let annotations = annotations.write(&context, &mut written).await?;
    removals.write(&context, &mut written).await?;
    // All that is wrong is told at once: what does not fit together is found in what was written.
    let mut problems = Problems::default();
    // Sample data have none, which the tests check: looking for them would take a tenth of a server's first start.
    if !import.only_if_empty {
        inconsistencies::find(&context, &written, &mut problems, &mut warnings).await?;
    }
    inconsistencies::find_renamed(&context, renamed, &mut warnings).await?;
    problems.into_result()?;
    if warnings.total > 0 {
        if !import.accept_warnings {
            return Err(Failure::Warnings(warnings));
        }
        (import.on_accepted)(&warnings);
    }
    let imported = written.summary(&keys, annotations);
    if written.changed.is_empty() && written.removed == 0 {
        // An earlier version may have decided otherwise who can see what.
        update_effective_visibility(&transaction, import.model).await?;
    } else {
        complete_change(&transaction, import.model, import.clock).await?;
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
    Ok(imported)
}

/// What the steps of an import share.
pub(super) struct Context<'a> {
    pub(super) import: &'a Import<'a>,
    pub(super) transaction: &'a DatabaseTransaction,
    pub(super) keys: &'a Keys,
    keys_by_id: OnceLock<KeysById>,
    /// The tables whose files have so bad a form that references to their records cannot be checked.
    pub(super) unreadable: &'a HashSet<&'static str>,
    /// What was read of the file of each table.
    pub(super) contents: &'a HashMap<&'static str, Contents>,
    /// The time of the import.
    pub(super) now: Moment,
}

impl<'a> Context<'a> {
    pub(super) fn keys_by_id(&self) -> &KeysById {
        self.keys_by_id.get_or_init(|| KeysById::of(self.keys))
    }

    pub(super) fn row_reader(&self, record: &'a RecordType) -> RowReader<'a> {
        RowReader { record, keys: self.keys, unreadable: self.unreadable, now: self.now }
    }

    /// Names the foreign place of what is wrong, if the files were made of a foreign file.
    pub(super) fn locate(&self, problem: &mut Problem) {
        if let Some(made) = self.import.files.made() {
            made.locate(problem);
        }
    }

    /// Names the foreign row of a change, if the files were made of a foreign file.
    pub(super) fn locate_change(&self, change: &mut Change) {
        if let Some(made) = self.import.files.made() {
            made.locate_change(change);
        }
    }

    /// Tells a change of a value that the database has.
    pub(super) fn report(&self, change: &Change, warnings: &mut Warnings) -> Result<(), Failure> {
        let mut change = Cow::Borrowed(change);
        if self.import.files.made().is_some() {
            self.locate_change(change.to_mut());
        }
        if change.warning.is_some() {
            warnings.add(&*change);
        }
        (self.import.on_change)(&change)
    }

    /// The second reading: every cell, and what it changes.
    async fn check(
        &'a self,
        record: &'a RecordType,
        problems: &mut Problems,
        warnings: &mut Warnings,
        renamed: &mut Vec<Renamed>,
    ) -> Result<(), Failure> {
        let file = file_name(record);
        // The first reading has reported the form.
        let form = &mut Problems::default();
        let Some(rows) = Rows::open(self, record, form) else { return Ok(()) };
        let mut rows = rows.with_stored();
        loop {
            let batch = rows.next(ROWS, form).await?;
            if batch.is_empty() {
                return Ok(());
            }
            for row in batch {
                let reader = self.row_reader(record);
                match reader.read(&row.cells) {
                    Ok(new) => {
                        // What was stored under other rules may not be read by those of today.
                        let old = row.stored.as_ref().and_then(|stored| reader.read(stored).ok());
                        let known = old.as_ref().map_or(&[][..], |old| &old.warnings);
                        for warning in new.warnings.iter().filter(|warning| !known.contains(warning)) {
                            let mut found = Problem::of_warning(&file, row.line, warning.clone());
                            self.locate(&mut found);
                            warnings.add(&found);
                        }
                        let Some(stored) = &row.stored else { continue };
                        for change in value_changes::of_row(record, &row, stored, &new, old.as_ref()) {
                            self.report(&change, warnings)?;
                            renamed.extend(Renamed::of(self, record, change));
                        }
                    }
                    Err(found) => {
                        for mut found in found {
                            if row.stored.is_none() && !rows.has(&found.path) {
                                let why = "the file does not have this column, but new records need it: ";
                                found.message.insert_str(0, why);
                            }
                            problems.add(Problem::of_draft(&file, row.line, found));
                        }
                    }
                }
            }
        }
    }
}

/// What an import has written so far.
#[derive(Default)]
pub(super) struct Written {
    /// How many rows of records there are, and how many of them are written.
    pub(super) rows: u64,
    pub(super) done: u64,
    pub(super) added: u64,
    pub(super) removed: u64,
    /// The records that have lost one of the records that they need several of.
    pub(super) reduced: HashSet<Uuid>,
    /// The records that are new or were changed.
    pub(super) changed: HashSet<Uuid>,
    /// The lines of their rows, and whether they are new.
    pub(super) origins: FxHashMap<Uuid, Origin>,
}

/// Where a record that was written comes from.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    /// The table of the record.
    pub(super) table: &'static str,
    /// The line of its row.
    pub(super) line: u64,
    /// Whether the database did not have it.
    pub(super) is_new: bool,
}

impl Written {
    fn summary(&self, keys: &Keys, annotations: u64) -> Imported {
        let unchanged = keys.iter().filter(|(_, _, known)| known.is_in_file && !self.changed.contains(&known.id));
        Imported {
            added: self.added,
            removed: self.removed,
            updated: (self.changed.len() as u64).saturating_sub(self.added),
            unchanged: unchanged.count() as u64,
            annotations,
        }
    }
}

/// Checks that there are files, and only such as are known: the name of a file may be misspelt.
fn check_names(import: &Import<'_>, problems: &mut Problems) -> Result<(), Failure> {
    let Files::In(directory) = import.files else { return Ok(()) };
    let whole = |message: String| Problem::of_file(&directory.display().to_string(), 0, message);
    if !directory.is_dir() {
        problems.add(whole("there is no such directory".to_owned()));
        return Ok(());
    }
    let known: Vec<String> =
        import.model.types().map(file_name).chain(annotations::file_names()).chain([WITHDRAWALS.to_owned()]).collect();
    let mut is_any = false;
    for entry in directory.read_dir().map_err(|cause| Failure::file(directory, cause))? {
        let name = entry.map_err(|cause| Failure::file(directory, cause))?.file_name();
        let name = name.to_string_lossy();
        if known.iter().any(|known| *known == name) {
            is_any = true;
        } else if name.to_ascii_lowercase().ends_with(".csv") && !name.starts_with('.') {
            let message = format!("the file is not known: the files are {}", known.join(", "));
            problems.add(Problem::of_file(&name, 0, message));
        }
    }
    if !is_any && problems.total == 0 {
        problems.add(whole(format!("the directory has none of the files {}", known.join(", "))));
    }
    Ok(())
}

/// The first reading: the form of all files, the keys and the ids. Says what was read of the file of each table, and of which
/// tables the file has so bad a form that references to its records cannot be checked.
fn read_keys(
    import: &Import<'_>,
    keys: &mut Keys,
    problems: &mut Problems,
) -> (HashMap<&'static str, Contents>, HashSet<&'static str>) {
    let mut contents = HashMap::new();
    let mut unreadable = HashSet::new();
    for record in import.model.types() {
        let file = file_name(record);
        let before = problems.total;
        let mut lines: HashMap<Box<str>, u64> = HashMap::new();
        if let Some(mut reader) = columns::open(import.files, record, problems) {
            while let Some((line, cells)) = reader.next(problems) {
                let (key, id) = (cells[0].as_ref(), cells[1].as_ref());
                let mut reject = |column: &str, value: &str, message: String| {
                    problems.add(Problem::of_cell(&file, line, column, value, message));
                };
                if !is_key(key) {
                    reject("key", key, KEY_FORM.to_owned());
                } else if let Some(first) = lines.insert(key.into(), line) {
                    reject("key", key, format!("line {first} has the same key already: keys are unique"));
                } else if let Err(message) =
                    read_id(record, id).and_then(|id| keys.add(record.table, key, id, import.ids))
                {
                    reject("id", id, message);
                }
            }
            contents.insert(record.table, reader.contents());
        }
        if problems.total > before {
            unreadable.insert(record.table);
        }
    }
    (contents, unreadable)
}

/// Reads an id; an empty cell says nothing.
fn read_id(record: &RecordType, text: &str) -> Result<Option<Uuid>, String> {
    let table = record.table;
    match parse_type_id(text) {
        _ if text.is_empty() => Ok(None),
        Some((prefix, id)) if prefix == table => Ok(Some(id)),
        _ => Err(format!(
            "expected the id of {}, such as {}",
            with_article(table),
            type_id(table, Uuid::from_u128(1 << 120))
        )),
    }
}

/// What a key must be.
pub(crate) const KEY_FORM: &str =
    "expected letters, digits, dots, underscores and hyphens, the first one a letter or a digit";

/// Whether a text has the form of a key.
pub(crate) fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}
