//! The id of a request: in its response, in the log, and beside every internal error.

use std::{fmt, future::Future, sync::Arc};

use axum::http::{HeaderName, HeaderValue};

use crate::clock::IdSource;

/// The header with the id of a request. Clients may set it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that a client may choose, in bytes.
const MAX_LENGTH: usize = 128;

tokio::task_local! {
    /// The request that the task works for.
    static CURRENT: RequestId;
}

/// The id of a request. One from a client has 1 to 128 of the characters `A`-`Z`, `a`-`z`, `0`-`9`, `.`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id in a header; `None` if it is malformed. It is written to logs as it is.
    #[must_use]
    pub fn from_header(id: &HeaderValue) -> Option<Self> {
        let id = id.to_str().ok()?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        ((1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(allowed)).then(|| Self(id.into()))
    }

    /// A new id.
    #[must_use]
    pub fn generate(ids: &IdSource) -> Self {
        Self(ids.next().simple().to_string().into())
    }

    /// The id of an operation on the connection that has this id.
    #[must_use]
    pub fn numbered(&self, number: u64) -> Self {
        Self(format!("{self}.{number}").into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the request that the current task works for.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Runs a function for which this is the [`current`](Self::current) id.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), work)
    }

    /// Runs a future for which this is the [`current`](Self::current) id.
    pub fn throughout<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), work)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_clients_are_checked() {
        for (id, taken) in [
            ("a", true),
            ("0198C0de-7e57.x_y", true),
            (&*"x".repeat(128), true),
            (&*"x".repeat(129), false),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            ("a\tb", false),
            ("ä", false),
        ] {
            let header = HeaderValue::from_bytes(id.as_bytes()).expect("a header");
            assert_eq!(RequestId::from_header(&header).map(|id| id.as_str().to_owned()), taken.then(|| id.to_owned()));
        }
    }
}
