//! Edits: what mutations ask for, all or nothing.
//!
//! Edits become files of our form in memory, so they are checked and written exactly as an import is, but only what has to do with
//! the records that they name is read.

mod cascade;
mod idempotency;
mod keys;
mod references;
mod rows;

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

pub use self::idempotency::IdempotencyKey;
use self::{
    keys::{check_own_keys, check_versions, own_keys, read_keys},
    references::Resolved,
};
use super::{
    Failure, Files, Import, Problem, Problems, Warnings,
    dataset_change::begin_change,
    import::{Scope, change},
    keys::Keys,
};
use crate::{
    clock::{Clock, IdSource},
    db::{Database, type_id},
    model::{Model, Visibility, draft::ProblemCode, identifier::IdentifierScheme},
};

/// What is to be done with one record.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Where it stands in what was asked for: `edits.2.createCity`; empty if it is all that was asked for.
    pub path: String,
    /// Where what is said of the record stands: `edits.2.createCity.input`.
    pub input_path: String,
    /// The table of the record.
    pub table: &'static str,
    /// What is to be done.
    pub action: Action,
    /// The visibility of the record if it is new and nothing is said of it.
    pub visibility: Visibility,
    /// What is said of its attributes.
    pub cells: Vec<Cell>,
    /// The names, identifiers and tags that it is to have instead of those that it has.
    pub lists: Vec<AnnotationList>,
}

/// What is to be done with a record.
#[derive(Clone, Debug)]
pub enum Action {
    /// It is added. Without a key, its global id becomes its key.
    Create {
        /// Its key.
        key: Option<String>,
    },
    /// What is said of it is changed.
    Update {
        /// Which record it is.
        by: Reference,
        /// The version that it must have.
        version: Option<i32>,
    },
    /// It is added, or changed if there is one with this key.
    Upsert {
        /// Its key.
        key: String,
    },
    /// It is deleted.
    Delete {
        /// Which record it is.
        by: Reference,
        /// The version that it must have.
        version: Option<i32>,
        /// Whether what refers to it goes with it: records that cannot be without it are deleted, and other references are cleared.
        cascade: bool,
    },
}

/// What is said of an attribute.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The header of its column in the file of the record type.
    pub header: String,
    /// Where the value stands in what was asked for, such as `input.toCity`.
    pub path: String,
    /// The value.
    pub value: CellValue,
}

/// A value of an attribute.
#[derive(Clone, Debug)]
pub enum CellValue {
    /// Its text form in files. Empty means unknown.
    Text(String),
    /// The key of a record.
    Key(Reference),
    /// The keys of records.
    Keys(Vec<Reference>),
}

/// The names, identifiers or tags of a record.
#[derive(Clone, Debug)]
pub struct AnnotationList {
    /// The file that has them.
    pub file: &'static str,
    /// For each, where it stands, and its cells.
    pub rows: Vec<(String, Vec<Cell>)>,
}

/// A record that is named.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Where the name stands in what was asked for.
    pub path: String,
    /// The table of the record.
    pub table: &'static str,
    /// How it is named.
    pub by: By,
}

/// How a record is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// By its id.
    Id(Uuid),
    /// By its key.
    Key(String),
    /// By an identifier in an external system.
    Identifier(IdentifierScheme, String),
    /// It is the record of an earlier edit, by its position.
    Edit(usize),
}

/// Edits to be made.
pub struct Edits<'a> {
    /// The record types.
    pub model: &'static Model,
    /// Where.
    pub database: &'a Database,
    /// When.
    pub clock: &'a Clock,
    /// Where the ids of new records come from.
    pub ids: &'a IdSource,
    /// What is to be done. Each record is named by one of them at most.
    pub edits: Vec<Edit>,
    /// How it is known again, should it be asked for again.
    pub idempotency: Option<IdempotencyKey>,
    /// What is wrong with how it was asked for: nothing is done then, but everything else is checked, too.
    pub problems: Vec<Problem>,
}

/// What edits did.
#[derive(Debug, Default)]
pub struct Edited {
    /// The records of the edits: their tables and ids.
    pub records: Vec<(&'static str, Uuid)>,
    /// The records that were deleted because they referred to one that was.
    pub also_deleted: Vec<(&'static str, Uuid)>,
    /// The records that have lost a reference to one that was deleted.
    pub also_changed: Vec<(&'static str, Uuid)>,
    /// What may be a mistake.
    pub warnings: Warnings,
}

/// Makes edits: all of them, or none if anything is wrong. The columns of problems and warnings are their places in what was asked
/// for.
pub async fn edit(asked: Edits<'_>) -> Result<Edited, Failure> {
    let Edits { model, database, clock, ids, mut edits, idempotency, problems: mut known } = asked;
    known.extend(idempotency.as_ref().and_then(IdempotencyKey::problem));
    for cell in edits.iter_mut().flat_map(Edit::cells_mut) {
        known.extend(cell.refuse_nul());
    }
    let transaction = begin_change(database.connection()).await?;
    if let Some(key) = idempotency.as_ref().filter(|_| known.is_empty()) {
        match key.done(&transaction, model).await? {
            None => {}
            Some(Ok(edited)) => return Ok(edited),
            Some(Err(problem)) => known.push(problem),
        }
    }
    let asked = edits.len();
    let mut read = Read::new(&transaction, model, &edits, ids).await?;
    if edits.iter().any(Edit::cascades) {
        match cascade::consequences(&transaction, model, &edits, &read).await? {
            Ok(more) => edits.extend(more),
            Err(problem) => {
                let mut problems = Problems::default();
                problems.add(problem);
                return Err(Failure::Problems(problems));
            }
        }
        read = Read::new(&transaction, model, &edits, ids).await?;
    }
    let Read { made, resolved, mut own, mut keys, mut problems } = read;
    check_own_keys(&edits, &mut own, &keys, &mut problems);
    check_versions(&transaction, &edits, &own, &keys, &mut problems).await?;

    let files = rows::files(model, &edits, &own, &made, &keys, &resolved)?;
    let accepted = Mutex::new(Warnings::default());
    let import = Import {
        model,
        database,
        files: &Files::Made(Arc::new(files)),
        clock,
        ids,
        only_if_empty: false,
        replaced: &[],
        dry_run: false,
        accept_warnings: true,
        on_change: &|_| Ok(()),
        on_accepted: &|warnings| *accepted.lock().unwrap_or_else(PoisonError::into_inner) = warnings.clone(),
        progress: &|_, _, _| (),
    };
    match change(&import, &transaction, &mut keys, Scope::Named).await {
        Ok(_) => {}
        Err(Failure::Problems(mut found)) => {
            if let Some(made) = import.files.made() {
                made.locate_all(&mut found);
            }
            found.listed.iter_mut().for_each(|problem| resolved.explain(problem));
            problems.append(found);
        }
        Err(failure) => return Err(failure),
    }
    problems.retain(|problem| known.iter().all(|of| of.column != problem.column));
    for problem in known {
        problems.add(problem);
    }
    // Nothing is committed then.
    problems.into_result()?;
    let known = |(edit, key): (&Edit, &Option<String>)| {
        let known = keys.get(edit.table, key.as_deref()?)?;
        Some((edit.table, known.id))
    };
    let records: Vec<_> = edits.iter().zip(&own).take(asked).filter_map(known).collect();
    let (also_deleted, also_changed): (Vec<_>, Vec<_>) =
        edits.iter().zip(&own).skip(asked).partition(|(edit, _)| matches!(edit.action, Action::Delete { .. }));
    let [also_deleted, also_changed] =
        [also_deleted, also_changed].map(|edits| edits.into_iter().filter_map(known).collect::<Vec<_>>());
    let warnings = accepted.into_inner().unwrap_or_else(PoisonError::into_inner);
    let edited = Edited { records, also_deleted, also_changed, warnings };
    if let Some(key) = idempotency {
        key.keep(&transaction, &edited, clock.now()).await?;
    }
    transaction.commit().await?;
    Ok(edited)
}

/// What was read for edits.
struct Read {
    /// The ids of the records that they may create.
    made: Vec<Uuid>,
    resolved: Resolved,
    /// The keys of their records.
    own: Vec<Option<String>>,
    keys: Keys,
    problems: Problems,
}

impl Read {
    async fn new(
        connection: &impl ConnectionTrait,
        model: &'static Model,
        edits: &[Edit],
        ids: &IdSource,
    ) -> Result<Self, DbErr> {
        let made: Vec<Uuid> = edits.iter().map(|_| ids.next()).collect();
        let resolved = Resolved::read(connection, model, edits, &made).await?;
        let mut problems = Problems::default();
        let own = own_keys(edits, &resolved, &mut problems);
        let keys = read_keys(connection, model, edits, &own, &resolved).await?;
        Ok(Self { made, resolved, own, keys, problems })
    }
}

impl Edit {
    /// The place of an argument.
    fn at(&self, argument: &str) -> String {
        if self.path.is_empty() { argument.to_owned() } else { format!("{}.{argument}", self.path) }
    }

    /// Whether what refers to its record goes with it.
    fn cascades(&self) -> bool {
        matches!(self.action, Action::Delete { cascade: true, .. })
    }

    /// All cells, those of lists among them.
    fn cells_mut(&mut self) -> impl Iterator<Item = &mut Cell> {
        let of_lists = self.lists.iter_mut().flat_map(|list| &mut list.rows).flat_map(|(_, cells)| cells);
        self.cells.iter_mut().chain(of_lists)
    }

    /// A problem with an argument.
    fn problem(&self, argument: &str, code: ProblemCode, message: &str) -> Problem {
        Problem::of_argument(&self.at(argument), message).coded(code)
    }

    /// A problem with how the record is named.
    fn problem_of_name(&self, code: ProblemCode, message: &str) -> Problem {
        Problem::of_argument(&self.name_path(), message).coded(code)
    }

    /// The version that the record must have, if one is expected.
    fn expected_version(&self) -> Option<i32> {
        match self.action {
            Action::Update { version, .. } | Action::Delete { version, .. } => version,
            Action::Create { .. } | Action::Upsert { .. } => None,
        }
    }

    /// Where the record is named.
    fn name_path(&self) -> String {
        match self.action {
            Action::Create { .. } => format!("{}.key", self.input_path),
            Action::Upsert { .. } => self.at("key"),
            Action::Update { .. } | Action::Delete { .. } => self.at("by"),
        }
    }
}

impl Cell {
    /// Takes the character NUL out of a text, which would make a row of bad form; says that it was there.
    fn refuse_nul(&mut self) -> Option<Problem> {
        let CellValue::Text(text) = &mut self.value else { return None };
        if !text.contains('\0') {
            return None;
        }
        text.retain(|c| c != '\0');
        Some(Problem::of_argument(&self.path, "it contains the character NUL, which databases do not store: remove it"))
    }

    fn text(&self) -> Option<&str> {
        match &self.value {
            CellValue::Text(text) => Some(text),
            CellValue::Key(_) | CellValue::Keys(_) => None,
        }
    }
}

/// The key of a record that is given none.
fn key_of_id(table: &str, id: Uuid) -> String {
    type_id(table, id)
}
