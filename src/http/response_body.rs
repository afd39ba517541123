//! The body of a large response: sent in chunks as the client reads them, until a deadline.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Duration, Instant};

/// The size of a chunk, in bytes.
const CHUNK_BYTES: usize = 64 << 10;
/// How long a client may take to read a whole response. A client that reads nothing is disconnected sooner.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_mins(1);

/// The part of a response that has not been sent.
struct ChunkedBody {
    remaining: Bytes,
    deadline: Instant,
}

/// A body of these bytes.
pub(super) fn body(bytes: Bytes) -> Body {
    if bytes.len() <= CHUNK_BYTES {
        return Body::from(bytes);
    }
    Body::new(ChunkedBody { remaining: bytes, deadline: Instant::now() + RESPONSE_TIMEOUT })
}

impl HttpBody for ChunkedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.remaining.is_empty() {
            return Poll::Ready(None);
        }
        if Instant::now() > self.deadline {
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        }
        let length = self.remaining.len().min(CHUNK_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.remaining.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn frame(body: &mut ChunkedBody) -> Option<io::Result<Frame<Bytes>>> {
        poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
    }

    /// All chunks are sent before the deadline, and none after it.
    #[tokio::test]
    async fn a_response_is_sent_in_chunks_until_its_deadline() {
        let bytes: Bytes = (0..200_000_u32).map(|i| i.to_le_bytes()[0]).collect();
        let mut body = ChunkedBody { remaining: bytes.clone(), deadline: Instant::now() + RESPONSE_TIMEOUT };
        assert_eq!(body.size_hint().exact(), Some(200_000));
        let mut found = Vec::new();
        while let Some(chunk) = frame(&mut body).await {
            found.extend(chunk.expect("in time").into_data().expect("data"));
        }
        assert_eq!(found, bytes);
        let mut late = ChunkedBody { remaining: bytes, deadline: Instant::now() };
        while Instant::now() <= late.deadline {}
        assert_eq!(frame(&mut late).await.expect("an end").expect_err("late").kind(), io::ErrorKind::TimedOut);
    }
}
