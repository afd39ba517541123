//! The body of a large answer: given in pieces, as far as the client reads it, and for so long only.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Duration, Instant};

/// How many bytes are given at a time.
const PIECE: usize = 64 << 10;
/// How long a client may take to read an answer. One that reads nothing at all is given up sooner.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is left of an answer.
struct Pieces {
    rest: Bytes,
    until: Instant,
}

/// The body for these bytes.
pub(super) fn body(bytes: Bytes) -> Body {
    if bytes.len() <= PIECE {
        return Body::from(bytes);
    }
    Body::new(Pieces { rest: bytes, until: Instant::now() + PATIENCE })
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if Instant::now() > self.until {
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        }
        let length = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn frame(body: &mut Pieces) -> Option<io::Result<Frame<Bytes>>> {
        poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
    }

    /// All of it comes, and nothing more once the time is over.
    #[tokio::test]
    async fn an_answer_comes_in_pieces_and_in_time() {
        let bytes: Bytes = (0..200_000_u32).map(|i| i.to_le_bytes()[0]).collect();
        let mut body = Pieces { rest: bytes.clone(), until: Instant::now() + PATIENCE };
        assert_eq!(body.size_hint().exact(), Some(200_000));
        let mut found = Vec::new();
        while let Some(piece) = frame(&mut body).await {
            found.extend(piece.expect("in time").into_data().expect("data"));
        }
        assert_eq!(found, bytes);
        let mut late = Pieces { rest: bytes, until: Instant::now() };
        while Instant::now() <= late.until {}
        assert_eq!(frame(&mut late).await.expect("an end").expect_err("late").kind(), io::ErrorKind::TimedOut);
    }
}
