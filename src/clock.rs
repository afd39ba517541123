//! The clock and the source of new ids. Nothing else reads the system clock or generates ids.

use std::sync::Arc;

use uuid::Uuid;

/// A clock.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "all other code uses this clock")]
        Self(Arc::new(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        }))
    }

    /// A clock that always returns this time, in milliseconds since 1970-01-01T00:00Z.
    #[must_use]
    pub fn fixed(milliseconds: i64) -> Self {
        Self(Arc::new(move || milliseconds))
    }

    /// A clock that calls `now`, which returns milliseconds since 1970-01-01T00:00Z.
    #[must_use]
    pub fn from_fn(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The current time, in milliseconds since 1970-01-01T00:00Z.
    #[must_use]
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

/// The source of ids for new rows and requests.
#[derive(Clone)]
pub struct IdSource(Arc<dyn Fn() -> Uuid + Send + Sync>);

impl IdSource {
    /// `UUIDv7` ids (RFC 9562): unique, and ordered by the time of creation.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "all other code uses this source")]
        Self(Arc::new(Uuid::now_v7))
    }

    /// A source that calls `next`.
    #[must_use]
    pub fn from_fn(next: impl Fn() -> Uuid + Send + Sync + 'static) -> Self {
        Self(Arc::new(next))
    }

    /// A new id.
    #[must_use]
    pub fn next(&self) -> Uuid {
        (self.0)()
    }
}
