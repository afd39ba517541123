//! The page of a record, for people: its values, what sources say about each of them, and what it is related to.

mod facts;
mod related;
mod statements;
mod texts;

use apollo_compiler::response::{JsonMap, JsonValue};
use maud::{DOCTYPE, Markup, html};

use self::texts::{capitalized, list, text};
use super::cells::lower_words;
use crate::model::{AttributeKind, Model, RecordType, camel_case, language::one_language, words};

/// How many names the title of a record has that has none itself.
const JOINED: usize = 3;

/// The page of a record that was selected by [`record_document`](super::record_document), with its related records. `base` is
/// the address of the server.
#[must_use]
pub fn record_page(model: &Model, record: &RecordType, node: &JsonMap, base: &str) -> String {
    let page = RecordPage { model, record, node };
    let id = text(node, &["id"]);
    let title = page.title();
    let language = text(node, &["label", "language"]);
    let head = html! {
        link rel="canonical" href=(format!("{base}/id/{id}"));
        link rel="alternate" type="application/ld+json" href=(format!("{id}.jsonld"));
        link rel="alternate" type="application/json" href=(format!("{id}.json"));
    };
    let body = html! {
        header {
            p.kind { (capitalized(&page.kind())) }
            h1 lang=[one_language(&language)] { (title) }
            (page.names())
            (page.disputes())
        }
        main {
            (page.facts())
            (page.statements())
            (page.figures())
            (page.related())
        }
        footer {
            p {
                "Key: " code { (text(node, &["key"])) } " · Version " (text(node, &["version"])) ", last changed "
                (text(node, &["updatedAt"]).split('T').next().unwrap_or_default())
            }
            p {
                a href=(format!("{id}.jsonld")) { "JSON-LD" } " · " a href=(format!("{id}.json")) { "JSON" } " · "
                a href="../" { "coopgraph" }
            }
        }
    };
    whole(&title, &head, &body)
}

/// A page that says why there is no other.
#[must_use]
pub fn error_page(title: &str, message: &str) -> String {
    let body = html! { header { h1 { (title) } } main { p { (message) } p { a href="../" { "Start page" } } } };
    whole(title, &html! {}, &body)
}

fn whole(title: &str, head: &Markup, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) " · coopgraph" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" type="image/svg+xml" href="../favicon.svg";
                link rel="stylesheet" href="../pages.css";
                (head)
            }
            body.record { (body) }
        }
    };
    page.into_string()
}

struct RecordPage<'a> {
    model: &'a Model,
    record: &'a RecordType,
    node: &'a JsonMap,
}

impl RecordPage<'_> {
    /// The name; without one, the names of what the record joins.
    fn title(&self) -> String {
        if let Some(name) = self.record.name_field() {
            return text(self.node, &[name]);
        }
        let joined = self.record.attributes.iter().flat_map(|attribute| match &attribute.kind {
            AttributeKind::Keys { .. } => list(self.node, &[&camel_case(&attribute.name), "nodes"]),
            AttributeKind::ToOne(_) | AttributeKind::ToAny(_) => {
                self.node.get(attribute.name.as_str()).and_then(JsonValue::as_object).into_iter().collect()
            }
            _ => Vec::new(),
        });
        let names: Vec<String> = joined.take(JOINED).map(|record| self.name(record)).collect();
        if names.is_empty() { text(self.node, &["key"]) } else { names.join(" – ") }
    }

    /// The name of a record that this one refers to, or its key if it has none.
    fn name(&self, record: &JsonMap) -> String {
        let ty = record.get("__typename").and_then(JsonValue::as_str);
        let name = ty.and_then(|ty| self.model.by_name(ty)).and_then(RecordType::name_field).unwrap_or("name");
        let names = [text(record, &[name]), text(record, &["key"])];
        names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
    }

    /// What it is: its type, and its kind if it has one.
    fn kind(&self) -> String {
        let (ty, kind) = (words(self.record.name), lower_words(&text(self.node, &["kind"])));
        if kind.is_empty() || kind == ty { ty } else { format!("{ty}, {kind}") }
    }

    /// The names in addition to the main name.
    fn names(&self) -> Markup {
        let names = list(self.node, &["names"]);
        html! {
            @if !names.is_empty() {
                p.names {
                    @for (i, name) in names.iter().enumerate() {
                        @if i > 0 { " · " }
                        @let language = text(name, &["language"]);
                        span lang=[one_language(&language)] title=(language) { (text(name, &["name"])) }
                    }
                }
            }
        }
    }

    /// A link to a record, by its name, or by its key if it has none.
    fn link(&self, record: &JsonMap) -> Markup {
        html! { a href=(text(record, &["id"])) { (self.name(record)) } }
    }
}
