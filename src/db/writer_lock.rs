//! One writer at a time: migrations and changes of the data set wait for each other, also in other processes.

use std::{pin::pin, time::Duration};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait, sqlx::sqlite::SqliteError,
};

/// After this time, a step that waits for another writer is logged. Alone it takes milliseconds.
const WAITING: Duration = Duration::from_secs(2);

/// What a transaction of PostgreSQL locks: the number of an advisory lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub enum WriterLock {
    /// A migration: `coopgrph` in ASCII.
    Migration = 0x636f_6f70_6772_7068,
    /// A change of the data set: `coopgrpi` in ASCII.
    Change = 0x636f_6f70_6772_7069,
}

/// Begins a transaction that writes. Others that write the same wait for its end. SQLite has only one lock, which is that of the
/// file: every other writer is waited for, however long that takes.
pub async fn begin_writing(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    loop {
        let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
        match warn_of_waiting(connection.begin_with_options(options)).await {
            // SQLite waits only for a few seconds.
            Err(cause) if is_locked(&cause) => {}
            begun => return begun,
        }
    }
}

/// The same for what takes a lock: others that take it wait for the end, however long that takes; readers go on.
pub async fn begin_exclusive(connection: &DatabaseConnection, lock: WriterLock) -> Result<DatabaseTransaction, DbErr> {
    let transaction = begin_writing(connection).await?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({})", lock as i64);
        warn_of_waiting(transaction.execute_unprepared(&lock)).await?;
    }
    Ok(transaction)
}

/// Logs that it is waiting if `step` has not ended after a time.
async fn warn_of_waiting<T>(step: impl Future<Output = T>) -> T {
    let mut step = pin!(step);
    if let Ok(done) = tokio::time::timeout(WAITING, &mut step).await {
        return done;
    }
    tracing::warn!("waiting for another process that is writing, or for a busy database");
    step.await
}

/// Whether SQLite gave up waiting for another process that writes.
pub(super) fn is_locked(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(cause))
    | DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    let of_sqlite = cause.as_database_error().filter(|cause| cause.try_downcast_ref::<SqliteError>().is_some());
    // SQLITE_BUSY and its extended codes.
    let code = of_sqlite.and_then(sea_orm::sqlx::error::DatabaseError::code).and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}
