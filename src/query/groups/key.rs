//! The keys of groups: what lists can be grouped by.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    model::{
        AttributeKind, Column, DateColumns, Link, Model, Moment, RecordType, Scalar, ToAny, ToMany, ToOne, Vocabulary,
        upper_case,
    },
    query::page::Listed,
};

/// What records can be grouped by.
pub struct GroupKey {
    /// Its name in the schema, such as `START_YEAR`.
    pub name: String,
    /// The name that it had before, which goes on as deprecated.
    pub former: Option<String>,
    /// What it is.
    pub description: String,
    /// How it is read in the parts of a list: kinds that are alike.
    pub(super) kinds: Vec<(PartId, KeyKind)>,
}

/// A part of a list: the table of its records, and on timelines the position of what happened to them.
pub(super) type PartId = (&'static str, Option<usize>);

/// How a key is read.
#[derive(Clone)]
pub(super) enum KeyKind {
    /// The same for all records of a part.
    Constant(&'static str),
    Text(Column),
    Word(Column, Arc<Vocabulary>),
    Boolean(Column),
    Date(DateColumns, Unit),
    /// What one reference, or two after each other, lead to.
    Reference(Vec<ToOne>),
    AnyReference(ToAny),
    /// The records of these tables that a link joins. A record can have several of them, and is in the group of each.
    Related(Link, Vec<&'static str>),
    /// A text of the records of a table that a link joins.
    RelatedText(Link, &'static str, &'static str),
}

impl KeyKind {
    /// Whether the values of two keys can be in one list of groups.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Constant(_), Self::Constant(_))
            | (Self::Text(_) | Self::RelatedText(..), Self::Text(_) | Self::RelatedText(..))
            | (Self::Boolean(_), Self::Boolean(_)) => true,
            (Self::Word(_, one), Self::Word(_, other)) => one.name == other.name,
            (Self::Date(_, one), Self::Date(_, other)) => one == other,
            (
                Self::Reference(_) | Self::AnyReference(_) | Self::Related(..),
                Self::Reference(_) | Self::AnyReference(_) | Self::Related(..),
            ) => self.is_of_several_types() == other.is_of_several_types() && self.targets() == other.targets(),
            _ => false,
        }
    }

    pub(super) fn is_of_several_types(&self) -> bool {
        matches!(self, Self::AnyReference(_)) || self.targets().len() > 1
    }

    /// The tables of the records that are its values; none if these are no records.
    pub(super) fn targets(&self) -> Vec<&'static str> {
        match self {
            Self::Constant(_)
            | Self::Text(_)
            | Self::Word(..)
            | Self::Boolean(_)
            | Self::Date(..)
            | Self::RelatedText(..) => Vec::new(),
            Self::Reference(path) => path.last().map(|last| last.target).into_iter().collect(),
            Self::AnyReference(to_any) => to_any.targets.clone(),
            Self::Related(_, targets) => targets.clone(),
        }
    }
}

/// A unit of the calendar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Month,
    Year,
    Decade,
}

impl Unit {
    const ALL: [Self; 3] = [Self::Year, Self::Month, Self::Decade];

    fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
            Self::Decade => "decade",
        }
    }

    /// The name and the description of the key by this unit of a date.
    fn key(self, date: &str) -> (String, String) {
        let word = self.word();
        let about =
            format!("By the {word} of `{date}`. Dates that can lie in several are in the group without a value.");
        (format!("{}_{}", upper_case(date), upper_case(word)), about)
    }

    pub(super) fn months(self) -> i64 {
        match self {
            Self::Month => 1,
            Self::Year => 12,
            Self::Decade => 120,
        }
    }

    /// The unit with this number, counted from the year 0, in EDTF.
    pub(super) fn edtf(self, number: i64) -> String {
        match self {
            Self::Month => format!("{:04}-{:02}", number / 12, number % 12 + 1),
            Self::Year => format!("{number:04}"),
            Self::Decade => format!("{number:03}X"),
        }
    }
}

/// What the records of a group have in common, for one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyValue {
    /// Nothing is known.
    Unknown,
    /// A text, as clients see it.
    Text(String),
    /// A record: its table and its id.
    Record(&'static str, Uuid),
}

/// What a list can be grouped by that consists of these parts.
#[must_use]
pub fn keys(model: &Model, parts: &[(&'static RecordType, Listed)]) -> Vec<GroupKey> {
    let of_part = |(record, listed): &(&'static RecordType, Listed)| match listed {
        Listed::Type => keys_of_type(model, record),
        Listed::Group(_) => std::iter::once(type_key(record)).chain(keys_of_type(model, record)).collect(),
        Listed::Moment(moment) => keys_of_moment(model, record, moment),
    };
    let keys = parts.iter().map(of_part);
    let in_common = |one: Vec<GroupKey>, other: Vec<GroupKey>| {
        let merge = |mut key: GroupKey| {
            let same = other.iter().find(|other| other.name == key.name && other.kind().is_like(key.kind()))?;
            key.kinds.extend(same.kinds.iter().cloned());
            Some(key)
        };
        one.into_iter().filter_map(merge).collect()
    };
    keys.reduce(in_common).unwrap_or_default()
}

/// The key by the type of records.
fn type_key(record: &RecordType) -> GroupKey {
    let description = "By the type of the record: the name of the GraphQL type, such as `Visit`.".to_owned();
    let kinds = vec![((record.table, None), KeyKind::Constant(record.name))];
    GroupKey { name: "TYPE".to_owned(), former: None, description, kinds }
}

/// What the entries of a timeline can be grouped by.
fn keys_of_moment(model: &Model, record: &RecordType, moment: &Moment) -> Vec<GroupKey> {
    let key = |name: String, description: String, kind| {
        let kinds = vec![((record.table, Some(moment.position)), kind)];
        GroupKey { name, former: None, description, kinds }
    };
    let word = model.timeline().and_then(|vocabulary| vocabulary.by_value(&moment.kind));
    let kind = word.map(|word| key("KIND".to_owned(), "By `kind`.".to_owned(), KeyKind::Constant(word.name)));
    let date = Unit::ALL.into_iter().map(|unit| {
        let (name, description) = unit.key("date");
        key(name, description, KeyKind::Date(moment.date.map(|column| column.name), unit))
    });
    kind.into_iter().chain(date).collect()
}

/// What the records of a type can be grouped by.
fn keys_of_type(model: &Model, record: &RecordType) -> Vec<GroupKey> {
    let mut keys = Vec::new();
    let part = (record.table, None);
    for attribute in &record.attributes {
        let name = upper_case(&attribute.name);
        let renamed = attribute.former.as_deref().map(|former| (name.clone(), upper_case(former)));
        let mut add = |name: String, description: String, kind| {
            let former = renamed.as_ref().map(|(better, former)| name.replacen(better, former, 1));
            keys.push(GroupKey { name, former, description, kinds: vec![(part, kind)] });
        };
        let by = format!("By `{}`.", attribute.name);
        match &attribute.kind {
            AttributeKind::Scalar(column, scalar) if attribute.is_filterable && column.name != "key" => match scalar {
                Scalar::Text | Scalar::Letters(_) | Scalar::Digits(_) => add(name, by, KeyKind::Text(*column)),
                Scalar::Boolean => add(name, by, KeyKind::Boolean(*column)),
                Scalar::Word(vocabulary) => add(name, by, KeyKind::Word(*column, vocabulary.clone())),
                Scalar::Url | Scalar::Integer | Scalar::Float | Scalar::DateTime => {}
            },
            AttributeKind::Date { edtf, earliest, latest } => {
                for unit in Unit::ALL {
                    let (name, about) = unit.key(&attribute.name);
                    add(name, about, KeyKind::Date([edtf.name, earliest.name, latest.name], unit));
                }
            }
            AttributeKind::ToOne(to_one) => {
                add(name.clone(), by, KeyKind::Reference(vec![*to_one]));
                for next in &model.record_type(to_one.target).attributes {
                    if let AttributeKind::ToOne(second) = &next.kind {
                        let about = format!("By the `{}` of `{}`.", next.name, attribute.name);
                        let name = format!("{name}_{}", upper_case(&next.name));
                        add(name, about, KeyKind::Reference(vec![*to_one, *second]));
                    }
                }
            }
            AttributeKind::ToAny(to_any) => add(name, by, KeyKind::AnyReference(to_any.clone())),
            AttributeKind::ToMany(ToMany { link, target, .. }) if attribute.is_group_key => {
                let about = format!("By `{}`. {IN_EACH}", attribute.name);
                add(name, about, KeyKind::Related(*link, vec![target]));
            }
            _ => {}
        }
    }
    let related = record.related_keys.iter().map(|key| GroupKey {
        name: key.name.to_owned(),
        former: None,
        description: format!("{} {IN_EACH}", key.description),
        kinds: vec![(
            part,
            match key.text {
                Some(text) => KeyKind::RelatedText(key.link, key.targets[0], text),
                None => KeyKind::Related(key.link, key.targets.clone()),
            },
        )],
    });
    keys.extend(related);
    keys
}

/// How much more work it is to read what is related to each record of a list: it is looked up, and each record is there as often
/// as it has related ones.
const WORK_OF_RELATED: u64 = 4;
/// The same if periods are compared.
const WORK_OF_PERIODS: u64 = 10;

/// What is said of keys of which a record can have several.
const IN_EACH: &str = "An item is in the group of each of them.";

impl GroupKey {
    /// One of its kinds, which are alike.
    pub(super) fn kind(&self) -> &KeyKind {
        &self.kinds[0].1
    }

    /// Whether it has a name, or had it before.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name || self.former.as_deref() == Some(name)
    }

    /// Whether a record can have several of its values.
    pub(super) fn is_of_many(&self) -> bool {
        matches!(self.kind(), KeyKind::Related(..) | KeyKind::RelatedText(..))
    }

    /// How much more work it is to read a list with this key than without.
    #[must_use]
    pub fn work(&self) -> u64 {
        let work = |(_, kind): &(PartId, KeyKind)| match kind {
            KeyKind::Related(link, _) | KeyKind::RelatedText(link, ..) if link.compares_periods() => WORK_OF_PERIODS,
            KeyKind::Related(..) | KeyKind::RelatedText(..) => WORK_OF_RELATED,
            _ => 1,
        };
        self.kinds.iter().map(work).max().unwrap_or(1)
    }

    /// The tables of the records that are its values; none if these are no records.
    pub(super) fn targets(&self) -> Vec<&'static str> {
        self.kind().targets()
    }
}
