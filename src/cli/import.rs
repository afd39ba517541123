//! The command `import`.

use std::{
    fs::{self, File},
    io::{self, BufRead, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{Db, Failed, open, report_progress, say};
use crate::{
    clock::{Clock, IdSource},
    db::Database,
    domain,
    import_export::{self, Bundled, Change, Failure, Files, Import, Imported, Warnings},
    readers::{self, Form, Format, Reading, Wanted},
};

/// How many changes of values are printed.
const SHOWN_CHANGES: u64 = 20;

/// The arguments of `import`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The directory of the CSV files, or a foreign file, with `--mapping` or `--format`.
    path: PathBuf,
    #[command(flatten)]
    db: Db,
    /// Validates the files and prints the changes without changing the database.
    #[arg(long)]
    dry_run: bool,
    /// Makes changes that may be mistakes, too: a known value becomes unknown, or the country or kind of a place changes.
    /// Without it, nothing is imported if there are such changes.
    #[arg(long)]
    accept_warnings: bool,
    /// Removes the records of these types, such as `partnership,visit`, that have no row in the file of their type. What other
    /// records refer to is not removed.
    #[arg(long, value_name = "TYPE", value_delimiter = ',', value_parser = record_type)]
    replace: Vec<&'static str>,
    /// Writes every change of a value to this file: as JSON Lines if its name ends with `.json` or `.jsonl`, otherwise as CSV.
    /// It replaces an older report, but no other file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    foreign: Foreign,
}

/// How to read a foreign file.
#[derive(clap::Args)]
struct Foreign {
    /// Reads a foreign file: CSV, XLSX or ODS. The mapping says which records its rows are (docs/import.md). With `--format`,
    /// it says only which records are meant.
    #[arg(long, value_name = "MAPPING")]
    mapping: Option<PathBuf>,
    /// Reads a foreign file of this format.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Of a dump of GeoNames: imports only places with at least so many inhabitants.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    min_population: u64,
    /// Of a dump of GeoNames: imports only places that the database has, by their GeoNames IDs.
    #[arg(long)]
    existing_only: bool,
    /// Prints of each row of a foreign file which record it is, and how it was found.
    #[arg(long)]
    explain: bool,
}

/// The table of a type of records.
fn record_type(name: &str) -> Result<&'static str, String> {
    domain::model().get(name).map(|record| record.table).ok_or_else(|| {
        let tables: Vec<_> = domain::model().types().map(|record| record.table).collect();
        format!("expected one of {}", tables.join(", "))
    })
}

/// Imports a directory or a foreign file, and prints what changes.
pub(super) async fn run(args: Args) -> Result<(), Failed> {
    let database = open(&args.db).await?;
    database.check_writable().await?;
    let report = args.report.map(|path| Report::create(path, &args.path)).transpose()?;
    let Foreign { format, mapping, min_population, existing_only, explain } = args.foreign;
    let wanted = Wanted { min_population, existing_only };
    let form = match (format, &mapping) {
        (Some(format), settings) => Some(Form::Known(format, settings.as_deref(), &wanted)),
        (None, Some(mapping)) => Some(Form::Mapped(mapping)),
        (None, None) => None,
    };
    let files = match form {
        Some(form) => foreign(&database, &args.path, form, explain).await?,
        None if args.path.is_file() => {
            let message = "it is a file: name its --format, or for a spreadsheet a --mapping (docs/import.md)";
            return Err(message.into());
        }
        None => Files::In(args.path),
    };
    let changes = AtomicU64::new(0);
    let on_change = |change: &Change| {
        // Warnings are listed at the end, together with those that are not about a change.
        if change.warning.is_none() && changes.fetch_add(1, Ordering::Relaxed) < SHOWN_CHANGES {
            say(change);
        }
        report.as_ref().map_or(Ok(()), |report| report.add(change))
    };
    let options = Options {
        is_sample: false,
        dry_run: args.dry_run,
        accept_warnings: args.accept_warnings,
        replaced: &args.replace,
        on_change: &on_change,
        on_accepted: &|warnings| warnings.lines().for_each(|line| say(&format_args!("accepted: {line}"))),
    };
    let done = import_files(&database, &files, options).await;
    let more = changes.into_inner().saturating_sub(SHOWN_CHANGES);
    if more > 0 {
        say(&format_args!("… and {more} more changes of values: `--report FILE` writes all"));
    }
    let Imported { added, updated, removed, unchanged, annotations } = done?;
    let would = if args.dry_run { "dry run, nothing was changed: " } else { "" };
    say(&format_args!(
        "{would}{added} records added, {updated} updated, {removed} removed, {unchanged} unchanged; {annotations} names, identifiers and tags written or removed"
    ));
    Ok(())
}

/// Reads a foreign file, and prints what a person may want to know of it.
async fn foreign(database: &Database, file: &Path, form: Form<'_>, explain: bool) -> Result<Files, Failure> {
    let read = readers::read(Reading { model: domain::model(), database, file, form }).await;
    if explain {
        read.matches.iter().for_each(|line| say(line));
    }
    read.notes.iter().for_each(|note| say(&format_args!("note: {note}")));
    read.files
}

/// Imports bundled data into a database without records.
pub(super) async fn bundled(database: &Database, bundled: Bundled) -> Result<Imported, Failure> {
    let options = Options {
        is_sample: true,
        dry_run: false,
        accept_warnings: false,
        replaced: &[],
        on_change: &|_| Ok(()),
        on_accepted: &|_| (),
    };
    import_files(database, &Files::Bundled(bundled), options).await
}

/// The file that lists all changes of values.
struct Report {
    path: PathBuf,
    /// Whether it has an object of JSON on each line, and not a row of CSV.
    is_json: bool,
    file: Mutex<File>,
}

/// The header of a report in CSV.
const REPORT_HEADER: [&str; 8] = ["file", "line", "kind", "key", "column", "old", "new", "warning"];

impl Report {
    /// Creates a report. It replaces an older one, but no other file, which may be one of those that are imported.
    fn create(path: PathBuf, imported: &Path) -> Result<Self, Failure> {
        let created = File::create_new(&path).or_else(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists if Self::is_at(&path) => File::create(&path),
            io::ErrorKind::AlreadyExists => {
                Err(io::Error::other("the file exists and is not an import report: give another name"))
            }
            _ => Err(cause),
        });
        let file = created.map_err(|cause| Self::failure(&path, cause))?;
        let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        let is_json = extension.is_some_and(|extension| extension == "json" || extension == "jsonl");
        let report = Self { file: Mutex::new(file), is_json, path };
        let directory = report.path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
        if directory.is_some() && directory == imported.canonicalize().ok() {
            let cause = io::Error::other("the report must not be in the directory of the CSV files");
            let failure = Self::failure(&report.path, cause);
            let _ = fs::remove_file(&report.path);
            return Err(failure);
        }
        if !is_json {
            report.write(csv_line(REPORT_HEADER))?;
        }
        Ok(report)
    }

    /// Whether there is a report at a path.
    fn is_at(path: &Path) -> bool {
        // Others could be waited for without an end, such as a named pipe.
        let Ok(found) = path.metadata() else { return false };
        if !found.is_file() {
            return false;
        }
        let mut first = String::new();
        let read = File::open(path).and_then(|file| io::BufReader::new(file.take(200)).read_line(&mut first));
        // A report in JSON that has no change is empty.
        let is_json = found.len() == 0 || first.starts_with("{\"file\":");
        read.is_ok() && (first.trim_end() == REPORT_HEADER.join(",") || is_json)
    }

    fn add(&self, change: &Change) -> Result<(), Failure> {
        if self.is_json {
            return self.write(json_line(change));
        }
        let Change { file, line, kind, key, column, old, new, warning } = change;
        self.write(csv_line([file, &line.to_string(), kind, key, column, old, new, warning.unwrap_or_default()]))
    }

    /// Writes a line at once, so that a full disk is noticed before the database is changed.
    fn write(&self, text: io::Result<Vec<u8>>) -> Result<(), Failure> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        text.and_then(|text| file.write_all(&text)).map_err(|cause| {
            // It would tell of changes that are not made.
            let _ = fs::remove_file(&self.path);
            Self::failure(&self.path, cause)
        })
    }

    fn failure(path: &Path, cause: io::Error) -> Failure {
        Failure::File { path: path.display().to_string(), cause }
    }
}

fn csv_line(row: [&str; 8]) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(row)?;
    writer.into_inner().map_err(|cause| io::Error::other(cause.to_string()))
}

/// A change of a value in a report in JSON. What is unknown is `null`.
#[derive(Serialize)]
struct ReportLine<'a> {
    file: &'a str,
    line: u64,
    kind: &'a str,
    key: &'a str,
    column: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
    warning: Option<&'a str>,
}

fn json_line(change: &Change) -> io::Result<Vec<u8>> {
    let Change { file, line, kind, key, column, old, new, warning } = change;
    let [old, new] = [old, new].map(|value| Some(value.as_str()).filter(|value| !value.is_empty()));
    let mut text =
        serde_json::to_vec(&ReportLine { file, line: *line, kind, key, column, old, new, warning: *warning })?;
    text.push(b'\n');
    Ok(text)
}

/// How files are imported.
struct Options<'a> {
    /// Whether it is sample data: only for a database without records, and without showing the progress.
    is_sample: bool,
    dry_run: bool,
    accept_warnings: bool,
    replaced: &'a [&'static str],
    on_change: &'a (dyn Fn(&Change) -> Result<(), Failure> + Sync),
    on_accepted: &'a (dyn Fn(&Warnings) + Sync),
}

/// Imports files and shows the progress: a bar on a terminal, one line for each file otherwise.
async fn import_files(database: &Database, files: &Files, options: Options<'_>) -> Result<Imported, Failure> {
    let Options { is_sample, dry_run, accept_warnings, replaced, on_change, on_accepted } = options;
    let show = !is_sample;
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
            report_progress(&format_args!("{file} ({done} of {total} rows)"));
        }
    };
    let (clock, ids) = (Clock::system(), IdSource::system());
    let done = import_export::import(Import {
        model: domain::model(),
        database,
        files,
        clock: &clock,
        ids: &ids,
        only_if_empty: is_sample,
        replaced,
        dry_run,
        accept_warnings,
        on_change,
        on_accepted,
        progress: &progress,
    })
    .await;
    bar.finish_and_clear();
    done
}
