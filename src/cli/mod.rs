//! The command line interface: `serve`, `migrate`, `import`, `export`, `backup`, `verify`, `reindex`, `key`, `schema`, `health`.

mod backup;
mod import;
mod key;
mod open_files;
mod serve;

use std::{
    fmt,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use percent_encoding::percent_decode_str;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    clock::Clock,
    db::{Access, Database, Moment},
    domain, http,
    import_export::{self, Export, Verified, Verify},
    observe::logs,
};

/// An error for the operator: one line, or the list of errors in files.
type Failed = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(
    name = "coopgraph",
    version,
    about = "A GraphQL server for international cooperation data: visits, sister cities, innovation centers, events, and the sources that say so.",
    after_help = "Without a command, coopgraph runs `serve`, which creates `coopgraph.db` in the current directory if it \
                  does not exist, and loads the bundled data."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Starts the GraphQL server.
    #[command(
        after_help = "The server logs to standard error: text on a terminal, JSON otherwise, one line for each request. \
                      Set COOPGRAPH_LOG to filter the log, for example to `debug` or to \
                      `warn,coopgraph=info,coopgraph::request=off`."
    )]
    Serve(Box<serve::Serve>),
    /// Creates the database, or updates its tables to the current version.
    Migrate(Db),
    /// Imports a directory of CSV files, or a foreign file, in one transaction.
    Import(import::Args),
    /// Exports the database to a directory of CSV files that `import` can read.
    Export(ExportArgs),
    /// Copies the whole database to a file, also while it is served and written: records, keys, and all else that it has.
    Backup(backup::Backup),
    /// Verifies the references between records, their effective visibility, their dates and other values, and the index of
    /// full-text search. Nothing is changed; it fails if anything is wrong, and names it.
    Verify(Db),
    /// Makes the index of full-text search, and the sort keys of names, again.
    Reindex(Db),
    /// Manages API keys, which let their owners see more than what is public.
    #[command(subcommand)]
    Key(key::Key),
    /// Prints the GraphQL schema.
    Schema,
    /// Checks that a running server is ready, and fails if it is not.
    Health(Address),
}

#[derive(Args)]
struct Db {
    /// The database: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/NAME`. A connection pooler in front of PostgreSQL
    /// must use session mode.
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://coopgraph.db",
        hide_env_values = true,
        value_parser = database_url
    )]
    database_url: String,
}

/// Refuses databases of SQLite that are no file: each connection would have one of its own.
fn database_url(url: &str) -> Result<String, String> {
    if let Some(rest) = url.strip_prefix("sqlite:") {
        let decoded = percent_decode_str(rest).decode_utf8_lossy();
        if decoded.contains(":memory:") || decoded.contains("mode=memory") {
            return Err("a database in memory cannot be served: write sqlite://FILE".to_owned());
        }
        // As the driver finds the file.
        let (file, _) = rest.split_once('?').unwrap_or((rest, ""));
        if file.trim_start_matches("//").is_empty() {
            return Err("the URL names no file: write sqlite://FILE".to_owned());
        }
    }
    Ok(url.to_owned())
}

#[derive(Args)]
struct Address {
    /// The IP address and port of the server.
    #[arg(long, env = "COOPGRAPH_LISTEN", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
}

#[derive(Args)]
struct ExportArgs {
    /// The directory of the CSV files; it is created if it does not exist.
    directory: PathBuf,
    #[command(flatten)]
    db: Db,
    /// Leaves out the columns `id`, `version`, `created_at` and `updated_at`, so that equal content gives equal files. An
    /// import of such files into another database gives the records new ids.
    #[arg(long)]
    content_only: bool,
}

/// Runs the command in the arguments of the process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or_else(|| {
        // Parses the defaults and the environment variables of `serve`.
        let Cli { command } = Cli::parse_from(["coopgraph", "serve"]);
        command.unwrap_or(Command::Schema)
    });
    if let Err(failed) = check_clock(Clock::system().now()) {
        return fail(&failed);
    }
    let _logs = logs();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return fail(&cause.into()),
    };
    let done = runtime.block_on(async {
        match command {
            Command::Serve(args) => serve::run(*args).await,
            Command::Migrate(args) => migrate(args).await,
            Command::Import(args) => import::run(args).await,
            Command::Export(args) => export(args).await,
            Command::Backup(args) => backup::run(args).await,
            Command::Verify(args) => verify(args).await,
            Command::Reindex(args) => reindex(args).await,
            Command::Key(args) => key::run(args).await,
            Command::Schema => print(http::sdl().trim_end()).or_else(unless_closed).map_err(Into::into),
            Command::Health(args) => health(args).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => fail(&failed),
    }
}

/// Refuses a clock whose time no date can have that is written: before 1970 or after 9999.
fn check_clock(now: i64) -> Result<(), Failed> {
    if now >= 0 && Moment(now).to_rfc3339().is_some() {
        return Ok(());
    }
    Err(format!("the clock of this machine is wrong, at {} days after 1970-01-01: set it", now / 86_400_000).into())
}

fn fail(failed: &Failed) -> ExitCode {
    report_progress(&format_args!("coopgraph: {failed}"));
    ExitCode::FAILURE
}

/// Prints a line. If nobody reads it, the command goes on.
fn say(line: &dyn fmt::Display) {
    let _ = writeln!(io::stdout(), "{}", printable(&line.to_string()));
}

/// Prints lines that are the result of a command; an error if they cannot be written.
fn print(lines: &str) -> io::Result<()> {
    let mut output = io::stdout();
    writeln!(output, "{}", printable(lines)).and_then(|()| output.flush())
}

/// Whoever closes the output needs no more of it.
fn unless_closed(cause: io::Error) -> io::Result<()> {
    if cause.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(cause) }
}

/// The same for what is not the result of a command.
fn report_progress(line: &dyn fmt::Display) {
    let _ = writeln!(io::stderr(), "{}", printable(&line.to_string()));
}

/// A text for a terminal, which takes control characters for commands, and others for the direction of the text.
fn printable(text: &str) -> String {
    let is_printable = |c: char| match c {
        '\n' | '\t' => true,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        c => !c.is_control(),
    };
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if is_printable(c) {
            printable.push(c);
        } else {
            printable.extend(c.escape_unicode());
        }
    }
    printable
}

/// The signals that tell the server to stop: SIGTERM and SIGINT.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Handles the signals from now on.
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn migrate(args: Db) -> Result<(), Failed> {
    let database = Database::connect(&args.database_url, Access::Create, None).await?;
    database.migrate().await?;
    import_export::complete_search_index(&database, domain::model()).await?;
    say(&"the database is up to date");
    Ok(())
}

async fn verify(args: Db) -> Result<(), Failed> {
    let database = open(&args).await?;
    let verify = Verify {
        model: domain::model(),
        database: &database,
        clock: &Clock::system(),
        on_finding: &mut |finding| say(&finding),
    };
    let Verified { records, findings } = import_export::verify(verify).await?;
    if findings > 0 {
        return Err(format!("{findings} of what {records} records have is not as it should be").into());
    }
    say(&format_args!("{records} records are as they should be"));
    Ok(())
}

async fn reindex(args: Db) -> Result<(), Failed> {
    let database = open(&args).await?;
    let documents = import_export::rebuild_search_index(&database, domain::model()).await?;
    say(&format_args!("{documents} records can be searched"));
    Ok(())
}

async fn open(args: &Db) -> Result<Database, Failed> {
    let database = Database::connect(&args.database_url, Access::Open, None).await?;
    database.check().await?;
    Ok(database)
}

async fn export(args: ExportArgs) -> Result<(), Failed> {
    let database = open(&args.db).await?;
    let mut signals = StopSignals::new()?;
    let exported = import_export::export(Export {
        model: domain::model(),
        database: &database,
        directory: &args.directory,
        content_only: args.content_only,
        progress: &|file, rows| report_progress(&format_args!("{file}: {rows} rows")),
    });
    let rows = tokio::select! {
        rows = exported => rows?,
        // Its unfinished files are removed.
        () = signals.next() => return Err("stopped: nothing was exported".into()),
    };
    say(&format_args!("{rows} rows written to {}", args.directory.display()));
    Ok(())
}

/// Requests `/readyz`, for health checks of containers. One request does not need an HTTP client.
async fn health(args: Address) -> Result<(), Failed> {
    let mut at = args.listen;
    if at.ip().is_unspecified() {
        at.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let ask = async {
        let mut stream = TcpStream::connect(at).await?;
        stream.write_all(format!("GET /readyz HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(Duration::from_secs(3), ask)
        .await
        .map_err(|_| format!("{at} did not respond within 3 seconds"))?;
    let answer = answer.map_err(|cause| format!("{at}: {cause}"))?;
    if answer.starts_with(b"HTTP/1.1 200") {
        say(&"ready");
        Ok(())
    } else {
        Err(format!("{at} is not ready").into())
    }
}
