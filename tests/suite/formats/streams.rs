//! Exports while they are sent: in pages, at the pace of the client and within its budget, and never cut short unnoticed.

use std::time::Duration;

use coopgraph::config::Config;
use reqwest::{Client, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::get;
use crate::support::{Backend, Data, Server, TestDatabase, backends};

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
    // Fewer than all pages cost, about 350 each.
    let config = Config { rate_limit: 4_500, ..Config::default() };
    let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, config).await;
    let got = get(&server, "/export/citations.csv").await;
    assert_eq!(got.status, 200);
    assert!(got.headers.contains_key("ratelimit"));
    let rows = |text: &str| text.lines().count();
    assert_eq!(rows(&got.body), rows(&whole));
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
    let mut stream = TcpStream::connect(server.address).await.expect("a connection");
    let request = "GET /export/cities.jsonl HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("a request");
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
    drop(stream);
    assert_eq!(get(&server, "/healthz").await.status, 200);
}
