//! Listening: connections that come, how many of them there may be, and the drain when the server stops.

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
    engine::{Client, Seats},
};

/// How long a client may take to send the head of a request, and how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take to read any part of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// How many bytes the head of a request may have.
const HEAD_BYTES: usize = 64 << 10;
/// How long the requests that run may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until `stop` is done. Then `stopping` is cancelled, no new connections are accepted, and running requests have 30
/// seconds to finish. `stopping` is cancelled as well if this future is dropped.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &Config,
    stopping: CancellationToken,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(config.max_connections));
    let seats = Seats::new(if config.trust_proxy { usize::MAX } else { config.max_connections_per_client });
    let connections = TaskTracker::new();
    let stopping = stopping.drop_guard();
    let mut stop = pin!(stop);
    loop {
        // Whoever comes while all places are taken waits in the queue of the system.
        let accepted = async { (places.clone().acquire_owned().await, listener.accept().await) };
        tokio::select! {
            () = &mut stop => break,
            (place, accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    // Answers are written whole: waiting for more to send would only delay them. A client that is gone is
                    // noticed later.
                    let _ = stream.set_nodelay(true);
                    if let (Ok(place), Some(seat)) = (place, seats.take(Client::at(peer.ip()))) {
                        // All three are held until the connection is closed, even if it has become a WebSocket.
                        let stream = LingeringStream::new(stream, (place, seat, connections.token()));
                        connect(stream, peer, router.clone(), stopping.token().clone());
                    } else {
                        tracing::debug!(%peer, "too many connections of one address");
                    }
                }
                Err(cause) if is_of_connection(&cause) => {}
                Err(cause) => {
                    // Too many open files, most likely: those that are open will end.
                    tracing::warn!(%cause, "cannot take a connection");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    stopping.disarm().cancel();
    connections.close();
    if timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!("requests were still running, and were cut off");
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
    stream.set_write_timeout(Some(READ_TIMEOUT));
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
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES);
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

/// Whether the failure is one of a single connection, which is gone.
fn is_of_connection(cause: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
