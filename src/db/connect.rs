//! Connecting, and saying in one line why a database cannot be used.

use std::{sync::Arc, time::Duration};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

/// Each has a thread and a cache of its own, which more of them would only drive out of the processor's.
const SQLITE_CONNECTIONS: u32 = 4;
/// Each is a process of the server.
const POSTGRES_CONNECTIONS: u32 = 8;

/// A database that can be read and written.
#[derive(Clone)]
pub struct Database {
    connection: DatabaseConnection,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The database may be made if it is missing.
    Create,
    /// The database must exist.
    Open,
    /// The database must exist, and its clients wait so long for a statement; PostgreSQL stops those that take longer.
    Answer(Duration),
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
        cause: DbErr,
    },
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
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(if sqlite { SQLITE_CONNECTIONS } else { POSTGRES_CONNECTIONS })
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .sqlx_logging(false);
        options.map_sqlx_sqlite_opts(move |o| {
            o.create_if_missing(access == Access::Create)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "NORMAL")
                .pragma("temp_store", "MEMORY")
                // What lies in the file's pages is read where it lies, up to a gigabyte.
                .pragma("mmap_size", "1073741824")
                .pragma("cache_size", "-16384")
                .statement_cache_capacity(256)
        });
        options.map_sqlx_postgres_opts(move |o| {
            let o = o.statement_cache_capacity(256);
            match access {
                Access::Answer(most) => o.options([
                    // What nobody waits for any more is not computed to its end.
                    ("statement_timeout", most.as_millis().to_string()),
                    // Statements are made for the indexes, whatever their values: planning them anew each time took up to
                    // 40 % of the time of an answer.
                    ("plan_cache_mode", "force_generic_plan".to_owned()),
                ]),
                Access::Create | Access::Open => o,
            }
        });
        let mut connection = sea_orm::Database::connect(options)
            .await
            .map_err(|cause| Unusable::Unreachable { url: without_password(url), cause })?;
        if let Some(observer) = observer {
            connection.set_metric_callback(move |info| observer(&info.statement.sql));
        }
        Ok(Self { connection })
    }

    /// The connection, for migrations, import and export. What clients read goes through [`crate::graph::Loader`].
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Which of the two it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// How many connections are in use, and how many wait to be used.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        let (all, idle) = if self.backend() == DbBackend::Postgres {
            let pool = self.connection.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        } else {
            let pool = self.connection.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        };
        ((all as usize).saturating_sub(idle), idle)
    }

    /// Brings the tables up to date.
    pub async fn migrate(&self) -> Result<(), Unusable> {
        self.refuse_newer().await?;
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
        let known = known();
        if let Some(step) = applied.iter().find(|step| !known.contains(step)) {
            return Err(Unusable::Newer { step: step.clone() });
        }
        match known.len() - applied.len() {
            0 => Ok(()),
            missing => Err(Unusable::NotMigrated { missing }),
        }
    }

    /// Says whether the database can be written, by writing nothing.
    pub async fn check_writable(&self) -> Result<(), Unusable> {
        let nothing = "UPDATE \"record\" SET \"kind\" = \"kind\" WHERE FALSE";
        self.connection.execute_unprepared(nothing).await.map(drop).map_err(Unusable::ReadOnly)
    }

    async fn refuse_newer(&self) -> Result<(), Unusable> {
        let known = known();
        match self.applied().await?.into_iter().find(|step| !known.contains(step)) {
            Some(step) => Err(Unusable::Newer { step }),
            None => Ok(()),
        }
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
        let statement = |sql: &str| sea_orm::Statement::from_string(self.backend(), sql);
        if self.connection.query_one_raw(statement(exists)).await?.is_none() {
            return Ok(Vec::new());
        }
        let rows = self.connection.query_all_raw(statement("SELECT \"version\" FROM \"seaql_migrations\"")).await?;
        Ok(rows.iter().map(|row| row.try_get::<String>("", "version")).collect::<Result<_, _>>()?)
    }
}

fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// The address without what lies between `:` and `@` of its user part.
fn without_password(url: &str) -> String {
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
