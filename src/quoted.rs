//! Values of clients in messages.

use std::fmt::{self, Write};

/// How many characters of a value a message repeats, as they are written in it.
const MOST: usize = 100;

/// Writes a value of a client in quotation marks, shortened if it is long: a message may be needed for every object of an
/// answer.
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        let mut too_many = self.0.char_indices().filter(|(_, c)| {
            written += c.escape_debug().count();
            written > MOST
        });
        match too_many.next() {
            None => write!(f, "{:?}", self.0),
            Some((end, _)) => {
                write!(f, "{:?}", &self.0[..end])?;
                f.write_char('…')
            }
        }
    }
}
