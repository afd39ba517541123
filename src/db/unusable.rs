//! Why a database cannot be used: one line for the operator.

use std::path::PathBuf;

use sea_orm::{DbErr, sqlx};

/// Why a database cannot be used: one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// There is no server at the address, or no file.
    #[error("cannot open the database {url}: {cause}")]
    Unreachable {
        /// The URL without its password.
        url: String,
        /// The error of the driver.
        cause: sqlx::Error,
    },
    /// There is no file, and none can be created.
    #[error("cannot open the database {url}: {cause}")]
    NotCreated {
        /// The URL without its password.
        url: String,
        /// The error of the driver.
        cause: DbErr,
    },
    /// There is no such file.
    #[error(
        "cannot open the database {0}: the file does not exist; `coopgraph migrate` creates it, and `coopgraph serve` \
         creates it with the bundled data"
    )]
    Missing(String),
    /// It has tables, but not those of coopgraph.
    #[error(
        "the database belongs to another application: it has the table {0}, but not those of coopgraph; use a database of its \
         own for coopgraph"
    )]
    Foreign(String),
    /// It cannot store all characters.
    #[error(
        "the database has the encoding {0}: coopgraph needs UTF8; create another with `CREATE DATABASE … ENCODING 'UTF8' \
         TEMPLATE template0`"
    )]
    Encoding(String),
    /// It is neither SQLite nor PostgreSQL.
    #[error("{0} is not the URL of a database: write sqlite://FILE or postgres://USER@HOST/NAME")]
    Unknown(String),
    /// Another file is at its path, or none.
    #[error(
        "the file {} was replaced or removed while it was open: restart coopgraph, and stop it before you replace a database",
        .0.display()
    )]
    Replaced(PathBuf),
    /// Migrations are missing.
    #[error("the database is not up to date (missing migrations: {missing}): run `coopgraph migrate`")]
    NotMigrated {
        /// The number of missing migrations.
        missing: usize,
    },
    /// A newer version of coopgraph migrated the database.
    #[error("the database is newer than this version of coopgraph (it has the migration {step}): upgrade coopgraph")]
    Newer {
        /// A migration that this version does not have.
        step: String,
    },
    /// PostgreSQL refuses some of the connections that a server uses.
    #[error(
        "PostgreSQL allows only {allowed} connections at a time for this role or database, and a server uses up to {needed}: \
         raise the CONNECTION LIMIT of the role and of the database, or max_connections"
    )]
    TooFewConnections {
        /// The least of the limits.
        allowed: usize,
        /// What a server needs.
        needed: usize,
    },
    /// It cannot be written.
    #[error("the database cannot be written: {0}")]
    ReadOnly(DbErr),
    /// Any other error of the database.
    #[error("database error: {0}")]
    Failed(#[from] DbErr),
}
