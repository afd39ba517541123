//! What records are in the vocabulary of schema.org, for clients that read JSON-LD.

use async_graphql::{OutputType, resolver_utils::EnumType};
use sea_orm::{ActiveEnum, IdenStatic};

use super::{Attribute, Description, Record, RecordType, Vocabulary, camel_case};

/// A record type in the terms of schema.org.
#[derive(Debug, Default)]
pub struct SchemaOrg {
    /// The type, such as `Organization`.
    pub ty: &'static str,
    /// More specific types: the name of an attribute, the name of one of its words in the schema, and the type.
    pub by_word: Vec<(String, &'static str, &'static str)>,
    /// The names of attributes, and the properties that say the same.
    pub properties: Vec<(String, &'static str)>,
}

impl SchemaOrg {
    /// The property that says the same as an attribute.
    #[must_use]
    pub fn property(&self, attribute: &Attribute) -> Option<&'static str> {
        self.properties.iter().find(|(name, _)| attribute.is_meant_by(name)).map(|(_, property)| *property)
    }
}

impl<E: Record> Description<'_, E> {
    /// Says which type of schema.org the records have, and which properties say the same as attributes, by their columns. Names,
    /// identifiers and coordinates need no mention.
    pub fn schema_org(&mut self, ty: &'static str, properties: impl IntoIterator<Item = (E::Column, &'static str)>) {
        let of = |(column, property): (E::Column, _)| (camel_case(column.as_str()), property);
        self.record.schema_org.ty = ty;
        self.record.schema_org.properties.extend(properties.into_iter().map(of));
    }

    /// Says which types of schema.org are more specific for records with one of these words.
    pub fn schema_org_if<V: EnumType + OutputType + ActiveEnum<Value = String>>(
        &mut self,
        column: E::Column,
        types: impl IntoIterator<Item = (V, &'static str)>,
    ) {
        let (attribute, vocabulary) = (camel_case(column.as_str()), Vocabulary::of::<V>());
        for (word, ty) in types {
            let name = vocabulary.by_value(&word.to_value()).map_or("", |word| word.name);
            self.record.schema_org.by_word.push((attribute.clone(), name, ty));
        }
    }
}

impl RecordType {
    /// Checks that the attributes exist whose meaning in schema.org is described.
    pub(super) fn check_schema_org(&self) {
        let SchemaOrg { ty, by_word, properties } = &self.schema_org;
        assert!(!ty.is_empty(), "{}: call `schema_org` to say what it is in schema.org", self.name);
        for name in by_word.iter().map(|(name, ..)| name).chain(properties.iter().map(|(name, _)| name)) {
            let exists = self.attributes.iter().any(|attribute| attribute.is_meant_by(name));
            assert!(exists, "{}: schema.org is told of {name}, which is no attribute", self.name);
        }
    }
}
