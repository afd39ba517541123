//! Answers as JSON.

use async_graphql::ServerError;
use bytes::Bytes;
use serde::Serialize;

use crate::{
    error::Code,
    graph::Budget,
    observe::{SUCCESS, Usage},
};

/// How an answer without data begins.
const ERRORS: &[u8] = b"{\"errors\":";

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was run, and no field failed.
    Success,
    /// It was run, and some fields failed.
    Partial,
    /// It was not run, or not to its end: the answer has no `data`.
    Refused(Code),
}

impl Cost {
    /// Of an operation that might have come to `requested`, and came to what is spent.
    pub(super) fn of(requested: u64, Usage { cost, statements, objects }: Usage) -> Self {
        Self { requested, actual: cost, statements, objects }
    }
}

impl Outcome {
    /// As metrics and logs have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => SUCCESS,
            Self::Partial => "partial",
            Self::Refused(code) => code.as_str(),
        }
    }
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The JSON.
    pub body: Bytes,
    /// What became of the request.
    pub outcome: Outcome,
    /// What the client may still spend.
    pub budget: Option<Budget>,
    /// In how many seconds to ask again.
    pub retry_after: Option<i64>,
}

/// What an operation cost, in points.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Cost {
    /// What was asked for, at most.
    pub requested: u64,
    /// What it came to.
    pub actual: u64,
    /// How many statements of the database.
    pub statements: u64,
    /// How many objects.
    pub objects: u64,
}

impl Answer {
    /// The answer to a request that is not run. There is no `data` (section 7.1 of the specification).
    #[must_use]
    pub fn refused(code: Code, errors: &[ServerError]) -> Self {
        let mut body = ERRORS.to_vec();
        body.extend(json(errors));
        body.push(b'}');
        Self { body: body.into(), outcome: Outcome::Refused(code), budget: None, retry_after: None }
    }

    /// The errors of a request that was not run, as a JSON list.
    #[must_use]
    pub fn errors(&self) -> Option<&[u8]> {
        let body = self.body.strip_prefix(ERRORS).and_then(|rest| rest.strip_suffix(b"}"));
        body.filter(|_| matches!(self.outcome, Outcome::Refused(_)))
    }

    /// The answer to a request that was run.
    pub(super) fn executed(data: &[u8], errors: &[ServerError], cost: Option<Cost>, budget: Option<Budget>) -> Self {
        let mut body = Vec::with_capacity(data.len() + 64);
        body.push(b'{');
        if !errors.is_empty() {
            body.extend_from_slice(b"\"errors\":");
            body.extend(json(errors));
            body.push(b',');
        }
        body.extend_from_slice(b"\"data\":");
        body.extend_from_slice(data);
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

/// Plain data is always JSON.
fn json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
