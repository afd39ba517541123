//! Time and fresh ids: the only place that asks the system for either, so that tests can decide both.

use std::sync::Arc;

use uuid::Uuid;

/// What the time is, in milliseconds since 1970-01-01T00:00Z.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
        Self(Arc::new(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        }))
    }

    /// A clock that stands still.
    #[must_use]
    pub fn fixed(milliseconds: i64) -> Self {
        Self(Arc::new(move || milliseconds))
    }

    /// A clock that says what `now` says.
    #[must_use]
    pub fn from_fn(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Milliseconds since 1970-01-01T00:00Z.
    #[must_use]
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

/// Where the ids of new rows come from.
#[derive(Clone)]
pub struct IdSource(Arc<dyn Fn() -> Uuid + Send + Sync>);

impl IdSource {
    /// `UUIDv7` (RFC 9562): unique, and ordered by the time of their making.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the source that everything else is given")]
        Self(Arc::new(Uuid::now_v7))
    }

    /// Ids made by `next`.
    #[must_use]
    pub fn from_fn(next: impl Fn() -> Uuid + Send + Sync + 'static) -> Self {
        Self(Arc::new(next))
    }

    /// An id that no row has yet.
    #[must_use]
    pub fn next(&self) -> Uuid {
        (self.0)()
    }
}
