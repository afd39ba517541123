//! How a server ends.

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture, WaitForCancellationFutureOwned};

/// First the server drains: it is not ready any more, so that load balancers send requests elsewhere, but it still accepts
/// connections. Then it stops.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    draining: CancellationToken,
    stopping: CancellationToken,
}

impl Shutdown {
    /// The server is not ready from now on.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Subscriptions and `WebSocket`s end now, and connections when they are idle.
    pub fn stop(&self) {
        self.draining.cancel();
        self.stopping.cancel();
    }

    /// Whether the server is draining or has stopped.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Whether the server has stopped.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Waits until the server stops.
    pub fn stopped(&self) -> WaitForCancellationFuture<'_> {
        self.stopping.cancelled()
    }

    /// The same, without borrowing.
    pub fn stopped_owned(&self) -> WaitForCancellationFutureOwned {
        self.stopping.clone().cancelled_owned()
    }
}

/// Stops the server when it is dropped.
pub(super) struct StopOnDrop(pub Shutdown);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
