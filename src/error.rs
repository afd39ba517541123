//! What can go wrong in answering a client, and the one place where an internal cause becomes something a client may see.
//!
//! Use [`Error::input`] for whatever the client can mend: its message is shown as it is, and says what was wrong and what
//! would be right. Everything else converts with `?` into [`Error::Internal`], whose cause is logged under an id and never
//! shown.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, ServerError, Value};
use sea_orm::DbErr;

use crate::observe::RequestId;

macro_rules! codes {
    ($($(#[doc = $about:literal])+ $Code:ident = $text:literal,)+) => {
        /// The closed list of `extensions.code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $about])+ $Code,)+ }

        impl Code {
            /// As clients see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Code => $text,)+ }
            }

            /// The code of an error that has one.
            #[must_use]
            pub fn of(error: &ServerError) -> Option<Self> {
                let Some(Value::String(code)) = error.extensions.as_ref()?.get("code") else { return None };
                match code.as_str() {
                    $($text => Some(Self::$Code),)+
                    _ => None,
                }
            }

            /// Every code, and what it says.
            pub const ALL: &'static [(&'static str, &'static str)] =
                &[$(($text, concat!($($about),+).trim_ascii_start())),+];
        }
    };
}

codes! {
    /// What was sent is not a request.
    BadRequest = "BAD_REQUEST",
    /// The document is not GraphQL.
    GraphqlParseFailed = "GRAPHQL_PARSE_FAILED",
    /// The document does not fit the schema.
    GraphqlValidationFailed = "GRAPHQL_VALIDATION_FAILED",
    /// The document has no operation of the name asked for, or several and no name is asked for.
    OperationNotFound = "OPERATION_NOT_FOUND",
    /// The variables do not fit the types that the operation declares.
    InvalidVariables = "INVALID_VARIABLES",
    /// The kind of operation cannot be run in this way: a mutation by GET, a subscription by a plain request.
    OperationNotAllowed = "OPERATION_NOT_ALLOWED",
    /// The server answers no introspection.
    IntrospectionDisabled = "INTROSPECTION_DISABLED",
    /// No document is known by this hash: send it along with the hash.
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND",
    /// The hash is not that of the document, or there is no such way to name a document.
    PersistedQueryInvalid = "PERSISTED_QUERY_INVALID",
    /// The server runs only the documents that it was given a list of.
    DocumentNotTrusted = "DOCUMENT_NOT_TRUSTED",
    /// The document has too many bytes.
    DocumentTooLarge = "DOCUMENT_TOO_LARGE",
    /// The document has too many tokens.
    TooManyTokens = "TOO_MANY_TOKENS",
    /// Fields stand too deep inside one another.
    TooDeep = "TOO_DEEP",
    /// Fields stand too deep inside `__schema` or `__type`.
    IntrospectionTooDeep = "INTROSPECTION_TOO_DEEP",
    /// The document has too many aliases.
    TooManyAliases = "TOO_MANY_ALIASES",
    /// The document has too many directives.
    TooManyDirectives = "TOO_MANY_DIRECTIVES",
    /// The operation has too many fields at its root.
    TooManyRootFields = "TOO_MANY_ROOT_FIELDS",
    /// A list in an argument or a variable has too many items.
    ListTooLong = "LIST_TOO_LONG",
    /// The variables have too many bytes.
    VariablesTooLarge = "VARIABLES_TOO_LARGE",
    /// The operation may cost more than one operation may.
    TooCostly = "TOO_COSTLY",
    /// The client has used up what it may spend for now.
    RateLimited = "RATE_LIMITED",
    /// Too many requests run, or are being sent, at the same time.
    ServerBusy = "SERVER_BUSY",
    /// The request took too long, and was stopped.
    Timeout = "TIMEOUT",
    /// Too many subscriptions are open: on the connection, of the client, or on the server.
    TooManySubscriptions = "TOO_MANY_SUBSCRIPTIONS",
    /// An id is not a global id, or it is the id of another type.
    InvalidId = "INVALID_ID",
    /// A cursor is not one of ours, or belongs to another list or order.
    InvalidCursor = "INVALID_CURSOR",
    /// `first`, `last`, `after` or `before` do not describe a page.
    InvalidPage = "INVALID_PAGE",
    /// A date is not EDTF, or is impossible.
    InvalidDate = "INVALID_DATE",
    /// A language tag is not BCP 47.
    InvalidLanguage = "INVALID_LANGUAGE",
    /// A filter, or another argument, asks for something that cannot be.
    InvalidArgument = "INVALID_ARGUMENT",
    /// Ours to mend; the message carries the id under which the cause was logged.
    InternalServerError = "INTERNAL_SERVER_ERROR",
}

impl Code {
    /// Whether it says that a document, or its variables, cannot be run: not that the request is malformed, that it may
    /// not be answered in this way or at this time, or that something failed.
    #[must_use]
    pub const fn is_of_document(self) -> bool {
        !matches!(
            self,
            Self::BadRequest
                | Self::OperationNotAllowed
                | Self::RateLimited
                | Self::ServerBusy
                | Self::Timeout
                | Self::TooManySubscriptions
                | Self::InternalServerError
        )
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

/// An error of the request as a whole, which no field has.
#[must_use]
pub fn request_error(code: Code, message: impl Into<String>) -> ServerError {
    Error::input(code, message).shown()
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
    let request_id = RequestId::current();
    let request_id = request_id.as_ref().map(RequestId::as_str);
    tracing::error!(request_id, error_id = %id, cause = %cause, details = ?cause, "internal error");
    format!("internal server error {id}")
}
