//! Long values in arguments: answers and statements do not grow with them.

use serde_json::{Value, json};

use crate::support::{Backend, Data, Server, TestDatabase, backends};

/// Almost as long as variables may be.
fn long() -> String {
    "\u{e0001}".repeat(16_000)
}

/// A value that is wrong is quoted in the error of each object, but only its beginning.
#[tokio::test(flavor = "multi_thread")]
async fn errors_quote_the_beginning_of_a_value() {
    let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, Server::unlimited()).await;
    let aliases = |field: &str| (0..15).map(|i| format!("a{i}: {field} ")).collect::<String>();
    for (ty, field, code) in [
        ("String!", "label(languages: [$value]) { name }", "INVALID_LANGUAGE"),
        ("String!", "partnerships(after: $value) { totalCount }", "INVALID_CURSOR"),
        ("ID!", "partnerships(filter: {id: {eq: $value}}) { totalCount }", "INVALID_ID"),
        ("String!", "visitsTo(filter: {start: {possiblyWithin: $value}}) { totalCount }", "INVALID_DATE"),
        ("String!", "partnerships(filter: {key: {eq: $value}}) { totalCount }", "INVALID_ARGUMENT"),
    ] {
        let query = format!("query ($value: {ty}) {{ cities(first: 40) {{ nodes {{ {} }} }} }}", aliases(field));
        let value = if code == "INVALID_ARGUMENT" { format!("\0{}", &long()[..60_000]) } else { long() };
        let answer = server.text(&query, json!({ "value": value })).await;
        let parsed: Value = serde_json::from_str(&answer).expect("JSON");
        let errors = parsed["errors"].as_array().expect("errors");
        // Of 600, a hundred and a remark.
        assert_eq!(errors.len(), 101, "{field}");
        assert!(errors[..100].iter().all(|error| error["extensions"]["code"] == code), "{field}");
        assert_eq!(errors[100]["extensions"]["code"], "ERRORS_OMITTED", "{field}");
        assert!(errors[100].get("path").is_none(), "{field}: no field is null because of the remark");
        assert!(answer.len() < errors.len() * 3_000, "{field}: {} bytes", answer.len());
    }
}

/// A variable is counted as often as the document uses it.
#[tokio::test(flavor = "multi_thread")]
async fn a_variable_cannot_be_used_too_often() {
    let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, Server::unlimited()).await;
    let query = |uses: usize| {
        let list = "$a ".repeat(uses);
        format!("query ($a: String!) {{ cities(filter: {{key: {{in: [{list}]}}}}) {{ totalCount }} }}")
    };
    let (code, message) = server.error(&query(600), json!({ "a": long() })).await;
    assert_eq!(code, "VARIABLES_TOO_LARGE", "{message}");
    assert!(message.contains("as often as the document uses it"), "{message}");
    let data = server.data(&query(600), json!({ "a": "espoo" })).await;
    assert_eq!(data["cities"]["totalCount"], 1);
    let data = server.data(&query(10), json!({ "a": long() })).await;
    assert_eq!(data["cities"]["totalCount"], 0);
}

/// `contains` has a limit that both databases can answer.
#[tokio::test(flavor = "multi_thread")]
async fn contains_has_a_limit() {
    const QUERY: &str = "query ($a: String!) { cities(filter: {name: {contains: $a}}) { totalCount } }";
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let data = server.data(QUERY, json!({ "a": "%".repeat(1_000) })).await;
        assert_eq!(data["cities"]["totalCount"], 0, "{backend}");
        // Folded, this is eighteen times as long.
        for text in ["a".repeat(1_001), "\u{fdfa}".repeat(500)] {
            let (code, message) = server.error(QUERY, json!({ "a": text })).await;
            assert_eq!(code, "INVALID_ARGUMENT", "{backend}");
            assert!(message.contains("at most 1000"), "{backend}: {message}");
        }
    }
}
