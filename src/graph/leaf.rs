//! Leaves: how a Rust type is named in GraphQL, and how its values are written as JSON.

use async_graphql::registry::MetaType;
use serde::Serialize;

use crate::{
    db::{Decimal, Id, Moment, Vocabulary},
    graph::{Record, types::Types},
};

/// A type whose values are plain fields. `Option<T>` is nullable, everything else is not.
pub trait Leaf: Send + Sync + 'static {
    /// The name of the GraphQL type, without `!`.
    fn name() -> String;
    /// Whether values may be missing.
    const NULLABLE: bool = false;
    /// Makes the GraphQL type known, if it is one of ours.
    fn register(_types: &mut Types) {}
    /// Appends the value as JSON.
    fn write(&self, out: &mut Vec<u8>);
}

/// The GraphQL type of `T`, `!` included.
#[must_use]
pub fn type_of<T: Leaf>() -> String {
    let mut name = T::name();
    if !T::NULLABLE {
        name.push('!');
    }
    name
}

/// Appends a serializable value as JSON. Writing plain data into memory cannot fail.
pub fn json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let written = serde_json::to_writer(&mut *out, value);
    debug_assert!(written.is_ok(), "plain data is JSON");
}

macro_rules! plain {
    ($($T:ty => $name:literal),*) => {$(
        impl Leaf for $T {
            fn name() -> String {
                $name.to_owned()
            }
            fn write(&self, out: &mut Vec<u8>) {
                json(self, out);
            }
        }
    )*};
}
plain!(String => "String", &'static str => "String", bool => "Boolean", i32 => "Int", i64 => "Int", f64 => "Float");

impl<T: Leaf> Leaf for Option<T> {
    const NULLABLE: bool = true;
    fn name() -> String {
        T::name()
    }
    fn register(types: &mut Types) {
        T::register(types);
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<R: Record> Leaf for Id<R> {
    fn name() -> String {
        "ID".to_owned()
    }
    fn register(types: &mut Types) {
        types.scalar(
            "ID",
            "A global id (a TypeID): the type and a UUID in base 32, as in `city_01jx5p7zk3e9tb5h4yq6v8m2nd`.",
            None,
        );
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        crate::db::write_type_id(R::KIND, self.0, out);
        out.push(b'"');
    }
}

impl Leaf for Moment {
    fn name() -> String {
        "DateTime".to_owned()
    }
    fn register(types: &mut Types) {
        types.scalar(
            "DateTime",
            "A moment in UTC, as RFC 3339 writes it, to the millisecond: `2026-11-24T09:30:00.000Z`.",
            Some("https://scalars.graphql.org/andimarek/date-time"),
        );
    }
    fn write(&self, out: &mut Vec<u8>) {
        let nanoseconds = i128::from(self.0) * 1_000_000;
        let text = time::OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).map(|t| {
            format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                t.year(),
                u8::from(t.month()),
                t.day(),
                t.hour(),
                t.minute(),
                t.second(),
                t.millisecond()
            )
        });
        json(&text.ok(), out);
    }
}

impl Leaf for Decimal {
    fn name() -> String {
        "Decimal".to_owned()
    }
    fn register(types: &mut Types) {
        types.scalar("Decimal", "An exact decimal number, as a string: `\"6400000000\"`, `\"0.35\"`.", None);
    }
    fn write(&self, out: &mut Vec<u8>) {
        json(&self.0, out);
    }
}

/// Writes a value of a vocabulary: its word in capitals.
pub fn write_word<V: Vocabulary>(value: V, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend(value.word().bytes().map(|b| b.to_ascii_uppercase()));
    out.push(b'"');
}

/// Makes the GraphQL enum of a vocabulary known.
pub fn register_vocabulary<V: Vocabulary>(types: &mut Types) {
    types.add(V::NAME, || {
        let values = V::VALUES
            .iter()
            .map(|(_, word, meaning)| {
                let name = word.to_ascii_uppercase();
                let mut value = async_graphql::registry::MetaEnumValue::new(name.clone());
                value.description = Some((*meaning).to_owned());
                (name, value)
            })
            .collect();
        async_graphql::registry::EnumBuilder::new(V::NAME, values).description(Some(V::DESCRIPTION.to_owned())).build()
    });
}

/// Vocabularies are leaves; written by the macro, because Rust allows one blanket implementation only.
macro_rules! vocabulary_leaf {
    ($Name:ident) => {
        impl $crate::graph::leaf::Leaf for $Name {
            fn name() -> String {
                <Self as $crate::db::Vocabulary>::NAME.to_owned()
            }
            fn register(types: &mut $crate::graph::types::Types) {
                $crate::graph::leaf::register_vocabulary::<Self>(types);
            }
            fn write(&self, out: &mut Vec<u8>) {
                $crate::graph::leaf::write_word(*self, out);
            }
        }
    };
}
pub(crate) use vocabulary_leaf;

/// A scalar of ours.
#[must_use]
pub fn scalar(name: &str, description: &str, specified_by: Option<&str>) -> MetaType {
    MetaType::Scalar {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        is_valid: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        specified_by_url: specified_by.map(str::to_owned),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}
