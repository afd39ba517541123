//! The items that async-graphql exports but hides from its documentation. Nothing else in this crate reaches for them; the
//! version of async-graphql is pinned because of them.
//!
//! - the registry: our object types are described by values, not by Rust types, so they register themselves
//! - the context of a selection set, which `OutputType::resolve` is given
//! - the token under which finished JSON travels through a `Value` (the feature `raw_value`)

pub use async_graphql::ContextSelectionSet;
use async_graphql::Value;
pub use async_graphql::registry::{
    Deprecation, EnumBuilder, InputObjectBuilder, MetaEnumValue, MetaField, MetaInputValue, MetaType, ObjectBuilder,
    Registry,
};

/// The key by which `serde_json` knows finished JSON; async-graphql does not export its own constant.
const RAW_VALUE_TOKEN: &str = "$serde_json::private::RawValue";

/// Finished JSON as a value: it is written into the response as it is.
#[must_use]
pub fn raw_json(json: String) -> Value {
    Value::Object([(async_graphql::Name::new(RAW_VALUE_TOKEN), Value::String(json))].into_iter().collect())
}

/// The finished JSON that a value is, if it is any.
#[must_use]
pub fn as_raw_json(value: &Value) -> Option<&str> {
    let Value::Object(fields) = value else { return None };
    match fields.get(RAW_VALUE_TOKEN) {
        Some(Value::String(json)) if fields.len() == 1 => Some(json),
        _ => None,
    }
}
