//! Logs and traces, as the command writes and sends them.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use coopgraph::{
    config::Config,
    db::{Access, Database},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{LONG, metrics};
use crate::{
    process::{Place, Served},
    support::{Backend, backends},
};

/// A value that must not get out.
const SECRET: &str = "hunter2-of-a-variable";

/// A server whose log is a file.
fn serve(place: &Place, more: &[&str]) -> Served {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--database-url", &place.url]);
    command.args(more);
    Served::logging(command, File::create(place.path("log")).expect("a file"))
}

/// The lines of its log that are of a target. It may be writing the next one.
fn log(place: &Place, target: &str) -> Vec<Value> {
    let text = fs::read_to_string(place.path("log")).expect("the log");
    assert!(!text.contains(SECRET), "{text}");
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = complete.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"));
    lines.filter(|line| line["target"] == target).collect()
}

async fn ask(served: &Served, body: &Value, headers: &[(&str, &str)]) -> Value {
    let mut ask = reqwest::Client::new().post(format!("http://{}/graphql", served.address)).json(body);
    for (name, value) in headers {
        ask = ask.header(*name, *value);
    }
    let text = ask.send().await.expect("an answer").text().await.expect("a text");
    serde_json::from_str(&text).expect("JSON")
}

fn keyed() -> Value {
    let query = "query Keyed($key: String!) { marked: city(by: {key: $key}) { name } cities(first: 1) { totalCount } }";
    json!({ "query": query, "variables": { "key": SECRET } })
}

/// A request is a line that says what it was and what it took, and never with which values.
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_logged_without_their_values() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let served = serve(&place, &["--sample-data=none"]);
        ask(&served, &keyed(), &[("x-request-id", "first")]).await;
        let wrong = json!({ "query": format!("query Wrong {{ {} }}", "nonsense"), "operationName": "Wrong", "variables": { "x": SECRET } });
        ask(&served, &wrong, &[("x-request-id", "second")]).await;
        let unfit = json!({ "query": "query Unfit($n: Int!) { cities(first: $n) { totalCount } }", "variables": { "n": SECRET } });
        ask(&served, &unfit, &[("x-request-id", "third")]).await;
        let injected = json!({ "query": "{ nonsense }", "operationName": format!("a\n{SECRET}") });
        ask(&served, &injected, &[("x-request-id", "fourth")]).await;
        served.stop();
        let lines = log(&place, "coopgraph::request");
        assert_eq!(lines.len(), 4, "{lines:#?}");
        let keys = |line: &Value| line.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();

        let first = &lines[0];
        for (field, value) in [
            ("request_id", json!("first")),
            ("operation", json!("Keyed")),
            ("kind", json!("query")),
            ("statements", json!(2)),
            ("objects", json!(2)),
            ("cost_actual", json!(21)),
            ("outcome", json!("success")),
            ("level", json!("INFO")),
        ] {
            assert_eq!(first[field], value, "{field} of {first:#}");
        }
        assert!(first["duration_ms"].as_f64().is_some_and(|duration| duration > 0.0), "{first:#}");
        assert!(first["cost_requested"].as_u64() >= first["cost_actual"].as_u64(), "{first:#}");
        let hash = first["hash"].as_str().expect("a hash");
        assert!(hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
        assert!(!first.to_string().contains("marked"), "the text of the document: {first:#}");

        for (line, id, operation, outcome) in [
            (&lines[1], "second", json!("Wrong"), "GRAPHQL_VALIDATION_FAILED"),
            (&lines[2], "third", Value::Null, "INVALID_VARIABLES"),
            (&lines[3], "fourth", Value::Null, "GRAPHQL_VALIDATION_FAILED"),
        ] {
            assert_eq!(line["request_id"], id, "{line:#}");
            assert_eq!(line["operation"], operation, "{line:#}");
            assert_eq!(line["outcome"], outcome, "{line:#}");
            assert!(line["hash"].is_string(), "{line:#}");
            assert!(!keys(line).contains(&"statements".to_owned()), "{line:#}");
        }
    }
}

/// The id that a client sees leads to the cause, and to the request.
#[tokio::test(flavor = "multi_thread")]
async fn internal_errors_are_found_by_their_ids() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let served = serve(&place, &[]);
        let database = Database::connect(&place.url, Access::Open, None).await.expect("the database");
        database.connection().execute_unprepared("DROP TABLE \"identifier\"").await.expect("dropped");
        let query = json!({ "query": "query Fails { city(by: {key: \"espoo\"}) { identifiers { value } } }" });
        let answer = ask(&served, &query, &[("x-request-id", "failing")]).await;
        database.connection().clone().close().await.expect("closed");
        served.stop();
        let errors = log(&place, "coopgraph::error");
        assert_eq!(errors.len(), 1, "{errors:#?}");
        assert_eq!(errors[0]["request_id"], "failing");
        let id = errors[0]["error_id"].as_str().expect("an id");
        assert_eq!(answer["errors"][0]["message"], format!("internal server error {id}"));
        assert!(errors[0]["cause"].as_str().expect("a cause").contains("identifier"), "{errors:#?}");
        let requests = log(&place, "coopgraph::request");
        assert_eq!(requests[0]["request_id"], "failing");
        assert_eq!(requests[0]["outcome"], "partial");
    }
}

/// A message of a WebSocket's client, shorter than 126 bytes, masked by zeros.
fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length < 126).expect("a short text");
    let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// The operations of a WebSocket have the id of its request, and a number.
#[tokio::test(flavor = "multi_thread")]
async fn operations_of_a_socket_are_told_apart() {
    let place = Place::new(Backend::Sqlite).await;
    let served = serve(&place, &["--sample-data=none"]);
    let mut socket = TcpStream::connect(served.address).expect("a connection");
    socket.set_read_timeout(Some(LONG)).expect("a limit");
    let head = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                Sec-WebSocket-Protocol: graphql-transport-ws\r\nX-Request-Id: socket\r\n\r\n";
    socket.write_all(head.as_bytes()).expect("a head");
    let mut heard = Vec::new();
    let mut wait_for = |socket: &mut TcpStream, text: &str| {
        while count(&heard, text.as_bytes()) == 0 {
            let mut piece = [0; 1024];
            let length = socket.read(&mut piece).expect("an answer");
            assert!(length > 0, "{}", String::from_utf8_lossy(&heard));
            heard.extend_from_slice(&piece[..length]);
        }
    };
    wait_for(&mut socket, "\r\n\r\n");
    wait_for(&mut socket, "X-Request-Id: socket\r\n");
    socket.write_all(&frame("{\"type\":\"connection_init\"}")).expect("a message");
    wait_for(&mut socket, "connection_ack");
    for id in ["a", "b"] {
        let ask =
            json!({ "type": "subscribe", "id": id, "payload": { "query": format!("query Of_{id} {{ __typename }}") } });
        socket.write_all(&frame(&ask.to_string())).expect("a message");
        wait_for(&mut socket, &format!("{{\"type\":\"complete\",\"id\":\"{id}\"}}"));
    }
    drop(socket);
    served.stop();
    let lines = log(&place, "coopgraph::request");
    let told: Vec<_> = lines.iter().map(|line| (&line["request_id"], &line["operation"])).collect();
    assert_eq!(told, [(&json!("socket.2"), &json!("Of_a")), (&json!("socket.3"), &json!("Of_b"))]);
}

/// `COOPGRAPH_LOG` decides what is logged.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_can_be_made_quiet() {
    let place = Place::new(Backend::Sqlite).await;
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--database-url", &place.url]);
    command.env("COOPGRAPH_LOG", "coopgraph=info,coopgraph::request=warn").arg("--sample-data=none");
    let served = Served::logging(command, File::create(place.path("log")).expect("a file"));
    ask(&served, &keyed(), &[]).await;
    served.stop();
    assert_eq!(fs::read_to_string(place.path("log")).expect("the log"), "");
}

/// Metrics at an address of their own, which has nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_an_address_of_their_own() {
    let place = Place::new(Backend::Sqlite).await;
    let served = serve(&place, &["--sample-data=none", "--metrics-listen", "127.0.0.1:0", "--profile", "hardened"]);
    let url = served.urls().into_iter().find(|url| url.ends_with("/metrics")).expect("an address");
    let address = url.trim_start_matches("http://").trim_end_matches("/metrics").parse().expect("an address");
    assert_ne!(address, served.address);
    ask(&served, &keyed(), &[]).await;
    let found = metrics(address).await;
    assert_eq!(found["coopgraph_requests_total{operation=\"Keyed\",outcome=\"success\"}"], "1");
    for url in [format!("http://{address}/graphql"), format!("http://{}/metrics", served.address)] {
        assert_eq!(reqwest::get(&url).await.expect("an answer").status(), 404, "{url}");
    }
    served.stop();
}

/// What a collector was sent.
type Sent = Arc<Mutex<Vec<u8>>>;

/// A collector of traces, and its address.
async fn collector() -> (String, Sent) {
    let sent = Sent::default();
    let take = async |State(sent): State<Sent>, headers: HeaderMap, body: Bytes| {
        if headers["content-type"] != "application/x-protobuf" {
            return StatusCode::UNSUPPORTED_MEDIA_TYPE;
        }
        sent.lock().expect("a list").extend_from_slice(&body);
        StatusCode::OK
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/v1/traces", post(take)).with_state(sent.clone());
    tokio::spawn(async move {
        let config = Config::default();
        coopgraph::http::serve(listener, router, &config, coopgraph::http::Shutdown::default(), std::future::pending())
            .await
    });
    (format!("http://{address}"), sent)
}

fn count(within: &[u8], what: &[u8]) -> usize {
    within.windows(what.len()).filter(|window| *window == what).count()
}

/// A span for the operation and one for each statement, none for a scalar, as a part of the client's trace.
#[tokio::test(flavor = "multi_thread")]
async fn traces_reach_a_collector() {
    for backend in backends() {
        let (endpoint, sent) = collector().await;
        let place = Place::new(backend).await;
        let served = serve(&place, &["--sample-data=none", "--otlp-endpoint", &endpoint]);
        let (trace, parent) = ([0x4b_u8; 16], [0x51_u8; 8]);
        let traceparent = format!("00-{}-{}-01", "4b".repeat(16), "51".repeat(8));
        let answer = ask(&served, &keyed(), &[("traceparent", &traceparent), ("x-request-id", "traced")]).await;
        assert_eq!(answer["errors"], Value::Null, "{answer}");
        let unsampled = format!("00-{}-{}-00", "77".repeat(16), "51".repeat(8));
        ask(&served, &keyed(), &[("traceparent", &unsampled)]).await;
        // What was not sent when the server is told to stop, is sent then.
        served.stop();
        let sent = sent.lock().expect("a list").clone();
        let told = |text: &str| count(&sent, text.as_bytes());
        assert_eq!(told("query Keyed"), 1, "{backend}: {}", String::from_utf8_lossy(&sent));
        assert_eq!(count(&sent, &trace), 3, "the operation and its two statements");
        assert_eq!(count(&sent, &parent), 1, "the operation is a part of the client's span");
        assert_eq!(count(&sent, &[0x77; 16]), 0, "the client does not want this one");
        assert_eq!(told("SELECT city"), 2);
        assert!(told("db.statement") == 2 && told("AS \"t\" WHERE \"t\".\"audience\" <= ") == 2);
        for text in ["coopgraph", "graphql.document.hash", "traced", "db.response.returned_rows", "db.system"] {
            assert!(told(text) > 0, "{text}");
        }
        assert_eq!(told(SECRET), 0, "{}", String::from_utf8_lossy(&sent));
        let lines = log(&place, "coopgraph::request");
        assert_eq!(lines[0]["trace_id"], "4b".repeat(16));
        assert_eq!(lines[1].get("trace_id"), None);
    }
}

/// A collector that is not there is said once, and holds nothing up.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_missing_is_said_once() {
    let place = Place::new(Backend::Sqlite).await;
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--sample-data=none"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9").env("OTEL_BSP_SCHEDULE_DELAY", "50");
    let served = Served::logging(command, File::create(place.path("log")).expect("a file"));
    let start = Instant::now();
    while log(&place, "coopgraph::observe::traces").is_empty() {
        ask(&served, &keyed(), &[]).await;
        assert!(start.elapsed() < LONG, "it is not said");
    }
    served.stop();
    let lines = log(&place, "coopgraph::observe::traces");
    assert_eq!(lines.iter().filter(|line| line["message"] == "traces cannot be exported").count(), 1, "{lines:#?}");
}
