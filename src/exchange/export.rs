//! Export: the whole graph, whatever its visibility, in the form that import reads; equal graphs give equal bytes.

use std::{collections::HashMap, fs, io, path::Path};

use sea_orm::{ConnectionTrait, DbErr, Statement};
use uuid::Uuid;

use super::{
    Failure, SEPARATOR, beside,
    import::headers,
    table::{Printed, Table, View},
};
use crate::{
    db::{Database, Sql},
    graph::Links,
};

/// How many rows one statement reads.
const ROWS: usize = 2_000;

/// Writes all files into `directory`, which is made if it is missing. Says how many rows were written.
pub async fn export(
    database: &Database,
    directory: &Path,
    progress: &(dyn Fn(&str, u64) + Sync),
) -> Result<u64, Failure> {
    let failed = |cause: io::Error| Failure::File { path: directory.display().to_string(), cause };
    fs::create_dir_all(directory).map_err(failed)?;
    let tables = crate::domain::tables();
    let mut keys: HashMap<Uuid, (&'static str, String)> = HashMap::new();
    for table in &tables {
        let sql = format!("SELECT \"id\", \"key\" FROM \"{}\"", table.kind());
        for row in database.connection().query_all_raw(Statement::from_string(database.backend(), sql)).await? {
            keys.insert(row.try_get("", "id")?, (table.kind(), row.try_get("", "key")?));
        }
    }
    let mut total = 0;
    for table in &tables {
        let mut file = Target::create(directory, &table.file()).map_err(failed)?;
        file.row(&headers(&**table))?;
        let rows = records(database, &**table, &keys, &mut file).await?;
        file.finish()?;
        progress(&table.file(), rows);
        total += rows;
    }
    for beside in &beside::FILES {
        let mut file = Target::create(directory, &beside.file()).map_err(failed)?;
        file.row(&beside.all_headers())?;
        let columns: Vec<_> = beside.columns.iter().map(|c| format!("\"{c}\"")).collect();
        let sql = format!("SELECT \"record_id\", {} FROM \"{}\"", columns.join(", "), beside.table);
        let mut rows = Vec::new();
        for row in database.connection().query_all_raw(Statement::from_string(database.backend(), sql)).await? {
            let mut cells = Vec::with_capacity(beside.headers.len() + 2);
            let (kind, key) = known(&keys, row.try_get("", "record_id")?)?;
            cells.extend([kind.to_owned(), key.to_owned()]);
            for column in beside.columns {
                cells.push(if column.ends_with("_id") {
                    known(&keys, row.try_get("", column)?)?.1.to_owned()
                } else {
                    row.try_get("", column)?
                });
            }
            rows.push(cells);
        }
        rows.sort_unstable();
        for row in &rows {
            file.row(row)?;
        }
        file.finish()?;
        progress(&beside.file(), rows.len() as u64);
        total += rows.len() as u64;
    }
    Ok(total)
}

fn known<'a>(keys: &'a HashMap<Uuid, (&'static str, String)>, id: Uuid) -> Result<(&'static str, &'a str), DbErr> {
    let (kind, key) = keys
        .get(&id)
        .ok_or_else(|| DbErr::RecordNotFound(format!("a record {id} is referred to, but is not there")))?;
    Ok((kind, key))
}

/// Writes the rows of a table, by key.
async fn records(
    database: &Database,
    table: &dyn Table,
    keys: &HashMap<Uuid, (&'static str, String)>,
    file: &mut Target,
) -> Result<u64, Failure> {
    let mut after = String::new();
    let mut total = 0;
    loop {
        let mut sql = Sql::new(database.backend());
        let columns: Vec<_> = table.table_columns().iter().map(|c| format!("\"{c}\"")).collect();
        sql.push("SELECT ")
            .push(&columns.join(", "))
            .push(" FROM \"")
            .push(table.kind())
            .push("\" WHERE \"key\" > ")
            .bind(after.clone());
        sql.push(" ORDER BY \"key\" LIMIT ").push(&ROWS.to_string());
        let rows = database.connection().query_all_raw(sql.finish()).await?;
        let printed = rows.iter().map(|row| table.print(row)).collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<Uuid> = printed.iter().map(|(id, ..)| *id).collect();
        let mut lists = Vec::new();
        for column in table.columns() {
            if let View::List { links, .. } = column.cell {
                lists.push(list(database, links, &ids, keys).await?);
            }
        }
        for (id, key, cells) in &printed {
            let mut row = vec![key.clone()];
            let mut list = lists.iter_mut();
            for cell in cells {
                row.push(match cell {
                    Printed::Text(text) => text.clone(),
                    Printed::Key(None) => String::new(),
                    Printed::Key(Some(id)) => known(keys, *id)?.1.to_owned(),
                    Printed::List => list.next().and_then(|l| l.remove(id)).unwrap_or_default(),
                });
            }
            file.row(&row)?;
        }
        total += printed.len() as u64;
        match printed.into_iter().next_back() {
            Some((_, key, _)) if rows.len() == ROWS => after = key,
            _ => return Ok(total),
        }
    }
}

/// The lists of rows, as cells.
async fn list(
    database: &Database,
    links: Links,
    ids: &[Uuid],
    keys: &HashMap<Uuid, (&'static str, String)>,
) -> Result<HashMap<Uuid, String>, Failure> {
    let mut sql = Sql::new(database.backend());
    sql.push("SELECT DISTINCT ")
        .column("l", links.from)
        .push(" AS \"from_\", ")
        .column("l", links.to)
        .push(" AS \"to_\" FROM \"");
    sql.push(links.table).push("\" AS l WHERE ").column("l", links.from).in_ids(ids);
    let mut lists: HashMap<Uuid, Vec<&str>> = HashMap::new();
    for row in database.connection().query_all_raw(sql.finish()).await? {
        lists.entry(row.try_get("", "from_")?).or_default().push(known(keys, row.try_get("", "to_")?)?.1);
    }
    let cells = lists.into_iter().map(|(id, mut list)| {
        list.sort_unstable();
        (id, list.join(&SEPARATOR.to_string()))
    });
    Ok(cells.collect())
}

/// A file that appears under its name only when it is complete.
struct Target {
    writer: csv::Writer<fs::File>,
    unfinished: std::path::PathBuf,
    path: std::path::PathBuf,
}

impl Target {
    fn create(directory: &Path, name: &str) -> io::Result<Self> {
        let unfinished = directory.join(format!(".{name}.unfinished"));
        let writer = csv::Writer::from_writer(fs::File::create(&unfinished)?);
        Ok(Self { writer, unfinished, path: directory.join(name) })
    }

    fn row(&mut self, cells: &[String]) -> Result<(), Failure> {
        self.writer.write_record(cells).map_err(|cause| self.failed(cause.into()))
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.writer.flush().and_then(|()| fs::rename(&self.unfinished, &self.path)).map_err(|cause| self.failed(cause))
    }

    fn failed(&self, cause: io::Error) -> Failure {
        Failure::File { path: self.path.display().to_string(), cause }
    }
}
