//! The tables of full-text search: a document for each record, and the words of all documents.
//!
//! The documents are indexed by the database: by FTS5 on `SQLite`, by a GIN index of a `tsvector` on `PostgreSQL`.

/// The documents.
pub mod document {
    use sea_orm::entity::prelude::*;

    use super::super::{RecordType, record};

    /// Everything by which a record is found.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "search_document")]
    pub struct Model {
        /// The row of the index.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The record.
        #[sea_orm(unique)]
        pub record_id: Uuid,
        /// Its table.
        pub kind: String,
        /// The version of the record that the document was made of.
        pub version: i32,
        /// When that version was written.
        pub updated_at: i64,
        /// The rank among records that match equally well: the smallest comes first.
        pub rank: i64,
        /// The names, as [`super::name_entry`] writes them, and the key, as [`super::key_entry`] does.
        pub names: String,
        /// All words, with spaces between them, and `|` between texts.
        pub words: String,
        /// The texts as they are written: JSON, a list of [`super::Text`].
        pub texts: String,
    }

    /// Foreign keys.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        /// The record.
        #[sea_orm(belongs_to = "record::Entity", from = "Column::RecordId", to = "record::Column::Id")]
        Record,
    }

    impl ActiveModelBehavior for ActiveModel {}

    /// The rank of a record of a type that is at `position` in the order of types, and has a number by which it is better
    /// known than others, such as the population of a city.
    #[must_use]
    pub fn rank(position: usize, prominence: i32) -> i64 {
        let position = i64::try_from(position).unwrap_or(i64::from(u8::MAX)).min(i64::from(u8::MAX));
        (position << 32) + i64::from(i32::MAX - prominence.max(0))
    }

    /// All ranks are less than this.
    pub const RANKS: i64 = 1 << 40;

    /// The texts of a record type that are searched, beside the names: the attributes, and their columns.
    pub fn texts(record: &RecordType) -> impl Iterator<Item = (&str, super::super::Column)> {
        use super::super::{AttributeKind, Scalar};
        record.attributes.iter().filter(|attribute| attribute.is_field()).filter_map(|attribute| {
            let AttributeKind::Scalar(column, Scalar::Text | Scalar::Letters(_) | Scalar::Digits(_)) = attribute.kind
            else {
                return None;
            };
            let is_language = record.main_name.is_some_and(|(_, language)| language == column);
            (!is_language).then_some((attribute.name.as_str(), column))
        })
    }
}

/// The words.
pub mod word {
    use sea_orm::entity::prelude::*;

    /// A word of a document.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "search_word")]
    pub struct Model {
        /// The word.
        #[sea_orm(primary_key, auto_increment = false)]
        pub word: String,
        /// Its characters in reverse, so that words are found by their ends.
        pub reversed: String,
    }

    /// There are no foreign keys.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use serde::{Deserialize, Serialize};

use super::language::primary_language;

/// A text of a record, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The field, such as `name` or `purpose`.
    #[serde(rename = "f")]
    pub field: String,
    /// The language of a name, as a BCP 47 tag.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The text.
    #[serde(rename = "t")]
    pub text: String,
}

/// A name in `names`: its language without script and region, and its words. What it is compared with is in
/// [`crate::query::search`].
#[must_use]
pub fn name_entry(language: &str, words: &[String]) -> String {
    format!("|{}: {} |", primary_language(language), words.join(" "))
}

/// What stands between the words of a key in `names`: no space, so that it is only found as a whole.
pub const KEY_SEPARATOR: &str = "-";

/// A key in `names`.
#[must_use]
pub fn key_entry(words: &[String]) -> String {
    format!("|{}|", words.join(KEY_SEPARATOR))
}
