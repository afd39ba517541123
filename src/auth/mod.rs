//! Who asks: API keys, the roles that they have, and what each role may see.
//!
//! A key is shown once, when it is created. The database has its hash only, beside a prefix by which it is found and named. What a
//! viewer may see is decided by [`Role::clearance`], and applied by the loader.

pub mod api_key;
mod authenticator;
mod role;
mod token;

pub use self::{
    authenticator::{Authenticator, Rejection},
    role::Role,
    token::Token,
};

use std::sync::Arc;

use uuid::Uuid;

use crate::{db::Moment, query::loader::Clearance};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// What the viewer may do.
    pub role: Role,
    /// The key that was sent, if one was.
    pub key: Option<Arc<KeyOfViewer>>,
}

/// The key that a viewer sent.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyOfViewer {
    /// The row.
    pub id: Uuid,
    /// Its beginning, which is no secret.
    pub prefix: String,
    /// Whose it is.
    pub name: String,
    /// Until when it is valid.
    pub expires_at: Option<Moment>,
}

impl Viewer {
    /// Somebody who sent no key.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { role: Role::default(), key: None }
    }

    /// What the viewer may see.
    #[must_use]
    pub fn clearance(&self) -> Clearance {
        self.role.clearance()
    }
}
