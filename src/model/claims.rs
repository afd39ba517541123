//! Claims: what sources state about the fields of records.

use sea_orm::{ColumnTrait, EntityTrait, IdenStatic};

use super::Link;

/// The table of the statements of sources, and the links from sources to those that they derive from.
#[derive(Clone, Copy, Debug)]
pub struct Claims {
    /// The table of the statements, each of which is a record.
    pub statement: &'static str,
    /// The column of the record that a statement is about.
    pub record: &'static str,
    /// The column of the field that it is about.
    pub field: &'static str,
    /// The column of the value that it states.
    pub value: &'static str,
    /// The column of its source.
    pub source: &'static str,
    /// The column of its stance towards the recorded value.
    pub stance: &'static str,
    /// The stance of those that support the recorded value.
    pub supports: &'static str,
    /// The stance of those that contradict the recorded value.
    pub contradicts: &'static str,
    /// The table of the sources.
    pub sources: &'static str,
    /// The links from a source to those that it derives from.
    pub origins: Link,
}

impl Claims {
    /// The statements that are records of `E`, by their columns: record, field, value, source, stance; the words of the stances
    /// that support and that contradict; and the links from sources of `S` to those that they derive from.
    #[must_use]
    pub fn of<E: EntityTrait, S: EntityTrait, L: ColumnTrait>(
        [record, field, value, source, stance]: [E::Column; 5],
        [supports, contradicts]: [&'static str; 2],
        (derived, origin): (L, L),
    ) -> Self {
        Self {
            statement: E::default().table_name(),
            record: record.as_str(),
            field: field.as_str(),
            value: value.as_str(),
            source: source.as_str(),
            stance: stance.as_str(),
            supports,
            contradicts,
            sources: S::default().table_name(),
            origins: Link::through(derived, origin),
        }
    }
}
