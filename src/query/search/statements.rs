//! The statements of searches.

use std::sync::OnceLock;

use sea_orm::{
    DbBackend, EntityName, ExprTrait, IdenStatic,
    sea_query::{
        Asterisk, BinOper, CaseStatement, Expr, Func, JoinType, LikeExpr, Order, Query, SelectStatement,
        extension::sqlite::SqliteBinOper,
    },
};

use super::{
    Hit, Search, read_terms,
    terms::{Alternative, Term},
};
use crate::{
    error::{Code, Error, Result},
    model::{
        record,
        search::{
            KEY_SEPARATOR,
            document::{self, Column, RANKS},
        },
    },
    query::{
        filter::{all, any},
        loader::RecordLoader,
        statement::column,
    },
    quoted::Quoted,
};

/// The aliases of the documents, of those that are found, and of their records.
const DOCUMENT: &str = "d";
/// See [`DOCUMENT`].
const HIT: &str = "hit";
/// See [`DOCUMENT`].
const RECORD: &str = "r";
/// The virtual table of FTS5.
const INDEX: &str = "search_index";
/// The column of what is computed.
const SCORE: &str = "score";

fn of_document(name: Column) -> Expr {
    column(DOCUMENT, name.as_str())
}

/// The words with spaces around each of them.
fn spaced_words() -> Expr {
    let space = || Expr::Constant(" ".into());
    let concatenate = BinOper::Custom("||");
    space().binary(concatenate, of_document(Column::Words)).binary(concatenate, space())
}

/// How well the names of a document match, from 0 for best.
fn grade(search: &Search, terms: &[Term]) -> Expr {
    let phrases = Term::phrases(terms);
    let matches = |pattern: String| of_document(Column::Names).like(LikeExpr::new(pattern));
    let any_phrase =
        |pattern: &dyn Fn(&str) -> String| any(phrases.iter().map(|(words, _)| matches(pattern(words))).collect());
    let has_all = |is_prefix_allowed: bool| {
        let has = |alternative: &Alternative| {
            let end = if is_prefix_allowed && alternative.is_prefix { "" } else { " " };
            matches(format!("% {}{end}%", alternative.words.join(" ")))
        };
        all(terms.iter().map(|term| any(term.alternatives.iter().map(has).collect())).collect())
    };
    let mut grade = CaseStatement::new();
    if let Some(language) = &search.language {
        grade = grade.case(any_phrase(&|words| format!("%|{language}: {words} |%")), 0);
    }
    let is_name = any_phrase(&|words| format!("%: {words} |%"));
    let is_key = any_phrase(&|words| format!("%|{}|%", words.replace(' ', KEY_SEPARATOR)));
    grade = grade.case(is_name.or(is_key), 1).case(any_phrase(&|words| format!("%: {words} %")), 2);
    let beginnings = phrases.iter().filter(|(_, is_prefix)| *is_prefix);
    grade = grade.case(any(beginnings.map(|(words, _)| matches(format!("%: {words}%"))).collect()), 3);
    grade.case(has_all(false), 4).case(has_all(true), 5).finally(6).into()
}

/// The documents that have all terms, whoever may see their records.
fn documents(backend: DbBackend, terms: &[Term]) -> SelectStatement {
    let text = Term::query(backend, terms);
    let mut query = Query::select();
    if backend == DbBackend::Postgres {
        query.from_as(document::Entity, DOCUMENT);
        query.and_where(Expr::cust_with_exprs(
            "array_to_tsvector(string_to_array($1, ' ')) @@ CAST($2 AS tsquery)",
            [of_document(Column::Words), Expr::val(text)],
        ));
    } else {
        query.from(INDEX);
        let is_row = of_document(Column::Id).equals((INDEX, "rowid"));
        query.join_as(JoinType::InnerJoin, document::Entity, DOCUMENT, is_row);
        query.and_where(Expr::col(INDEX).binary(SqliteBinOper::Match, text));
    }
    // The index knows which words a document has, but not that they follow each other.
    for words in terms.iter().map(|term| &term.alternatives[0].words).filter(|words| words.len() > 1) {
        query.and_where(spaced_words().like(LikeExpr::new(format!("% {} %", words.join(" ")))));
    }
    query
}

/// The ids of the records of a table whose texts have all words of a text, each as a whole. Nothing is said of who may see
/// them.
pub(in crate::query) fn records_with_words(
    backend: DbBackend,
    table: &'static str,
    text: &str,
) -> Result<SelectStatement> {
    let mut terms = read_terms("words", text)?;
    if terms.is_empty() {
        let message = format!("{} has no word: write at least one, such as \"mayor espoo\"", Quoted(text));
        return Err(Error::input(Code::InvalidArgument, message));
    }
    terms.iter_mut().for_each(Term::be_whole);
    let mut records = documents(backend, &terms);
    records.expr(of_document(Column::RecordId)).and_where(of_document(Column::Kind).eq(table));
    Ok(records)
}

impl RecordLoader {
    /// The documents of the records that the viewer may see and that have all terms.
    fn found(&self, search: &Search, terms: &[Term]) -> SelectStatement {
        let mut query = documents(self.backend(), terms);
        let is_record = column(RECORD, record::Column::Id.as_str()).equals((DOCUMENT, Column::RecordId));
        query.join_as(JoinType::InnerJoin, record::Entity, RECORD, is_record);
        query.and_where(column(RECORD, record::Column::Audience.as_str()).lte(self.clearance.rank()));
        if let Some(tables) = &search.tables {
            query.and_where(of_document(Column::Kind).is_in(tables.iter().copied()));
        }
        query
    }

    /// The statement of a page.
    fn hit_page(&self, search: &Search, terms: &[Term]) -> SelectStatement {
        let mut found = self.found(search, terms);
        let grade = grade(search, terms).mul(Expr::Constant(RANKS.into()));
        found.expr(of_document(Column::RecordId)).expr_as(grade.add(of_document(Column::Rank)), SCORE);
        let mut page = Query::select();
        page.expr(column(HIT, Column::RecordId.as_str())).expr(column(HIT, SCORE)).from_subquery(found, HIT);
        if let Some(after) = search.after {
            let position = Expr::tuple([column(HIT, SCORE), column(HIT, Column::RecordId.as_str())]);
            page.and_where(position.gt(Expr::tuple([Expr::val(after.score), Expr::val(after.record)])));
        }
        let by_score = |query: &mut SelectStatement| {
            query.order_by((HIT, SCORE), Order::Asc).order_by((HIT, Column::RecordId), Order::Asc);
        };
        by_score(&mut page);
        page.limit(search.size as u64 + 1);
        // The texts are read of the page, not of all that is sorted.
        let mut query = Query::select();
        query.expr(column(HIT, Column::RecordId.as_str())).expr(column(HIT, SCORE));
        query.exprs([of_document(Column::Kind), of_document(Column::Texts)]).from_subquery(page, HIT);
        let is_document = of_document(Column::RecordId).equals((HIT, Column::RecordId));
        query.join_as(JoinType::InnerJoin, document::Entity, DOCUMENT, is_document);
        by_score(&mut query);
        query
    }

    /// The records of a page, and one more if there is one.
    pub(super) async fn hits(&self, search: &Search, terms: &[Term]) -> Result<Vec<Hit>> {
        let query = self.hit_page(search, terms);
        let rows = self.rows(&query, document::Entity.table_name(), None).await?;
        let hit = |row: &sea_orm::QueryResult| {
            Ok::<_, sea_orm::DbErr>(Hit {
                record: row.try_get_by_index(0)?,
                score: row.try_get_by_index(1)?,
                table: row.try_get_by_index(2)?,
                texts: row.try_get_by_index(3)?,
                snippet: OnceLock::new(),
            })
        };
        Ok(rows.iter().map(hit).collect::<Result<_, _>>()?)
    }

    /// The numbers of all records that have all terms, by their tables: of the most first.
    pub(super) async fn hit_counts(&self, search: &Search, terms: &[Term]) -> Result<Vec<(String, i64)>> {
        let mut counts = self.found(search, terms);
        let count = || Expr::from(Func::count(Expr::col(Asterisk)));
        counts.expr(of_document(Column::Kind)).expr(count()).add_group_by([of_document(Column::Kind)]);
        counts.order_by_expr(count(), Order::Desc).order_by_expr(of_document(Column::Kind), Order::Asc);
        let rows = self.rows(&counts, document::Entity.table_name(), None).await?;
        let read = |row: &sea_orm::QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        Ok(rows.iter().map(read).collect::<Result<_, sea_orm::DbErr>>()?)
    }
}
