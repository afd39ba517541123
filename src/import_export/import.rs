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
    annotations::Annotations,
    columns::file_name,
    csv_reader::Contents,
    dataset_change::{begin_change, complete_change, complete_change_of},
    effective_visibility::{decides_who_sees, update_effective_visibility},
    first_reading::{check_names, read_keys},
    inconsistencies::{self, Renamed},
    keys::{Keys, KeysById},
    removals::Removals,
    row_reader::RowReader,
    rows::Rows,
    unbuilt_statements::{analyze, defer_foreign_keys},
    value_changes::{self, Change, Warnings},
    write,
};
use crate::{
    clock::{Clock, IdSource},
    db::{Database, Moment},
    model::{Model, RecordType},
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

    let transaction = begin_change(import.database.connection()).await?;
    let mut keys = Keys::stored(&transaction, import.model).await?;
    if import.only_if_empty && keys.iter().next().is_some() {
        return Ok(Imported::default());
    }
    let imported = change(import, &transaction, &mut keys, Scope::All).await?;
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

/// Checks and writes what files say, in a transaction that the caller commits.
pub(super) async fn change(
    import: &Import<'_>,
    transaction: &DatabaseTransaction,
    keys: &mut Keys,
    scope: Scope,
) -> Result<Imported, Failure> {
    let mut problems = Problems::default();
    let (contents, unreadable) = read_keys(import, keys, &mut problems);
    let now = Moment(import.clock.now());
    let context = Context {
        import,
        transaction,
        scope,
        keys,
        keys_by_id: OnceLock::new(),
        unreadable: &unreadable,
        contents: &contents,
        now,
    };
    let mut warnings = Warnings::default();
    let mut compared = Compared::default();
    for record in import.model.types() {
        context.check(record, &mut problems, &mut warnings, &mut compared).await?;
    }
    let removals = Removals::read(&context, &mut problems);
    let annotations = Annotations::read(&context, &removals, &mut problems).await?;
    problems.into_result()?;
    let annotations = annotations.compare(&context, &mut warnings).await?;
    removals.report(&context, &mut warnings)?;

    defer_foreign_keys(transaction).await?;
    let rows = contents.values().map(|of| of.rows).sum();
    let mut written = Written { rows, reranked: compared.reranked, ..Written::default() };
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
    if scope == Scope::All {
        inconsistencies::find_renamed(&context, compared.renamed, &mut warnings).await?;
    }
    problems.into_result()?;
    if warnings.total > 0 {
        if !import.accept_warnings {
            return Err(Failure::Warnings(warnings));
        }
        (import.on_accepted)(&warnings);
    }
    let imported = written.summary(keys, annotations);
    match scope {
        // An earlier version may have decided otherwise who can see what.
        Scope::All if written.is_empty() => update_effective_visibility(transaction, import.model).await?,
        Scope::All => complete_change(transaction, import.model, import.clock).await?,
        Scope::Named if written.is_empty() => {}
        Scope::Named => complete_change_of(transaction, import.model, import.clock, &written).await?,
    }
    Ok(imported)
}

/// What a change looks at beside what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All records: a few statements, each of which reads whole tables.
    All,
    /// Only what has to do with the records that are named: more statements, which read little.
    Named,
}

/// What the steps of an import share.
pub(super) struct Context<'a> {
    pub(super) import: &'a Import<'a>,
    pub(super) transaction: &'a DatabaseTransaction,
    pub(super) scope: Scope,
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
        // An edit says expressly what it changes.
        if change.warning.is_some() && self.scope == Scope::All {
            warnings.add_change(&change);
        }
        (self.import.on_change)(&change)
    }

    /// The second reading: every cell, and what it changes.
    async fn check(
        &'a self,
        record: &'a RecordType,
        problems: &mut Problems,
        warnings: &mut Warnings,
        compared: &mut Compared,
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
                            warnings.add(found);
                        }
                        let Some(stored) = &row.stored else { continue };
                        for change in value_changes::of_row(record, &row, stored, &new, old.as_ref()) {
                            self.report(&change, warnings)?;
                            if decides_who_sees(record, &change.column) {
                                let known = self.keys.get(record.table, &change.key);
                                compared.reranked.extend(known.map(|known| known.id));
                            }
                            compared.renamed.extend(Renamed::of(self, record, change));
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

/// What the comparison with the database has found.
#[derive(Default)]
struct Compared {
    renamed: Vec<Renamed>,
    /// The records that may be shown to others than before.
    reranked: HashSet<Uuid>,
}

/// What an import has written so far.
#[derive(Default)]
pub(super) struct Written {
    /// How many rows of records there are, and how many of them are written.
    pub(super) rows: u64,
    pub(super) done: u64,
    pub(super) added: u64,
    pub(super) removed: u64,
    /// The records that have lost one of the records that they need several of, with their tables.
    pub(super) reduced: FxHashMap<Uuid, &'static str>,
    /// The records that are new or were changed, with their tables.
    pub(super) changed: FxHashMap<Uuid, &'static str>,
    /// Those of them that the database had, and that may be shown to others than before.
    pub(super) reranked: HashSet<Uuid>,
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
    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed == 0
    }

    fn summary(&self, keys: &Keys, annotations: u64) -> Imported {
        let unchanged = keys.iter().filter(|(_, _, known)| known.is_in_file && !self.changed.contains_key(&known.id));
        Imported {
            added: self.added,
            removed: self.removed,
            updated: (self.changed.len() as u64).saturating_sub(self.added),
            unchanged: unchanged.count() as u64,
            annotations,
        }
    }
}
