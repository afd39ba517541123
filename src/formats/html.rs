//! The page of a record, for people: its values, what sources say about each of them, and what it is related to.

use std::collections::HashMap;

use apollo_compiler::response::{JsonMap, JsonValue};
use maud::{DOCTYPE, Markup, html};

use super::{
    cells::{is_plain_date, lower_words, value},
    selection::{main_name, relations},
};
use crate::model::{Attribute, AttributeKind, CounterpartFields, Model, RecordType, Scalar, camel_case, words};

/// What is not shown among the facts, but in another place or not at all.
const NOT_FACTS: [&str; 6] = ["id", "key", "visibility", "version", "createdAt", "updatedAt"];
/// What citations call a record as a whole.
const WHOLE: [&str; 2] = ["record", "exists"];

/// The page of a record that was selected by [`record_document`](super::record_document), with its related records. `base` is
/// the address of the server.
#[must_use]
pub fn record_page(model: &Model, record: &RecordType, node: &JsonMap, base: &str) -> String {
    let page = Page { model, record, node };
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
            h1 lang=[known(&language)] { (title) }
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
            p { a href=(format!("{id}.jsonld")) { "JSON-LD" } " · " a href=(format!("{id}.json")) { "JSON" } " · " a href="../" { "coopgraph" } }
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

struct Page<'a> {
    model: &'a Model,
    record: &'a RecordType,
    node: &'a JsonMap,
}

impl Page<'_> {
    fn title(&self) -> String {
        let name = main_name(self.record).map(|name| text(self.node, &[name]));
        name.unwrap_or_else(|| text(self.node, &["key"]))
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
                        span lang=[known(&language)] title=(language) { (text(name, &["name"])) }
                    }
                }
            }
        }
    }

    fn citations(&self) -> Vec<&JsonMap> {
        list(self.node, &["citations", "nodes"])
    }

    /// The fields of which a source contradicts the value.
    fn disputes(&self) -> Markup {
        let mut fields: Vec<String> = self.citations().into_iter().filter(|of| is_against(of)).map(field_of).collect();
        fields.dedup();
        fields.sort_unstable();
        fields.dedup();
        let shown: Vec<String> = fields.iter().map(|field| words(&camel_case(field))).collect();
        html! { @if !shown.is_empty() { p.disputed role="note" { "Sources disagree about: " (shown.join(", ")) } } }
    }

    /// The attribute that a citation is about.
    fn cited(&self, field: &str) -> Option<&str> {
        let name = camel_case(field);
        let is_name = matches!(name.as_str(), "name" | "title");
        let found = self.record.attributes.iter().find(|of| camel_case(&of.name) == name);
        found.map(|found| found.name.as_str()).or_else(|| is_name.then(|| main_name(self.record)).flatten())
    }

    /// The citations of the attributes, by their names.
    fn by_attribute(&self) -> HashMap<&str, Vec<&JsonMap>> {
        let mut found: HashMap<&str, Vec<&JsonMap>> = HashMap::new();
        for citation in self.citations() {
            if let Some(name) = self.cited(&field_of(citation)) {
                found.entry(name).or_default().push(citation);
            }
        }
        found
    }

    fn facts(&self) -> Markup {
        let citations = self.by_attribute();
        let main = main_name(self.record);
        let facts = self.record.attributes.iter().filter_map(|attribute| {
            let name = attribute.name.as_str();
            let said = citations.get(name).map(Vec::as_slice).unwrap_or_default();
            let shown = if NOT_FACTS.contains(&name) || main == Some(name) { None } else { self.value(attribute) };
            (shown.is_some() || !said.is_empty()).then(|| (camel_case(name), shown, said))
        });
        let identifiers = list(self.node, &["identifiers"]);
        let topics = list(self.node, &["topics", "nodes"]);
        html! {
            dl {
                @for (name, shown, said) in facts {
                    dt { (capitalized(&words(&name))) }
                    dd {
                        @if let Some(shown) = shown { (shown) } @else if main == Some(&name) { (self.title()) } @else { "not recorded" }
                        (self.said(said, false))
                    }
                }
                @if !topics.is_empty() {
                    dt { "Topics" }
                    dd { @for (i, topic) in topics.iter().enumerate() { @if i > 0 { ", " } (self.link(topic)) } }
                }
                @if !identifiers.is_empty() {
                    dt { "Identifiers" }
                    dd { ul.plain { @for identifier in identifiers { li {
                        (capitalized(&lower_words(&text(identifier, &["scheme"])))) ": "
                        (external(&text(identifier, &["url"]), &text(identifier, &["value"])))
                    } } } }
                }
            }
        }
    }

    /// The value of an attribute, if it is known.
    fn value(&self, attribute: &Attribute) -> Option<Markup> {
        let name = attribute.name.as_str();
        let found = value(self.node, &[name]);
        match &attribute.kind {
            AttributeKind::Date { .. } => found.as_object().map(date),
            AttributeKind::ToOne(_) | AttributeKind::ToAny(_) => found.as_object().map(|record| self.link(record)),
            AttributeKind::Keys { .. } => {
                let items = list(self.node, &[&camel_case(name), "nodes"]);
                let shown =
                    html! { @for (i, item) in items.iter().enumerate() { @if i > 0 { ", " } (self.link(item)) } };
                (!items.is_empty()).then_some(shown)
            }
            AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) => None,
            AttributeKind::Scalar(_, Scalar::Url) => found.as_str().map(|url| external(url, url)),
            AttributeKind::Scalar(_, Scalar::Word(_)) => found.as_str().map(|word| html! { (lower_words(word)) }),
            _ => match found {
                JsonValue::Null => None,
                JsonValue::Bool(is_true) => Some(html! { (if is_true { "yes" } else { "no" }) }),
                found => Some(html! { span.text { (plain(&found)) } }),
            },
        }
    }

    /// What sources say about the record as a whole, and about what is no field of it.
    fn statements(&self) -> Markup {
        let (whole, other): (Vec<_>, Vec<_>) = self
            .citations()
            .into_iter()
            .filter(|citation| self.cited(&field_of(citation)).is_none())
            .partition(|citation| WHOLE.contains(&field_of(citation).as_str()));
        let (total, shown) = (value(self.node, &["citations", "totalCount"]), self.citations().len());
        let more = total.as_u64().map_or(0, |total| total.saturating_sub(shown as u64));
        html! {
            @if !whole.is_empty() { section { h2 { "Sources" } (self.said(&whole, false)) } }
            @if !other.is_empty() { section { h2 { "Other statements" } (self.said(&other, true)) } }
            @if more > 0 { p { "There are " (more) " more statements, which are not shown." } }
        }
    }

    /// What sources say; `with_field` says what about, too.
    fn said(&self, citations: &[&JsonMap], with_field: bool) -> Markup {
        html! {
            @if !citations.is_empty() {
                ul.sources {
                    @for citation in citations {
                        li.contradicts[is_against(citation)] {
                            @let (claim, note) = (text(citation, &["claimedValue"]), text(citation, &["note"]));
                            @if with_field { (capitalized(&words(&camel_case(&field_of(citation))))) ": " }
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

    fn figures(&self) -> Markup {
        let figures = list(self.node, &["indicators", "nodes"]);
        html! {
            @if !figures.is_empty() {
                section {
                    h2 { "Figures" }
                    ul { @for figure in figures { li {
                        @let (comparator, day) = (text(figure, &["comparator"]), text(figure, &["asOf", "edtf"]));
                        a href=(text(figure, &["id"])) { (capitalized(&lower_words(&text(figure, &["measure"])))) } ": "
                        @if !matches!(comparator.as_str(), "" | "EXACTLY") { (lower_words(&comparator)) " " }
                        (text(figure, &["value"])) " " (text(figure, &["unit"]))
                        @if !day.is_empty() { " (" (day) ")" }
                    } } }
                }
            }
        }
    }

    fn related(&self) -> Markup {
        html! {
            @for (attribute, to_many) in relations(self.record) {
                @let target = self.model.record_type(to_many.target);
                @let path = [attribute.name.as_str(), if to_many.counterparts.is_some() { "edges" } else { "nodes" }];
                @let items = list(self.node, &path);
                @let total = value(self.node, &[&attribute.name, "totalCount"]).as_u64().unwrap_or(items.len() as u64);
                @if !items.is_empty() {
                    section {
                        h2 { (capitalized(&words(&attribute.name))) " " span.count { (total) } }
                        ul { @for item in &items { li { (self.item(target, item, to_many.counterparts)) } } }
                        @if total > items.len() as u64 { p { "The first " (items.len()) " of " (total) "." } }
                    }
                }
            }
        }
    }

    /// A related record: its name, or what it joins to this one.
    fn item(&self, target: &RecordType, item: &JsonMap, counterparts: Option<CounterpartFields>) -> Markup {
        let node = if counterparts.is_some() { item.get("node").and_then(JsonValue::as_object) } else { Some(item) };
        let node = node.unwrap_or(item);
        let own = self.node.get("id");
        let mut links: Vec<&JsonMap> = counterparts.map(|fields| list(item, &[fields.all])).unwrap_or_default();
        let (mut facts, mut dates) = (Vec::new(), Vec::new());
        let is_named = main_name(target).is_some();
        for attribute in &target.attributes {
            let name = attribute.name.as_str();
            match &attribute.kind {
                AttributeKind::Date { .. } => dates.push(text(node, &[name, "edtf"])),
                AttributeKind::ToOne(_) | AttributeKind::ToAny(_) if !is_named => {
                    let other = node.get(name).and_then(JsonValue::as_object);
                    links.extend(other.filter(|other| other.get("id") != own));
                }
                AttributeKind::Scalar(_, Scalar::Word(_)) if !is_named => facts.push(lower_words(&text(node, &[name]))),
                _ => {}
            }
        }
        dates.retain(|date| !date.is_empty());
        facts.push(dates.join(" – "));
        facts.retain(|fact| !fact.is_empty());
        html! {
            @if is_named || links.is_empty() { (self.link(node)) } @else {
                @for (i, link) in links.iter().enumerate() { @if i > 0 { ", " } (self.link(link)) }
                " " a.more href=(text(node, &["id"])) { (words(target.name)) }
            }
            @if !facts.is_empty() { span.facts { " " (facts.join(", ")) } }
        }
    }

    /// A link to a record, by its name, or by its key if it has none.
    fn link(&self, record: &JsonMap) -> Markup {
        let ty = record.get("__typename").and_then(JsonValue::as_str);
        let described = self.model.types().find(|described| Some(described.name) == ty);
        let name = described.and_then(main_name).unwrap_or("name");
        let name = [text(record, &[name]), text(record, &["key"])].into_iter().find(|name| !name.is_empty());
        html! { a href=(text(record, &["id"])) { (name.unwrap_or_default()) } }
    }
}

/// A date, and between which days it lies if it is not a plain one.
fn date(date: &JsonMap) -> Markup {
    let [edtf, earliest, latest] = ["edtf", "earliest", "latest"].map(|name| text(date, &[name]));
    html! {
        @if is_plain_date(&edtf) { time datetime=(edtf) { (edtf) } } @else {
            (edtf)
            @if !earliest.is_empty() && !latest.is_empty() { span.facts { " between " (earliest) " and " (latest) } }
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

/// A link out of the server, if it leads to a page of the web.
fn external(url: &str, shown: &str) -> Markup {
    html! { @if is_web_address(url) { a href=(url) rel="external nofollow noopener" { (shown) } } @else { (shown) } }
}

fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The text at a path; empty if there is none.
fn text(node: &JsonMap, path: &[&str]) -> String {
    plain(&value(node, path))
}

fn plain(value: &JsonValue) -> String {
    match value {
        JsonValue::String(text) => text.as_str().to_owned(),
        JsonValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The objects of the list at a path.
fn list<'n>(node: &'n JsonMap, path: &[&str]) -> Vec<&'n JsonMap> {
    let Some((first, rest)) = path.split_first() else { return Vec::new() };
    let found = rest.iter().try_fold(node.get(*first), |value, name| Some(value?.get(*name))).flatten();
    found.and_then(JsonValue::as_array).into_iter().flatten().filter_map(JsonValue::as_object).collect()
}

/// A language that browsers know.
fn known(language: &str) -> Option<&str> {
    Some(language).filter(|language| !matches!(*language, "" | "und" | "mul"))
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
