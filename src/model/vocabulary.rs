//! Vocabularies: closed lists of words, each a `SeaORM` active enum in the database and a GraphQL enum in the schema.

use std::fmt::Debug;

use async_graphql::{Enum, OutputType, resolver_utils::EnumType};
use sea_orm::{ActiveEnum, DeriveActiveEnum, EnumIter};

use crate::async_graphql_internals::Registry;

/// A closed list of words, such as the kinds of visits.
#[derive(Debug)]
pub struct Vocabulary {
    /// The name of the GraphQL enum.
    pub name: String,
    /// Its words.
    pub words: Vec<Word>,
    /// Registers the GraphQL enum.
    pub register: fn(&mut Registry) -> String,
}

/// A word of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The name in the schema, such as `SISTER_CITY`.
    pub name: &'static str,
    /// The value in the database and in CSV files, such as `sister_city`.
    pub value: String,
}

impl Vocabulary {
    /// The vocabulary of an enum.
    #[must_use]
    pub fn of<V: EnumType + OutputType + ActiveEnum<Value = String>>() -> Self {
        let words = V::items().iter().map(|item| Word { name: item.name, value: item.value.to_value() });
        Self {
            name: <V as OutputType>::type_name().into_owned(),
            words: words.collect(),
            register: <V as OutputType>::create_type_info,
        }
    }

    /// The word with this name in the schema.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Word> {
        self.words.iter().find(|word| word.name == name)
    }

    /// The word with this value in the database.
    #[must_use]
    pub fn by_value(&self, value: &str) -> Option<&Word> {
        self.words.iter().find(|word| word.value == value)
    }

    /// The values of all words, separated by commas.
    #[must_use]
    pub fn list(&self) -> String {
        let words: Vec<_> = self.words.iter().map(|word| word.value.as_str()).collect();
        words.join(", ")
    }
}

/// The visibility of a record: who can see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Visibility {
    /// Visible to everyone.
    #[default]
    Public,
    /// Visible to partners and staff.
    Partner,
    /// Visible to staff only.
    Internal,
}

impl Visibility {
    /// The rank: a viewer of rank `n` sees the records of rank `n` and below.
    #[must_use]
    pub const fn rank(self) -> i16 {
        self as i16
    }
}
