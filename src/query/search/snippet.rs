//! Snippets: the text of a record in which a search was successful, with what was found marked.

use std::ops::Range;

use folding::Span;

use super::terms::Term;
use crate::model::{language::primary_language, search::Text};

/// How many characters of a longer text are shown, about.
const LENGTH: usize = 200;
/// How many characters are shown before what was found.
const BEFORE: usize = 60;
/// What stands where a text goes on.
const ELLIPSIS: &str = "…";

/// A text, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The field, such as `name` or `purpose`.
    pub field: String,
    /// The language of a name.
    pub language: Option<String>,
    /// The parts of the text, and whether they match.
    pub fragments: Vec<(String, bool)>,
}

impl Snippet {
    /// The best of the texts of a record: that with the most terms, then one in the language of the search, then the first.
    pub(super) fn of(terms: &[Term], language: Option<&str>, texts: &[Text]) -> Self {
        let mut best: Option<((usize, bool, bool), &Text, Found)> = None;
        for text in texts {
            let found = Found::of(terms, &text.text);
            let is_of_language = language.is_some() && text.language.as_deref().map(primary_language) == language;
            let key = (found.terms, !found.is_reading, is_of_language);
            if best.as_ref().is_none_or(|(best, ..)| key > *best) {
                best = Some((key, text, found));
            }
        }
        let Some((_, text, found)) = best else {
            return Self { field: String::new(), language: None, fragments: Vec::new() };
        };
        let fragments = found.fragments(&text.text);
        Self { field: text.field.clone(), language: text.language.clone(), fragments }
    }
}

/// What was found in a text.
struct Found {
    /// How many of the terms.
    terms: usize,
    /// Whether only its reading in Latin letters has them.
    is_reading: bool,
    /// Where.
    ranges: Vec<Range<usize>>,
}

impl Found {
    fn of(terms: &[Term], text: &str) -> Self {
        let spans = folding::spans(text);
        let mut found = Self { terms: 0, is_reading: false, ranges: Vec::new() };
        for term in terms {
            let ranges = places(term, &spans);
            found.terms += usize::from(!ranges.is_empty());
            found.ranges.extend(ranges);
        }
        found.ranges.sort_unstable_by_key(|range| (range.start, range.end));
        if found.terms == 0
            && let Some(reading) = folding::reading(text)
        {
            let words: Vec<_> = [reading.words, reading.joined, reading.parts].concat();
            let is_read = |term: &&Term| {
                let has =
                    |word: &String, is_prefix| words.iter().any(|of| of == word || is_prefix && of.starts_with(word));
                term.alternatives.iter().any(|one| one.words.iter().all(|word| has(word, one.is_prefix)))
            };
            found.terms = terms.iter().filter(is_read).count();
            found.is_reading = true;
        }
        found
    }

    /// The text, or the part around the first place.
    fn fragments(&self, text: &str) -> Vec<(String, bool)> {
        let window = window(text, self.ranges.first().map_or(0, |range| range.start));
        let mut fragments: Vec<(String, bool)> = Vec::new();
        let mut add = |part: &str, is_match: bool| match fragments.last_mut() {
            _ if part.is_empty() => {}
            Some((last, of)) if *of == is_match => last.push_str(part),
            _ => fragments.push((part.to_owned(), is_match)),
        };
        add(if window.start > 0 { ELLIPSIS } else { "" }, false);
        let mut at = window.start;
        for range in self.ranges.iter().filter(|range| range.start >= window.start && range.end <= window.end) {
            // Two terms can be found in one place.
            if range.end > at {
                add(&text[at..range.start.max(at)], false);
                add(&text[range.start.max(at)..range.end], true);
                at = range.end;
            }
        }
        add(&text[at..window.end], false);
        add(if window.end < text.len() { ELLIPSIS } else { "" }, false);
        fragments
    }
}

/// The places of a text that have a term.
fn places(term: &Term, spans: &[Span]) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    for alternative in &term.alternatives {
        let (length, last) = (alternative.words.len(), alternative.words.len() - 1);
        let matches = |window: &&[Span]| {
            window.iter().zip(&alternative.words).enumerate().all(|(i, (span, word))| {
                let is_prefix = alternative.is_prefix && i == last;
                span.words.iter().any(|of| of == word || is_prefix && of.starts_with(word.as_str()))
            })
        };
        let found = spans.windows(length).filter(matches);
        places.extend(found.map(|window| window[0].range.start..window[last].range.end));
    }
    places
}

/// The part of a text that is shown: all of it if it is short, otherwise from before `place` on, cut between words.
fn window(text: &str, place: usize) -> Range<usize> {
    if text.chars().count() <= LENGTH {
        return 0..text.len();
    }
    let before = text[..place].char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
    let start = if before == 0 { 0 } else { next_word(text, before).min(place) };
    let end = text[start..].char_indices().nth(LENGTH).map_or(text.len(), |(at, _)| start + at);
    if end == text.len() {
        return start..end;
    }
    let cut = text[start..end].rfind(char::is_whitespace).map_or(end, |at| start + at);
    // A text without spaces is cut anywhere.
    start..if cut > place { cut } else { end }
}

fn next_word(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    rest.find(char::is_whitespace).map_or(at, |space| {
        let word = rest[space..].find(|c: char| !c.is_whitespace()).unwrap_or_default();
        at + space + word
    })
}
