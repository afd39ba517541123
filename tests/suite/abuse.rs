//! What the endpoint answers to what nobody should send: a documented status, soon; and it still answers afterwards.

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

/// Sends all of the bytes, a little at a time, and only then reads the answer, as many clients do.
async fn send_slowly(stream: &mut TcpStream, bytes: &[u8]) -> Vec<u8> {
    for (number, piece) in bytes.chunks(64 << 10).enumerate() {
        // Time enough for the server to refuse, and to close if it does not wait for the rest.
        if number < 20 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let sent = stream.write_all(piece).await;
        assert!(sent.is_ok(), "the connection was reset after {number} pieces: {sent:?}");
    }
    let mut answer = Vec::new();
    timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end").expect("an orderly end");
    answer
}

/// A connection whose client has small buffers, so that the rest of what it sends is still on its way.
async fn connect_with_small_buffers(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("a small buffer");
    socket.set_send_buffer_size(16 << 10).expect("a small buffer");
    socket.connect(server.address).await.expect("a connection")
}

/// A client that is still sending a message that is too large reads the close code, not a reset of the connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_still_sending_a_message_reads_the_close_code() {
    let server = server().await;
    let mut stream = connect_with_small_buffers(&server).await;
    let handshake = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(handshake.as_bytes()).await.expect("a handshake");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(SOON, stream.read_u8()).await.expect("soon").expect("an answer"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    // One frame of text, masked with zeros.
    let length = 8_u64 << 20;
    let mut frame = [&[0x81, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat();
    frame.resize(frame.len() + (8 << 20), b' ');
    let answer = send_slowly(&mut stream, &frame).await;
    // A close frame, its length, and the code.
    assert_eq!((answer[0], &answer[2..4]), (0x88, &1009_u16.to_be_bytes()[..]), "{answer:?}");
    assert_eq!(server.get("/healthz").await.0, 200);
}

/// A client that is still sending a body that is too large reads the answer, not a reset of the connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_still_sending_a_body_reads_the_answer() {
    let server = server().await;
    let mut stream = connect_with_small_buffers(&server).await;
    let answer = send_slowly(&mut stream, &post(&vec![b' '; 8 << 20])).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(server.get("/healthz").await.0, 200);
}

/// Reads what a connection gives, until it ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // An end without farewell is an end.
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Of unfinished bodies only so much is kept, and of connections only so many are open, for one address and for all.
#[tokio::test(flavor = "multi_thread")]
async fn what_clients_can_hold_is_bounded() {
    let config = Config { max_unfinished_bytes: 4_000, max_connections_per_client: 3, ..Config::default() };
    let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, config).await;
    let connect = async || TcpStream::connect(server.address).await.expect("a connection");
    let begin = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n\r\n";
    let mut first = connect().await;
    first.write_all(format!("{begin}{}", " ".repeat(17_300)).as_bytes()).await.expect("a beginning");
    // The other connection is served by another task: it is asked until the first has been read.
    let mut second = connect().await;
    let started = Instant::now();
    loop {
        second.write_all(&post(&[query("{ __typename }"), vec![b' '; 16_500]].concat())).await.expect("a request");
        let answer = rest(&mut second).await;
        if answer.starts_with("HTTP/1.1 503") {
            assert!(answer.contains("Retry-After: 1"), "{answer}");
            let small = raw(&server, &post(&query("{ __typename }"))).await.expect("an answer");
            assert_eq!(small.0, 200, "small requests are not in the way: {}", small.1);
            break;
        }
        assert!(answer.starts_with("HTTP/1.1 200") && started.elapsed() < SOON, "{answer}");
        second = connect().await;
    }
    first.write_all(b"{\"query\":1}").await.expect("more");
    drop(first);
    let mut held = Vec::new();
    // The places of those above are free in a moment.
    while held.len() < 3 {
        let mut stream = connect().await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("a request");
        let mut answer = [0; 12];
        if timeout(SOON, stream.read_exact(&mut answer)).await.expect("soon").is_ok() {
            assert_eq!(&answer, b"HTTP/1.1 200");
            held.push(stream);
        }
        assert!(started.elapsed() < SOON + SOON, "places are not free");
    }
    assert_eq!(rest(&mut connect().await).await, "", "one too many");
    held.pop();
    let started = Instant::now();
    while raw(&server, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.is_none() {
        assert!(started.elapsed() < SOON, "its place is not free");
    }
}

/// Connections on which nothing comes, or no end of a beginning, or another protocol, are closed.
#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_are_closed() {
    let server = server().await;
    let beginnings: [&[u8]; 4] = [b"", b"P", b"GET /graphql HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"];
    let address = server.address;
    let closed = beginnings.map(|beginning| async move {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(beginning).await.expect("a beginning");
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(10) + SOON, stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{}", String::from_utf8_lossy(beginning));
    });
    // One that has asked something may be idle for longer: proxies keep connections for a minute.
    let idle = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let ask = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
        for _ in 0..2 {
            stream.write_all(ask).await.expect("a request");
            let mut answer = vec![0; 15];
            timeout(SOON, stream.read_exact(&mut answer)).await.expect("soon").expect("an answer");
            assert_eq!(answer, b"HTTP/1.1 200 OK", "{}", String::from_utf8_lossy(&answer));
            // What is left of the answer, and then nothing for longer than a first head may take.
            let mut rest = vec![0; 4096];
            while timeout(Duration::from_secs(12), stream.read(&mut rest))
                .await
                .is_ok_and(|read| read.is_ok_and(|n| n > 0))
            {}
        }
    };
    tokio::join!(futures_util::future::join_all(closed), idle);
}

/// A sender that dawdles is told so; one that hangs up in the middle does no harm.
#[tokio::test(flavor = "multi_thread")]
async fn slow_and_half_closed_senders_are_left_behind() {
    let server = server().await;
    let head =
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"query";
    let started = Instant::now();
    let (status, answer) = raw(&server, head.as_bytes()).await.expect("an answer");
    assert_eq!(status, 408, "{answer}");
    assert!(answer.contains("1000 ms"), "{answer}");
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    for bytes in [head.as_bytes(), b"POST /gra", b"", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        stream.write_all(bytes).await.expect("a beginning");
        stream.shutdown().await.expect("half an end");
        let mut answer = Vec::new();
        timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end").expect("an orderly end");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 505"),
            "{answer}"
        );
    }
    assert_eq!(server.get("/healthz").await.0, 200);
}

/// Documents that come once do not pile up: what is kept of them is bounded.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_documents_leaves_memory_flat() {
    let place = Place::new(Backend::Sqlite).await;
    let served = place.serve(&["--no-sample-data", "--rate-limit", "0", "--document-cache-bytes", "1000000"]);
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
