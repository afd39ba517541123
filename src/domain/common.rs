//! What all kinds of records have.

use crate::{
    domain::{citation, indicator, topic},
    graph::{Definition, Link, Record},
};

/// The fields of the interface `Record`.
pub(super) const FIELDS: &[&str] = &[
    "id",
    "key",
    "label",
    "names",
    "identifiers",
    "citations",
    "indicators",
    "comparisons",
    "topics",
    "note",
    "visibility",
    "version",
    "createdAt",
    "updatedAt",
];

/// The tags that join records and topics.
pub(super) const TAGS: Link = Link::Via { table: "tag", parent: "record_id", child: "topic_id" };

/// Describes what every record has beside its own.
pub(super) fn describe<R: Record>(d: &mut Definition<R>) {
    d.many::<citation::Model>("citations", Link::Column("record_id"), "A list of what sources say about it; `filter: {field: {eq: \"since\"}}` gives those about one field, `stance: {eq: CONTRADICTS}` those that disagree.");
    d.many::<indicator::Model>("indicators", Link::Column("subject_id"), "A list of figures about it.");
    d.many::<indicator::Model>(
        "comparisons",
        Link::Column("counterpart_id"),
        "A list of figures about something else in relation to it: those whose counterpart it is.",
    );
    d.many::<topic::Model>("topics", TAGS, "A list of the topics that it is about.");
}
