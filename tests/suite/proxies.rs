//! What stands between a client and the server: proxies that end TLS, add a prefix, rename the host or buffer, browsers that
//! ask first, and clients that read headers literally.

use std::time::Duration;

use coopgraph::config::Config;
use reqwest::{Client, Method, header, redirect::Policy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Backend, Data, Server, TestDatabase};

async fn server(config: Config) -> Server {
    Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, Config { rate_limit: 0, ..config }).await
}

/// Follows no redirection.
fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("a client")
}

/// Sends bytes as they are, and reads the head of the answer.
async fn head(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = timeout(Duration::from_secs(10), stream.read_u8()).await.expect("soon").expect("a head");
        head.push(byte);
    }
    String::from_utf8(head).expect("UTF-8")
}

fn handshake(headers: &str, protocol: &str) -> String {
    format!(
        "GET /graphql HTTP/1.1\r\n{headers}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         {protocol}: graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// A WebSocket is opened for pages of the same host, however it is written and whatever a trusted proxy makes of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_same_host_opens_a_websocket() {
    let (plain, trusting) = (Config::default(), Config { trust_proxy: true, ..Config::default() });
    let listed = Config { cors_origins: vec!["https://api.example.org".to_owned()], ..Config::default() };
    let forwarded = "Host: backend:8000\r\nX-Forwarded-Host: api.example.org\r\nX-Forwarded-Proto: https\r\n\
                     X-Forwarded-For: 192.0.2.1\r\n";
    for (config, host, status) in [
        (&plain, "Host: api.example.org\r\n", 101),
        (&plain, "Host: api.example.org:443\r\n", 101),
        (&plain, "Host: API.example.org\r\n", 101),
        (&trusting, forwarded, 101),
        (&listed, "Host: backend:8000\r\n", 101),
        (&plain, "Host: api.example.org:8000\r\n", 403),
        (&plain, forwarded, 403),
        (&trusting, "Host: backend:8000\r\nX-Forwarded-Host: other.example.org\r\n", 403),
    ] {
        let server = server(config.clone()).await;
        let headers = format!("{host}Origin: https://api.example.org\r\n");
        let answer = head(&server, &handshake(&headers, "Sec-WebSocket-Protocol")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{host}: {answer}");
    }
    let server = server(plain).await;
    let refused =
        client().get(format!("http://{}/graphql", server.address)).header("Origin", "https://other.example.org");
    let refused = refused.header("Connection", "Upgrade").header("Upgrade", "websocket");
    let text = refused.send().await.expect("an answer").text().await.expect("a text");
    assert!(text.contains("--cors-origins") && text.contains("--trust-proxy"), "{text}");
}

/// Header names are written as usual, or as their specifications write them, however the client does.
#[tokio::test(flavor = "multi_thread")]
async fn headers_are_spelled_as_clients_expect() {
    let server = server(Config::default()).await;
    for name in ["Sec-WebSocket-Protocol", "Sec-Websocket-Protocol", "sec-websocket-protocol"] {
        let answer = head(&server, &handshake("Host: x\r\n", name)).await;
        for name in ["Sec-WebSocket-Protocol: graphql-transport-ws\r\n", "Sec-WebSocket-Accept: ", "Upgrade: "] {
            assert!(answer.contains(&format!("\r\n{name}")), "{name}: {answer}");
        }
    }
    let answer = head(&server, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    for name in ["Content-Type: ", "Content-Length: ", "X-Request-Id: ", "Date: "] {
        assert!(answer.contains(&format!("\r\n{name}")), "{name}: {answer}");
    }
    let limited = Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, Config::default()).await;
    let answer = head(&limited, "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: x\r\n\r\n").await;
    for name in ["RateLimit: ", "RateLimit-Policy: ", "Content-Type: "] {
        assert!(answer.contains(&format!("\r\n{name}")), "{name}: {answer}");
    }
}

/// A browser may send what the usual clients and tracers send from another origin.
#[tokio::test(flavor = "multi_thread")]
async fn preflights_allow_what_clients_send() {
    let server = server(Config { cors_origins: vec!["http://localhost:3000".to_owned()], ..Config::default() }).await;
    for asked in [
        "apollographql-client-name,apollographql-client-version,content-type",
        "apollo-require-preflight,x-apollo-operation-name",
        "traceparent,tracestate,baggage,sentry-trace",
        "authorization,content-type,x-request-id",
    ] {
        let preflight = client().request(Method::OPTIONS, format!("http://{}/graphql", server.address));
        let preflight = preflight.header("Origin", "http://localhost:3000");
        let preflight = preflight.header("Access-Control-Request-Method", "POST");
        let answer = preflight.header("Access-Control-Request-Headers", asked).send().await.expect("an answer");
        let allowed = answer.headers().get("access-control-allow-headers").and_then(|value| value.to_str().ok());
        assert_eq!(allowed, Some(asked));
        assert_eq!(answer.headers()["access-control-allow-origin"], "http://localhost:3000");
    }
}

/// Events are not kept back by nginx, which reads this header.
#[tokio::test(flavor = "multi_thread")]
async fn event_streams_are_not_buffered() {
    let server = server(Config::default()).await;
    for query in ["{ __typename }", "subscription { datasetChanged { version } }", "{ nothing }"] {
        let request = client().post(format!("http://{}/graphql", server.address)).json(&json!({ "query": query }));
        let answer = request.header(header::ACCEPT, "text/event-stream").send().await.expect("an answer");
        assert_eq!(answer.headers()["x-accel-buffering"], "no", "{query}");
        assert_eq!(answer.headers()["cache-control"], "no-cache", "{query}");
    }
}

/// Below a prefix, with or without it, everything is where relative addresses lead; and the start page shows the address by
/// which one came.
#[tokio::test(flavor = "multi_thread")]
async fn everything_works_below_a_prefix() {
    let config = Config { path_prefix: Some("/coop/graph".into()), trust_proxy: true, ..Config::default() };
    let server = server(config).await;
    let get =
        async |path: &str| client().get(format!("http://{}{path}", server.address)).send().await.expect("an answer");
    for prefix in ["", "/coop/graph"] {
        for path in
            ["/", "/playground/", "/schema.graphql", "/healthz", "/pages.css", "/graphql?query=%7B__typename%7D"]
        {
            assert_eq!(get(&format!("{prefix}{path}")).await.status(), 200, "{prefix}{path}");
        }
        let query = json!({ "query": "{ visits { totalCount } }" });
        for path in ["/graphql", "/graphql/"] {
            let post = client().post(format!("http://{}{prefix}{path}", server.address)).json(&query);
            let answer: Value = post.send().await.expect("an answer").json().await.expect("JSON");
            assert!(answer["data"]["visits"]["totalCount"].is_number(), "{prefix}{path}: {answer}");
        }
    }
    for (path, to) in [("/coop/graph", "/coop/graph/"), ("/coop/graph/playground", "playground/")] {
        let answer = get(path).await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (308, &to.parse().expect("a header")));
        for name in ["x-request-id", "x-content-type-options", "content-security-policy"] {
            assert!(answer.headers().contains_key(name), "{path}: no {name}");
        }
    }
    assert_eq!(get("/coop/graphs/").await.status(), 404);
    let start = client().get(format!("http://{}/coop/graph/", server.address)).header("Host", "backend");
    let start = start.header("X-Forwarded-Host", "api.example.org").header("X-Forwarded-Proto", "https");
    let text = start.send().await.expect("an answer").text().await.expect("a text");
    assert!(text.contains("curl -s https://api.example.org/coop/graph/graphql "), "{text}");
}

/// A browser that opens the endpoint is led to the playground; other clients get JSON.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_at_the_endpoint_is_led_on() {
    let server = server(Config::default()).await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
    for (path, accept, status, to) in [
        ("/graphql", browser, 303, "playground/"),
        ("/graphql/", browser, 303, "../playground/"),
        ("/graphql?query=%7B__typename%7D", browser, 200, ""),
        ("/graphql", "*/*", 400, ""),
        ("/graphql", "application/json", 400, ""),
    ] {
        let request = client().get(format!("http://{}{path}", server.address)).header(header::ACCEPT, accept);
        let answer = request.send().await.expect("an answer");
        let location = answer.headers().get(header::LOCATION).map_or("", |value| value.to_str().expect("a text"));
        assert_eq!((answer.status().as_u16(), location), (status, to), "{path}, {accept}");
    }
}

/// What Relay's network layers send beside a document, and what some editors put in front of JSON, is no error.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_usual_clients_are_understood() {
    let server = server(Config::default()).await;
    let visits = |body: Vec<u8>| {
        let request = client().post(format!("http://{}/graphql", server.address)).body(body);
        async move {
            let request = request.header(header::CONTENT_TYPE, "application/json");
            let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
            assert!(answer["data"]["visits"]["totalCount"].is_number(), "{answer}");
        }
    };
    let query = "query VisitsQuery { visits { totalCount } }";
    for id in [json!("VisitsQuery"), json!(1), json!(null), json!({}), json!(["a"])] {
        visits(json!({ "id": id, "query": query, "variables": {} }).to_string().into_bytes()).await;
    }
    let body = json!({ "query": query }).to_string();
    visits([b"\xef\xbb\xbf", body.as_bytes()].concat()).await;
    let url = format!("http://{}/graphql?id=42&query=%7Bvisits%7BtotalCount%7D%7D", server.address);
    let answer: Value = client().get(url).send().await.expect("an answer").json().await.expect("JSON");
    assert!(answer["data"]["visits"]["totalCount"].is_number(), "{answer}");
}
