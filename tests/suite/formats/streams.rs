//! Exports while they are sent: in pages, at the pace of the client and within its budget, and never cut short unnoticed.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use coopgraph::config::Config;
use reqwest::{Client, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{get, rows};
use crate::{
    process::Place,
    support::{Backend, Data, Server, TestDatabase, backends},
};

/// A connection with a request, written by hand: libraries would hide how a response ends.
async fn ask(address: SocketAddr, path: &str, version: &str, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET {path} HTTP/{version}\r\nHost: x\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request");
    stream
}

/// All that arrives until the connection is closed, or reset.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How a body in chunks ends that is complete.
const LAST_CHUNK: &str = "\r\n0\r\n\r\n";

/// A page that fails after others were sent cuts off the connection: a reader does not take a part for the whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_completed_is_cut_off() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        // More origins than fit into a cell, of the source that is exported last.
        let last = "(SELECT id FROM source ORDER BY id DESC LIMIT 1)";
        let sql = format!(
            "INSERT INTO source_derivation (source_id, origin_id) SELECT {last}, id FROM source WHERE id <> {last} AND \
             NOT EXISTS (SELECT 1 FROM source_derivation d WHERE d.source_id = {last} AND d.origin_id = source.id)"
        );
        server.data.execute(&sql).await;
        let path = format!("http://{}/export/sources.csv", server.address);
        // It may be cut off so soon that not even the head was sent.
        if let Ok(response) = Client::new().get(&path).send().await {
            assert_eq!(response.status(), StatusCode::OK);
            let cause = response.bytes().await.expect_err("a part is no whole");
            assert!(cause.is_body() || cause.is_decode(), "{cause:?}");
        }
        // Compression hides neither.
        for coding in ["identity", "gzip", "br"] {
            let accepts = format!("Accept-Encoding: {coding}\r\n");
            let got = rest(ask(server.address, "/export/sources.csv", "1.1", &accepts).await).await;
            assert!(!got.ends_with(LAST_CHUNK), "{backend}, {coding}: {got}");
        }
        // What fails at once is an error, and what has a place for the list is complete.
        let got = get(&server, "/export/sources.csv?orderBy=CREATED_DESC").await;
        assert_eq!((got.status.as_u16(), got.error().0.as_str()), (400, "INVALID_ARGUMENT"), "{}", got.body);
        assert!(got.error().1.contains("more than 100 derives_from"));
        let got = get(&server, "/export/sources.jsonl").await;
        assert_eq!((got.status.as_u16(), got.body.lines().count()), (200, 110));
    }
}

/// A client that has used up its points gets the rest when it has new ones.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_waits_for_points() {
    let whole = {
        let server = Server::start(Backend::Sqlite, Data::Bundled).await;
        get(&server, "/export/citations.csv").await.body
    };
    // Fewer than all pages cost, about 200 each.
    let config = Config { rate_limit: 3_200, ..Config::default() };
    let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, config).await;
    let begun = Instant::now();
    let got = get(&server, "/export/citations.csv").await;
    assert_eq!(got.status, 200);
    assert!(begun.elapsed() > Duration::from_secs(2), "it did not wait");
    assert!(got.headers.contains_key("ratelimit"));
    let lines = |text: &str| text.lines().count();
    assert_eq!(lines(&got.body), lines(&whole));
    // One that has not begun is refused.
    let mut refused = None;
    for _ in 0..40 {
        let got = get(&server, "/export/participations.csv").await;
        if got.status == 429 {
            refused = Some(got);
            break;
        }
    }
    let refused = refused.expect("a limit");
    assert_eq!(refused.error().0, "RATE_LIMITED");
    assert!(refused.headers.contains_key("retry-after"));
}

/// The server reads no further ahead of a client than the buffers of the connection hold, and stops when it has gone.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_for_a_client_that_does_not() {
    let server = Server::start(Backend::Sqlite, Data::World).await;
    let mut stream = ask(server.address, "/export/cities.jsonl", "1.1", "").await;
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.expect("an answer");
    assert_eq!(&begin, b"HTTP/1.1 200");
    // Until no page was read for a while.
    let mut statements = server.data.take_statements().len();
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        match server.data.take_statements().len() {
            0 => break,
            more => statements += more,
        }
    }
    let got = get(&server, "/export/cities.jsonl").await;
    assert!(got.body.lines().count() > 12_000, "{}", got.body.len());
    let all = server.data.take_statements().len();
    assert!(statements < all * 9 / 10, "{statements} of {all} statements, for a client that read nothing");
    // Once it has gone, nothing more is read for it.
    drop(stream);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.data.take_statements(), Vec::<String>::new());
    assert_eq!(get(&server, "/healthz").await.status, 200);
}

/// A client that goes in the middle ends its export: the server does not write the rest for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_ends_with_its_client() {
    let server = Server::start(Backend::Sqlite, Data::World).await;
    get(&server, "/export/cities.jsonl").await;
    let all = server.data.take_statements().len();
    let mut stream = ask(server.address, "/export/cities.jsonl", "1.1", "").await;
    let mut begin = vec![0; 100_000];
    stream.read_exact(&mut begin).await.expect("a beginning");
    drop(stream);
    let mut statements = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        match server.data.take_statements().len() {
            0 => break,
            more => statements += more,
        }
    }
    assert!(statements < all * 9 / 10, "{statements} of {all} statements, for a client that has gone");
}

/// A field that fails in the middle cuts off the file: a record without it would look as if nothing were known.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_fails_cuts_off_a_file() {
    let server = Server::start(Backend::Sqlite, Data::World).await;
    let mut stream = ask(server.address, "/export/cities.jsonl", "1.1", "").await;
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.expect("an answer");
    assert_eq!(&begin, b"HTTP/1.1 200");
    // The server waits for the client to read, which is long before the end.
    server.data.execute("DROP TABLE identifier").await;
    let got = rest(stream).await;
    assert!(!got.contains("\r\n0\r\n"), "{} bytes", got.len());
    assert!(got.contains("\"identifiers\":[") && !got.contains("\"identifiers\":null"), "{} bytes", got.len());
}

/// In HTTP/1.0, a response ends with the connection, so a file that is cut off looks whole: only files whose length is known are
/// sent.
#[tokio::test(flavor = "multi_thread")]
async fn http_1_0_has_only_files_of_one_page() {
    let server = Server::start(Backend::Sqlite, Data::Bundled).await;
    let got = rest(ask(server.address, "/export/topics.csv", "1.0", "").await).await;
    let (head, body) = got.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.0 200 ") || head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
    for path in ["/export/citations.csv", "/export/citations.geojson?x=1", "/popolo.json"] {
        let got = rest(ask(server.address, path, "1.0", "").await).await;
        let status = if path.contains('?') { " 404 " } else { " 505 " };
        assert!(got.lines().next().is_some_and(|line| line.contains(status)), "{path}: {got}");
        assert!(!got.contains("ETag") && (status == " 404 " || got.contains("Use HTTP/1.1")), "{path}: {got}");
    }
}

/// A server that is told to stop finishes the exports that are running, as it finishes other requests; what is still running
/// after its time for that is cut off, so that a reader notices. Here, exports take long because they wait for points.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_finishes_exports() {
    let whole = {
        let server = Server::start(Backend::Sqlite, Data::Bundled).await;
        get(&server, "/export/citations.csv").await.body
    };
    let export = async |points: &str, more: &str| {
        let place = Place::new(Backend::Sqlite).await;
        let served = place.serve(&["--rate-limit", points]);
        let mut stream = ask(served.address, "/export/citations.csv?orderBy=CREATED_ASC", "1.1", more).await;
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).await.expect("an answer");
        assert_eq!(&begin, b"HTTP/1.1 200", "{points}");
        served.signal("TERM");
        let told = Instant::now();
        let got = rest(stream).await;
        let time = told.elapsed();
        tokio::task::spawn_blocking(|| served.ended()).await.expect("an end");
        (got, time)
    };
    let ((finished, soon), (cut_off, late), (compressed, _)) =
        tokio::join!(export("3200", ""), export("1500", ""), export("1500", "Accept-Encoding: gzip\r\n"));
    assert!(finished.ends_with(LAST_CHUNK), "{finished}");
    let missing: Vec<_> =
        rows(&whole).into_iter().filter(|row| !finished.contains(&format!("\n{},", row[0]))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(soon > Duration::from_secs(1), "it ended before the server was told: {soon:?}");
    assert!(!cut_off.contains("\r\n0\r\n") && cut_off.lines().count() > 50, "{cut_off}");
    assert!(late > Duration::from_secs(20), "{late:?}");
    let (head, body) = compressed.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains("Content-Encoding: gzip") && !body.ends_with(LAST_CHUNK), "{head}");
}
