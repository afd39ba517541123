//! Connecting to a database, with one line for the operator if that is not possible.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement,
    sqlx::{self, ConnectOptions as _, Executor as _, postgres::PgConnectOptions, sqlite::SqliteConnectOptions},
};

use super::{
    Unusable,
    readers::{Connector, KEPT_STATEMENTS, POSTGRES_CONNECTIONS, Reader, Readers, SQLITE_CONNECTIONS},
    writer_lock::{WriterLock, begin_exclusive, is_locked},
};

/// The number of connections for migrations, import, export and health checks. Clients are answered by [`Readers`].
const CONNECTIONS: u32 = 2;
/// How many prepared statements each of them keeps. Those of an import write many rows, and their texts have up to about
/// 100 KB: together 3 MB.
const WRITTEN_STATEMENTS: usize = 32;
/// How long to wait for a database that is starting.
const START_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait for a database that lets clients connect, but does not answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// The time between two attempts to connect.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// A database that can be read and written.
#[derive(Clone)]
pub struct Database {
    url: String,
    /// The file of SQLite, and which one it was when it was opened.
    file: Option<(PathBuf, FileId)>,
    connection: DatabaseConnection,
    observer: Option<Observer>,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The database is created if it is missing.
    Create,
    /// The database must exist.
    Open,
}

/// Is called with the text of every statement.
pub type Observer = Arc<dyn Fn(&str) + Send + Sync>;

impl Database {
    /// Connects to `sqlite://FILE` or `postgres://…`. `observer` is called with every statement.
    pub async fn connect(url: &str, access: Access, observer: Option<Observer>) -> Result<Self, Unusable> {
        let sqlite = url.starts_with("sqlite:");
        if !sqlite && !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            return Err(Unusable::Unknown(without_password(url)));
        }
        // Before anything is changed; and the pool would only report a timeout.
        match probe(&connector(url)?).await {
            Ok(Probed { encoding: Some(encoding), .. }) => return Err(Unusable::Encoding(encoding)),
            Ok(Probed { foreign_table: Some(table), .. }) => return Err(Unusable::Foreign(table)),
            Ok(Probed { .. }) => {}
            Err(cause) if is_missing(&cause) && !has_file(url) => match access {
                Access::Open => return Err(Unusable::Missing(without_password(url))),
                Access::Create => {}
            },
            Err(cause) => return Err(Unusable::Unreachable { url: without_password(url), cause }),
        }
        let mut options = ConnectOptions::new(url);
        options.max_connections(CONNECTIONS).connect_lazy(true).test_before_acquire(true).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(move |options| {
            sqlite_options(options, access).statement_cache_capacity(WRITTEN_STATEMENTS)
        });
        options
            .map_sqlx_postgres_opts(|options| postgres_options(options).statement_cache_capacity(WRITTEN_STATEMENTS));
        let not_created = |cause| Unusable::NotCreated { url: without_password(url), cause };
        let mut connection = sea_orm::Database::connect(options).await.map_err(not_created)?;
        if sqlite && access == Access::Create {
            // Creates the file if it is missing. While another process does, SQLite refuses without waiting.
            let begun = Instant::now();
            while let Err(cause) = connection.execute_unprepared("SELECT 1").await {
                if !is_locked(&cause) || begun.elapsed() > START_TIMEOUT {
                    return Err(not_created(cause));
                }
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
        }
        if let Some(observer) = observer.clone() {
            connection.set_metric_callback(move |info| observer(&info.statement.sql));
        }
        let path = match connector(url)? {
            Connector::Sqlite(options) => Some(options.get_filename().to_owned()),
            Connector::Postgres(_) => None,
        };
        let file = path.and_then(|path| FileId::of(&path).map(|id| (path, id)));
        Ok(Self { url: url.to_owned(), file, connection, observer })
    }

    /// Connections that answer clients. `request_timeout` is how long a request may take.
    pub fn readers(&self, request_timeout: Duration) -> Result<Readers, Unusable> {
        let connector = match connector(&self.url)? {
            Connector::Sqlite(options) => {
                Connector::Sqlite(sqlite_options(options, Access::Open).pragma("query_only", "ON"))
            }
            Connector::Postgres(options) => Connector::Postgres(options.options([
                ("default_transaction_read_only", "on"),
                // If the server itself ended before it could cancel the statement.
                ("statement_timeout", &(request_timeout + START_TIMEOUT).as_millis().to_string()),
                // The statements suit the indexes whatever the values are; planning them for each execution took up to
                // 40 % of the time of a request.
                ("plan_cache_mode", "force_generic_plan"),
            ])),
        };
        Ok(Readers::of(connector, self.connection.clone(), self.observer.clone()))
    }

    /// The connection, for migrations, import and export. What clients read goes through [`Readers`].
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The database system.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// The maximum number of files, sockets included, that the connections of a server have open.
    #[must_use]
    pub fn max_open_files(&self) -> usize {
        match self.backend() {
            DbBackend::Postgres => POSTGRES_CONNECTIONS + CONNECTIONS as usize,
            // The database, its write-ahead log, and the index of that.
            _ => 3 * (SQLITE_CONNECTIONS + CONNECTIONS as usize),
        }
    }

    /// Applies the missing migrations: all of them, or none. Another process that does so is waited for.
    pub async fn migrate(&self) -> Result<(), Unusable> {
        let applied = self.applied().await?;
        refuse_newer(&applied)?;
        let migrated = async {
            let transaction = begin_exclusive(&self.connection, WriterLock::Migration).await?;
            Migrator::up(&transaction, None).await?;
            transaction.commit().await
        };
        migrated.await.map_err(|e| {
            let text = e.to_string();
            if text.contains("readonly") || text.contains("read-only") {
                Unusable::ReadOnly(e)
            } else {
                Unusable::Failed(e)
            }
        })
    }

    /// Whether no migration was ever applied.
    pub async fn is_new(&self) -> Result<bool, Unusable> {
        Ok(self.applied().await?.is_empty())
    }

    /// Checks that all migrations of this version were applied, and no others; and that the file is still the one that was
    /// opened.
    pub async fn check(&self) -> Result<(), Unusable> {
        if let Some((path, opened)) = &self.file
            && FileId::of(path).as_ref() != Some(opened)
        {
            return Err(Unusable::Replaced(path.clone()));
        }
        let applied = self.applied().await?;
        refuse_newer(&applied)?;
        match known().len() - applied.len() {
            0 => Ok(()),
            missing => Err(Unusable::NotMigrated { missing }),
        }
    }

    /// Checks that the database can be written, with an update of no rows.
    pub async fn check_writable(&self) -> Result<(), Unusable> {
        let nothing = "UPDATE \"record\" SET \"kind\" = \"kind\" WHERE FALSE";
        let Connector::Sqlite(options) = connector(&self.url)? else {
            return self.connection.execute_unprepared(nothing).await.map(drop).map_err(Unusable::ReadOnly);
        };
        // Another process that writes is not waited for: the server can read, and this one can write later.
        let options = sqlite_options(options, Access::Open).busy_timeout(Duration::ZERO);
        let written = async { options.connect().await?.execute(nothing).await };
        match written.await.map_err(|cause| DbErr::Exec(RuntimeErr::SqlxError(Arc::new(cause)))) {
            Err(cause) if !is_locked(&cause) => Err(Unusable::ReadOnly(cause)),
            _ => Ok(()),
        }
    }

    /// Checks that PostgreSQL allows as many connections as a server uses.
    pub async fn check_connections(&self) -> Result<(), Unusable> {
        if self.backend() != DbBackend::Postgres {
            return Ok(());
        }
        // Superusers may use all connections; for others there are reserved ones, and limits of roles and databases, where -1
        // means none. The role is the one that logs in, which can act as another. PostgreSQL has `reserved_connections`
        // from version 16.
        let sql = "WITH login AS (SELECT * FROM pg_roles WHERE rolname = session_user), \
                   reserved AS (\
                     SELECT current_setting('superuser_reserved_connections')::integer AS connections FROM login \
                       WHERE NOT rolsuper \
                     UNION ALL SELECT current_setting('reserved_connections', true)::integer FROM login \
                       WHERE NOT rolsuper AND NOT EXISTS (\
                         SELECT FROM pg_roles AS r WHERE r.rolname = 'pg_use_reserved_connections' \
                           AND pg_has_role(login.oid, r.oid, 'USAGE')\
                       )\
                   ), \
                   limits AS (\
                     SELECT rolconnlimit AS allowed FROM login WHERE NOT rolsuper \
                     UNION ALL SELECT datconnlimit FROM pg_database, login \
                       WHERE datname = current_database() AND NOT rolsuper \
                     UNION ALL SELECT greatest(0, current_setting('max_connections')::integer \
                       - coalesce((SELECT sum(connections) FROM reserved), 0)::integer)\
                   ) \
                   SELECT min(allowed) AS \"allowed\" FROM limits WHERE allowed >= 0";
        let row = self.connection.query_one_raw(Statement::from_string(self.backend(), sql)).await?;
        let allowed: Option<i32> = row.map(|row| row.try_get("", "allowed")).transpose()?;
        let allowed = allowed.and_then(|allowed| usize::try_from(allowed).ok());
        let needed = POSTGRES_CONNECTIONS + CONNECTIONS as usize;
        match allowed {
            Some(allowed) if allowed < needed => Err(Unusable::TooFewConnections { allowed, needed }),
            _ => Ok(()),
        }
    }

    /// The migrations that were applied; none if their table does not exist yet.
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

fn connector(url: &str) -> Result<Connector, Unusable> {
    let unreachable = |cause| Unusable::Unreachable { url: without_password(url), cause };
    Ok(if url.starts_with("sqlite:") {
        Connector::Sqlite(SqliteConnectOptions::from_str(url).map_err(unreachable)?.disable_statement_logging())
    } else {
        let options = PgConnectOptions::from_str(url).map_err(unreachable)?;
        Connector::Postgres(postgres_options(options.disable_statement_logging()))
    })
}

pub(super) fn sqlite_options(options: SqliteConnectOptions, access: Access) -> SqliteConnectOptions {
    options
        .create_if_missing(access == Access::Create)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "NORMAL")
        .pragma("temp_store", "MEMORY")
        // Pages are read where they are mapped into memory, up to a gigabyte of the file.
        .pragma("mmap_size", "1073741824")
        .pragma("cache_size", "-16384")
        // The thread of a connection writes a whole page of rows without waiting for their reader.
        .row_buffer_size(1024)
        .statement_cache_capacity(KEPT_STATEMENTS)
}

/// What statements rely on, whatever the defaults of the server, the database or the role are. The driver sets the encoding,
/// the time zone and the format of dates. Whether the database may be written is for its operator to say.
fn postgres_options(options: PgConnectOptions) -> PgConnectOptions {
    options.statement_cache_capacity(KEPT_STATEMENTS).options([
        ("standard_conforming_strings", "on"),
        ("transform_null_equals", "off"),
        ("array_nulls", "on"),
        // A search finds all, and not some of it.
        ("gin_fuzzy_search_limit", "0"),
        ("default_transaction_isolation", "read committed"),
        ("default_transaction_deferrable", "off"),
        // Imports and migrations take their time.
        ("statement_timeout", "0"),
        ("lock_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("idle_session_timeout", "0"),
    ])
}

/// Which file is at a path: the device, and the number of the file there.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|found| Self(found.dev(), found.ino()))
    }
}

/// Why a database cannot be used, although it can be opened.
struct Probed {
    /// The encoding, if it is not UTF-8.
    encoding: Option<String>,
    /// A table, if the database belongs to another application.
    foreign_table: Option<String>,
}

/// Opens a connection and closes it again, and waits for a server that is starting.
async fn probe(connector: &Connector) -> Result<Probed, sqlx::Error> {
    let begun = Instant::now();
    let mut is_created = false;
    let mut reader = loop {
        let silent =
            || std::io::Error::new(std::io::ErrorKind::TimedOut, "it accepts connections, but does not answer");
        let opened = tokio::time::timeout(ANSWER_TIMEOUT, connector.open()).await;
        match opened.unwrap_or_else(|_| Err(sqlx::Error::Io(silent()))) {
            Ok(reader) => break reader,
            Err(cause) if is_starting(&cause) && begun.elapsed() < START_TIMEOUT => {
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
            // Another process may just have created the file.
            Err(cause) if is_missing(&cause) && connector.has_file() && !is_created => {
                is_created = true;
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
            Err(cause) => return Err(cause),
        }
    };
    let tables = match connector {
        Connector::Sqlite(_) => "(SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%')",
        Connector::Postgres(_) => {
            "(SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema())"
        }
    };
    let foreign = format!(
        "SELECT name FROM {tables} AS t WHERE NOT EXISTS (SELECT 1 FROM {tables} AS o WHERE o.name = 'seaql_migrations') \
         ORDER BY name LIMIT 1"
    );
    let first = async |reader: &mut Reader, sql: &str| {
        let rows = reader.rows(&Statement::from_string(connector.backend(), sql)).await?;
        Ok::<_, sqlx::Error>(rows.first().and_then(|row| row.try_get::<String>("", "name").ok()))
    };
    let encoding = match connector {
        Connector::Sqlite(_) => None,
        Connector::Postgres(_) => first(&mut reader, "SELECT current_setting('server_encoding') AS name").await?,
    };
    let encoding = encoding.filter(|encoding| encoding != "UTF8");
    let foreign_table = first(&mut reader, &foreign).await?;
    reader.close().await?;
    Ok(Probed { encoding, foreign_table })
}

/// Whether there is something at the path of a SQLite database.
fn has_file(url: &str) -> bool {
    connector(url).is_ok_and(|connector| connector.has_file())
}

/// `SQLITE_CANTOPEN`: if there is no file, that is the reason.
fn is_missing(cause: &sqlx::Error) -> bool {
    matches!(cause, sqlx::Error::Database(cause) if cause.code().is_some_and(|code| code == "14"))
}

fn is_starting(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::Io(cause) => cause.kind() == std::io::ErrorKind::ConnectionRefused,
        // `cannot_connect_now` (appendix A of PostgreSQL's manual), and `SQLITE_BUSY`.
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| code == "57P03" || code == "5"),
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

/// The URL without its password and without its parameters, which can contain a password, too.
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
