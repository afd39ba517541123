//! The model: what each type of record is, as data.
//!
//! A slice of [`crate::domain`] declares a `SeaORM` entity and describes it once ([`Record::describe`]): its columns as
//! attributes, its relations, the orders of its lists. Filters, statements, the GraphQL schema, import and export are all
//! derived from that description. Nothing here executes anything.

mod attribute;
mod column;
pub mod date_range;
mod description;
pub mod draft;
mod group;
pub mod identifier;
mod inconsistency;
pub mod language;
pub mod length;
pub mod name;
mod order;
mod period;
pub mod record;
mod record_type;
pub mod text;
mod text_form;
mod vocabulary;

use indexmap::IndexMap;

pub use self::{
    attribute::{Attribute, AttributeKind, CounterpartFields, Decimal, Link, Scalar, ToAny, ToMany, ToManyAny, ToOne},
    column::{Column, DataType},
    description::{Description, Record},
    group::Group,
    inconsistency::{Alike, DateColumns, Inconsistency},
    order::{Order, OrderBy, RelatedValue},
    period::{IfMissing, Period},
    record_type::RecordType,
    text::{camel_case, uncapitalized, upper_case, with_article, words},
    vocabulary::{Visibility, Vocabulary, Word},
};

/// All record types, and the groups of them.
pub struct Model {
    types: IndexMap<&'static str, RecordType>,
    groups: Vec<Group>,
    describe_shared: fn(&mut RecordType),
}

impl Model {
    /// A model without record types. `describe_shared` adds what all of them have.
    #[must_use]
    pub fn new(describe_shared: fn(&mut RecordType)) -> Self {
        Self { types: IndexMap::new(), groups: Vec::new(), describe_shared }
    }

    /// Adds a record type.
    #[must_use]
    pub fn with<E: Record>(mut self) -> Self {
        let mut described = RecordType::of::<E>();
        (self.describe_shared)(&mut described);
        self.types.insert(described.table, described);
        self
    }

    /// Adds a union of record types.
    #[must_use]
    pub fn with_union(mut self, union: Group) -> Self {
        self.groups.push(union);
        self
    }

    /// Checks that everything that the descriptions name exists.
    ///
    /// # Panics
    /// If a description is wrong. The message names the record type and the attribute; the first test that runs shows it.
    #[must_use]
    pub fn build(mut self) -> Self {
        let tables: Vec<&'static str> = self.types.keys().copied().collect();
        let about =
            "The fields that all records have: ID, key, names, identifiers, citations, indicators, topics and version.";
        self.groups.push(Group::of_all(about, tables.clone()));
        let comparable = self.types.values().flat_map(RecordType::comparable).collect();
        for record in self.types.values_mut() {
            record.resolve(&tables, &self.groups);
            record.resolve_orders(&comparable);
        }
        for group in &mut self.groups {
            group.resolve(|table| self.types.get(table));
        }
        for record in self.types.values() {
            self.check_links(record);
            let is_unlimited = |column: &&Column| column.data_type == DataType::Text && column.max_length.is_none();
            let unlimited = record.columns.iter().find(is_unlimited).map(|column| column.name);
            assert!(unlimited.is_none(), "{}: nothing describes the column {unlimited:?}", record.name);
        }
        self
    }

    /// Checks that the columns by which others belong to a record do refer to records of its type.
    fn check_links(&self, record: &RecordType) {
        for attribute in &record.attributes {
            let AttributeKind::ToMany(ToMany { link: Link::Column { table, column }, .. }) = attribute.kind else {
                continue;
            };
            let refers = self.record_type(table).attributes.iter().any(|other| match &other.kind {
                AttributeKind::ToOne(to_one) => to_one.column.name == column && to_one.target == record.table,
                AttributeKind::ToAny(to_any) => to_any.id.name == column && to_any.targets.contains(&record.table),
                _ => false,
            });
            assert!(refers, "{}.{}: {table}.{column} does not refer to {}", record.name, attribute.name, record.table);
        }
    }

    /// The record types, in the order of their registration.
    #[must_use]
    pub fn types(&self) -> impl ExactSizeIterator<Item = &RecordType> {
        self.types.values()
    }

    /// The unions of record types, and the interface of all.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group of a name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The groups whose records are listed together, at the root or by a record.
    pub fn listed_groups(&self) -> impl Iterator<Item = &Group> {
        let is_related = |group: &Group| {
            self.types
                .values()
                .flat_map(|record| &record.attributes)
                .any(|attribute| matches!(&attribute.kind, AttributeKind::ToManyAny(many) if many.group == group.name))
        };
        self.groups.iter().filter(move |group| group.is_listed || is_related(group))
    }

    /// The record type of a table.
    #[must_use]
    pub fn get(&self, table: &str) -> Option<&RecordType> {
        self.types.get(table)
    }

    /// The record type of a table that a description names.
    ///
    /// # Panics
    /// If there is none, which [`Model::build`] rules out.
    #[must_use]
    pub fn record_type(&self, table: &str) -> &RecordType {
        self.get(table).unwrap_or_else(|| panic!("there is no record type {table}"))
    }
}
