//! What tables a database really has, read from its own catalog.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use crate::support::TestDatabase;

#[derive(Debug, Default, PartialEq)]
pub struct Table {
    /// The type and whether it may be empty, by name.
    pub columns: BTreeMap<String, (String, bool)>,
    /// The kind and the columns, by name.
    pub constraints: BTreeMap<String, (Kind, Vec<String>)>,
    /// What constraints name, by their name: the table that a foreign key leads to, the words that a check allows.
    pub named: BTreeMap<String, Vec<String>>,
    /// The columns or expressions, by name; those of constraints included.
    pub indexes: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Primary,
    Unique,
    Foreign,
    Check,
}

pub type Catalog = BTreeMap<String, Table>;

/// All tables but the list of steps. The index of full-text search, which is a virtual table on `SQLite`, is no part of it: what
/// it finds is tested.
pub async fn read(database: &TestDatabase) -> Catalog {
    match database.database.backend() {
        DbBackend::Postgres => postgres(database).await,
        _ => sqlite(database).await,
    }
}

pub async fn rows(database: &TestDatabase, sql: &str) -> Vec<QueryResult> {
    let statement = Statement::from_string(database.database.backend(), sql);
    database.database.connection().query_all_raw(statement).await.expect(sql)
}

fn text(row: &QueryResult, column: &str) -> String {
    row.try_get("", column).expect(column)
}

fn list(text: &str) -> Vec<String> {
    text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

async fn postgres(database: &TestDatabase) -> Catalog {
    let mut tables = Catalog::new();
    let columns = "SELECT table_name::text AS t, column_name::text AS name, data_type::text AS ty, is_nullable::text AS n \
                   FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'";
    for row in rows(database, columns).await {
        let table = tables.entry(text(&row, "t")).or_default();
        table.columns.insert(text(&row, "name"), (text(&row, "ty"), text(&row, "n") == "YES"));
    }
    let constraints = "SELECT c.relname::text AS t, n.conname::text AS name, n.contype::text AS ty, \
         pg_get_constraintdef(n.oid) AS def, \
         COALESCE((SELECT string_agg(a.attname::text, ',' ORDER BY k.o) FROM unnest(n.conkey) WITH ORDINALITY AS k(num, o) \
         JOIN pg_attribute a ON a.attrelid = n.conrelid AND a.attnum = k.num), '') AS cols FROM pg_constraint n \
         JOIN pg_class c ON c.oid = n.conrelid WHERE c.relnamespace = 'public'::regnamespace \
         AND c.relname <> 'seaql_migrations' AND n.contype IN ('p', 'u', 'f', 'c')";
    for row in rows(database, constraints).await {
        let kind = match text(&row, "ty").as_str() {
            "p" => Kind::Primary,
            "u" => Kind::Unique,
            "f" => Kind::Foreign,
            _ => Kind::Check,
        };
        let columns = if kind == Kind::Check { Vec::new() } else { list(&text(&row, "cols")) };
        let table = tables.get_mut(&text(&row, "t")).expect("a table");
        table.named.insert(text(&row, "name"), named(kind, &text(&row, "def")));
        table.constraints.insert(text(&row, "name"), (kind, columns));
    }
    let indexes = "SELECT tablename::text AS t, indexname::text AS name, indexdef AS def FROM pg_indexes \
                   WHERE schemaname = 'public' AND tablename <> 'seaql_migrations' AND indexdef NOT LIKE '%USING gin%'";
    for row in rows(database, indexes).await {
        let table = tables.get_mut(&text(&row, "t")).expect("a table");
        table.indexes.insert(text(&row, "name"), parts(&text(&row, "def")));
    }
    tables
}

async fn sqlite(database: &TestDatabase) -> Catalog {
    let mut tables = Catalog::new();
    let all = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name <> 'seaql_migrations' \
               AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_index%'";
    for row in rows(database, all).await {
        let name = text(&row, "name");
        let mut table = Table::default();
        for row in rows(
            database,
            &format!("SELECT name, lower(type) AS ty, \"notnull\" AS n FROM pragma_table_xinfo('{name}')"),
        )
        .await
        {
            let required: i32 = row.try_get("", "n").expect("a flag");
            table.columns.insert(text(&row, "name"), (text(&row, "ty"), required == 0));
        }
        for part in split(inside(&text(&row, "sql"))) {
            // That of a column that was added later.
            if let Some((column, reference)) = part.split_once(" CONSTRAINT ")
                && let Some((constraint, what)) = reference.split_once(' ')
            {
                assert!(what.starts_with("REFERENCES "), "{name}: {part}");
                let column = column.split('"').nth(1).expect("a column").to_owned();
                table.named.insert(constraint.replace('"', ""), named(Kind::Foreign, what));
                table.constraints.insert(constraint.replace('"', ""), (Kind::Foreign, vec![column]));
                continue;
            }
            let Some(rest) = part.strip_prefix("CONSTRAINT ") else {
                let whole = part.to_uppercase();
                let bare =
                    ["PRIMARY KEY", "UNIQUE", "REFERENCES", "CHECK"].into_iter().find(|word| whole.contains(word));
                assert_eq!(bare, None, "a constraint without a name: {name}: {part}");
                continue;
            };
            let (constraint, what) = rest.split_once(' ').expect("a kind");
            let kind = match what.split(' ').next() {
                Some("PRIMARY") => Kind::Primary,
                Some("UNIQUE") => Kind::Unique,
                Some("FOREIGN") => Kind::Foreign,
                _ => Kind::Check,
            };
            let columns = what.split_once('(').and_then(|(_, rest)| rest.split_once(')')).expect("columns").0;
            let columns = if kind == Kind::Check { Vec::new() } else { list(&columns.replace(['"', ' '], "")) };
            if matches!(kind, Kind::Primary | Kind::Unique) {
                table.indexes.insert(constraint.replace('"', ""), columns.clone());
            }
            table.named.insert(constraint.replace('"', ""), named(kind, what));
            table.constraints.insert(constraint.replace('"', ""), (kind, columns));
        }
        let indexes = format!(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '{name}'"
        );
        for row in rows(database, &indexes).await {
            table.indexes.insert(text(&row, "name"), parts(&text(&row, "sql")));
        }
        tables.insert(name, table);
    }
    tables
}

/// What the definition of a constraint names.
fn named(kind: Kind, definition: &str) -> Vec<String> {
    let words = |text: &str, delimiter: char| -> Vec<String> {
        text.split(delimiter).skip(1).step_by(2).map(str::to_owned).collect()
    };
    match (kind, definition.split_once("REFERENCES ")) {
        (Kind::Foreign, Some((_, to))) => {
            let table = to.trim_start_matches('"');
            vec![table[..table.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(table.len())].to_owned()]
        }
        (Kind::Check, _) => words(definition, '\''),
        _ => Vec::new(),
    }
}

/// What stands between the first bracket and its partner.
fn inside(sql: &str) -> &str {
    let (start, end) = (sql.find('(').expect("a bracket"), sql.rfind(')').expect("a bracket"));
    &sql[start + 1..end]
}

/// The parts between commas that are in no brackets.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("a part").push(c);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

/// The columns and expressions of an index.
fn parts(sql: &str) -> Vec<String> {
    split(inside(sql)).iter().map(|part| plain(part)).collect()
}

/// An expression, however a database or the server writes it: without quotes, brackets, casts and the table's alias.
pub fn plain(expression: &str) -> String {
    let text: String = expression.replace("::bigint", "").chars().filter(|c| !"\"'() ".contains(*c)).collect();
    match text.split_once('.') {
        Some((before, rest)) if before.starts_with("COALESCE") => format!("COALESCE{rest}"),
        Some((_, rest)) => rest.to_owned(),
        None => text,
    }
}
