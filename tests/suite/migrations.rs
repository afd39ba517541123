//! What the migrations make: it can be taken away again, bears the stated names, is what the entities expect, and is indexed
//! where it is searched.

mod catalog;

use std::collections::BTreeMap;

use coopgraph::{
    import_export::{Bundled, Files},
    model::{Attribute, AttributeKind, DataType, Scalar},
};
use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use serde_json::json;

use self::catalog::{Catalog, Kind, Table, plain, rows};
use crate::{
    columns::header_of,
    support::{Backend, Data, Server, TestDatabase, backends},
    walk::{Schema, kind_of},
};

/// What is in the database beside the list of steps: tables, indexes, types, whatever.
async fn left(database: &TestDatabase, backend: Backend) -> Vec<String> {
    let sql = match backend {
        Backend::Sqlite => {
            "SELECT name AS x FROM sqlite_master WHERE tbl_name NOT IN ('seaql_migrations') AND name NOT LIKE 'sqlite_%'"
        }
        Backend::Postgres => {
            "SELECT relname::text AS x FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'seaql_migrations%' \
             UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE '%seaql_migrations' \
             UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        }
    };
    rows(database, sql).await.iter().map(|row| row.try_get("", "x").expect("a name")).collect()
}

/// Up, down and up again: nothing is left behind, and the same comes again; with rows in the tables, too.
#[tokio::test(flavor = "multi_thread")]
async fn up_and_down_and_up_again() {
    for backend in backends() {
        for data in [Data::Empty, Data::Bundled] {
            let database = TestDatabase::new(backend, data).await;
            let connection = database.database.connection();
            let before = catalog::read(&database).await;
            assert!(before.len() > 20 && !left(&database, backend).await.is_empty());
            Migrator::down(connection, None).await.expect("the way down");
            assert_eq!(left(&database, backend).await, Vec::<String>::new(), "{backend}");
            Migrator::up(connection, None).await.expect("the way up");
            assert!(catalog::read(&database).await == before, "{backend}: other tables");
            database.import(&Files::Bundled(Bundled::FinlandChina)).await.expect("an import");
        }
    }
}

/// Names that an older version stored are folded as this one folds them: also those of more records than one batch has.
#[tokio::test(flavor = "multi_thread")]
async fn names_are_folded_again() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let connection = database.database.connection();
        let names = async |table: &str, name: &str, folded: &str| {
            let sql = format!("SELECT \"{name}\" AS \"x\", \"{folded}\" AS \"y\" FROM \"{table}\" ORDER BY 1, 2");
            let read = |row: &sea_orm::QueryResult| {
                let text = |column| row.try_get::<String>("", column).expect("a text");
                (text("x"), text("y"))
            };
            rows(&database, &sql).await.iter().map(read).collect::<Vec<_>>()
        };
        let steps = Migrator::migrations();
        let before = steps.iter().position(|step| step.name() == "m0005_folding").expect("the step");
        let later = u32::try_from(steps.len() - before).expect("a number");
        Migrator::down(connection, Some(later)).await.expect("the way down");
        for (table, folded) in [("city", "name_sort"), ("position", "title_sort")] {
            connection
                .execute_unprepared(&format!("UPDATE \"{table}\" SET \"{folded}\" = 'x'"))
                .await
                .expect("an update");
        }
        Migrator::up(connection, None).await.expect("the way up");
        for (table, name, folded) in
            [("city", "name", "name_sort"), ("position", "title", "title_sort"), ("name", "name", "folded")]
        {
            let stored = names(table, name, folded).await;
            assert!(stored.len() > 50, "{backend}: {table} has only {} rows", stored.len());
            for (name, stored) in stored {
                assert_eq!(stored, folding::fold(&name), "{backend}: {table}: {name}");
            }
        }
    }
}

/// Sets of dates that an older version stored are taken apart, as an import does it; those of all dates that there are.
#[tokio::test(flavor = "multi_thread")]
async fn stored_sets_of_dates_are_taken_apart() {
    let steps = Migrator::migrations();
    let before = steps.iter().position(|step| step.name() == "m0007_date_ranges").expect("the step");
    let later = u32::try_from(steps.len() - before).expect("a number");
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let connection = database.database.connection();
        let number = async |sql: &str| rows(&database, sql).await[0].try_get_by_index::<i64>(0).expect("a number");
        let all = "SELECT COUNT(*) FROM \"date_range\"";
        let imported = number(all).await;
        assert!(imported >= 6, "{backend}: the data has only {imported} dates in sets");
        Migrator::down(connection, Some(later)).await.expect("the way down");
        Migrator::up(connection, None).await.expect("the way up");
        assert_eq!(number(all).await, imported, "{backend}");

        Migrator::down(connection, Some(later)).await.expect("the way down");
        // Those that later steps add are not there yet.
        let mut dates = Vec::new();
        for record in coopgraph::domain::model().types() {
            for [date, ..] in record.dates() {
                let is_there = format!("SELECT t.\"{date}\" FROM \"{}\" t LIMIT 0", record.table);
                if connection.execute_unprepared(&is_there).await.is_ok() {
                    dates.push((record.table, date));
                }
            }
        }
        assert!(dates.len() > 10, "{dates:?}");
        for (table, date) in &dates {
            database.execute(&format!("UPDATE \"{table}\" SET \"{date}\" = '{{1969-12-31,1970-01-02..}}'")).await;
        }
        Migrator::up(connection, None).await.expect("the way up");
        for (table, date) in &dates {
            let records = number(&format!("SELECT COUNT(*) FROM \"{table}\"")).await;
            for (earliest, latest) in [(-1, -1), (1, coopgraph::edtf::EVER)] {
                let listed = format!(
                    "SELECT COUNT(*) FROM \"{table}\" t JOIN \"date_range\" d ON d.\"record_id\" = t.\"id\" \
                     WHERE d.\"date\" = '{date}' AND d.\"earliest\" = {earliest} AND d.\"latest\" = {latest}"
                );
                assert_eq!(number(&listed).await, records, "{backend}: {table}.{date}");
            }
        }
    }
}

/// SQLite's migrations run in a transaction only if they say so; an interrupted one would leave half of its tables behind.
#[test]
fn every_migration_is_a_transaction() {
    for step in Migrator::migrations() {
        assert_eq!(step.use_transaction(), Some(true), "{}: `use_transaction` must return `Some(true)`", step.name());
    }
}

/// Both databases have the same tables, columns, constraints and indexes; only types are called differently.
#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_the_same_tables() {
    let mut catalogs = Vec::new();
    for backend in backends() {
        let mut catalog = catalog::read(&TestDatabase::new(backend, Data::Empty).await).await;
        for (ty, _) in catalog.values_mut().flat_map(|table| table.columns.values_mut()) {
            *ty = ty.replace("uuid_blob", "uuid");
            *ty = ty.replace("blob", "bytea");
        }
        // SQLite's row ids have 64 bits and are called so.
        if let Some(ty) = catalog.get_mut("search_document").and_then(|table| table.columns.get_mut("id")) {
            ty.0 = "bigint".to_owned();
        }
        catalogs.push(catalog);
    }
    for (name, table) in &catalogs[0] {
        for other in &catalogs {
            assert_eq!(table, &other[name], "{name}");
            assert_eq!(catalogs[0].len(), other.len());
        }
    }
}

/// The name that a constraint must have; that of a condition says what it is about, and need not be worked out.
fn constraint_name(table: &str, kind: Kind, columns: &[String]) -> String {
    match kind {
        Kind::Primary => format!("pk_{table}"),
        Kind::Unique => format!("uq_{table}_{}", columns.join("_")),
        // A reference to a record of several kinds: the id and the kind, called after what they have in common.
        Kind::Foreign if columns.len() == 2 => format!("fk_{table}_{}", columns[0].trim_end_matches("_id")),
        Kind::Foreign => format!("fk_{table}_{}", columns[0]),
        Kind::Check => format!("ck_{table}_"),
    }
}

/// The name that an index must have.
fn index_name(table: &str, parts: &[String]) -> String {
    let part = |part: &String| match part.strip_prefix("COALESCE") {
        Some(rest) => {
            let (column, last) = rest.split_once(',').expect("what stands for nothing");
            format!("{column}_{}", if last.starts_with('-') { "desc" } else { "asc" })
        }
        None => part.clone(),
    };
    format!("ix_{table}_{}", parts.iter().map(part).collect::<Vec<_>>().join("_"))
}

/// Names say what bears them, so that an error of the database can be read.
#[tokio::test(flavor = "multi_thread")]
async fn names_follow_the_stated_forms() {
    for backend in backends() {
        let catalog = catalog::read(&TestDatabase::new(backend, Data::Empty).await).await;
        for (name, table) in &catalog {
            for (constraint, (kind, columns)) in &table.constraints {
                let expected = constraint_name(name, *kind, columns);
                let right = if *kind == Kind::Check {
                    let about = constraint.strip_prefix(&expected);
                    about.is_some_and(|column| table.columns.contains_key(column))
                } else {
                    *constraint == expected
                };
                assert!(right, "{backend}: {constraint} should be called {expected}");
            }
            for (index, parts) in &table.indexes {
                if !table.constraints.contains_key(index) {
                    assert_eq!(*index, index_name(name, parts), "{backend}");
                }
            }
            let primary = table.constraints.values().filter(|(kind, _)| *kind == Kind::Primary).count();
            assert_eq!(primary, 1, "{backend}: {name}");
        }
    }
}

/// A search for the column alone is served by an index.
fn is_indexed(table: &Table, column: &str) -> bool {
    table.indexes.values().any(|parts| parts[0] == column)
}

/// Else each deletion, and each list of what hangs on a record, reads a whole table.
#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_is_indexed() {
    for backend in backends() {
        let catalog = catalog::read(&TestDatabase::new(backend, Data::Empty).await).await;
        let mut keys = 0;
        for (name, table) in &catalog {
            for (constraint, (_, columns)) in table.constraints.iter().filter(|(_, (kind, _))| *kind == Kind::Foreign) {
                assert!(
                    is_indexed(table, &columns[0]),
                    "{backend}: {name}: no index begins with the column of {constraint}"
                );
                keys += 1;
            }
        }
        assert!(keys > 40, "{backend}: only {keys} foreign keys were seen");
    }
}

/// What the entities say of their columns: the type, and whether it may be empty.
fn expected(ty: DataType) -> &'static str {
    match ty {
        DataType::Text => "text",
        DataType::Integer => "integer",
        DataType::BigInteger => "bigint",
        DataType::SmallInteger => "smallint",
        DataType::Double => "double precision",
        DataType::Boolean => "boolean",
        DataType::Uuid => "uuid",
        DataType::Bytes => "bytea",
    }
}

/// Foreign keys lead where the model says, and checks allow the tables and the words that the model knows.
fn check_references(table: &Table, attribute: &Attribute, path: &str) {
    let of = path.rsplit([' ', '.']).nth(1).expect("a table");
    let allowed =
        |column: &str| table.named.get(&format!("ck_{of}_{column}")).filter(|words| !words.is_empty()).cloned();
    match &attribute.kind {
        AttributeKind::ToOne(to_one) => {
            let mut keys = table.constraints.iter().filter(|(_, (kind, _))| *kind == Kind::Foreign);
            let key = keys.find(|(_, (_, columns))| columns == &[to_one.column.name]);
            let (key, _) = key.unwrap_or_else(|| panic!("{path}: there is no foreign key"));
            assert_eq!(table.named[key], [to_one.target], "{path}: the foreign key leads to another table");
        }
        // A reference to records of all types needs no check.
        AttributeKind::ToAny(to_any) if to_any.group != "Record" => {
            let allowed = allowed(to_any.table.name).unwrap_or_else(|| panic!("{path}: nothing checks the type"));
            assert_eq!(allowed, to_any.targets, "{path}: the table allows other types of records");
        }
        AttributeKind::Scalar(column, Scalar::Word(vocabulary)) => {
            if let Some(allowed) = allowed(column.name) {
                let words: Vec<_> = vocabulary.words.iter().map(|word| word.value.clone()).collect();
                assert_eq!(allowed, words, "{path}: the table allows other words");
            }
        }
        _ => {}
    }
}

/// The tables are what the entities expect: the same columns, of the same types, empty where they may be; and they refer to
/// what the model says.
#[tokio::test(flavor = "multi_thread")]
async fn tables_are_what_entities_expect() {
    for backend in backends() {
        let catalog: Catalog = catalog::read(&TestDatabase::new(backend, Data::Empty).await).await;
        for record in coopgraph::domain::model().types() {
            let name = record.table;
            let columns = record
                .columns
                .iter()
                .map(|column| (column.name.to_owned(), (expected(column.data_type).to_owned(), column.nullable)));
            let columns: BTreeMap<_, _> = columns.collect();
            let table = catalog.get(name).unwrap_or_else(|| panic!("{backend}: no migration creates the table {name}"));
            let mut real = table.columns.clone();
            for (ty, _) in real.values_mut() {
                *ty = ty.replace("uuid_blob", "uuid");
            }
            for column in columns.keys().chain(real.keys()) {
                let (found, declared) = (real.get(column), columns.get(column));
                assert_eq!(found, declared, "{backend}: {name}.{column}: the table is not what the entity declares");
            }
            for attribute in &record.attributes {
                check_references(table, attribute, &format!("{backend}: {name}.{}", attribute.name));
            }
        }
    }
}

/// Each order is served by an index: what the server really sorts by begins one, and the tie-breaker follows. Orders by related
/// records are not, and have the price of that.
#[tokio::test(flavor = "multi_thread")]
async fn every_order_is_indexed() {
    for backend in backends() {
        let server = Server::start(backend, Data::Empty).await;
        let catalog = catalog::read(&server.data).await;
        let schema = Schema::of(&server).await;
        // A list of several types is the lists of each of them, merged.
        for list in schema.lists().filter(|list| schema.is_record(schema.target(list))) {
            let record = schema.targets(list).remove(0);
            for order in &schema.get(&format!("{record}Order")).values {
                server.data.take_statements();
                server
                    .data(&format!("{{ {}(first: 1, orderBy: {order}) {{ nodes {{ key }} }} }}", list.name), json!({}))
                    .await;
                let statements = server.data.take_statements();
                let sorted: Vec<_> = statements.iter().filter_map(|sql| sql.rsplit_once(" ORDER BY ")).collect();
                assert_eq!(sorted.len(), 1, "{statements:?}");
                let (by, _) = sorted[0].1.split_once(" LIMIT").expect("a limit");
                if by.contains("SELECT") {
                    continue;
                }
                let (first, id) = by.rsplit_once(", ").expect("a tie-breaker");
                let [first, id] =
                    [first, id].map(|part| plain(part.trim_end_matches(" DESC").trim_end_matches(" ASC")));
                let table = &catalog[&kind_of(&record)];
                let served = |parts: &Vec<String>| {
                    parts[0] == first
                        && (parts.get(1) == Some(&id) || parts.len() == 1 && ["id", "key"].contains(&first.as_str()))
                };
                assert!(table.indexes.values().any(served), "{backend}: no index for {record} by {order}: {by}");
            }
        }
    }
}

/// The columns that a filter's field searches.
fn searched(schema: &Schema, record: &str, field: &str, ty: &str) -> Vec<String> {
    let column = header_of(&kind_of(record), field);
    match ty {
        "DateFilter" => vec![format!("{column}_earliest"), format!("{column}_latest")],
        // The dates between which a period lies have filters of their own.
        "PeriodFilter" => Vec::new(),
        "TextFilter" => vec![format!("{column}_sort")],
        "FloatFilter" if field == "value" => vec![format!("{column}_sort")],
        // Of those that hang on a record, the foreign key is searched; see above.
        _ if ty.ends_with("ListFilter") => Vec::new(),
        _ if ty.strip_suffix("Filter").is_some_and(|target| schema.is_composite_name(target)) => {
            vec![format!("{column}_id")]
        }
        _ => vec![column],
    }
}

/// Each column that can be filtered by begins an index.
#[tokio::test(flavor = "multi_thread")]
async fn every_filter_is_indexed() {
    for backend in backends() {
        let server = Server::start(backend, Data::Empty).await;
        let catalog = catalog::read(&server.data).await;
        let schema = Schema::of(&server).await;
        for record in schema.records() {
            let table = &catalog[&kind_of(record)];
            for input in &schema.get(&format!("{record}Filter")).inputs {
                if ["and", "or", "not"].contains(&input.name.as_str()) {
                    continue;
                }
                if input.name == "identifier" {
                    assert!(is_indexed(&catalog["identifier"], "scheme"), "{backend}: identifiers are not indexed");
                    continue;
                }
                if input.name == "isDisputed" {
                    assert!(is_indexed(&catalog["citation"], "stance"), "{backend}: stances are not indexed");
                    continue;
                }
                if input.name == "qualityIssue" {
                    // What it looks up; each issue has a plan of its own in `plans`.
                    assert!(
                        is_indexed(&catalog["citation"], "record_id"),
                        "{backend}: records of citations are not indexed"
                    );
                    continue;
                }
                if input.name == "anyText" {
                    // An index of full-text search, which is tested in `search`.
                    continue;
                }
                if input.name == "coordinates" {
                    assert!(is_indexed(table, "latitude"), "{backend}: latitudes of {record} are not indexed");
                    continue;
                }
                if input.name == "anyName" {
                    // The main name, which has a filter of its own, and the others.
                    assert!(is_indexed(&catalog["name"], "folded"), "{backend}: other names are not indexed");
                    continue;
                }
                for column in searched(&schema, record, &input.name, &input.ty.name) {
                    assert!(
                        table.columns.contains_key(&column),
                        "{record} has no column {column} for the filter {}",
                        input.name
                    );
                    assert!(
                        is_indexed(table, &column),
                        "{backend}: {record}.{column} can be filtered by, but is not indexed"
                    );
                }
            }
        }
    }
}
