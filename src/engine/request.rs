//! GraphQL requests, decoded from JSON or from URL parameters.

use apollo_compiler::response::{JsonMap, JsonValue};
use async_graphql::ServerError;
use percent_encoding::percent_decode;

use crate::error::{Code, request_error};

/// UTF-8's byte order mark.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The names of the parameter with the ID of a trusted document.
const DOCUMENT_ID: &[&str] = &["documentId", "doc_id"];
/// The same, if there is no document: beside one, `id` is anything that a client calls its request.
const DOCUMENT_ID_ALONE: &[&str] = &["documentId", "doc_id", "id"];

/// A well-formed request. Its document is not parsed yet.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The text of the document.
    pub query: Option<String>,
    /// The ID of a trusted document, instead of its text.
    pub document_id: Option<String>,
    /// The name of the operation to run.
    pub operation_name: Option<String>,
    /// The values of the variables, not yet coerced.
    pub variables: JsonMap,
    /// Protocol extensions, such as `persistedQuery`.
    pub extensions: JsonMap,
}

impl Request {
    /// Decodes the body of a POST request. A byte order mark in front of it is ignored (RFC 8259, section 8.1).
    pub fn from_json(body: &[u8]) -> Result<Self, ServerError> {
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let body =
            serde_json::from_slice(body).map_err(|cause| bad_request(format!("the body is not JSON: {cause}")))?;
        Self::from_value(body)
    }

    /// Decodes a JSON value.
    pub fn from_value(value: JsonValue) -> Result<Self, ServerError> {
        let mut parts = match value {
            JsonValue::Object(parts) => parts,
            JsonValue::Array(_) => {
                return Err(bad_request(
                    "batched requests are not supported: send a single JSON object with a `query`",
                ));
            }
            _ => return Err(bad_request("the body must be a JSON object with a `query`")),
        };
        let query = string("query", parts.remove("query"))?;
        let names = if query.is_some() { DOCUMENT_ID } else { DOCUMENT_ID_ALONE };
        let document_id = names.iter().find_map(|name| parts.remove(*name));
        let request = Self {
            query,
            document_id: string("documentId", document_id)?,
            operation_name: string("operationName", parts.remove("operationName"))?,
            variables: object("variables", parts.remove("variables"))?,
            extensions: object("extensions", parts.remove("extensions"))?,
        };
        request.check_document()
    }

    /// Decodes the query string of a GET request. Empty parameters are ignored.
    pub fn from_query(query: &str) -> Result<Self, ServerError> {
        if percent_decode(query.as_bytes()).decode_utf8().is_err() {
            return Err(bad_request("the URL parameters are not UTF-8"));
        }
        let mut request = Self::default();
        let mut id = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()) {
            let json = || {
                serde_json::from_str(&value)
                    .map_err(|cause| bad_request(format!("the URL parameter `{name}` is not JSON: {cause}")))
            };
            match &*name {
                "query" => request.query = Some(value.into_owned()),
                "documentId" | "doc_id" => request.document_id = Some(value.into_owned()),
                "id" => id = Some(value.into_owned()),
                "operationName" => request.operation_name = Some(value.into_owned()),
                "variables" => request.variables = object("variables", Some(json()?))?,
                "extensions" => request.extensions = object("extensions", Some(json()?))?,
                _ => {}
            }
        }
        if request.query.is_none() {
            request.document_id = request.document_id.or(id);
        }
        request.check_document()
    }

    /// Checks that there is a document, in one of the ways to send or identify one.
    fn check_document(self) -> Result<Self, ServerError> {
        if self.query.is_none() && self.document_id.is_none() && !self.extensions.contains_key("persistedQuery") {
            return Err(bad_request("`query` is missing: send the text of a GraphQL document"));
        }
        Ok(self)
    }
}

fn bad_request(message: impl Into<String>) -> ServerError {
    request_error(Code::BadRequest, message)
}

fn string(name: &str, value: Option<JsonValue>) -> Result<Option<String>, ServerError> {
    match value {
        None | Some(JsonValue::Null) => Ok(None),
        Some(JsonValue::String(text)) => Ok(Some(text.as_str().to_owned())),
        Some(other) => Err(bad_request(format!("`{name}` is {}: it must be a string", type_name(&other)))),
    }
}

fn object(name: &str, value: Option<JsonValue>) -> Result<JsonMap, ServerError> {
    match value {
        None | Some(JsonValue::Null) => Ok(JsonMap::new()),
        Some(JsonValue::Object(map)) => Ok(map),
        Some(other) => Err(bad_request(format!("`{name}` is {}: it must be an object", type_name(&other)))),
    }
}

const fn type_name(value: &JsonValue) -> &'static str {
    match value {
        JsonValue::Null => "null",
        JsonValue::Bool(_) => "a boolean",
        JsonValue::Number(_) => "a number",
        JsonValue::String(_) => "a string",
        JsonValue::Array(_) => "a list",
        JsonValue::Object(_) => "an object",
    }
}
