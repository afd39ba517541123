//! Import: everything is read and checked first, then written in one transaction.
//!
//! The files are read three times, so that memory holds no more than the keys: for the keys, for the checks, for writing.
//! Records are matched by key: new ones are added, changed ones updated, others left alone; nothing is ever removed but the
//! links of a list that no longer names them.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, TransactionTrait, Value};
use uuid::Uuid;

use super::{
    Failure, Files, Keys, Known, Problem, Problems, SEPARATOR, audience, beside,
    rows::Reader,
    table::{Column, Table, View},
    write,
};
use crate::{
    clock::{Clock, IdSource},
    db::Database,
    graph::Links,
};

/// An import to be done.
pub struct Import<'a> {
    /// Where to.
    pub database: &'a Database,
    /// Where from.
    pub files: &'a Files,
    /// When.
    pub clock: &'a Clock,
    /// Where the ids of new records come from.
    pub ids: &'a IdSource,
    /// Whether to undo everything at the end.
    pub dry_run: bool,
    /// Told how many of how many rows are done.
    pub progress: &'a (dyn Fn(&str, u64, u64) + Sync),
}

/// What an import did, or would have done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many records are new.
    pub added: u64,
    /// How many were changed.
    pub updated: u64,
    /// How many were left as they were.
    pub unchanged: u64,
    /// How many names, identifiers and tags are new or were changed.
    pub beside: u64,
}

/// Imports files.
pub async fn import(import: Import<'_>) -> Result<Imported, Failure> {
    let tables = crate::domain::tables();
    let mut problems = Problems::default();
    if let Some(directory) = import.files.no_directory() {
        let file = directory.display().to_string();
        problems.add(Problem {
            file,
            line: 0,
            column: String::new(),
            value: String::new(),
            message: "there is no such directory".to_owned(),
        });
        return Err(Failure::Problems(problems));
    }
    let mut keys = stored(import.database, &tables).await?;
    let (rows, broken) = scan(&import, &tables, &mut keys, &mut problems);
    for table in &tables {
        check(&import, &**table, &keys, &broken, &mut problems);
    }
    beside::check(import.files, &keys, &broken, &mut problems);
    if problems.total > 0 {
        return Err(Failure::Problems(problems));
    }
    let transaction = import.database.connection().begin().await?;
    transaction
        .execute_unprepared(match import.database.backend() {
            DbBackend::Postgres => "SET CONSTRAINTS ALL DEFERRED",
            _ => "PRAGMA defer_foreign_keys = ON",
        })
        .await?;
    let mut done = Done { rows: 0, total: rows, imported: Imported::default() };
    for table in &tables {
        write::write(&import, &transaction, &**table, &keys, &mut done).await?;
    }
    done.imported.beside = beside::write(&import, &transaction, &keys).await?;
    audience::settle(&transaction, &tables).await?;
    if done.imported.added + done.imported.updated + done.imported.beside > 0 {
        let now = import.clock.now();
        let version = format!(
            "INSERT INTO \"dataset_version\" (\"version\", \"changed_at\") \
             SELECT COALESCE(MAX(\"version\"), 0) + 1, {now} FROM \"dataset_version\""
        );
        transaction.execute_unprepared(&version).await?;
    }
    if import.dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
        // Planners need to know what a table holds; without, they may read all of it.
        import.database.connection().execute_unprepared("ANALYZE").await?;
    }
    Ok(done.imported)
}

pub(super) struct Done {
    pub(super) rows: u64,
    pub(super) total: u64,
    pub(super) imported: Imported,
}

/// The records that the database has.
async fn stored(database: &Database, tables: &[Box<dyn Table>]) -> Result<Keys, DbErr> {
    let mut keys = Keys::default();
    for table in tables {
        let of_kind = keys.0.entry(table.kind()).or_default();
        let sql = format!("SELECT \"id\", \"key\" FROM \"{}\"", table.kind());
        let statement = Statement::from_string(database.backend(), sql);
        for row in database.connection().query_all_raw(statement).await? {
            let key: String = row.try_get("", "key")?;
            of_kind.insert(key.into(), Known { id: row.try_get("", "id")?, stored: true });
        }
    }
    Ok(keys)
}

/// The first reading: the form of all files, and the keys. Says how many rows there are, and of which kinds the file is
/// so broken that references to it cannot be checked.
fn scan(
    import: &Import<'_>,
    tables: &[Box<dyn Table>],
    keys: &mut Keys,
    problems: &mut Problems,
) -> (u64, HashSet<&'static str>) {
    let mut rows = 0;
    let mut broken = HashSet::new();
    for table in tables {
        let file = table.file();
        let before = problems.total;
        let mut seen: HashMap<Box<str>, u64> = HashMap::new();
        let of_kind = keys.0.entry(table.kind()).or_default();
        if let Some(mut reader) = Reader::open(import.files, &file, headers(&**table), problems) {
            while let Some((line, cells)) = reader.next(problems) {
                rows += 1;
                let key = cells[0].to_owned();
                let mut wrong = |message: &str| {
                    problems.add(Problem {
                        file: file.clone(),
                        line,
                        column: "key".to_owned(),
                        value: key.clone(),
                        message: message.to_owned(),
                    });
                };
                if !is_key(&key) {
                    wrong(
                        "a key consists of letters, digits, dots, underscores and hyphens, and begins with a letter or digit",
                    );
                } else if let Some(first) = seen.insert(key.as_str().into(), line) {
                    wrong(&format!("the key stands in line {first} already: keys are unique"));
                } else {
                    of_kind.entry(key.into()).or_insert_with(|| Known { id: import.ids.next(), stored: false });
                }
            }
        }
        if problems.total > before {
            broken.insert(table.kind());
        }
    }
    (rows, broken)
}

fn is_key(key: &str) -> bool {
    key.len() <= 200
        && key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// The headers of a table's file.
pub(super) fn headers(table: &dyn Table) -> Vec<String> {
    let mut headers = vec!["key".to_owned()];
    for column in table.columns() {
        if matches!(column.cell, View::AnyReference { .. }) {
            headers.push(format!("{}_kind", column.header));
        }
        headers.push(column.header.to_owned());
    }
    headers
}

/// The second reading: every cell.
fn check(import: &Import<'_>, table: &dyn Table, keys: &Keys, broken: &HashSet<&str>, problems: &mut Problems) {
    let file = table.file();
    let columns = table.columns();
    // The form was reported by the first reading.
    let form = &mut Problems::default();
    let Some(mut reader) = Reader::open(import.files, &file, headers(table), form) else {
        return;
    };
    while let Some((line, cells)) = reader.next(form) {
        let mut report = |column: &str, value: &str, message: String| {
            problems.add(Problem {
                file: file.clone(),
                line,
                column: column.to_owned(),
                value: value.to_owned(),
                message,
            });
        };
        read(table, &columns, &cells, keys, broken, &mut report);
    }
}

/// A row, ready to be written.
pub(super) struct Row {
    pub(super) known: Known,
    pub(super) values: Vec<Value>,
    /// The links of its lists.
    pub(super) lists: Vec<(Links, Vec<Uuid>)>,
}

/// Reads a row; what is wrong with it is reported.
pub(super) fn read(
    table: &dyn Table,
    columns: &[Column<'_>],
    cells: &[&str],
    keys: &Keys,
    broken: &HashSet<&str>,
    report: &mut dyn FnMut(&str, &str, String),
) -> Row {
    let known = keys.get(table.kind(), cells[0]).unwrap_or(Known { id: Uuid::nil(), stored: false });
    let mut row = Row { known, values: vec![known.id.into(), cells[0].into()], lists: Vec::new() };
    let mut dates = HashMap::new();
    let mut cells = cells[1..].iter();
    let mut next = || cells.next().copied().unwrap_or_default();
    let find = |kind: &str, key: &str, header: &str, report: &mut dyn FnMut(&str, &str, String)| {
        let found = keys.get(kind, key).map(|known| known.id);
        if found.is_none() && !broken.contains(kind) {
            report(header, key, format!("no {kind} has this key"));
        }
        found
    };
    for column in columns {
        let header = column.header;
        match column.cell {
            View::Value { columns, read } => {
                let cell = next();
                match read(cell) {
                    Ok(values) => {
                        if let [_, Value::Int(Some(earliest)), Value::Int(Some(latest))] = values[..] {
                            dates.insert(header, (cell, earliest, latest));
                        }
                        row.values.extend(values);
                    }
                    Err(right) => {
                        report(header, cell, right);
                        row.values.extend(columns.iter().map(|_| Value::Bool(None)));
                    }
                }
            }
            View::Reference { kind, required, .. } => {
                let key = next();
                let id = if key.is_empty() { None } else { find(kind, key, header, report) };
                if key.is_empty() && required {
                    report(header, key, format!("it must not be empty: the key of a {kind} is needed"));
                } else if id == Some(known.id) {
                    report(header, key, format!("{key} names itself: the key of another {kind} is needed"));
                }
                row.values.push(id.into());
            }
            View::AnyReference { kinds, required, .. } => {
                let (kind, key) = (next(), next());
                let mut id = None;
                if kind.is_empty() && key.is_empty() && !required {
                    row.values.extend([Value::Uuid(None), Value::String(None)]);
                    continue;
                }
                if !kinds.contains(&kind) {
                    report(&format!("{header}_kind"), kind, format!("one of {} is needed", kinds.join(", ")));
                } else if key.is_empty() {
                    report(header, key, format!("it must not be empty: the key of a {kind} is needed"));
                } else {
                    id = find(kind, key, header, report);
                }
                row.values.extend([id.into(), kind.into()]);
            }
            View::List { links, kind, at_least } => {
                let cell = next();
                let mut ids = Vec::new();
                for key in cell.split(SEPARATOR).filter(|key| !key.is_empty()) {
                    let Some(id) = find(kind, key, header, report) else {
                        continue;
                    };
                    if ids.contains(&id) {
                        report(header, cell, format!("{key} is named twice: name each {kind} once"));
                    } else if id == known.id {
                        report(header, cell, format!("{key} names itself"));
                    }
                    ids.push(id);
                }
                let named = cell.split(SEPARATOR).filter(|key| !key.is_empty()).count();
                if named < at_least {
                    report(header, cell, format!("at least {at_least} keys are needed, separated by {SEPARATOR:?}"));
                }
                row.lists.push((links, ids));
            }
        }
    }
    for (start, end) in table.periods() {
        let (Some((s, earliest, _)), Some((e, _, latest))) = (dates.get(start), dates.get(end)) else {
            continue;
        };
        if !s.is_empty() && !e.is_empty() && latest < earliest {
            report(end, e, format!("it lies before {start} ({s})"));
        }
    }
    row
}
