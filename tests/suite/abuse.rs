//! What the endpoint answers to what nobody should send: a documented status, soon; and it still answers afterwards.

mod connections;

use std::time::{Duration, Instant};

use coopgraph::config::Config;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    process::Place,
    support::{Backend, Data, Server, TestDatabase},
};

/// How soon every answer must be there, in a build that is not optimised.
const SOON: Duration = Duration::from_secs(5);

/// A server with the limits that it has when nobody sets any.
async fn server() -> Server {
    let config = Config { rate_limit: 0, request_timeout_ms: 1_000, ..Config::default() };
    Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, config).await
}

/// Sends bytes as they are, and reads the answer; `None` if the connection ended without one.
async fn raw(server: &Server, bytes: &[u8]) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(server.address).await.expect("a connection");
    // The server may refuse before everything is sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end");
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()?;
    Some((status, text))
}

fn post(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/graphql-response+json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn query(text: impl Into<String>) -> Vec<u8> {
    json!({ "query": text.into() }).to_string().into_bytes()
}

fn code(answer: &str) -> String {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    assert!(body.get("data").is_none(), "a refusal has no data: {answer}");
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Bodies that are no requests, and documents that are too much: each has its status and code.
#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_with_a_status_and_a_code() {
    let server = server().await;
    let chain = |n: usize| {
        let fragments = (0..n).map(|i| format!("fragment F{i} on Query {{ ...F{} }} ", i + 1));
        format!("{{ ...F0 }} {}fragment F{n} on Query {{ __typename }}", fragments.collect::<String>())
    };
    let deep = |n: usize| {
        let inner = "parent { ".repeat(n);
        format!("{{ city(by: {{key: \"espoo\"}}) {{ {inner} key {} }} }}", "}".repeat(n))
    };
    // Each fragment spreads the next twice: without care, the number of visits doubles with each.
    let doubling = {
        let fragments = (0..40).map(|i| format!("fragment F{i} on Query {{ ...F{0} ...F{0} }} ", i + 1));
        format!("{{ ...F0 }} {}fragment F40 on Query {{ __typename }}", fragments.collect::<String>())
    };
    let text = "x".repeat(14_000);
    let bodies: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("nothing", Vec::new(), 400, "BAD_REQUEST"),
        ("half a JSON", b"{\"query\": \"{ __type".to_vec(), 400, "BAD_REQUEST"),
        ("no JSON", b"query { __typename }".to_vec(), 400, "BAD_REQUEST"),
        ("no UTF-8", b"{\"query\": \"{ \xff\xfe }\"}".to_vec(), 400, "BAD_REQUEST"),
        ("a list", b"[{\"query\": \"{ __typename }\"}]".to_vec(), 400, "BAD_REQUEST"),
        ("a text", b"\"{ __typename }\"".to_vec(), 400, "BAD_REQUEST"),
        ("no query", b"{}".to_vec(), 400, "BAD_REQUEST"),
        ("a number as query", b"{\"query\": 1}".to_vec(), 400, "BAD_REQUEST"),
        ("a list of variables", b"{\"query\": \"{ __typename }\", \"variables\": []}".to_vec(), 400, "BAD_REQUEST"),
        ("extensions as text", b"{\"query\": \"{ __typename }\", \"extensions\": \"\"}".to_vec(), 400, "BAD_REQUEST"),
        ("brackets in JSON", [b"[".repeat(100_000), b"]".repeat(100_000)].concat(), 400, "BAD_REQUEST"),
        ("an unknown operation", b"{\"query\": \"query A { __typename }\", \"operationName\": \"B\"}".to_vec(), 400, "OPERATION_NOT_FOUND"),
        ("no operation", query("fragment F on Query { __typename }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        ("an empty document", query(""), 400, "GRAPHQL_PARSE_FAILED"),
        ("a circle", query("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        ("an unused fragment", query("{ __typename } fragment A on Query { __typename }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        ("a chain of fragments", query(chain(3_000)), 400, "DOCUMENT_TOO_LARGE"),
        ("brackets", query("[".repeat(100_000)), 400, "DOCUMENT_TOO_LARGE"),
        ("some brackets", query(format!("{{ f(a: {}) }}", "[".repeat(10_000))), 400, "TOO_MANY_TOKENS"),
        ("a few brackets", query(format!("{{ f(a: {}) }}", "[".repeat(900))), 400, "GRAPHQL_PARSE_FAILED"),
        ("some braces", query("{a".repeat(400)), 400, "GRAPHQL_PARSE_FAILED"),
        ("a deep selection", query(deep(21)), 400, "TOO_DEEP"),
        ("aliases", query(format!("{{ {} }}", (0..31).map(|i| format!("a{i}: __typename ")).collect::<String>())), 400, "TOO_MANY_ALIASES"),
        ("root fields", query(format!("{{ {} }}", "__typename ".repeat(21))), 400, "TOO_MANY_ROOT_FIELDS"),
        ("directives", query(format!("{{ __typename {} }}", "@a ".repeat(51))), 400, "TOO_MANY_DIRECTIVES"),
        ("tokens", query(format!("{{ {} }}", "a ".repeat(5_000))), 400, "TOO_MANY_TOKENS"),
        ("a long list", query(format!("{{ nodes(ids: [{}]) {{ id }} }}", "1 ".repeat(1_001))), 400, "TOO_MANY_TOKENS"),
        ("a costly operation", query("{ cities(first: 100) { nodes { partnerships(first: 100) { nodes { members(first: 100) { nodes { key } } } } } } }"), 400, "TOO_COSTLY"),
        ("a deep introspection", query(format!("{{ __type(name: \"City\") {{ {} name {} }} }}", "ofType { ".repeat(16), "}".repeat(16))), 400, "INTROSPECTION_TOO_DEEP"),
        ("a long list in a variable", json!({ "query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": { "ids": vec!["x"; 1_001] } }).to_string().into_bytes(), 400, "LIST_TOO_LONG"),
        ("long variables", json!({ "query": "query($c: String) { cities(after: $c) { totalCount } }", "variables": { "c": "x".repeat(70_000) } }).to_string().into_bytes(), 400, "VARIABLES_TOO_LARGE"),
        ("a wrong variable", json!({ "query": "query($n: Int) { cities(first: $n) { totalCount } }", "variables": { "n": 2_147_483_648_i64 } }).to_string().into_bytes(), 400, "INVALID_VARIABLES"),
    ];
    for (what, body, status, right) in &bodies {
        let started = Instant::now();
        let (found, answer) = raw(&server, &post(body)).await.unwrap_or_else(|| panic!("{what}: no answer"));
        assert_eq!((found, code(&answer).as_str()), (*status, *right), "{what}: {}", &answer[..answer.len().min(700)]);
        assert!(started.elapsed() < SOON, "{what} took {:?}", started.elapsed());
    }
    for (what, text) in [
        ("a doubling of fragments", doubling),
        ("a long text", format!("{{ city(by: {{key: \"{text}\"}}) {{ key }} }}")),
    ] {
        let (status, answer) = raw(&server, &post(&query(text))).await.expect("an answer");
        assert_eq!(status, 200, "{what}: {answer}");
    }
    assert_eq!(server.get("/healthz").await.0, 200);
}

/// What is wrong with the way of asking has its own status, and says what would be right.
#[tokio::test(flavor = "multi_thread")]
async fn the_transport_is_held_to_its_rules() {
    let server = server().await;
    let head = |line: &str, more: &str| format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n");
    let json_type = "Content-Type: application/json\r\n";
    let text = "Content-Type: text/plain\r\nContent-Length: 2\r\n";
    let large = format!("{json_type}Content-Length: 20000000\r\n");
    for (request, status, says) in [
        (head("PUT /graphql", ""), 405, "Allow: GET, HEAD, POST"),
        (head("DELETE /graphql", ""), 405, "GET, HEAD, POST"),
        (head("POST /graphql", text) + "{}", 415, "application/json"),
        (head("POST /graphql", "Content-Length: 2\r\n") + "{}", 415, "application/json"),
        (
            head("POST /graphql", &format!("{json_type}Accept: text/html\r\nContent-Length: 2\r\n")) + "{}",
            406,
            "Accept",
        ),
        (head("POST /graphql", &large), 413, "must not be larger than 1048576 bytes"),
        (head("GET /graphql", ""), 400, "`query` is missing"),
        (head("GET /graphql?query=%7B__typename%7D&variables=%7B", ""), 400, "variables"),
        (head("GET /graphql?query=mutation%7B__typename%7D", ""), 405, "POST"),
        (head("GET /graphql?query=%7B__typename%7D&variables=&operationName=", ""), 200, "Query"),
        (head("GET /graphql?query=%7B__typename%7D&operationName=%ff", ""), 400, "UTF-8"),
        (head("HEAD /graphql?query=%7B__typename%7D", ""), 200, "Vary: accept"),
        (head("GET /graphql?query=%7B__typename%7D", "Accept: text/html\r\n"), 406, "Vary: accept"),
        (
            head("POST /graphql", &format!("{json_type}Content-Encoding: gzip\r\nContent-Length: 2\r\n")) + "{}",
            415,
            "Accept-Encoding: identity",
        ),
        (head("GET /graphql?query=%7B__typename%7D", "Host: y\r\n"), 400, "exactly one Host header"),
        (
            "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
            400,
            "exactly one Host header",
        ),
        ("GET /graphql?query=%7B__typename%7D HTTP/1.0\r\n\r\n".to_owned(), 200, "Query"),
        (head("GET /nowhere", ""), 404, ""),
    ] {
        let (found, answer) = raw(&server, request.as_bytes()).await.expect("an answer");
        assert_eq!(found, status, "{request}: {answer}");
        let says = says.to_ascii_lowercase();
        assert!(answer.to_ascii_lowercase().contains(&says), "{request}: {answer}");
    }
    // Ten million bytes, whose number is not told in advance.
    let chunk = [format!("{:x}\r\n", 1 << 20).into_bytes(), vec![b'x'; 1 << 20], b"\r\n".to_vec()].concat();
    let chunked =
        [head("POST /graphql", &format!("{json_type}Transfer-Encoding: chunked\r\n")).into_bytes(), chunk.repeat(10)];
    let (status, answer) = raw(&server, &chunked.concat()).await.expect("an answer");
    assert_eq!(status, 413, "{answer}");
    assert_eq!(server.get("/healthz").await.0, 200);
}

/// What is short to ask and long to answer is refused before it is answered; what is wide is answered all the same.
#[tokio::test(flavor = "multi_thread")]
async fn amplification_is_priced() {
    let server = server().await;
    let types = (0..10).map(|i| format!("t{i}: types {{ ...T }} ")).collect::<String>();
    let roots = (0..20).map(|i| format!("s{i}: __schema {{ ...S }} ")).collect::<String>();
    let bomb = format!(
        "{{ {roots} }} fragment S on __Schema {{ {types} }} fragment T on __Type {{ name description fields {{ name args {{ name }} }} }}"
    );
    let (status, answer) = raw(&server, &post(&query(bomb))).await.expect("an answer");
    assert_eq!((status, code(&answer).as_str()), (400, "TOO_COSTLY"), "{answer}");
    let any: Vec<_> = (0..900).map(|i| json!({ "key": { "eq": format!("z{i}") } })).collect();
    let ask = "query($any: [CityFilter!]) { cities(first: 0, filter: {or: $any}) { totalCount } }";
    let body = json!({ "query": ask, "variables": { "any": any } }).to_string().into_bytes();
    let (status, answer) = raw(&server, &post(&body)).await.expect("an answer");
    assert_eq!(status, 200, "{answer}");
    assert!(answer.ends_with("{\"data\":{\"cities\":{\"totalCount\":0}}}"), "{answer}");
}

/// Other protocols may be offered; a WebSocket is opened for pages of this host alone, or of those that are allowed.
#[tokio::test(flavor = "multi_thread")]
async fn upgrades_are_looked_at() {
    let server = server().await;
    let offer = "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\
                 Content-Type: application/json\r\nContent-Length: 26\r\n\r\n{\"query\":\"{__typename}\"}\r\n";
    let (status, answer) = raw(&server, offer.as_bytes()).await.expect("an answer");
    assert_eq!(status, 200, "{answer}");
    for (origin, status) in [("http://evil.example", 403), ("http://x", 101)] {
        let handshake = format!(
            "GET /graphql HTTP/1.1\r\nHost: x\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        stream.write_all(handshake.as_bytes()).await.expect("a handshake");
        let mut answer = [0; 12];
        timeout(SOON, stream.read_exact(&mut answer)).await.expect("soon").expect("an answer");
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"));
    }
}

/// Documents that come once do not pile up: what is kept of them is bounded.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_documents_leaves_memory_flat() {
    let place = Place::new(Backend::Sqlite).await;
    let served = place.serve(&["--sample-data=none", "--rate-limit", "0", "--document-cache-bytes", "1000000"]);
    served.ask("{ __typename }").await;
    let before = served.memory();
    for i in 0..400 {
        let answer = served.ask(&format!("{{ city(by: {{key: \"{i}{}\"}}) {{ key }} }}", "x".repeat(10_000))).await;
        assert_eq!(answer, json!({ "data": { "city": null } }));
    }
    // Four megabytes of text, which would take more than a hundred as documents.
    let grown = served.memory().saturating_sub(before);
    assert!(grown < 48, "{grown} MiB more");
    served.stop();
}
