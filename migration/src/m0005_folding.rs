//! Folds again the names and titles that are stored: marks stay where they are letters of a word, and Latin letters without
//! a decomposition become those that are typed for them.

use sea_orm::{QueryResult, prelude::Uuid, sea_query::Query};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables, and the columns of their names, which have a folded form.
const NAMES: &[(&str, &str)] = &[
    ("country", "name"),
    ("city", "name"),
    ("organization", "name"),
    ("official", "name"),
    ("position", "title"),
    ("visit", "title"),
    ("innovation_center", "name"),
    ("event", "name"),
    ("topic", "name"),
    ("source", "title"),
];

/// How many rows are read at once.
const ROWS: u64 = 1_000;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in NAMES {
            fold_again(manager.get_connection(), table, name).await?;
        }
        Ok(())
    }

    /// Nothing to do: names that are folded otherwise are only found and ordered otherwise.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

async fn fold_again(database: &SchemaManagerConnection<'_>, table: &'static str, name: &str) -> Result<(), DbErr> {
    let (id, name, sort) = (Alias::new("id"), Alias::new(name), Alias::new(format!("{name}_sort")));
    let mut last = Uuid::nil();
    loop {
        let mut page = Query::select();
        page.columns([&id, &name, &sort].map(Clone::clone)).from(table).and_where(Expr::col(id.clone()).gt(last));
        let rows = database.query_all(page.order_by(id.clone(), Order::Asc).limit(ROWS)).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = end.try_get_by_index(0)?;
        for row in &rows {
            let (of, name, sort_now): (Uuid, String, String) = read(row)?;
            let folded = folding::fold(&name);
            if folded != sort_now {
                let mut update = Query::update();
                update.table(table).value(sort.clone(), folded).and_where(Expr::col(id.clone()).eq(of));
                database.execute(&update).await?;
            }
        }
    }
}

fn read(row: &QueryResult) -> Result<(Uuid, String, String), DbErr> {
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?))
}
