//! The table `identifier`: identifiers that the outside world gives to records.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

/// The scheme of an identifier: the external system that assigns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum IdentifierScheme {
    /// The ID of a place in GeoNames, such as `660158`.
    Geonames,
    /// The ID of an item in Wikidata, such as `Q47034`.
    Wikidata,
    /// The ID of an organization in the Research Organization Registry (ROR), such as `05k73zm37`.
    Ror,
    /// The ISO 3166-2 code of a subdivision of a country, such as `CN-SH`.
    #[sea_orm(string_value = "iso_3166_2")]
    #[graphql(name = "ISO_3166_2")]
    Iso31662,
}

/// An identifier of a record in an external system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveEntityModel)]
#[sea_orm(table_name = "identifier")]
pub struct Model {
    /// The scheme of the identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scheme: IdentifierScheme,
    /// The identifier, as the scheme writes it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The record.
    pub record_id: Uuid,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The record that is identified.
    #[sea_orm(belongs_to = "super::record::Entity", from = "Column::RecordId", to = "super::record::Column::Id")]
    Record,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The address of the page about this identifier in the external system; `None` if the scheme has no such pages.
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
