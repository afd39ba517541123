//! Keeps the documents of full-text search, and the sort keys of names, in step with the records that were written.

use std::collections::HashSet;

use rustc_hash::FxHashMap;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryResult, Set,
    sea_query::{Expr, OnConflict, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    MAX_BOUND_VALUES, begin_change,
    search_documents::{Documents, ROW, corrected_words},
    sort_keys::SortKeys,
    unbuilt_statements,
};
use crate::{
    db::Database,
    model::{
        Model, record,
        search::{document, word},
    },
    query::statement::is_one_of_ids,
};

/// How many records are read at once.
const RECORDS: u64 = 500;
/// How many words one statement writes: each has two values.
const WORDS: usize = MAX_BOUND_VALUES / 2;
/// The alias of the documents of records.
const DOCUMENT: &str = "document";

/// Makes the documents of all records that have none, such as after a migration. Another process that writes is waited for.
pub async fn complete_search_index(database: &Database, model: &Model) -> Result<(), DbErr> {
    let mut missing = Query::select();
    missing.expr(Expr::col((ROW, record::Column::Id))).from_as(record::Entity, ROW);
    let of_record = Expr::col((DOCUMENT, document::Column::RecordId)).equals((ROW, record::Column::Id));
    missing.join_as(JoinType::LeftJoin, document::Entity, DOCUMENT, of_record);
    missing.and_where(Expr::col((DOCUMENT, document::Column::Id)).is_null()).limit(1);
    if database.connection().query_one(&missing).await?.is_none() {
        return Ok(());
    }
    let transaction = begin_change(database.connection()).await?;
    update_search_index(&transaction, model).await?;
    transaction.commit().await
}

/// Makes all documents again.
pub async fn rebuild_search_index(database: &Database, model: &Model) -> Result<u64, DbErr> {
    let transaction = begin_change(database.connection()).await?;
    // A document is only removed from an index that has it.
    unbuilt_statements::rebuild_search_index(&transaction).await?;
    document::Entity::delete_many().exec(&transaction).await?;
    word::Entity::delete_many().exec(&transaction).await?;
    let documents = update_search_index(&transaction, model).await?;
    transaction.commit().await?;
    Ok(documents)
}

/// Makes the documents of the records whose version is not that of their document; says how many. The documents of removed
/// records are removed with them.
pub(super) async fn update_search_index(transaction: &DatabaseTransaction, model: &Model) -> Result<u64, DbErr> {
    let mut index = Index { transaction, sort_keys: SortKeys::new(transaction), words: HashSet::new(), documents: 0 };
    for record in model.types() {
        index.update(&Documents::new(model, record)).await?;
    }
    Ok(index.documents)
}

/// The same of some records, with their tables.
pub(super) async fn update_search_index_of(
    transaction: &DatabaseTransaction,
    model: &Model,
    changed: &FxHashMap<Uuid, &'static str>,
) -> Result<(), DbErr> {
    let mut index = Index { transaction, sort_keys: SortKeys::new(transaction), words: HashSet::new(), documents: 0 };
    for record in model.types() {
        let ids: Vec<Uuid> = changed.iter().filter(|(_, table)| **table == record.table).map(|(id, _)| *id).collect();
        for ids in ids.chunks(usize::try_from(RECORDS).unwrap_or(usize::MAX)) {
            let documents = Documents::new(model, record);
            let mut query = documents.select(Uuid::nil());
            query.and_where(is_one_of_ids(transaction.get_database_backend(), Expr::col((ROW, "id")), ids));
            let rows = transaction.query_all(&query).await?;
            index.write_rows(&documents, &rows).await?;
        }
    }
    Ok(())
}

/// The records of a type after an id whose version is not that of their document.
fn stale(documents: &Documents<'_>, after: Uuid) -> SelectStatement {
    let mut query = documents.select(after);
    let of_record = Expr::col((DOCUMENT, document::Column::RecordId)).equals((ROW, "id"));
    query.join_as(JoinType::LeftJoin, document::Entity, DOCUMENT, of_record);
    let differs = |column, name| Expr::col((DOCUMENT, column)).ne(Expr::col((ROW, name)));
    query.and_where(
        Expr::col((DOCUMENT, document::Column::Id))
            .is_null()
            .or(differs(document::Column::Version, "version"))
            .or(differs(document::Column::UpdatedAt, "updated_at")),
    );
    query
}

struct Index<'a> {
    transaction: &'a DatabaseTransaction,
    sort_keys: SortKeys<'a>,
    /// The words that were written.
    words: HashSet<String>,
    documents: u64,
}

impl Index<'_> {
    async fn update(&mut self, documents: &Documents<'_>) -> Result<(), DbErr> {
        let mut after = Uuid::nil();
        loop {
            let rows = self.transaction.query_all(stale(documents, after).limit(RECORDS)).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.try_get_by("id")?;
            self.write_rows(documents, &rows).await?;
        }
    }

    async fn write_rows(&mut self, documents: &Documents<'_>, rows: &[QueryResult]) -> Result<(), DbErr> {
        self.sort_keys.write(&documents.main_names(rows)?).await?;
        self.write(documents.of(self.transaction, rows).await?).await
    }

    async fn write(&mut self, documents: Vec<document::ActiveModel>) -> Result<(), DbErr> {
        let backend = self.transaction.get_database_backend();
        let ids: Vec<Uuid> = documents.iter().map(|document| *document.record_id.as_ref()).collect();
        let of_these = is_one_of_ids(backend, Expr::col(document::Column::RecordId), &ids);
        document::Entity::delete_many().filter(of_these).exec(self.transaction).await?;
        let mut new = Vec::new();
        for document in &documents {
            for word in corrected_words(document.words.as_ref()) {
                if self.words.insert(word.to_owned()) {
                    new.push(word::ActiveModel {
                        word: Set(word.to_owned()),
                        reversed: Set(word.chars().rev().collect()),
                    });
                }
            }
        }
        self.documents += documents.len() as u64;
        document::Entity::insert_many(documents).exec_without_returning(self.transaction).await?;
        let known = OnConflict::column(word::Column::Word).do_nothing().to_owned();
        for words in new.chunks(WORDS) {
            let insert = word::Entity::insert_many(words.iter().cloned()).on_conflict(known.clone());
            insert.exec_without_returning(self.transaction).await?;
        }
        Ok(())
    }
}
