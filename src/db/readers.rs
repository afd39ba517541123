//! Reading for clients: connections of their own, on which nothing can be written and whose statements stop when nobody waits
//! for them any more.

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

use super::connect::Observer;

/// Each has a thread and a cache of its own, which more of them would only drive out of the processor's.
const SQLITE_CONNECTIONS: usize = 4;
/// Each is a process of the server.
const POSTGRES_CONNECTIONS: usize = 8;
/// How many instructions SQLite carries out between two looks at whether it should stop: less than a millisecond.
const SQLITE_INSTRUCTIONS: i32 = 10_000;
/// How long PostgreSQL has for stopping a statement before it is asked again.
const AGAIN: Duration = Duration::from_millis(100);
/// How long a statement may take to stop before its connection is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The connections that answer clients.
#[derive(Clone)]
pub struct Readers {
    pool: Pool<Target>,
    /// Over which PostgreSQL is asked to stop statements.
    aside: DatabaseConnection,
    observer: Option<Observer>,
}

/// To what to connect, and how.
pub(super) enum Target {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

/// A connection, and how its statement is stopped.
pub(super) struct Reader {
    link: Link,
    broken: bool,
}

enum Link {
    /// SQLite looks at the flag.
    Sqlite(SqliteConnection, Arc<AtomicBool>),
    /// PostgreSQL knows the connection by its process.
    Postgres(PgConnection, i32),
}

impl Readers {
    pub(super) fn of(target: Target, aside: DatabaseConnection, observer: Option<Observer>) -> Self {
        let size = match target {
            Target::Sqlite(_) => SQLITE_CONNECTIONS,
            Target::Postgres(_) => POSTGRES_CONNECTIONS,
        };
        // The connection used last has the warmest caches.
        let pool = Pool::builder(target).max_size(size).queue_mode(QueueMode::Lifo).build();
        Self { pool: pool.expect("no timeout asks for a runtime"), aside, observer }
    }

    /// Which database they read.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.aside.get_database_backend()
    }

    /// How many connections there can be.
    #[must_use]
    pub fn most(&self) -> usize {
        self.pool.status().max_size
    }

    /// How many connections are in use, and how many wait to be used.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size - status.available, status.available)
    }

    /// Runs a statement. Whoever drops the future stops the statement, in the database too.
    pub async fn rows(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        if let Some(observer) = &self.observer {
            observer(&statement.sql);
        }
        let mut attempts = 0;
        loop {
            let mut lease =
                Lease { reader: Some(self.pool.get().await.map_err(unavailable)?), aside: self.aside.clone() };
            let answered = lease.rows(statement).await;
            attempts += 1;
            match answered {
                // The database was restarted, say: all connections may be broken, a new one will do.
                Err(cause) if is_broken(&cause) && attempts <= self.most() => {}
                answered => return answered.map_err(failed),
            }
        }
    }
}

/// Entities can be read, too; nothing can be written.
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
    DbErr::Custom("these connections only read".to_owned())
}

impl Target {
    pub(super) fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }

    pub(super) async fn open(&self) -> Result<Reader, sqlx::Error> {
        let link = match self {
            Self::Sqlite(options) => {
                let mut connection = SqliteConnection::connect_with(options).await?;
                let stop = Arc::new(AtomicBool::new(false));
                let stopped = stop.clone();
                let goes_on = move || !stopped.load(Ordering::Relaxed);
                connection.lock_handle().await?.set_progress_handler(SQLITE_INSTRUCTIONS, goes_on);
                Link::Sqlite(connection, stop)
            }
            Self::Postgres(options) => {
                let mut connection = PgConnection::connect_with(options).await?;
                let process = sqlx::query("SELECT pg_backend_pid()").fetch_one(&mut connection).await?.try_get(0)?;
                Link::Postgres(connection, process)
            }
        };
        Ok(Reader { link, broken: false })
    }
}

impl Manager for Target {
    type Type = Reader;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Reader, sqlx::Error> {
        self.open().await
    }

    async fn recycle(&self, reader: &mut Reader, _: &Metrics) -> RecycleResult<sqlx::Error> {
        if reader.broken { Err(RecycleError::message("the connection is broken")) } else { Ok(()) }
    }
}

impl Reader {
    pub(super) async fn rows(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, sqlx::Error> {
        let sql = AssertSqlSafe(statement.sql.as_str());
        let values = SqlxValues(statement.values.clone().unwrap_or(Values(Vec::new())));
        match &mut self.link {
            Link::Sqlite(connection, _) => {
                let rows = sqlx::query_with(sql, values).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
            Link::Postgres(connection, _) => {
                let rows = sqlx::query_with(sql, values).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
        }
    }

    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        match self.link {
            Link::Sqlite(connection, _) => connection.close().await,
            Link::Postgres(connection, _) => connection.close().await,
        }
    }

    /// Stops the statement that runs, and waits until it has stopped.
    async fn stop(&mut self, aside: &DatabaseConnection) -> Result<(), DbErr> {
        match &mut self.link {
            Link::Sqlite(connection, stop) => {
                stop.store(true, Ordering::Relaxed);
                let stopped = connection.ping().await;
                stop.store(false, Ordering::Relaxed);
                stopped.map_err(failed)
            }
            Link::Postgres(connection, process) => {
                let sql = "SELECT pg_cancel_backend($1)";
                let cancel = Statement::from_sql_and_values(DbBackend::Postgres, sql, [(*process).into()]);
                let mut stopped = std::pin::pin!(at_rest(connection));
                loop {
                    // The signal has come before the next statement can, and PostgreSQL passes over it while it runs none.
                    // The statement may not have begun yet, which is why it may have to be asked more than once.
                    aside.execute_raw(cancel.clone()).await?;
                    if let Ok(stopped) = tokio::time::timeout(AGAIN, &mut stopped).await {
                        return stopped.map_err(failed);
                    }
                }
            }
        }
    }
}

/// Waits until no statement runs.
async fn at_rest(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    match connection.ping().await {
        // That the statement was stopped; what follows is the answer to the ping.
        Err(sqlx::Error::Database(_)) => connection.ping().await,
        answered => answered,
    }
}

/// A reader while it runs a statement.
struct Lease {
    reader: Option<Object<Target>>,
    aside: DatabaseConnection,
}

impl Lease {
    async fn rows(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, sqlx::Error> {
        let Some(reader) = &mut self.reader else { return Err(sqlx::Error::WorkerCrashed) };
        let answered = reader.rows(statement).await;
        reader.broken = answered.as_ref().is_err_and(is_broken);
        self.reader = None;
        answered
    }
}

/// Nobody waits for the statement any more.
impl Drop for Lease {
    fn drop(&mut self) {
        let (Some(mut reader), Ok(runtime)) = (self.reader.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let aside = self.aside.clone();
        runtime.spawn(async move {
            let stopped = tokio::time::timeout(PATIENCE, reader.stop(&aside)).await;
            reader.broken = !matches!(stopped, Ok(Ok(())));
            if reader.broken {
                tracing::warn!(?stopped, "a statement was not stopped in time: its connection is given up");
            }
        });
    }
}

/// Whether the connection is of no use any more.
fn is_broken(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => true,
        // Class 57P: the operator has ended it (appendix A of PostgreSQL's manual).
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
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
