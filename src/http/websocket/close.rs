//! The codes and reasons with which web sockets are closed.

use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

/// The longest close reason, in bytes (RFC 6455, section 5.5).
const MAX_REASON_BYTES: usize = 123;

/// The code and reason with which a connection is closed.
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: String,
}

impl Close {
    pub(super) fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason: String = reason.into();
        let mut end = reason.len().min(MAX_REASON_BYTES);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        Self { code, reason }
    }
    /// A message has more bytes than it may have.
    pub(super) fn too_large(max: usize) -> Self {
        Self::new(1009, format!("Message too large: it must not be larger than {max} bytes"))
    }

    /// What follows on an error of the library (RFC 6455, section 7.4.1); `None` if the client has disconnected.
    pub(super) fn after(cause: &axum::Error, max: usize) -> Option<Self> {
        let inner = std::error::Error::source(cause).and_then(|cause| cause.downcast_ref::<tungstenite::Error>());
        match inner? {
            tungstenite::Error::Capacity(_) => Some(Self::too_large(max)),
            tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
            tungstenite::Error::Protocol(cause) => Some(Self::new(1002, format!("Protocol error: {cause}"))),
            tungstenite::Error::Utf8(_) => Some(Self::new(1007, "Invalid message: a text must be UTF-8")),
            _ => None,
        }
    }
}
