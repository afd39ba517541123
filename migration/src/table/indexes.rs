//! Indexes, each with a name that says what it is.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

/// Creates an index of columns or expressions.
pub(crate) async fn create_index(
    manager: &SchemaManager<'_>,
    table: &str,
    parts: &[impl AsRef<str>],
) -> Result<(), DbErr> {
    let quoted = |part: &str| if part.contains('(') { part.to_owned() } else { format!("\"{part}\"") };
    let columns: Vec<_> = parts.iter().map(|part| quoted(part.as_ref())).collect();
    let name = index_name(table, parts);
    let sql = format!("CREATE INDEX \"{name}\" ON \"{table}\" ({})", columns.join(", "));
    manager.get_connection().execute_unprepared(&sql).await.map(drop)
}

/// Drops what [`create_index`] created.
pub(crate) async fn drop_index(
    manager: &SchemaManager<'_>,
    table: &str,
    parts: &[impl AsRef<str>],
) -> Result<(), DbErr> {
    let sql = format!("DROP INDEX \"{}\"", index_name(table, parts));
    manager.get_connection().execute_unprepared(&sql).await.map(drop)
}

fn index_name(table: &str, parts: &[impl AsRef<str>]) -> String {
    let labels: Vec<_> = parts.iter().map(|part| label(part.as_ref())).collect();
    format!("ix_{table}_{}", labels.join("_"))
}

/// What an index calls a column or an expression.
fn label(column: &str) -> String {
    match column.split('"').nth(1) {
        Some(inner) if column.contains(", -") => format!("{inner}_desc"),
        Some(inner) => format!("{inner}_asc"),
        None => column.to_owned(),
    }
}
