//! The text of an API key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// What keys begin with, so that people and secret scanners know one when they see it.
const START: &str = "coopgraph_";
/// The bytes of the prefix and of the secret.
const PREFIX_BYTES: usize = 6;
/// See [`PREFIX_BYTES`].
const SECRET_BYTES: usize = 32;

/// An API key as its owner has it: `coopgraph_PREFIX_SECRET`.
pub struct Token {
    prefix: String,
    text: String,
}

impl Token {
    /// A new key. The error is that of the operating system's source of random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let (mut prefix, mut secret) = ([0; PREFIX_BYTES], [0; SECRET_BYTES]);
        getrandom::fill(&mut prefix)?;
        getrandom::fill(&mut secret)?;
        let prefix = prefix.map(|byte| format!("{byte:02x}")).concat();
        let text = format!("{START}{prefix}_{}", URL_SAFE_NO_PAD.encode(secret));
        Ok(Self { prefix, text })
    }

    /// Reads a key; `None` if it has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.strip_prefix(START)?.split_once('_')?;
        let is_prefix = prefix.len() == 2 * PREFIX_BYTES && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_secret = URL_SAFE_NO_PAD.decode(secret).is_ok_and(|secret| secret.len() == SECRET_BYTES);
        (is_prefix && is_secret).then(|| Self { prefix: prefix.to_owned(), text: text.to_owned() })
    }

    /// The part by which it is found and named. It is no secret.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The whole key.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The hash that the database has. The secret has 256 random bits, which nobody can guess: a fast hash is enough.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(&self.text).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_can_be_read() {
        let (one, other) = (Token::generate().expect("a key"), Token::generate().expect("a key"));
        assert_ne!(one.text(), other.text());
        let read = Token::parse(one.text()).expect("a key");
        assert_eq!((read.prefix(), read.hash()), (one.prefix(), one.hash()));
        assert!(one.text().contains(one.prefix()));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let token = Token::generate().expect("a key");
        let text = token.text();
        for wrong in ["", "coopgraph_", &text[1..], &text[..text.len() - 1], &format!("{text}A"), &text.to_uppercase()]
        {
            assert!(Token::parse(wrong).is_none(), "{wrong}");
        }
    }
}
