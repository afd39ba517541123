//! Export: the whole data set, whatever its visibility, in the form that import reads. Equal data sets give equal bytes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait, QueryResult, Value,
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
    let keys = KeysById::stored(database.connection(), model).await?;
    let export = Export { database, directory, keys, progress };
    let mut total = 0;
    for record in model.types() {
        total += export.records(record).await?;
    }
    total += export.annotations::<name::Entity>().await?;
    total += export.annotations::<identifier::Entity>().await?;
    total += export.annotations::<tag::Entity>().await?;
    Ok(total)
}

struct Export<'a> {
    database: &'a Database,
    directory: &'a Path,
    keys: KeysById,
    progress: &'a (dyn Fn(&str, u64) + Sync),
}

impl Export<'_> {
    /// Writes the file of a record type, in the order of the keys. Says how many rows it has.
    async fn records(&self, record: &RecordType) -> Result<u64, Failure> {
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
        file.finish()?;
        (self.progress)(&name, total);
        Ok(total)
    }

    /// The rows of the records after a key: all columns, in the order of the entity.
    async fn page(&self, record: &RecordType, after: String) -> Result<Vec<QueryResult>, DbErr> {
        let mut query = Query::select();
        query.columns(record.columns.iter().map(|column| column.name)).from(record.table);
        query.and_where(Expr::col("key").gt(after)).order_by("key", Order::Asc).limit(ROWS as u64);
        self.database.connection().query_all_raw(build(self.database.backend(), &query)).await
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
            AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::Keys { .. } => {}
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
        let lists = links.read(self.database.connection(), &ids).await?;
        let list = |id: &Uuid| {
            let children = lists.get(id).into_iter().flatten();
            let mut keys = children.map(|child| self.keys.key(*child)).collect::<Result<Vec<_>, _>>()?;
            keys.sort_unstable();
            Ok(keys.join(&LIST_SEPARATOR.to_string()))
        };
        ids.iter().map(list).collect()
    }

    /// Writes a file of annotations, in the order of its cells. Says how many rows it has.
    async fn annotations<F: AnnotationFile>(&self) -> Result<u64, Failure> {
        let mut file = OutputFile::create(self.directory, F::FILE)?;
        file.row(&annotations::headers::<F>())?;
        let mut rows = Vec::new();
        for model in F::find().all(self.database.connection()).await? {
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
        file.finish()?;
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

/// A file that appears under its name only when it is complete.
struct OutputFile {
    writer: csv::Writer<fs::File>,
    unfinished: PathBuf,
    path: PathBuf,
}

impl OutputFile {
    fn create(directory: &Path, name: &str) -> Result<Self, Failure> {
        let unfinished = directory.join(format!(".{name}.unfinished"));
        let file = fs::File::create(&unfinished).map_err(|cause| Failure::file(directory, cause))?;
        Ok(Self { writer: csv::Writer::from_writer(file), unfinished, path: directory.join(name) })
    }

    fn row(&mut self, cells: &[String]) -> Result<(), Failure> {
        self.writer.write_record(cells).map_err(|cause| Failure::file(&self.path, cause.into()))
    }

    fn finish(mut self) -> Result<(), Failure> {
        let renamed = self.writer.flush().and_then(|()| fs::rename(&self.unfinished, &self.path));
        renamed.map_err(|cause: io::Error| Failure::file(&self.path, cause))
    }
}
