//! Typed ids: the id of a visit can never be passed where the id of a city is meant.
//!
//! Inside, an id is a `UUIDv7`. Outside it is a [TypeID](https://github.com/jetify-com/typeid): the type as a prefix and the
//! UUID in Crockford's base 32, as in `visit_01jx5p7zk3e9tb5h4yq6v8m2nd`: it tells its type, sorts by age, and survives
//! being pasted anywhere.

use std::marker::PhantomData;

use sea_orm::{
    ColIdx, DbErr, QueryResult, TryFromU64, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr},
};
use uuid::Uuid;

/// The primary key of a row of `R`.
pub struct Id<R>(pub Uuid, PhantomData<fn() -> R>);

impl<R> Id<R> {
    /// The id that a UUID stands for.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }
}

// Written out, because a derive would ask the same of `R`.
impl<R> Clone for Id<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Id<R> {}
impl<R> Default for Id<R> {
    fn default() -> Self {
        Self::new(Uuid::nil())
    }
}
impl<R> PartialEq for Id<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<R> Eq for Id<R> {}
impl<R> std::hash::Hash for Id<R> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<R> std::fmt::Debug for Id<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<R> From<Id<R>> for Value {
    fn from(id: Id<R>) -> Self {
        id.0.into()
    }
}
impl<R> Nullable for Id<R> {
    fn null() -> Value {
        Uuid::null()
    }
}
impl<R> TryGetable for Id<R> {
    fn try_get_by<I: ColIdx>(res: &QueryResult, index: I) -> Result<Self, TryGetError> {
        Uuid::try_get_by(res, index).map(Self::new)
    }
}
impl<R> ValueType for Id<R> {
    fn try_from(v: Value) -> Result<Self, ValueTypeErr> {
        <Uuid as ValueType>::try_from(v).map(Self::new)
    }
    fn type_name() -> String {
        "Id".to_owned()
    }
    fn array_type() -> ArrayType {
        <Uuid as ValueType>::array_type()
    }
    fn column_type() -> ColumnType {
        <Uuid as ValueType>::column_type()
    }
}
impl<R> TryFromU64 for Id<R> {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("Id"))
    }
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Appends the `TypeID` of a row of the kind `prefix`.
pub fn write_type_id(prefix: &str, id: Uuid, out: &mut Vec<u8>) {
    out.extend_from_slice(prefix.as_bytes());
    out.push(b'_');
    let n = id.as_u128();
    // 26 digits of 5 bits hold 130 bits; the first carries only three.
    out.extend((0..26).rev().map(|i| ALPHABET[(n >> (5 * i)) as usize & 31]));
}

/// The `TypeID` of a row of the kind `prefix`.
#[must_use]
pub fn type_id(prefix: &str, id: Uuid) -> String {
    let mut out = Vec::with_capacity(prefix.len() + 27);
    write_type_id(prefix, id, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Takes a `TypeID` apart, into the kind and the id of its row.
#[must_use]
pub fn parse_type_id(text: &str) -> Option<(&str, Uuid)> {
    let (prefix, suffix) = text.rsplit_once('_')?;
    let digits = suffix.as_bytes();
    if digits.len() != 26 || digits[0] > b'7' {
        return None;
    }
    let mut n: u128 = 0;
    for digit in digits {
        let value = ALPHABET.iter().position(|a| a == digit)?;
        n = n << 5 | value as u128;
    }
    Some((prefix, Uuid::from_u128(n)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The valid examples of the specification.
    #[test]
    fn agrees_with_the_specification() {
        for (text, uuid) in [
            ("prefix_00000000000000000000000000", 0),
            ("prefix_0000000000000000000000000a", 10),
            ("prefix_7zzzzzzzzzzzzzzzzzzzzzzzzz", u128::MAX),
            ("prefix_0123456789abcdefghjkmnpqrs", 0x0110_c853_1d09_52d8_d73e_1194_e95b_5f19),
        ] {
            assert_eq!(parse_type_id(text), Some(("prefix", Uuid::from_u128(uuid))));
            assert_eq!(type_id("prefix", Uuid::from_u128(uuid)), text);
        }
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in [
            "",
            "_",
            "city",
            "city_",
            "city_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "city_0000000000000000000000000",
            "city_0000000000000000000000000A",
            "city_0000000000000000000000000u",
            "city_000000000000000000000000000",
        ] {
            assert_eq!(parse_type_id(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn comes_back_as_it_went(n: u128) {
            let text = type_id("innovation_center", Uuid::from_u128(n));
            prop_assert_eq!(parse_type_id(&text), Some(("innovation_center", Uuid::from_u128(n))));
        }

        #[test]
        fn sorts_as_the_uuid_does(a: u128, b: u128) {
            prop_assert_eq!(
                type_id("x", Uuid::from_u128(a)).cmp(&type_id("x", Uuid::from_u128(b))),
                a.cmp(&b)
            );
        }

        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = parse_type_id(&text);
        }
    }
}
