//! Describing a record type: what a slice calls.

use std::{borrow::Cow, marker::PhantomData, ops::DerefMut, sync::Arc};

use async_graphql::{OutputType, resolver_utils::EnumType};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, IdenStatic, Identity, RelationTrait, sea_query::TableRef};

use super::{
    Attribute, AttributeKind, Column, DataType, Decimal, Inconsistency, Link, RecordType, Scalar, ToAny, ToOne,
    Visibility, Vocabulary, attribute::table_of, camel_case, draft::reference_name, length,
};

/// An entity whose rows are records: they have an id, a key, names, a visibility and a version.
///
/// The entity must have the columns `id`, `key`, `note`, `visibility`, `audience`, `version`, `created_at` and
/// `updated_at`; [`RecordType`] looks them up by name.
pub trait Record: EntityTrait {
    /// The GraphQL type: `InnovationCenter`.
    const NAME: &'static str;
    /// The list at the root and the CSV file: `innovation_centers`.
    const PLURAL: &'static str;
    /// What such a record is, as the schema says it.
    const DESCRIPTION: &'static str;

    /// Describes the attributes, relations and orders.
    fn describe(d: &mut Description<'_, Self>);
}

/// The description of a record type in the making. Each call adds an attribute; the last sentence of each method says what
/// else follows from it.
pub struct Description<'a, E> {
    pub(super) record: &'a mut RecordType,
    entity: PhantomData<E>,
}

impl<E> std::ops::Deref for Description<'_, E> {
    type Target = RecordType;
    fn deref(&self) -> &RecordType {
        self.record
    }
}

impl<E> DerefMut for Description<'_, E> {
    fn deref_mut(&mut self) -> &mut RecordType {
        self.record
    }
}

impl<'a, E: Record> Description<'a, E> {
    pub(super) fn new(record: &'a mut RecordType) -> Self {
        Self { record, entity: PhantomData }
    }

    pub(super) fn at(&self, column: E::Column) -> Column {
        self.record.column(column.as_str())
    }

    /// A column of texts of at most so many characters, unless an attribute that it belongs to has said so already.
    fn limited(&mut self, column: &str, most: usize) -> Column {
        let index = self.record.column(column).index;
        let column = &mut self.record.columns[index];
        column.max_length.get_or_insert(most);
        *column
    }

    fn push(&mut self, name: &str, kind: AttributeKind, description: &'static str) -> &mut Attribute {
        let record = &mut *self.record;
        record.add(Attribute::new(camel_case(name), kind, description));
        let last = record.attributes.len() - 1;
        &mut record.attributes[last]
    }

    /// What identifies a record, before everything else.
    pub(super) fn identity(&mut self) {
        let (id, key) = (self.record.column("id"), self.limited("key", length::KEY));
        self.push("id", AttributeKind::Id, "The global ID (a TypeID). It contains the type and never changes.");
        let about = "The key: a slug that is unique among the records of this type.";
        self.push("key", AttributeKind::Scalar(key, Scalar::Text), about).is_imported = false;
        self.order_both("key", key, false);
        self.order_both("created", id, false);
    }

    /// What all records have, after everything else.
    pub(super) fn history(&mut self) {
        let [version, created, updated] = ["version", "created_at", "updated_at"].map(|name| self.record.column(name));
        let note = self.limited("note", length::NOTE);
        self.push("note", AttributeKind::Scalar(note, Scalar::Text), "A note by the editors.").is_filterable = false;
        self.add_word::<Visibility>("visibility", "The visibility of the record: who can see it.");
        for (name, column, scalar, about) in [
            ("version", version, Scalar::Integer, "The number of times that the record was written, starting at 1."),
            ("created_at", created, Scalar::DateTime, "The date and time at which the record was created."),
            ("updated_at", updated, Scalar::DateTime, "The date and time at which the record was last changed."),
        ] {
            let is_filterable = matches!(scalar, Scalar::DateTime);
            let attribute = self.push(name, AttributeKind::Scalar(column, scalar), about);
            (attribute.is_filterable, attribute.is_imported) = (is_filterable, false);
        }
        self.order_both("updated", updated, false);
    }

    /// A column of one value, of the type that the entity declares. Lists can be filtered by it.
    ///
    /// # Panics
    /// If the column is of a type that is no scalar.
    pub fn value(&mut self, column: E::Column, description: &'static str) -> &mut Attribute {
        let mut at = self.at(column);
        let scalar = match at.data_type {
            DataType::Text => {
                at = self.limited(at.name, length::VALUE);
                Scalar::Text
            }
            DataType::Integer => Scalar::Integer,
            DataType::Double => Scalar::Float,
            DataType::Boolean => Scalar::Boolean,
            other => panic!("{}.{}: a value cannot be of the type {other:?}", E::NAME, at.name),
        };
        self.push(at.name, AttributeKind::Scalar(at, scalar), description)
    }

    /// A column of one value. Lists can be filtered and ordered by it; missing values come last.
    pub fn ordered_value(&mut self, column: E::Column, description: &'static str) -> &mut Attribute {
        self.value(column, description);
        self.ascending(column);
        self.descending(column);
        let last = self.record.attributes.len() - 1;
        &mut self.record.attributes[last]
    }

    /// A free text. Lists cannot be filtered by it.
    pub fn text(&mut self, column: E::Column, description: &'static str) {
        self.limited(column.as_str(), length::TEXT);
        self.value(column, description).is_filterable = false;
    }

    /// The address of a page on the web. Lists cannot be filtered by it.
    pub fn address(&mut self, column: E::Column, description: &'static str) {
        let at = self.limited(column.as_str(), length::TEXT);
        self.push(at.name, AttributeKind::Scalar(at, Scalar::Url), description).is_filterable = false;
    }

    /// A code of so many capital letters. No two records should have the same. Lists can be filtered by it.
    pub fn letters(&mut self, column: E::Column, length: usize, description: &'static str) {
        self.code(column, length, Scalar::Letters(length), description);
    }

    /// A code of so many digits. No two records should have the same. Lists can be filtered by it.
    pub fn digits(&mut self, column: E::Column, length: usize, description: &'static str) {
        self.code(column, length, Scalar::Digits(length), description);
    }

    fn code(&mut self, column: E::Column, length: usize, scalar: Scalar, description: &'static str) {
        let at = self.limited(column.as_str(), length);
        self.push(at.name, AttributeKind::Scalar(at, scalar), description);
        self.record.inconsistencies.push(Inconsistency::Same { column: at.name });
    }

    /// The reference to the place whose coordinates stand for those of the record on a map, if it has none.
    pub fn located_in(&mut self, place: E::Column) {
        self.record.place = Some(camel_case(place.as_str()));
    }

    /// A column whose values are words of a vocabulary. Lists can be filtered by it.
    pub fn word<V: EnumType + OutputType + ActiveEnum<Value = String>>(
        &mut self,
        column: E::Column,
        description: &'static str,
    ) {
        self.add_word::<V>(column.as_str(), description);
    }

    fn add_word<V: EnumType + OutputType + ActiveEnum<Value = String>>(
        &mut self,
        column: &'static str,
        description: &'static str,
    ) {
        let vocabulary = Vocabulary::of::<V>();
        let longest = vocabulary.words.iter().map(|word| word.value.chars().count()).max();
        let at = self.limited(column, longest.unwrap_or_default());
        self.push(column, AttributeKind::Scalar(at, Scalar::Word(Arc::new(vocabulary))), description);
    }

    /// The main name: as written, folded by [`folding::fold`], and its language. Lists can be filtered and ordered by it, and
    /// `label` falls back to it.
    pub fn name(&mut self, [name, folded, language]: [E::Column; 3], description: &'static str) {
        let name = self.limited(name.as_str(), length::NAME);
        let folded = self.limited(folded.as_str(), length::FOLDED);
        let language = self.limited(language.as_str(), length::LANGUAGE);
        self.push(name.name, AttributeKind::Name { name, folded, language }, description);
        self.order_both(name.name, folded, false);
        self.record.main_name = Some((name, language));
    }

    /// A date: EDTF as written, its earliest and its latest day. Lists can be filtered by it, and ordered by its earliest
    /// day, ascending, and by its latest day, descending.
    pub fn date(&mut self, [edtf, earliest, latest]: [E::Column; 3], description: &'static str) {
        let edtf = self.limited(edtf.as_str(), length::DATE);
        let [earliest, latest] = [earliest, latest].map(|column| self.at(column));
        self.push(edtf.name, AttributeKind::Date { edtf, earliest, latest }, description);
        self.order(edtf.name, earliest, false, false);
        self.order(edtf.name, latest, true, false);
    }

    /// An exact decimal number, and about the same number as a float. Lists can be filtered and ordered by it.
    pub fn decimal(&mut self, [exact, approximate]: [E::Column; 2], description: &'static str) {
        let (exact, approximate) = (self.limited(exact.as_str(), length::DECIMAL), self.at(approximate));
        self.push(exact.name, AttributeKind::Decimal(Decimal { exact, approximate }), description);
        self.order_both(exact.name, approximate, false);
    }

    /// A relation of the entity to one record of another. Lists can be filtered by what it leads to.
    ///
    /// # Panics
    /// If the relation is not a foreign key of one column.
    #[expect(clippy::needless_pass_by_value, reason = "relations are plain values, written where they are passed")]
    pub fn belongs_to(&mut self, relation: E::Relation, description: &'static str) {
        let definition = relation.def();
        let (Identity::Unary(column), TableRef::Table(table, _)) = (&definition.from_col, &definition.to_tbl) else {
            panic!("{}: {relation:?} is not a foreign key of one column", E::NAME);
        };
        let to_id = matches!(&definition.to_col, Identity::Unary(column) if column.inner() == "id");
        assert!(to_id, "{}: {relation:?} must lead to the column `id`", E::NAME);
        let target = match table.1.inner() {
            Cow::Borrowed(target) => target,
            // Names live as long as the model, which is never dropped.
            Cow::Owned(target) => target.leak(),
        };
        let to_one = ToOne { column: self.record.column(&column.inner()), target };
        self.push(to_one.column.name, AttributeKind::ToOne(to_one), description);
    }

    /// A reference to a record of one of several types: the columns of its id and of its table. `group` is the name of a
    /// union, or [`Group::RECORD`](super::Group::RECORD). Lists can be filtered by what it leads to.
    pub fn belongs_to_any(&mut self, [id, table]: [E::Column; 2], group: &'static str, description: &'static str) {
        let (id, table) = (self.at(id), self.limited(table.as_str(), length::TABLE));
        let to_any = ToAny { id, table, group, targets: Vec::new() };
        self.push(id.name, AttributeKind::ToAny(to_any), description);
    }

    /// A column of the CSV file with the keys of the records of `T` that a table of links joins to the record. `counterpart`
    /// is the column of the other member, if the table has a row for each ordered pair of members.
    pub fn keys<T: EntityTrait, C: ColumnTrait>(
        &mut self,
        name: &'static str,
        (parent, child): (C, C),
        counterpart: Option<C>,
        at_least: usize,
    ) {
        let kind = AttributeKind::Keys {
            link: Link::through(parent, child),
            target: T::default().table_name(),
            at_least,
            counterpart: counterpart.map(|column| column.as_str()),
        };
        debug_assert_ne!(table_of::<C>(), self.record.table, "links have a table of their own");
        let attribute = Attribute { name: name.to_owned(), is_filterable: false, ..Attribute::new(name, kind, "") };
        self.record.attributes.push(attribute);
    }

    /// A column that the database computes from others. Lists can be filtered by it; it is not part of the CSV file.
    pub fn generated(&mut self, column: E::Column, description: &'static str) {
        self.value(column, description).is_imported = false;
        self.record.generated.push(column.as_str());
    }

    /// Lets lists be ordered by a column, the smallest value first; missing values come last.
    pub fn ascending(&mut self, column: E::Column) {
        let at = self.at(column);
        self.order(at.name, at, false, at.nullable);
    }

    /// Lets lists be ordered by a column, the largest value first; missing values come last.
    pub fn descending(&mut self, column: E::Column) {
        let at = self.at(column);
        self.order(at.name, at, true, at.nullable);
    }

    /// What makes a record the thing that it is: with another value, it is probably another thing.
    pub fn defined_by(&mut self, columns: impl IntoIterator<Item = E::Column>) {
        for column in columns {
            let name = reference_name(self.at(column));
            self.record.defining.push(name);
        }
    }

    /// A number by which a record is better known than others of its type: searches find those with the largest first.
    ///
    /// # Panics
    /// If the column does not hold integers.
    pub fn prominence(&mut self, column: E::Column) {
        let at = self.at(column);
        assert!(
            at.data_type == DataType::Integer,
            "{}.{}: only integers say how well known a record is",
            E::NAME,
            at.name
        );
        self.record.prominence = Some(at);
    }

    /// How many days a period lasted, at least and at most: generated columns. Lists can be ordered by them, so that those
    /// which certainly lasted longest or shortest come first.
    pub fn duration(&mut self, [min, max]: [E::Column; 2]) {
        self.generated(
            min,
            "The smallest number of days that it can have lasted, the first and the last day included; `null` if the \
             beginning or the end is not known or open.",
        );
        self.generated(
            max,
            "The largest number of days that it can have lasted, the first and the last day included; `null` if the \
             beginning or the end is not known or open.",
        );
        self.descending(min);
        self.ascending(max);
    }

    /// Gives a date a better name than that of its column, which goes on as deprecated. Files have either of them as header.
    ///
    /// # Panics
    /// If no date is described before.
    pub fn renamed(&mut self, column: E::Column, name: &'static str) {
        let [edtf, ..] = self.date_columns(column);
        let (upper, former) = (name.to_ascii_uppercase(), edtf.to_ascii_uppercase());
        for order in &mut self.record.orders {
            if let Some(suffix) = order.name.strip_prefix(&format!("{former}_")) {
                let better = format!("{upper}_{suffix}");
                order.description = order.description.replace(&format!("`{}`", camel_case(edtf)), &format!("`{name}`"));
                order.former = Some(std::mem::replace(&mut order.name, better));
            }
        }
        let attribute = self.record.attributes.iter_mut().find(|attribute| attribute.name == camel_case(edtf));
        let attribute = attribute.unwrap_or_else(|| panic!("{}.{edtf}: no date is described before", E::NAME));
        attribute.former = Some(std::mem::replace(&mut attribute.name, name.to_owned()));
    }

    /// Puts the order that applies when a client names none first.
    ///
    /// # Panics
    /// If there is no such order.
    pub fn default_order(&mut self, name: &str) {
        let position = self.record.orders.iter().position(|order| order.name == name);
        let position = position.unwrap_or_else(|| panic!("{}: there is no order {name}", E::NAME));
        let order = self.record.orders.remove(position);
        self.record.orders.insert(0, order);
    }
}
