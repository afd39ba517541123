//! Connecting, and saying in one line why a database cannot be used.

use std::{
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement,
    sqlx::{self, ConnectOptions as _, postgres::PgConnectOptions, sqlite::SqliteConnectOptions},
};

use super::readers::{Readers, Target};

/// For migrations, import and export, and the questions of the server itself. Clients are answered by [`Readers`].
const CONNECTIONS: u32 = 2;
/// How long a database that is just starting is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

/// A database that can be read and written.
#[derive(Clone)]
pub struct Database {
    url: String,
    connection: DatabaseConnection,
    observer: Option<Observer>,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The database may be made if it is missing.
    Create,
    /// The database must exist.
    Open,
}

/// Why a database cannot be used: one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Nothing answers at the address, or no file is there.
    #[error("cannot open the database {url}: {cause}")]
    Unreachable {
        /// The address, without its password.
        url: String,
        /// What the driver said.
        cause: sqlx::Error,
    },
    /// There is no file, and none can be made.
    #[error("cannot open the database {url}: {cause}")]
    Unmade {
        /// The address.
        url: String,
        /// What the driver said.
        cause: DbErr,
    },
    /// There is no such file.
    #[error(
        "cannot open the database {0}: there is no such file; `coopgraph migrate` makes one, and `coopgraph serve` one \
         with the bundled data"
    )]
    Missing(String),
    /// It has tables, but none of ours.
    #[error(
        "the database is used by something else: it has the table {0}, but none of coopgraph; give coopgraph one of its own"
    )]
    Foreign(String),
    /// It is neither SQLite nor PostgreSQL.
    #[error("{0} is no address of a database: write sqlite://FILE or postgres://USER@HOST/NAME")]
    Unknown(String),
    /// Tables are missing or old.
    #[error("the database is not up to date ({missing} step(s) missing): run `coopgraph migrate`")]
    NotMigrated {
        /// How many steps are missing.
        missing: usize,
    },
    /// A newer coopgraph has changed the tables.
    #[error("the database is newer than this coopgraph (it knows the step {step}): upgrade coopgraph")]
    Newer {
        /// A step that we do not know.
        step: String,
    },
    /// It cannot be written.
    #[error("the database cannot be written: {0}")]
    ReadOnly(DbErr),
    /// Anything else that the database said.
    #[error("the database failed: {0}")]
    Failed(#[from] DbErr),
}

/// Called with the text of every statement that was run.
pub type Observer = Arc<dyn Fn(&str) + Send + Sync>;

impl Database {
    /// Connects to `sqlite://FILE` or `postgres://…`; `observer` sees every statement.
    pub async fn connect(url: &str, access: Access, observer: Option<Observer>) -> Result<Self, Unusable> {
        let sqlite = url.starts_with("sqlite:");
        if !sqlite && !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            return Err(Unusable::Unknown(without_password(url)));
        }
        // Looked at before anything is changed; and the pool would say no more than that it waited.
        match look(&target(url)?).await {
            Ok(Some(table)) => return Err(Unusable::Foreign(table)),
            Ok(None) => {}
            Err(cause) if sqlite && is_missing(&cause) => match access {
                Access::Open => return Err(Unusable::Missing(without_password(url))),
                Access::Create => {}
            },
            Err(cause) => return Err(Unusable::Unreachable { url: without_password(url), cause }),
        }
        let mut options = ConnectOptions::new(url);
        options.max_connections(CONNECTIONS).connect_lazy(true).test_before_acquire(false).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(move |options| sqlite_options(options, access));
        options.map_sqlx_postgres_opts(postgres_options);
        let unmade = |cause| Unusable::Unmade { url: without_password(url), cause };
        let mut connection = sea_orm::Database::connect(options).await.map_err(unmade)?;
        if sqlite && access == Access::Create {
            // Makes the file, if it is missing.
            connection.execute_unprepared("SELECT 1").await.map_err(unmade)?;
        }
        if let Some(observer) = observer.clone() {
            connection.set_metric_callback(move |info| observer(&info.statement.sql));
        }
        Ok(Self { url: url.to_owned(), connection, observer })
    }

    /// Connections that answer clients, who wait so long for a statement.
    pub fn readers(&self, most: Duration) -> Result<Readers, Unusable> {
        let target = match target(&self.url)? {
            Target::Sqlite(options) => Target::Sqlite(sqlite_options(options, Access::Open).pragma("query_only", "ON")),
            Target::Postgres(options) => Target::Postgres(postgres_options(options).options([
                ("default_transaction_read_only", "on"),
                // Should nobody be left to stop it.
                ("statement_timeout", &(most + PATIENCE).as_millis().to_string()),
                // Statements are made for the indexes, whatever their values: planning them anew each time took up to 40 %
                // of the time of an answer.
                ("plan_cache_mode", "force_generic_plan"),
            ])),
        };
        Ok(Readers::of(target, self.connection.clone(), self.observer.clone()))
    }

    /// The connection, for migrations, import and export. What clients read goes through [`Readers`].
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Which of the two it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Brings the tables up to date.
    pub async fn migrate(&self) -> Result<(), Unusable> {
        let applied = self.applied().await?;
        refuse_newer(&applied)?;
        Migrator::up(&self.connection, None).await.map_err(|e| {
            let text = e.to_string();
            if text.contains("readonly") || text.contains("read-only") {
                Unusable::ReadOnly(e)
            } else {
                Unusable::Failed(e)
            }
        })
    }

    /// Whether no step was ever applied.
    pub async fn is_new(&self) -> Result<bool, Unusable> {
        Ok(self.applied().await?.is_empty())
    }

    /// Says whether the tables are those that this binary knows.
    pub async fn check(&self) -> Result<(), Unusable> {
        let applied = self.applied().await?;
        refuse_newer(&applied)?;
        match known().len() - applied.len() {
            0 => Ok(()),
            missing => Err(Unusable::NotMigrated { missing }),
        }
    }

    /// Says whether the database can be written, by writing nothing.
    pub async fn check_writable(&self) -> Result<(), Unusable> {
        let nothing = "UPDATE \"record\" SET \"kind\" = \"kind\" WHERE FALSE";
        self.connection.execute_unprepared(nothing).await.map(drop).map_err(Unusable::ReadOnly)
    }

    /// The steps that were applied; none if there is no table of them yet.
    async fn applied(&self) -> Result<Vec<String>, Unusable> {
        let exists = match self.backend() {
            DbBackend::Postgres => {
                "SELECT 1 AS \"x\" FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_name = 'seaql_migrations'"
            }
            _ => "SELECT 1 AS \"x\" FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'",
        };
        let statement = |sql: &str| Statement::from_string(self.backend(), sql);
        if self.connection.query_one_raw(statement(exists)).await?.is_none() {
            return Ok(Vec::new());
        }
        let rows = self.connection.query_all_raw(statement("SELECT \"version\" FROM \"seaql_migrations\"")).await?;
        Ok(rows.iter().map(|row| row.try_get::<String>("", "version")).collect::<Result<_, _>>()?)
    }
}

fn target(url: &str) -> Result<Target, Unusable> {
    let unreachable = |cause| Unusable::Unreachable { url: without_password(url), cause };
    Ok(if url.starts_with("sqlite:") {
        Target::Sqlite(SqliteConnectOptions::from_str(url).map_err(unreachable)?.disable_statement_logging())
    } else {
        Target::Postgres(PgConnectOptions::from_str(url).map_err(unreachable)?.disable_statement_logging())
    })
}

fn sqlite_options(options: SqliteConnectOptions, access: Access) -> SqliteConnectOptions {
    options
        .create_if_missing(access == Access::Create)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "NORMAL")
        .pragma("temp_store", "MEMORY")
        // What lies in the file's pages is read where it lies, up to a gigabyte.
        .pragma("mmap_size", "1073741824")
        .pragma("cache_size", "-16384")
        // A page of rows is written into it without waiting for its reader.
        .row_buffer_size(1024)
        .statement_cache_capacity(256)
}

fn postgres_options(options: PgConnectOptions) -> PgConnectOptions {
    options.statement_cache_capacity(256)
}

/// Opens a connection for a moment; a server that is just starting has some time for it. If the database belongs to something
/// else, one of its tables is named.
async fn look(target: &Target) -> Result<Option<String>, sqlx::Error> {
    let begun = Instant::now();
    let mut reader = loop {
        match target.open().await {
            Ok(reader) => break reader,
            Err(cause) if is_starting(&cause) && begun.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
            Err(cause) => return Err(cause),
        }
    };
    let tables = match target {
        Target::Sqlite(_) => "(SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%')",
        Target::Postgres(_) => {
            "(SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema())"
        }
    };
    let foreign = format!(
        "SELECT name FROM {tables} AS t WHERE NOT EXISTS (SELECT 1 FROM {tables} AS o WHERE o.name = 'seaql_migrations') \
         ORDER BY name LIMIT 1"
    );
    let rows = reader.rows(&Statement::from_string(target.backend(), foreign)).await?;
    reader.close().await?;
    Ok(rows.first().and_then(|row| row.try_get("", "name").ok()))
}

/// `SQLITE_CANTOPEN`: no such file, most likely.
fn is_missing(cause: &sqlx::Error) -> bool {
    matches!(cause, sqlx::Error::Database(cause) if cause.code().is_some_and(|code| code == "14"))
}

fn is_starting(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::Io(cause) => cause.kind() == std::io::ErrorKind::ConnectionRefused,
        // `cannot_connect_now` (appendix A of PostgreSQL's manual).
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| code == "57P03"),
        _ => false,
    }
}

fn refuse_newer(applied: &[String]) -> Result<(), Unusable> {
    let known = known();
    match applied.iter().find(|step| !known.contains(step)) {
        Some(step) => Err(Unusable::Newer { step: step.clone() }),
        None => Ok(()),
    }
}

fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// The address without what lies between `:` and `@` of its user part, and without its parameters, which may have a
/// password, too.
fn without_password(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(url, _)| url);
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split_once(':').map_or(user, |(user, _)| user);
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}
