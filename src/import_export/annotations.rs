//! `names.csv`, `identifiers.csv` and `tags.csv`: what records of all types have beside their own attributes.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ActiveEnum, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, IntoActiveModel, QueryTrait, Set,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::{
    EXCLUDED, Failure, Import, Problem, Problems,
    csv_reader::CsvReader,
    keys::{Keys, KeysById},
};
use crate::{
    db::Id,
    domain::tag,
    model::{
        Model, Vocabulary,
        identifier::{self, IdentifierScheme},
        language_tag, length, name, words,
    },
};

/// How many rows one statement writes.
const ROWS: usize = 2_000;

/// The columns that say whose annotation a row is.
const RECORD: [&str; 2] = ["record_kind", "record"];

/// A file whose rows belong to records of any type, and the entity that stores them.
pub(super) trait AnnotationFile: EntityTrait<Model: IntoActiveModel<Self::ActiveModel>> {
    /// The name of the file.
    const FILE: &'static str;
    /// The headers of the columns after [`RECORD`].
    const HEADERS: &'static [&'static str];
    /// The headers of the cells that are unique together.
    const UNIQUE: &'static [&'static str];

    /// Reads the cells after those of [`RECORD`]; `None` if something is wrong with them, which is then reported.
    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<Self::ActiveModel>;

    /// What to do if the database has the same annotation.
    fn on_conflict() -> OnConflict;

    /// The record of a row, and the cells after those of [`RECORD`].
    fn cells(model: Self::Model, keys: &KeysById) -> Result<(Uuid, Vec<String>), DbErr>;
}

impl AnnotationFile for name::Entity {
    const FILE: &'static str = "names.csv";
    const HEADERS: &'static [&'static str] = &["language", "name"];
    const UNIQUE: &'static [&'static str] = &["record_kind", "record", "language"];

    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<name::ActiveModel> {
        let language = language_tag(cells[0]).map_err(|message| row.reject("language", cells[0], message)).ok();
        let language = language.and_then(|language| row.limited("language", &language, length::LANGUAGE));
        let name = row.limited("name", cells[1], length::NAME);
        Some(name::ActiveModel { record_id: Set(record), language: Set(language?), name: Set(name?) })
    }

    fn on_conflict() -> OnConflict {
        let differs = Expr::col((Self, name::Column::Name)).ne(Expr::col((EXCLUDED, name::Column::Name)));
        let mut conflict = OnConflict::columns([name::Column::RecordId, name::Column::Language]);
        conflict.update_column(name::Column::Name).action_and_where(differs).to_owned()
    }

    fn cells(model: name::Model, _: &KeysById) -> Result<(Uuid, Vec<String>), DbErr> {
        Ok((model.record_id, vec![model.language, model.name]))
    }
}

impl AnnotationFile for identifier::Entity {
    const FILE: &'static str = "identifiers.csv";
    const HEADERS: &'static [&'static str] = &["scheme", "value"];
    const UNIQUE: &'static [&'static str] = &["scheme", "value"];

    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<identifier::ActiveModel> {
        let scheme = IdentifierScheme::try_from_value(&cells[0].to_owned()).map_err(|_| {
            let schemes = Vocabulary::of::<IdentifierScheme>().list();
            row.reject("scheme", cells[0], format!("expected one of {schemes}"));
        });
        let value = row.limited("value", cells[1], length::IDENTIFIER);
        Some(identifier::ActiveModel { scheme: Set(scheme.ok()?), value: Set(value?), record_id: Set(record) })
    }

    fn on_conflict() -> OnConflict {
        let record = identifier::Column::RecordId;
        let differs = Expr::col((Self, record)).ne(Expr::col((EXCLUDED, record)));
        let mut conflict = OnConflict::columns([identifier::Column::Scheme, identifier::Column::Value]);
        conflict.update_column(record).action_and_where(differs).to_owned()
    }

    fn cells(model: identifier::Model, _: &KeysById) -> Result<(Uuid, Vec<String>), DbErr> {
        Ok((model.record_id, vec![model.scheme.to_value(), model.value]))
    }
}

impl AnnotationFile for tag::Entity {
    const FILE: &'static str = "tags.csv";
    const HEADERS: &'static [&'static str] = &["topic"];
    const UNIQUE: &'static [&'static str] = &["record_kind", "record", "topic"];

    fn read(record: Uuid, cells: &[&str], row: &mut RowCheck<'_>) -> Option<tag::ActiveModel> {
        let topic = row.find("topic", "topic", cells[0])?;
        Some(tag::ActiveModel { record_id: Set(record), topic_id: Set(Id::new(topic)) })
    }

    fn on_conflict() -> OnConflict {
        OnConflict::columns([tag::Column::RecordId, tag::Column::TopicId]).do_nothing().to_owned()
    }

    fn cells(model: tag::Model, keys: &KeysById) -> Result<(Uuid, Vec<String>), DbErr> {
        Ok((model.record_id, vec![keys.key(model.topic_id.0)?.to_owned()]))
    }
}

/// The check of one row.
pub(super) struct RowCheck<'a> {
    model: &'a Model,
    keys: &'a Keys,
    unreadable: &'a HashSet<&'static str>,
    file: &'static str,
    line: u64,
    problems: &'a mut Problems,
}

impl RowCheck<'_> {
    fn read<F: AnnotationFile>(&mut self, cells: &[&str]) -> Option<F::ActiveModel> {
        let [kind, key] = RECORD;
        let record = if self.model.get(cells[0]).is_some() {
            self.find(cells[0], key, cells[1])
        } else {
            let tables: Vec<_> = self.model.types().map(|record| record.table).collect();
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
        let found = self.keys.get(table, key).map(|known| known.id);
        if found.is_none() && !self.unreadable.contains(table) {
            self.reject(column, key, format!("no {} has this key", words(table)));
        }
        found
    }
}

/// The headers of a file.
pub(super) fn headers<F: AnnotationFile>() -> Vec<String> {
    RECORD.iter().chain(F::HEADERS).map(|header| (*header).to_owned()).collect()
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

/// Checks the files.
pub(super) fn check(import: &Import<'_>, keys: &Keys, unreadable: &HashSet<&'static str>, problems: &mut Problems) {
    check_file::<name::Entity>(import, keys, unreadable, problems);
    check_file::<identifier::Entity>(import, keys, unreadable, problems);
    check_file::<tag::Entity>(import, keys, unreadable, problems);
}

fn check_file<F: AnnotationFile>(
    import: &Import<'_>,
    keys: &Keys,
    unreadable: &HashSet<&'static str>,
    problems: &mut Problems,
) {
    let Some(mut reader) = CsvReader::open(import.files, F::FILE, headers::<F>(), problems) else {
        return;
    };
    let mut lines: HashMap<Vec<String>, u64> = HashMap::new();
    while let Some((line, cells)) = reader.next(problems) {
        RowCheck { model: import.model, keys, unreadable, file: F::FILE, line, problems }.read::<F>(&cells);
        if let Some(first) = lines.insert(unique_cells::<F>(&cells), line) {
            let message = format!("line {first} has the same {} already", F::UNIQUE.join(", "));
            problems.add(Problem::of_file(F::FILE, line, message));
        }
    }
}

/// Writes the files; says how many rows are new or were changed.
pub(super) async fn write(import: &Import<'_>, transaction: &DatabaseTransaction, keys: &Keys) -> Result<u64, Failure> {
    Ok(write_file::<name::Entity>(import, transaction, keys).await?
        + write_file::<identifier::Entity>(import, transaction, keys).await?
        + write_file::<tag::Entity>(import, transaction, keys).await?)
}

async fn write_file<F: AnnotationFile>(
    import: &Import<'_>,
    transaction: &DatabaseTransaction,
    keys: &Keys,
) -> Result<u64, Failure> {
    let mut problems = Problems::default();
    let mut written = 0;
    let mut rows: Vec<F::ActiveModel> = Vec::with_capacity(ROWS);
    if let Some(mut reader) = CsvReader::open(import.files, F::FILE, headers::<F>(), &mut problems) {
        while let Some((line, cells)) = reader.next(&mut problems) {
            let (model, unreadable, problems) = (import.model, &HashSet::new(), &mut problems);
            rows.extend(RowCheck { model, keys, unreadable, file: F::FILE, line, problems }.read::<F>(&cells));
            if rows.len() == ROWS {
                written += insert::<F>(transaction, std::mem::take(&mut rows)).await?;
            }
        }
    }
    // Everything was checked; what is wrong now has changed since.
    problems.into_result()?;
    Ok(written + insert::<F>(transaction, rows).await?)
}

async fn insert<F: AnnotationFile>(transaction: &DatabaseTransaction, rows: Vec<F::ActiveModel>) -> Result<u64, DbErr> {
    if rows.is_empty() {
        return Ok(0);
    }
    let insert = F::insert_many(rows).on_conflict(F::on_conflict()).into_query();
    Ok(transaction.execute(&insert).await?.rows_affected())
}
