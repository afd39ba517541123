//! All tables of the first release.

use sea_orm_migration::prelude::*;

use crate::table::Table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// In the order in which they can be made; they are taken away in the opposite one.
const TABLES: &[&str] = &[
    "record",
    "name",
    "identifier",
    "country",
    "topic",
    "tag",
    "source",
    "source_derivation",
    "city",
    "partnership",
    "partnership_member",
    "organization",
    "official",
    "position",
    "visit",
    "innovation_center",
    "event",
    "participation",
    "membership",
    "indicator",
    "citation",
];

fn describe(name: &'static str) -> Table {
    match name {
        // Every record's id and kind, so that the database itself keeps references to records of several kinds whole.
        "record" => {
            Table::plain("record").id("id").text("kind").small_integer("audience").key(&["id"]).unique(&["id", "kind"])
        }
        "name" => Table::plain(name)
            .belongs_to("record_id", "record")
            .text("language")
            .text("name")
            .key(&["record_id", "language"]),
        "identifier" => {
            Table::plain(name).belongs_to("record_id", "record").text("scheme").text("value").key(&["scheme", "value"])
        }
        "country" => Table::record(name)
            .name("name")
            .word("alpha3")
            .word("numeric")
            .optional_word("region")
            .sorted_by("name_sort"),
        "topic" => Table::record(name).name("name").may_refer("broader_id", "topic").sorted_by("name_sort"),
        "tag" => Table::plain(name)
            .belongs_to("record_id", "record")
            .belongs_to("topic_id", "topic")
            .key(&["record_id", "topic_id"]),
        "source" => Table::record(name)
            .name("title")
            .optional_text("publisher")
            .optional_text("url")
            .date("published")
            .word("kind")
            .optional_text("retrieved_via"),
        "source_derivation" => Table::plain(name)
            .belongs_to("source_id", "source")
            .belongs_to("origin_id", "source")
            .key(&["source_id", "origin_id"])
            .check("origin_id", "\"origin_id\" <> \"source_id\""),
        "city" => Table::record(name)
            .name("name")
            .word("kind")
            .refers("country_id", "country")
            .may_refer("parent_id", "city")
            .optional_real("latitude")
            .optional_real("longitude")
            .optional_integer("population")
            .sorted_by("name_sort"),
        "partnership" => {
            Table::record(name).word("kind").date("since").date("ended").word("status").optional_word("level")
        }
        // A row for each ordered pair of members: a city's partners are one look-up away.
        "partnership_member" => Table::plain(name)
            .belongs_to("partnership_id", "partnership")
            .refers("city_id", "city")
            .refers("partner_id", "city")
            .key(&["partnership_id", "city_id", "partner_id"])
            .check("partner_id", "\"partner_id\" <> \"city_id\""),
        "organization" => Table::record(name)
            .name("name")
            .word("kind")
            .may_refer("city_id", "city")
            .may_refer("country_id", "country")
            .may_refer("parent_id", "organization")
            .date("founded")
            .date("dissolved")
            .sorted_by("name_sort"),
        "official" => Table::record(name).name("name"),
        "position" => Table::record(name)
            .refers("official_id", "official")
            .name("title")
            .may_refer("organization_id", "organization")
            .may_refer("city_id", "city")
            .date("start")
            .date("end")
            .date("as_of")
            .sorted_by("start_latest"),
        "visit" => Table::record(name)
            .name("title")
            .optional_word("kind")
            .date("start")
            .date("end")
            .may_refer("from_country_id", "country")
            .may_refer("from_city_id", "city")
            .may_refer("to_country_id", "country")
            .may_refer("to_city_id", "city")
            .optional_text("purpose")
            .sorted_by("start_latest"),
        "innovation_center" => Table::record(name)
            .name("name")
            .word("kind")
            .may_refer("city_id", "city")
            .optional_text("location")
            .may_refer("operator_id", "organization")
            .date("founded")
            .word("status")
            .optional_text("activity")
            .sorted_by("name_sort"),
        "event" => Table::record(name)
            .name("name")
            .boolean("is_series")
            .may_refer("series_id", "event")
            .optional_integer("edition")
            .date("start")
            .date("end")
            .optional_text("venue")
            .may_refer("city_id", "city")
            .may_refer("organizer_id", "organization")
            .sorted_by("start_latest"),
        "participation" => Table::record(name)
            .refers_any("activity", "activity_id", "activity_kind", &["visit", "event"])
            .refers_any(
                "participant",
                "participant_id",
                "participant_kind",
                &["official", "organization", "city", "country"],
            )
            .word("role")
            .optional_word("status")
            .sorted_by("key"),
        "membership" => Table::record(name)
            .refers_any("member", "member_id", "member_kind", &["official", "organization", "city"])
            .refers("organization_id", "organization")
            .optional_word("role")
            .date("since")
            .date("until")
            .sorted_by("key"),
        "indicator" => Table::record(name)
            .refers_any("subject", "subject_id", "subject_kind", &[])
            .may_refer_any("counterpart", "counterpart_id", "counterpart_kind", &[])
            .word("measure")
            .decimal("value")
            .word("unit")
            .word("comparator")
            .date("as_of")
            .sorted_by("as_of_latest"),
        _ => Table::record("citation")
            .refers_any("record", "record_id", "record_kind", &[])
            .word("field")
            .optional_text("claimed_value")
            .refers("source_id", "source")
            .word("stance")
            .sorted_by("key"),
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
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            Table::drop(manager, table).await?;
        }
        Ok(())
    }
}
