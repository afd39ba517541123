//! The days that sets of dates list, such as `[1960,1970]`, in a table of their own, filled from the dates that are stored.

use edtf_core::Edtf;
use sea_orm::{prelude::Uuid, sea_query::Query};
use sea_orm_migration::prelude::*;

use crate::table::Table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "date_range";

/// The tables, and the columns of their dates.
const DATES: &[(&str, &[&str])] = &[
    ("source", &["published"]),
    ("partnership", &["since", "ended"]),
    ("organization", &["founded", "dissolved"]),
    ("position", &["start", "end", "as_of"]),
    ("visit", &["start", "end"]),
    ("innovation_center", &["founded"]),
    ("event", &["start", "end"]),
    ("membership", &["since", "until"]),
    ("indicator", &["as_of"]),
];

/// How many rows are read at once.
const ROWS: u64 = 1_000;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::plain(TABLE)
            .belongs_to("record_id", "record")
            .text("date")
            .integer("earliest")
            .integer("latest")
            .key(&["record_id", "date", "earliest"]);
        table.create(manager).await?;
        for (table, dates) in DATES {
            for date in *dates {
                fill(manager.get_connection(), table, date).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::drop(manager, TABLE).await
    }
}

/// Inserts what the sets of a column list.
async fn fill(database: &SchemaManagerConnection<'_>, table: &'static str, date: &'static str) -> Result<(), DbErr> {
    let (id, text) = (|| Expr::col(Alias::new("id")), || Expr::col(Alias::new(date)));
    let mut last = Uuid::nil();
    loop {
        let mut page = Query::select();
        page.exprs([id(), text()]).from(table).and_where(id().gt(last));
        page.and_where(text().like("[%").or(text().like("{%")));
        let rows = database.query_all(page.order_by_expr(id(), Order::Asc).limit(ROWS)).await?;
        for row in &rows {
            last = row.try_get_by_index(0)?;
            let text: String = row.try_get_by_index(1)?;
            let ranges = Edtf::parse(&text).ok().and_then(|set| days::ranges(&set));
            let ranges = ranges.ok_or_else(|| DbErr::Custom(format!("{table}.{date}: {text:?} is not a date")))?;
            let mut insert = Query::insert();
            insert.into_table(TABLE).columns(["record_id", "date", "earliest", "latest"]);
            for (earliest, latest) in ranges {
                insert.values_panic([last.into(), date.into(), earliest.into(), latest.into()].map(Expr::val::<Value>));
            }
            database.execute(&insert).await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}
