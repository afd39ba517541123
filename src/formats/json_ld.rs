//! A record in the vocabulary of schema.org, as JSON-LD.

use apollo_compiler::response::{JsonMap, JsonValue, serde_json_bytes::json};

use super::cells::{is_plain_date, lower_words, value};
use crate::{
    domain::common::CITATIONS,
    model::{Attribute, AttributeKind, Model, RecordType, Scalar, camel_case, language::one_language},
};

/// The data type of dates that are more than a year, a month or a day.
const EDTF: &str = "http://id.loc.gov/datatypes/edtf/EDTF";

/// The JSON-LD of a record that was selected by [`record_document`](super::record_document). `base` is the address of the
/// server.
#[must_use]
pub fn json_ld(model: &Model, record: &RecordType, node: &JsonMap, base: &str) -> JsonMap {
    let context = Context { model, base };
    let mut item = JsonMap::new();
    item.insert("@context", "https://schema.org".into());
    item.extend(context.reference(node));
    let address = context.address(node);
    item.insert(
        "mainEntityOfPage",
        json!({
            "@type": "WebPage",
            "@id": format!("{address}.html"),
            "dateCreated": node.get("createdAt"),
            "dateModified": node.get("updatedAt"),
            "version": node.get("version")
        }),
    );
    for attribute in &record.attributes {
        let property = record.schema_org.property(attribute);
        let is_note = attribute.name == "note";
        let property = property.or_else(|| (is_note && !describes(record)).then_some("description"));
        for found in property.iter().flat_map(|_| context.values(attribute, node)) {
            push(&mut item, property.unwrap_or_default(), found);
        }
    }
    let names = value(node, &["names"]);
    for name in names.as_array().into_iter().flatten() {
        push(&mut item, "alternateName", in_language(name.get("name"), name.get("language")));
    }
    let identifiers = value(node, &["identifiers"]);
    for of in identifiers.as_array().into_iter().flatten() {
        let scheme = of.get("scheme").and_then(JsonValue::as_str).unwrap_or_default().to_lowercase();
        let property = json!({"@type": "PropertyValue", "propertyID": scheme, "value": of.get("value")});
        push(&mut item, "identifier", property);
        if let Some(url) = of.get("url").filter(|url| !url.is_null()) {
            push(&mut item, "sameAs", url.clone());
        }
    }
    place(record, node, &mut item);
    context.statements(node, &mut item);
    item
}

/// Whether an attribute of the records is their description.
fn describes(record: &RecordType) -> bool {
    record.schema_org.properties.iter().any(|(_, property)| *property == "description")
}

/// Adds the coordinates: those of a place are its own, and others are located at them.
fn place(record: &RecordType, node: &JsonMap, item: &mut JsonMap) {
    let [latitude, longitude] = ["latitude", "longitude"].map(|name| value(node, &[name]));
    if record.coordinates.is_none() || latitude.is_null() || longitude.is_null() {
        return;
    }
    let geo = json!({"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude});
    if record.schema_org.properties.iter().any(|(_, property)| *property == "location") {
        push(item, "location", json!({"@type": "Place", "geo": geo}));
    } else {
        item.insert("geo", geo);
    }
}

struct Context<'a> {
    model: &'a Model,
    base: &'a str,
}

impl Context<'_> {
    fn address(&self, node: &JsonMap) -> String {
        format!("{}/id/{}", self.base, value(node, &["id"]).as_str().unwrap_or_default())
    }

    /// A record: its address, type and name.
    fn reference(&self, node: &JsonMap) -> JsonMap {
        let mut item = JsonMap::new();
        item.insert("@id", self.address(node).into());
        let ty = node.get("__typename").and_then(JsonValue::as_str);
        if let Some(record) = ty.and_then(|ty| self.model.by_name(ty)) {
            item.insert("@type", type_of(record, node).into());
            let name = record.name_field().and_then(|field| node.get(field));
            let language = node.get("label").and_then(|label| label.get("language"));
            if name.is_some_and(|name| !name.is_null()) {
                push(&mut item, "name", in_language(name, language));
            }
        }
        item
    }

    /// The values of an attribute.
    fn values(&self, attribute: &Attribute, node: &JsonMap) -> Vec<JsonValue> {
        let name = attribute.name.as_str();
        let found = value(node, &[name]);
        let one = match &attribute.kind {
            AttributeKind::Date { .. } => match value(node, &[name, "edtf"]) {
                JsonValue::String(edtf) if !is_plain_date(edtf.as_str()) => json!({"@type": EDTF, "@value": edtf}),
                edtf => edtf.clone(),
            },
            AttributeKind::Scalar(_, Scalar::Word(_)) => found.as_str().map(lower_words).into(),
            AttributeKind::ToOne(_) | AttributeKind::ToAny(_) => {
                found.as_object().map_or(JsonValue::Null, |record| self.reference(record).into())
            }
            AttributeKind::Keys { .. } => {
                let list = value(node, &[&camel_case(name), "nodes"]);
                let items = list.as_array().into_iter().flatten().filter_map(JsonValue::as_object);
                return items.map(|record| self.reference(record).into()).collect();
            }
            _ => found.clone(),
        };
        if one.is_null() { Vec::new() } else { vec![one] }
    }

    /// Adds the sources, and what each of them claims.
    fn statements(&self, node: &JsonMap, item: &mut JsonMap) {
        let citations = value(node, &[CITATIONS, "nodes"]);
        let mut cited = Vec::new();
        for citation in citations.as_array().into_iter().flatten().filter_map(JsonValue::as_object) {
            let mut claim = JsonMap::from_iter([
                ("@id".into(), self.address(citation).into()),
                ("@type".into(), "Claim".into()),
                ("name".into(), value(citation, &["field"]).clone()),
                ("keywords".into(), value(citation, &["stance"]).as_str().map(lower_words).into()),
            ]);
            let text = value(citation, &["claimedValue"]);
            if !text.is_null() {
                claim.insert("text", text.clone());
            }
            if let Some(source) = citation.get("source").and_then(JsonValue::as_object) {
                let id = self.address(source);
                claim.insert("appearance", json!({ "@id": id }));
                if !cited.contains(&id) {
                    push(item, "citation", self.source(source).into());
                    cited.push(id);
                }
            }
            push(item, "subjectOf", claim.into());
        }
    }

    /// A source with what is said of it where it is cited.
    fn source(&self, node: &JsonMap) -> JsonMap {
        let mut item = self.reference(node);
        if let Some(record) = self.model.get("source") {
            for attribute in &record.attributes {
                let property = record.schema_org.property(attribute);
                for found in property.iter().flat_map(|_| self.values(attribute, node)) {
                    push(&mut item, property.unwrap_or_default(), found);
                }
            }
        }
        item
    }
}

/// The most specific type of a record.
fn type_of(record: &RecordType, node: &JsonMap) -> &'static str {
    let schema_org = &record.schema_org;
    let has = |(attribute, word, _): &&(String, &str, &str)| value(node, &[attribute]).as_str() == Some(word);
    schema_org.by_word.iter().find(has).map_or(schema_org.ty, |(.., ty)| ty)
}

/// A text with its language, if it is known.
fn in_language(text: Option<&JsonValue>, language: Option<&JsonValue>) -> JsonValue {
    let text = text.cloned().unwrap_or_default();
    match language.and_then(JsonValue::as_str).and_then(one_language) {
        None => text,
        Some(language) => json!({"@value": text, "@language": language}),
    }
}

/// Adds a value to those that a property has.
fn push(item: &mut JsonMap, property: &str, value: JsonValue) {
    match item.get_mut(property) {
        None => drop(item.insert(property, value)),
        Some(JsonValue::Array(values)) => values.push(value),
        Some(one) => *one = JsonValue::Array(vec![one.take(), value]),
    }
}
