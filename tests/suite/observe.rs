//! What an operator sees: metrics and request ids here; logs and traces of the command in their own files.

mod command;

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    time::{Duration, Instant},
};

use coopgraph::config::{Config, Profile};
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use crate::support::{Backend, Data, Server, TestDatabase, backends};

/// No test waits longer for something to be seen.
const LONG: Duration = Duration::from_mins(1);

/// The samples at an address, by name and labels.
async fn metrics(address: SocketAddr) -> HashMap<String, String> {
    let response = reqwest::get(format!("http://{address}/metrics")).await.expect("an answer");
    assert_eq!(response.status(), 200);
    let media = response.headers()[CONTENT_TYPE].to_str().expect("a text").to_owned();
    assert_eq!(media, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = response.text().await.expect("a text");
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let (name, value) = line.rsplit_once(' ').expect("a sample");
        (name.to_owned(), value.to_owned())
    };
    samples.map(read).collect()
}

fn requests(operation: &str, outcome: &str) -> String {
    format!("coopgraph_requests_total{{operation=\"{operation}\",outcome=\"{outcome}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_was_asked() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let nested = "query Nested { cities(first: 5) { nodes { partnerships { totalCount } } } }";
        for _ in 0..2 {
            server.data(nested, json!({})).await;
        }
        server.data("{ __typename }", json!({})).await;
        server.answer("query Partial { node(id: \"nonsense\") { id } }", json!({})).await;
        server.answer("query Nested { nonsense }", json!({})).await;
        server.answer("{ ", json!({})).await;
        let found = metrics(server.address).await;
        for (sample, value) in [
            (&*requests("Nested", "success"), "2"),
            (&*requests("anonymous", "success"), "1"),
            (&*requests("Partial", "partial"), "1"),
            (&*requests("unknown", "GRAPHQL_VALIDATION_FAILED"), "1"),
            (&*requests("unknown", "GRAPHQL_PARSE_FAILED"), "1"),
            ("coopgraph_http_responses_total{status=\"200\"}", "6"),
            ("coopgraph_answer_seconds_count{kind=\"query\"}", "4"),
            ("coopgraph_answer_seconds_count{kind=\"unknown\"}", "2"),
            ("coopgraph_statements_per_answer_count", "4"),
            ("coopgraph_statements_per_answer_sum", "4.0"),
            // The partnerships of five cities, twice; a list of everything is for no ids.
            ("coopgraph_loader_batch_size_count", "2"),
            ("coopgraph_loader_batch_size_sum", "10.0"),
            ("coopgraph_document_cache_lookups_total{result=\"hit\"}", "1"),
            ("coopgraph_document_cache_lookups_total{result=\"miss\"}", "5"),
            ("coopgraph_requests_running", "0"),
            ("coopgraph_subscriptions_open", "0"),
        ] {
            assert_eq!(found.get(sample), Some(&value.to_owned()), "{backend}: {sample} of {found:#?}");
        }
        let connections = |state: &str| {
            let sample = format!("coopgraph_database_connections{{state=\"{state}\"}}");
            found[&sample].parse::<u32>().expect("a number")
        };
        assert!(connections("idle") + connections("busy") >= 1);
    }
}

/// What is no request, because it never got as far as a document, is counted by its code.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_counted() {
    let server = Server::start(Backend::Sqlite, Data::Empty).await;
    let url = format!("http://{}/graphql", server.address);
    let client = reqwest::Client::new();
    for request in [
        client.put(&url),
        client.post(&url),
        client.post(&url).header(CONTENT_TYPE, "application/json").body("[]"),
        client.get(&url).header("accept", "image/png"),
    ] {
        assert!(request.send().await.expect("an answer").status().is_client_error());
    }
    assert_eq!(metrics(server.address).await[&requests("unknown", "BAD_REQUEST")], "4");
}

/// A subscription is open while somebody listens, and is counted when it ends.
#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_are_counted() {
    let server = Server::start(Backend::Sqlite, Data::Empty).await;
    let body = json!({ "query": "subscription Live { datasetChanged { version } }" });
    let client = reqwest::Client::new();
    let ask = client.post(format!("http://{}/graphql", server.address)).header("accept", "text/event-stream");
    let mut events = ask.json(&body).send().await.expect("an answer");
    events.chunk().await.expect("an event").expect("an event");
    let open = metrics(server.address).await;
    assert_eq!(open["coopgraph_subscriptions_open"], "1");
    assert_eq!(open["coopgraph_requests_running"], "0");
    assert_eq!(open["coopgraph_answer_seconds_count{kind=\"subscription\"}"], "1");
    assert_eq!(open.get(&requests("Live", "success")), None);
    drop((events, client));
    let start = Instant::now();
    while metrics(server.address).await.get(&requests("Live", "success")) != Some(&"1".to_owned()) {
        assert!(start.elapsed() < LONG, "it stays open");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(metrics(server.address).await["coopgraph_subscriptions_open"], "0");
}

/// The time to a result of a subscription begins with the event: the time in which nothing happens does not count.
#[tokio::test(flavor = "multi_thread")]
async fn the_time_between_events_is_not_counted() {
    let server = Server::start(Backend::Sqlite, Data::Empty).await;
    let body = json!({ "query": "subscription Live { datasetChanged { version } }" });
    let client = reqwest::Client::new();
    let ask = client.post(format!("http://{}/graphql", server.address)).header("accept", "text/event-stream");
    let mut events = ask.json(&body).send().await.expect("an answer");
    events.chunk().await.expect("an event").expect("an event");
    let nothing_happens = Duration::from_secs(3);
    tokio::time::sleep(nothing_happens).await;
    server
        .data
        .import(&coopgraph::import_export::Files::Bundled(coopgraph::import_export::Bundled::FinlandChina))
        .await
        .expect("an import");
    let count = "coopgraph_answer_seconds_count{kind=\"subscription\"}";
    let start = Instant::now();
    while metrics(server.address).await[count] != "2" {
        assert!(start.elapsed() < LONG, "no event");
        events.chunk().await.expect("an event").expect("an event");
    }
    let sum: f64 = metrics(server.address).await[&count.replace("count", "sum")].parse().expect("a number");
    assert!(sum < nothing_happens.as_secs_f64(), "{sum} s");
}

/// Whoever invents names does not fill a monitoring system with them.
#[tokio::test(flavor = "multi_thread")]
async fn labels_are_bounded() {
    let server = Server::start(Backend::Sqlite, Data::Empty).await;
    for number in 0..300 {
        server.data(&format!("query N{number} {{ __typename }}"), json!({})).await;
        server.answer(&format!("query M{number} {{ nonsense }}"), json!({})).await;
    }
    let found = metrics(server.address).await;
    let operations: BTreeSet<_> =
        found.keys().filter_map(|sample| Some(sample.split_once("operation=\"")?.1.split_once('"')?.0)).collect();
    assert_eq!(operations.len(), 202, "{operations:?}");
    assert!(operations.contains("N199") && !operations.contains("N200"));
    assert_eq!(found[&requests("other", "success")], "100");
    assert_eq!(found[&requests("unknown", "GRAPHQL_VALIDATION_FAILED")], "300");
}

/// Strangers see no metrics of a hardened server, nor of one that has them elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_where_they_should_be() {
    let elsewhere = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    for (profile, listen, status) in [
        (Profile::Public, None, 200),
        (Profile::Hardened, None, 404),
        (Profile::Public, elsewhere, 404),
        (Profile::Hardened, elsewhere, 404),
    ] {
        let config = Config { profile, metrics_listen: listen, ..Config::default() };
        let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Empty).await, config).await;
        assert_eq!(server.get("/metrics").await.0, status, "{profile:?} {listen:?}");
    }
}

/// The id of a request is the client's, if that is a plain one, and a new one otherwise; every answer says it.
#[tokio::test(flavor = "multi_thread")]
async fn request_ids_come_in_and_go_out() {
    let server = Server::start(Backend::Sqlite, Data::Empty).await;
    let client = reqwest::Client::new();
    let mut seen = BTreeSet::new();
    for path in ["/graphql?query={__typename}", "/graphql", "/healthz", "/nowhere"] {
        let url = format!("http://{}{path}", server.address);
        let long = "x".repeat(129);
        for (id, taken) in [
            (None, false),
            (Some("0198c0de.Client_7-a"), true),
            (Some(&long[..128]), true),
            (Some(&*long), false),
            (Some(""), false),
            (Some("two words"), false),
            (Some("quote\"d"), false),
            (Some("a;b"), false),
        ] {
            let mut ask = client.get(&url);
            if let Some(id) = id {
                ask = ask.header("x-request-id", id);
            }
            let answer = ask.send().await.expect("an answer");
            let ids: Vec<_> = answer.headers().get_all("x-request-id").iter().collect();
            assert_eq!(ids.len(), 1, "{path} {id:?}");
            let said = ids[0].to_str().expect("a text");
            if taken {
                assert_eq!(Some(said), id, "{path}");
            } else {
                assert!(said.len() == 32 && said.bytes().all(|byte| byte.is_ascii_hexdigit()), "{path} {id:?}: {said}");
                assert!(seen.insert(said.to_owned()), "{said} was said before");
            }
        }
    }
}
