//! The model: what each type of record is, as data.
//!
//! A slice of [`crate::domain`] declares a `SeaORM` entity and describes it once ([`Record::describe`]): its columns as
//! attributes, its relations, the orders of its lists. Filters, statements, the GraphQL schema, import and export are all
//! derived from that description. Nothing here executes anything.

mod attribute;
mod claims;
mod column;
pub mod coordinates;
pub mod date_range;
mod description;
pub mod draft;
mod group;
pub mod identifier;
mod inconsistency;
pub mod language;
pub mod length;
pub mod name;
mod network;
mod order;
mod period;
pub mod quality;
pub mod record;
mod record_type;
mod schema_org;
pub mod search;
pub mod sort_key;
pub mod text;
mod text_form;
pub mod timeline;
mod vocabulary;

use async_graphql::{OutputType, resolver_utils::EnumType};
use indexmap::IndexMap;
use sea_orm::ActiveEnum;

pub use self::{
    attribute::{
        Attribute, AttributeKind, Condition, Contemporary, CounterpartFields, Decimal, Link, RoleField, Scalar, ToAny,
        ToMany, ToManyAny, ToOne, Way,
    },
    claims::Claims,
    column::{Column, DataType},
    coordinates::Coordinates,
    description::{Description, Record},
    group::Group,
    inconsistency::{Alike, DateColumns, Inconsistency},
    network::{Members, NetworkRecords, NetworkType, Parts, Statuses},
    order::{Order, OrderBy, RelatedValue},
    period::{IfMissing, Period, period_of},
    record_type::{RecordType, RelatedKey},
    schema_org::SchemaOrg,
    text::{camel_case, uncapitalized, upper_case, with_article, words},
    timeline::{Moment, Spells},
    vocabulary::{Visibility, Vocabulary, Word},
};

/// All record types, and the groups of them.
pub struct Model {
    types: IndexMap<&'static str, RecordType>,
    groups: Vec<Group>,
    /// The tables of the types that searches find first, in their order.
    found_first: Vec<&'static str>,
    /// What sources state about the fields of records, if that is recorded.
    pub claims: Option<Claims>,
    /// The words for what happens on timelines; none if there are no timelines.
    timeline: Option<Vocabulary>,
    /// The words for what can be doubtful about records, if that is described.
    issues: Option<Vocabulary>,
    describe_shared: fn(&mut RecordType),
}

impl Model {
    /// A model without record types. `describe_shared` adds what all of them have.
    #[must_use]
    pub fn new(describe_shared: fn(&mut RecordType)) -> Self {
        Self {
            types: IndexMap::new(),
            groups: Vec::new(),
            found_first: Vec::new(),
            claims: None,
            timeline: None,
            issues: None,
            describe_shared,
        }
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

    /// Sets what sources state about the fields of records.
    #[must_use]
    pub fn with_claims(mut self, claims: Claims) -> Self {
        self.claims = Some(claims);
        self
    }

    /// Sets the types that a search finds first among records that match equally well.
    #[must_use]
    pub fn found_first(mut self, tables: &[&'static str]) -> Self {
        self.found_first = tables.to_vec();
        self
    }

    /// Adds timelines. The words of the enum say what happens on them; each is that of one moment of a record type.
    #[must_use]
    pub fn with_timeline<V: EnumType + OutputType + ActiveEnum<Value = String>>(mut self) -> Self {
        self.timeline = Some(Vocabulary::of::<V>());
        self
    }

    /// Adds the issues of data quality. Each word of the enum is one that the records of at least one type can have.
    #[must_use]
    pub fn with_issues<V: EnumType + OutputType + ActiveEnum<Value = String>>(mut self) -> Self {
        self.issues = Some(Vocabulary::of::<V>());
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
        let unknown = self.found_first.iter().find(|table| !tables.contains(table));
        assert!(unknown.is_none(), "there is no record type {unknown:?}");
        self.resolve_moments();
        self.check_issues();
        for record in self.types.values() {
            self.check_links(record);
            record.check_schema_org();
            if let Some(place) = &record.place {
                let target = record.attribute(place).and_then(|attribute| match &attribute.kind {
                    AttributeKind::ToOne(to_one) => self.get(to_one.target),
                    _ => None,
                });
                assert!(
                    target.is_some_and(|target| target.coordinates.is_some()),
                    "{}.{place} is no place",
                    record.name
                );
            }
            if let Some((network, _)) = record.network {
                network.check(&self);
            }
            let is_unlimited = |column: &&Column| column.data_type == DataType::Text && column.max_length.is_none();
            let unlimited = record.columns.iter().find(is_unlimited).map(|column| column.name);
            assert!(unlimited.is_none(), "{}: nothing describes the column {unlimited:?}", record.name);
        }
        self
    }

    /// Finds the positions of moments among the words for what happens on timelines.
    fn resolve_moments(&mut self) {
        let words = self.timeline.iter().flat_map(|vocabulary| &vocabulary.words);
        let mut unused: Vec<_> = words.clone().map(|word| word.value.clone()).collect();
        let words: Vec<_> = words.map(|word| word.value.clone()).collect();
        for moment in self.types.values_mut().flat_map(|record| &mut record.moments) {
            let position = words.iter().position(|word| *word == moment.kind);
            moment.position = position.unwrap_or_else(|| panic!("timelines have no word {}", moment.kind));
            let before = unused.len();
            unused.retain(|word| *word != moment.kind);
            assert!(unused.len() < before, "two moments are {}", moment.kind);
        }
        assert!(unused.is_empty(), "timelines: nothing describes {unused:?}");
    }

    /// Checks that the words for what can be doubtful are those that record types use.
    fn check_issues(&self) {
        for issue in self.types().flat_map(|record| &record.issues) {
            let is_word = self.issues().is_some_and(|words| words.by_value(&issue.kind).is_some());
            assert!(is_word, "there is no issue {}", issue.kind);
        }
        for word in self.issues().into_iter().flat_map(|words| &words.words) {
            assert!(self.with_issue(&word.value).next().is_some(), "no record has the issue {}", word.value);
        }
    }

    /// Checks that the columns by which records are related do refer to records of their types.
    fn check_links(&self, record: &RecordType) {
        let lists = record.attributes.iter().filter_map(|attribute| match attribute.kind {
            AttributeKind::ToMany(ToMany { link, target, .. }) => Some((attribute.name.as_str(), target, link)),
            _ => None,
        });
        let of_timeline = record.timeline.iter().map(|(target, link)| ("timeline", *target, *link));
        let keys = record.related_keys.iter().map(|key| (key.name, key.link, &key.targets));
        let of_keys = keys.flat_map(|(name, link, targets)| targets.iter().map(move |target| (name, *target, link)));
        for (name, target, link) in lists.chain(of_timeline).chain(of_keys) {
            let check = |table, column, to| {
                let refers = self.refers(table, column, to);
                assert!(refers, "{}.{name}: {table}.{column} does not refer to {to}", record.name);
            };
            check_link(link, record.table, target, &check);
        }
    }

    /// Whether a column of a record type refers to records of another, or to its own as their id.
    fn refers(&self, table: &str, column: &str, to: &str) -> bool {
        let is_own = table == to && column == "id";
        is_own
            || self.record_type(table).attributes.iter().any(|other| match &other.kind {
                AttributeKind::ToOne(to_one) => to_one.column.name == column && to_one.target == to,
                AttributeKind::ToAny(to_any) => to_any.id.name == column && to_any.targets.contains(&to),
                _ => false,
            })
    }

    /// The record types, in the order of their registration.
    #[must_use]
    pub fn types(&self) -> impl ExactSizeIterator<Item = &RecordType> {
        self.types.values()
    }

    /// The position of a type among those that a search finds, the first of which come first.
    #[must_use]
    pub fn search_position(&self, record: &RecordType) -> usize {
        let first = self.found_first.iter().position(|table| *table == record.table);
        first.unwrap_or_else(|| self.found_first.len() + self.types.get_index_of(record.table).unwrap_or_default())
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

    /// The networks that records belong to, each once.
    pub fn networks(&self) -> impl Iterator<Item = &'static NetworkType> {
        let mut networks: Vec<&'static NetworkType> = Vec::new();
        for (network, _) in self.types.values().filter_map(|record| record.network) {
            if !networks.iter().any(|known| known.name == network.name) {
                networks.push(network);
            }
        }
        networks.into_iter()
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

    /// The words for what happens on timelines, if there are timelines.
    #[must_use]
    pub fn timeline(&self) -> Option<&Vocabulary> {
        self.timeline.as_ref()
    }

    /// The words for what can be doubtful about records, if that is described.
    #[must_use]
    pub fn issues(&self) -> Option<&Vocabulary> {
        self.issues.as_ref()
    }

    /// The types whose records can have an issue.
    pub fn with_issue(&self, kind: &str) -> impl Iterator<Item = &RecordType> {
        self.types().filter(move |record| record.issue(kind).is_some())
    }

    /// What happens on the timeline of all records: the moments of each type, and its records.
    pub fn moments(&self) -> impl Iterator<Item = (&RecordType, &Moment)> {
        self.types.values().flat_map(|record| record.moments.iter().map(move |moment| (record, moment)))
    }

    /// The record type of a table.
    #[must_use]
    pub fn get(&self, table: &str) -> Option<&RecordType> {
        self.types.get(table)
    }

    /// The record type of a GraphQL type.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&RecordType> {
        self.types().find(|record| record.name == name)
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

fn check_link(
    link: Link,
    from: &'static str,
    to: &'static str,
    check: &dyn Fn(&'static str, &'static str, &'static str),
) {
    match link {
        Link::Column { table, column } => check(table, column, from),
        Link::Through { .. } => {}
        Link::Via { table, parent, child, .. } => {
            check(table, parent, from);
            check(table, child, to);
        }
        // What joins them can be a table of links, which the model does not know.
        Link::Within { table, parent, .. } => check(table, parent, from),
        Link::Contemporary(of) => {
            check(of.table, of.when, of.during.0);
            let end = |(table, column), end| match column {
                "id" => assert!(table == end, "{from}: a link joins {table}, not {end}"),
                column => check(table, column, end),
            };
            end((of.table, of.parent), from);
            end((of.related.0, of.child), to);
        }
        Link::Any(ways) => ways.iter().for_each(|way| check_link(way.link, from, to, check)),
    }
}
