//! Export: the whole data set, whatever its visibility, in the form that import reads.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sea_orm::{
    AccessMode, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, TransactionOptions, TransactionTrait,
};

use super::{
    Failure,
    annotations::{self, AnnotationFile},
    cells::StoredCells,
    columns::{HISTORY, file_name, headers},
    keys::KeysById,
};
use crate::{
    db::Database,
    domain::tag,
    model::{Model, RecordType, identifier, name},
};

/// How many records one statement reads.
const ROWS: usize = 2_000;

/// An export to be done.
pub struct Export<'a> {
    /// The record types.
    pub model: &'static Model,
    /// Where from.
    pub database: &'a Database,
    /// The directory of the files; it is created if it is missing.
    pub directory: &'a Path,
    /// Whether to leave out the ids, the versions and the times of creation and change, so that data sets of equal content
    /// give equal files.
    pub content_only: bool,
    /// Called with the name of each file and the number of its rows.
    pub progress: &'a (dyn Fn(&str, u64) + Sync),
}

/// Writes all files. Says how many rows were written.
pub async fn export(export: Export<'_>) -> Result<u64, Failure> {
    let (model, directory) = (export.model, export.directory);
    fs::create_dir_all(directory).map_err(|cause| Failure::file(directory, cause))?;
    let _lock = lock(directory)?;
    let transaction = snapshot(export.database).await?;
    let keys = KeysById::stored(&transaction, model).await?;
    let mut writer = Writer { export, transaction, keys, files: Vec::new() };
    let mut total = 0;
    for record in model.types() {
        total += writer.records(record).await?;
    }
    total += writer.annotations::<name::Entity>().await?;
    total += writer.annotations::<identifier::Entity>().await?;
    total += writer.annotations::<tag::Entity>().await?;
    // Before the first of them gets its name.
    if let Some(file) = writer.files.iter().find(|file| file.path.is_dir()) {
        return Err(Failure::file(&file.path, io::ErrorKind::IsADirectory.into()));
    }
    writer.files.into_iter().try_for_each(OutputFile::publish)?;
    Ok(total)
}

/// Keeps other exports out of a directory as long as the file is open: the files of one directory belong together.
fn lock(directory: &Path) -> Result<fs::File, Failure> {
    let opened = fs::File::open(directory).map_err(|cause| Failure::file(directory, cause))?;
    match opened.try_lock() {
        Err(fs::TryLockError::WouldBlock) => {
            Err(Failure::file(directory, io::Error::other("another export is writing into it")))
        }
        // Some file systems have no locks.
        Err(fs::TryLockError::Error(cause)) if cause.kind() != io::ErrorKind::Unsupported => {
            Err(Failure::file(directory, cause))
        }
        _ => Ok(opened),
    }
}

/// Begins a transaction in which all statements see the data set at the same moment.
pub(super) async fn snapshot(database: &Database) -> Result<DatabaseTransaction, DbErr> {
    // A transaction of SQLite sees what its first statement saw.
    let is_postgres = database.backend() == DbBackend::Postgres;
    let options = TransactionOptions {
        isolation_level: is_postgres.then_some(IsolationLevel::RepeatableRead),
        access_mode: is_postgres.then_some(AccessMode::ReadOnly),
        sqlite_transaction_mode: None,
    };
    database.connection().begin_with_options(options).await
}

struct Writer<'a> {
    export: Export<'a>,
    transaction: DatabaseTransaction,
    keys: KeysById,
    /// The files that are written.
    files: Vec<OutputFile>,
}

impl Writer<'_> {
    /// Writes the file of a record type, in the order of the keys. Says how many rows it has.
    async fn records(&mut self, record: &RecordType) -> Result<u64, Failure> {
        let name = file_name(record);
        let mut file = OutputFile::create(self.export.directory, &name)?;
        let headers = headers(record);
        let is_shown = |header: &String| !self.export.content_only || !HISTORY.contains(&header.as_str());
        let shown: Vec<usize> = (0..headers.len()).filter(|i| is_shown(&headers[*i])).collect();
        file.row(shown.iter().map(|i| &headers[*i]))?;
        let stored = StoredCells { connection: &self.transaction, keys: &self.keys };
        let mut after = String::new();
        let mut total = 0;
        loop {
            let rows = stored.after(record, after, ROWS as u64).await?;
            for row in &rows {
                file.row(shown.iter().map(|i| &row.cells[*i]))?;
            }
            let read = rows.len();
            total += read as u64;
            match rows.into_iter().next_back() {
                Some(last) if read == ROWS => after = last.key,
                _ => break,
            }
        }
        self.files.push(file.finish()?);
        (self.export.progress)(&name, total);
        Ok(total)
    }

    /// Writes a file of annotations, in the order of its cells. Says how many rows it has.
    async fn annotations<F: AnnotationFile>(&mut self) -> Result<u64, Failure> {
        let mut file = OutputFile::create(self.export.directory, F::FILE)?;
        file.row(&annotations::headers::<F>())?;
        let mut rows = Vec::new();
        for model in F::find().all(&self.transaction).await? {
            let record = F::record(&model);
            let more = F::cells(model, &self.keys)?;
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
        (self.export.progress)(F::FILE, total);
        Ok(total)
    }
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
        // What an export has left that was killed.
        let _ = fs::remove_file(&unfinished);
        let file = fs::File::create_new(&unfinished).map_err(|cause| Failure::file(directory, cause))?;
        Ok(Self { writer: Some(csv::Writer::from_writer(file)), unfinished, path: directory.join(name) })
    }

    fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a String>) -> Result<(), Failure> {
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
