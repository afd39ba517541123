//! The statements that sea-query cannot build. All others are built from entities, tables and columns.

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement};

/// Lets a transaction check foreign keys at its end: rows may then refer to those that come after them.
pub(super) async fn defer_foreign_keys(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    let statement = match transaction.get_database_backend() {
        DbBackend::Postgres => "SET CONSTRAINTS ALL DEFERRED",
        _ => "PRAGMA defer_foreign_keys = ON",
    };
    transaction.execute_unprepared(statement).await.map(drop)
}

/// Lets the database count what its tables hold. Without these figures its planner may choose to read all of a table.
pub(super) async fn analyze(connection: &DatabaseConnection) -> Result<(), DbErr> {
    match connection.get_database_backend() {
        // Without their names, PostgreSQL tries its own tables as well, and warns of each.
        DbBackend::Postgres => analyze_own(connection, "TRUE").await,
        _ => connection.execute_unprepared("ANALYZE").await.map(drop),
    }
}

/// The same for one table, within a transaction: it then knows what it has written itself.
pub(super) async fn analyze_table(transaction: &DatabaseTransaction, table: &str) -> Result<(), DbErr> {
    match transaction.get_database_backend() {
        DbBackend::Postgres => analyze_own(transaction, &format!("c.relname = '{table}'")).await,
        _ => transaction.execute_unprepared(&format!("ANALYZE \"{table}\"")).await.map(drop),
    }
}

/// Analyzes tables of our schema, as far as the role may do so: those that it owns, or all if it owns the database.
async fn analyze_own(connection: &impl ConnectionTrait, condition: &str) -> Result<(), DbErr> {
    let tables = format!(
        "SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') AS \"tables\" \
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
           JOIN pg_database AS d ON d.datname = current_database() \
         WHERE n.nspname = current_schema() AND c.relkind = 'r' AND ({condition}) \
           AND (pg_has_role(c.relowner, 'USAGE') OR pg_has_role(d.datdba, 'USAGE'))"
    );
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, tables)).await?;
    match row.map(|row| row.try_get::<Option<String>>("", "tables")).transpose()?.flatten() {
        Some(tables) => connection.execute_unprepared(&format!("ANALYZE {tables}")).await.map(drop),
        None => Ok(()),
    }
}

/// Lets `SQLite` make the index of full-text search of the documents again, however damaged it is. `PostgreSQL` keeps its own.
pub(super) async fn rebuild_search_index(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        return Ok(());
    }
    let rebuild = "INSERT INTO \"search_index\" (\"search_index\") VALUES ('rebuild')";
    transaction.execute_unprepared(rebuild).await.map(drop)
}
