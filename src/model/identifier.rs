//! The table `identifier`: identifiers that the outside world gives to records.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

/// Who gives an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum IdentifierScheme {
    /// GeoNames: the number of a place, `geonames.org/660158`.
    Geonames,
    /// Wikidata: the number of an item, `Q47034`.
    Wikidata,
    /// The Research Organization Registry: `05k73zm37`.
    Ror,
    /// ISO 3166-2: the code of a part of a country, `CN-SH`.
    #[sea_orm(string_value = "iso_3166_2")]
    #[graphql(name = "ISO_3166_2")]
    Iso31662,
}

/// An identifier of a record.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identifier")]
pub struct Model {
    /// Who gives it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scheme: IdentifierScheme,
    /// The identifier itself.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The record.
    pub record_id: Uuid,
}

/// What the table refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The record that is identified.
    #[sea_orm(belongs_to = "super::record::Entity", from = "Column::RecordId", to = "super::record::Column::Id")]
    Record,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Where the giver of the identifier describes what it identifies.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        Some(match self.scheme {
            IdentifierScheme::Geonames => format!("https://www.geonames.org/{}", self.value),
            IdentifierScheme::Wikidata => format!("https://www.wikidata.org/entity/{}", self.value),
            IdentifierScheme::Ror => format!("https://ror.org/{}", self.value),
            IdentifierScheme::Iso31662 => return None,
        })
    }
}
