//! GraphQL responses, encoded as JSON.

use apollo_compiler::response::{JsonMap, JsonValue};
use async_graphql::{ServerError, Value};
use bytes::Bytes;
use serde::Serialize;

use crate::{
    api::RateLimit,
    async_graphql_internals::as_raw_json,
    error::Code,
    observe::{SUCCESS, Usage},
};

/// The start of a response without data.
const ERRORS_START: &[u8] = b"{\"errors\":";

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was executed without errors.
    Success,
    /// It was executed with field errors.
    Partial,
    /// It was not executed, or not to the end: the response has no `data`.
    Refused(Code),
}

impl CostReport {
    pub(super) fn new(requested: u64, Usage { cost, statements, objects }: Usage) -> Self {
        Self { requested, actual: cost, statements, objects }
    }
}

impl Outcome {
    /// The outcome in metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => SUCCESS,
            Self::Partial => "partial",
            Self::Refused(code) => code.as_str(),
        }
    }
}

/// The response to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The response body, as JSON.
    pub body: Bytes,
    /// How the request ended.
    pub outcome: Outcome,
    /// The client's budget; `None` if rate limiting is off.
    pub budget: Option<RateLimit>,
    /// When to retry, in seconds.
    pub retry_after: Option<i64>,
}

/// The cost of an operation, as `extensions.cost` reports it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct CostReport {
    /// The estimated cost, in points.
    pub requested: u64,
    /// The actual cost, in points.
    pub actual: u64,
    /// How many database statements it needed.
    pub statements: u64,
    /// How many objects were returned.
    pub objects: u64,
}

impl Answer {
    /// The response to a request that was not executed. It has no `data` (section 7.1 of the specification).
    #[must_use]
    pub fn refused(code: Code, errors: &[ServerError]) -> Self {
        let mut body = ERRORS_START.to_vec();
        body.extend(json(errors));
        body.push(b'}');
        Self { body: body.into(), outcome: Outcome::Refused(code), budget: None, retry_after: None }
    }

    /// The errors of a request that was not executed, as a JSON list.
    #[must_use]
    pub fn errors(&self) -> Option<&[u8]> {
        let body = self.body.strip_prefix(ERRORS_START).and_then(|rest| rest.strip_suffix(b"}"));
        body.filter(|_| matches!(self.outcome, Outcome::Refused(_)))
    }

    /// The data of a request that was executed without errors; otherwise the response to one that was not executed, with the
    /// same errors and the code of the first.
    pub fn into_data(self) -> Result<JsonMap, Self> {
        if let Outcome::Refused(_) = self.outcome {
            return Err(self);
        }
        let mut body: JsonMap = serde_json::from_slice(&self.body).unwrap_or_default();
        match (body.remove("errors"), body.remove("data")) {
            (None, Some(JsonValue::Object(data))) => Ok(data),
            (errors, _) => {
                let errors = errors.unwrap_or_default();
                let code = errors.get(0).and_then(|error| error.get("extensions")?.get("code")?.as_str());
                let outcome = Outcome::Refused(code.and_then(Code::by_name).unwrap_or(Code::InternalServerError));
                let body = [ERRORS_START, &json(&errors), b"}"].concat();
                Err(Self { body: body.into(), outcome, ..self })
            }
        }
    }

    /// The response to a request that was executed.
    pub(super) fn executed(
        data: &Value,
        errors: &[ServerError],
        cost: Option<CostReport>,
        budget: Option<RateLimit>,
    ) -> Self {
        let mut body = Vec::with_capacity(4096);
        body.push(b'{');
        if !errors.is_empty() {
            body.extend_from_slice(b"\"errors\":");
            body.extend(json(errors));
            body.push(b',');
        }
        body.extend_from_slice(b"\"data\":");
        write(data, &mut body);
        if let Some(cost) = cost {
            body.extend_from_slice(b",\"extensions\":{\"cost\":");
            body.extend(json(&cost));
            body.push(b'}');
        }
        body.push(b'}');
        let outcome = if errors.is_empty() { Outcome::Success } else { Outcome::Partial };
        Self { body: body.into(), outcome, budget, retry_after: None }
    }
}

/// Writes the value of `data`, whose fields may be finished JSON.
fn write(data: &Value, body: &mut Vec<u8>) {
    let Value::Object(fields) = data else {
        body.extend(json(data));
        return;
    };
    body.push(b'{');
    for (i, (key, value)) in fields.iter().enumerate() {
        if i > 0 {
            body.push(b',');
        }
        body.extend(json(key.as_str()));
        body.push(b':');
        match as_raw_json(value) {
            Some(finished) => body.extend_from_slice(finished.as_bytes()),
            None => body.extend(json(value)),
        }
    }
    body.push(b'}');
}

/// Encodes plain data, for which serialization cannot fail.
fn json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
