//! Closing a TCP connection without cutting off the client.
//!
//! If a socket is closed while data from the client is unread or still arriving, the kernel answers with a reset (RST), and
//! the client may see the reset instead of the response or close frame that was sent before it (RFC 9112, section 9.6).

use std::{
    io,
    pin::Pin,
    sync::atomic::Ordering,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    runtime::Handle,
    time::timeout,
};

use super::idle::Received;

/// How long a closed connection lingers in total.
const CLOSE_LINGER: Duration = Duration::from_secs(10);
/// How long it lingers while the client sends nothing.
const LINGER_READ_TIMEOUT: Duration = Duration::from_secs(2);
/// How many bytes are discarded in total.
const LINGER_BYTES: usize = 64 << 20;
/// The size of the buffer for discarded bytes.
const BUFFER_BYTES: usize = 16 << 10;

/// A TCP stream that lingers when it is dropped.
///
/// The sending side is closed at once. What the client still sends is read and discarded in the background, until the
/// client closes its side or one of the limits above is reached. This covers every way in which a connection ends: hyper
/// closes it, a request fails, a WebSocket is dropped.
pub(super) struct LingeringStream<G: Send + Unpin + 'static> {
    /// `None` only while it is dropped.
    stream: Option<(TcpStream, G)>,
    received: Received,
}

impl<G: Send + Unpin + 'static> LingeringStream<G> {
    /// Wraps a stream. `guard` is dropped when the connection is closed for good.
    pub(super) fn new(stream: TcpStream, guard: G) -> Self {
        Self { stream: Some((stream, guard)), received: Received::default() }
    }

    /// Counts the bytes that are received.
    pub(super) fn received(&self) -> Received {
        self.received.clone()
    }

    fn inner(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream.as_mut().map(|(stream, _)| Pin::new(stream)).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<G: Send + Unpin + 'static> Drop for LingeringStream<G> {
    fn drop(&mut self) {
        // Without a runtime, the process is about to end.
        if let (Some((stream, guard)), Ok(runtime)) = (self.stream.take(), Handle::try_current()) {
            runtime.spawn(async move {
                let _ = timeout(CLOSE_LINGER, linger(stream)).await;
                drop(guard);
            });
        }
    }
}

/// Closes the sending side, and discards what is received.
async fn linger(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut discarded = 0;
    while discarded < LINGER_BYTES {
        match timeout(LINGER_READ_TIMEOUT, stream.read(&mut buffer)).await?? {
            0 => break,
            length => discarded += length,
        }
    }
    Ok(())
}

impl<G: Send + Unpin + 'static> AsyncRead for LingeringStream<G> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = self.inner()?.poll_read(context, buf);
        self.received.fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        read
    }
}

impl<G: Send + Unpin + 'static> AsyncWrite for LingeringStream<G> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.inner()?.poll_write(context, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner()?.poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.inner()?.poll_write_vectored(context, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(|(stream, _)| stream.is_write_vectored())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
        (client, listener.accept().await.expect("a connection").0)
    }

    /// Waits until the connection is closed for good.
    async fn is_closed(guard: &Arc<()>) {
        while Arc::strong_count(guard) > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn a_client_that_closes_ends_the_lingering() {
        let ((mut client, server), guard) = (pair().await, Arc::new(()));
        drop(LingeringStream::new(server, guard.clone()));
        assert_eq!(client.read(&mut [0]).await.expect("an orderly end"), 0);
        client.write_all(&vec![0; 4 << 20]).await.expect("no reset");
        assert_eq!(Arc::strong_count(&guard), 2);
        drop(client);
        timeout(Duration::from_secs(1), is_closed(&guard)).await.expect("closed");
    }

    #[tokio::test]
    async fn a_silent_client_is_left_after_a_while() {
        let ((client, server), guard) = (pair().await, Arc::new(()));
        drop(LingeringStream::new(server, guard.clone()));
        timeout(LINGER_READ_TIMEOUT * 3, is_closed(&guard)).await.expect("closed");
        drop(client);
    }

    #[tokio::test]
    async fn a_client_that_sends_without_end_is_cut_off() {
        let ((mut client, server), guard) = (pair().await, Arc::new(()));
        drop(LingeringStream::new(server, guard.clone()));
        let piece = vec![0; 1 << 20];
        let mut sent = 0;
        while client.write_all(&piece).await.is_ok() {
            sent += piece.len();
            assert!(sent < LINGER_BYTES * 2, "more than the limit and all buffers");
        }
        assert!(sent >= LINGER_BYTES - piece.len(), "{sent}");
        timeout(Duration::from_secs(1), is_closed(&guard)).await.expect("closed");
    }
}
