//! The cells of a record: what its row has in the files that import reads.

use std::borrow::Cow;

use apollo_compiler::response::{JsonMap, JsonValue};

use super::selection::LIST;
use crate::{
    error::{Code, Error, Result},
    import_export::{headers, imported},
    model::{Attribute, AttributeKind, Model, RecordType, Scalar, camel_case, draft::LIST_SEPARATOR},
};

static NULL: JsonValue = JsonValue::Null;

/// A cell of a row.
pub(super) struct Cell<'n> {
    pub(super) value: Cow<'n, JsonValue>,
    /// Whether it is a text that people have written: nothing else can begin as a formula does.
    pub(super) is_free: bool,
}

/// The headers of the rows of a record type.
pub(super) fn headers_of_rows(record: &RecordType) -> Vec<String> {
    headers(record)
}

/// The cells of a record that was selected with [`Detail::Cells`](super::selection::Detail::Cells), one for each header.
pub(super) fn cells<'n>(model: &Model, record: &RecordType, node: &'n JsonMap) -> Result<Vec<Cell<'n>>> {
    let at = |name: &str| Cell::plain(value(node, &[name]));
    let mut cells = vec![at("key"), at("id")];
    for attribute in imported(record) {
        add(&mut cells, model, attribute, node)?;
    }
    cells.extend(["version", "createdAt", "updatedAt"].map(at));
    Ok(cells)
}

impl<'n> Cell<'n> {
    fn plain(value: &'n JsonValue) -> Self {
        Self { value: Cow::Borrowed(value), is_free: false }
    }

    fn free(value: &'n JsonValue) -> Self {
        Self { is_free: true, ..Self::plain(value) }
    }

    /// One that is not in the answer as it is.
    fn made(value: JsonValue) -> Self {
        Self { value: Cow::Owned(value), is_free: false }
    }
}

fn add<'n>(cells: &mut Vec<Cell<'n>>, model: &Model, attribute: &Attribute, node: &'n JsonMap) -> Result<()> {
    let name = attribute.name.as_str();
    let found = value(node, &[name]);
    match &attribute.kind {
        AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) => {}
        AttributeKind::Scalar(_, Scalar::Word(vocabulary)) => {
            let word = found.as_str().and_then(|name| vocabulary.by_name(name));
            cells.push(Cell::made(word.map(|word| word.value.as_str()).into()));
        }
        AttributeKind::Scalar(_, Scalar::Text | Scalar::Url) => cells.push(Cell::free(found)),
        AttributeKind::Scalar(..) | AttributeKind::Decimal(_) => cells.push(Cell::plain(found)),
        AttributeKind::Name { .. } => {
            cells.push(Cell::free(found));
            cells.push(Cell::plain(value(node, &["label", "language"])));
        }
        AttributeKind::Date { .. } => cells.push(Cell::plain(value(node, &[name, "edtf"]))),
        AttributeKind::ToOne(_) => cells.push(Cell::plain(value(node, &[name, "key"]))),
        AttributeKind::ToAny(_) => {
            let ty = value(node, &[name, "__typename"]).as_str().and_then(|name| model.by_name(name));
            cells.push(Cell::made(ty.map(|record| record.table).into()));
            cells.push(Cell::plain(value(node, &[name, "key"])));
        }
        AttributeKind::Keys { .. } => cells.push(Cell::made(keys(node, name)?)),
    }
    Ok(())
}

/// The keys of a list inside of a record.
fn keys(node: &JsonMap, name: &str) -> Result<JsonValue> {
    let field = camel_case(name);
    if value(node, &[&field, "pageInfo", "hasNextPage"]) == &JsonValue::Bool(true) {
        let key = value(node, &["key"]);
        let message = format!(
            "the record with the key {} has more than {LIST} {name}, which do not fit into a cell: export JSON Lines, or \
             leave the record out with `filter`",
            key.as_str().unwrap_or_default()
        );
        return Err(Error::input(Code::InvalidArgument, message));
    }
    let nodes = value(node, &[&field, "nodes"]);
    let keys = nodes.as_array().into_iter().flatten().filter_map(|item| item.get("key")?.as_str());
    let mut keys: Vec<&str> = keys.collect();
    keys.sort_unstable();
    Ok(if keys.is_empty() { JsonValue::Null } else { keys.join(&LIST_SEPARATOR.to_string()).into() })
}

/// The value at a path; `null` if there is none.
pub(super) fn value<'n>(node: &'n JsonMap, path: &[&str]) -> &'n JsonValue {
    let Some((first, rest)) = path.split_first() else { return &NULL };
    node.get(*first).and_then(|first| rest.iter().try_fold(first, |value, name| value.get(*name))).unwrap_or(&NULL)
}

/// Whether a date in EDTF is a year, a month or a day of ISO 8601, which other formats understand.
pub(super) fn is_plain_date(edtf: &str) -> bool {
    let parts: Vec<&str> = edtf.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_number = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    // From 21 on, they are seasons and quarters.
    let is_month = parts.get(1).is_none_or(|month| *month <= "12");
    is_number && is_month && matches!(lengths[..], [4] | [4, 2] | [4, 2, 2])
}

/// The name of a word as people write it: `sister city` for `SISTER_CITY`.
pub(super) fn lower_words(name: &str) -> String {
    name.to_lowercase().replace('_', " ")
}
