//! Accepting connections, limits on their number, and the graceful shutdown.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_service::Service;

use super::linger::LingeringStream;
use crate::{
    config::Config,
    engine::{Client, ConcurrencyLimiter},
};

/// How long a client may take to send the head of a request; also how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a write may wait for the client to read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// The largest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// How long running requests may take to finish after the server was told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves until `stop` is done. Then `stopping` is cancelled, no new connections are accepted, and running requests have 30
/// seconds to finish. `stopping` is cancelled as well if this future is dropped.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &Config,
    stopping: CancellationToken,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let per_client =
        ConcurrencyLimiter::new(if config.trust_proxy { usize::MAX } else { config.max_connections_per_client });
    let connections = TaskTracker::new();
    let stopping = stopping.drop_guard();
    let mut stop = pin!(stop);
    loop {
        // While all slots are taken, new connections wait in the backlog of the kernel.
        let accepted = async { (slots.clone().acquire_owned().await, listener.accept().await) };
        tokio::select! {
            () = &mut stop => break,
            (slot, accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    // Responses are written whole, so Nagle's algorithm would only delay them. An error here means that the
                    // client has disconnected, which is noticed later.
                    let _ = stream.set_nodelay(true);
                    if let (Ok(slot), Some(permit)) = (slot, per_client.try_acquire(Client::at(peer.ip()))) {
                        // All three are held until the connection is closed, even if it is upgraded to a WebSocket.
                        let stream = LingeringStream::new(stream, (slot, permit, connections.token()));
                        connect(stream, peer, router.clone(), stopping.token().clone());
                    } else {
                        tracing::debug!(%peer, "too many connections from this address");
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
    drop(listener);
    stopping.disarm().cancel();
    connections.close();
    if timeout(DRAIN_TIMEOUT, connections.wait()).await.is_err() {
        tracing::warn!("requests that were still running after 30 s were aborted");
    }
    Ok(())
}

fn connect(
    stream: LingeringStream<impl Send + Unpin + 'static>,
    peer: SocketAddr,
    router: Router,
    stopping: CancellationToken,
) {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            Ok::<_, Infallible>(router.call(request).await.unwrap_or_else(|never| match never {}))
        }
    });
    tokio::spawn(async move {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
        let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service).with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
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
