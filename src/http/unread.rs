//! Whether the body of a request was read to its end.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};

/// Tells whether something of a body is left.
pub(super) struct Unread(Arc<AtomicBool>);

impl Unread {
    /// Whether something is left.
    pub(super) fn is_left(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A body, and what tells whether something of it is left.
pub(super) fn watched(body: Incoming) -> (Body, Unread) {
    if body.is_end_stream() {
        return (Body::empty(), Unread(Arc::default()));
    }
    let is_left = Arc::new(AtomicBool::new(true));
    (Body::new(Watched { body, is_left: is_left.clone() }), Unread(is_left))
}

struct Watched {
    body: Incoming,
    is_left: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.is_left.store(false, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
