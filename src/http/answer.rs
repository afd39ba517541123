//! Answers as JSON.

use async_graphql::{Response, Value};

use crate::graph::leaf::json;

/// Writes an answer. `Value::Binary` carries finished JSON: no type of the schema is binary.
pub(super) fn write(response: &Response) -> Vec<u8> {
    let mut out = Vec::with_capacity(size(&response.data));
    out.push(b'{');
    if !response.errors.is_empty() {
        out.extend_from_slice(b"\"errors\":");
        json(&response.errors, &mut out);
    }
    // A request that was not executed has errors only (section 7.1 of the specification).
    let executed = response.errors.iter().any(|error| !error.path.is_empty()) || response.errors.is_empty();
    if executed {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(b"\"data\":");
        value(&response.data, &mut out);
    }
    if !response.extensions.is_empty() {
        out.extend_from_slice(b",\"extensions\":");
        json(&response.extensions, &mut out);
    }
    out.push(b'}');
    out
}

fn value(data: &Value, out: &mut Vec<u8>) {
    match data {
        Value::Binary(finished) => out.extend_from_slice(finished),
        Value::Object(fields) => {
            out.push(b'{');
            for (i, (name, field)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                json(name.as_str(), out);
                out.push(b':');
                value(field, out);
            }
            out.push(b'}');
        }
        // Introspection; no finished JSON lies below it.
        other => json(other, out),
    }
}

fn size(data: &Value) -> usize {
    match data {
        Value::Object(fields) => {
            fields.values().map(|v| if let Value::Binary(b) = v { b.len() + 64 } else { 4096 }).sum::<usize>() + 64
        }
        _ => 512,
    }
}
