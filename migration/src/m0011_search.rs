//! Full-text search: a document for each record, an index of their words, and the words themselves, among which those that are
//! almost alike are found.
//!
//! The tables are filled by whatever writes records, and after the migrations from what is stored. A change of how texts are
//! divided into words needs a migration that deletes all documents and words: they are then made again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// `SQLite`: FTS5 indexes a table by its row ids, and triggers keep it in step. The tokenizer `ascii` divides words at spaces
/// and at `|`, which stands between texts: words have no other character of ASCII than letters and digits.
const SQLITE: &[&str] = &[
    r#"CREATE TABLE "search_document" (
  "id" integer NOT NULL,
  "record_id" uuid_blob NOT NULL,
  "kind" text NOT NULL,
  "version" integer NOT NULL,
  "updated_at" bigint NOT NULL,
  "rank" bigint NOT NULL,
  "names" text NOT NULL,
  "words" text NOT NULL,
  "texts" text NOT NULL,
  CONSTRAINT "pk_search_document" PRIMARY KEY ("id"),
  CONSTRAINT "uq_search_document_record_id" UNIQUE ("record_id"),
  CONSTRAINT "fk_search_document_record_id" FOREIGN KEY ("record_id") REFERENCES "record" ("id") ON DELETE CASCADE DEFERRABLE
)"#,
    r#"CREATE VIRTUAL TABLE "search_index" USING fts5(
  "words", content='search_document', content_rowid='id', tokenize='ascii', detail='none', columnsize=0
)"#,
    r#"CREATE TRIGGER "search_document_inserted" AFTER INSERT ON "search_document" BEGIN
  INSERT INTO "search_index" ("rowid", "words") VALUES (new."id", new."words");
END"#,
    r#"CREATE TRIGGER "search_document_deleted" AFTER DELETE ON "search_document" BEGIN
  INSERT INTO "search_index" ("search_index", "rowid", "words") VALUES ('delete', old."id", old."words");
END"#,
    r#"CREATE TRIGGER "search_document_updated" AFTER UPDATE ON "search_document" BEGIN
  INSERT INTO "search_index" ("search_index", "rowid", "words") VALUES ('delete', old."id", old."words");
  INSERT INTO "search_index" ("rowid", "words") VALUES (new."id", new."words");
END"#,
    r#"CREATE TABLE "search_word" (
  "word" text NOT NULL,
  "reversed" text NOT NULL,
  CONSTRAINT "pk_search_word" PRIMARY KEY ("word")
) WITHOUT ROWID"#,
    r#"CREATE INDEX "ix_search_word_reversed" ON "search_word" ("reversed")"#,
];

/// `PostgreSQL`: an index on the words as a `tsvector`, which the database keeps in step.
const POSTGRES: &[&str] = &[
    r#"CREATE TABLE "search_document" (
  "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT "pk_search_document" PRIMARY KEY,
  "record_id" uuid NOT NULL CONSTRAINT "uq_search_document_record_id" UNIQUE,
  "kind" text COLLATE "C" NOT NULL,
  "version" integer NOT NULL,
  "updated_at" bigint NOT NULL,
  "rank" bigint NOT NULL,
  "names" text COLLATE "C" NOT NULL,
  "words" text COLLATE "C" NOT NULL,
  "texts" text COLLATE "C" NOT NULL,
  CONSTRAINT "fk_search_document_record_id" FOREIGN KEY ("record_id") REFERENCES "record" ("id") ON DELETE CASCADE DEFERRABLE
)"#,
    r#"CREATE INDEX "ix_search_document_words" ON "search_document" USING gin (array_to_tsvector(string_to_array("words", ' ')))"#,
    r#"CREATE TABLE "search_word" (
  "word" text COLLATE "C" NOT NULL CONSTRAINT "pk_search_word" PRIMARY KEY,
  "reversed" text COLLATE "C" NOT NULL
)"#,
    r#"CREATE INDEX "ix_search_word_reversed" ON "search_word" ("reversed")"#,
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements = if manager.get_database_backend() == DbBackend::Postgres { POSTGRES } else { SQLITE };
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index: &[&str] = match manager.get_database_backend() {
            DbBackend::Postgres => &[],
            _ => &["search_index"],
        };
        for table in index.iter().chain(&["search_document", "search_word"]) {
            manager.get_connection().execute_unprepared(&format!("DROP TABLE \"{table}\"")).await?;
        }
        Ok(())
    }
}
