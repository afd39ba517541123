//! The documents of full-text search: what is read of records, and what is made of it.

use std::collections::HashMap;

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryResult, Set,
    sea_query::{Expr, Order, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    model::{
        Column, Model, RecordType, name,
        search::{Text, document, key_entry, name_entry},
    },
    query::statement::is_one_of_ids,
};

/// The shortest word of which misspellings are understood, in characters.
const SHORTEST_WORD: usize = crate::query::search::SHORTEST_MISSPELLED - 1;
/// The alias of the records.
pub(super) const ROW: &str = "row";

/// The words of a document of which misspellings are understood.
pub(super) fn corrected_words(words: &str) -> impl Iterator<Item = &str> {
    words.split([' ', '|']).filter(|word| word.chars().count() >= SHORTEST_WORD)
}

/// Makes the documents of the records of one type.
pub(super) struct Documents<'a> {
    record: &'a RecordType,
    /// The position of the type among those that are found equally well.
    position: usize,
    texts: Vec<(&'a str, Column)>,
    columns: Vec<Column>,
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

impl<'a> Documents<'a> {
    pub(super) fn new(model: &Model, record: &'a RecordType) -> Self {
        let texts: Vec<_> = document::texts(record).collect();
        let mut columns: Vec<Column> = texts.iter().map(|(_, column)| *column).collect();
        columns.extend(record.main_name.into_iter().flat_map(|(name, language)| [name, language]));
        columns.extend(record.prominence);
        Self { record, position: model.search_position(record), texts, columns }
    }

    /// The records after an id, in the order of the ids.
    pub(super) fn select(&self, after: Uuid) -> SelectStatement {
        let mut query = Query::select();
        query.columns(["id", "version", "updated_at"].map(|name| (ROW, name)));
        query.columns(self.columns.iter().map(|column| (ROW, column.name)));
        query.from_as(self.record.table, ROW);
        query.and_where(Expr::col((ROW, "id")).gt(after)).order_by((ROW, "id"), Order::Asc);
        query
    }

    /// The records of selected rows and their main names, if they have any.
    pub(super) fn main_names(&self, rows: &[QueryResult]) -> Result<Vec<(Uuid, String)>, DbErr> {
        let Some((name, _)) = self.record.main_name else { return Ok(Vec::new()) };
        rows.iter().map(|row| Ok((row.try_get_by("id")?, text(row, name)?.unwrap_or_default()))).collect()
    }

    /// The documents of selected rows, in their order.
    pub(super) async fn of(
        &self,
        connection: &impl ConnectionTrait,
        rows: &[QueryResult],
    ) -> Result<Vec<document::ActiveModel>, DbErr> {
        let ids = rows.iter().map(|row| row.try_get_by("id")).collect::<Result<Vec<Uuid>, _>>()?;
        let mut names = names(connection, &ids).await?;
        rows.iter().zip(ids).map(|(row, id)| self.one(row, id, names.remove(&id).unwrap_or_default())).collect()
    }

    fn one(&self, row: &QueryResult, id: Uuid, names: Vec<name::Model>) -> Result<document::ActiveModel, DbErr> {
        let record = self.record;
        let mut builder = Builder::default();
        if let Some((name, language)) = record.main_name {
            let field = record.name_field().unwrap_or(name.name);
            let (language, name) = (text(row, language)?.unwrap_or_default(), text(row, name)?.unwrap_or_default());
            builder.add_name(field, &language, &name);
        }
        for name in names {
            builder.add_name("names", &name.language, &name.name);
        }
        for (field, column) in &self.texts {
            if let Some(text) = text(row, *column)? {
                builder.add_text(field, &text);
            }
        }
        let prominence = match record.prominence {
            Some(column) => row.try_get_by::<Option<i32>, _>(column.name)?.unwrap_or_default(),
            None => 0,
        };
        Ok(document::ActiveModel {
            record_id: Set(id),
            kind: Set(record.table.to_owned()),
            version: Set(row.try_get_by("version")?),
            updated_at: Set(row.try_get_by("updated_at")?),
            rank: Set(document::rank(self.position, prominence)),
            names: Set(builder.names),
            words: Set(builder.words),
            // Texts and options of texts can always be serialized.
            texts: Set(serde_json::to_string(&builder.texts).unwrap_or_default()),
            ..Default::default()
        })
    }
}

/// The further names of records.
async fn names(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<name::Model>>, DbErr> {
    let of_these = is_one_of_ids(connection.get_database_backend(), Expr::col(name::Column::RecordId), ids);
    let mut names: HashMap<Uuid, Vec<name::Model>> = HashMap::new();
    for name in name::Entity::find().filter(of_these).all(connection).await? {
        names.entry(name.record_id).or_default().push(name);
    }
    for names in names.values_mut() {
        names.sort_by(|a, b| (&a.language, &a.name).cmp(&(&b.language, &b.name)));
    }
    Ok(names)
}

fn text(row: &QueryResult, column: Column) -> Result<Option<String>, DbErr> {
    row.try_get_by(column.name)
}
