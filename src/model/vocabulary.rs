//! Vocabularies: closed lists of words, each a `SeaORM` active enum in the database and a GraphQL enum in the schema.

use std::fmt::Debug;

use async_graphql::{Enum, OutputType, resolver_utils::EnumType};
use sea_orm::{ActiveEnum, DeriveActiveEnum, EnumIter};

use crate::async_graphql_internals::Registry;

/// A closed list of words.
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
    /// As the schema has it: `SISTER_CITY`.
    pub name: &'static str,
    /// As the database and CSV files have it: `sister_city`.
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

    /// The word that the schema calls `name`.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Word> {
        self.words.iter().find(|word| word.name == name)
    }

    /// The word that the database calls `value`.
    #[must_use]
    pub fn by_value(&self, value: &str) -> Option<&Word> {
        self.words.iter().find(|word| word.value == value)
    }

    /// All words as the database has them, separated by commas.
    #[must_use]
    pub fn list(&self) -> String {
        let words: Vec<_> = self.words.iter().map(|word| word.value.as_str()).collect();
        words.join(", ")
    }
}

/// Who may see a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// Partners and the staff.
    Partner,
    /// The staff only.
    Internal,
}

impl Visibility {
    /// The rank: a viewer of rank `n` sees what has rank `n` or less.
    #[must_use]
    pub const fn rank(self) -> i16 {
        self as i16
    }
}
