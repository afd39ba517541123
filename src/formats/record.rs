//! The document for a single record, which has all that its pages and files show, and what goes on with its lists.

use std::fmt::Write;

use apollo_compiler::response::{JsonMap, JsonValue};

use super::{
    cells::value,
    selection::{Detail, LIST, TOPIC, attributes, record_field, related},
};
use crate::{
    domain::common::{CITATIONS, INDICATORS, TOPICS},
    model::{Model, RecordType},
};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The record itself: its values, names and identifiers, its figures, and what sources say about it.
    Own,
    /// The same, whether sources contradict it, and the first of the records that are related to it.
    WithRelated,
}

/// The lists of a record that are read to their ends: their order, and what is selected of their items.
const WHOLE: [(&str, &str, &str); 3] = [
    (TOPICS, "", TOPIC),
    (INDICATORS, "", "id measure value unit comparator asOf { edtf }"),
    (
        CITATIONS,
        ", orderBy: KEY_ASC",
        "id field claimedValue stance note source { __typename id key title url publisher kind published { edtf } }",
    ),
];

/// The document that asks for a record by the variable `id`, and the name of its only field.
#[must_use]
pub fn record_document(model: &Model, record: &RecordType, extent: Extent) -> (String, String) {
    let field = record_field(record);
    let mut selected = attributes(model, record, Detail::Full);
    for (list, order, items) in WHOLE {
        // Writing into a text cannot fail.
        let _ = write!(
            selected,
            " {list}(first: {LIST}{order}) {{ totalCount nodes {{ {items} }} pageInfo {{ hasNextPage endCursor }} }}"
        );
    }
    if extent == Extent::WithRelated {
        selected.push_str(" isDisputed");
        selected.push_str(&related(model, record));
    }
    (format!("query Record($id: ID!) {{ {field}(by: {{id: $id}}) {{ {selected} }} }}"), field)
}

/// The first list of a record that has not been read to its end, and the cursor after which it goes on.
#[must_use]
pub fn unfinished(node: &JsonMap) -> Option<(&'static str, JsonValue)> {
    WHOLE.iter().find_map(|(list, ..)| {
        let has_more = value(node, &[list, "pageInfo", "hasNextPage"]) == &JsonValue::Bool(true);
        has_more.then(|| (*list, value(node, &[list, "pageInfo", "endCursor"]).clone()))
    })
}

/// The document that asks for the next page of such a list, by the variables `id` and `after`. Its only field has the name of
/// that of the record.
#[must_use]
pub fn rest_document(record: &RecordType, list: &str) -> String {
    let field = record_field(record);
    let (_, order, items) = WHOLE.into_iter().find(|(name, ..)| *name == list).unwrap_or_default();
    format!(
        "query RecordList($id: ID!, $after: String) {{ {field}(by: {{id: $id}}) {{ {list}(first: {LIST}, after: $after{order}) \
         {{ nodes {{ {items} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
    )
}

/// Adds the next page of a list to the record.
pub fn add_page(node: &mut JsonMap, list: &str, mut page: JsonMap) {
    let Some(JsonValue::Object(read)) = node.get_mut(list) else { return };
    let mut next = page.remove(list).unwrap_or_default();
    let mut taken = |name| next.get_mut(name).map(JsonValue::take).unwrap_or_default();
    if let (Some(JsonValue::Array(nodes)), JsonValue::Array(more)) = (read.get_mut("nodes"), taken("nodes")) {
        nodes.extend(more);
    }
    read.insert("pageInfo", taken("pageInfo"));
}
