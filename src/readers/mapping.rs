//! Mapping files: how a person says which records the rows of a foreign table are.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::StrDeserializer},
};

use super::{dates::Notation, table::whole};
use crate::import_export::Problem;

/// A mapping file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Mapping {
    /// The visibility of new records.
    pub(super) visibility: Option<String>,
    /// What stands in cells whose value is not known.
    #[serde(default)]
    pub(super) unknown: Vec<String>,
    /// Which record is meant, by the kind of the record and the text of the cell.
    #[serde(default)]
    pub(super) decisions: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default, rename = "table")]
    pub(super) tables: Vec<TableMapping>,
}

/// A table, and the records of its rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TableMapping {
    pub(super) sheet: Option<String>,
    /// The row of the headers; 0 if there are none.
    #[serde(default = "first")]
    pub(super) header: u64,
    /// The last row that belongs to the table.
    pub(super) last_row: Option<u64>,
    pub(super) encoding: Option<String>,
    pub(super) separator: Option<String>,
    #[serde(default, rename = "record")]
    pub(super) records: Vec<RecordMapping>,
}

fn first() -> u64 {
    1
}

/// A record of each row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RecordMapping {
    pub(super) kind: String,
    /// How other records of the row call it.
    #[serde(rename = "as")]
    pub(super) name: Option<String>,
    pub(super) key: KeyMapping,
    /// The columns without which a row does not have the record.
    #[serde(default)]
    pub(super) only_if: OneOrMany<String>,
    /// A column with several values, for each of which there is a record.
    pub(super) for_each: Option<ForEach>,
    /// How to find the record in the database: one look-up after the other.
    #[serde(default, rename = "match")]
    pub(super) matches: OneOrMany<Value>,
    /// Whether a record with the same members is the record.
    #[serde(default)]
    pub(super) match_members: bool,
    #[serde(default)]
    pub(super) if_exists: IfExists,
    #[serde(default)]
    pub(super) if_new: IfNew,
    /// The fields that are said of new records only.
    #[serde(default)]
    pub(super) only_new: OneOrMany<String>,
    /// What identifies the record in the foreign file.
    pub(super) id: Option<Value>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, OneOrMany<Value>>,
    #[serde(default)]
    pub(super) names: Vec<NameMapping>,
    #[serde(default)]
    pub(super) identifiers: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) topics: OneOrMany<Value>,
}

/// How a key is made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyMapping {
    /// The key as it is.
    pub(super) column: Option<String>,
    /// The key as it is, the same for all rows.
    pub(super) value: Option<String>,
    /// A slug of several values.
    #[serde(default)]
    pub(super) slug: OneOrMany<Value>,
}

/// The column whose values have a record each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForEach {
    pub(super) column: String,
    pub(super) separator: OneOrMany<String>,
}

/// What to do with a record that the database has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum IfExists {
    /// Update it.
    #[default]
    Update,
    /// Leave it as it is.
    Keep,
}

/// What to do with a record that the database does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum IfNew {
    /// Add it.
    #[default]
    Add,
    /// Leave it out.
    Skip,
}

/// A further name of the record.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NameMapping {
    pub(super) name: Value,
    pub(super) language: Value,
    pub(super) kind: Option<Value>,
}

/// Where a value comes from, and how it is read. A text is the name of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Value(pub(super) ValueTable);

/// The table of a [`Value`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ValueTable {
    /// The cell of a column.
    pub(super) column: Option<String>,
    /// The same for all rows.
    pub(super) value: Option<String>,
    /// A text with the cells of columns: `{Guest} visits {City}`.
    pub(super) text: Option<String>,
    /// The key of another record of the row.
    pub(super) record: Option<String>,
    /// What stands in cells whose value is not known, beside what the mapping says for all.
    pub(super) unknown: OneOrMany<String>,
    /// What separates several values.
    pub(super) separator: OneOrMany<String>,
    /// A translation of values.
    pub(super) words: Option<BTreeMap<String, String>>,
    pub(super) date: Option<Notation>,
    /// How numbers are written, by an example.
    pub(super) number: Option<NumberNotation>,
    /// What the text is of the record that is meant: `key`, `name`, or the scheme of an identifier.
    pub(super) find: OneOrMany<String>,
    /// The kinds of records among which it is looked for.
    pub(super) kinds: OneOrMany<String>,
    /// The country of the record that is meant.
    pub(super) country: Option<Box<Value>>,
    /// The value of `kind` of the record that is meant.
    pub(super) of_kind: Option<String>,
    /// Whether the field is left as it is if nothing is found.
    pub(super) optional: bool,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum NumberNotation {
    #[serde(rename = "1,234.5")]
    CommaPoint,
    #[serde(rename = "1.234,5")]
    PointComma,
    #[serde(rename = "1 234,5")]
    SpaceComma,
}

impl NumberNotation {
    /// The number as our files have it.
    pub(super) fn read(self, text: &str) -> String {
        let (group, point) = match self {
            Self::CommaPoint => (',', '.'),
            Self::PointComma => ('.', ','),
            Self::SpaceComma => (' ', ','),
        };
        let is_group = |c: &char| *c == group || c.is_whitespace() || matches!(c, '\'' | '’');
        text.chars().filter(|c| !is_group(c)).map(|c| if c == point { '.' } else { c }).collect()
    }
}

impl Mapping {
    /// Reads a mapping file. The error names the line and what would be right.
    pub(super) fn read(name: &str, text: &str) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|cause: toml::de::Error| {
            let start = cause.span().map_or(0, |span| span.start);
            let line = 1 + text.bytes().take(start).map(|byte| u64::from(byte == b'\n')).sum::<u64>();
            Problem { line, ..whole(name, cause.message()) }
        })
    }

    /// Takes over what another mapping says about all tables.
    pub(super) fn with_settings_of(mut self, other: Self) -> Self {
        self.visibility = other.visibility.or(self.visibility);
        self.unknown.extend(other.unknown);
        for (kind, decisions) in other.decisions {
            self.decisions.entry(kind).or_default().extend(decisions);
        }
        self
    }
}

impl TableMapping {
    /// The columns that its records name, by which the separator of a text file is recognised.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut columns = Vec::new();
        for record in &self.records {
            let names = record.names.iter().flat_map(|name| [&name.name, &name.language]);
            let fields = record.fields.values().flat_map(|values| &values.0);
            let values = fields.chain(&record.key.slug.0).chain(&record.matches.0).chain(record.identifiers.values());
            columns.extend(values.chain(names).filter_map(|value| value.0.column.clone()));
            columns.extend(record.key.column.clone());
        }
        columns
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnOrTable;
        impl<'de> Visitor<'de> for ColumnOrTable {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column, or a table such as { value = \"en\" }")
            }

            fn visit_str<E: de::Error>(self, column: &str) -> Result<Value, E> {
                Ok(Value(ValueTable { column: Some(column.to_owned()), ..ValueTable::default() }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                ValueTable::deserialize(MapAccessDeserializer::new(map)).map(Value)
            }
        }
        deserializer.deserialize_any(ColumnOrTable)
    }
}

/// One thing, or a list.
#[derive(Clone, Debug)]
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrManyOf<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyOf<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a table, or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany<T>, E> {
                T::deserialize(StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMany<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(OneOrMany(items))
            }
        }
        deserializer.deserialize_any(OneOrManyOf(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, line, says) in [
            ("[[table]]\nsheets = \"A\"\n", 2, "unknown field `sheets`, expected one of `sheet`, `header`"),
            ("[[table]]\n[[table.record]]\nkind = \"city\"\n", 2, "missing field `key`"),
            (
                "[[table]]\n[[table.record]]\nkind = \"city\"\nkey = { slug = \"City\" }\nfields.name = { colum = \"City\" }\n",
                5,
                "unknown field `colum`",
            ),
            (
                "[[table]]\n[[table.record]]\nkind = \"city\"\nkey = { slug = \"City\" }\nfields.since = { column = \"Y\", date = \"lunar\" }\n",
                5,
                "unknown variant `lunar`, expected one of `day-first`",
            ),
            (
                "[[table]]\n[[table.record]]\nkind = \"city\"\nkey = { slug = 5 }\n",
                4,
                "expected a text, a table, or a list of them",
            ),
            ("x = = 1\n", 1, ""),
        ] {
            let problem = Mapping::read("m.toml", text).unwrap_err();
            assert_eq!((problem.file.as_str(), problem.line), ("m.toml", line), "{problem}");
            assert!(problem.message.contains(says), "{problem}");
        }
    }

    #[test]
    fn numbers_are_read_as_the_example_says() {
        assert_eq!(NumberNotation::CommaPoint.read("1,234,567.5"), "1234567.5");
        assert_eq!(NumberNotation::PointComma.read("1.234,5"), "1234.5");
        assert_eq!(NumberNotation::SpaceComma.read("1\u{a0}234,5"), "1234.5");
    }
}
