#![no_main]
//! Anything as a body, as a document, or as the parameters of GET.

use axum::{body::Body, http::Request};
use coopgraph_fuzz::{ask, post, send};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((way, rest)) = data.split_first() else { return };
    match way % 3 {
        0 => post(rest.to_vec()),
        1 => ask(&String::from_utf8_lossy(rest), serde_json::json!({})),
        _ => {
            let parameters: String = rest.iter().map(|byte| format!("%{byte:02x}")).collect();
            let name = ["query", "variables", "extensions", "operationName"][usize::from(*way / 3) % 4];
            let address = format!("/graphql?{name}={parameters}&query=%7B__typename%7D");
            if let Ok(request) = Request::get(address).body(Body::empty()) {
                send(request);
            }
        }
    }
});
