//! What the cache of documents takes, counted at the allocator.

use std::fmt::Write;

use apollo_compiler::response::{JsonMap, JsonValue};
use quick_cache::Weighter;

use super::{DocumentCache, DocumentWeighter, Limits, Suggestions};
use crate::{
    api::{self, Cooperation},
    schema::Api,
};

/// Documents of every shape that the limits allow: short and long, wide and deep, with many plans.
fn documents() -> Vec<String> {
    let aliases = |count: usize, field: &str| {
        let aliases: Vec<_> = (0..count).map(|i| format!("a{i}: {field}")).collect();
        aliases.join(" ")
    };
    let records = Cooperation::catalog().model().types();
    let on_each_type: Vec<_> = records.map(|record| format!("... on {} {{ id key note }}", record.name)).collect();
    let on_each_type = on_each_type.join(" ");
    let mut conditional = "query(".to_owned();
    (0..6).for_each(|i| write!(conditional, "$v{i}: Boolean! ").expect("a text"));
    conditional += ") { cities { nodes { ";
    (0..6).for_each(|i| write!(conditional, "name @include(if: $v{i}) key @skip(if: $v{i}) ").expect("a text"));
    conditional += "} } }";
    let readme =
        include_str!("../../README.md").split("```graphql\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut documents: Vec<String> = readme.map(str::to_owned).collect();
    documents.extend([
        "{ __typename }".to_owned(),
        format!("{{ cities(filter: {{and: [{}]}}) {{ totalCount }} }}", "{topics: {some: {}}} ".repeat(20)),
        format!("{{ cities(filter: {{key: {{in: [{}]}}}}) {{ totalCount }} }}", "\"a\" ".repeat(300)),
        format!("{{ cities {{ nodes {{ {} }} }} }}", aliases(30, "parts(filter: {topics: {some: {}}}) { totalCount }")),
        "{ cities { nodes { id } } }".to_owned(),
        conditional,
        format!("{{ {} }}", aliases(18, "rateLimit { limit remaining }")),
        format!("{{ cities {{ nodes {{ {} }} }} }}", aliases(30, "name")),
        format!("{{ cities {{ nodes {{ {} }} }} }}", aliases(30, "country { name topics { nodes { name } } }")),
        format!("{{ nodes(ids: []) {{ {on_each_type} }} }}"),
        format!("{{ visits {{ groups(by: KIND) {{ nodes {{ {} }} }} }} }}", aliases(30, "distinct(of: HOST)")),
        format!("{{ visits {{ {} }} }}", aliases(30, "groups(by: [HOST, KIND]) { totalCount }")),
        format!("{{ topics {{ nodes {{ {} }} }} }}", aliases(29, "records { totalCount }")),
        format!("{{ {} }}", aliases(18, "activities(filter: {visit: {topics: {some: {}}}}) { totalCount }")),
        format!("{{ citations {{ nodes {{ record {{ {on_each_type} citations {{ nodes {{ record {{ {on_each_type} }} }} }} }} }} }} }}"),
        "{ nodes(ids: []) { ...f } } fragment f on Record { id key citations { nodes { source { title } } } topics { nodes { name } } }"
            .to_owned(),
        "{ visits(first: 5) { nodes { toCity { country { cities(first: 5) { nodes { parts(first: 5) { nodes { visitsTo(first: 2) { nodes { title } } } } } } } } } } }"
            .to_owned(),
    ]);
    documents
}

fn cache(bytes: usize) -> DocumentCache {
    #[derive(clap::Parser)]
    struct Defaults {
        #[command(flatten)]
        limits: Limits,
    }
    let Defaults { limits } = clap::Parser::parse_from(["coopgraph"]);
    DocumentCache::new(
        &api::sdl(),
        Cooperation::catalog(),
        Limits { document_cache_bytes: bytes, ..limits },
        Suggestions::On,
    )
}

/// Caches a document with all plans that are kept: up to one for each assignment of its conditions.
fn fill(cache: &DocumentCache, text: &str) {
    let document = cache.insert(text).document.clone().unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    for assignment in 0..1 << document.conditions.len().min(5) {
        let mut variables = JsonMap::new();
        for (i, name) in document.conditions.iter().enumerate() {
            variables.insert(name.as_str(), JsonValue::Bool(assignment >> i & 1 == 1));
        }
        let prepared = cache.prepare_operation(document.clone(), None, &variables);
        prepared.unwrap_or_else(|errors| panic!("{text}: {errors:?}")).planned.plan.plan_everything();
    }
}

/// A cached document never takes more than the cache counts for it: the setting bounds the memory.
#[test]
fn a_cached_document_takes_no_more_than_it_is_counted_as() {
    let cache = cache(64 << 20);
    // What is built on first use belongs to no document.
    fill(&cache, "{ cities { nodes { id note } } }");
    let mut too_large = Vec::new();
    for text in documents() {
        let taken = allocation_counter::measure(|| fill(&cache, &text)).bytes_current;
        let key = text.as_str().into();
        let counted = DocumentWeighter.weight(&key, &cache.get(&text).expect("a cached document"));
        let taken = u64::try_from(taken).expect("a cache that grows");
        eprintln!("{taken} of {counted} bytes for a text of {}: {:.60}", text.len(), text.replace('\n', " "));
        if taken > counted {
            too_large.push(text);
        }
    }
    assert!(too_large.is_empty(), "these take more than they are counted as: {too_large:#?}");
}

/// However many documents come, the cache stays within its setting.
#[test]
fn the_cache_stays_within_its_setting() {
    const BYTES: usize = 2 << 20;
    let cache = cache(BYTES);
    fill(&cache, "{ cities { nodes { id note } } }");
    let taken = allocation_counter::measure(|| {
        for i in 0..20 {
            for text in documents() {
                fill(&cache, &format!("{text} # {i}"));
            }
        }
    });
    let taken = usize::try_from(taken.bytes_current).unwrap_or_default();
    assert!(taken > BYTES / 8, "{taken} bytes: the cache keeps nothing");
    assert!(taken <= BYTES, "{taken} bytes are taken, {BYTES} are allowed");
}
