//! The lengths of texts: a text that is too long is reported as every other wrong value is, and the longest are stored,
//! whatever their characters are, on both databases.

use std::collections::BTreeMap;

use coopgraph::{
    domain::model,
    model::{DataType, length},
};
use sea_orm::{ConnectionTrait, Statement};

use super::*;
use crate::{
    columns::{Content, columns, kinds},
    population::{Population, key},
};

/// How long the texts of a column of a file may be; `None` if they are not free.
fn limit(kind: &str, content: &Content) -> Option<usize> {
    match content {
        Content::Name => Some(length::NAME),
        Content::Language => Some(length::LANGUAGE),
        Content::Decimal => Some(length::DECIMAL),
        Content::Date { .. } => Some(length::DATE),
        // The limits of plain texts are those of their columns.
        Content::Text | Content::Url => None,
        _ => panic!("{kind}: the values of this column are not free"),
    }
}

/// The columns of a type whose texts are free: the header, what they are, and how long they may be.
fn texts(kind: &'static str) -> Vec<(String, Content, usize)> {
    let record = model().record_type(kind);
    let is_free = |content: &Content| {
        matches!(
            content,
            Content::Text | Content::Url | Content::Name | Content::Language | Content::Decimal | Content::Date { .. }
        )
    };
    let of_column = |header: String, content: Content| {
        let most = limit(kind, &content).or(record.column(&header).max_length).expect("a limit");
        (header, content, most)
    };
    let columns = columns(kind).into_iter().filter(|column| is_free(&column.content));
    let columns = columns.map(|column| (column.header, column.content));
    columns.chain([("note".to_owned(), Content::Text)]).map(|(header, content)| of_column(header, content)).collect()
}

/// A valid text of a column with exactly so many characters, if there is one.
fn text_of(content: &Content, characters: usize) -> Option<String> {
    match content {
        Content::Text | Content::Name => Some(ideographs(characters)),
        Content::Url => Some(format!("{:a<characters$}", "https://example.org/")),
        Content::Language => Some(tag(characters)),
        Content::Decimal => Some(format!("{}7", "0".repeat(characters - 1))),
        // Each date has four digits and a separator; the brackets are two more.
        Content::Date { is_end } => (characters % 5 == 1).then(|| {
            let first = if *is_end { 4000 } else { 1000 };
            let years = (0..characters / 5).map(|year| (first + year).to_string());
            format!("[{}]", years.collect::<Vec<_>>().join(","))
        }),
        _ => None,
    }
}

/// Ideographs of four bytes each that no compression makes shorter, and that folding leaves as they are.
fn ideographs(characters: usize) -> String {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(0x2_0000 + (state >> 16) % 0xa000).expect("an ideograph")
    };
    (0..characters).map(next).collect()
}

/// A language tag of so many characters.
fn tag(characters: usize) -> String {
    let mut tag = "en-x".to_owned();
    while tag.len() < characters {
        // A subtag has at most eight characters, and at least one.
        let rest = characters - tag.len();
        tag += &format!("-{}", "a".repeat(if rest == 10 { 7 } else { (rest - 1).min(8) }));
    }
    tag
}

/// Every free text that is a character too long, or very much, is reported at its place, and nothing is written.
#[tokio::test(flavor = "multi_thread")]
async fn texts_that_are_too_long_are_reported() {
    let population = Population::new(8);
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let mut wrong = Vec::new();
        let mut tried = 0;
        for kind in kinds() {
            for (header, content, most) in texts(kind) {
                // Not each length is that of a date.
                let shortest = (most + 1..most + 6).find(|characters| text_of(&content, *characters).is_some());
                for characters in [shortest.expect("a length"), 20_001] {
                    let Some(text) = text_of(&content, characters) else { continue };
                    let mut population = population.clone();
                    let first = population.records.iter_mut().find(|record| record.kind == kind);
                    first.expect("a record").set(&header, text.clone());
                    let set = Set::empty();
                    population.write(set.0.path());
                    let expected = Problem {
                        file: crate::support::file_of(model().record_type(kind)),
                        line: 2,
                        column: header.clone(),
                        value: text,
                        code: coopgraph::model::draft::ProblemCode::TooLong,
                        message: format!("it has {characters} characters: at most {most} are allowed"),
                    };
                    tried += 1;
                    wrong.extend(not_reported(&database, &set, &expected).await);
                }
            }
        }
        assert!(wrong.is_empty(), "{backend}:\n{}", wrong.join("\n"));
        assert!(tried > 100, "{tried} texts");
        assert_eq!(rows_of(&database).await, 0, "{backend}");
    }
}

/// What happened instead, if not just one problem was reported.
async fn not_reported(database: &TestDatabase, set: &Set, expected: &Problem) -> Option<String> {
    let place = format!("{}, {}: {}", expected.file, expected.column, expected.message);
    match database.import(&set.files()).await {
        Err(Failure::Problems(found)) if found.total == 1 && found.listed[0] == *expected => None,
        Err(failure) => Some(format!("{place}, but found {}", shortened(&failure.to_string()))),
        Ok(_) => Some(format!("{place}, but it was imported")),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}

async fn rows_of(database: &TestDatabase) -> i64 {
    let sql = "SELECT COUNT(*) AS \"n\" FROM \"record\"";
    let statement = Statement::from_string(database.database.backend(), sql);
    let row = database.database.connection().query_one_raw(statement).await.expect("a row").expect("a row");
    row.try_get("", "n").expect("a number")
}

/// Keys, a name that folding makes longer, and the texts of the other files.
#[tokio::test(flavor = "multi_thread")]
async fn keys_folded_names_and_annotations_are_limited() {
    // Folded, it is eighteen characters.
    let ligatures = "\u{fdfa}".repeat(40);
    let message = |length: usize, most: usize| format!("it has {length} characters: at most {most} are allowed");
    let topic = |key: &str, name: &str| format!("{key},{name},en,,,public\n");
    let long = |content, most: usize| text_of(&content, most + 1).expect("a text");
    let (name, language) = (long(Content::Name, length::NAME), tag(length::LANGUAGE + 1));
    let (key, value) = ("k".repeat(length::KEY + 1), ideographs(length::IDENTIFIER + 1));
    let cases = [
        ("topics.csv", topic(&key, "New"), "key", key.clone(), message(length::KEY + 1, length::KEY)),
        (
            "topics.csv",
            topic("new", &ligatures),
            "name",
            ligatures.clone(),
            format!("folded for search, {}", message(720, length::FOLDED)),
        ),
        (
            "names.csv",
            format!("city,espoo,zh,{name},,\n"),
            "name",
            name.clone(),
            message(length::NAME + 1, length::NAME),
        ),
        (
            "names.csv",
            format!("city,espoo,{language},Espoo,,\n"),
            "language",
            language.clone(),
            message(length::LANGUAGE + 1, length::LANGUAGE),
        ),
        (
            "identifiers.csv",
            format!("city,espoo,wikidata,{value}\n"),
            "value",
            value.clone(),
            message(length::IDENTIFIER + 1, length::IDENTIFIER),
        ),
    ];
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        for (file, row, column, value, message) in &cases {
            let set = Set::bundled();
            let old = fs::read_to_string(set.path(file)).expect("a file");
            // The row stands in the place of one with the same language, if there is one.
            let old: String = old.split_inclusive('\n').filter(|line| !line.starts_with("city,espoo,zh,")).collect();
            let expected = Problem {
                file: (*file).to_owned(),
                line: old.lines().count() as u64 + 1,
                column: (*column).to_owned(),
                value: value.clone(),
                code: coopgraph::model::draft::ProblemCode::TooLong,
                message: message.clone(),
            };
            fs::write(set.path(file), old + row).expect("a file");
            assert_eq!(not_reported(&database, &set, &expected).await, None, "{backend}");
        }
        assert_eq!(rows_of(&database).await, 0, "{backend}");
    }
}

/// The longest texts of four bytes for each character are stored as they are.
#[tokio::test(flavor = "multi_thread")]
async fn the_longest_texts_are_stored() {
    let mut population = Population::new(8);
    for kind in kinds() {
        let first = population.records.iter_mut().find(|record| record.kind == kind).expect("a record");
        for (header, content, most) in texts(kind) {
            if let Some(text) = (most - 4..=most).rev().find_map(|characters| text_of(&content, characters)) {
                first.set(&header, text);
            }
        }
    }
    for beside in &mut population.names {
        beside.cells[1] = ideographs(length::NAME);
    }
    for beside in population.names.iter_mut().filter(|beside| beside.cells[0] == "sv") {
        beside.cells[0] = tag(length::LANGUAGE);
    }
    for (i, beside) in population.identifiers.iter_mut().enumerate() {
        let prefix = if beside.cells[0] == "wikidata" { "Q1" } else { "1" };
        beside.cells[1] = format!("{prefix}{i:0>width$}", width = length::IDENTIFIER - prefix.len());
    }
    let set = Set::empty();
    population.write(set.0.path());
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        database
            .import(&set.files())
            .await
            .unwrap_or_else(|cause| panic!("{backend}: {}", shortened(&cause.to_string())));
        let found = exported(&database).await;
        for kind in kinds() {
            let record = model().record_type(kind);
            let text = String::from_utf8_lossy(&found[&crate::support::file_of(record)]).into_owned();
            let row =
                text.lines().find(|line| line.starts_with(&format!("{},", key(kind, 0)))).expect("the first record");
            assert!(row.contains(&ideographs(length::NOTE)), "{backend}: {kind}");
        }
    }
}

/// No row of an index of PostgreSQL can be too long for it: all texts that indexes hold are limited.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_indexes_fit() {
    /// A row has at most 2,704 bytes, of which its header and the alignment of its values take a few.
    const MOST: usize = 2_704 - 24;
    let mut limits: BTreeMap<(String, String), usize> = BTreeMap::new();
    for record in model().types() {
        for column in record.columns.iter().filter(|column| column.data_type == DataType::Text) {
            limits.insert((record.table.to_owned(), column.name.to_owned()), column.max_length.expect("a limit"));
        }
    }
    for (table, column, most) in [
        ("record", "kind", length::TABLE),
        ("date_range", "date", length::TABLE),
        ("name", "language", length::LANGUAGE),
        ("name", "name", length::NAME),
        ("name", "folded", length::FOLDED),
        ("identifier", "scheme", length::TABLE),
        ("identifier", "value", length::IDENTIFIER),
        ("search_word", "word", folding::MAX_WORD),
        ("sort_key", "collation", length::TABLE),
        ("api_key", "prefix", length::TABLE),
        ("idempotency_key", "actor", length::TABLE),
        ("idempotency_key", "key", length::KEY),
        ("search_word", "reversed", folding::MAX_WORD),
    ] {
        limits.insert((table.to_owned(), column.to_owned()), most);
    }
    for backend in backends().into_iter().filter(|backend| *backend == Backend::Postgres) {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let sql = "SELECT t.relname::text AS t, i.relname::text AS i, COALESCE(a.attname::text, '') AS c, \
                   COALESCE(format_type(a.atttypid, NULL), '') AS ty FROM pg_index x \
                   JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
                   CROSS JOIN unnest(x.indkey) AS k(n) LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n \
                   WHERE t.relnamespace = 'public'::regnamespace AND t.relname <> 'seaql_migrations'";
        let statement = Statement::from_string(database.database.backend(), sql);
        let mut indexes: BTreeMap<String, usize> = BTreeMap::new();
        for row in database.database.connection().query_all_raw(statement).await.expect("rows") {
            let text = |column: &str| row.try_get::<String>("", column).expect(column);
            let bytes = match text("ty").as_str() {
                "text" => {
                    let of = (text("t"), text("c"));
                    4 + 4 * limits.get(&of).unwrap_or_else(|| panic!("{of:?} is indexed and has no limit"))
                }
                _ => 16,
            };
            *indexes.entry(text("i")).or_default() += bytes;
        }
        assert!(indexes.len() > 100, "{} indexes", indexes.len());
        let too_long: Vec<_> = indexes.iter().filter(|(_, bytes)| **bytes > MOST).collect();
        assert_eq!(too_long, Vec::new());
    }
}

/// A list has a largest length, too: its members are stored as pairs.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_at_most_a_hundred_keys() {
    let keys: Vec<String> = (0..101).map(|i| format!("c{i}")).collect();
    let cities = keys.iter().map(|key| format!("{key},{key},und,city,FI,public\n")).collect::<String>();
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let set = Set::empty();
        let write = |file: &str, text: String| fs::write(set.path(file), text).expect("a file");
        write("cities.csv", format!("key,name,language,kind,country,visibility\n{cities}"));
        let partnership = |keys: &[String]| {
            format!("key,members,kind,status,visibility\nlong,{},sister_city,active,public\n", keys.join(";"))
        };
        write("partnerships.csv", partnership(&keys));
        let found = problems(database.import(&set.files()).await);
        assert_eq!(found.listed[0].message, "it has 101 keys: at most 100 are allowed", "{backend}: {found}");
        write("partnerships.csv", partnership(&keys[1..]));
        assert_eq!(database.import(&set.files()).await.expect("an import").added, 102, "{backend}");
    }
}
