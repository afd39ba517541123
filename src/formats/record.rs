//! The document that asks for a single record, for all formats that show one.

use super::selection::{Detail, LIST, attributes, record_field, related};
use crate::model::{Model, RecordType};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// The record itself: its values, names and identifiers, its figures, and what sources say about it.
    Own,
    /// The same, and the first of the records that are related to it.
    WithRelated,
}

/// The document that asks for a record by the variable `id`, and the name of its only field.
#[must_use]
pub fn record_document(model: &Model, record: &RecordType, parts: Parts) -> (String, String) {
    let field = record_field(record);
    let own = attributes(model, record, Detail::Full);
    let related = if parts == Parts::WithRelated { related(model, record) } else { String::new() };
    let document = format!(
        "query Record($id: ID!) {{ {field}(by: {{id: $id}}) {{ {own} \
         indicators(first: {LIST}) {{ nodes {{ id measure value unit comparator asOf {{ edtf }} }} }} \
         citations(first: {LIST}, orderBy: KEY_ASC) {{ totalCount nodes {{ id field claimedValue stance note \
         source {{ __typename id key title url publisher kind published {{ edtf }} }} }} }}{related} }} }}"
    );
    (document, field)
}
