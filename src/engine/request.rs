//! A request as clients send it: `query`, `operationName`, `variables`, `extensions`, or the name of a document.

use apollo_compiler::response::{JsonMap, JsonValue};
use async_graphql::ServerError;
use percent_encoding::percent_decode;

use crate::error::{Code, request_error};

/// A request that is well-formed; whether its document is, is found out later.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The text of the document.
    pub query: Option<String>,
    /// The name of a document that the server knows.
    pub document_id: Option<String>,
    /// Which operation of the document to run.
    pub operation_name: Option<String>,
    /// The values of its variables.
    pub variables: JsonMap,
    /// What else the client says.
    pub extensions: JsonMap,
}

impl Request {
    /// Reads a body.
    pub fn from_json(body: &[u8]) -> Result<Self, ServerError> {
        let body = serde_json::from_slice(body).map_err(|cause| bad(format!("the body is not JSON: {cause}")))?;
        Self::from_value(body)
    }

    /// Reads a JSON value.
    pub fn from_value(value: JsonValue) -> Result<Self, ServerError> {
        let mut parts = match value {
            JsonValue::Object(parts) => parts,
            JsonValue::Array(_) => {
                return Err(bad("several requests in one body are not answered: send one JSON object, with a `query`"));
            }
            _ => return Err(bad("the body must be a JSON object, with a `query`")),
        };
        let document_id = ["documentId", "doc_id", "id"].into_iter().find_map(|name| parts.remove(name));
        let request = Self {
            query: text("query", parts.remove("query"))?,
            document_id: text("documentId", document_id)?,
            operation_name: text("operationName", parts.remove("operationName"))?,
            variables: map("variables", parts.remove("variables"))?,
            extensions: map("extensions", parts.remove("extensions"))?,
        };
        request.complete()
    }

    /// Reads the query part of an address, as GET has it. An empty parameter is one that is not given.
    pub fn from_query(query: &str) -> Result<Self, ServerError> {
        if percent_decode(query.as_bytes()).decode_utf8().is_err() {
            return Err(bad("the parameters are not UTF-8"));
        }
        let mut request = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()) {
            let json = || {
                serde_json::from_str(&value)
                    .map_err(|cause| bad(format!("the parameter `{name}` is not JSON: {cause}")))
            };
            match &*name {
                "query" => request.query = Some(value.into_owned()),
                "documentId" | "doc_id" | "id" => request.document_id = Some(value.into_owned()),
                "operationName" => request.operation_name = Some(value.into_owned()),
                "variables" => request.variables = map("variables", Some(json()?))?,
                "extensions" => request.extensions = map("extensions", Some(json()?))?,
                _ => {}
            }
        }
        request.complete()
    }

    fn complete(self) -> Result<Self, ServerError> {
        if self.query.is_none() && self.document_id.is_none() && !self.extensions.contains_key("persistedQuery") {
            return Err(bad("there is no `query`: send the text of a GraphQL document"));
        }
        Ok(self)
    }
}

fn bad(message: impl Into<String>) -> ServerError {
    request_error(Code::BadRequest, message)
}

fn text(name: &str, value: Option<JsonValue>) -> Result<Option<String>, ServerError> {
    match value {
        None | Some(JsonValue::Null) => Ok(None),
        Some(JsonValue::String(text)) => Ok(Some(text.as_str().to_owned())),
        Some(other) => Err(bad(format!("`{name}` is {}: it must be a string", kind(&other)))),
    }
}

fn map(name: &str, value: Option<JsonValue>) -> Result<JsonMap, ServerError> {
    match value {
        None | Some(JsonValue::Null) => Ok(JsonMap::new()),
        Some(JsonValue::Object(map)) => Ok(map),
        Some(other) => Err(bad(format!("`{name}` is {}: it must be an object", kind(&other)))),
    }
}

const fn kind(value: &JsonValue) -> &'static str {
    match value {
        JsonValue::Null => "null",
        JsonValue::Bool(_) => "a boolean",
        JsonValue::Number(_) => "a number",
        JsonValue::String(_) => "a string",
        JsonValue::Array(_) => "a list",
        JsonValue::Object(_) => "an object",
    }
}
