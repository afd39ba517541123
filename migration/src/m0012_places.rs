//! Places as points of the unit sphere, by which distances are compared without trigonometry, which SQLite does not have.

use sea_orm::{prelude::Uuid, sea_query::Query};
use sea_orm_migration::prelude::*;

use crate::table::Table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables of records that have coordinates.
const TABLES: &[&str] = &["city", "innovation_center"];
const POINT: [&str; 3] = ["point_x", "point_y", "point_z"];
/// How many rows are read at once.
const BATCH: u64 = 1_000;

fn columns(table: &'static str) -> Table {
    POINT.into_iter().fold(Table::plain(table), Table::optional_component)
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            columns(table).widen(manager).await?;
            compute_points(manager.get_connection(), table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            columns(table).narrow(manager).await?;
        }
        Ok(())
    }
}

async fn compute_points(database: &SchemaManagerConnection<'_>, table: &'static str) -> Result<(), DbErr> {
    let mut last = Uuid::nil();
    loop {
        let mut page = Query::select();
        page.columns(["id", "latitude", "longitude"]).from(table).and_where(Expr::col("id").gt(last));
        page.order_by("id", Order::Asc).limit(BATCH);
        let rows = database.query_all(&page).await?;
        for row in &rows {
            last = row.try_get_by_index(0)?;
            let degrees: (Option<f64>, Option<f64>) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let (Some(latitude), Some(longitude)) = degrees else { continue };
            let (north, east) = (latitude.to_radians(), longitude.to_radians());
            let point = [north.cos() * east.cos(), north.cos() * east.sin(), north.sin()];
            let mut update = Query::update();
            update.table(table).values(POINT.into_iter().zip(point.map(Expr::val)));
            database.execute(update.and_where(Expr::col("id").eq(last))).await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}
