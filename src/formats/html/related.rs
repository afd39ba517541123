//! The figures about a record, and the records that are related to it.

use apollo_compiler::response::{JsonMap, JsonValue};
use maud::{Markup, html};

use super::{
    RecordPage,
    texts::{capitalized, list, text},
};
use crate::{
    domain::common::INDICATORS,
    formats::{
        cells::{lower_words, value},
        selection::relations,
    },
    model::{AttributeKind, CounterpartFields, RecordType, Scalar, words},
};

impl RecordPage<'_> {
    pub(super) fn figures(&self) -> Markup {
        let figures = list(self.node, &[INDICATORS, "nodes"]);
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

    pub(super) fn related(&self) -> Markup {
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
        let is_named = target.name_field().is_some();
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
}
