//! How long a connection may be idle, and how long the head of a request may take.
//!
//! hyper has one time limit for both. Clients and proxies keep idle connections for a minute or so, and a request must not meet
//! a connection that is just being closed; but a head that has begun must arrive soon, and so must the first one.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Sleep, Timer};
use tokio::time::Instant;

/// How long the head of a request may take: the limit that hyper is given.
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be idle between two requests.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// How many bytes a connection has received.
pub(super) type Received = Arc<AtomicU64>;

/// hyper's timer for one connection. The time limit for a head is extended while the connection is idle.
pub(super) struct HeadTimer(pub Received);

impl HeadTimer {
    fn until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(HeadSleep {
            sleep: Box::pin(tokio::time::sleep_until(deadline)),
            received: self.0.clone(),
            received_before: self.0.load(Ordering::Relaxed),
            has_begun: false,
            idle_until: deadline + IDLE_TIMEOUT.saturating_sub(HEAD_TIMEOUT),
        })
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.until(deadline.into())
    }
}

/// Waits for the end of the time limit of one head.
struct HeadSleep {
    sleep: Pin<Box<tokio::time::Sleep>>,
    received: Received,
    /// How many bytes were received before the wait began.
    received_before: u64,
    /// Whether a head was seen to have begun.
    has_begun: bool,
    idle_until: Instant,
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.sleep.as_mut().poll(context));
            let now = Instant::now();
            if self.received_before == 0 || self.has_begun || now >= self.idle_until {
                return Poll::Ready(());
            }
            self.has_begun = self.received.load(Ordering::Relaxed) != self.received_before;
            // A head that has just begun has its whole time.
            let next = if self.has_begun { now + HEAD_TIMEOUT } else { Ord::min(now + HEAD_TIMEOUT, self.idle_until) };
            self.sleep.as_mut().reset(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a connection is kept that received `before` bytes before the wait for a head, and after a time, more.
    async fn kept(before: u64, more_after: Option<Duration>) -> Duration {
        let received = Received::new(before.into());
        let sleep = HeadTimer(received.clone()).sleep(HEAD_TIMEOUT);
        let begun = Instant::now();
        let more = async {
            if let Some(time) = more_after {
                tokio::time::sleep(time).await;
                received.fetch_add(1, Ordering::Relaxed);
            }
        };
        let ended = async {
            sleep.await;
            begun.elapsed()
        };
        tokio::join!(ended, more).0
    }

    #[tokio::test(start_paused = true)]
    async fn only_idle_connections_are_kept_longer() {
        let seconds = Duration::from_secs;
        assert_eq!(kept(0, None).await.as_secs(), 10, "a connection without a request");
        assert_eq!(kept(0, Some(seconds(3))).await.as_secs(), 10, "the first head has begun");
        assert_eq!(kept(100, Some(seconds(3))).await.as_secs(), 20, "a later head has begun");
        assert_eq!(kept(100, None).await.as_secs(), 75, "an idle connection");
        assert_eq!(kept(100, Some(seconds(33))).await.as_secs(), 50, "a head has begun after a while");
    }
}
