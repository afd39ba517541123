//! Timelines: what happened, and when. The dates of records that belong there are their moments.

use sea_orm::EntityTrait;

use super::{Column, Link, Way};

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
