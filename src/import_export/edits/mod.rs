//! Edits: what mutations ask for, all or nothing.
//!
//! Edits become files of our form in memory, so they are checked and written exactly as an import is, but only what has to do with
//! the records that they name is read.

mod idempotency;
mod references;
mod rows;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

pub use self::idempotency::IdempotencyKey;
use self::references::Resolved;
use super::{
    Failure, Files, Import, KEY_FORM, Problem, Problems, Warnings,
    dataset_change::begin_change,
    import::{Scope, change},
    is_key,
    keys::Keys,
    links::LinkTable,
};
use crate::{
    clock::{Clock, IdSource},
    db::{Database, type_id},
    domain::tag,
    model::{AttributeKind, Model, RecordType, Visibility, draft::ProblemCode, identifier::IdentifierScheme, words},
    query::statement::is_one_of_ids,
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
            Some(Ok(records)) => return Ok(Edited { records, warnings: Warnings::default() }),
            Some(Err(problem)) => known.push(problem),
        }
    }
    let made: Vec<Uuid> = edits.iter().map(|_| ids.next()).collect();
    let resolved = Resolved::read(&transaction, model, &edits, &made).await?;
    let mut problems = Problems::default();
    let mut own = own_keys(&edits, &resolved, &mut problems);
    let mut keys = read_keys(&transaction, model, &edits, &own, &resolved).await?;
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
    let records: Vec<_> = edits.iter().zip(&own).filter_map(known).collect();
    if let Some(key) = idempotency {
        key.keep(&transaction, &records, clock.now()).await?;
    }
    transaction.commit().await?;
    Ok(Edited { records, warnings: accepted.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

impl Edit {
    /// The place of an argument.
    fn at(&self, argument: &str) -> String {
        if self.path.is_empty() { argument.to_owned() } else { format!("{}.{argument}", self.path) }
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

/// The keys of the records of edits; none if the record is not known. What cannot be a key is replaced, so that everything else is
/// checked, too.
fn own_keys(edits: &[Edit], resolved: &Resolved, problems: &mut Problems) -> Vec<Option<String>> {
    let key = |(i, edit): (usize, &Edit)| match &edit.action {
        Action::Create { key: Some(key) } | Action::Upsert { key } => {
            if !is_key(key) {
                problems.add(edit.problem_of_name(ProblemCode::Invalid, KEY_FORM));
            }
            Some(resolved.key_of_edit(i))
        }
        Action::Create { key: None } => Some(resolved.key_of_edit(i)),
        Action::Update { by, .. } | Action::Delete { by, .. } => resolved.key(by).map(str::to_owned),
    };
    edits.iter().enumerate().map(key).collect()
}

/// The keys of everything that the edits have to do with.
async fn read_keys(
    transaction: &DatabaseTransaction,
    model: &Model,
    edits: &[Edit],
    own: &[Option<String>],
    resolved: &Resolved,
) -> Result<Keys, DbErr> {
    let mut named: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let of_edits = edits.iter().zip(own).map(|(edit, key)| (edit.table, key.as_deref()));
    let of_references =
        edits.iter().flat_map(references::of_edit).map(|reference| (reference.table, resolved.key(reference)));
    for (table, key) in of_edits.chain(of_references) {
        named.entry(table).or_default().extend(key.map(str::to_owned));
    }
    let mut keys = Keys::named(transaction, model, &named).await?;
    let mut stored: BTreeMap<&'static str, Vec<Uuid>> = BTreeMap::new();
    for (edit, key) in edits.iter().zip(own) {
        let known = key.as_deref().and_then(|key| keys.get(edit.table, key)).filter(|known| known.is_stored);
        stored.entry(edit.table).or_default().extend(known.map(|known| known.id));
    }
    let mut referred = BTreeSet::new();
    for (table, ids) in stored.iter().filter(|(_, ids)| !ids.is_empty()) {
        referred.extend(referred_ids(transaction, model.record_type(table), ids).await?);
    }
    let stored: Vec<Uuid> = stored.into_values().flatten().collect();
    if !stored.is_empty() {
        let is_one = is_one_of_ids(transaction.get_database_backend(), Expr::col(tag::Column::RecordId), &stored);
        let tags = tag::Entity::find().filter(is_one).all(transaction).await?;
        referred.extend(tags.into_iter().map(|tag| tag.topic_id.0));
    }
    let said = edits.iter().flat_map(|edit| &edit.lists).filter(|list| list.file == rows::IDENTIFIERS);
    let values = said.flat_map(|list| &list.rows).flat_map(|(_, cells)| cells).filter(|cell| cell.header == "value");
    let values: Vec<String> = values.filter_map(Cell::text).map(str::to_owned).collect();
    referred.extend(references::identified(transaction, values).await?.into_iter().map(|of| of.record_id));
    let referred: Vec<Uuid> = referred.into_iter().collect();
    keys.add_ids(transaction, model, &referred).await?;
    Ok(keys)
}

/// The ids of the records that some records of a type refer to.
async fn referred_ids(
    transaction: &DatabaseTransaction,
    record: &RecordType,
    ids: &[Uuid],
) -> Result<BTreeSet<Uuid>, DbErr> {
    let mut found = BTreeSet::new();
    let columns = record.attributes.iter().filter_map(|attribute| match &attribute.kind {
        AttributeKind::ToOne(to_one) => Some(to_one.column.name),
        AttributeKind::ToAny(to_any) => Some(to_any.id.name),
        _ => None,
    });
    let columns: Vec<&str> = columns.collect();
    if !columns.is_empty() {
        let mut query = Query::select();
        query.columns(columns.iter().copied()).from(record.table);
        query.and_where(is_one_of_ids(transaction.get_database_backend(), Expr::col("id"), ids));
        for row in transaction.query_all(&query).await? {
            for i in 0..columns.len() {
                found.extend(row.try_get_by_index::<Option<Uuid>>(i)?);
            }
        }
    }
    for links in record.attributes.iter().filter_map(LinkTable::of) {
        found.extend(links.read(transaction, ids).await?.into_values().flatten());
    }
    Ok(found)
}

/// Checks that each edit is about a record that is there, or is not there yet, and about another one than the others. What is to be
/// changed and is not there has no key then.
fn check_own_keys(edits: &[Edit], own: &mut [Option<String>], keys: &Keys, problems: &mut Problems) {
    let mut seen: HashMap<(&str, String), usize> = HashMap::new();
    for (i, (edit, own)) in edits.iter().zip(own).enumerate() {
        let of = words(edit.table);
        let is_new = matches!(edit.action, Action::Create { .. } | Action::Upsert { .. });
        let is_stored = own.as_deref().and_then(|key| keys.get(edit.table, key)).is_some_and(|known| known.is_stored);
        if !is_new && !is_stored {
            problems.add(edit.problem_of_name(ProblemCode::NotFound, &format!("there is no such {of}")));
            *own = None;
        }
        let Some(key) = own else { continue };
        if is_stored && matches!(edit.action, Action::Create { .. }) {
            let message = format!("the {of} {key} exists already: choose another key, or update it");
            problems.add(edit.problem_of_name(ProblemCode::Duplicate, &message));
        }
        if let Some(first) = seen.insert((edit.table, key.clone()), i) {
            let place = &edits[first].path;
            let message = format!("the {of} {key} is edited by {place}, too: edit each record once");
            problems.add(edit.problem_of_name(ProblemCode::Duplicate, &message));
        }
    }
}

/// Checks that records have the versions that are expected.
async fn check_versions(
    transaction: &DatabaseTransaction,
    edits: &[Edit],
    own: &[Option<String>],
    keys: &Keys,
    problems: &mut Problems,
) -> Result<(), DbErr> {
    let mut expected: BTreeMap<&'static str, HashMap<Uuid, (&Edit, i32, &str)>> = BTreeMap::new();
    for (edit, key) in edits.iter().zip(own) {
        let (Some(version), Some(key)) = (edit.expected_version(), key) else { continue };
        if let Some(known) = keys.get(edit.table, key).filter(|known| known.is_stored) {
            expected.entry(edit.table).or_default().insert(known.id, (edit, version, key));
        }
    }
    for (table, expected) in expected {
        let ids: Vec<Uuid> = expected.keys().copied().collect();
        let mut query = Query::select();
        query.columns(["id", "version"]).from(table);
        query.and_where(is_one_of_ids(transaction.get_database_backend(), Expr::col("id"), &ids));
        for row in transaction.query_all(&query).await? {
            let (id, version): (Uuid, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            if let Some((edit, right, key)) = expected.get(&id).filter(|(_, right, _)| *right != version) {
                let of = words(table);
                let message = format!("the {of} {key} has version {version}, not {right}: read it again");
                problems.add(edit.problem("expectedVersion", ProblemCode::VersionConflict, &message));
            }
        }
    }
    Ok(())
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
