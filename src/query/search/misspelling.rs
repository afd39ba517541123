//! Misspellings: words with one typing error, which is a wrong, a missing or a surplus character, or two that are exchanged.
//!
//! One error leaves the first half of a word or the rest of it as it is, so the words that it can be are in two ranges of two
//! indexes.

use std::collections::BTreeSet;

use sea_orm::{
    EntityName, ExprTrait,
    sea_query::{Condition, Expr, Query},
};

use super::terms::{Alternative, Term};
use crate::{
    error::Result,
    model::search::word::{Column, Entity},
    query::loader::RecordLoader,
};

/// The shortest word that is taken for a misspelling, in characters.
pub const SHORTEST_MISSPELLED: usize = 5;
/// How many words of a query are taken for misspellings: the longest ones.
const MAX_MISSPELLED: usize = 3;

impl Term {
    /// Adds what it can be a misspelling of among `words`, or among their beginnings; says whether there is anything.
    ///
    /// Some of the words are those of records that the viewer may not see. None takes the place of another; and a beginning is
    /// one of a visible word or finds nothing, because all words that begin with it are among `words`.
    pub(super) fn correct(&mut self, words: &[String]) -> bool {
        let Some(word) = self.word().map(str::to_owned) else { return false };
        let first_half = halves(&word).0;
        let mut corrections: BTreeSet<(&str, bool)> = BTreeSet::new();
        for other in words {
            if is_similar(&word, other) {
                corrections.insert((other, false));
            }
            if self.is_prefix() && other.starts_with(&first_half) {
                corrections.extend(similar_beginnings(&word, other).map(|beginning| (beginning, true)));
            }
        }
        let known = self.alternatives.len();
        let others = corrections.into_iter().filter(|(other, _)| *other != word);
        self.alternatives
            .extend(others.map(|(other, is_prefix)| Alternative { words: vec![other.to_owned()], is_prefix }));
        self.alternatives.len() > known
    }
}

/// The first half of a word, and what comes after the middle; one less than the second half, because two characters can be
/// exchanged where the halves meet. One typing error leaves one of them as it is.
fn halves(word: &str) -> (String, String) {
    let characters: Vec<char> = word.chars().collect();
    let half = characters.len() / 2;
    (characters[..half].iter().collect(), characters[half + 1..].iter().collect())
}

/// Whether one typing error makes a word of another.
fn is_similar(word: &str, other: &str) -> bool {
    word.chars().count().abs_diff(other.chars().count()) <= 1 && strsim::osa_distance(word, other) <= 1
}

/// The beginnings of a word of which another one can be a misspelling.
fn similar_beginnings<'w>(beginning: &str, word: &'w str) -> impl Iterator<Item = &'w str> {
    let length = beginning.chars().count();
    let ends = word.char_indices().map(|(at, _)| at).chain([word.len()]).skip(length - 1).take(3);
    let beginnings: Vec<_> = ends.map(|end| &word[..end]).filter(|of| is_similar(beginning, of)).collect();
    beginnings.into_iter()
}

/// The positions of the terms that can be misspellings.
pub(super) fn misspellings(terms: &[Term]) -> Vec<usize> {
    let length = |position: &usize| terms[*position].word().map_or(0, |word| word.chars().count());
    let mut positions: Vec<usize> =
        (0..terms.len()).filter(|position| length(position) >= SHORTEST_MISSPELLED).collect();
    positions.sort_by_key(|position| std::cmp::Reverse(length(position)));
    positions.truncate(MAX_MISSPELLED);
    positions
}

impl RecordLoader {
    /// The words of all documents that the words of a query can be misspellings of, and others.
    pub(super) async fn similar_words(&self, terms: impl Iterator<Item = &Term>) -> Result<Vec<String>> {
        let mut ranges = Condition::any();
        for word in terms.filter_map(Term::word) {
            let (first, last) = halves(word);
            for (column, beginning) in [(Column::Word, first), (Column::Reversed, last.chars().rev().collect())] {
                let beyond = format!("{beginning}{}", char::MAX);
                ranges = ranges.add(Expr::col(column).gte(beginning).and(Expr::col(column).lt(beyond)));
            }
        }
        let mut query = Query::select();
        query.column(Column::Word).from(Entity).cond_where(ranges);
        let rows = self.rows(&query, Entity.table_name(), None).await?;
        Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_error_is_similar() {
        for misspelled in ["shangai", "shangahi", "shanghaii", "shanghau", "hsanghai"] {
            assert!(is_similar(misspelled, "shanghai"), "{misspelled}");
        }
        for other in ["shanhgia", "shang", "shenzhen"] {
            assert!(!is_similar(other, "shanghai"), "{other}");
        }
    }

    #[test]
    fn the_halves_of_a_word_find_what_it_can_be() {
        let word: Vec<char> = "abcdefg".chars().collect();
        let (first, last) = halves("abcdefg");
        let is_found = |other: &[char]| {
            let other: String = other.iter().collect();
            other.starts_with(&first) || other.ends_with(&last)
        };
        for at in 0..word.len() {
            let (mut wrong, mut missing, mut surplus) = (word.clone(), word.clone(), word.clone());
            wrong[at] = 'x';
            missing.remove(at);
            surplus.insert(at, 'x');
            let mut exchanged = word.clone();
            exchanged.swap(at, (at + 1).min(word.len() - 1));
            for other in [wrong, missing, surplus, exchanged] {
                assert!(is_found(&other), "{other:?}");
            }
        }
    }
}
