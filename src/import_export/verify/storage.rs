//! What only the database knows: whether its files are whole.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, sqlx};

use super::Findings;
use crate::db::Database;

/// The code of `SQLITE_CORRUPT_VTAB`: a virtual table does not fit what it is an index of.
const CORRUPT_INDEX: &str = "267";

/// Lets `SQLite` look at its file and at the index of full-text search. `PostgreSQL` keeps to its own constraints; its files are
/// checked by its own tools.
pub(super) async fn check(database: &Database, findings: &mut Findings<'_>) -> Result<(), DbErr> {
    let connection = database.connection();
    if database.backend() == DbBackend::Postgres {
        return Ok(());
    }
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check")).await?;
    for row in rows {
        let line: String = row.try_get_by_index(0)?;
        if line != "ok" {
            findings.add(&format!("the file of the database is damaged: {line}"));
        }
    }
    // It writes nothing, although it is written as an insertion.
    let index = "INSERT INTO \"search_index\" (\"search_index\", \"rank\") VALUES ('integrity-check', 1)";
    match connection.execute_unprepared(index).await {
        Err(cause) if is_corrupt(&cause) => {
            findings.add("the index of full-text search does not fit the documents: run `coopgraph reindex`");
        }
        done => {
            done?;
        }
    }
    Ok(())
}

fn is_corrupt(cause: &DbErr) -> bool {
    let (DbErr::Exec(cause) | DbErr::Query(cause)) = cause else { return false };
    let sea_orm::RuntimeErr::SqlxError(cause) = cause else { return false };
    cause.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == CORRUPT_INDEX)
}
