//! Closed lists of values: an enumeration in Rust, a word in the database and in CSV, an enum in GraphQL.

/// A closed list of values, described once.
pub trait Vocabulary: Copy + Eq + Send + Sync + 'static {
    /// The name of the GraphQL enum.
    const NAME: &'static str;
    /// What the values describe.
    const DESCRIPTION: &'static str;
    /// Each value, its word (lower `snake_case`), and what it means.
    const VALUES: &'static [(Self, &'static str, &'static str)];

    /// The word of this value, as databases and CSV files have it; GraphQL has it in capitals.
    fn word(self) -> &'static str {
        Self::VALUES.iter().find(|(value, ..)| *value == self).map_or("", |(_, word, _)| word)
    }

    /// The value of a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::VALUES.iter().find(|(_, w, _)| *w == word).map(|(value, ..)| *value)
    }
}

/// Declares an enumeration and its [`Vocabulary`]; doc comments become the descriptions of the schema.
macro_rules! vocabulary {
    ($(#[doc = $about:literal])+ $Name:ident { $($(#[doc = $meaning:literal])+ $Value:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $Name { $($(#[doc = $meaning])+ $Value,)+ }

        impl $crate::db::Vocabulary for $Name {
            const NAME: &'static str = stringify!($Name);
            const DESCRIPTION: &'static str = concat!($($about),+).trim_ascii_start();
            const VALUES: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$Value, $word, concat!($($meaning),+).trim_ascii_start())),+];
        }
        impl Default for $Name {
            fn default() -> Self {
                <Self as $crate::db::Vocabulary>::VALUES[0].0
            }
        }
        impl From<$Name> for sea_orm::Value {
            fn from(value: $Name) -> Self {
                $crate::db::Vocabulary::word(value).into()
            }
        }
        impl sea_orm::sea_query::Nullable for $Name {
            fn null() -> sea_orm::Value {
                sea_orm::Value::String(None)
            }
        }
        impl sea_orm::TryGetable for $Name {
            fn try_get_by<I: sea_orm::ColIdx>(
                row: &sea_orm::QueryResult,
                index: I,
            ) -> Result<Self, sea_orm::TryGetError> {
                let word = String::try_get_by(row, index)?;
                $crate::db::Vocabulary::from_word(&word).ok_or_else(|| {
                    sea_orm::DbErr::Type(format!("{word:?} is no {}", stringify!($Name))).into()
                })
            }
        }
        impl sea_orm::sea_query::ValueType for $Name {
            fn try_from(value: sea_orm::Value) -> Result<Self, sea_orm::sea_query::ValueTypeErr> {
                let word = <String as sea_orm::sea_query::ValueType>::try_from(value)?;
                $crate::db::Vocabulary::from_word(&word).ok_or(sea_orm::sea_query::ValueTypeErr)
            }
            fn type_name() -> String {
                stringify!($Name).to_owned()
            }
            fn array_type() -> sea_orm::sea_query::ArrayType {
                sea_orm::sea_query::ArrayType::String
            }
            fn column_type() -> sea_orm::sea_query::ColumnType {
                sea_orm::sea_query::ColumnType::Text
            }
        }
        $crate::graph::leaf::vocabulary_leaf!($Name);
        $crate::graph::vocabulary_attribute!($Name);
    };
}
pub(crate) use vocabulary;
