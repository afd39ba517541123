//! What can go wrong in answering a client, and the one place where an internal cause becomes something a client may see.
//!
//! Use [`Error::input`] for whatever the client can mend: its message is shown as it is, and says what was wrong and what
//! would be right. Everything else converts with `?` into [`Error::Internal`], whose cause is logged under an id and never
//! shown.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, ServerError};
use sea_orm::DbErr;

/// The closed list of `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// What was sent is not a request.
    BadRequest,
    /// The document is not GraphQL.
    GraphqlParseFailed,
    /// The document does not fit the schema, or a value does not fit its type.
    GraphqlValidationFailed,
    /// An id is not a global id, or it is the id of another type.
    InvalidId,
    /// A cursor is not one of ours, or belongs to another list or order.
    InvalidCursor,
    /// `first`, `last`, `after` or `before` do not describe a page.
    InvalidPage,
    /// A date is not EDTF, or is impossible.
    InvalidDate,
    /// A language tag is not BCP 47.
    InvalidLanguage,
    /// A filter, or another argument, asks for something that cannot be.
    InvalidArgument,
    /// Ours to mend; the message carries the id under which the cause was logged.
    InternalServerError,
}

impl Code {
    /// As clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::InvalidId => "INVALID_ID",
            Self::InvalidCursor => "INVALID_CURSOR",
            Self::InvalidPage => "INVALID_PAGE",
            Self::InvalidDate => "INVALID_DATE",
            Self::InvalidLanguage => "INVALID_LANGUAGE",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
        }
    }
}

/// Why a field has no value.
///
/// There is no `Display`: a message reaches a client through [`Error::shown`] alone.
#[derive(Clone, Debug)]
pub enum Error {
    /// The client can mend this.
    Input(Code, String),
    /// Ours to mend.
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

/// The result of answering a client.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that the client can mend; the message says what was wrong and what would be right.
    pub fn input(code: Code, message: impl Into<String>) -> Self {
        Self::Input(code, message.into())
    }

    /// An error of ours, described for the log.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(cause.into()))
    }

    /// The error as a client sees it. An internal cause is logged here, once, and replaced by its id.
    #[must_use]
    pub fn shown(&self) -> ServerError {
        let (code, message) = match self {
            Self::Input(code, message) => (*code, message.clone()),
            Self::Internal(cause) => (Code::InternalServerError, masked(&**cause)),
        };
        let mut error = ServerError::new(message, None);
        error.extensions = Some(coded(code));
        error
    }
}

impl From<DbErr> for Error {
    fn from(cause: DbErr) -> Self {
        Self::Internal(Arc::new(cause))
    }
}

/// Gives the errors that async-graphql itself makes (parsing, validation, coercion) their code.
pub fn classify(errors: &mut [ServerError]) {
    for error in errors {
        let coded_already = error.extensions.as_ref().is_some_and(|e| e.get("code").is_some());
        if coded_already {
            continue;
        }
        let code = if error.source.is_some() {
            error.message = masked(&std::io::Error::other(error.message.clone()));
            Code::InternalServerError
        } else if error.message.starts_with(" -->") {
            Code::GraphqlParseFailed
        } else {
            Code::GraphqlValidationFailed
        };
        error.extensions = Some(coded(code));
    }
}

/// The extensions of an error with `code`.
#[must_use]
pub fn coded(code: Code) -> ErrorExtensionValues {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    extensions
}

/// Logs an internal cause under a fresh id, and says only that id.
fn masked(cause: &(dyn std::error::Error + Send + Sync)) -> String {
    let id = crate::clock::IdSource::system().next().simple().to_string();
    tracing::error!(error_id = %id, cause = %cause, details = ?cause, "internal error");
    format!("internal server error {id}")
}
