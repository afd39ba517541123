//! A rolling restart, and a server that is full: what load balancers and clients see.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use coopgraph::config::Config;
use serde_json::json;

use crate::{
    process::Place,
    support::{Backend, Data, Server, TestDatabase, backends},
};

/// The time from the signal until no connections are accepted: long enough for a few requests on a busy machine.
const DELAY: Duration = Duration::from_secs(6);

fn open(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
    stream.write_all(request.as_bytes()).expect("a request");
    stream
}

/// The whole answer to a request, on a connection of its own.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut answer = String::new();
    open(address, request).read_to_string(&mut answer).expect("an answer");
    answer
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

fn post(query: &str, more: &str) -> String {
    let body = json!({ "query": query }).to_string();
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{more}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Told to stop, the server is not ready at once, but answers for a time; and event streams end without `complete`, so that
/// clients connect again, to another server.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_drains_before_it_stops() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let served = place.serve(&["--shutdown-delay-ms", &DELAY.as_millis().to_string()]);
        let address = served.address;
        let accept = "Accept: text/event-stream\r\n";
        let mut subscribed = open(address, &post("subscription { datasetChanged { version } }", accept));
        let mut begun = Vec::new();
        while !String::from_utf8_lossy(&begun).contains("event: next") {
            let mut piece = [0; 1024];
            let length = subscribed.read(&mut piece).expect("an event");
            begun.extend_from_slice(&piece[..length]);
        }
        assert!(ask(address, &get("/readyz")).starts_with("HTTP/1.1 200"));

        served.signal("TERM");
        let told = Instant::now();
        loop {
            let ready = ask(address, &get("/readyz"));
            if ready.starts_with("HTTP/1.1 503") {
                assert!(ready.ends_with("shutting down\n"), "{ready}");
                break;
            }
            assert!(told.elapsed() < DELAY / 2, "{backend}: it is still ready");
        }
        assert!(ask(address, &get("/healthz")).starts_with("HTTP/1.1 200"), "it is alive");
        let answer = ask(address, &post("{ visits { totalCount } }", "Connection: close\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("totalCount"), "{backend}: {answer}");
        // A client that would use the connection again is told not to.
        let answer = ask(address, &post("{ visits { totalCount } }", ""));
        assert!(answer.contains("\r\nConnection: close\r\n"), "{backend}: {answer}");
        let mut rest = String::new();
        subscribed.read_to_string(&mut rest).expect("an end");
        assert!(!rest.contains("complete"), "{backend}: {rest}");
        assert!(told.elapsed() + Duration::from_millis(100) >= DELAY, "{backend}: it did not wait");
        served.ended();
    }
}

/// A connection that a client has opened before the server stopped, but not used yet, has its request answered: a proxy does
/// not send it to another server, as it does if it cannot connect.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_connection_has_its_request_answered() {
    let place = Place::new(Backend::Sqlite).await;
    let served = place.serve(&[]);
    let address = served.address;
    let mut opened: Vec<_> = (0..8).map(|_| open(address, "")).collect();
    served.signal("TERM");
    // It no longer listens.
    while let Ok(more) = TcpStream::connect(address) {
        drop(more);
    }
    for stream in &mut opened {
        stream.write_all(post("{ visits { totalCount } }", "").as_bytes()).expect("a request");
    }
    for mut stream in opened {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
    served.ended();
}

/// While all connections are taken, health checks are answered, and others are told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_answers_health_checks() {
    let origins = vec!["http://localhost:3000".to_owned()];
    // `/graphql` begins with the same letters.
    let prefix = Some("/graph".into());
    let config =
        Config { max_connections: 2, rate_limit: 0, cors_origins: origins, path_prefix: prefix, ..Config::default() };
    let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, config).await;
    let address = server.address;
    let taken: Vec<_> = (0..2).map(|_| open(address, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    for mut stream in &taken {
        let mut one = [0];
        stream.read_exact(&mut one).expect("an answer");
    }
    let query = post("{ visits { totalCount } }", "Connection: close\r\nOrigin: http://localhost:3000\r\n");
    for _ in 0..40 {
        for path in ["/healthz", "/graph/readyz"] {
            assert!(ask(address, &get(path)).starts_with("HTTP/1.1 200"), "{path}");
        }
        // As an error of GraphQL, which pages of other origins can read.
        let refused = ask(address, &query);
        for part in [
            "HTTP/1.1 503 ",
            "\r\nRetry-After: 1\r\n",
            "\r\nAccess-Control-Allow-Origin: http://localhost:3000\r\n",
            r#"{"errors":[{"message":"Too many connections are open. Try again in a moment.""#,
            r#""extensions":{"code":"SERVER_BUSY"}"#,
        ] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        assert!(ask(address, &get("/schema.graphql")).starts_with("HTTP/1.1 503"));
    }
    drop(taken);
    let freed = Instant::now();
    while !ask(address, &query).starts_with("HTTP/1.1 200") {
        assert!(freed.elapsed() < Duration::from_secs(5), "it stays full");
    }
}
