//! What sources say about a record, and who disagrees.

use std::collections::HashMap;

use apollo_compiler::response::{JsonMap, JsonValue};
use maud::{Markup, html};

use super::{
    RecordPage,
    texts::{capitalized, is_web_address, list, text},
};
use crate::{
    domain::common::CITATIONS,
    formats::cells::value,
    model::{camel_case, words},
};

/// What citations call a record as a whole.
const WHOLE: [&str; 2] = ["record", "exists"];

impl RecordPage<'_> {
    fn citations(&self) -> Vec<&JsonMap> {
        list(self.node, &[CITATIONS, "nodes"])
    }

    /// What sources contradict.
    pub(super) fn disputes(&self) -> Markup {
        let against = self.citations().into_iter().filter(|of| is_against(of));
        let mut about: Vec<String> = against.map(|of| self.about(&field_of(of))).collect();
        about.sort_unstable();
        about.dedup();
        html! {
            @if value(self.node, &["isDisputed"]) == &JsonValue::Bool(true) {
                p.disputed role="note" { "Sources disagree about: " (about.join(", ")) }
            }
        }
    }

    /// What a citation is about, in words.
    fn about(&self, field: &str) -> String {
        match field {
            "exists" => "whether it exists".to_owned(),
            "record" => "the record as a whole".to_owned(),
            field => words(&camel_case(self.cited(field).unwrap_or(field))),
        }
    }

    /// The attribute that a citation is about.
    fn cited(&self, field: &str) -> Option<&str> {
        let found = self.record.attributes.iter().find(|attribute| attribute.is_meant_by(field));
        let is_name = matches!(camel_case(field).as_str(), "name" | "title");
        found.map(|found| found.name.as_str()).or_else(|| is_name.then(|| self.record.name_field()).flatten())
    }

    /// The citations of the attributes, by their names.
    pub(super) fn by_attribute(&self) -> HashMap<&str, Vec<&JsonMap>> {
        let mut found: HashMap<&str, Vec<&JsonMap>> = HashMap::new();
        for citation in self.citations() {
            if let Some(name) = self.cited(&field_of(citation)) {
                found.entry(name).or_default().push(citation);
            }
        }
        found
    }

    /// What sources say about the record as a whole, and about what is no field of it.
    pub(super) fn statements(&self) -> Markup {
        let (whole, other): (Vec<_>, Vec<_>) = self
            .citations()
            .into_iter()
            .filter(|citation| self.cited(&field_of(citation)).is_none())
            .partition(|citation| WHOLE.contains(&field_of(citation).as_str()));
        html! {
            @if !whole.is_empty() { section { h2 { "Sources" } (self.said(&whole, false)) } }
            @if !other.is_empty() { section { h2 { "Other statements" } (self.said(&other, true)) } }
        }
    }

    /// What sources say; `with_field` says what about, too.
    pub(super) fn said(&self, citations: &[&JsonMap], with_field: bool) -> Markup {
        html! {
            @if !citations.is_empty() {
                ul.sources {
                    @for citation in citations {
                        li.contradicts[is_against(citation)] {
                            @let (claim, note) = (text(citation, &["claimedValue"]), text(citation, &["note"]));
                            @if with_field { (capitalized(&self.about(&field_of(citation)))) ": " }
                            strong { (stance(citation)) } " "
                            @if let Some(source) = citation.get("source").and_then(JsonValue::as_object) { (self.source(source)) }
                            @if !claim.is_empty() { ": “" (claim) "”" }
                            @if !note.is_empty() { " – " (note) }
                        }
                    }
                }
            }
        }
    }

    fn source(&self, source: &JsonMap) -> Markup {
        let about = [text(source, &["publisher"]), text(source, &["published", "edtf"])];
        let about: Vec<&str> = about.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let url = text(source, &["url"]);
        html! {
            (self.link(source))
            @if !about.is_empty() { " (" (about.join(", ")) ")" }
            @if is_web_address(&url) { " " a href=(url) rel="external nofollow noopener" { "↗" } }
        }
    }
}

fn stance(citation: &JsonMap) -> &'static str {
    match value(citation, &["stance"]).as_str() {
        Some("SUPPORTS") => "Supported by",
        Some("CONTRADICTS") => "Contradicted by",
        _ => "Context:",
    }
}

fn is_against(citation: &JsonMap) -> bool {
    value(citation, &["stance"]).as_str() == Some("CONTRADICTS")
}

fn field_of(citation: &JsonMap) -> String {
    text(citation, &["field"])
}
