//! Texts: folding for search, language tags, and the spellings of names.

use oxilangtag::LanguageTag;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A text without case and diacritics, for search and order: NFKD, without combining marks, in lower case.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Checks a BCP 47 language tag and returns its usual spelling; the error says what is right.
pub fn language_tag(tag: &str) -> Result<String, String> {
    LanguageTag::parse_and_normalize(tag)
        .map(LanguageTag::into_inner)
        .map_err(|cause| format!("expected a BCP 47 language tag, such as en, fi or zh-Hans ({cause})"))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_checked_and_spelt_as_usual() {
        assert_eq!(language_tag("ZH-hans"), Ok("zh-Hans".to_owned()));
        assert!(language_tag("").is_err());
        assert!(language_tag("english language").is_err());
    }
}
