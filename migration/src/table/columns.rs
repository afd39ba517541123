//! Changes of the columns of tables that exist.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

use super::{Table, Type, create_index, drop_index, indexes_of};

impl Table {
    /// Adds the columns, the constraints of references to one type, and the indexes to the table of this name, which exists. In
    /// its rows, they are unknown.
    pub(crate) async fn widen(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        for column in &self.columns {
            let ty = column.ty.sql(postgres);
            // The days of a date that is not known: an empty interval.
            let unknown = match column.name.rsplit_once('_') {
                Some((_, "earliest")) if column.required => " NOT NULL DEFAULT 2147483647",
                Some((_, "latest")) if column.required => " NOT NULL DEFAULT -2147483647",
                _ => "",
            };
            let (name, table) = (&column.name, self.name);
            let constraint = self.constraints.iter().find(|of| of.contains(&format!("FOREIGN KEY (\"{name}\")")));
            // A column's own constraint does not name the column again.
            let reference = constraint.map(|of| of.replace(&format!("FOREIGN KEY (\"{name}\") "), ""));
            let reference = reference.map_or_else(String::new, |of| format!(" {of}"));
            let sql = format!("ALTER TABLE \"{table}\" ADD COLUMN \"{name}\" {ty}{unknown}{reference}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        let table = self.name;
        for index in indexes_of(self) {
            create_index(manager, table, &index).await?;
        }
        Ok(())
    }

    /// Drops what [`Self::widen`] added.
    pub(crate) async fn narrow(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let (table, columns) = (self.name, self.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>());
        for index in indexes_of(self) {
            drop_index(manager, table, &index).await?;
        }
        drop_columns(manager, table, &columns).await
    }
}

/// Lets a text that is filtered by be missing.
pub(crate) async fn make_optional(manager: &SchemaManager<'_>, table: &str, column: &str) -> Result<(), DbErr> {
    change(manager, table, column, "DROP NOT NULL", "").await
}

/// Undoes [`make_optional`]; texts that are missing become empty.
pub(crate) async fn make_required(manager: &SchemaManager<'_>, table: &str, column: &str) -> Result<(), DbErr> {
    let sql = format!("UPDATE \"{table}\" SET \"{column}\" = '' WHERE \"{column}\" IS NULL");
    manager.get_connection().execute_unprepared(&sql).await?;
    change(manager, table, column, "SET NOT NULL", " NOT NULL DEFAULT ''").await
}

/// Changes whether a column may be missing. SQLite cannot: there, another column takes its place.
async fn change(
    manager: &SchemaManager<'_>,
    table: &str,
    column: &str,
    on_postgres: &str,
    on_sqlite: &str,
) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if manager.get_database_backend() == DbBackend::Postgres {
        let sql = format!("ALTER TABLE \"{table}\" ALTER COLUMN \"{column}\" {on_postgres}");
        return connection.execute_unprepared(&sql).await.map(drop);
    }
    drop_index(manager, table, &[column]).await?;
    for sql in [
        format!("ALTER TABLE \"{table}\" ADD COLUMN \"new_{column}\" {}{on_sqlite}", Type::Text.sql(false)),
        format!("UPDATE \"{table}\" SET \"new_{column}\" = \"{column}\""),
        format!("ALTER TABLE \"{table}\" DROP COLUMN \"{column}\""),
        format!("ALTER TABLE \"{table}\" RENAME COLUMN \"new_{column}\" TO \"{column}\""),
    ] {
        connection.execute_unprepared(&sql).await?;
    }
    create_index(manager, table, &[column]).await
}

/// Adds whole numbers that the database computes from other columns of the row. An expression must not use anything else.
pub(crate) async fn add_generated(
    manager: &SchemaManager<'_>,
    table: &str,
    columns: &[(&str, String)],
) -> Result<(), DbErr> {
    // SQLite can only add columns that are computed when they are read.
    let form = if manager.get_database_backend() == DbBackend::Postgres { "STORED" } else { "VIRTUAL" };
    for (column, expression) in columns {
        let sql = format!(
            "ALTER TABLE \"{table}\" ADD COLUMN \"{column}\" integer GENERATED ALWAYS AS ({expression}) {form}"
        );
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Drops columns of a table that no index has.
pub(crate) async fn drop_columns(
    manager: &SchemaManager<'_>,
    table: &str,
    columns: &[impl AsRef<str>],
) -> Result<(), DbErr> {
    for column in columns {
        let sql = format!("ALTER TABLE \"{table}\" DROP COLUMN \"{}\"", column.as_ref());
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}
