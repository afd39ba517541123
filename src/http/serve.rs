//! Accepting connections, limits on their number, and the graceful shutdown.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Router,
    extract::ConnectInfo,
    http::{HeaderValue, Request, StatusCode, header},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use super::{
    OverCapacity,
    idle::{HEAD_TIMEOUT, HeadTimer},
    linger::LingeringStream,
    shutdown::{Shutdown, StopOnDrop},
    spelling::Spelling,
    unread,
};
use crate::{
    config::Config,
    engine::{Client, ConcurrencyLimiter},
};

/// How long a write may wait for the client to read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// The largest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// How many connections beyond the limit are accepted for health checks.
pub const SPARE_CONNECTIONS: usize = 16;
/// How long a connection that is new when the server stops may wait for its request.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How many connections that nobody has accepted yet are accepted when the server stops: more than the kernel keeps.
const MAX_BACKLOG: usize = 8_192;
/// How long running requests may take to finish after the server was told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves until `stop` is done. Then no new connections are accepted, and running requests have 30 seconds to finish; so has
/// the first request of a connection that is new. The server stops as well if this future is dropped.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &Config,
    shutdown: Shutdown,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let spare_slots = Arc::new(Semaphore::new(SPARE_CONNECTIONS));
    let per_client =
        ConcurrencyLimiter::new(if config.trust_proxy { usize::MAX } else { config.max_connections_per_client });
    let connections = TaskTracker::new();
    let stop_on_drop = StopOnDrop(shutdown.clone());
    let spelling = Arc::new(Spelling::learn().await);
    let admit = |stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit, is_spare: bool| {
        // Responses are written whole, so Nagle's algorithm would only delay them. An error here means that the client has
        // disconnected, which is noticed later.
        let _ = stream.set_nodelay(true);
        if let Some(permit) = per_client.try_acquire(Client::at(peer.ip())) {
            // All three are held until the connection is closed, even if it is upgraded to a WebSocket.
            let stream = LingeringStream::new(stream, (slot, permit, connections.token()));
            connect(stream, peer, is_spare, router.clone(), spelling.clone(), shutdown.clone());
        } else {
            tracing::debug!(%peer, "too many connections from this address");
        }
    };
    let mut stop = pin!(stop);
    loop {
        // While all slots are taken, a few more connections are accepted for health checks. When these are taken, too, new
        // connections wait in the backlog of the kernel.
        let slot = async {
            tokio::select! {
                biased;
                slot = slots.clone().acquire_owned() => (slot, false),
                slot = spare_slots.clone().acquire_owned() => (slot, true),
            }
        };
        let accepted = async {
            let (slot, is_spare) = slot.await;
            let accepted = listener.accept().await;
            // In the meantime, another connection may have been closed.
            match slots.clone().try_acquire_owned() {
                Ok(slot) if is_spare => ((Ok(slot), false), accepted),
                _ => ((slot, is_spare), accepted),
            }
        };
        tokio::select! {
            () = &mut stop => break,
            ((slot, is_spare), accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    if let Ok(slot) = slot {
                        admit(stream, peer, slot, is_spare);
                    }
                }
                Err(cause) if is_connection_error(&cause) => {}
                Err(cause) => {
                    // Most likely too many open files: wait until some are closed.
                    tracing::warn!(%cause, "cannot accept connections");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    // Those in the backlog of the kernel count as open for their clients, who may have sent a request.
    if let Ok(listener) = listener.into_std() {
        for _ in 0..MAX_BACKLOG {
            let Ok(slot) = slots.clone().try_acquire_owned() else { break };
            match listener.accept() {
                Ok((stream, peer)) => {
                    let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                    if let Ok(stream) = stream {
                        admit(stream, peer, slot, false);
                    }
                }
                Err(cause) if is_connection_error(&cause) => {}
                Err(_) => break,
            }
        }
    }
    drop(stop_on_drop);
    connections.close();
    if timeout(DRAIN_TIMEOUT, connections.wait()).await.is_err() {
        tracing::warn!("requests that were still running after 30 s were aborted");
    }
    Ok(())
}

fn connect(
    stream: LingeringStream<impl Send + Unpin + 'static>,
    peer: SocketAddr,
    is_spare: bool,
    router: Router,
    spelling: Arc<Spelling>,
    shutdown: Shutdown,
) {
    let received = stream.received();
    let timer = HeadTimer(received.clone());
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let service = service_fn(move |request: Request<Incoming>| {
        let (mut router, spelling) = (router.clone(), spelling.clone());
        async move {
            let mut unread = None;
            let mut request = request.map(|body| {
                let (body, is_unread) = unread::watched(body);
                unread = Some(is_unread);
                body
            });
            request.extensions_mut().insert(ConnectInfo(peer));
            if is_spare {
                request.extensions_mut().insert(OverCapacity);
            }
            let mut response = router.call(request).await.unwrap_or_else(|never| match never {});
            // What is left of the request stands before the next one: the client must not send one here (RFC 9112, section 9.6).
            if unread.is_some_and(|unread| unread.is_left()) && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            spelling.apply(&mut response);
            Ok::<_, Infallible>(response)
        }
    });
    tokio::spawn(async move {
        let mut builder = http1::Builder::new();
        builder.timer(timer).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
        // Some clients compare the names of headers literally.
        builder.title_case_headers(true).preserve_header_case(true);
        let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service).with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            // First, what has arrived is read: hyper closes a connection at once that has no request.
            biased;
            ended = &mut connection => ended,
            () = shutdown.stopped() => async {
                if received.load(Ordering::Relaxed) == 0
                    && let Ok(ended) = timeout(FIRST_REQUEST_TIMEOUT, &mut connection).await
                {
                    return ended;
                }
                connection.as_mut().graceful_shutdown();
                connection.await
            }.await,
        };
        if let Err(cause) = ended {
            tracing::debug!(%cause, "a connection failed");
        }
    });
}

/// Whether the error concerns only the connection that was to be accepted.
fn is_connection_error(cause: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
