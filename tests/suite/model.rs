//! How record types are related: one golden file, so that a change of it is seen and read by someone.

use coopgraph::{
    domain::model,
    model::{AttributeKind, Link},
};

use crate::support::golden;

fn linked(link: Link, target: &str) -> String {
    match link {
        Link::Column { table, column } => format!("{table}.{column} <-"),
        Link::Through { table, parent, child } => format!("{table}: {parent} -> {child} -> {target}"),
        Link::Via { table, parent, child, .. } => format!("records of {table}: {parent} -> {child} -> {target}"),
        Link::Within { table, parent, by, of, child, .. } => {
            format!("{table}.{parent} <-, {by}: {of} -> {child} -> {target}")
        }
        Link::Contemporary(of) => {
            let (related, during) = (of.related.0, of.during.0);
            format!("{related}.{} of {}, during {} of {during}", of.column, of.subject, of.when)
        }
        Link::Any(ways) => {
            let role = |role: &str| if role.is_empty() { String::new() } else { format!("{role}: ") };
            let ways: Vec<_> = ways.iter().map(|way| role(way.role) + &linked(way.link, target)).collect();
            ways.join("; ")
        }
    }
}

/// What refers to what, what a record cannot be shown without, and what each list holds. The other guards take it from the
/// model; here is what a reader compares it with.
#[test]
fn the_relations_are_those_of_the_golden_file() {
    let mut text = String::new();
    for record in model().types() {
        for attribute in &record.attributes {
            let need = |column: &coopgraph::model::Column| if column.nullable { "" } else { ", required" };
            let relation = match &attribute.kind {
                AttributeKind::ToOne(to_one) => {
                    format!("{} -> {}{}", to_one.column.name, to_one.target, need(&to_one.column))
                }
                AttributeKind::ToAny(to_any) => {
                    format!(
                        "{} -> {} ({}){}",
                        to_any.id.name,
                        to_any.group,
                        to_any.targets.join(", "),
                        need(&to_any.id)
                    )
                }
                AttributeKind::ToMany(many) => {
                    let edges = many.counterparts.map(|of| format!("; edges lead by {} to {}", of.column, of.target));
                    linked(many.link, many.target) + &edges.unwrap_or_default()
                }
                AttributeKind::ToManyAny(many) => linked(many.link, many.group),
                AttributeKind::Keys { link, target, at_least, counterpart } => {
                    let pairs = counterpart.map(|column| format!(", each pair with {column}")).unwrap_or_default();
                    format!("keys, at least {at_least}; {}{pairs}", linked(*link, target))
                }
                _ => continue,
            };
            text += &format!("{}.{}: {relation}\n", record.name, attribute.name);
        }
        for (target, link) in &record.timeline {
            text += &format!("{}.timeline: {}\n", record.name, linked(*link, target));
        }
    }
    golden("tests/golden/model.txt", &text);
}

/// A slice that is not in the list of `domain::model` would be left out without a word.
#[test]
fn every_slice_is_in_the_model() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain");
    for file in std::fs::read_dir(directory).expect("the slices") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a slice");
        if text.contains("impl Record for Entity") {
            let slice = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
            assert!(model().get(slice).is_some(), "src/domain/{slice}.rs is not in the list of domain::model");
        }
    }
}
