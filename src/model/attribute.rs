//! Attributes: what a record type has. Each is a field of the GraphQL type; most are a filter, some an order, and most are
//! columns of the CSV file.

use std::sync::Arc;

use sea_orm::{ActiveEnum, ColumnTrait, EntityName};

use super::{Column, Period, Vocabulary, camel_case};

/// Something that records of a type have.
#[derive(Debug)]
pub struct Attribute {
    /// The name of the GraphQL field and of the filter.
    pub name: String,
    /// The name that it had before, which goes on as deprecated.
    pub former: Option<String>,
    /// What it is: the description in the schema.
    pub description: &'static str,
    /// What it is read from.
    pub kind: AttributeKind,
    /// Whether lists can be filtered by it.
    pub is_filterable: bool,
    /// Whether it is a column of the CSV file.
    pub is_imported: bool,
    /// Whether lists can be grouped by the records of this connection.
    pub is_group_key: bool,
    /// The smallest and the largest number it may be.
    pub range: Option<(i32, i32)>,
}

/// What an attribute is read from.
#[derive(Debug)]
pub enum AttributeKind {
    /// The global id.
    Id,
    /// One column.
    Scalar(Column, Scalar),
    /// The main name: as written, folded for search and order, and its language.
    Name {
        /// As written.
        name: Column,
        /// Folded by [`folding::fold`].
        folded: Column,
        /// A BCP 47 language tag.
        language: Column,
    },
    /// A date as EDTF, and the days it can mean.
    Date {
        /// As written; `NULL` if the date is unknown.
        edtf: Column,
        /// The earliest day.
        earliest: Column,
        /// The latest day.
        latest: Column,
    },
    /// An exact decimal number.
    Decimal(Decimal),
    /// A reference to a record of one type.
    ToOne(ToOne),
    /// A reference to a record of one of several types.
    ToAny(ToAny),
    /// The records that refer to this one, or that a table of links joins to it.
    ToMany(ToMany),
    /// The records of several types that a table of links joins to this one.
    ToManyAny(ToManyAny),
    /// A list of keys in the CSV file, stored in a table of links. It is no field: a [`ToMany`] is.
    Keys {
        /// The table of links, seen from this record.
        link: Link,
        /// The table of the records that are listed.
        target: &'static str,
        /// The smallest number of keys of a list that is not empty. If it is not 0, the record is shown only to those who may
        /// see all that are listed.
        at_least: usize,
        /// The column of the table of links that holds the other members of each pair, if it has a row for each ordered
        /// pair.
        counterpart: Option<&'static str>,
    },
}

/// What the values of a single column are.
#[derive(Clone, Debug)]
pub enum Scalar {
    /// A text that is compared as it is.
    Text,
    /// The address of a page on the web.
    Url,
    /// A code of so many capital letters.
    Letters(usize),
    /// A code of so many digits.
    Digits(usize),
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Float,
    /// True or false.
    Boolean,
    /// A moment: milliseconds since 1970-01-01T00:00Z.
    DateTime,
    /// A word of a closed list.
    Word(Arc<Vocabulary>),
}

/// An exact decimal number: its digits, and a floating-point number to compare it by.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    /// The digits, as text.
    pub exact: Column,
    /// About the same number.
    pub approximate: Column,
}

/// A reference to a record of one type.
#[derive(Clone, Copy, Debug)]
pub struct ToOne {
    /// The foreign key.
    pub column: Column,
    /// The table that it leads to.
    pub target: &'static str,
}

/// A reference to a record of one of several types.
#[derive(Clone, Debug)]
pub struct ToAny {
    /// The id.
    pub id: Column,
    /// The table of the record.
    pub table: Column,
    /// The name of the group that it can lead to: a GraphQL union, or the interface `Record`.
    pub group: &'static str,
    /// The tables that it can lead to.
    pub targets: Vec<&'static str>,
}

/// Related records of one type, as a connection.
#[derive(Clone, Copy, Debug)]
pub struct ToMany {
    /// How they are related.
    pub link: Link,
    /// Their table.
    pub target: &'static str,
    /// What the edges of the connection say beside the record, if they say more.
    pub counterparts: Option<CounterpartFields>,
    /// What the edges say about which of several links join the record, if there are several.
    pub roles: Option<RoleField>,
}

/// Related records of several types, as a connection.
#[derive(Clone, Copy, Debug)]
pub struct ToManyAny {
    /// How they are related.
    pub link: Link,
    /// The name of their group.
    pub group: &'static str,
}

/// Edges that tell the other records which a link joins: the partner cities of a partnership, seen from one of its cities.
#[derive(Clone, Copy, Debug)]
pub struct CounterpartFields {
    /// The prefix of the names of the connection type and the edge type.
    pub prefix: &'static str,
    /// The field with the first of them.
    pub one: &'static str,
    /// The field with all of them.
    pub all: &'static str,
    /// The column of the table of links that refers to them.
    pub column: &'static str,
    /// Their table.
    pub target: &'static str,
}

/// Edges that tell by which of several links a record is related: a city is where a visit came from, or a stop of it.
#[derive(Clone, Copy, Debug)]
pub struct RoleField {
    /// The prefix of the names of the connection type and the edge type.
    pub prefix: &'static str,
    /// The words that links have.
    pub vocabulary: &'static Vocabulary,
}

/// How records are related to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A column of theirs refers to it.
    Column {
        /// Their table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A table of links joins them.
    Through {
        /// The table of links.
        table: &'static str,
        /// Its column that refers to this record.
        parent: &'static str,
        /// Its column that refers to the related record.
        child: &'static str,
    },
    /// Records join them, such as the stops that join a city and visits: those that the viewer may see.
    Via {
        /// The table of the records between.
        table: &'static str,
        /// Its column that refers to this record.
        parent: &'static str,
        /// Its column that refers to the related record.
        child: &'static str,
        /// The conditions on the records between.
        only: &'static [Condition],
    },
    /// Records that belong to this one have them: the cities of a country have events.
    Within {
        /// The table of the records between.
        table: &'static str,
        /// Its column that refers to this record.
        parent: &'static str,
        /// Their column that `of` refers to: mostly their id.
        on: &'static str,
        /// The table that joins them and the related records, or that of the related records.
        by: &'static str,
        /// Its column that refers to the records between; or its id, and those refer to it.
        of: &'static str,
        /// Its column that refers to the related record, or its id.
        child: &'static str,
    },
    /// They concern the same record, and were at the same time.
    Contemporary(&'static Contemporary),
    /// At least one of several links joins them.
    Any(&'static [Way]),
}

/// A condition on records, by the word in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The column.
    pub column: &'static str,
    /// The words, in their database form.
    pub words: &'static [&'static str],
    /// Whether those pass that have none of the words, or none at all, and not those that have one.
    pub is_negated: bool,
}

impl Condition {
    /// The condition that a column has one of some words.
    pub fn one_of<C: ColumnTrait, V: ActiveEnum<Value = String>>(
        column: C,
        words: impl IntoIterator<Item = V>,
    ) -> Self {
        // Words live as long as the model, which is never dropped.
        let words: Vec<_> = words.into_iter().map(|word| &*word.to_value().leak()).collect();
        Self { column: column.as_str(), words: words.leak(), is_negated: false }
    }

    /// The condition that a column has none of some words.
    pub fn none_of<C: ColumnTrait, V: ActiveEnum<Value = String>>(
        column: C,
        words: impl IntoIterator<Item = V>,
    ) -> Self {
        Self { is_negated: true, ..Self::one_of(column, words) }
    }
}
/// Records that concern the same record as this one and that were at the same time, as far as is known: the positions of a
/// participant at the time of an event.
#[derive(Debug, PartialEq, Eq)]
pub struct Contemporary {
    /// The table of this record.
    pub table: &'static str,
    /// Its column that refers to the record whose list it is, or its id.
    pub parent: &'static str,
    /// The conditions on the records of this table.
    pub only: &'static [Condition],
    /// Its column that refers to what both concern.
    pub subject: &'static str,
    /// Its column that refers to what says when it was.
    pub when: &'static str,
    /// The table that it refers to, and the period of its records.
    pub during: (&'static str, Period),
    /// Their column that refers to what both concern.
    pub column: &'static str,
    /// Their table, and their period.
    pub related: (&'static str, Period),
    /// Their column that refers to what is listed, or their id.
    pub child: &'static str,
}

/// One of several links, and what it says about the record that it joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The word in the database form of a vocabulary, such as `destination`.
    pub role: &'static str,
    /// The link.
    pub link: Link,
}

impl Attribute {
    /// Whether it refers to records without which the record cannot be shown.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        match &self.kind {
            AttributeKind::ToOne(to_one) => !to_one.column.nullable,
            AttributeKind::ToAny(to_any) => !to_any.id.nullable,
            AttributeKind::Keys { at_least, .. } => *at_least > 0,
            _ => false,
        }
    }

    /// Whether it is a reference that can lead to records of several types.
    #[must_use]
    pub fn is_to_any(&self) -> bool {
        matches!(self.kind, AttributeKind::ToAny(_))
    }

    pub(super) fn new(name: impl Into<String>, kind: AttributeKind, description: &'static str) -> Self {
        // The records of a connection are in files of their own.
        let is_imported = !matches!(kind, AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_));
        Self {
            name: name.into(),
            former: None,
            description,
            kind,
            is_filterable: true,
            is_imported,
            is_group_key: false,
            range: None,
        }
    }

    /// Whether the attribute is a field of the GraphQL type.
    #[must_use]
    pub fn is_field(&self) -> bool {
        !matches!(self.kind, AttributeKind::Keys { .. })
    }

    /// Whether it has a name, or had it before.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.former.as_deref() == Some(name)
    }

    /// Whether a text means it, such as a citation or the name of a column: in the spelling of files or of the schema, by the name
    /// that it has or had before.
    #[must_use]
    pub fn is_meant_by(&self, text: &str) -> bool {
        let name = camel_case(text);
        [Some(&self.name), self.former.as_ref()].into_iter().flatten().any(|of| camel_case(of) == name)
    }

    /// The columns that the field is read from, beside the id.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        match &self.kind {
            AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) | AttributeKind::Keys { .. } => {
                Vec::new()
            }
            AttributeKind::Scalar(column, _) | AttributeKind::Name { name: column, .. } => vec![*column],
            AttributeKind::Date { edtf, earliest, latest } => vec![*edtf, *earliest, *latest],
            AttributeKind::Decimal(decimal) => vec![decimal.exact],
            AttributeKind::ToOne(to_one) => vec![to_one.column],
            AttributeKind::ToAny(to_any) => vec![to_any.id, to_any.table],
        }
    }
}

impl ToMany {
    /// The prefix of the names of the connection type and the edge type, if they are types of its own.
    #[must_use]
    pub fn prefix(&self) -> Option<&'static str> {
        self.counterparts.map(|fields| fields.prefix).or(self.roles.map(|field| field.prefix))
    }
}

impl Link {
    /// The records whose `column` refers to the record.
    pub fn column<C: ColumnTrait>(column: C) -> Self {
        Self::Column { table: table_of::<C>(), column: column.as_str() }
    }

    /// The records that a table of links joins to the record.
    pub fn through<C: ColumnTrait>(parent: C, child: C) -> Self {
        Self::Through { table: table_of::<C>(), parent: parent.as_str(), child: child.as_str() }
    }

    /// The records that those have which refer to the record by `parent`: `child` is the column of the related records in the
    /// table that refers to those by `of`.
    pub fn within<C: ColumnTrait, D: ColumnTrait>(parent: C, of: D, child: D) -> Self {
        let (table, by) = (table_of::<C>(), table_of::<D>());
        Self::Within { table, parent: parent.as_str(), on: "id", by, of: of.as_str(), child: child.as_str() }
    }

    /// The record that `child` of another one refers to, which this one refers to by `reference`.
    pub fn beyond<C: ColumnTrait, D: ColumnTrait>(reference: C, child: D) -> Self {
        let (table, by) = (table_of::<C>(), table_of::<D>());
        Self::Within { table, parent: "id", on: reference.as_str(), by, of: "id", child: child.as_str() }
    }

    /// Whether it compares periods.
    #[must_use]
    pub fn compares_periods(self) -> bool {
        match self {
            Self::Contemporary(_) => true,
            Self::Any(ways) => ways.iter().any(|way| way.link.compares_periods()),
            _ => false,
        }
    }

    /// The number of links that it consists of.
    #[must_use]
    pub fn ways(self) -> usize {
        match self {
            Self::Any(ways) => ways.iter().map(|way| way.link.ways()).sum(),
            _ => 1,
        }
    }

    /// The records that other records, which refer to both, join to the record.
    pub fn via<C: ColumnTrait>(parent: C, child: C) -> Self {
        Self::Via { table: table_of::<C>(), parent: parent.as_str(), child: child.as_str(), only: &[] }
    }

    /// The same by those records only that pass.
    ///
    /// # Panics
    /// If no records join it.
    #[must_use]
    pub fn only(self, only: &'static [Condition]) -> Self {
        match self {
            Self::Via { table, parent, child, .. } => Self::Via { table, parent, child, only },
            Self::Contemporary(of) => Self::Contemporary(Box::leak(Box::new(Contemporary { only, ..*of }))),
            link => panic!("{link:?} has no records between"),
        }
    }
}

/// The table of a column.
pub(super) fn table_of<C: ColumnTrait>() -> &'static str {
    C::EntityName::default().table_name()
}
