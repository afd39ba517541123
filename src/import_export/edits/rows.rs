//! The rows of the files that edits become.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use sea_orm::ActiveEnum;
use uuid::Uuid;

use super::{Action, Cell, CellValue, Edit, key_of_id, references::Resolved};
use crate::{
    import_export::{
        Failure, HISTORY, MadeFiles, MadeRow, Place, annotations::RECORD, columns::headers, file_name, keys::Keys,
        removals::WITHDRAWALS,
    },
    model::{Model, RecordType, camel_case, draft::LIST_SEPARATOR},
};

/// Why edits delete records, as files give a reason.
const REASON: &str = "deleted";

/// Makes files of edits. `own` are the keys of their records; an edit without one is left out.
pub(super) fn files(
    model: &Model,
    edits: &[Edit],
    own: &[Option<String>],
    made: &[Uuid],
    keys: &Keys,
    resolved: &Resolved,
) -> Result<MadeFiles, Failure> {
    let mut files: BTreeMap<String, Vec<MadeRow>> = BTreeMap::new();
    let mut complete: HashMap<&'static str, Vec<(&'static str, String)>> = HashMap::new();
    for ((edit, key), id) in edits.iter().zip(own).zip(made) {
        let Some(key) = key else { continue };
        let place = |path: &str| Place { file: Arc::from(""), row: 0, column: Arc::from(path) };
        let text = |cell: &Cell| (cell.header.clone(), text_of(&cell.value, resolved), place(&cell.path));
        let name = edit.name_path();
        let mut row = |file: String, at: &str, cells: Vec<(String, String, Place)>| {
            files.entry(file).or_default().push(MadeRow { about: String::new(), place: place(at), cells });
        };
        let said = |header: &str, text: &str| (header.to_owned(), text.to_owned(), place(&name));
        if let Action::Delete { .. } = edit.action {
            let cells = vec![said("kind", edit.table), said("key", key), said("reason", REASON)];
            row(WITHDRAWALS.to_owned(), &name, cells);
            continue;
        }
        let record = model.record_type(edit.table);
        let mut cells = vec![said("key", key)];
        if *key == key_of_id(edit.table, *id) {
            cells.push(said("id", &key_of_id(edit.table, *id)));
        }
        cells.extend(edit.cells.iter().map(text));
        // A new record has nothing but what is said.
        if keys.get(edit.table, key).is_none() {
            for header in content_headers(record) {
                if cells.iter().all(|(of, ..)| *of != header) {
                    let at = format!("{}.{}", edit.input_path, camel_case(&header));
                    let text = if header == "visibility" { edit.visibility.to_value() } else { String::new() };
                    cells.push((header, text, place(&at)));
                }
            }
        }
        row(file_name(record), &edit.input_path, cells);
        for list in &edit.lists {
            complete.entry(list.file).or_default().push((edit.table, key.clone()));
            for (at, cells) in &list.rows {
                let [kind, of] = RECORD;
                let owner =
                    [(kind.to_owned(), edit.table.to_owned(), place(at)), (of.to_owned(), key.clone(), place(at))];
                row(list.file.to_owned(), at, owner.into_iter().chain(cells.iter().map(text)).collect());
            }
        }
    }
    // What no row says of an attribute is as it was.
    let columns = |file: &str| {
        let record = model.types().find(|record| file_name(record) == file);
        record.map(content_headers).unwrap_or_default()
    };
    Ok(MadeFiles::with_columns(files, columns)?.completing(complete))
}

/// The headers of what can be said of the records of a type.
fn content_headers(record: &RecordType) -> Vec<String> {
    headers(record).into_iter().filter(|header| !HISTORY.contains(&header.as_str())).collect()
}

fn text_of(value: &CellValue, resolved: &Resolved) -> String {
    match value {
        CellValue::Text(text) => text.clone(),
        CellValue::Key(of) => resolved.text(of),
        CellValue::Keys(list) => {
            let items: Vec<String> = list.iter().enumerate().map(|(i, of)| resolved.item(i, of)).collect();
            items.join(&LIST_SEPARATOR.to_string())
        }
    }
}
