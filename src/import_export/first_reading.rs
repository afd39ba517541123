//! The first reading: which files there are, their form, the keys and the ids.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    Failure, Files, Import, Problem, Problems, annotations,
    columns::{self, file_name},
    csv_reader::Contents,
    keys::Keys,
    removals::WITHDRAWALS,
};
use crate::{
    db::{parse_type_id, type_id},
    model::{RecordType, with_article},
};

/// Checks that there are files, and only such as are known: the name of a file may be misspelt.
pub(super) fn check_names(import: &Import<'_>, problems: &mut Problems) -> Result<(), Failure> {
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
pub(super) fn read_keys(
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
