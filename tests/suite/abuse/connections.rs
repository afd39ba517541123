//! Connections that clients hold: those that are slow, silent or many take little, and read the answer that they are given.

use super::*;

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

/// Opens a WebSocket by hand, to send frames that no library sends.
async fn upgrade(stream: &mut TcpStream) {
    let handshake = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(handshake.as_bytes()).await.expect("a handshake");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(SOON, stream.read_u8()).await.expect("soon").expect("an answer"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
}

/// A client that is still sending a message that is too large reads the close code, not a reset of the connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_still_sending_a_message_reads_the_close_code() {
    let server = server().await;
    let mut stream = connect_with_small_buffers(&server).await;
    upgrade(&mut stream).await;
    // One frame of text, masked with zeros.
    let length = 8_u64 << 20;
    let mut frame = [&[0x81, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat();
    frame.resize(frame.len() + (8 << 20), b' ');
    let answer = send_slowly(&mut stream, &frame).await;
    // A close frame, its length, and the code.
    assert_eq!((answer[0], &answer[2..4]), (0x88, &1009_u16.to_be_bytes()[..]), "{answer:?}");
    assert_eq!(server.get("/healthz").await.0, 200);
}

/// A client that floods the server with pings and reads no answer is not read on, and is disconnected: what the server would
/// have to keep for it is bounded.
#[tokio::test(flavor = "multi_thread")]
async fn pongs_that_nobody_reads_are_not_kept() {
    /// More than all buffers between the two take.
    const MOST: usize = 48 << 20;
    let server = server().await;
    let mut stream = connect_with_small_buffers(&server).await;
    upgrade(&mut stream).await;
    // Masked with zeros, with the longest payload.
    let ping = [&[0x89, 0xfd][..], &[0; 4], &[b'p'; 125]].concat();
    let many = ping.repeat(2_000);
    let mut sent = 0;
    // The server gives up a client that takes nothing for ten seconds.
    let ended = timeout(Duration::from_mins(1), async {
        while stream.write_all(&many).await.is_ok() {
            sent += many.len();
            assert!(sent < MOST, "the server reads on");
        }
    });
    ended.await.expect("an end");
    assert_eq!(server.get("/healthz").await.0, 200);
}

/// A client that breaks the protocol of web sockets reads a close code that says so (RFC 6455, section 7.4.1).
#[tokio::test(flavor = "multi_thread")]
async fn frames_that_break_the_protocol_are_answered_with_a_close_code() {
    let server = server().await;
    let cases: [(&str, &[u8], u16); 8] = [
        ("a text that is not masked", b"\x81\x02{}", 1002),
        ("a reserved bit", b"\xc1\x80\0\0\0\0", 1002),
        ("a reserved opcode for data", b"\x83\x80\0\0\0\0", 1002),
        ("a reserved opcode for control", b"\x8b\x80\0\0\0\0", 1002),
        ("a ping in fragments", b"\x09\x80\0\0\0\0", 1002),
        ("a ping of 126 bytes", &[&b"\x89\xfe\0\x7e\0\0\0\0"[..], &[0; 126]].concat(), 1002),
        ("the continuation of nothing", b"\x80\x80\0\0\0\0", 1002),
        ("a text that is not UTF-8", b"\x81\x82\0\0\0\0\xff\xfe", 1007),
    ];
    for (what, frame, code) in cases {
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        upgrade(&mut stream).await;
        stream.write_all(frame).await.expect("a frame");
        let mut answer = Vec::new();
        timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end").expect("an orderly end");
        let close = (answer.first(), answer.get(2..4));
        assert_eq!(close, (Some(&0x88), Some(&code.to_be_bytes()[..])), "{what}: {answer:?}");
    }
    assert_eq!(server.get("/healthz").await.0, 200);
}

/// A client whose message is malformed reads what is wrong with it, in the words of the protocol.
#[tokio::test(flavor = "multi_thread")]
async fn the_reason_of_a_close_says_what_is_wrong() {
    let server = server().await;
    let types = "its `type` must be connection_init, ping, pong, subscribe or complete";
    for (message, reason) in [
        ("", "it is not JSON: EOF while parsing a value at line 1 column 0"),
        ("{'type'}", "it is not JSON: key must be a string at line 1 column 2"),
        ("null", "it must be an object with a `type`"),
        ("42", "it must be an object with a `type`"),
        (r#"["ping"]"#, "it must be an object with a `type`"),
        ("{}", types),
        (r#"{"type":1}"#, types),
        (r#"{"type":"start","id":"1"}"#, types),
        (r#"{"type":"connection_init","payload":[]}"#, "its `payload` must be an object"),
        (r#"{"type":"ping","payload":"x"}"#, "its `payload` must be an object"),
        (r#"{"type":"complete"}"#, "its `id` must be a string"),
        (r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#, "its `id` must be a string"),
        (r#"{"type":"subscribe","id":"1"}"#, "its `payload` must be an object with a `query`"),
        (r#"{"type":"subscribe","id":"1","payload":null}"#, "its `payload` must be an object with a `query`"),
        (r#"{"type":"subscribe","id":"1","payload":"{a}"}"#, "its `payload` must be an object"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        upgrade(&mut stream).await;
        // A frame of text, masked with zeros.
        let length = u8::try_from(message.len()).expect("a short message");
        let frame = [&[0x81, 0x80 | length, 0, 0, 0, 0][..], message.as_bytes()].concat();
        stream.write_all(&frame).await.expect("a frame");
        let mut answer = Vec::new();
        timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end").expect("an orderly end");
        assert_eq!((answer[0], &answer[2..4]), (0x88, &4400_u16.to_be_bytes()[..]), "{message}: {answer:?}");
        assert_eq!(String::from_utf8_lossy(&answer[4..]), format!("Invalid message: {reason}"), "{message}");
    }
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

/// A client is told if the connection ends before what it sends is read, so that it sends its next request elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_early_says_so() {
    let server = server().await;
    let query = br#"{"query":"{ __typename }"}"#;
    let large = vec![b' '; 2 << 20];
    let request = |path: &str, form: &str, body: &[u8]| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {form}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    };
    for (request, is_closed) in [
        (request("/graphql", "application/json", query), false),
        (request("/graphql", "application/json", &large), true),
        (request("/nowhere", "application/json", &large), true),
        (request("/graphql", "text/csv", &large), true),
    ] {
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        // The answer can come before all is sent.
        let _ = stream.write_all(&request).await;
        let mut answer = vec![0; 4096];
        let length = timeout(SOON, stream.read(&mut answer)).await.expect("an answer").expect("bytes");
        let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
        assert_eq!(answer.contains("connection: close"), is_closed, "{answer}");
    }
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
