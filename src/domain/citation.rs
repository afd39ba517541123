//! Citations: what sources say.

use uuid::Uuid;

use crate::{
    db::{Id, vocabulary},
    domain::{ALL, source},
    graph::{Definition, record},
};

vocabulary! {
    /// How a source stands to what is recorded.
    Stance {
        /// It says the same.
        Supports = "supports",
        /// It says something else.
        Contradicts = "contradicts",
        /// It says something that helps to understand.
        Context = "context",
    }
}

record! {
    /// A source says something about a field of a record.
    Citation, "citation", "citations" {
        record_id: Uuid,
        record_kind: String,
        field: String,
        claimed_value: Option<String>,
        source_id: Id<source::Model>,
        stance: Stance,
    }
}

fn define(d: &mut Definition<Model>) {
    d.any(at::record_id, at::record_kind, "Record", ALL, "The record that the source speaks about.");
    d.value(at::field, "The field that it speaks about: `since`, `founded`, …; `record` means the record as a whole, `exists` that there is such a thing.");
    d.text(at::claimed_value, "What it says the value is, if it says so.");
    d.one(at::source_id, "The source.");
    d.value(at::stance, "How it stands to what is recorded.");
    d.default_order("KEY_ASC");
}
