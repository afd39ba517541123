//! The command `import`.

use std::{
    fs::File,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Db, Failed, open};
use crate::{
    clock::{Clock, IdSource},
    db::Database,
    domain,
    import_export::{self, Change, Failure, Files, Import, Imported},
};

/// How many changes of values are printed.
const SHOWN_CHANGES: u64 = 20;

/// The arguments of `import`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The directory of the CSV files.
    directory: PathBuf,
    #[command(flatten)]
    db: Db,
    /// Validates the files and prints the changes without changing the database.
    #[arg(long)]
    dry_run: bool,
    /// Makes changes that may be mistakes, too: a known value becomes unknown, or the country or kind of a place changes.
    /// Without it, nothing is imported if there are such changes.
    #[arg(long)]
    accept_warnings: bool,
    /// Writes every change of a value to this file, as CSV. The file must not exist yet.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Imports a directory, and prints what changes.
pub(super) async fn run(args: Args) -> Result<(), Failed> {
    let database = open(&args.db).await?;
    database.check_writable().await?;
    let report = args.report.map(Report::create).transpose()?;
    let changes = AtomicU64::new(0);
    let on_change = |change: &Change| {
        if changes.fetch_add(1, Ordering::Relaxed) < SHOWN_CHANGES {
            println!("{change}");
        }
        report.as_ref().map_or(Ok(()), |report| report.add(change))
    };
    let options =
        Options { dry_run: args.dry_run, accept_warnings: args.accept_warnings, show: true, on_change: &on_change };
    let done = import_files(&database, &Files::In(args.directory), options).await;
    let more = changes.into_inner().saturating_sub(SHOWN_CHANGES);
    if more > 0 {
        println!("… and {more} more changes of values: `--report FILE` writes all");
    }
    let Imported { added, updated, unchanged, annotations } = done?;
    let would = if args.dry_run { "dry run, nothing was changed: " } else { "" };
    println!(
        "{would}{added} records added, {updated} updated, {unchanged} unchanged; {annotations} names, identifiers and tags written or removed"
    );
    Ok(())
}

/// Imports the bundled data.
pub(super) async fn bundled(database: &Database) -> Result<Imported, Failure> {
    let options = Options { dry_run: false, accept_warnings: false, show: false, on_change: &|_| Ok(()) };
    import_files(database, &Files::Bundled, options).await
}

/// The file that lists all changes of values.
struct Report {
    path: PathBuf,
    writer: Mutex<csv::Writer<File>>,
}

impl Report {
    fn create(path: PathBuf) -> Result<Self, Failure> {
        // Never in the place of another file, which may be one of those that are imported.
        let file = File::create_new(&path).map_err(|cause| Self::failure(&path, cause))?;
        let report = Self { writer: Mutex::new(csv::Writer::from_writer(file)), path };
        report.write(["file", "line", "kind", "key", "column", "old", "new", "warning"])?;
        Ok(report)
    }

    fn add(&self, change: &Change) -> Result<(), Failure> {
        let Change { file, line, kind, key, column, old, new, warning } = change;
        self.write([file, &line.to_string(), kind, key, column, old, new, warning.unwrap_or_default()])
    }

    /// Writes a row at once, so that a full disk is noticed before the database is changed.
    fn write(&self, row: [&str; 8]) -> Result<(), Failure> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writer.write_record(row).map_err(io::Error::from).and_then(|()| writer.flush());
        written.map_err(|cause| Self::failure(&self.path, cause))
    }

    fn failure(path: &Path, cause: io::Error) -> Failure {
        Failure::File { path: path.display().to_string(), cause }
    }
}

/// How files are imported.
struct Options<'a> {
    dry_run: bool,
    accept_warnings: bool,
    /// Whether to show the progress.
    show: bool,
    on_change: &'a (dyn Fn(&Change) -> Result<(), Failure> + Sync),
}

/// Imports files and shows the progress: a bar on a terminal, one line for each file otherwise.
async fn import_files(database: &Database, files: &Files, options: Options<'_>) -> Result<Imported, Failure> {
    let Options { dry_run, accept_warnings, show, on_change } = options;
    let bar = if show && std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} rows {msg}") {
        bar.set_style(style);
    }
    let lines = show && !std::io::stderr().is_terminal();
    let last = Mutex::new(String::new());
    let progress = |file: &str, done: u64, total: u64| {
        bar.set_length(total);
        bar.set_position(done);
        bar.set_message(file.to_owned());
        if lines
            && let Ok(mut last) = last.lock()
            && *last != file
        {
            file.clone_into(&mut last);
            eprintln!("{file} ({done} of {total} rows)");
        }
    };
    let (clock, ids) = (Clock::system(), IdSource::system());
    let done = import_export::import(Import {
        model: domain::model(),
        database,
        files,
        clock: &clock,
        ids: &ids,
        dry_run,
        accept_warnings,
        on_change,
        progress: &progress,
    })
    .await;
    bar.finish_and_clear();
    done
}
