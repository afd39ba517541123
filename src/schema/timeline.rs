//! Timelines: what happened to records, in the order of the dates.

use std::sync::Arc;

use super::{
    answer::Answer,
    connection::{Edge, ready},
    cost::Size,
    items::Items,
    leaf::json,
    object::Object,
    record::date,
};
use crate::{
    model::{Group, Vocabulary},
    query::page::TIMELINE_ENTRY,
};

/// The object type of the entries of timelines.
pub(super) fn entry_object(items: Items, vocabulary: &'static Vocabulary) -> Object<Edge> {
    let about = "An entry of a timeline: what happened to a record, and when. A record has an entry for each of its dates that \
                 is known and belongs on timelines.";
    let mut o = Object::new(TIMELINE_ENTRY, about);
    o.items = items.types();
    o.leaf("kind", format!("{}!", vocabulary.name), "What happened.", |entry: &Edge, out| {
        let moment = entry.page().order.moment();
        json(&moment.and_then(|moment| vocabulary.words.get(moment.position)).map(|word| word.name), out);
    });
    let about = "The date on which it happened, as far as it is known.";
    o.batch("date", "EdtfDate!", about, Vec::new(), |_, entries: &[Arc<Edge>]| {
        let dates = entries.iter().map(|entry| date(&entry.node, entry.page().order.moment()?.date).map(Arc::new));
        ready(Answer::one("EdtfDate", dates))
    })
    .costs(0, Size::One);
    o.batch("record", format!("{}!", Group::RECORD), "The record to which it happened.", Vec::new(), |_, entries| {
        ready(Answer::one_record(entries.iter().map(|entry: &Arc<Edge>| Some(entry.node.clone()))))
    })
    .costs(0, Size::One);
    o
}
