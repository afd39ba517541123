//! How many days something lasted, at least and at most, computed from the days between which its beginning and its end lie.

use sea_orm_migration::prelude::*;

use crate::table::{add_generated, create_index, drop_columns, drop_index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables, and the dates at which a period begins and ends.
const PERIODS: &[(&str, &str, &str)] = &[
    ("partnership", "since", "ended"),
    ("position", "start", "end"),
    ("visit", "start", "end"),
    ("event", "start", "end"),
];

/// Filters use the plain columns; orders put unknown values last.
const INDEXES: &[&[&str]] = &[
    &["min_days"],
    &["max_days"],
    &["COALESCE(\"min_days\", -9223372036854775807)", "id"],
    &["COALESCE(\"max_days\", 9223372036854775807)", "id"],
];

/// The number of days from one to another, both included; `NULL` if one of them is unknown, without end, or so far away
/// that the number could overflow.
fn days(from: &str, to: &str, expression: &str) -> String {
    let is_known = |day: &str| format!("\"{day}\" BETWEEN -1000000000 AND 1000000000");
    format!("CASE WHEN {} AND {} THEN {expression} END", is_known(from), is_known(to))
}

fn at_least(start: &str, end: &str) -> String {
    let (from, to) = (format!("{start}_latest"), format!("{end}_earliest"));
    // Days that can be the same day, such as `2019` and `2019-06`, are at least one day.
    days(&from, &to, &format!("CASE WHEN \"{to}\" > \"{from}\" THEN \"{to}\" - \"{from}\" + 1 ELSE 1 END"))
}

fn at_most(start: &str, end: &str) -> String {
    let (from, to) = (format!("{start}_earliest"), format!("{end}_latest"));
    days(&from, &to, &format!("\"{to}\" - \"{from}\" + 1"))
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, start, end) in PERIODS {
            let columns = [("min_days", at_least(start, end)), ("max_days", at_most(start, end))];
            add_generated(manager, table, &columns).await?;
            for index in INDEXES {
                create_index(manager, table, index).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, ..) in PERIODS {
            for index in INDEXES {
                drop_index(manager, table, index).await?;
            }
            drop_columns(manager, table, &["min_days", "max_days"]).await?;
        }
        Ok(())
    }
}
