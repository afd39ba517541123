//! How many characters texts may have, by what they are, and how many keys lists. The description of a record type gives each
//! column its length.
//!
//! A row of an index of PostgreSQL has at most 2,704 bytes, and a character at most four. So no text that an index holds
//! has more than 600 characters.

/// A key.
pub const KEY: usize = 200;
/// A name or a title.
pub const NAME: usize = 500;
/// A name as [`folding::fold`] writes it, which can be longer.
pub const FOLDED: usize = 600;
/// A BCP 47 language tag.
pub const LANGUAGE: usize = 100;
/// A value that lists can be filtered by, such as a unit.
pub const VALUE: usize = 200;
/// An identifier of the outside world.
pub const IDENTIFIER: usize = 200;
/// A date in EDTF, which can be a set of dates.
pub const DATE: usize = 500;
/// The digits of a decimal number.
pub const DECIMAL: usize = 40;
/// A free text, such as a purpose or a URL.
pub const TEXT: usize = 2_000;
/// A note by the editors.
pub const NOTE: usize = 10_000;
/// The name of a table.
pub const TABLE: usize = 63;

/// The keys of a list. The members of a partnership are stored as pairs.
pub const LIST: usize = 100;

/// Checks that a list has at most [`LIST`] keys; the error says how many it has.
pub fn check_list(keys: usize) -> Result<(), String> {
    if keys > LIST { Err(format!("it has {keys} keys: at most {LIST} are allowed")) } else { Ok(()) }
}

/// Checks that a text has at most so many characters; the error says how many it has.
pub fn check(text: &str, most: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length > most { Err(format!("it has {length} characters: at most {most} are allowed")) } else { Ok(()) }
}
