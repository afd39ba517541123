//! What clients may spend, which documents they may run, and what they are told about both.

use coopgraph::config::{Config, Profile, StatusCodes};
use serde_json::{Value, json};

use crate::import_export::Set;
use crate::support::{Backend, Data, Server, TestDatabase};

async fn server(change: impl FnOnce(&mut Config)) -> Server {
    let mut config = Config::default();
    change(&mut config);
    Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, config).await
}

const TYPENAME: &str = "{ __typename }";
/// The SHA-256 of [`TYPENAME`].
const TYPENAME_HASH: &str = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b";
/// What a client that knows the media type asks with.
const RESPONSE: (&str, &str) = ("accept", "application/graphql-response+json");

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

/// A client spends until it has nothing left; it is told how long to wait. Another client is not touched.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_can_spend_what_it_has() {
    let server = server(|config| {
        config.rate_limit = 300;
        config.trust_proxy = true;
    })
    .await;
    let cities =
        json!({ "query": "{ rateLimit { limit cost remaining resetAt } cities(first: 100) { nodes { key } } }" });
    let one = ("x-forwarded-for", "203.0.113.9, 192.0.2.1");
    let (status, headers, answer) = server.post(&cities, &[one]).await;
    assert_eq!(status, 200, "{answer}");
    let told = &answer["data"]["rateLimit"];
    // The page, its hundred cities at most, and a statement; the document itself was one point more.
    assert_eq!((&told["limit"], &told["cost"], &told["remaining"]), (&json!(300), &json!(111), &json!(188)), "{told}");
    assert_eq!(headers["ratelimit-policy"], "\"points\";q=300;w=60");
    assert_eq!(headers["ratelimit"], "\"points\";r=188;t=23");
    server.post(&cities, &[one]).await;
    let (status, headers, answer) = server.post(&cities, &[one]).await;
    assert_eq!((status, code(&answer)), (429, "RATE_LIMITED"), "{answer}");
    let wait: i64 = headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(answer["errors"][0]["message"].as_str().expect("a message").contains("111 points"), "{answer}");
    assert_eq!(server.post(&cities, &[("x-forwarded-for", "203.0.113.9, 192.0.2.2")]).await.0, 200);
}

/// What an operation could have cost, but did not, is given back.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_used_is_given_back() {
    let server = server(|config| config.rate_limit = 400).await;
    let none = json!({ "query": "{ cities(first: 100, filter: {key: {eq: \"none\"}}) { nodes { key } } }", "extensions": { "cost": true } });
    for _ in 0..12 {
        let (status, _, answer) = server.post(&none, &[]).await;
        assert_eq!(status, 200, "{answer}");
        // The condition costs as much as a statement, and is never given back.
        let cost = json!({ "requested": 121, "actual": 21, "statements": 1, "objects": 2 });
        assert_eq!(answer["extensions"]["cost"], cost);
    }
}

/// Whoever leaves, asks for what is refused, or listens, is charged for what that took, and for no more.
#[tokio::test(flavor = "multi_thread")]
async fn all_work_is_charged() {
    let server = server(|config| config.rate_limit = 1_000).await;
    let left = |headers: &reqwest::header::HeaderMap| -> i64 {
        let text = headers["ratelimit"].to_str().expect("text");
        let number = text.split("r=").nth(1).and_then(|rest| rest.split(';').next()).expect("a number");
        number.parse().expect("a number")
    };
    // A document costs a point for each hundred bytes when it is first read, and a refusal 1 point.
    let nonsense = json!({ "query": format!("{{ {} }}", "nonsense ".repeat(100)) });
    assert_eq!(left(&server.post(&nonsense, &[]).await.1), 1_000 - 10 - 1);
    let again = left(&server.post(&nonsense, &[]).await.1);
    assert!((1_000 - 10 - 2..1_000 - 10).contains(&again), "{again}");
    let (status, headers, _) = server.post(&json!([]), &[]).await;
    assert_eq!(status, 400);
    assert!(left(&headers) <= again);
    let (status, headers, _) =
        server.post(&json!({ "query": "subscription { datasetChanged { version } }" }), &[]).await;
    assert_eq!(status, 200);
    assert!(left(&headers) <= again);
}

/// Conditions have prices, more so those on related records, whether they are written or sent as variables.
#[tokio::test(flavor = "multi_thread")]
async fn filters_are_priced() {
    let server = server(|config| config.rate_limit = 0).await;
    let nested = |depth: usize| {
        (0..depth).fold(json!({ "key": { "eq": "x" } }), |filter, i| match (depth - i) % 2 {
            1 => json!({ "partnerships": { "some": filter } }),
            _ => json!({ "members": { "some": filter } }),
        })
    };
    let by_variable =
        "query($f: CityFilter!, $g: [CityFilter!]) { cities(first: 0, filter: {and: [$f], or: $g}) { totalCount } }";
    let body = |f: Value, g: Value| json!({ "query": by_variable, "variables": { "f": f, "g": g }, "extensions": { "cost": true } });
    let requested = async |body: Value| -> i64 {
        let (_, _, answer) = server.post(&body, &[]).await;
        answer["extensions"]["cost"]["requested"].as_i64().unwrap_or_else(|| panic!("{answer}"))
    };
    // Each of the two empty filters is a condition, which another takes the place of.
    let without = requested(body(json!({}), json!([{}]))).await;
    assert_eq!(requested(body(json!({ "key": { "gt": "a", "lt": "b" } }), json!([{}]))).await, without + 20 - 10);
    assert_eq!(requested(body(json!({ "name": { "contains": "a" } }), json!([{}]))).await, without + 100);
    assert_eq!(requested(body(nested(1), json!([{}]))).await, without + 5 * (50 + 10) - 10);
    assert_eq!(requested(body(nested(2), json!([{}]))).await, without + 5 * (50 + 5 * (50 + 10)) - 10);
    assert_eq!(requested(body(json!({}), json!(vec![json!({ "or": vec![json!({}); 10] }); 10]))).await, without + 990);
    assert_eq!(requested(body(json!({ "not": {} }), json!([{}]))).await, without + 100);
    // A variable costs as much as often as it is named.
    let twice = "query($g: [CityFilter!]) { cities(first: 0, filter: {or: [{or: $g}, {and: $g}]}) { totalCount } }";
    let asked_twice =
        json!({ "query": twice, "variables": { "g": vec![json!({}); 10] }, "extensions": { "cost": true } });
    assert_eq!(requested(asked_twice).await, without - 20 + 2 * 100);
    let many: Vec<_> = (0..10).map(|_| nested(1)).collect();
    assert_eq!(requested(body(json!({}), json!(many))).await, without + 10 * 5 * (50 + 10) - 10);
    let written = "{ a: cities(first: 0) { totalCount } b: cities(first: 0, filter: {partnerships: {some: {key: {eq: \"x\"}}}}) { totalCount } }";
    let plain = "{ a: cities(first: 0) { totalCount } b: cities(first: 0) { totalCount } }";
    let asked = |query: &str| json!({ "query": query, "extensions": { "cost": true } });
    assert_eq!(requested(asked(written)).await, requested(asked(plain)).await + 5 * (50 + 10));
    let (_, _, answer) = server.post(&body(nested(6), json!([{}])), &[]).await;
    assert_eq!(code(&answer), "TOO_COSTLY");
}

/// Groups by what is related to items cost as much more as the statements that read it, and multiply.
#[tokio::test(flavor = "multi_thread")]
async fn groups_by_related_records_are_priced() {
    let server = server(|config| config.rate_limit = 0).await;
    let requested = async |args: &str, selection: &str| -> i64 {
        let query = "query ($by: [VisitGroupKey!]!) { visits(first: 0) { groups(ARGS) { SELECTION } } } fragment F on VisitGroup { count d: distinct(of: HOST) }";
        let query = query.replace("ARGS", args).replace("SELECTION", selection);
        let query = if selection.contains("...F") {
            query
        } else {
            query.split(" fragment").next().expect("a query").to_owned()
        };
        let query = if args.contains("$by") { query } else { query.replace("query ($by: [VisitGroupKey!]!) ", "") };
        let body =
            json!({ "query": query, "variables": { "by": ["HOST", "OFFICIAL"] }, "extensions": { "cost": true } });
        let (_, _, answer) = server.post(&body, &[]).await;
        answer["extensions"]["cost"]["requested"].as_i64().unwrap_or_else(|| panic!("{answer}"))
    };
    let counts = "nodes { count }";
    let plain = requested("by: KIND", counts).await;
    assert_eq!(requested("by: HOST", counts).await, plain + 300);
    assert_eq!(requested("by: [HOST, OFFICIAL]", counts).await, plain + 1_500);
    assert_eq!(requested("by: $by", counts).await, plain + 1_500);
    assert_eq!(requested("by: VISITING_OFFICE", counts).await, plain + 900);
    assert_eq!(requested("by: KIND, countDistinct: STATUS", counts).await, plain);
    assert_eq!(requested("by: KIND, countDistinct: HOST", counts).await, plain + 300);
    let distinct = "nodes { count d: distinct(of: STATUS) }";
    let one = requested("by: KIND", distinct).await;
    assert_eq!(requested("by: KIND", "nodes { count d: distinct(of: HOST) }").await, one + 300);
    assert_eq!(requested("by: KIND", "nodes { ...F }").await, one + 300);
    // Wherever a fragment is spread, it is paid for as what it stands for.
    for by in ["by: KIND", "by: HOST"] {
        let written =
            requested(by, "a: nodes { count d: distinct(of: HOST) } b: nodes { count d: distinct(of: HOST) }");
        assert_eq!(requested(by, "a: nodes { ...F } b: nodes { ...F }").await, written.await);
    }
    let two = "a: nodes { count d: distinct(of: STATUS) } b: nodes { count d: distinct(of: STATUS) }";
    assert_eq!(requested("by: HOST", two).await, requested("by: KIND", two).await + 900);
    assert_eq!(requested("by: HOST", distinct).await, one + 600);
}

/// As many requests run as may; the others are told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_at_once_are_sent_away() {
    let server = server(|config| config.max_concurrent_requests = 0).await;
    let (status, headers, answer) = server.post(&json!({ "query": TYPENAME }), &[]).await;
    assert_eq!((status, code(&answer)), (503, "SERVER_BUSY"));
    assert_eq!(headers["retry-after"], "1");
}

/// Automatic persisted queries: not known, sent along with the hash, known.
#[tokio::test(flavor = "multi_thread")]
async fn documents_can_be_named_by_their_hash() {
    let server = server(|_| {}).await;
    let named = |hash: &str| json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    let (status, _, answer) = server.post(&named(TYPENAME_HASH), &[]).await;
    assert_eq!((status, code(&answer)), (200, "PERSISTED_QUERY_NOT_FOUND"), "{answer}");
    assert_eq!(answer["errors"][0]["message"], "PersistedQueryNotFound");
    let with_text = |hash: &str| {
        let mut body = named(hash);
        body["query"] = json!(TYPENAME);
        body
    };
    let (_, _, answer) = server.post(&with_text(&TYPENAME_HASH.replace('7', "8")), &[]).await;
    assert_eq!(code(&answer), "PERSISTED_QUERY_INVALID");
    assert_eq!(server.post(&with_text(TYPENAME_HASH), &[]).await.2["data"], json!({ "__typename": "Query" }));
    assert_eq!(server.post(&named(TYPENAME_HASH), &[]).await.2["data"], json!({ "__typename": "Query" }));
    let both = json!({ "documentId": "abc", "query": TYPENAME });
    assert_eq!(code(&server.post(&both, &[]).await.2), "PERSISTED_QUERY_NOT_FOUND");
    let (_, _, answer) = server.post(&json!({ "extensions": { "persistedQuery": { "version": 2 } } }), &[]).await;
    assert_eq!(code(&answer), "PERSISTED_QUERY_INVALID");
}

/// The lists that Relay's and Apollo's compilers write, and a directory; in the hardened profile nothing else is run.
#[tokio::test(flavor = "multi_thread")]
async fn only_trusted_documents_are_run_where_there_is_a_list() {
    let directory = tempfile::tempdir().expect("a directory");
    let (relay, apollo, files) =
        (directory.path().join("relay.json"), directory.path().join("apollo.json"), directory.path().join("files"));
    std::fs::write(&relay, json!({ "abc": TYPENAME }).to_string()).expect("a file");
    let operation = json!({ "id": "abc", "name": "Q", "type": "query", "body": TYPENAME });
    let manifest = json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation] });
    std::fs::write(&apollo, manifest.to_string()).expect("a file");
    std::fs::create_dir(&files).expect("a directory");
    std::fs::write(files.join("abc.graphql"), TYPENAME).expect("a file");
    for list in [relay, apollo, files] {
        let server = server(|config| {
            config.profile = Profile::Hardened;
            config.trusted_documents = Some(list.clone());
        })
        .await;
        let right = json!({ "data": { "__typename": "Query" } });
        for body in [
            json!({ "documentId": "abc" }),
            json!({ "doc_id": "abc" }),
            json!({ "documentId": format!("sha256:{TYPENAME_HASH}") }),
            json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": TYPENAME_HASH } } }),
            json!({ "query": TYPENAME }),
        ] {
            assert_eq!(server.post(&body, &[]).await.2, right, "{body}, {list:?}");
        }
        let other = json!({ "documentId": "abc", "query": "{ cities { totalCount } }" });
        assert_eq!(code(&server.post(&other, &[]).await.2), "PERSISTED_QUERY_INVALID");
        for body in [json!({ "documentId": "xyz" }), json!({ "query": "{ cities { totalCount } }" })] {
            let (status, _, answer) = server.post(&body, &[RESPONSE]).await;
            assert_eq!((status, code(&answer)), (400, "DOCUMENT_NOT_TRUSTED"), "{body}");
        }
    }
}

/// In the hardened profile the schema is not told, and GET is not answered.
#[tokio::test(flavor = "multi_thread")]
async fn the_hardened_profile_tells_less() {
    let server = server(|config| config.profile = Profile::Hardened).await;
    let (_, _, answer) = server.post(&json!({ "query": "{ __schema { types { name } } }" }), &[]).await;
    assert_eq!(code(&answer), "INTROSPECTION_DISABLED");
    let (_, _, answer) =
        server.post(&json!({ "query": "{ ...F } fragment F on Query { __schema { types { name } } }" }), &[]).await;
    assert_eq!(code(&answer), "INTROSPECTION_DISABLED");
    assert_eq!(server.get("/graphql?query=%7B__typename%7D").await.0, 405);
    assert_eq!(server.get("/schema.graphql").await.0, 404);
    assert_eq!(server.post(&json!({ "query": TYPENAME }), &[]).await.0, 200);
}

/// The status codes: those of the audits, and those of the draft.
#[tokio::test(flavor = "multi_thread")]
async fn statuses_are_those_of_the_setting() {
    for (codes, invalid, partial) in [(StatusCodes::Audited, 400, 200), (StatusCodes::Draft, 422, 294)] {
        let server = server(|config| config.status_codes = codes).await;
        let wrong_variable = json!({ "query": "query($n: Int!) { cities(first: $n) { totalCount } }" });
        for (body, status) in [
            (json!({ "query": "{ nonsense }" }), invalid),
            (wrong_variable, invalid),
            (json!({ "query": "{ " }), 400),
            (json!({ "query": "{ __typename node(id: \"x\") { id } }" }), partial),
            (json!({ "query": TYPENAME }), 200),
        ] {
            let (found, headers, answer) = server.post(&body, &[RESPONSE]).await;
            assert_eq!(found, status, "{body}: {answer}");
            assert_eq!(headers["content-type"], "application/graphql-response+json; charset=utf-8");
            // Who knows only application/json hears of a transport that worked.
            assert_eq!(server.post(&body, &[]).await.0, 200, "{body}");
        }
    }
}

/// Answers are compressed for who asks for it; pages of other origins may ask if the operator says so.
#[tokio::test(flavor = "multi_thread")]
async fn compression_and_other_origins() {
    let server = server(|config| config.cors_origins = vec!["https://example.org".to_owned()]).await;
    let long = json!({ "query": "{ cities(first: 50) { nodes { key name } } }" });
    let client = reqwest::Client::new();
    let ask = |encoding: &'static str| {
        client.post(format!("http://{}/graphql", server.address)).header("accept-encoding", encoding).json(&long).send()
    };
    for encoding in ["br", "gzip"] {
        assert_eq!(ask(encoding).await.expect("an answer").headers()["content-encoding"], encoding);
    }
    assert!(ask("identity").await.expect("an answer").headers().get("content-encoding").is_none());
    // A client that accepts no uncompressed answer has one that is compressed, or else that.
    let query = json!({ "query": TYPENAME });
    for (encodings, chosen) in [
        ("identity;q=0", None),
        ("*;q=0", None),
        ("Identity; Q=0.000, *;q=0", None),
        ("br;q=0, *;q=0", None),
        ("zstd, identity;q=0", None),
        ("gzip, *;q=0", Some("gzip")),
        ("gzip;q=0.5, identity;q=0", Some("gzip")),
        ("*, identity;q=0", Some("br")),
    ] {
        let answer = ask(encodings).await.expect("an answer");
        let encoding = answer.headers().get("content-encoding").map(|encoding| encoding.to_str().expect("text"));
        assert_eq!((answer.status().as_u16(), encoding), (200, chosen), "{encodings}");
        // Small ones are not compressed.
        let (status, _, answer) = server.post(&query, &[("accept-encoding", encodings)]).await;
        assert_eq!((status, answer), (200, json!({ "data": { "__typename": "Query" } })), "{encodings}");
    }
    for (origin, allowed) in [("https://example.org", true), ("https://example.com", false)] {
        let (_, headers, _) = server.post(&json!({ "query": TYPENAME }), &[("origin", origin)]).await;
        assert_eq!(headers.get("access-control-allow-origin").is_some(), allowed, "{origin}");
    }
}

/// Each event of a subscription is charged for; a client that cannot pay hears so, and then nothing more. A client has
/// only so many subscriptions.
#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_are_charged_and_counted() {
    let server = server(|config| {
        // One for the document, one for the first event.
        config.rate_limit = 2;
        config.max_subscriptions_per_client = 1;
        config.trust_proxy = true;
    })
    .await;
    let client = reqwest::Client::new();
    let subscribe = |address: &'static str| {
        let request = client.post(format!("http://{}/graphql", server.address));
        let request = request.header("accept", "text/event-stream").header("x-forwarded-for", address);
        request.json(&json!({ "query": "subscription { datasetChanged { version } }" })).send()
    };
    let mut events = subscribe("192.0.2.1").await.expect("events");
    assert_eq!(events.headers()["ratelimit"], "\"points\";r=0;t=60");
    let first = events.chunk().await.expect("events").expect("an event");
    assert!(first.starts_with(b"event: next\ndata: {\"data\":{\"datasetChanged\":{\"version\":1}}}"), "{first:?}");
    let second = subscribe("192.0.2.1").await.expect("an answer");
    assert_eq!(second.status(), 503);
    assert!(second.text().await.expect("a text").contains("TOO_MANY_SUBSCRIPTIONS"));
    let other = subscribe("192.0.2.2").await.expect("events");
    assert_eq!(other.status(), 200, "another client has its own");
    let changed = Set::bundled();
    let topics = std::fs::read_to_string(changed.path("topics.csv")).expect("a file");
    std::fs::write(changed.path("topics.csv"), topics + "new,New,en,,,public\n").expect("a file");
    server.data.import(&changed.files()).await.expect("an import");
    let rest = events.text().await.expect("an end");
    assert!(rest.contains("RATE_LIMITED"), "{rest}");
    assert!(rest.ends_with("event: complete\ndata:\n\n"), "{rest}");
}
