//! Export: the whole data set, whatever its visibility, in the form that import reads. Equal data sets give equal bytes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExprTrait, IsolationLevel, QueryResult,
    TransactionOptions, TransactionTrait, Value,
    sea_query::{Expr, Order, Query},
};
use uuid::Uuid;

use super::{
    Failure,
    annotations::{self, AnnotationFile},
    columns::{file_name, headers, imported},
    keys::KeysById,
    links::LinkTable,
};
use crate::{
    db::Database,
    domain::tag,
    model::{Attribute, AttributeKind, Column, Model, RecordType, draft::LIST_SEPARATOR, identifier, name},
    query::statement::build,
};

/// How many records one statement reads.
const ROWS: usize = 2_000;

/// Writes all files into `directory`, which is made if it is missing. Says how many rows were written; `progress` is called
/// with the name of each file and the number of its rows.
pub async fn export(
    model: &'static Model,
    database: &Database,
    directory: &Path,
    progress: &(dyn Fn(&str, u64) + Sync),
) -> Result<u64, Failure> {
    fs::create_dir_all(directory).map_err(|cause| Failure::file(directory, cause))?;
    let transaction = snapshot(database).await?;
    let keys = KeysById::stored(&transaction, model).await?;
    let mut export = Export { transaction, directory, keys, progress, files: Vec::new() };
    let mut total = 0;
    for record in model.types() {
        total += export.records(record).await?;
    }
    total += export.annotations::<name::Entity>().await?;
    total += export.annotations::<identifier::Entity>().await?;
    total += export.annotations::<tag::Entity>().await?;
    export.files.into_iter().try_for_each(OutputFile::publish)?;
    Ok(total)
}

/// Begins a transaction in which all statements see the data set at the same moment.
async fn snapshot(database: &Database) -> Result<DatabaseTransaction, DbErr> {
    // A transaction of SQLite sees what its first statement saw.
    let is_postgres = database.backend() == DbBackend::Postgres;
    let options = TransactionOptions {
        isolation_level: is_postgres.then_some(IsolationLevel::RepeatableRead),
        access_mode: is_postgres.then_some(AccessMode::ReadOnly),
        sqlite_transaction_mode: None,
    };
    database.connection().begin_with_options(options).await
}

struct Export<'a> {
    transaction: DatabaseTransaction,
    directory: &'a Path,
    keys: KeysById,
    progress: &'a (dyn Fn(&str, u64) + Sync),
    /// The files that are written.
    files: Vec<OutputFile>,
}

impl Export<'_> {
    /// Writes the file of a record type, in the order of the keys. Says how many rows it has.
    async fn records(&mut self, record: &RecordType) -> Result<u64, Failure> {
        let name = file_name(record);
        let mut file = OutputFile::create(self.directory, &name)?;
        file.row(&headers(record))?;
        let key = record.column("key");
        let mut after = String::new();
        let mut total = 0;
        loop {
            let rows = self.page(record, after).await?;
            for cells in self.cells(record, &rows).await? {
                file.row(&cells)?;
            }
            total += rows.len() as u64;
            match rows.last() {
                Some(last) if rows.len() == ROWS => after = last.try_get_by_index(key.index)?,
                _ => break,
            }
        }
        self.files.push(file.finish()?);
        (self.progress)(&name, total);
        Ok(total)
    }

    /// The rows of the records after a key: all columns, in the order of the entity.
    async fn page(&self, record: &RecordType, after: String) -> Result<Vec<QueryResult>, DbErr> {
        let mut query = Query::select();
        query.columns(record.columns.iter().map(|column| column.name)).from(record.table);
        query.and_where(Expr::col("key").gt(after)).order_by("key", Order::Asc).limit(ROWS as u64);
        self.transaction.query_all_raw(build(self.transaction.get_database_backend(), &query)).await
    }

    /// The cells of records, row by row.
    async fn cells(&self, record: &RecordType, rows: &[QueryResult]) -> Result<Vec<Vec<String>>, DbErr> {
        let key = record.column("key");
        let mut all = rows.iter().map(|row| Ok(vec![text(row, key)?])).collect::<Result<Vec<_>, DbErr>>()?;
        for attribute in imported(record) {
            if let Some(links) = LinkTable::of(attribute) {
                for (cells, list) in all.iter_mut().zip(self.lists(record, links, rows).await?) {
                    cells.push(list);
                }
            } else {
                for (cells, row) in all.iter_mut().zip(rows) {
                    self.push_cells(cells, attribute, row)?;
                }
            }
        }
        Ok(all)
    }

    /// Adds the cells of an attribute that is no list.
    fn push_cells(&self, cells: &mut Vec<String>, attribute: &Attribute, row: &QueryResult) -> Result<(), DbErr> {
        match &attribute.kind {
            AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) | AttributeKind::Keys { .. } => {
            }
            AttributeKind::Scalar(column, _) => cells.push(text(row, *column)?),
            AttributeKind::Name { name, language, .. } => cells.extend([text(row, *name)?, text(row, *language)?]),
            AttributeKind::Date { edtf, .. } => cells.push(text(row, *edtf)?),
            AttributeKind::Decimal(decimal) => cells.push(text(row, decimal.exact)?),
            AttributeKind::ToOne(to_one) => cells.push(self.reference(row, to_one.column)?),
            AttributeKind::ToAny(to_any) => {
                cells.extend([text(row, to_any.table)?, self.reference(row, to_any.id)?]);
            }
        }
        Ok(())
    }

    /// The key of the record that a column refers to.
    fn reference(&self, row: &QueryResult, column: Column) -> Result<String, DbErr> {
        let id: Option<Uuid> = row.try_get_by_index(column.index)?;
        id.map_or(Ok(String::new()), |id| self.keys.key(id).map(str::to_owned))
    }

    /// The lists of keys of records.
    async fn lists(&self, record: &RecordType, links: LinkTable, rows: &[QueryResult]) -> Result<Vec<String>, DbErr> {
        let id = record.column("id").index;
        let ids = rows.iter().map(|row| row.try_get_by_index(id)).collect::<Result<Vec<Uuid>, _>>()?;
        let lists = links.read(&self.transaction, &ids).await?;
        let list = |id: &Uuid| {
            let children = lists.get(id).into_iter().flatten();
            let mut keys = children.map(|child| self.keys.key(*child)).collect::<Result<Vec<_>, _>>()?;
            keys.sort_unstable();
            Ok(keys.join(&LIST_SEPARATOR.to_string()))
        };
        ids.iter().map(list).collect()
    }

    /// Writes a file of annotations, in the order of its cells. Says how many rows it has.
    async fn annotations<F: AnnotationFile>(&mut self) -> Result<u64, Failure> {
        let mut file = OutputFile::create(self.directory, F::FILE)?;
        file.row(&annotations::headers::<F>())?;
        let mut rows = Vec::new();
        for model in F::find().all(&self.transaction).await? {
            let (record, more) = F::cells(model, &self.keys)?;
            let (table, key) = self.keys.get(record)?;
            let mut cells = vec![table.to_owned(), key.to_owned()];
            cells.extend(more);
            rows.push(cells);
        }
        rows.sort_unstable();
        for cells in &rows {
            file.row(cells)?;
        }
        self.files.push(file.finish()?);
        let total = rows.len() as u64;
        (self.progress)(F::FILE, total);
        Ok(total)
    }
}

/// A value in its text form; empty if it is missing.
fn text(row: &QueryResult, column: Column) -> Result<String, DbErr> {
    Ok(match column.read(row, column.index)? {
        Value::String(Some(text)) => text,
        Value::SmallInt(Some(number)) => number.to_string(),
        Value::Int(Some(number)) => number.to_string(),
        Value::BigInt(Some(number)) => number.to_string(),
        Value::Double(Some(number)) => number.to_string(),
        Value::Bool(Some(is_true)) => is_true.to_string(),
        _ => String::new(),
    })
}

/// A file that gets its name when all files are complete. Until then, or until it is dropped, it has another one.
struct OutputFile {
    /// `None` once it is complete.
    writer: Option<csv::Writer<fs::File>>,
    unfinished: PathBuf,
    path: PathBuf,
}

impl OutputFile {
    fn create(directory: &Path, name: &str) -> Result<Self, Failure> {
        let unfinished = directory.join(format!(".{name}.unfinished"));
        let file = fs::File::create(&unfinished).map_err(|cause| Failure::file(directory, cause))?;
        Ok(Self { writer: Some(csv::Writer::from_writer(file)), unfinished, path: directory.join(name) })
    }

    fn row(&mut self, cells: &[String]) -> Result<(), Failure> {
        let written = self.writer.as_mut().map_or(Ok(()), |writer| writer.write_record(cells));
        written.map_err(|cause| Failure::file(&self.path, cause.into()))
    }

    /// Completes the file on disk and closes it.
    fn finish(mut self) -> Result<Self, Failure> {
        let file = self.writer.take().map(|writer| writer.into_inner().map_err(csv::IntoInnerError::into_error));
        let synced = file.transpose().and_then(|file| file.map_or(Ok(()), |file| file.sync_all()));
        synced.map_err(|cause| Failure::file(&self.path, cause))?;
        Ok(self)
    }

    /// Gives the file its name.
    fn publish(self) -> Result<(), Failure> {
        fs::rename(&self.unfinished, &self.path).map_err(|cause| Failure::file(&self.path, cause))
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // A published file has no other name any more.
        let _ = fs::remove_file(&self.unfinished);
    }
}
