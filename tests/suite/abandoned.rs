//! Work that nobody waits for any more stops, in the database too.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use coopgraph::config::Config;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{Backend, Data, Server, TestDatabase, backends};

/// How soon a statement must have stopped, in a build that is not optimised and beside other tests.
const SOON: Duration = Duration::from_secs(15);
/// More than there are connections.
const CLIENTS: usize = 12;
/// A document that reads a table which is never read to its end. Each has a plan of its own: they share no statements.
fn endless(i: usize) -> String {
    format!("{{ a{i}: topics {{ totalCount }} }}")
}

/// A server on whose database reading topics never ends.
async fn server(backend: Backend, request_timeout: Duration) -> Server {
    let data = TestDatabase::new(backend, Data::Bundled).await;
    let endless = match backend {
        Backend::Sqlite => "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n",
        Backend::Postgres => {
            "SELECT COUNT(*) FROM generate_series(1::bigint, 1000000000000) AS a, generate_series(1, 1000) AS b"
        }
    };
    data.execute("ALTER TABLE \"topic\" RENAME TO \"old_topic\"").await;
    data.execute(&format!("CREATE VIEW \"topic\" AS SELECT t.* FROM \"old_topic\" AS t WHERE ({endless}) = 0")).await;
    let request_timeout_ms = u64::try_from(request_timeout.as_millis()).expect("a short time");
    let trust_proxy = true;
    let max_concurrent_requests_per_client = CLIENTS;
    let config = Config { request_timeout_ms, trust_proxy, max_concurrent_requests_per_client, ..Config::default() };
    Server::with(data, config).await
}

/// Waits until no request runs and no connection is busy; then the server must answer.
async fn is_at_rest(server: &Server) {
    let started = Instant::now();
    loop {
        let (_, metrics) = server.get("/metrics").await;
        let is_zero = |name: &str| {
            let line =
                metrics.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {metrics}"));
            line.ends_with(" 0")
        };
        if is_zero("coopgraph_requests_running") && is_zero("coopgraph_database_connections{state=\"busy\"}") {
            break;
        }
        assert!(started.elapsed() < SOON, "statements run on: {metrics}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let data = server.data("{ cities(first: 1) { nodes { key } } }", json!({})).await;
    assert!(data["cities"]["nodes"][0]["key"].is_string(), "{data}");
}

/// The processes of PostgreSQL that serve this database; none of SQLite.
async fn processes(server: &Server, backend: Backend) -> Vec<i32> {
    if backend == Backend::Sqlite {
        return Vec::new();
    }
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() ORDER BY pid";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = server.data.database.connection().query_all_raw(statement).await.expect("rows");
    rows.iter().map(|row| row.try_get("", "pid").expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_of_clients_that_left_are_stopped() {
    for backend in backends() {
        let server = server(backend, Duration::from_mins(1)).await;
        let cities = || server.data("{ cities(first: 50) { nodes { key } } }", json!({}));
        join_all((0..CLIENTS).map(|_| cities())).await;
        let before = processes(&server, backend).await;
        let client = reqwest::Client::new();
        let ask = |i| {
            let request =
                client.post(format!("http://{}/graphql", server.address)).json(&json!({ "query": endless(i) }));
            request.timeout(Duration::from_millis(300)).send()
        };
        let answers = join_all((0..CLIENTS).map(ask)).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(reqwest::Error::is_timeout)), "{answers:?}");
        is_at_rest(&server).await;
        let after = processes(&server, backend).await;
        assert!(
            before.iter().all(|process| after.contains(process)),
            "connections were given up: {before:?}, {after:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_take_too_long_are_stopped() {
    for backend in backends() {
        let server = server(backend, Duration::from_millis(300)).await;
        let answers = join_all((0..CLIENTS).map(async |i| server.error(&endless(i), json!({})).await)).await;
        for (code, message) in answers {
            assert_eq!(code, "TIMEOUT");
            assert!(message.contains("300 ms"), "{message}");
        }
        is_at_rest(&server).await;
    }
}

/// A client whose statements take all that it may have is in nobody's way but its own.
#[tokio::test(flavor = "multi_thread")]
async fn no_client_has_all_connections() {
    for backend in backends() {
        let server = &server(backend, Duration::from_mins(1)).await;
        let client = reqwest::Client::new();
        let ask = |address: &'static str, query: String, patience: Duration| {
            let request = client.post(format!("http://{}/graphql", server.address)).json(&json!({ "query": query }));
            request.header("x-forwarded-for", address).timeout(patience).send()
        };
        // One is refused if it comes while the other future below asks for something: then it comes again.
        let greedy = join_all((0..CLIENTS).map(async |i| {
            loop {
                match ask("192.0.2.1", endless(i), SOON + SOON).await {
                    Ok(refused) if refused.status() == 503 => {}
                    answer => return answer,
                }
            }
        }));
        let other = async {
            let started = Instant::now();
            // Until the greedy one has all that it may have.
            while ask("192.0.2.1", "{ __typename }".to_owned(), SOON).await.expect("an answer").status() != 503 {
                assert!(started.elapsed() < SOON, "it was never refused");
            }
            let answer = ask("192.0.2.2", "{ cities(first: 1) { nodes { key } } }".to_owned(), SOON)
                .await
                .expect("an answer in time");
            assert_eq!(answer.status(), 200);
        };
        tokio::select! {
            () = other => {}
            answers = greedy => panic!("{answers:?}"),
        }
        is_at_rest(server).await;
    }
}

/// Connections that the operator of the database ended are replaced, and no client notices.
#[tokio::test(flavor = "multi_thread")]
async fn broken_connections_are_replaced() {
    for backend in backends().into_iter().filter(|backend| *backend == Backend::Postgres) {
        let server = Server::start(backend, Data::Bundled).await;
        let ask = || server.data("{ cities(first: 3) { nodes { key } } }", json!({}));
        let before = join_all((0..CLIENTS).map(|_| ask())).await;
        let others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        server.data.execute(others).await;
        let after = join_all((0..CLIENTS).map(|_| ask())).await;
        assert_eq!(before, after);
    }
}

/// What PostgreSQL sends when an operator ends a connection: severity, code and message.
const TERMINATED: &[u8] = b"E\x00\x00\x00\x25SFATAL\0C57P01\0Mterminating now!\0\0";
/// A request for TLS, to which a server answers `N` if it has none, and then expects the usual message.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// So are connections that end while they are opened.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_end_while_they_are_opened_are_replaced() {
    for backend in backends().into_iter().filter(|backend| *backend == Backend::Postgres) {
        let mut data = TestDatabase::new(backend, Data::Bundled).await;
        let (_, rest) = data.url.split_once('@').expect("a host");
        let (postgres, name) = rest.split_once('/').map(|(at, name)| (at.to_owned(), name.to_owned())).expect("a name");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        data.url = format!("postgres://postgres@{}/{name}", listener.local_addr().expect("an address"));
        // How many of the next connections end.
        let ending = Arc::new(AtomicUsize::new(0));
        let left = ending.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let number = left.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
                let mut server = TcpStream::connect(&postgres).await.expect("PostgreSQL");
                tokio::spawn(async move {
                    let Ok(number) = number else {
                        return tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop);
                    };
                    let mut start = [0; 8];
                    client.read_exact(&mut start).await?;
                    if start == TLS_REQUEST {
                        client.write_all(b"N").await?;
                    }
                    let message = if number % 2 == 0 { TERMINATED } else { b"" };
                    client.write_all(message).await
                });
            }
        });
        let server = Server::over(data.reopen().await).await;
        ending.store(4, Ordering::SeqCst);
        let data = server.data("{ cities(first: 3) { nodes { key } } }", json!({})).await;
        assert!(data["cities"]["nodes"][2]["key"].is_string(), "{data}");
        assert_eq!(ending.load(Ordering::SeqCst), 0);
    }
}
