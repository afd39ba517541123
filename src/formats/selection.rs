//! Selections of GraphQL that follow from the model: the formats ask for records as any client does.

use std::fmt::Write;

use crate::{
    domain::common::{CITATIONS, COMPARISONS, INDICATORS, TOPICS},
    model::{Attribute, AttributeKind, CounterpartFields, Model, RecordType, Scalar, ToMany, camel_case},
};

/// How many items a list inside of a record has at most.
pub(super) const LIST: usize = 100;
/// How many related records the page of a record shows of each list.
pub(super) const SHOWN: usize = 20;

/// How much is selected of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// What the cells of its row need: of other records, the id and the key.
    Cells,
    /// All that is known of the record itself, and the names of the records that it refers to.
    Full,
}

const NAMES: &str = "names { name language kind period { edtf } } identifiers { scheme value url }";
/// What is selected of a topic.
pub(super) const TOPIC: &str = "id key name";
const DATE: &str = "edtf earliest latest precision isApproximate";
const MAIN_NAME: &str = "label(languages: []) { name language }";

/// The field of the root with the list of all records of a type.
pub(super) fn list_field(record: &RecordType) -> String {
    camel_case(record.plural)
}

/// The field of the root with one record of a type.
pub(super) fn record_field(record: &RecordType) -> String {
    camel_case(record.table)
}

/// The document that asks for a page of a list. `of` is the type of its items, by which its filter and its order are named.
pub(super) fn list_document(field: &str, of: &str, selection: &str) -> String {
    format!(
        "query Export($first: Int!, $after: String, $filter: {of}Filter, $orderBy: {of}Order) {{ \
         {field}(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {{ \
         nodes {{ {selection} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    )
}

/// The selection of the attributes of a record.
pub(super) fn attributes(model: &Model, record: &RecordType, detail: Detail) -> String {
    let mut selected = "__typename".to_owned();
    for attribute in &record.attributes {
        selected.push(' ');
        selected.push_str(&selection(model, record, attribute, detail));
    }
    if record.main_name.is_some() {
        selected.push(' ');
        selected.push_str(MAIN_NAME);
    }
    if detail == Detail::Full {
        // Writing into a text cannot fail.
        let _ =
            write!(selected, " {NAMES} {TOPICS}(first: {LIST}) {{ nodes {{ {TOPIC} }} pageInfo {{ hasNextPage }} }}");
    }
    selected
}

fn selection(model: &Model, record: &RecordType, attribute: &Attribute, detail: Detail) -> String {
    let name = attribute.name.as_str();
    match &attribute.kind {
        AttributeKind::Id | AttributeKind::Scalar(..) | AttributeKind::Name { .. } | AttributeKind::Decimal(_) => {
            name.to_owned()
        }
        AttributeKind::Date { .. } => format!("{name} {{ {} }}", if detail == Detail::Full { DATE } else { "edtf" }),
        AttributeKind::ToOne(to_one) => {
            let target = model.record_type(to_one.target);
            let place = if record.place.as_deref() == Some(name) { " latitude longitude" } else { "" };
            format!("{name} {{ {}{place} }}", reference(target, detail))
        }
        AttributeKind::ToAny(to_any) => format!("{name} {{ {} }}", any(model, &to_any.targets, detail)),
        AttributeKind::Keys { target, .. } => {
            let target = reference(model.record_type(target), detail);
            let field = camel_case(name);
            format!("{field}(first: {LIST}, orderBy: KEY_ASC) {{ nodes {{ {target} }} pageInfo {{ hasNextPage }} }}")
        }
        AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) => String::new(),
    }
}

/// What is selected of a record of one type that another record refers to.
fn reference(target: &RecordType, detail: Detail) -> String {
    match (detail, target.name_field()) {
        (Detail::Full, Some(name)) => format!("__typename id key {name}"),
        _ => "__typename id key".to_owned(),
    }
}

/// What is selected of a record of one of several types.
fn any(model: &Model, targets: &[&'static str], detail: Detail) -> String {
    let mut selected = "__typename ... on Record { id key }".to_owned();
    for target in targets.iter().map(|table| model.record_type(table)).filter(|_| detail == Detail::Full) {
        if let Some(name) = target.name_field() {
            // Writing into a text cannot fail.
            let _ = write!(selected, " ... on {} {{ {name} }}", target.name);
        }
    }
    selected
}

/// The lists of related records that the page of a record shows; what all records have is shown in another way.
pub(super) fn relations(record: &RecordType) -> impl Iterator<Item = (&Attribute, ToMany)> {
    let is_shared = |name: &str| [CITATIONS, INDICATORS, COMPARISONS, TOPICS].contains(&name);
    record.attributes.iter().filter_map(move |attribute| match attribute.kind {
        AttributeKind::ToMany(to_many) if !is_shared(&attribute.name) => {
            let is_list = |other: &Attribute| matches!(other.kind, AttributeKind::Keys { .. });
            let is_shown = record.attributes.iter().any(|o| is_list(o) && camel_case(&o.name) == attribute.name);
            (!is_shown).then_some((attribute, to_many))
        }
        _ => None,
    })
}

/// The selection of the related records that the page of a record shows.
pub(super) fn related(model: &Model, record: &RecordType) -> String {
    let mut selected = String::new();
    for (attribute, ToMany { target, counterparts, .. }) in relations(record) {
        let brief = brief(model, model.record_type(target));
        let name = &attribute.name;
        let items = match counterparts {
            Some(CounterpartFields { all, target, .. }) => {
                let partner = reference(model.record_type(target), Detail::Full);
                format!("edges {{ node {{ {brief} }} {all} {{ {partner} }} }}")
            }
            None => format!("nodes {{ {brief} }}"),
        };
        let _ = write!(selected, " {name}(first: {SHOWN}) {{ totalCount {items} }}");
    }
    selected
}

/// What tells a related record from others: its name and its dates; without a name, its words and what it refers to.
fn brief(model: &Model, record: &RecordType) -> String {
    let mut selected = reference(record, Detail::Full);
    let is_named = record.name_field().is_some();
    for attribute in &record.attributes {
        let more = match &attribute.kind {
            AttributeKind::Date { .. } => format!("{} {{ edtf }}", attribute.name),
            AttributeKind::Scalar(_, Scalar::Word(_)) if !is_named && attribute.name != "visibility" => {
                attribute.name.clone()
            }
            AttributeKind::ToOne(_) | AttributeKind::ToAny(_) if !is_named => {
                selection(model, record, attribute, Detail::Full)
            }
            _ => continue,
        };
        selected.push(' ');
        selected.push_str(&more);
    }
    selected
}
