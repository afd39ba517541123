//! `names.csv`, `identifiers.csv` and `tags.csv`: what records of all types have beside their own attributes.
//!
//! A file says all that a record has of its kind: of the records that it names, and of those that have a row in the file of
//! their type. What other records have stays as it is, and so does what all records have if the file is missing.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use async_graphql::{OutputType, resolver_utils::EnumType};
use sea_orm::{ActiveEnum, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::{Failure, Problem, Problems, csv_reader::CsvReader, import::Context, keys::KeysById, removals::Removals};
use crate::{
    db::Id,
    domain::tag,
    edtf::Date,
    model::{
        Vocabulary,
        draft::ProblemCode,
        identifier::{self, IdentifierScheme},
        language::{language_tag, registered_language_tag},
        length,
        name::{self, NameKind},
        text::check_characters,
        words,
    },
};

/// How many rows one statement writes, and of how many records it reads what they have.
pub(super) const ROWS: usize = 2_000;

/// The columns that say whose annotation a row is.
pub(super) const RECORD: [&str; 2] = ["record_kind", "record"];

/// The names of the files.
pub(crate) const NAMES: &str = "names.csv";
pub(crate) const IDENTIFIERS: &str = "identifiers.csv";
pub(crate) const TAGS: &str = "tags.csv";

/// A file whose rows belong to records of any type, and the entity that stores them.
pub(super) trait AnnotationFile:
    EntityTrait<Model: IntoActiveModel<Self::ActiveModel> + Clone + Eq + Hash, ActiveModel: Send>
{
    /// The name of the file.
    const FILE: &'static str;
    /// The headers of the columns after [`RECORD`].
    const HEADERS: &'static [&'static str];
    /// Those of them that may be missing: the file then does not say what they are.
    const OPTIONAL: &'static [&'static str] = &[];
    /// The headers of the cells that are unique together.
    const UNIQUE: &'static [&'static str];
    /// The column of the record.
    const RECORD_COLUMN: Self::Column;

    /// Reads the cells after those of [`RECORD`]; `None` if something is wrong with them, which is then reported.
    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<Self::Model>;

    /// The record of a row.
    fn record(model: &Self::Model) -> Uuid;

    /// Takes over from what the database has what a file without some of the optional columns does not say.
    fn complete(said: Self::Model, _: &HashSet<Self::Model>, _missing: &[&str]) -> Self::Model {
        said
    }

    /// The cells after those of [`RECORD`].
    fn cells(model: Self::Model, keys: &KeysById) -> Result<Vec<String>, DbErr>;
}

impl AnnotationFile for name::Entity {
    const FILE: &'static str = NAMES;
    const HEADERS: &'static [&'static str] = &["language", "name", "kind", "period"];
    const OPTIONAL: &'static [&'static str] = &["kind", "period"];
    const UNIQUE: &'static [&'static str] = &["record_kind", "record", "language", "name"];
    const RECORD_COLUMN: name::Column = name::Column::RecordId;

    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<name::Model> {
        let language =
            registered_language_tag(cells[0]).map_err(|message| row.reject("language", cells[0], message)).ok();
        let language = language.and_then(|language| row.limited("language", &language, length::LANGUAGE));
        let name = row.limited("name", cells[1], length::NAME);
        let kind = row.word::<NameKind>("kind", cells[2]).ok();
        let period = row.date("period", cells[3]).ok();
        let name = name::Model::new(record, language?, name?, kind?, period?);
        if let Err(message) = length::check(&name.folded, length::FOLDED) {
            row.reject_as(ProblemCode::TooLong, "name", cells[1], format!("folded for search, {message}"));
            return None;
        }
        Some(name)
    }

    fn record(model: &name::Model) -> Uuid {
        model.record_id
    }

    fn complete(name: name::Model, stored: &HashSet<name::Model>, missing: &[&str]) -> name::Model {
        let same = stored.iter().find(|of| of.language == name.language && of.name == name.name);
        let Some(same) = same.cloned() else { return name };
        let kind = if missing.contains(&"kind") { same.kind } else { name.kind };
        let period = if missing.contains(&"period") { same.period } else { name.period };
        name::Model { kind, period, ..name }
    }

    fn cells(model: name::Model, _: &KeysById) -> Result<Vec<String>, DbErr> {
        let kind = model.kind.map(|kind| kind.to_value()).unwrap_or_default();
        Ok(vec![model.language, model.name, kind, model.period.unwrap_or_default()])
    }
}

impl AnnotationFile for identifier::Entity {
    const FILE: &'static str = IDENTIFIERS;
    const HEADERS: &'static [&'static str] = &["scheme", "value"];
    const UNIQUE: &'static [&'static str] = &["scheme", "value"];
    const RECORD_COLUMN: identifier::Column = identifier::Column::RecordId;

    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<identifier::Model> {
        let scheme = row.word::<IdentifierScheme>("scheme", cells[0]);
        if matches!(scheme, Ok(None)) {
            row.reject("scheme", "", "it must not be empty".to_owned());
        }
        let scheme = scheme.ok().flatten();
        let value = row.limited("value", cells[1], length::IDENTIFIER);
        if let (Some(scheme), Some(value)) = (scheme, &value)
            && let Err(message) = scheme.check(value)
        {
            row.reject("value", value, message);
            return None;
        }
        Some(identifier::Model { scheme: scheme?, value: value?, record_id: record })
    }

    fn record(model: &identifier::Model) -> Uuid {
        model.record_id
    }

    fn cells(model: identifier::Model, _: &KeysById) -> Result<Vec<String>, DbErr> {
        Ok(vec![model.scheme.to_value(), model.value])
    }
}

impl AnnotationFile for tag::Entity {
    const FILE: &'static str = TAGS;
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

/// A cell whose value was reported.
struct Rejected;

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
        self.reject_as(ProblemCode::Invalid, column, value, message);
    }

    fn reject_as(&mut self, code: ProblemCode, column: &str, value: &str, message: String) {
        self.problems.add(Problem::of_cell(self.file, self.line, column, value, message).coded(code));
    }

    /// A word of a vocabulary, or none if the cell is empty.
    fn word<W>(&mut self, column: &str, value: &str) -> Result<Option<W>, Rejected>
    where
        W: EnumType + OutputType + ActiveEnum<Value = String>,
    {
        if value.is_empty() {
            return Ok(None);
        }
        W::try_from_value(&value.to_owned()).map(Some).map_err(|_| {
            self.reject(column, value, format!("expected one of {}", Vocabulary::of::<W>().list()));
            Rejected
        })
    }

    /// A date in EDTF, or none if the cell is empty.
    fn date(&mut self, column: &str, value: &str) -> Result<Option<String>, Rejected> {
        if value.is_empty() {
            return Ok(None);
        }
        let date =
            length::check(value, length::DATE).and_then(|()| Date::parse(value).map_err(|cause| cause.to_string()));
        date.map(|date| Some(date.edtf)).map_err(|message| {
            self.reject(column, value, message);
            Rejected
        })
    }

    /// A text that has at least one character and at most so many.
    fn limited(&mut self, column: &str, value: &str, most: usize) -> Option<String> {
        let coded = |code: ProblemCode| move |message: String| (code, message);
        let checked = if value.is_empty() {
            Err((ProblemCode::Required, "it must not be empty".to_owned()))
        } else {
            length::check(value, most).map_err(coded(ProblemCode::TooLong))
        };
        let checked = checked.and_then(|()| check_characters(value, most).map_err(coded(ProblemCode::Invalid)));
        checked.map_err(|(code, message)| self.reject_as(code, column, value, message)).ok().map(|()| value.to_owned())
    }

    /// The id of the record of a key, if there is such a record.
    fn find(&mut self, table: &str, column: &str, key: &str) -> Option<Uuid> {
        let found = self.context.keys.get(table, key).map(|known| known.id);
        if found.is_none() && !self.context.unreadable.contains(table) {
            self.reject_as(ProblemCode::Reference, column, key, format!("no {} has this key", words(table)));
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
    pub(super) names: Option<AnnotationRows<name::Entity>>,
    pub(super) identifiers: Option<AnnotationRows<identifier::Entity>>,
    pub(super) tags: Option<AnnotationRows<tag::Entity>>,
}

impl Annotations {
    /// Reads and checks the files.
    pub(super) async fn read(
        context: &Context<'_>,
        removals: &Removals,
        problems: &mut Problems,
    ) -> Result<Self, Failure> {
        let names = AnnotationRows::read(context, removals, problems);
        let identifiers = AnnotationRows::read(context, removals, problems);
        let tags = AnnotationRows::read(context, removals, problems);
        if let Some(identifiers) = &identifiers {
            check_owners(context, identifiers, removals, problems).await?;
        }
        Ok(Self { names, identifiers, tags })
    }
}

/// What a file says.
pub(super) struct AnnotationRows<F: AnnotationFile> {
    /// The rows of each record, with their lines.
    pub(super) rows: HashMap<Uuid, Vec<(u64, F::Model)>>,
    /// The optional columns that the file does not have.
    pub(super) missing: Vec<&'static str>,
    /// Of which records it says all that they have.
    pub(super) complete: Complete,
}

/// Of which records a file of annotations says all that they have.
pub(super) enum Complete {
    /// Of those that it names, and of those that have a row in the file of their type.
    InFiles,
    /// Of none: what it says is added.
    Nowhere,
    /// Of these.
    Of(HashSet<Uuid>),
}

impl<F: AnnotationFile> AnnotationRows<F> {
    /// Reads and checks the file; `None` if there is none.
    fn read(context: &Context<'_>, removals: &Removals, problems: &mut Problems) -> Option<Self> {
        let required = RECORD.iter().chain(F::HEADERS).filter(|header| !F::OPTIONAL.contains(header));
        let required: Vec<&str> = required.copied().collect();
        let complete = match context.import.files.made() {
            None => Complete::InFiles,
            Some(made) => made.complete(F::FILE).map_or(Complete::Nowhere, |records| {
                let known = records.iter().filter_map(|(table, key)| context.keys.get(table, key));
                Complete::Of(known.map(|known| known.id).collect())
            }),
        };
        let mut rows: HashMap<Uuid, Vec<(u64, F::Model)>> = HashMap::new();
        let mut lines: HashMap<Vec<String>, u64> = HashMap::new();
        let reader = CsvReader::open(context.import.files, F::FILE, headers::<F>(), &required, problems);
        let Some(mut reader) = reader else {
            let says_none = matches!(&complete, Complete::Of(records) if !records.is_empty());
            return says_none.then(|| Self { rows, missing: Vec::new(), complete });
        };
        let missing = F::OPTIONAL.iter().copied().filter(|header| !reader.has(header)).collect();
        while let Some((line, cells)) = reader.next(problems) {
            let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
            if let Some(model) = (RowCheck { context, file: F::FILE, line, problems }).read::<F>(&cells) {
                if removals.contains(F::record(&model)) {
                    let message =
                        format!("the {} {} is removed by this import: remove the row", words(cells[0]), cells[1]);
                    problems.add(Problem::of_file(F::FILE, line, message));
                }
                rows.entry(F::record(&model)).or_default().push((line, model));
            }
            if let Some(first) = lines.insert(unique_cells::<F>(&cells), line) {
                let message = format!("line {first} has the same {} already", F::UNIQUE.join(", "));
                problems.add(Problem::of_file(F::FILE, line, message));
            }
        }
        Some(Self { rows, missing, complete })
    }

    /// Whether the file says what a record has.
    pub(super) fn is_about(&self, id: Uuid, is_in_file: bool) -> bool {
        self.rows.contains_key(&id) || self.is_complete(id, is_in_file)
    }

    /// Whether the file says all that a record has.
    pub(super) fn is_complete(&self, id: Uuid, is_in_file: bool) -> bool {
        match &self.complete {
            Complete::InFiles => is_in_file || self.rows.contains_key(&id),
            Complete::Nowhere => false,
            Complete::Of(records) => records.contains(&id),
        }
    }
}

/// Reports identifiers that the database has for records of which the file says nothing: it cannot take them away.
async fn check_owners(
    context: &Context<'_>,
    identifiers: &AnnotationRows<identifier::Entity>,
    removals: &Removals,
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
            // A record that is removed needs no identifier any more.
            if *id == stored.record_id || removals.contains(stored.record_id) {
                continue;
            }
            let (table, key) = context.keys_by_id().get(stored.record_id)?;
            let is_in_file = context.keys.get(table, key).is_some_and(|known| known.is_in_file);
            if !identifiers.is_complete(stored.record_id, is_in_file) {
                let of = words(table);
                let (new_table, new_key) = context.keys_by_id().get(*id)?;
                let message = format!(
                    "the {of} {key} has this identifier in the database, so the {} {new_key} cannot have it: if it is wrong \
                     there, give the identifiers of this {of}, too",
                    words(new_table)
                );
                let problem = Problem::of_cell(identifier::Entity::FILE, *line, "value", &stored.value, message);
                problems.add(problem.coded(ProblemCode::Duplicate));
            }
        }
    }
    Ok(())
}
