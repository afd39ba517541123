//! What is known of a record, each value with what sources say about it.

use apollo_compiler::response::{JsonMap, JsonValue};
use maud::{Markup, html};

use super::{
    RecordPage,
    texts::{capitalized, external, list, plain, text},
};
use crate::{
    domain::common::TOPICS,
    formats::cells::{is_plain_date, lower_words, value},
    model::{Attribute, AttributeKind, Scalar, camel_case, words},
};

/// What is not shown among the facts, but in another place or not at all.
const NOT_FACTS: [&str; 6] = ["id", "key", "visibility", "version", "createdAt", "updatedAt"];

impl RecordPage<'_> {
    pub(super) fn facts(&self) -> Markup {
        let citations = self.by_attribute();
        let main = self.record.name_field();
        let facts = self.record.attributes.iter().filter_map(|attribute| {
            let name = attribute.name.as_str();
            let said = citations.get(name).map(Vec::as_slice).unwrap_or_default();
            let shown = if NOT_FACTS.contains(&name) || main == Some(name) { None } else { self.value(attribute) };
            (shown.is_some() || !said.is_empty()).then(|| (camel_case(name), shown, said))
        });
        let identifiers = list(self.node, &["identifiers"]);
        let topics = list(self.node, &[TOPICS, "nodes"]);
        html! {
            dl {
                @for (name, shown, said) in facts {
                    dt { (capitalized(&words(&name))) }
                    dd {
                        @if let Some(shown) = shown { (shown) }
                        @else if main == Some(&name) { (self.title()) }
                        @else { "not recorded" }
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
            // What the database computes is seen from the rest.
            AttributeKind::Scalar(column, _) if self.record.generated.contains(&column.name) => None,
            _ => match found {
                JsonValue::Null => None,
                JsonValue::Bool(is_true) => Some(html! { (if *is_true { "yes" } else { "no" }) }),
                found => Some(html! { span.text { (plain(found)) } }),
            },
        }
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
