//! Full-text search over the names and texts of records of all types.
//!
//! The database finds the documents that have all words of a query; the last word may be the beginning of one. How well a
//! document matches is computed from its names alone, with the same expressions on both databases, so that both have the same
//! order. Only if nothing is found are misspellings tried (see [`misspelling`]): what a viewer may not see decides nothing.

mod misspelling;
mod snippet;
mod statements;
mod terms;

use std::sync::{Arc, OnceLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

pub(in crate::query) use self::statements::records_with_words;
pub use self::{misspelling::SHORTEST_MISSPELLED, snippet::Snippet};
use self::{misspelling::misspellings, terms::Term};
use super::loader::RecordLoader;
use crate::{
    error::{Code, Error, Result},
    model::{language::primary_language, search::Text},
    quoted::Quoted,
};

/// The longest query, in characters.
pub const MAX_QUERY: usize = 200;
/// How many words of a query are compared.
pub const MAX_WORDS: usize = 16;
/// How many statements a page takes at most: one for what is found as it is written, one for the words that are almost those
/// of the query, and one for what is found by them. The total takes as many.
pub const STATEMENTS: u32 = 3;

/// What a client searches for, and a page of it.
pub struct Search {
    terms: Vec<Term>,
    /// The language whose names come first, without script and region.
    language: Option<String>,
    /// The tables of the records, if not all are searched.
    tables: Option<Vec<&'static str>>,
    /// The number of records of the page.
    pub size: usize,
    /// Only records after this position.
    pub after: Option<Position>,
}

/// A position in what a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Whether misspellings were tried.
    is_misspelled: bool,
    score: i64,
    record: Uuid,
}

/// The records of a page, and one more if there is one.
#[derive(Clone, Default)]
pub struct Found {
    /// The records, the best first.
    pub hits: Vec<Hit>,
    /// What was searched for, at last.
    terms: Vec<Term>,
    is_misspelled: bool,
}

/// A record that was found.
#[derive(Clone)]
pub struct Hit {
    /// The record.
    pub record: Uuid,
    /// Its table.
    pub table: String,
    /// How well it matches; the least is the best.
    score: i64,
    /// Its texts, as JSON.
    texts: String,
    snippet: OnceLock<Arc<Snippet>>,
}

impl Search {
    /// Reads a query. `tables` are those of the records that are searched; `None` for all.
    pub fn new(
        query: &str,
        language: Option<&str>,
        tables: Option<Vec<&'static str>>,
        size: usize,
        after: Option<&str>,
    ) -> Result<Self> {
        let terms = read_terms("query", query)?;
        let language = language.map(|tag| primary_language(tag).to_ascii_lowercase());
        let mut search = Self { terms, language, tables, size, after: None };
        search.after = after.map(|cursor| search.decode(cursor)).transpose()?;
        Ok(search)
    }

    /// What cursors are bound to.
    fn identity(&self) -> String {
        let words: Vec<_> = self.terms.iter().map(Term::to_string).collect();
        format!("{}:{}", self.language.as_deref().unwrap_or_default(), words.join(" "))
    }

    /// The cursor of a record that was found.
    #[must_use]
    pub fn cursor(&self, found: &Found, hit: &Hit) -> String {
        let (stage, record) = (u8::from(found.is_misspelled), hit.record.simple());
        URL_SAFE_NO_PAD.encode(format!("search:{stage}:{}:{record}:{}", hit.score, self.identity()))
    }

    fn decode(&self, text: &str) -> Result<Position> {
        let plain = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let position = plain.as_deref().and_then(|plain| {
            let mut parts = plain.strip_prefix("search:")?.splitn(4, ':');
            let (stage, score, record) = (parts.next()?, parts.next()?, parts.next()?);
            let position = Position {
                is_misspelled: stage == "1",
                score: score.parse().ok()?,
                record: Uuid::try_parse(record).ok()?,
            };
            (parts.next()? == self.identity()).then_some(position)
        });
        position.ok_or_else(|| {
            let message = format!(
                "{} is not a cursor of this search: pass a cursor that the same query in the same language returned",
                Quoted(text)
            );
            Error::input(Code::InvalidCursor, message)
        })
    }
}

/// The terms of a text that a client gives as `name`.
fn read_terms(name: &str, text: &str) -> Result<Vec<Term>> {
    let length = text.chars().count();
    if length > MAX_QUERY {
        let message = format!("`{name}` has {length} characters: at most {MAX_QUERY} are allowed");
        return Err(Error::input(Code::InvalidArgument, message));
    }
    let terms = Term::of_query(text);
    let words = terms.iter().map(Term::len).sum::<usize>();
    if words > MAX_WORDS {
        let message = format!(
            "`{name}` has {words} words: at most {MAX_WORDS} are allowed, where each character of a script without spaces is a \
             word"
        );
        return Err(Error::input(Code::InvalidArgument, message));
    }
    Ok(terms)
}

impl Found {
    /// The text of a record in which the search was successful.
    #[must_use]
    pub fn snippet(&self, search: &Search, hit: &Hit) -> Arc<Snippet> {
        let of_texts = || {
            // They were written as JSON by whoever made the document.
            let texts: Vec<Text> = serde_json::from_str(&hit.texts).unwrap_or_default();
            Arc::new(Snippet::of(&self.terms, search.language.as_deref(), &texts))
        };
        hit.snippet.get_or_init(of_texts).clone()
    }
}

impl RecordLoader {
    /// The page of a search.
    pub(super) async fn search(&self, search: &Search) -> Result<Found> {
        if search.terms.is_empty() {
            return Ok(Found::default());
        }
        let is_misspelled = search.after.is_some_and(|after| after.is_misspelled);
        if !is_misspelled {
            let hits = self.statement(self.hits(search, &search.terms)).await?;
            if !hits.is_empty() || search.after.is_some() || search.size == 0 {
                return Ok(Found { hits, terms: search.terms.clone(), is_misspelled });
            }
        }
        let Some(terms) = self.corrected(search).await? else { return Ok(Found::default()) };
        let hits = self.statement(self.hits(search, &terms)).await?;
        if hits.is_empty() {
            // Perhaps only hidden records have the words.
            self.tally.uncount_statements(1);
        }
        Ok(Found { hits, terms, is_misspelled: true })
    }

    /// The numbers of all records that a search finds, by their tables: of the most first.
    pub(super) async fn search_counts(&self, search: &Search) -> Result<Vec<(String, i64)>> {
        if search.terms.is_empty() {
            return Ok(Vec::new());
        }
        let counts = self.statement(self.hit_counts(search, &search.terms)).await?;
        if !counts.is_empty() {
            return Ok(counts);
        }
        let Some(terms) = self.corrected(search).await? else { return Ok(Vec::new()) };
        let counts = self.statement(self.hit_counts(search, &terms)).await?;
        if counts.is_empty() {
            // Perhaps only hidden records have the words.
            self.tally.uncount_statements(1);
        }
        Ok(counts)
    }

    /// The terms of a search with what they may be misspellings of; `None` if none of them is one.
    async fn corrected(&self, search: &Search) -> Result<Option<Vec<Term>>> {
        let positions = misspellings(&search.terms);
        if positions.is_empty() {
            return Ok(None);
        }
        let misspelled = positions.iter().map(|position| &search.terms[*position]);
        let words = self.statement(self.similar_words(misspelled)).await?;
        let mut terms = search.terms.clone();
        let corrected: Vec<bool> = positions.iter().map(|position| terms[*position].correct(&words)).collect();
        Ok(corrected.contains(&true).then_some(terms))
    }
}
