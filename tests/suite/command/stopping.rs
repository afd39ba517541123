//! How a server ends that is told to stop.

use super::*;

/// A request whose body is on its way: the server has begun it, since it asks for the rest.
fn begin(address: SocketAddr, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(LONG)).expect("a limit");
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("a head");
    let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut answer = vec![0; go_on.len()];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer, go_on);
    stream
}

/// Told to stop, it finishes what it began, takes no new connections, does not wait for idle ones, and ends well.
#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_finishes_what_it_began() {
    for (backend, signal) in backends().into_iter().flat_map(|b| [(b, "TERM"), (b, "INT")]) {
        let place = Place::new(backend).await;
        let mut served = place.serve(&[]);
        let body = json!({ "query": "{ city(by: {key: \"espoo\"}) { name } }" }).to_string();
        let mut idle = TcpStream::connect(served.address).expect("a connection");
        let ask = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
        idle.write_all(ask.as_bytes()).expect("a request");
        let mut one = [0; 1];
        idle.read_exact(&mut one).expect("an answer");
        let mut running = begin(served.address, &body);

        served.signal(signal);
        let said = served.lines.next().expect("a line").expect("a line");
        assert!(said.starts_with("stopping"), "{said}");
        let start = Instant::now();
        while TcpStream::connect(served.address).is_ok() {
            assert!(start.elapsed() < LONG, "it takes new connections");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(served.child.try_wait().expect("a status").is_none(), "it left a request alone");
        running.write_all(body.as_bytes()).expect("the body");
        let mut answer = String::new();
        running.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{backend}: {answer}");
        assert!(answer.ends_with("{\"data\":{\"city\":{\"name\":\"Espoo\"}}}"), "{backend}: {answer}");
        served.ended();
    }
}

/// Whoever reads the addresses may tell it to stop in the same moment: it listens to that by then.
#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_at_once_it_ends_well() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        for _ in 0..10 {
            place.serve(&["--sample-data=none"]).stop();
        }
    }
}

/// A server that waits for another process before its database is ready stops when it is told to.
#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_while_it_waits_it_ends() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let mut place = Place::new(Backend::Sqlite).await;
        place.url.clone_from(&database.url);
        let options = sea_orm::TransactionOptions {
            sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let lock = database.database.connection().begin_with_options(options).await.expect("a transaction");
        if backend == Backend::Postgres {
            lock.execute_unprepared("LOCK TABLE \"record\" IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
        }
        let mut child = place.on_database(&["serve", "--listen", "127.0.0.1:0"]).spawn().expect("a server");
        let begun = Instant::now();
        while !handles_sigterm(child.id()) {
            assert!(begun.elapsed() < LONG, "it does not handle SIGTERM");
            std::thread::sleep(Duration::from_millis(5));
        }
        kill("TERM", child.id());
        let status = loop {
            if let Some(status) = child.try_wait().expect("a status") {
                break status;
            }
            assert!(begun.elapsed() < LONG, "{backend}: it does not stop");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(status.code(), Some(0), "{backend}");
        lock.rollback().await.expect("no lock");
    }
}

/// While another process writes, a server starts and reads; a key is revoked when the other one is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_writer_keeps_no_server_from_reading() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let mut place = Place::new(Backend::Sqlite).await;
        place.url.clone_from(&database.url);
        let key = place.prints(&["key", "create", "--name", "a", "--role", "editor"]);
        let lock = coopgraph::import_export::begin_change(database.database.connection()).await.expect("a transaction");
        lock.execute_unprepared("UPDATE \"record\" SET \"kind\" = \"kind\" WHERE \"kind\" = 'city'")
            .await
            .expect("an update");
        let begun = Instant::now();
        let server = place.serve(&["--sample-data=finland-china"]);
        // SQLite waits for ten seconds.
        assert!(begun.elapsed() < Duration::from_secs(8), "{backend}: {:?}", begun.elapsed());
        server.stop();
        let mut revoked = place.on_database(&["key", "revoke", key.trim()]).spawn().expect("the command");
        if backend == Backend::Sqlite {
            std::thread::sleep(Duration::from_secs(1));
            assert_eq!(revoked.try_wait().expect("a status"), None, "it waits");
        }
        lock.rollback().await.expect("no lock");
        assert!(revoked.wait().expect("a status").success(), "{backend}");
        assert!(place.prints(&["key", "list"]).contains("revoked"), "{backend}");
    }
}

/// Whether a process has a handler of its own for SIGTERM.
fn handles_sigterm(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("SigCgt");
    u64::from_str_radix(caught.trim(), 16).expect("a mask") >> 14 & 1 == 1
}

/// A WebSocket is told that the server stops, when what it asked is answered: 1001, going away. Its subscriptions are not
/// complete, so that it asks for them again where it connects again.
#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_says_farewell_to_web_sockets() {
    let place = Place::new(Backend::Sqlite).await;
    place.prints(&["migrate"]);
    place.prints(&["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")]);
    let database = Database::connect(&place.url, Access::Open, None).await.expect("the database");
    for sql in [
        "ALTER TABLE \"topic\" RENAME TO \"old_topic\"",
        "CREATE VIEW \"topic\" AS SELECT t.* FROM \"old_topic\" AS t WHERE \
         (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n) = 0",
    ] {
        database.connection().execute_unprepared(sql).await.expect(sql);
    }
    let served = place.serve(&["--sample-data=none", "--request-timeout-ms", "2000"]);
    let mut socket = TcpStream::connect(served.address).expect("a connection");
    let handshake = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(handshake.as_bytes()).expect("a handshake");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    for message in [
        json!({ "type": "connection_init" }),
        json!({ "type": "subscribe", "id": "live", "payload": { "query": "subscription { datasetChanged { version } }" } }),
        json!({ "type": "subscribe", "id": "slow", "payload": { "query": "{ topics { totalCount } }" } }),
    ] {
        let text = message.to_string();
        let length = u8::try_from(text.len()).expect("a short message");
        assert!(length < 126);
        // Masked, as clients must, by nothing.
        socket.write_all(&[&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()).expect("a message");
    }
    let mut frame = || {
        let mut head = [0; 2];
        socket.read_exact(&mut head).expect("a frame");
        let mut length = usize::from(head[1]);
        if length == 126 {
            let mut more = [0; 2];
            socket.read_exact(&mut more).expect("a length");
            length = u16::from_be_bytes(more).into();
        }
        let mut body = vec![0; length];
        socket.read_exact(&mut body).expect("a body");
        (head[0], body)
    };
    let mut told = || serde_json::from_slice::<serde_json::Value>(&frame().1).expect("JSON");
    assert_eq!(told()["type"], "connection_ack");
    assert_eq!(told()["id"], "live");
    served.signal("TERM");
    let last = told();
    assert_eq!((&last["id"], &last["type"]), (&json!("slow"), &json!("error")), "{last}");
    assert_eq!(last["payload"][0]["extensions"]["code"], "TIMEOUT", "{last}");
    let (kind, farewell) = frame();
    assert_eq!(kind, 0x88, "a close frame: {farewell:?}");
    assert_eq!(u16::from_be_bytes([farewell[0], farewell[1]]), 1001);
    served.ended();
}
