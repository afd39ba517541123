#![no_main]
//! Any JSON as a filter, and any text in its places.

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|text: &str| {
    let query = "query($v: VisitFilter, $c: CityFilter) { visits(filter: $v, first: 3) { totalCount nodes { key } } cities(filter: $c, first: 3) { nodes { key } } }";
    if let Ok(filter) = serde_json::from_str::<Value>(text) {
        coopgraph_fuzz::ask(query, json!({ "v": filter }));
        coopgraph_fuzz::ask(query, json!({ "c": filter }));
    }
    let texts = json!({ "name": { "contains": text }, "or": [{ "key": { "eq": text } }, { "not": { "key": { "in": [text] } } }] });
    coopgraph_fuzz::ask(query, json!({ "c": texts }));
});
