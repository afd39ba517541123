//! The spellings of names, and the characters of texts.

use super::length;

/// `from_city_id` → `fromCity`.
#[must_use]
pub fn camel_case(column: &str) -> String {
    let mut name = String::with_capacity(column.len());
    let mut upper = false;
    for c in column.strip_suffix("_id").unwrap_or(column).chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                name.extend(c.to_uppercase());
                upper = false;
            }
            c => name.push(c),
        }
    }
    name
}

/// `InnovationCenter`, `innovation_centers` → `innovation center`, `innovation centers`.
#[must_use]
pub fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && !words.is_empty()) {
            words.push(' ');
        }
        if c != '_' {
            words.extend(c.to_lowercase());
        }
    }
    words
}

/// `InnovationCenter` → `an innovation center`.
#[must_use]
pub fn with_article(name: &str) -> String {
    let words = words(name);
    format!("{} {words}", if words.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" })
}

/// The sentence `text` as the end of another one: with a small letter at its start.
#[must_use]
pub fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// Checks that a text has no control characters; the error says which. Free texts, which may have `most` characters, can have
/// line breaks and tabs.
pub fn check_characters(text: &str, most: usize) -> Result<(), String> {
    let is_free = most >= length::TEXT;
    let is_control = |c: &char| match c {
        // The last two separate lines and paragraphs, and are no control characters for Unicode.
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => !is_free,
        c => c.is_control(),
    };
    match text.chars().find(is_control) {
        Some('\n' | '\r') => Err("it has a line break: write it in one line".to_owned()),
        Some(c) => Err(format!("it contains the control character U+{:04X}: remove it", u32::from(c))),
        None => Ok(()),
    }
}

/// The name of a value of an enum: `TO_CITY` for `toCity`.
#[must_use]
pub fn upper_case(camel_case: &str) -> String {
    let mut upper_case = String::with_capacity(camel_case.len() + 4);
    for c in camel_case.chars() {
        if c.is_ascii_uppercase() {
            upper_case.push('_');
        }
        upper_case.push(c.to_ascii_uppercase());
    }
    upper_case
}
