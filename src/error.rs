//! Errors, and the one place where an internal error is turned into what a client may see.
//!
//! Use [`Error::input`] for everything that the client can fix: its message is sent unchanged, and says what was wrong and
//! what would be right. The errors of the database convert with `?` into [`Error::Internal`]; for others, use
//! [`Error::internal`]. Their cause is logged under an ID and never sent.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, ServerError, Value};
use sea_orm::DbErr;

use crate::request_id::RequestId;

macro_rules! codes {
    ($($(#[doc = $about:literal])+ $Code:ident = $text:literal,)+) => {
        /// The values of `extensions.code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $about])+ $Code,)+ }

        impl Code {
            /// The code as a string.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Code => $text,)+ }
            }

            /// The code of an error, if it has one.
            #[must_use]
            pub fn of(error: &ServerError) -> Option<Self> {
                let Some(Value::String(code)) = error.extensions.as_ref()?.get("code") else { return None };
                Self::by_name(code)
            }

            /// The code that is written like this.
            #[must_use]
            pub fn by_name(code: &str) -> Option<Self> {
                match code {
                    $($text => Some(Self::$Code),)+
                    _ => None,
                }
            }

            /// Every code with its description.
            pub const ALL: &'static [(&'static str, &'static str)] =
                &[$(($text, concat!($($about),+).trim_ascii_start())),+];
        }
    };
}

codes! {
    /// The request is malformed.
    BadRequest = "BAD_REQUEST",
    /// The API key is wrong, has expired or was revoked; or there is none, and the server needs one.
    Unauthenticated = "UNAUTHENTICATED",
    /// The viewer may not do this: its role does not allow it.
    Forbidden = "FORBIDDEN",
    /// The document has a syntax error.
    GraphqlParseFailed = "GRAPHQL_PARSE_FAILED",
    /// The document is not valid against the schema.
    GraphqlValidationFailed = "GRAPHQL_VALIDATION_FAILED",
    /// The document has no operation named `operationName`, or it has several operations and `operationName` is missing.
    OperationNotFound = "OPERATION_NOT_FOUND",
    /// The variables do not match the types that the operation declares.
    InvalidVariables = "INVALID_VARIABLES",
    /// This type of operation is not allowed here: a mutation in a GET request, or a subscription in a request for a single response.
    OperationNotAllowed = "OPERATION_NOT_ALLOWED",
    /// Introspection is disabled on this server.
    IntrospectionDisabled = "INTROSPECTION_DISABLED",
    /// There is no document with this hash or ID. For a `sha256Hash`, send the request again with `query`.
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND",
    /// The hash or ID does not match the document that was sent with it, or `extensions.persistedQuery` is malformed.
    PersistedQueryInvalid = "PERSISTED_QUERY_INVALID",
    /// The server only runs trusted documents, and this is not one of them.
    DocumentNotTrusted = "DOCUMENT_NOT_TRUSTED",
    /// The document is larger than the limit.
    DocumentTooLarge = "DOCUMENT_TOO_LARGE",
    /// The document has more tokens than the limit.
    TooManyTokens = "TOO_MANY_TOKENS",
    /// Fields are nested deeper than the limit.
    TooDeep = "TOO_DEEP",
    /// Fields below `__schema` or `__type` are nested deeper than the limit.
    IntrospectionTooDeep = "INTROSPECTION_TOO_DEEP",
    /// The document has more aliases than the limit.
    TooManyAliases = "TOO_MANY_ALIASES",
    /// The document has more directives than the limit.
    TooManyDirectives = "TOO_MANY_DIRECTIVES",
    /// The operation has more root fields than the limit.
    TooManyRootFields = "TOO_MANY_ROOT_FIELDS",
    /// A list in an argument or a variable is longer than the limit.
    ListTooLong = "LIST_TOO_LONG",
    /// The variables are larger than the limit.
    VariablesTooLarge = "VARIABLES_TOO_LARGE",
    /// The estimated cost of the operation is higher than the limit.
    TooCostly = "TOO_COSTLY",
    /// The client does not have enough points left: retry later, or ask for less.
    RateLimited = "RATE_LIMITED",
    /// Too many connections are open, too many requests are running or being received at the same time, or the server is
    /// shutting down: retry later.
    ServerBusy = "SERVER_BUSY",
    /// The request took too long and was cancelled.
    Timeout = "TIMEOUT",
    /// Too many subscriptions are open on the connection, by the client, or on the server.
    TooManySubscriptions = "TOO_MANY_SUBSCRIPTIONS",
    /// The value is not a global ID, or it is the ID of another type.
    InvalidId = "INVALID_ID",
    /// The cursor is malformed, or it belongs to another list or sort order.
    InvalidCursor = "INVALID_CURSOR",
    /// `first` or `last` is out of range, both of them are given, or `ids` has too many items.
    InvalidPage = "INVALID_PAGE",
    /// The value is not an EDTF date, or the date does not exist.
    InvalidDate = "INVALID_DATE",
    /// The value is not a BCP 47 language tag.
    InvalidLanguage = "INVALID_LANGUAGE",
    /// The value of a filter or of another argument is not valid.
    InvalidArgument = "INVALID_ARGUMENT",
    /// There is nothing at the address, or nothing that the client may see. GraphQL answers `null` instead.
    NotFound = "NOT_FOUND",
    /// More fields failed than are listed in `errors`.
    ErrorsOmitted = "ERRORS_OMITTED",
    /// An unexpected error on the server. The message contains an ID under which the cause was logged.
    InternalServerError = "INTERNAL_SERVER_ERROR",
}

impl Code {
    /// Whether the document or its variables are at fault: not the form of the request, the transport, the load of the
    /// server, or an internal error.
    #[must_use]
    pub const fn is_of_document(self) -> bool {
        !matches!(
            self,
            Self::BadRequest
                | Self::Unauthenticated
                | Self::NotFound
                | Self::OperationNotAllowed
                | Self::RateLimited
                | Self::ServerBusy
                | Self::Timeout
                | Self::TooManySubscriptions
                | Self::InternalServerError
        )
    }
}

/// Why a field could not be resolved.
///
/// It does not implement `Display`, so that a message reaches clients only through [`Error::shown`].
#[derive(Clone, Debug)]
pub enum Error {
    /// An error that the client can fix.
    Input(Code, String),
    /// An error of the server, with its cause.
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

/// A result whose error may be shown to a client.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that the client can fix. The message says what was wrong and what would be right.
    pub fn input(code: Code, message: impl Into<String>) -> Self {
        Self::Input(code, message.into())
    }

    /// An error of the server. The cause is only logged.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(cause.into()))
    }

    /// The error as it is sent to a client. The cause of an internal error is logged here, and replaced by an ID.
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

/// A resolver of async-graphql fails with what a client may see.
impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let ServerError { message, extensions, .. } = error.shown();
        Self { message, source: None, extensions }
    }
}

impl From<crate::edtf::InvalidDate> for Error {
    fn from(cause: crate::edtf::InvalidDate) -> Self {
        Self::Input(Code::InvalidDate, cause.to_string())
    }
}

impl From<DbErr> for Error {
    fn from(cause: DbErr) -> Self {
        Self::Internal(Arc::new(cause))
    }
}

/// A request error, which belongs to no field.
#[must_use]
pub fn request_error(code: Code, message: impl Into<String>) -> ServerError {
    Error::input(code, message).shown()
}

/// The `extensions` of an error with this code.
#[must_use]
pub fn coded(code: Code) -> ErrorExtensionValues {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    extensions
}

/// Logs the cause of an internal error under a new ID, and returns a message with only that ID.
fn masked(cause: &(dyn std::error::Error + Send + Sync)) -> String {
    let id = crate::clock::IdSource::system().next().simple().to_string();
    let request_id = RequestId::current();
    let request_id = request_id.as_ref().map(RequestId::as_str);
    tracing::error!(request_id, error_id = %id, cause = %cause, details = ?cause, "internal error");
    format!("internal server error {id}")
}
