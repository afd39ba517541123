//! Keeps the documents of full-text search, and the sort keys of names, in step with the records that were written.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryResult, Set,
    sea_query::{Expr, OnConflict, Order, Query, SelectStatement},
};
use uuid::Uuid;

use super::{MAX_BOUND_VALUES, begin_change, sort_keys::SortKeys};
use crate::{
    db::Database,
    model::{
        Column, Model, RecordType, name, record,
        search::{Text, document, key_entry, name_entry, word},
    },
    query::statement::is_one_of_ids,
};

/// How many records are read at once.
const RECORDS: u64 = 500;
/// How many words one statement writes: each has two values.
const WORDS: usize = MAX_BOUND_VALUES / 2;
/// The shortest word of which misspellings are understood, in characters.
const SHORTEST_WORD: usize = crate::query::search::SHORTEST_MISSPELLED - 1;
/// The alias of the records, and of their documents.
const ROW: &str = "row";
/// See [`ROW`].
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
        index.update(record, model.search_position(record)).await?;
    }
    Ok(index.documents)
}

/// The records of a type after an id whose version is not that of their document.
fn stale(record: &RecordType, after: Uuid, columns: &[Column]) -> SelectStatement {
    let mut query = Query::select();
    query.columns(["id", "version", "updated_at"].map(|name| (ROW, name)));
    query.columns(columns.iter().map(|column| (ROW, column.name)));
    query.from_as(record.table, ROW);
    let of_record = Expr::col((DOCUMENT, document::Column::RecordId)).equals((ROW, "id"));
    query.join_as(JoinType::LeftJoin, document::Entity, DOCUMENT, of_record);
    let differs = |column, name| Expr::col((DOCUMENT, column)).ne(Expr::col((ROW, name)));
    query.and_where(
        Expr::col((DOCUMENT, document::Column::Id))
            .is_null()
            .or(differs(document::Column::Version, "version"))
            .or(differs(document::Column::UpdatedAt, "updated_at")),
    );
    query.and_where(Expr::col((ROW, "id")).gt(after)).order_by((ROW, "id"), Order::Asc);
    query
}

struct Index<'a> {
    transaction: &'a DatabaseTransaction,
    sort_keys: SortKeys<'a>,
    /// The words that were written.
    words: HashSet<String>,
    documents: u64,
}

/// A document in the making.
#[derive(Default)]
struct Builder {
    names: String,
    words: String,
    texts: Vec<Text>,
}

impl Builder {
    fn add(&mut self, words: &[String]) {
        if words.is_empty() {
            return;
        }
        if !self.words.is_empty() {
            self.words.push_str(" | ");
        }
        self.words.push_str(&words.join(" "));
    }

    /// Adds a text that is no name.
    fn add_text(&mut self, field: &str, text: &str) {
        let words = folding::words(text);
        if field == "key" {
            self.names.push_str(&key_entry(&words));
        }
        self.add(&words);
        self.texts.push(Text { field: field.to_owned(), language: None, text: text.to_owned() });
    }

    /// Adds a name, and how it is read in Latin letters.
    fn add_name(&mut self, field: &str, language: &str, text: &str) {
        let words = folding::words(text);
        self.names.push_str(&name_entry(language, &words));
        self.add(&words);
        if let Some(reading) = folding::reading(text) {
            for words in [&reading.words, &reading.joined] {
                self.names.push_str(&name_entry(language, words));
                self.add(words);
            }
            self.add(&reading.parts);
        }
        self.texts.push(Text { field: field.to_owned(), language: Some(language.to_owned()), text: text.to_owned() });
    }
}

impl Index<'_> {
    async fn update(&mut self, record: &RecordType, position: usize) -> Result<(), DbErr> {
        let texts: Vec<_> = document::texts(record).collect();
        let mut columns: Vec<Column> = texts.iter().map(|(_, column)| *column).collect();
        columns.extend(record.main_name.into_iter().flat_map(|(name, language)| [name, language]));
        columns.extend(record.prominence);
        let mut after = Uuid::nil();
        loop {
            let rows = self.transaction.query_all(stale(record, after, &columns).limit(RECORDS)).await?;
            let mut ids = Vec::with_capacity(rows.len());
            for row in &rows {
                ids.push(row.try_get_by::<Uuid, _>("id")?);
            }
            let Some(last) = ids.last() else { return Ok(()) };
            after = *last;
            if let Some((name, _)) = record.main_name {
                let mut names = Vec::with_capacity(rows.len());
                for (row, id) in rows.iter().zip(&ids) {
                    names.push((*id, text(row, name)?.unwrap_or_default()));
                }
                self.sort_keys.write(&names).await?;
            }
            let mut names = self.names(&ids).await?;
            let mut documents = Vec::with_capacity(rows.len());
            for (row, id) in rows.iter().zip(&ids) {
                let mut builder = Builder::default();
                if let Some((name, language)) = record.main_name {
                    let field = record.name_field().unwrap_or(name.name);
                    builder.add_name(
                        field,
                        &text(row, language)?.unwrap_or_default(),
                        &text(row, name)?.unwrap_or_default(),
                    );
                }
                for name in names.remove(id).unwrap_or_default() {
                    builder.add_name("names", &name.language, &name.name);
                }
                for (field, column) in &texts {
                    if let Some(text) = text(row, *column)? {
                        builder.add_text(field, &text);
                    }
                }
                let prominence = match record.prominence {
                    Some(column) => row.try_get_by::<Option<i32>, _>(column.name)?.unwrap_or_default(),
                    None => 0,
                };
                documents.push(document::ActiveModel {
                    record_id: Set(*id),
                    kind: Set(record.table.to_owned()),
                    version: Set(row.try_get_by("version")?),
                    updated_at: Set(row.try_get_by("updated_at")?),
                    rank: Set(document::rank(position, prominence)),
                    names: Set(builder.names),
                    words: Set(builder.words),
                    // Texts and options of texts can always be serialized.
                    texts: Set(serde_json::to_string(&builder.texts).unwrap_or_default()),
                    ..Default::default()
                });
            }
            self.write(documents, &ids).await?;
        }
    }

    /// The further names of records.
    async fn names(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<name::Model>>, DbErr> {
        let of_these = is_one_of_ids(self.transaction.get_database_backend(), Expr::col(name::Column::RecordId), ids);
        let mut names: HashMap<Uuid, Vec<name::Model>> = HashMap::new();
        for name in name::Entity::find().filter(of_these).all(self.transaction).await? {
            names.entry(name.record_id).or_default().push(name);
        }
        for names in names.values_mut() {
            names.sort_by(|a, b| (&a.language, &a.name).cmp(&(&b.language, &b.name)));
        }
        Ok(names)
    }

    async fn write(&mut self, documents: Vec<document::ActiveModel>, ids: &[Uuid]) -> Result<(), DbErr> {
        let backend = self.transaction.get_database_backend();
        let of_these = is_one_of_ids(backend, Expr::col(document::Column::RecordId), ids);
        document::Entity::delete_many().filter(of_these).exec(self.transaction).await?;
        let mut new = Vec::new();
        for document in &documents {
            let words = document.words.as_ref().split([' ', '|']);
            for word in words.filter(|word| word.chars().count() >= SHORTEST_WORD) {
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

fn text(row: &QueryResult, column: Column) -> Result<Option<String>, DbErr> {
    row.try_get_by(column.name)
}
