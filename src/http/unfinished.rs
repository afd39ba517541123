//! How much is kept of bodies that have not come to their end: of all clients together, and of each.

use std::sync::Arc;

use crate::engine::{Client, Seat, Seats};

/// So much of each body is kept without being counted: a client with small requests is never in the way of another.
const FREE: usize = 16 << 10;
/// Which part of all that is kept one client may send.
const SHARE: usize = 4;

/// What may be kept.
#[derive(Clone)]
pub(super) struct Unfinished {
    all: Arc<Seats<()>>,
    each: Arc<Seats<Client>>,
}

/// What is kept of a body, until it is dropped.
pub(super) struct Held {
    all: Seat<()>,
    each: Seat<Client>,
    counted: usize,
}

impl Unfinished {
    /// So many bytes at most.
    pub(super) fn new(bytes: usize) -> Self {
        Self { all: Seats::new(bytes), each: Seats::new(bytes / SHARE) }
    }

    /// Begins with a body of a client.
    pub(super) fn begin(&self, client: Client) -> Held {
        Held { all: self.all.none(()), each: self.each.none(client), counted: 0 }
    }
}

impl Held {
    /// Says whether so many bytes of the body may be kept.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(FREE).saturating_sub(self.counted);
        self.counted += more;
        more == 0 || self.each.grow(more) && self.all.grow(more)
    }
}
