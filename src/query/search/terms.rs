//! The terms of a query, and how the databases and expressions write them.

use std::fmt;

use sea_orm::DbBackend;

/// A word of a query, or the characters of a run of a script without spaces; and what it may be a misspelling of.
#[derive(Clone)]
pub struct Term {
    /// As it is written, and then what it may be a misspelling of.
    pub(super) alternatives: Vec<Alternative>,
}

/// One of the words that a document can have.
#[derive(Clone, PartialEq, Eq)]
pub struct Alternative {
    /// One word, or characters that follow each other.
    pub(super) words: Vec<String>,
    /// Whether the last of them may be the beginning of a word.
    pub(super) is_prefix: bool,
}

impl Term {
    /// The terms of a query. The last word may be the beginning of one, unless a space or the like follows it.
    pub(super) fn of_query(query: &str) -> Vec<Self> {
        let mut terms: Vec<Self> = Vec::new();
        let mut end = 0;
        let mut is_run = false;
        for span in folding::spans(query) {
            let goes_on = is_run && span.is_unspaced && span.range.start == end;
            (end, is_run) = (span.range.end, span.is_unspaced);
            if goes_on && let Some(last) = terms.last_mut() {
                last.alternatives[0].words.extend(span.words);
            } else if span.is_unspaced {
                terms.push(Self::new(span.words));
            } else {
                terms.extend(span.words.into_iter().map(|word| Self::new(vec![word])));
            }
        }
        if end == query.len()
            && let Some(last) = terms.last_mut()
        {
            last.alternatives[0].is_prefix = !is_run;
        }
        terms
    }

    fn new(words: Vec<String>) -> Self {
        Self { alternatives: vec![Alternative { words, is_prefix: false }] }
    }

    /// Lets the last word not be the beginning of one.
    pub(super) fn be_whole(&mut self) {
        self.alternatives[0].is_prefix = false;
    }

    /// How many words it has.
    pub(super) fn len(&self) -> usize {
        self.alternatives[0].words.len()
    }

    /// The word as it is written, if it is a single one.
    pub(super) fn word(&self) -> Option<&str> {
        match &*self.alternatives[0].words {
            [word] => Some(word),
            _ => None,
        }
    }

    /// Whether the last of its words may be the beginning of one.
    pub(super) fn is_prefix(&self) -> bool {
        self.alternatives[0].is_prefix
    }

    /// Terms as the database's query language for full text writes them. Words have no characters but letters and digits.
    pub(super) fn query(backend: DbBackend, terms: &[Self]) -> String {
        let (and, or) = if backend == DbBackend::Postgres { (" & ", " | ") } else { (" AND ", " OR ") };
        let word = |word: &str, is_prefix: bool| match (backend, is_prefix) {
            (DbBackend::Postgres, true) => format!("'{word}':*"),
            (DbBackend::Postgres, false) => format!("'{word}'"),
            (_, true) => format!("\"{word}\"*"),
            (_, false) => format!("\"{word}\""),
        };
        let alternative = |alternative: &Alternative| {
            let last = alternative.words.len() - 1;
            let words = alternative.words.iter().enumerate();
            let words: Vec<_> = words.map(|(i, of)| word(of, alternative.is_prefix && i == last)).collect();
            format!("({})", words.join(and))
        };
        let term = |term: &Self| {
            let alternatives: Vec<_> = term.alternatives.iter().map(alternative).collect();
            format!("({})", alternatives.join(or))
        };
        terms.iter().map(term).collect::<Vec<_>>().join(and)
    }

    /// What whole names are compared with: the terms one after the other, and whether the last word may be the beginning of
    /// one. A term that may be a misspelling is compared with whole names only if it is the only one.
    pub(super) fn phrases(terms: &[Self]) -> Vec<(String, bool)> {
        match terms {
            [term] => term.alternatives.iter().map(|one| (one.words.join(" "), one.is_prefix)).collect(),
            terms if terms.iter().all(|term| term.alternatives.len() == 1) => {
                let words = terms.iter().flat_map(|term| &term.alternatives[0].words).cloned().collect::<Vec<_>>();
                vec![(words.join(" "), terms.last().is_some_and(Self::is_prefix))]
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.alternatives[0].words.join(" "))?;
        f.write_str(if self.is_prefix() { "*" } else { "" })
    }
}
