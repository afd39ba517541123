//! Timelines: what happened, and when. The dates of records that belong there are their moments.

use sea_orm::EntityTrait;

use super::{Column, Link, Period, Way};

/// A date of the records of a type that belongs on timelines, such as the beginning of a partnership.
#[derive(Clone, Debug)]
pub struct Moment {
    /// What happened then: the word in the database form of the vocabulary of timelines.
    pub kind: String,
    /// The position of the word among all.
    pub position: usize,
    /// The columns of the date: EDTF as written, its earliest and its latest day.
    pub date: [Column; 3],
    /// The orders of lists by the date: ascending, descending.
    pub orders: [String; 2],
}

/// A list of what is told of in several records of one type, as one: an office that is attested for several days is one tenure.
#[derive(Debug)]
pub struct Spells {
    /// The field.
    pub name: &'static str,
    /// The object type.
    pub object: &'static str,
    /// What such an object is.
    pub about: &'static str,
    /// The field with the records, which is that of the record type.
    pub records: &'static str,
    /// How the records are related to the record that has the field.
    pub link: Link,
    /// Their table.
    pub target: &'static str,
    /// Their period.
    pub period: Period,
    /// Their columns that have the same values in all records of the same thing.
    pub alike: Vec<Column>,
    /// What the list is.
    pub description: &'static str,
}

/// The records of `E` that links join to the record whose timeline it is.
#[must_use]
pub fn related<E: EntityTrait>(links: impl IntoIterator<Item = Link>) -> (&'static str, Link) {
    let ways: Vec<_> = links.into_iter().map(|link| Way { role: "", link }).collect();
    let link = match &*ways {
        [only] => only.link,
        // Links live as long as the model, which is never dropped.
        _ => Link::Any(ways.leak()),
    };
    (sea_orm::EntityName::table_name(&E::default()), link)
}
