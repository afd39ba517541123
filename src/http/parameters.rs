//! The parameters of a URL, where only known ones are allowed.

use std::borrow::Cow;

use apollo_compiler::response::{JsonMap, JsonValue};
use async_graphql::ServerError;
use axum::http::Uri;
use percent_encoding::percent_decode;

use crate::{
    error::{Code, request_error},
    quoted::Quoted,
};

/// The parameters of a request, each given once. Empty ones count as missing.
pub(super) struct Parameters<'u>(Vec<(Cow<'u, str>, Cow<'u, str>)>);

impl<'u> Parameters<'u> {
    /// Reads the parameters of an address. The error says which others there are.
    pub(super) fn read(uri: &'u Uri, known: &[&str]) -> Result<Self, ServerError> {
        let query = uri.query().unwrap_or_default().as_bytes();
        if percent_decode(query).decode_utf8().is_err() {
            return Err(wrong("the URL parameters are not UTF-8"));
        }
        let mut found = Vec::new();
        for (name, value) in form_urlencoded::parse(query) {
            if !known.contains(&&*name) {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(wrong(format!("there is no URL parameter {}: the parameters are {known}", Quoted(&name))));
            }
            if found.iter().any(|(other, _)| *other == name) {
                return Err(wrong(format!("the URL parameter `{name}` is given twice: give it once")));
            }
            found.push((name, value));
        }
        found.retain(|(_, value)| !value.is_empty());
        Ok(Self(found))
    }

    /// The text of a parameter.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| &**value)
    }

    /// A JSON object.
    pub(super) fn object(&self, name: &str) -> Result<Option<JsonMap>, ServerError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match serde_json::from_str(text) {
            Ok(JsonValue::Object(object)) => Ok(Some(object)),
            Ok(_) => Err(wrong(format!("the URL parameter `{name}` must be a JSON object"))),
            Err(cause) => Err(wrong(format!("the URL parameter `{name}` is not JSON: {cause}"))),
        }
    }

    /// Whether something is wanted.
    pub(super) fn is(&self, name: &str) -> Result<bool, ServerError> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => {
                Err(wrong(format!("the URL parameter `{name}` is {}: it must be true or false", Quoted(other))))
            }
        }
    }
}

fn wrong(message: impl Into<String>) -> ServerError {
    request_error(Code::BadRequest, message)
}
