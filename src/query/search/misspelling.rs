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

impl Term {
    /// Whether it is long enough for a typing error.
    pub(super) fn may_be_misspelled(&self) -> bool {
        self.word().is_some_and(|word| word.chars().count() >= SHORTEST_MISSPELLED)
    }

    /// Adds what it can be a misspelling of among `words`, or among their beginnings; says whether there is anything. All of it,
    /// because some of the words are those of records that the viewer may not see: none may take the place of another.
    pub(super) fn correct(&mut self, words: &[String]) -> bool {
        let Some(word) = self.word().filter(|_| self.may_be_misspelled()).map(str::to_owned) else { return false };
        let mut corrections: BTreeSet<(&str, bool)> = BTreeSet::new();
        for other in words {
            if is_similar(&word, other) {
                corrections.insert((other, false));
            }
            if self.is_prefix() {
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

impl RecordLoader {
    /// The words of all documents that the words of a query can be misspellings of, and others.
    pub(super) async fn similar_words(&self, terms: &[Term]) -> Result<Vec<String>> {
        let mut ranges = Condition::any();
        for word in terms.iter().filter(|term| term.may_be_misspelled()).filter_map(Term::word) {
            let characters: Vec<char> = word.chars().collect();
            let half = characters.len() / 2;
            let first: String = characters[..half].iter().collect();
            // One less, because two characters can be exchanged where the halves meet.
            let last: String = characters[half + 1..].iter().rev().collect();
            for (column, beginning) in [(Column::Word, first), (Column::Reversed, last)] {
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
        let half = word.len() / 2;
        let is_found = |other: &[char]| other.starts_with(&word[..half]) || other.ends_with(&word[half + 1..]);
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
