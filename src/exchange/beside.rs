//! `names.csv`, `identifiers.csv` and `tags.csv`: what records of all kinds have beside their own rows.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use uuid::Uuid;

use super::{Failure, Files, Import, Keys, Problem, Problems, rows::Reader, write::insert};
use crate::{
    db::Vocabulary,
    domain::ALL,
    graph::{IdentifierScheme, language},
};

/// How many rows one statement writes.
const ROWS: usize = 2_000;

/// A file of rows that belong to records.
pub(super) struct Beside {
    pub(super) table: &'static str,
    /// The headers after `record_kind` and `record`.
    pub(super) headers: &'static [&'static str],
    /// The table's columns after `record_id`.
    pub(super) columns: &'static [&'static str],
    /// The headers that together may stand only once.
    unique: &'static [&'static str],
    conflict: &'static str,
}

pub(super) const FILES: [Beside; 3] = [
    Beside {
        table: "name",
        headers: &["language", "name"],
        columns: &["language", "name"],
        unique: &["record_kind", "record", "language"],
        conflict: " ON CONFLICT (\"record_id\", \"language\") DO UPDATE SET \"name\" = excluded.\"name\" WHERE \"name\".\"name\" <> excluded.\"name\"",
    },
    Beside {
        table: "identifier",
        headers: &["scheme", "value"],
        columns: &["scheme", "value"],
        unique: &["scheme", "value"],
        conflict: " ON CONFLICT (\"scheme\", \"value\") DO UPDATE SET \"record_id\" = excluded.\"record_id\" WHERE \"identifier\".\"record_id\" <> excluded.\"record_id\"",
    },
    Beside {
        table: "tag",
        headers: &["topic"],
        columns: &["topic_id"],
        unique: &["record_kind", "record", "topic"],
        conflict: " ON CONFLICT (\"record_id\", \"topic_id\") DO NOTHING",
    },
];

impl Beside {
    pub(super) fn file(&self) -> String {
        format!("{}s.csv", self.table)
    }

    pub(super) fn all_headers(&self) -> Vec<String> {
        ["record_kind", "record"].iter().chain(self.headers).map(|h| (*h).to_owned()).collect()
    }

    /// Reads a row; what is wrong with it is reported, by header.
    fn read(
        &self,
        cells: &[&str],
        keys: &Keys,
        broken: &HashSet<&str>,
        report: &mut dyn FnMut(&str, &str, String),
    ) -> Vec<Value> {
        let mut find = |kind: &str, header: &str, key: &str| -> Option<Uuid> {
            let found = keys.get(kind, key).map(|known| known.id);
            if found.is_none() && !broken.contains(kind) {
                report(header, key, format!("no {kind} has this key"));
            }
            found
        };
        let kind = ALL.iter().find(|kind| **kind == cells[0]);
        let id = kind.and_then(|kind| find(kind, "record", cells[1]));
        let topic = if self.table == "tag" { find("topic", "topic", cells[2]) } else { None };
        if kind.is_none() {
            report("record_kind", cells[0], format!("one of {} is needed", ALL.join(", ")));
        }
        let mut values: Vec<Value> = vec![id.into()];
        match self.table {
            "name" => {
                let tag = language(cells[2]).unwrap_or_else(|right| {
                    report("language", cells[2], right);
                    String::new()
                });
                if cells[3].is_empty() {
                    report("name", "", "it must not be empty".to_owned());
                }
                values.extend([tag.into(), cells[3].into()]);
            }
            "identifier" => {
                if IdentifierScheme::from_word(cells[2]).is_none() {
                    let schemes: Vec<_> = IdentifierScheme::VALUES.iter().map(|(_, word, _)| *word).collect();
                    report("scheme", cells[2], format!("one of {} is needed", schemes.join(", ")));
                }
                if cells[3].is_empty() {
                    report("value", "", "it must not be empty".to_owned());
                }
                values.extend([cells[2].into(), cells[3].into()]);
            }
            _ => values.push(topic.into()),
        }
        values
    }

    /// The cells that may stand only once together, language tags in their usual spelling.
    fn unique(&self, cells: &[&str]) -> String {
        let headers = self.all_headers();
        let unique = headers.iter().zip(cells).filter(|(header, _)| self.unique.contains(&header.as_str()));
        let parts: Vec<String> = unique
            .map(|(header, cell)| {
                let usual = if header == "language" { language(cell).ok() } else { None };
                usual.unwrap_or_else(|| (*cell).to_owned())
            })
            .collect();
        parts.join("\u{1f}")
    }
}

/// Checks the files.
pub(super) fn check(files: &Files, keys: &Keys, broken: &HashSet<&str>, problems: &mut Problems) {
    for beside in &FILES {
        let file = beside.file();
        let Some(mut reader) = Reader::open(files, &file, beside.all_headers(), problems) else {
            continue;
        };
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut found = Vec::new();
        while let Some((line, cells)) = reader.next(problems) {
            let mut report = |column: &str, value: &str, message: String| {
                found.push(Problem {
                    file: file.clone(),
                    line,
                    column: column.to_owned(),
                    value: value.to_owned(),
                    message,
                });
            };
            beside.read(&cells, keys, broken, &mut report);
            if let Some(first) = seen.insert(beside.unique(&cells), line) {
                report("", "", format!("line {first} has the same {} already", beside.unique.join(", ")));
            }
            found.drain(..).for_each(|problem| problems.add(problem));
        }
    }
}

/// Writes the files; says how many rows are new or were changed.
pub(super) async fn write(import: &Import<'_>, transaction: &DatabaseTransaction, keys: &Keys) -> Result<u64, Failure> {
    let mut written = 0;
    for beside in &FILES {
        let form = &mut Problems::default();
        let Some(mut reader) = Reader::open(import.files, &beside.file(), beside.all_headers(), form) else {
            continue;
        };
        let columns: Vec<&str> = ["record_id"].iter().chain(beside.columns).copied().collect();
        let mut rows: Vec<Vec<Value>> = Vec::with_capacity(ROWS);
        loop {
            let row = reader.next(form).map(|(_, cells)| beside.read(&cells, keys, &HashSet::new(), &mut |_, _, _| {}));
            let last = row.is_none();
            rows.extend(row);
            if !rows.is_empty() && (last || rows.len() == ROWS) {
                let statement =
                    insert(import.database.backend(), beside.table, &columns, rows.drain(..), beside.conflict);
                written += transaction.execute_raw(statement).await?.rows_affected();
            }
            if last {
                break;
            }
        }
    }
    Ok(written)
}
