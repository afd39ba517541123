//! Attributes: column types whose values are plain fields, can be filtered, and stand in a cell of a CSV file.

use sea_orm::Value;

use crate::{
    db::Vocabulary,
    graph::{
        filter::{self, Predicate},
        leaf::Leaf,
        page::{Position, Scale},
    },
};

/// A type of columns.
pub trait Attribute: Leaf + Clone + Into<Value> {
    /// What a filter can ask of such a column.
    fn predicate(name: &str, description: &str, column: &'static str) -> Predicate;
    /// Reads a cell; the error says what would be right.
    fn read(cell: &str) -> Result<Value, String>;
    /// Writes a cell.
    fn print(&self) -> String;
}

/// A type of columns by which lists can be ordered.
pub trait Ordered: Attribute {
    /// Whether values can be missing.
    const MISSING: bool = false;
    /// What positions are.
    const SCALE: Scale;
    /// The value, as cursors hold it; `None` if it is missing.
    fn position(&self) -> Option<Position>;
}

impl Attribute for String {
    fn predicate(name: &str, description: &str, column: &'static str) -> Predicate {
        filter::column::<filter::Verbatim>(name, description, column)
    }
    fn read(cell: &str) -> Result<Value, String> {
        if cell.is_empty() { Err("it must not be empty".to_owned()) } else { Ok(cell.into()) }
    }
    fn print(&self) -> String {
        self.clone()
    }
}
impl Ordered for String {
    const SCALE: Scale = Scale::Text;
    fn position(&self) -> Option<Position> {
        Some(Position::Text(self.clone()))
    }
}

macro_rules! number {
    ($($T:ty, $Kind:ty, $right:literal, $sound:expr, $Scale:ident;)*) => {$(
        impl Attribute for $T {
            fn predicate(name: &str, description: &str, column: &'static str) -> Predicate {
                filter::column::<$Kind>(name, description, column)
            }
            fn read(cell: &str) -> Result<Value, String> {
                cell.parse::<$T>().ok().filter($sound).map(Into::into).ok_or_else(|| $right.to_owned())
            }
            fn print(&self) -> String {
                self.to_string()
            }
        }
        impl Ordered for $T {
            const SCALE: Scale = Scale::$Scale;
            fn position(&self) -> Option<Position> {
                Some(Position::$Scale((*self).into()))
            }
        }
    )*};
}
number! {
    i32, filter::Integer, "a whole number, such as 12, is needed", |_| true, Integer;
    f64, filter::Real, "a number, such as 60.2052, is needed", |n| n.is_finite(), Real;
}

impl Attribute for bool {
    fn predicate(name: &str, description: &str, column: &'static str) -> Predicate {
        filter::column::<filter::Boolean>(name, description, column)
    }
    fn read(cell: &str) -> Result<Value, String> {
        cell.parse::<bool>().map(Into::into).map_err(|_| "true or false is needed".to_owned())
    }
    fn print(&self) -> String {
        self.to_string()
    }
}

impl<T: Attribute> Attribute for Option<T>
where
    Option<T>: Into<Value>,
    T: sea_orm::sea_query::Nullable,
{
    fn predicate(name: &str, description: &str, column: &'static str) -> Predicate {
        T::predicate(name, description, column)
    }
    fn read(cell: &str) -> Result<Value, String> {
        if cell.is_empty() { Ok(T::null()) } else { T::read(cell) }
    }
    fn print(&self) -> String {
        self.as_ref().map_or_else(String::new, T::print)
    }
}
impl<T: Ordered> Ordered for Option<T>
where
    Option<T>: Into<Value>,
    T: sea_orm::sea_query::Nullable,
{
    const MISSING: bool = true;
    const SCALE: Scale = T::SCALE;
    fn position(&self) -> Option<Position> {
        self.as_ref().and_then(T::position)
    }
}

/// Reads a cell that holds a word of a vocabulary.
pub(crate) fn read_word<V: Vocabulary + Into<Value>>(cell: &str) -> Result<Value, String> {
    V::from_word(cell).map(Into::into).ok_or_else(|| {
        let words: Vec<_> = V::VALUES.iter().map(|(_, word, _)| *word).collect();
        format!("one of {} is needed", words.join(", "))
    })
}

/// Vocabularies are attributes; written by the macro, because Rust allows one blanket implementation only.
macro_rules! vocabulary_attribute {
    ($Name:ident) => {
        impl $crate::graph::Attribute for $Name {
            fn predicate(name: &str, description: &str, column: &'static str) -> $crate::graph::Predicate {
                $crate::graph::word_predicate::<Self>(name, description, column)
            }
            fn read(cell: &str) -> Result<sea_orm::Value, String> {
                $crate::graph::read_word::<Self>(cell)
            }
            fn print(&self) -> String {
                $crate::db::Vocabulary::word(*self).to_owned()
            }
        }
    };
}
pub(crate) use vocabulary_attribute;

/// What a filter can ask of a column that holds words of a vocabulary.
pub(crate) fn word_predicate<V: Vocabulary + Leaf>(name: &str, description: &str, column: &'static str) -> Predicate {
    filter::column::<filter::Word<V>>(name, description, column)
}
