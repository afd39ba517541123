//! The read-only connections that answer clients. When a client disconnects, or a request takes too long, its statements are
//! cancelled in the database, too.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values,
    sqlx::{
        self, AssertSqlSafe, Connection as _, Row, SqliteConnection,
        postgres::{PgConnectOptions, PgConnection},
        sqlite::SqliteConnectOptions,
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use super::connect::Observer;

/// Each has its own thread and page cache; with more of them, the caches no longer fit into that of the processor.
pub(super) const SQLITE_CONNECTIONS: usize = 4;
/// Each is a process of the database server.
pub(super) const POSTGRES_CONNECTIONS: usize = 8;
/// After how many instructions SQLite checks whether the statement was cancelled: they take less than a millisecond.
const SQLITE_PROGRESS_INTERVAL: i32 = 10_000;
/// After how long PostgreSQL is asked again to cancel a statement.
const CANCEL_RETRY_INTERVAL: Duration = Duration::from_millis(100);
/// How many prepared statements a connection keeps.
pub(super) const KEPT_STATEMENTS: usize = 256;
/// The length of the longest text of a statement that is kept. Clients decide how long filters are: so the texts that a
/// connection keeps have at most 2 MiB together, and what the database makes of them grows with them.
const KEPT_STATEMENT_BYTES: usize = 8 << 10;
/// How long no other connection is opened in the place of one that PostgreSQL has refused.
const REFUSAL_INTERVAL: Duration = Duration::from_secs(1);
/// How long a cancelled statement may take to end before its connection is closed.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections that answer clients.
#[derive(Clone)]
pub struct Readers {
    pool: Pool<Connector>,
    /// A place for each connection of the pool. Whoever has one need not wait for the pool: it has an idle connection, or
    /// opens another.
    places: Arc<Semaphore>,
    /// Those who wait for the pool, which does not count a connection before it is open.
    opening: TaskTracker,
    /// The connection for requests to PostgreSQL to cancel a statement.
    control: DatabaseConnection,
    observer: Option<Observer>,
}

/// Opens connections to a database.
pub(super) enum Connector {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

/// A connection, and how its statement is cancelled.
pub(super) struct Reader {
    connection: Connection,
    is_broken: bool,
}

enum Connection {
    /// The flag tells SQLite to cancel the statement.
    Sqlite(SqliteConnection, Arc<AtomicBool>),
    /// The number is that of the process which serves the connection.
    Postgres(PgConnection, i32),
}

impl Readers {
    pub(super) fn of(target: Connector, control: DatabaseConnection, observer: Option<Observer>) -> Self {
        let size = match target {
            Connector::Sqlite(_) => SQLITE_CONNECTIONS,
            Connector::Postgres(_) => POSTGRES_CONNECTIONS,
        };
        // The connection used last has the warmest caches.
        let pool = Pool::builder(target).max_size(size).queue_mode(QueueMode::Lifo).build();
        let places = Arc::new(Semaphore::new(size));
        let opening = TaskTracker::new();
        Self { pool: pool.expect("no timeout needs a runtime"), places, opening, control, observer }
    }

    /// The database system.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.control.get_database_backend()
    }

    /// The maximum number of connections.
    #[must_use]
    pub fn max_connections(&self) -> usize {
        self.pool.status().max_size
    }

    /// How many connections are in use, and how many are idle.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size - status.available, status.available)
    }

    /// Runs a statement. If the future is dropped, the statement is cancelled in the database.
    pub async fn rows(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        if let Some(observer) = &self.observer {
            observer(&statement.sql);
        }
        let mut attempts = 0;
        loop {
            attempts += 1;
            // If the database was restarted, all connections are broken, and a new one works.
            let is_last = attempts > self.max_connections();
            let reader = match self.reader().await {
                Ok(reader) => Some(reader),
                Err(PoolError::Backend(cause)) if has_ended(&cause) && !is_last => continue,
                Err(cause) => return Err(unavailable(cause)),
            };
            let mut running = RunningStatement { reader, control: self.control.clone() };
            match running.rows(statement).await {
                Err(cause) if is_broken(&cause) && !is_last => {}
                answered => return answered.map_err(failed),
            }
        }
    }

    /// An idle connection, or a new one. If PostgreSQL refuses to open another, one of those that are open is waited for.
    async fn reader(&self) -> Result<BusyReader, PoolError<sqlx::Error>> {
        loop {
            let place = self.places.clone().acquire_owned().await.map_err(|_| PoolError::Closed)?;
            let opening = self.opening.token();
            let opened = self.pool.get().await;
            drop(opening);
            match opened {
                Ok(reader) => return Ok(BusyReader { reader, _place: place }),
                Err(PoolError::Backend(cause)) if is_refused(&cause) && self.has_others() => {
                    tracing::warn!(%cause, "PostgreSQL refuses another connection: those that are open are waited for");
                    tokio::spawn(async move {
                        tokio::time::sleep(REFUSAL_INTERVAL).await;
                        drop(place);
                    });
                }
                Err(cause) => return Err(cause),
            }
        }
    }

    /// Whether there are open connections, or some that are being opened.
    fn has_others(&self) -> bool {
        !self.opening.is_empty() || self.pool.status().size > 0
    }
}

/// A connection and its place, which is free once the connection is back in the pool.
struct BusyReader {
    // Fields are dropped in this order.
    reader: Object<Connector>,
    _place: OwnedSemaphorePermit,
}

/// `SeaORM` can read entities with them. Everything that writes is an error.
#[async_trait::async_trait]
impl ConnectionTrait for Readers {
    fn get_database_backend(&self) -> DbBackend {
        self.backend()
    }

    async fn execute_raw(&self, _: Statement) -> Result<ExecResult, DbErr> {
        Err(read_only())
    }

    async fn execute_unprepared(&self, _: &str) -> Result<ExecResult, DbErr> {
        Err(read_only())
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.rows(&statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.rows(&statement).await
    }
}

fn read_only() -> DbErr {
    DbErr::Custom("these connections are read-only".to_owned())
}

impl Connector {
    pub(super) fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }

    /// Whether there is something at the path of a SQLite database.
    pub(super) fn has_file(&self) -> bool {
        matches!(self, Self::Sqlite(options) if options.get_filename().exists())
    }

    pub(super) async fn open(&self) -> Result<Reader, sqlx::Error> {
        let connection = match self {
            Self::Sqlite(options) => {
                let mut connection = SqliteConnection::connect_with(options).await?;
                let is_cancelled = Arc::new(AtomicBool::new(false));
                let flag = is_cancelled.clone();
                let continues = move || !flag.load(Ordering::Relaxed);
                connection.lock_handle().await?.set_progress_handler(SQLITE_PROGRESS_INTERVAL, continues);
                Connection::Sqlite(connection, is_cancelled)
            }
            Self::Postgres(options) => {
                let mut connection = PgConnection::connect_with(options).await?;
                let process = sqlx::query("SELECT pg_backend_pid()").fetch_one(&mut connection).await?.try_get(0)?;
                Connection::Postgres(connection, process)
            }
        };
        Ok(Reader { connection, is_broken: false })
    }
}

impl Manager for Connector {
    type Type = Reader;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Reader, sqlx::Error> {
        self.open().await
    }

    async fn recycle(&self, reader: &mut Reader, _: &Metrics) -> RecycleResult<sqlx::Error> {
        if reader.is_broken { Err(RecycleError::message("the connection is broken")) } else { Ok(()) }
    }
}

impl Reader {
    pub(super) async fn rows(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, sqlx::Error> {
        let sql = AssertSqlSafe(statement.sql.as_str());
        let is_kept = statement.sql.len() <= KEPT_STATEMENT_BYTES;
        let values = SqlxValues(statement.values.clone().unwrap_or(Values(Vec::new())));
        match &mut self.connection {
            Connection::Sqlite(connection, _) => {
                let rows = sqlx::query_with(sql, values).persistent(is_kept).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
            Connection::Postgres(connection, _) => {
                let rows = sqlx::query_with(sql, values).persistent(is_kept).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
        }
    }

    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        match self.connection {
            Connection::Sqlite(connection, _) => connection.close().await,
            Connection::Postgres(connection, _) => connection.close().await,
        }
    }

    /// Cancels the running statement, and waits until it has ended.
    async fn cancel(&mut self, control: &DatabaseConnection) -> Result<(), DbErr> {
        match &mut self.connection {
            Connection::Sqlite(connection, is_cancelled) => {
                is_cancelled.store(true, Ordering::Relaxed);
                let ended = connection.ping().await;
                is_cancelled.store(false, Ordering::Relaxed);
                ended.map_err(failed)
            }
            Connection::Postgres(connection, process) => {
                let sql = "SELECT pg_cancel_backend($1)";
                let cancel = Statement::from_sql_and_values(DbBackend::Postgres, sql, [(*process).into()]);
                let mut cancelled = std::pin::pin!(wait_until_idle(connection));
                loop {
                    // PostgreSQL ignores the signal if no statement is running. The statement may not have started yet, so it
                    // may have to be asked again; no other statement uses the connection meanwhile.
                    control.execute_raw(cancel.clone()).await?;
                    if let Ok(ended) = tokio::time::timeout(CANCEL_RETRY_INTERVAL, &mut cancelled).await {
                        return ended.map_err(failed);
                    }
                }
            }
        }
    }
}

/// Waits until no statement is running.
async fn wait_until_idle(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    match connection.ping().await {
        // The error of the cancelled statement; the next answer is that to the ping.
        Err(sqlx::Error::Database(_)) => connection.ping().await,
        answered => answered,
    }
}

/// A connection that runs a statement. If this is dropped before the statement has ended, the statement is cancelled.
struct RunningStatement {
    reader: Option<BusyReader>,
    control: DatabaseConnection,
}

impl RunningStatement {
    async fn rows(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, sqlx::Error> {
        let Some(BusyReader { reader, .. }) = &mut self.reader else { return Err(sqlx::Error::WorkerCrashed) };
        let answered = reader.rows(statement).await;
        reader.is_broken = answered.as_ref().is_err_and(is_broken);
        self.reader = None;
        answered
    }
}

impl Drop for RunningStatement {
    fn drop(&mut self) {
        let (Some(mut busy), Ok(runtime)) = (self.reader.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let control = self.control.clone();
        runtime.spawn(async move {
            let reader = &mut busy.reader;
            let cancelled = tokio::time::timeout(CANCEL_TIMEOUT, reader.cancel(&control)).await;
            reader.is_broken = !matches!(cancelled, Ok(Ok(())));
            if reader.is_broken {
                tracing::warn!(?cancelled, "a cancelled statement did not end in time: its connection is closed");
            }
        });
    }
}

/// Whether the connection can no longer be used.
fn is_broken(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => true,
        // Class 57P, operator intervention (appendix A of PostgreSQL's manual).
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

/// Whether a connection ended while it was opened. A server that does not listen, or is still starting, is another matter.
fn has_ended(cause: &sqlx::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match cause {
        sqlx::Error::Io(cause) => {
            matches!(cause.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
        }
        // `admin_shutdown` and `crash_shutdown`.
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| code == "57P01" || code == "57P02"),
        _ => false,
    }
}

/// Whether the server has as many connections as it, the database or the role may have: `too_many_connections`.
fn is_refused(cause: &sqlx::Error) -> bool {
    matches!(cause, sqlx::Error::Database(cause) if cause.code().is_some_and(|code| code == "53300"))
}

fn failed(cause: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(cause)))
}

fn unavailable(cause: PoolError<sqlx::Error>) -> DbErr {
    match cause {
        PoolError::Backend(cause) => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(cause))),
        cause => DbErr::Conn(RuntimeErr::Internal(cause.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection keeps as many statements as it may, and none with a long text.
    #[tokio::test]
    async fn long_statements_are_not_kept() {
        let options =
            super::super::connect::sqlite_options("sqlite::memory:".parse().unwrap(), super::super::Access::Open);
        let mut reader = Connector::Sqlite(options).open().await.unwrap();
        let kept = |reader: &Reader| match &reader.connection {
            Connection::Sqlite(connection, _) => connection.cached_statements_size(),
            Connection::Postgres(connection, _) => connection.cached_statements_size(),
        };
        let statement = |number: usize, length: usize| {
            let sql = format!("{:length$}", format!("SELECT {number}"));
            Statement::from_sql_and_values(DbBackend::Sqlite, sql, [])
        };
        let before = kept(&reader);
        for number in 0..3 {
            reader.rows(&statement(number, KEPT_STATEMENT_BYTES + 1)).await.unwrap();
        }
        assert_eq!(kept(&reader), before);
        for number in 0..KEPT_STATEMENTS + 10 {
            reader.rows(&statement(number, KEPT_STATEMENT_BYTES)).await.unwrap();
        }
        assert_eq!(kept(&reader), KEPT_STATEMENTS);
    }
}
