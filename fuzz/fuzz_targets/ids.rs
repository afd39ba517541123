#![no_main]
//! Anything as a global id: what is one comes back as it was.

use coopgraph::db::{parse_type_id, type_id};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some((kind, id)) = parse_type_id(text) {
        assert_eq!(type_id(kind, id), text);
    }
    coopgraph_fuzz::ask("query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }", serde_json::json!({ "id": text }));
});
