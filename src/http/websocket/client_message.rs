//! The messages of clients.

use apollo_compiler::response::{JsonMap, JsonValue};

/// A message from a client.
pub(super) enum ClientMessage {
    ConnectionInit { payload: Option<JsonMap> },
    Ping { payload: Option<JsonMap> },
    Pong,
    Subscribe { id: String, payload: JsonMap },
    Complete { id: String },
}

impl ClientMessage {
    /// Reads a message. The error is for the client.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let message = serde_json::from_str(text).map_err(|cause| format!("it is not JSON: {cause}"))?;
        let JsonValue::Object(mut fields) = message else {
            return Err("it must be an object with a `type`".to_owned());
        };
        let ty = fields.remove("type");
        match ty.as_ref().and_then(JsonValue::as_str) {
            Some("connection_init") => optional_payload(&mut fields).map(|payload| Self::ConnectionInit { payload }),
            Some("ping") => optional_payload(&mut fields).map(|payload| Self::Ping { payload }),
            Some("pong") => optional_payload(&mut fields).map(|_| Self::Pong),
            Some("subscribe") => Ok(Self::Subscribe { id: id(&mut fields)?, payload: payload(&mut fields)? }),
            Some("complete") => Ok(Self::Complete { id: id(&mut fields)? }),
            _ => Err("its `type` must be connection_init, ping, pong, subscribe or complete".to_owned()),
        }
    }
}

fn id(fields: &mut JsonMap) -> Result<String, String> {
    match fields.remove("id") {
        Some(JsonValue::String(id)) => Ok(id.as_str().to_owned()),
        _ => Err("its `id` must be a string".to_owned()),
    }
}

fn payload(fields: &mut JsonMap) -> Result<JsonMap, String> {
    optional_payload(fields)?.ok_or_else(|| "its `payload` must be an object with a `query`".to_owned())
}

fn optional_payload(fields: &mut JsonMap) -> Result<Option<JsonMap>, String> {
    match fields.remove("payload") {
        None | Some(JsonValue::Null) => Ok(None),
        Some(JsonValue::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err("its `payload` must be an object".to_owned()),
    }
}
