//! Limits on the bytes of request bodies that are being read: of all clients together, and of each client.

use std::sync::Arc;

use crate::engine::{Client, ConcurrencyLimiter, Permit};

/// How many bytes of each body are not counted, so that small requests are never refused.
const UNCOUNTED_BYTES: usize = 16 << 10;
/// One client may use the total limit divided by this.
const CLIENT_SHARE: usize = 4;

/// The limits.
#[derive(Clone)]
pub(super) struct BodyLimits {
    all: Arc<ConcurrencyLimiter<()>>,
    each: Arc<ConcurrencyLimiter<Client>>,
}

/// The bytes that are reserved for one body, until this is dropped.
pub(super) struct Reservation {
    all: Permit<()>,
    each: Permit<Client>,
    /// Bytes beyond [`UNCOUNTED_BYTES`].
    counted: usize,
}

impl BodyLimits {
    /// Limits all bodies together to a number of bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self { all: ConcurrencyLimiter::new(bytes), each: ConcurrencyLimiter::new(bytes / CLIENT_SHARE) }
    }

    /// An empty reservation for a body of this client.
    pub(super) fn reserve(&self, client: Client) -> Reservation {
        Reservation { all: self.all.empty_permit(()), each: self.each.empty_permit(client), counted: 0 }
    }
}

impl Reservation {
    /// Grows to the total size of the body so far, in bytes; `false` if a limit is exceeded.
    pub(super) fn try_grow(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(UNCOUNTED_BYTES).saturating_sub(self.counted);
        self.counted += more;
        more == 0 || self.each.try_grow(more) && self.all.try_grow(more)
    }
}
