//! Texts of answers, as pages show them.

use apollo_compiler::response::{JsonMap, JsonValue};
use maud::{Markup, html};

use crate::formats::cells::value;

/// A link out of the server, if it leads to a page of the web.
pub(super) fn external(url: &str, shown: &str) -> Markup {
    html! { @if is_web_address(url) { a href=(url) rel="external nofollow noopener" { (shown) } } @else { (shown) } }
}

pub(super) fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The text at a path; empty if there is none.
pub(super) fn text(node: &JsonMap, path: &[&str]) -> String {
    plain(value(node, path))
}

pub(super) fn plain(value: &JsonValue) -> String {
    match value {
        JsonValue::String(text) => text.as_str().to_owned(),
        JsonValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The objects of the list at a path.
pub(super) fn list<'n>(node: &'n JsonMap, path: &[&str]) -> Vec<&'n JsonMap> {
    let Some((first, rest)) = path.split_first() else { return Vec::new() };
    let found = rest.iter().try_fold(node.get(*first), |value, name| Some(value?.get(*name))).flatten();
    found.and_then(JsonValue::as_array).into_iter().flatten().filter_map(JsonValue::as_object).collect()
}

pub(super) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
