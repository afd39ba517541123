//! Words: what full-text search compares.
//!
//! A word is a sequence of letters and digits, folded. In scripts that are written without spaces, each character is a word of
//! its own, so that any part of a text can be found without a dictionary.

use std::ops::Range;

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script},
};

use crate::{APOSTROPHES, fold};

/// The longest word, in characters; longer ones are cut.
pub const MAX_WORD: usize = 64;
/// The mark that makes a vowel of Japanese long, which Unicode assigns to no script.
const PROLONGED_SOUND_MARK: char = 'ー';
/// How many characters of an unspaced script can be one word in Latin letters, such as the two of `shanghai`.
const MAX_SYLLABLES: usize = 4;

/// A place in a text, and the words that it is folded to: one in most cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The bytes of the text.
    pub range: Range<usize>,
    /// The words.
    pub words: Vec<String>,
    /// Whether it is a character of a script that is written without spaces.
    pub is_unspaced: bool,
}

/// What a character is for a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A part of a word.
    Letter,
    /// A word of its own, with the marks that follow.
    Unspaced,
    /// A part of the word or the character before it, such as an accent.
    Mark,
    /// Between words.
    Separator,
}

fn role(c: char) -> Role {
    if c.is_ascii() {
        return match c {
            '\'' | '`' => Role::Mark,
            c if c.is_ascii_alphanumeric() => Role::Letter,
            _ => Role::Separator,
        };
    }
    let is_mark = || {
        GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
            || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
    };
    if APOSTROPHES.contains(&c) || is_mark() {
        Role::Mark
    } else if !c.is_alphanumeric() {
        Role::Separator
    } else if is_written_without_spaces(c) {
        Role::Unspaced
    } else {
        Role::Letter
    }
}

/// Whether a character is of a script that is written without spaces between words.
#[must_use]
pub fn is_written_without_spaces(c: char) -> bool {
    let script = CodePointMapData::<Script>::new().get(c);
    c == PROLONGED_SOUND_MARK
        || matches!(
            script,
            Script::Han
                | Script::Hiragana
                | Script::Katakana
                | Script::Bopomofo
                | Script::Thai
                | Script::Lao
                | Script::Khmer
                | Script::Myanmar
                | Script::Tibetan
        )
}

/// The places of a text that have words.
#[must_use]
pub fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut open: Option<(usize, Role)> = None;
    for (at, c) in text.char_indices() {
        let role = role(c);
        let goes_on = matches!((open, role), (Some(_), Role::Mark) | (Some((_, Role::Letter)), Role::Letter));
        if goes_on {
            continue;
        }
        if let Some((start, role)) = open.take() {
            spans.extend(span(text, start..at, role));
        }
        if matches!(role, Role::Letter | Role::Unspaced) {
            open = Some((at, role));
        }
    }
    if let Some((start, role)) = open {
        spans.extend(span(text, start..text.len(), role));
    }
    spans
}

fn span(text: &str, range: Range<usize>, of: Role) -> Option<Span> {
    let folded = fold(&text[range.clone()]);
    let mut words = Vec::new();
    let mut word = String::new();
    let mut length = 0;
    // One character can be folded to several words, such as a fraction.
    for c in folded.chars() {
        let role = role(c);
        if matches!(role, Role::Separator | Role::Unspaced) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
            length = 0;
        }
        let is_kept = role != Role::Separator && !APOSTROPHES.contains(&c);
        if is_kept && length < MAX_WORD {
            word.push(c);
            length += 1;
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    (!words.is_empty()).then_some(Span { range, words, is_unspaced: of == Role::Unspaced })
}

/// The words of a text.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    spans(text).into_iter().flat_map(|span| span.words).collect()
}

/// What a text is in Latin letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its words; of an unspaced script, the syllables.
    pub words: Vec<String>,
    /// Its words, the syllables of each run of an unspaced script joined, such as `beijing` for `北京`.
    pub joined: Vec<String>,
    /// Whatever can be one word when it is written in Latin letters: each run of two to four syllables.
    pub parts: Vec<String>,
}

/// The reading of a text that has letters of other scripts than the Latin one; of Chinese in pinyin without tones, by the
/// most frequent reading of each character. `None` if all its letters are Latin.
#[must_use]
pub fn reading(text: &str) -> Option<Reading> {
    let spans = spans(text);
    if spans.iter().flat_map(|span| &span.words).all(|word| word.is_ascii()) {
        return None;
    }
    let mut reading = Reading::default();
    let mut run: Vec<String> = Vec::new();
    let mut end = 0;
    for span in spans {
        if !span.is_unspaced || span.range.start != end {
            reading.close(&mut run);
        }
        end = span.range.end;
        for word in &span.words {
            let latin: String = any_ascii::any_ascii(word).chars().filter(char::is_ascii_alphanumeric).collect();
            if latin.is_empty() {
                continue;
            }
            let mut latin = latin.to_ascii_lowercase();
            latin.truncate(MAX_WORD);
            reading.words.push(latin.clone());
            if span.is_unspaced { run.push(latin) } else { reading.joined.push(latin) }
        }
    }
    reading.close(&mut run);
    Some(reading)
}

impl Reading {
    /// Ends a run of syllables.
    fn close(&mut self, run: &mut Vec<String>) {
        for length in 2..=MAX_SYLLABLES.min(run.len()) {
            self.parts.extend(run.windows(length).map(joined));
        }
        if !run.is_empty() {
            self.joined.push(joined(run));
        }
        run.clear();
    }
}

/// Syllables as one word.
fn joined(syllables: &[String]) -> String {
    let mut word = syllables.concat();
    word.truncate(MAX_WORD);
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> String {
        words(text).join(" ")
    }

    #[test]
    fn words_are_folded_and_without_punctuation() {
        assert_eq!(joined("Jyväskylä–Shanghai, 2019: “Xi’an”!"), "jyvaskyla shanghai 2019 xian");
        assert_eq!(joined("ÅBO · Łódź · STRASSE/Straße"), "abo lodz strasse strasse");
        // A symbol is no part of a word.
        assert_eq!(joined("½ kg №5"), "1 2 kg 5");
        assert_eq!(joined("🙂 ... %_"), "");
    }

    #[test]
    fn characters_of_unspaced_scripts_are_words() {
        assert_eq!(joined("上海市2010年"), "上 海 市 2010 年");
        assert_eq!(joined("ヘルシンキ"), "ヘ ル シ ン キ");
        assert_eq!(joined("กรุงเทพ"), "ก รุ ง เ ท พ");
        assert_eq!(joined("한국 서울"), "한국 서울");
    }

    #[test]
    fn spans_are_places_of_the_text() {
        let text = "Visit to Ähtäri, 上海";
        let found: Vec<_> = spans(text).into_iter().map(|span| (&text[span.range], span.words.concat())).collect();
        let expected = [("Visit", "visit"), ("to", "to"), ("Ähtäri", "ahtari"), ("上", "上"), ("海", "海")];
        assert_eq!(found, expected.map(|(text, word)| (text, word.to_owned())));
    }

    #[test]
    fn other_scripts_have_a_reading() {
        assert_eq!(reading("Espoo"), None);
        let beijing = reading("北京市").expect("a reading");
        assert_eq!(beijing.words, ["bei", "jing", "shi"]);
        assert_eq!(beijing.joined, ["beijingshi"]);
        assert_eq!(beijing.parts, ["beijing", "jingshi", "beijingshi"]);
        assert_eq!(reading("Москва город").expect("a reading").words, ["moskva", "gorod"]);
        assert_eq!(reading("Αθήνα").expect("a reading").joined, ["athina"]);
    }
}
