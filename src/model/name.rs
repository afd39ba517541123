//! The table `name`: further names of records, in other languages than that of their main name or of other kinds.

use async_graphql::Enum;
use sea_orm::{FromQueryResult, entity::prelude::*};

/// The kind of a name. Of several names in one language, that of the first kind is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum NameKind {
    /// The name by law.
    Official,
    /// A name used abroad only, such as Munich for München.
    Exonym,
    /// A short form.
    Short,
    /// A name written in another script.
    Transliterated,
    /// Another name or spelling in the same language.
    Alternative,
    /// A name that is no longer used.
    Former,
}

/// A further name of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveEntityModel)]
#[sea_orm(table_name = "name")]
pub struct Model {
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_id: Uuid,
    /// A BCP 47 language tag.
    #[sea_orm(primary_key, auto_increment = false)]
    pub language: String,
    /// The name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The name, folded for search.
    pub folded: String,
    /// The kind; none for the usual name in the language.
    pub kind: Option<NameKind>,
    /// The period in which the name held, in EDTF.
    pub period: Option<String>,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The record that is named.
    #[sea_orm(belongs_to = "super::record::Entity", from = "Column::RecordId", to = "super::record::Column::Id")]
    Record,
}

impl ActiveModelBehavior for ActiveModel {}

/// A name, as clients see it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Name {
    /// The record.
    pub record_id: Uuid,
    /// A BCP 47 language tag.
    pub language: String,
    /// The name.
    pub name: String,
    /// The kind; none for the usual name in the language, and for the main name.
    pub kind: Option<NameKind>,
    /// The period in which the name held, in EDTF.
    pub period: Option<String>,
}

impl Name {
    /// The columns that it is read from.
    pub const COLUMNS: [Column; 5] = [Column::RecordId, Column::Language, Column::Name, Column::Kind, Column::Period];
}

impl Model {
    /// A further name of a record.
    #[must_use]
    pub fn new(
        record_id: Uuid,
        language: String,
        name: String,
        kind: Option<NameKind>,
        period: Option<String>,
    ) -> Self {
        let folded = folding::fold(&name);
        Self { record_id, language, name, folded, kind, period }
    }
}
