//! Records can have several names in one language, each of a kind; and they are found by all of them.

use sea_orm::{prelude::Uuid, sea_query::Query};
use sea_orm_migration::prelude::*;

use crate::table::{Table, create_index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "name";
/// Holds the rows while the table is created anew: SQLite cannot change a primary key.
const ROWS: &str = "name_before";
/// How many rows are folded at once.
const BATCH: u64 = 1_000;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::plain(TABLE)
            .belongs_to("record_id", "record")
            .text("language")
            .text("name")
            .text("folded")
            .optional_text("kind")
            .key(&["record_id", "language", "name"]);
        let columns = "\"record_id\", \"language\", \"name\"";
        let copy = format!("INSERT INTO \"{TABLE}\" ({columns}, \"folded\") SELECT {columns}, '' FROM \"{ROWS}\"");
        create_anew(manager, table, &copy).await?;
        fold(manager.get_connection()).await?;
        create_index(manager, TABLE, &["folded", "record_id"]).await
    }

    /// Of several names in one language, one stays.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::plain(TABLE)
            .belongs_to("record_id", "record")
            .text("language")
            .text("name")
            .key(&["record_id", "language"]);
        let copy = format!(
            "INSERT INTO \"{TABLE}\" SELECT \"record_id\", \"language\", MIN(\"name\") FROM \"{ROWS}\" GROUP BY 1, 2"
        );
        create_anew(manager, table, &copy).await
    }
}

/// Creates the table anew, and copies the rows.
async fn create_anew(manager: &SchemaManager<'_>, table: Table, copy: &str) -> Result<(), DbErr> {
    let database = manager.get_connection();
    database.execute_unprepared(&format!("CREATE TABLE \"{ROWS}\" AS SELECT * FROM \"{TABLE}\"")).await?;
    Table::drop(manager, TABLE).await?;
    table.create(manager).await?;
    database.execute_unprepared(copy).await?;
    Table::drop(manager, ROWS).await
}

/// Folds all names.
async fn fold(database: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let key = || ["record_id", "language", "name"].map(|column| Expr::col(Alias::new(column)));
    let mut last = (Uuid::nil(), String::new(), String::new());
    loop {
        let mut page = Query::select();
        let after = [last.0.into(), last.1.as_str().into(), last.2.as_str().into()].map(Expr::val::<Value>);
        page.exprs(key()).from(TABLE).and_where(Expr::tuple(key()).gt(Expr::tuple(after)));
        for column in key() {
            page.order_by_expr(column, Order::Asc);
        }
        let rows = database.query_all(page.limit(BATCH)).await?;
        for row in &rows {
            last = (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let [record, language, name] = key();
            let mut update = Query::update();
            update.table(TABLE).value("folded", folding::fold(&last.2));
            update.and_where(record.eq(last.0)).and_where(language.eq(&*last.1)).and_where(name.eq(&*last.2));
            database.execute(&update).await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}
