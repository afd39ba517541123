#![no_main]
//! Anything as a cursor, and as what a cursor holds: lists of texts, numbers and dates.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let query = "query($c: String) { cities(after: $c, orderBy: NAME_ASC) { nodes { key } } \
                 byPopulation: cities(before: $c, last: 2, orderBy: POPULATION_DESC) { nodes { key } pageInfo { hasNextPage } } \
                 visits(after: $c) { nodes { key } pageInfo { hasPreviousPage } } indicators(after: $c, orderBy: VALUE_ASC) { totalCount nodes { key } } }";
    coopgraph_fuzz::ask(query, serde_json::json!({ "c": text }));
    coopgraph_fuzz::ask(query, serde_json::json!({ "c": encoded(text) }));
});

/// Base 64 for addresses, without padding.
fn encoded(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let group = |bytes: &[u8]| {
        let bits = bytes.iter().chain(&[0; 3]).take(3).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        (0..=bytes.len()).map(move |i| char::from(ALPHABET[(bits >> (18 - 6 * i)) as usize & 63])).collect::<String>()
    };
    text.as_bytes().chunks(3).map(group).collect()
}
