//! The condition that a text has words, each as a whole and in any order.

use folding::{fold, is_written_without_spaces};
use sea_orm::{DbBackend, ExprTrait, sea_query::Expr};

use super::{all, operator::MAX_CONTAINED};
use crate::{
    error::{Code, Error, Result},
    query::statement::{SEPARATORS, has_word},
    quoted::Quoted,
};

/// The largest number of words.
pub(super) const MAX_WORDS: usize = 10;

/// Whether a folded text has all words of another one.
pub(super) fn has_words(backend: DbBackend, folded: &Expr, text: &str) -> Result<Expr> {
    let words = words(text)?;
    let one = |word: &String| {
        // Few texts are left to look at more closely. No word has a character that means something in a pattern.
        let contains = folded.clone().like(format!("%{word}%"));
        let mut ends = [word.chars().next(), word.chars().next_back()];
        // Where no spaces are written, a word ends anywhere.
        let ends = ends.each_mut().map(|end| !end.is_some_and(is_written_without_spaces));
        if ends == [false, false] { contains } else { contains.and(has_word(backend, folded.clone(), word, ends)) }
    };
    Ok(all(words.iter().map(one).collect()))
}

/// The words of a text, folded, each once.
fn words(text: &str) -> Result<Vec<String>> {
    let folded = fold(text);
    let mut words: Vec<String> = Vec::new();
    for word in folded.split(SEPARATORS).filter(|word| !word.is_empty()) {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    let characters = folded.chars().count();
    let wrong = if characters > MAX_CONTAINED {
        format!("the text of `words` has {characters} characters: at most {MAX_CONTAINED} are allowed")
    } else if words.len() > MAX_WORDS {
        format!("the text of `words` has {} different words: at most {MAX_WORDS} are allowed", words.len())
    } else if words.is_empty() {
        format!("{} has no word: write at least one, such as \"mayor espoo\"", Quoted(text))
    } else {
        return Ok(words);
    };
    Err(Error::input(Code::InvalidArgument, wrong))
}
