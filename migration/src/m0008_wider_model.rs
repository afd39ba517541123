//! Agreements and stops of visits; what came before a place, and what came after it; statuses, websites, coordinates, and the
//! periods of names.

use sea_orm_migration::prelude::*;

use crate::table::{Table, make_optional, make_required};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// New tables, in the order in which they can be created; they are dropped in the opposite one.
const TABLES: &[&str] = &["country_succession", "city_succession", "visit_stop", "agreement", "agreement_party"];
/// Tables that get further columns.
const WIDENED: &[&str] = &["name", "country", "city", "organization", "visit", "innovation_center", "event"];

/// The codes that a country need not have.
const CODES: [&str; 2] = ["alpha3", "numeric"];

fn describe(name: &'static str) -> Table {
    match name {
        "country_succession" => Table::plain(name)
            .belongs_to("country_id", "country")
            .belongs_to("successor_id", "country")
            .key(&["country_id", "successor_id"])
            .check("successor_id", "\"successor_id\" <> \"country_id\""),
        "city_succession" => Table::plain(name)
            .belongs_to("city_id", "city")
            .belongs_to("successor_id", "city")
            .key(&["city_id", "successor_id"])
            .check("successor_id", "\"successor_id\" <> \"city_id\""),
        "visit_stop" => Table::record(name)
            .refers("visit_id", "visit")
            .optional_integer("number")
            .may_refer("country_id", "country")
            .may_refer("city_id", "city")
            .date("start")
            .date("end")
            .sorted_by("number"),
        "agreement" => Table::record(name)
            .name("title")
            .word("kind")
            .word("status")
            .date("signed")
            .date("in_force")
            .date("expires")
            .date("ended")
            .may_refer_any("signed_at", "signed_at_id", "signed_at_kind", &["visit", "event"])
            .may_refer_any("result", "result_id", "result_kind", &["partnership", "innovation_center"])
            .may_refer("renews_id", "agreement")
            .optional_text("website")
            .sorted_by("signed_latest"),
        "agreement_party" => Table::record(name)
            .refers("agreement_id", "agreement")
            .refers_any("party", "party_id", "party_kind", &["city", "organization", "country"])
            .may_refer("signatory_id", "official"),
        other => unreachable!("{other} is not in TABLES"),
    }
}

/// The further columns of a table.
fn columns(table: &'static str) -> Table {
    let further = Table::plain(table);
    match table {
        "name" => further.optional_text("period"),
        "country" => further.optional_word("code_status").may_refer("sovereign_id", "country").date("dissolved"),
        "city" => further.date("founded").date("dissolved"),
        "organization" => further.optional_text("website"),
        "visit" => further.optional_word("status"),
        "innovation_center" => {
            further.optional_real("latitude").optional_real("longitude").date("closed").optional_text("website")
        }
        "event" => further.optional_word("status").optional_text("website"),
        other => unreachable!("{other} is not in WIDENED"),
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            describe(table).create(manager).await?;
        }
        for table in WIDENED {
            columns(table).widen(manager).await?;
        }
        for code in CODES {
            make_optional(manager, "country", code).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for code in CODES {
            make_required(manager, "country", code).await?;
        }
        for table in WIDENED.iter().rev() {
            columns(table).narrow(manager).await?;
        }
        for table in TABLES.iter().rev() {
            Table::drop(manager, table).await?;
        }
        Ok(())
    }
}
