//! `names.csv`, `identifiers.csv` and `tags.csv`: what records of all types have beside their own attributes.
//!
//! A file says all that a record has of its kind: of the records that it names, and of those that have a row in the file of
//! their type. What other records have stays as it is, and so does what all records have if the file is missing.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use sea_orm::{
    ActiveEnum, ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter,
    sea_query::{Expr, ValueTuple},
};
use uuid::Uuid;

use super::{
    Failure, Problem, Problems,
    csv_reader::CsvReader,
    import::{Context, Written},
    keys::KeysById,
    write::touch,
};
use crate::{
    db::Id,
    domain::tag,
    model::{
        Vocabulary,
        identifier::{self, IdentifierScheme},
        language_tag, length, name, words,
    },
    query::statement::is_one_of_ids,
};

/// How many rows one statement writes, and of how many records it reads what they have.
const ROWS: usize = 2_000;

/// The columns that say whose annotation a row is.
const RECORD: [&str; 2] = ["record_kind", "record"];

/// A file whose rows belong to records of any type, and the entity that stores them.
pub(super) trait AnnotationFile:
    EntityTrait<Model: IntoActiveModel<Self::ActiveModel> + Clone + Eq + Hash, ActiveModel: Send>
{
    /// The name of the file.
    const FILE: &'static str;
    /// The headers of the columns after [`RECORD`].
    const HEADERS: &'static [&'static str];
    /// The headers of the cells that are unique together.
    const UNIQUE: &'static [&'static str];
    /// The column of the record.
    const RECORD_COLUMN: Self::Column;

    /// Reads the cells after those of [`RECORD`]; `None` if something is wrong with them, which is then reported.
    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<Self::Model>;

    /// The record of a row.
    fn record(model: &Self::Model) -> Uuid;

    /// The cells after those of [`RECORD`].
    fn cells(model: Self::Model, keys: &KeysById) -> Result<Vec<String>, DbErr>;
}

impl AnnotationFile for name::Entity {
    const FILE: &'static str = "names.csv";
    const HEADERS: &'static [&'static str] = &["language", "name"];
    const UNIQUE: &'static [&'static str] = &["record_kind", "record", "language"];
    const RECORD_COLUMN: name::Column = name::Column::RecordId;

    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<name::Model> {
        let language = language_tag(cells[0]).map_err(|message| row.reject("language", cells[0], message)).ok();
        let language = language.and_then(|language| row.limited("language", &language, length::LANGUAGE));
        let name = row.limited("name", cells[1], length::NAME);
        Some(name::Model { record_id: record, language: language?, name: name? })
    }

    fn record(model: &name::Model) -> Uuid {
        model.record_id
    }

    fn cells(model: name::Model, _: &KeysById) -> Result<Vec<String>, DbErr> {
        Ok(vec![model.language, model.name])
    }
}

impl AnnotationFile for identifier::Entity {
    const FILE: &'static str = "identifiers.csv";
    const HEADERS: &'static [&'static str] = &["scheme", "value"];
    const UNIQUE: &'static [&'static str] = &["scheme", "value"];
    const RECORD_COLUMN: identifier::Column = identifier::Column::RecordId;

    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<identifier::Model> {
        let scheme = IdentifierScheme::try_from_value(&cells[0].to_owned()).map_err(|_| {
            let schemes = Vocabulary::of::<IdentifierScheme>().list();
            row.reject("scheme", cells[0], format!("expected one of {schemes}"));
        });
        let value = row.limited("value", cells[1], length::IDENTIFIER);
        Some(identifier::Model { scheme: scheme.ok()?, value: value?, record_id: record })
    }

    fn record(model: &identifier::Model) -> Uuid {
        model.record_id
    }

    fn cells(model: identifier::Model, _: &KeysById) -> Result<Vec<String>, DbErr> {
        Ok(vec![model.scheme.to_value(), model.value])
    }
}

impl AnnotationFile for tag::Entity {
    const FILE: &'static str = "tags.csv";
    const HEADERS: &'static [&'static str] = &["topic"];
    const UNIQUE: &'static [&'static str] = &["record_kind", "record", "topic"];
    const RECORD_COLUMN: tag::Column = tag::Column::RecordId;

    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<tag::Model> {
        let topic = row.find("topic", "topic", cells[0])?;
        Some(tag::Model { record_id: record, topic_id: Id::new(topic) })
    }

    fn record(model: &tag::Model) -> Uuid {
        model.record_id
    }

    fn cells(model: tag::Model, keys: &KeysById) -> Result<Vec<String>, DbErr> {
        Ok(vec![keys.key(model.topic_id.0)?.to_owned()])
    }
}

/// The check of one row.
pub(super) struct RowCheck<'a> {
    context: &'a Context<'a>,
    file: &'static str,
    line: u64,
    problems: &'a mut Problems,
}

impl RowCheck<'_> {
    fn read<F: AnnotationFile>(&mut self, cells: &[&str]) -> Option<F::Model> {
        let [kind, key] = RECORD;
        let model = self.context.import.model;
        let record = if model.get(cells[0]).is_some() {
            self.find(cells[0], key, cells[1])
        } else {
            let tables: Vec<_> = model.types().map(|record| record.table).collect();
            self.reject(kind, cells[0], format!("expected one of {}", tables.join(", ")));
            None
        };
        // The other cells are checked even if the record is wrong.
        let read = F::read(record.unwrap_or_default(), &cells[RECORD.len()..], self);
        record.and(read)
    }

    fn reject(&mut self, column: &str, value: &str, message: String) {
        let (column, value) = (column.to_owned(), value.to_owned());
        self.problems.add(Problem { column, value, ..Problem::of_file(self.file, self.line, message) });
    }

    /// A text that has at least one character and at most so many.
    fn limited(&mut self, column: &str, value: &str, most: usize) -> Option<String> {
        let checked =
            if value.is_empty() { Err("it must not be empty".to_owned()) } else { length::check(value, most) };
        checked.map_err(|message| self.reject(column, value, message)).ok().map(|()| value.to_owned())
    }

    /// The id of the record of a key, if there is such a record.
    fn find(&mut self, table: &str, column: &str, key: &str) -> Option<Uuid> {
        let found = self.context.keys.get(table, key).map(|known| known.id);
        if found.is_none() && !self.context.unreadable.contains(table) {
            self.reject(column, key, format!("no {} has this key", words(table)));
        }
        found
    }
}

/// The headers of a file.
pub(super) fn headers<F: AnnotationFile>() -> Vec<String> {
    RECORD.iter().chain(F::HEADERS).map(|header| (*header).to_owned()).collect()
}

/// The names of the files.
pub(super) fn file_names() -> impl Iterator<Item = String> {
    [name::Entity::FILE, identifier::Entity::FILE, tag::Entity::FILE].into_iter().map(str::to_owned)
}

/// The cells that are unique together, language tags in their usual spelling.
fn unique_cells<F: AnnotationFile>(cells: &[&str]) -> Vec<String> {
    let headers = RECORD.iter().chain(F::HEADERS).zip(cells).filter(|(header, _)| F::UNIQUE.contains(header));
    let usual = headers.map(|(header, cell)| {
        let tag = if *header == "language" { language_tag(cell).ok() } else { None };
        tag.unwrap_or_else(|| (*cell).to_owned())
    });
    usual.collect()
}

/// What the files say.
pub(super) struct Annotations {
    names: Option<Said<name::Entity>>,
    identifiers: Option<Said<identifier::Entity>>,
    tags: Option<Said<tag::Entity>>,
}

impl Annotations {
    /// Reads and checks the files.
    pub(super) async fn read(context: &Context<'_>, problems: &mut Problems) -> Result<Self, Failure> {
        let names = Said::read(context, problems);
        let identifiers = Said::read(context, problems);
        let tags = Said::read(context, problems);
        if let Some(identifiers) = &identifiers {
            check_owners(context, identifiers, problems).await?;
        }
        Ok(Self { names, identifiers, tags })
    }

    /// Writes what is not as in the database; says how many rows are new, were changed or were removed.
    pub(super) async fn write(self, context: &Context<'_>, written: &mut Written) -> Result<u64, DbErr> {
        let mut rows = 0;
        if let Some(names) = self.names {
            rows += names.write(context, written).await?;
        }
        if let Some(identifiers) = self.identifiers {
            rows += identifiers.write(context, written).await?;
        }
        if let Some(tags) = self.tags {
            rows += tags.write(context, written).await?;
        }
        Ok(rows)
    }
}

/// What a file says.
struct Said<F: AnnotationFile> {
    /// The rows of each record, with their lines.
    rows: HashMap<Uuid, Vec<(u64, F::Model)>>,
}

impl<F: AnnotationFile> Said<F> {
    /// Reads and checks the file; `None` if there is none.
    fn read(context: &Context<'_>, problems: &mut Problems) -> Option<Self> {
        let required: Vec<&str> = RECORD.iter().chain(F::HEADERS).copied().collect();
        let mut reader = CsvReader::open(context.import.files, F::FILE, headers::<F>(), &required, problems)?;
        let mut rows: HashMap<Uuid, Vec<(u64, F::Model)>> = HashMap::new();
        let mut lines: HashMap<Vec<String>, u64> = HashMap::new();
        while let Some((line, cells)) = reader.next(problems) {
            if let Some(model) = (RowCheck { context, file: F::FILE, line, problems }).read::<F>(&cells) {
                rows.entry(F::record(&model)).or_default().push((line, model));
            }
            if let Some(first) = lines.insert(unique_cells::<F>(&cells), line) {
                let message = format!("line {first} has the same {} already", F::UNIQUE.join(", "));
                problems.add(Problem::of_file(F::FILE, line, message));
            }
        }
        Some(Self { rows })
    }

    /// Whether the file says what a record has.
    fn is_about(&self, id: Uuid, is_in_file: bool) -> bool {
        is_in_file || self.rows.contains_key(&id)
    }

    async fn write(mut self, context: &Context<'_>, written: &mut Written) -> Result<u64, DbErr> {
        let mut count = 0;
        let mut inserted: Vec<F::Model> = Vec::new();
        for record in context.import.model.types() {
            let of_type = context.keys.of_table(record.table);
            let about: Vec<_> = of_type.filter(|known| self.is_about(known.id, known.is_in_file)).collect();
            for batch in about.chunks(ROWS) {
                let ids: Vec<Uuid> = batch.iter().filter(|known| known.is_stored).map(|known| known.id).collect();
                let mut stored = find_of::<F>(context, &ids).await?;
                let mut changed = Vec::new();
                for known in batch {
                    let said = self.rows.remove(&known.id).unwrap_or_default().into_iter().map(|(_, model)| model);
                    let (said, stored) = (said.collect::<HashSet<_>>(), stored.remove(&known.id).unwrap_or_default());
                    let different: HashSet<ValueTuple> =
                        said.symmetric_difference(&stored).map(ModelTrait::get_primary_key_value).collect();
                    if !different.is_empty() {
                        count += different.len() as u64;
                        changed.push(known.id);
                        inserted.extend(said);
                    }
                }
                delete_of::<F>(context, &changed).await?;
                touch(context, record, changed.into_iter(), written).await?;
            }
        }
        // When all are deleted: an identifier may go from one record to another.
        for batch in inserted.chunks(ROWS) {
            let rows = batch.iter().map(|model| model.clone().into_active_model().reset_all());
            F::insert_many(rows).exec_without_returning(context.transaction).await?;
        }
        Ok(count)
    }
}

/// What records have in the database.
async fn find_of<F: AnnotationFile>(
    context: &Context<'_>,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, HashSet<F::Model>>, DbErr> {
    let mut found: HashMap<Uuid, HashSet<F::Model>> = HashMap::new();
    if !ids.is_empty() {
        let backend = context.transaction.get_database_backend();
        let is_of_record = is_one_of_ids(backend, Expr::col(F::RECORD_COLUMN), ids);
        for model in F::find().filter(is_of_record).all(context.transaction).await? {
            found.entry(F::record(&model)).or_default().insert(model);
        }
    }
    Ok(found)
}

async fn delete_of<F: AnnotationFile>(context: &Context<'_>, ids: &[Uuid]) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let is_of_record = is_one_of_ids(context.transaction.get_database_backend(), Expr::col(F::RECORD_COLUMN), ids);
    F::delete_many().filter(is_of_record).exec(context.transaction).await.map(drop)
}

/// Reports identifiers that the database has for records of which the file says nothing: it cannot take them away.
async fn check_owners(
    context: &Context<'_>,
    identifiers: &Said<identifier::Entity>,
    problems: &mut Problems,
) -> Result<(), DbErr> {
    let said: HashMap<(IdentifierScheme, &str), (Uuid, u64)> = identifiers
        .rows
        .iter()
        .flat_map(|(id, rows)| rows.iter().map(|(line, row)| ((row.scheme, row.value.as_str()), (*id, *line))))
        .collect();
    let values: Vec<&str> = said.keys().map(|(_, value)| *value).collect();
    for batch in values.chunks(ROWS) {
        let query = identifier::Entity::find().filter(identifier::Column::Value.is_in(batch.iter().copied()));
        for stored in query.all(context.transaction).await? {
            let Some((id, line)) = said.get(&(stored.scheme, stored.value.as_str())) else { continue };
            if *id == stored.record_id {
                continue;
            }
            let (table, key) = context.keys_by_id().get(stored.record_id)?;
            let is_in_file = context.keys.get(table, key).is_some_and(|known| known.is_in_file);
            if !identifiers.is_about(stored.record_id, is_in_file) {
                let of = words(table);
                let message = format!(
                    "the {of} {key} has this identifier in the database: if it is wrong, give the identifiers of this {of}, too"
                );
                let (file, line, value) = (identifier::Entity::FILE, *line, stored.value);
                problems.add(Problem { column: "value".to_owned(), value, ..Problem::of_file(file, line, message) });
            }
        }
    }
    Ok(())
}
