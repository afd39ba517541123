//! The statements that sea-query cannot build. All others are built from entities, tables and columns.

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr};

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
    connection.execute_unprepared("ANALYZE").await.map(drop)
}

/// The same for one table, within a transaction: it then knows what it has written itself.
pub(super) async fn analyze_table(transaction: &DatabaseTransaction, table: &str) -> Result<(), DbErr> {
    transaction.execute_unprepared(&format!("ANALYZE \"{table}\"")).await.map(drop)
}
