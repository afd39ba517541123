//! The text of a statement and its values, for both databases.

use sea_orm::{DbBackend, Statement, Value, sea_query::ArrayType};
use uuid::Uuid;

/// A statement being written. Values are only ever bound, never pasted.
pub struct Sql {
    backend: DbBackend,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// An empty statement for `backend`.
    #[must_use]
    pub fn new(backend: DbBackend) -> Self {
        Self { backend, text: String::with_capacity(512), values: Vec::new() }
    }

    /// Whether this is for PostgreSQL; otherwise it is for SQLite.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    /// Appends SQL.
    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.text.push_str(sql);
        self
    }

    /// Appends a column of a table's alias, quoted.
    pub fn column(&mut self, alias: &str, column: &str) -> &mut Self {
        self.text.push_str(alias);
        self.text.push_str(".\"");
        self.text.push_str(column);
        self.text.push('"');
        self
    }

    /// Appends a value, bound.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        if self.is_postgres() {
            self.text.push('$');
            self.text.push_str(&self.values.len().to_string());
        } else {
            // Nameless: SQLite looks named parameters up one by one, in time that grows with their square.
            self.text.push('?');
        }
        self
    }

    /// Appends `IN (…)` for ids, as one bound value however many they are.
    ///
    /// A single id is compared as such: PostgreSQL plans `= ANY` anew each time, because it expects more of them.
    pub fn in_ids(&mut self, ids: &[Uuid]) -> &mut Self {
        if let [id] = ids {
            return self.push(" = ").bind(*id);
        }
        if self.is_postgres() {
            self.push(" = ANY(").bind(uuids(ids)).push(")")
        } else {
            self.push(" IN (SELECT unhex(value) FROM json_each(").bind(hex_array(ids)).push("))")
        }
    }

    /// Appends `IN (…)` for texts, as one bound value however many they are.
    pub fn in_texts(&mut self, texts: &[String]) -> &mut Self {
        if self.is_postgres() {
            let values = texts.iter().map(|t| t.clone().into()).collect();
            self.push(" = ANY(").bind(Value::Array(ArrayType::String, Some(Box::new(values)))).push(")")
        } else {
            let json = serde_json::Value::from(texts).to_string();
            self.push(" IN (SELECT value FROM json_each(").bind(json).push("))")
        }
    }

    /// Appends ids as rows of a table `p`, whose only column is [`Sql::PARENT`].
    pub fn from_parents(&mut self, ids: &[Uuid]) -> &mut Self {
        match (ids, self.is_postgres()) {
            ([id], true) => self.push("(SELECT ").bind(*id).push("::uuid AS p) AS p"),
            ([id], false) => self.push("(SELECT ").bind(*id).push(" AS p) AS p"),
            (_, true) => self.push("unnest(").bind(uuids(ids)).push(") AS p"),
            (_, false) => self.push("(SELECT unhex(value) AS p FROM json_each(").bind(hex_array(ids)).push(")) AS p"),
        }
    }

    /// The id in a row of [`Sql::from_parents`].
    pub const PARENT: &'static str = "p.p";

    /// The finished statement.
    #[must_use]
    pub fn finish(self) -> Statement {
        Statement::from_sql_and_values(self.backend, self.text, self.values)
    }
}

fn uuids(ids: &[Uuid]) -> Value {
    let values = ids.iter().map(|id| (*id).into()).collect();
    Value::Array(ArrayType::Uuid, Some(Box::new(values)))
}

/// JSON has no bytes: SQLite reads the ids back from their hexadecimal form.
fn hex_array(ids: &[Uuid]) -> String {
    let mut json = String::with_capacity(ids.len() * 35 + 2);
    let mut buffer = Uuid::encode_buffer();
    json.push('[');
    for id in ids {
        if json.len() > 1 {
            json.push(',');
        }
        json.push('"');
        json.push_str(id.simple().encode_lower(&mut buffer));
        json.push('"');
    }
    json.push(']');
    json
}
