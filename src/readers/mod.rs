//! Readers of foreign files: spreadsheets, calendars and the like become rows of our own form, which are imported as ours are.
//!
//! Each format is read as one or more [`table`]s. A [`mapping`], which a person writes or which belongs to the format, says
//! which records their rows are; the [`plan`] checks it. Then the record of each row is found in the database or is new
//! ([`matching`]), and rows of our form are made ([`make`]), each with its place in the foreign file. Nothing here writes.

mod dates;
mod evaluate;
mod formats;
mod geonames;
mod icalendar;
mod index;
mod json;
mod make;
mod mapping;
mod matching;
mod ods;
mod plan;
mod planner;
mod table;
mod text;
mod workbook;

use std::{collections::HashSet, fs::File, io::Read as _, path::Path, sync::Arc};

use self::{
    evaluate::Evaluator,
    index::Index,
    mapping::{Mapping, TableMapping},
    plan::Plan,
    table::{MAX_BYTES, Table, whole},
    text::Dialect,
    workbook::Workbook,
};
pub use self::{formats::Format, geonames::Wanted};
use crate::{
    db::Database,
    import_export::{Failure, Files, MadeFiles, Problem, Problems},
    model::{Model, identifier::IdentifierScheme},
};

/// A foreign file to be read.
pub struct Reading<'a> {
    /// The record types.
    pub model: &'static Model,
    /// The database whose records are found.
    pub database: &'a Database,
    /// The file.
    pub file: &'a Path,
    /// How to read it.
    pub form: Form<'a>,
}

/// How to read a foreign file.
#[derive(Clone, Copy, Debug)]
pub enum Form<'a> {
    /// A spreadsheet, with a mapping file.
    Mapped(&'a Path),
    /// A format whose mapping is known. A mapping file can add decisions and the visibility of new records.
    Known(Format, Option<&'a Path>, &'a Wanted),
}

/// What was read.
#[derive(Debug)]
pub struct Read {
    /// Files of our form, or why there are none.
    pub files: Result<Files, Failure>,
    /// Which record each row is.
    pub matches: Vec<String>,
    /// What was decided that a person may want to know.
    pub notes: Vec<String>,
}

impl Read {
    fn failed(problem: Problem) -> Self {
        let mut problems = Problems::default();
        problems.add(problem);
        Self::none(Failure::Problems(problems))
    }

    fn none(failure: Failure) -> Self {
        Self { files: Err(failure), matches: Vec::new(), notes: Vec::new() }
    }
}

/// Reads a foreign file.
pub async fn read(reading: Reading<'_>) -> Read {
    let mut notes = Vec::new();
    let existing = match reading.form {
        Form::Known(Format::Geonames, _, Wanted { existing_only: true, .. }) => {
            match index::identifiers(reading.database.connection(), IdentifierScheme::Geonames).await {
                Ok(existing) => Some(existing),
                Err(cause) => return Read::none(cause.into()),
            }
        }
        _ => None,
    };
    let read = match mapped_tables(&reading, existing.as_ref(), &mut notes) {
        Ok((name, mapping, tables)) => of_tables(&reading, &name, &mapping, &tables).await,
        Err(problem) => Read::failed(problem),
    };
    notes.extend(read.notes);
    Read { notes, ..read }
}

/// The mapping and its name, and the tables that it names.
fn mapped_tables(
    reading: &Reading<'_>,
    existing: Option<&HashSet<String>>,
    notes: &mut Vec<String>,
) -> Result<(String, Mapping, Vec<Table>), Problem> {
    match reading.form {
        Form::Mapped(path) => {
            let mapping = mapping_of(path)?;
            let tables = tables(reading.file, &mapping.tables, notes)?;
            Ok((name_of(path), mapping, tables))
        }
        Form::Known(format, settings, wanted) => {
            let (mapping, tables) = formats::read(format, reading.file, wanted, existing, notes)?;
            let Some(path) = settings else { return Ok((name_of(reading.file), mapping, tables)) };
            let settings = mapping_of(path)?;
            if !settings.tables.is_empty() {
                let message = "the format has its own tables: with --format, a mapping has only decisions, `visibility` and `unknown`";
                return Err(whole(&name_of(path), message));
            }
            Ok((name_of(path), mapping.with_settings_of(settings), tables))
        }
    }
}

/// Reads a mapping file.
fn mapping_of(path: &Path) -> Result<Mapping, Problem> {
    let name = name_of(path);
    let text = String::from_utf8(bytes_of(path)?);
    let text = text.map_err(|_| whole(&name, "the mapping is not UTF-8: save it as UTF-8"))?;
    Mapping::read(&name, &text)
}

/// Finds the records of the rows of tables, and makes rows of our form.
async fn of_tables(reading: &Reading<'_>, name: &str, mapping: &Mapping, tables: &[Table]) -> Read {
    let plan = match Plan::new(reading.model, name, mapping, tables) {
        Ok(plan) => plan,
        Err(problems) => return Read::none(Failure::Problems(problems)),
    };
    let index = match Index::read(reading.database.connection(), &plan).await {
        Ok(index) => index,
        Err(cause) => return Read::none(cause.into()),
    };
    let mut evaluator = Evaluator::new(&plan, index, tables);
    let mut problems = Problems::default();
    let matches = matching::match_rows(&mut evaluator, tables, &mut problems);
    let rows = make::make(&mut evaluator, tables, &mut problems);
    let decisions = mapping.decisions.iter().flat_map(|(kind, texts)| texts.keys().map(move |text| (kind, text)));
    let unused = decisions.filter(|(kind, text)| !evaluator.used.contains(&((*kind).clone(), (*text).clone())));
    let notes = unused.map(|(kind, text)| format!("the decision [decisions.{kind}] {text:?} was not needed")).collect();
    let made = problems.into_result().and_then(|()| MadeFiles::new(rows));
    let files = made.and_then(|made| {
        // Records that are kept as they are have no rows.
        if made.is_empty() && evaluator.records.iter().flatten().all(Vec::is_empty) {
            let mut problems = Problems::default();
            problems.add(whole(&name_of(reading.file), "no row makes a record: see --explain"));
            return Err(Failure::Problems(problems));
        }
        Ok(Files::Made(Arc::new(made)))
    });
    Read { files, matches, notes }
}

/// The tables of a spreadsheet that a mapping names.
fn tables(file: &Path, mappings: &[TableMapping], notes: &mut Vec<String>) -> Result<Vec<Table>, Problem> {
    let name = name_of(file);
    let bytes = bytes_of(file)?;
    match &bytes[..] {
        [] => Err(whole(&name, "the file is empty")),
        [b'P', b'K', 3, 4, ..] => {
            let mut workbook = Workbook::open(&name, bytes)?;
            let table = |mapping: &TableMapping| {
                let sheet = workbook.sheet(mapping.sheet.as_deref(), notes)?;
                let rows = workbook.rows(&sheet)?;
                Table::new(&workbook.label(&sheet), mapping.header, mapping.last_row, rows)
            };
            mappings.iter().map(table).collect()
        }
        [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            let part: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
            let is_encrypted = bytes.windows(part.len()).any(|window| window == part);
            Err(whole(
                &name,
                if is_encrypted {
                    "the workbook is encrypted: save it without a password"
                } else {
                    "the workbook has the old form XLS: save it as XLSX or ODS"
                },
            ))
        }
        [b'%', b'P', b'D', b'F', ..] => Err(whole(&name, "the file is PDF: copy its table into a spreadsheet")),
        _ => {
            let table = |mapping: &TableMapping| {
                if let Some(sheet) = &mapping.sheet {
                    return Err(whole(&name, format!("the file is a text and has no sheet {sheet}")));
                }
                let (text, note) = text::decode(&name, &bytes, mapping.encoding.as_deref())?;
                notes.extend(note);
                let separator = mapping.separator.as_deref();
                let dialect = Dialect { separator, header: mapping.header };
                let rows = text::rows(&name, &text, dialect, &mapping.columns())?;
                Table::new(&name, mapping.header, mapping.last_row, rows)
            };
            mappings.iter().map(table).collect()
        }
    }
}

/// The name of a file in messages.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// What is read of a file, if nobody has written to it meanwhile.
fn while_unchanged<T>(path: &Path, read: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    let state = || {
        let found = path.metadata().map_err(|cause| whole(&name_of(path), format!("it cannot be read: {cause}")))?;
        Ok((found.len(), found.modified().ok()))
    };
    let before = state()?;
    let read = read()?;
    if state()? == before {
        Ok(read)
    } else {
        Err(whole(&name_of(path), "the file was changed while it was read: import it again"))
    }
}

/// The contents of a file that is not too large.
fn bytes_of(path: &Path) -> Result<Vec<u8>, Problem> {
    let unreadable =
        |cause: &dyn std::fmt::Display| whole(&path.display().to_string(), format!("it cannot be read: {cause}"));
    // Others could be waited for without an end, such as a named pipe.
    if !path.metadata().map_err(|cause| unreadable(&cause))?.is_file() {
        return Err(unreadable(&"it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|cause| unreadable(&cause))?;
    let read = || {
        let read = file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
        read.map(drop).map_err(|cause| unreadable(&cause))
    };
    while_unchanged(path, read)?;
    if bytes.len() > MAX_BYTES {
        return Err(whole(&name_of(path), format!("the file has more than {} MiB: split it", MAX_BYTES >> 20)));
    }
    Ok(bytes)
}
