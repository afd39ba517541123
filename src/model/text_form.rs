//! Reading values from their text form: that of CSV files.

use sea_orm::Value;
use url::Url;

use super::{Column, Scalar, draft::ProblemCode, length};

impl Scalar {
    /// Reads a value from its text form.
    pub(super) fn read(&self, text: &str, range: Option<(i32, i32)>) -> Result<Value, (ProblemCode, String)> {
        let invalid = |expected: &str| (ProblemCode::Invalid, format!("expected {expected}"));
        let value: Value = match self {
            Self::Text => text.into(),
            Self::Url => url(text).map_err(|message| (ProblemCode::Invalid, message))?.into(),
            Self::Letters(length) => {
                code(text, *length, &text.to_ascii_uppercase(), u8::is_ascii_uppercase, "capital letters")?.into()
            }
            // Spreadsheets take zeros at the beginning away.
            Self::Digits(length) => {
                code(text, *length, &format!("{text:0>length$}"), u8::is_ascii_digit, "digits")?.into()
            }
            Self::Integer => text.parse::<i32>().map_err(|_| invalid("a whole number, such as 12"))?.into(),
            Self::Float => {
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                number.ok_or_else(|| invalid("a number, such as 60.2052"))?.into()
            }
            // Spreadsheets write `TRUE`.
            Self::Boolean => text.to_ascii_lowercase().parse::<bool>().map_err(|_| invalid("true or false"))?.into(),
            Self::Word(vocabulary) => match vocabulary.by_value(text) {
                Some(word) => word.value.clone().into(),
                None => return Err(invalid(&format!("one of {}", vocabulary.list()))),
            },
            Self::DateTime => text.parse::<i64>().map_err(|_| invalid("milliseconds since 1970"))?.into(),
        };
        if let Some((least, most)) = range
            && text.parse().is_ok_and(|number: f64| !(f64::from(least)..=f64::from(most)).contains(&number))
        {
            return Err((ProblemCode::OutOfRange, format!("expected a number from {least} to {most}")));
        }
        Ok(value)
    }
}

/// Checks that a text is a code of so many characters; `meant` is what it may have been.
fn code(
    text: &str,
    length: usize,
    meant: &str,
    is_right: fn(&u8) -> bool,
    characters: &str,
) -> Result<String, (ProblemCode, String)> {
    let is_code = |text: &str| text.len() == length && text.bytes().all(|byte| is_right(&byte));
    if is_code(text) {
        return Ok(text.to_owned());
    }
    let message = if is_code(meant) { format!("write {meant}") } else { format!("expected {length} {characters}") };
    Err((ProblemCode::Invalid, message))
}

/// The value of an empty text.
pub(super) fn missing(column: &Column) -> Result<Value, (ProblemCode, String)> {
    if column.nullable { Ok(column.null()) } else { Err((ProblemCode::Required, "it must not be empty".to_owned())) }
}

/// Checks the address of a page on the web. Browsers would run others, such as `javascript:`.
fn url(text: &str) -> Result<String, String> {
    let is_page = |url: &Url| matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if Url::parse(text).is_ok_and(|url| is_page(&url)) && !text.contains(char::is_whitespace) {
        return Ok(text.to_owned());
    }
    let meant = format!("https://{text}");
    let is_meant = !text.contains([':', ' ', '@']) && text.contains('.') && Url::parse(&meant).is_ok();
    Err(if is_meant {
        format!("write {meant}")
    } else {
        "expected the address of a page on the web, such as https://www.espoo.fi/en".to_owned()
    })
}

/// Reads the digits of a decimal number, and about the same number.
pub(super) fn exact_decimal(text: &str) -> Result<(String, f64), (ProblemCode, String)> {
    let wrong = || {
        let message = "expected a decimal number of at most 28 digits, such as 3000 or 0.35";
        (ProblemCode::Invalid, message.to_owned())
    };
    // Before it is read: the library calls itself for each digit, and may run out of stack.
    length::check(text, length::DECIMAL).map_err(|message| (ProblemCode::TooLong, message))?;
    // The library also reads `1_000` and `+1`.
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
    let exact = rust_decimal::Decimal::from_str_exact(text).ok().filter(|_| is_plain).ok_or_else(wrong)?;
    let number = exact.to_string().parse().map_err(|_| wrong())?;
    Ok((text.to_owned(), number))
}
