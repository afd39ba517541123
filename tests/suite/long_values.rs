//! Long values in arguments: answers and statements do not grow with them.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{DbBackend, Statement};
use serde_json::{Value, json};

use crate::{
    support::{Backend, Data, Server, TestDatabase, backends},
    walk::text,
};

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

/// Texts as long as variables may be: of one byte for each character and of four, one that folding makes eighteen times as
/// long, and such as are dates and language tags.
fn long_texts() -> Vec<String> {
    let years: Vec<_> = (0..13_000).map(|year| (year % 9_000 + 1_000).to_string()).collect();
    vec![
        "a".repeat(65_000),
        long(),
        "\u{fdfa}".repeat(21_000),
        "%".repeat(65_000),
        "7".repeat(65_000),
        format!("[{}]", years.join(",")),
        format!("en-x{}", "-abcdefgh".repeat(7_000)),
        format!("city_{}", "0".repeat(60_000)),
    ]
}

/// Wherever a text reaches the database, one that is very long is no internal error, and both databases answer the same.
#[tokio::test(flavor = "multi_thread")]
async fn long_texts_are_answered_alike() {
    let queries = [
        "query ($v: String!) { city(by: {key: $v}) { key } }",
        "query ($v: String!) { city(by: {identifier: {scheme: WIKIDATA, value: $v}}) { key } }",
        "query ($v: ID!) { city(by: {id: $v}) { key } }",
        "query ($v: ID!) { node(id: $v) { id } }",
        "query ($v: ID!) { nodes(ids: [$v]) { id } }",
        "query ($v: ID!) { cities(filter: {id: {in: [$v]}}) { totalCount } }",
        "query ($v: String!) { cities(filter: {key: {in: [$v, \"espoo\"]}}) { totalCount } }",
        "query ($v: String!) { cities(filter: {or: [{key: {gte: $v}}, {key: {lt: $v}}]}) { totalCount } }",
        "query ($v: String!) { indicators(filter: {measure: {eq: $v}}) { totalCount } }",
        "query ($v: String!) { cities(filter: {name: {eq: $v}}) { totalCount } }",
        "query ($v: String!) { cities(filter: {name: {in: [$v, \"espoo\"]}}) { totalCount } }",
        "query ($v: String!) { cities(filter: {name: {startsWith: $v}}) { totalCount } }",
        "query ($v: String!) { cities(filter: {name: {contains: $v}}) { totalCount } }",
        "query ($v: String!) { visits(filter: {start: {possiblyWithin: $v}}) { totalCount } }",
        "query ($v: String!) { visits(filter: {start: {certainlyWithin: $v}}) { totalCount } }",
        "query ($v: String!) { cities(after: $v, first: 2) { nodes { key } } }",
        "query ($v: String!) { city(by: {key: \"espoo\"}) { label(languages: [$v]) { name } } }",
        "query ($v: String!) { city(by: {key: \"espoo\"}) { names(languages: [$v]) { name } } }",
    ];
    let mut answers = Vec::new();
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let cursor = server.data("{ cities(first: 1, orderBy: NAME_ASC) { edges { cursor } } }", json!({})).await;
        let cursor = URL_SAFE_NO_PAD.decode(text(&cursor["cities"]["edges"][0]["cursor"])).expect("base 64");
        let cursor = String::from_utf8(cursor).expect("UTF-8");
        let (start, _) = cursor.rsplit_once(':').expect("a value");
        // The ids of two databases differ.
        let start = start.rsplit_once(':').map(|(start, _)| format!("{start}:{}", "0".repeat(32))).expect("an id");
        let mut found = Vec::new();
        for value in long_texts() {
            for query in queries {
                found.push((query, server.text(query, json!({ "v": value })).await));
            }
            let end = value.char_indices().map(|(at, _)| at).take_while(|at| *at <= 45_000).last();
            let forged = URL_SAFE_NO_PAD.encode(format!("{start}:{}", &value[..end.unwrap_or_default()]));
            for bound in ["first: 2, after", "last: 2, before"] {
                let query = format!(
                    "query ($v: String!) {{ cities(orderBy: NAME_ASC, {bound}: $v) {{ nodes {{ key }} pageInfo {{ hasNextPage hasPreviousPage }} }} }}"
                );
                let answer = server.text(&query, json!({ "v": forged })).await;
                assert!(!answer.contains("errors"), "{backend}: {bound}: {answer:.300}");
                found.push(("a forged cursor", answer));
            }
            for body in [
                json!({ "documentId": value }),
                json!({ "query": "{ __typename }", "operationName": value }),
                json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": value } } }),
            ] {
                found.push(("a name", server.text_of(&body).await));
            }
        }
        for (query, answer) in &found {
            assert!(
                !answer.contains("INTERNAL_SERVER_ERROR") && answer.len() < 5_000,
                "{backend}: {query}: {answer:.300}"
            );
        }
        answers.push(found);
    }
    for other in &answers[1..] {
        for (first, other) in answers[0].iter().zip(other) {
            assert_eq!(first, other);
        }
    }
}

/// A connection to PostgreSQL keeps as many statements as it may, and none with a long text.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_no_long_statements() {
    for backend in backends().into_iter().filter(|backend| *backend == Backend::Postgres) {
        let data = TestDatabase::new(backend, Data::Empty).await;
        let readers = data.database.readers(Duration::from_mins(1)).expect("connections");
        // One after the other, they are all run by the same connection.
        let run = async |sql: String| {
            readers.rows(&Statement::from_sql_and_values(DbBackend::Postgres, sql, [])).await.expect("rows")
        };
        for number in 0..300 {
            run(format!("{:8192}", format!("SELECT {number}"))).await;
            run(format!("{:8193}", format!("SELECT {number}"))).await;
        }
        let kept = "SELECT COUNT(*) AS n, MAX(LENGTH(statement)) AS most FROM pg_prepared_statements";
        let kept = &run(kept.to_owned()).await[0];
        let (n, most): (i64, i32) = (kept.try_get("", "n").expect("n"), kept.try_get("", "most").expect("most"));
        assert_eq!(most, 8192);
        assert!((200..=256).contains(&n), "{n} statements");
    }
}
