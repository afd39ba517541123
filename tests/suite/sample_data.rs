//! The bundled data sets: what `world` has, what both have together, and which of them a server loads.
//!
//! What is expected is worked out here, from the files of the sets.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::Path,
};

use coopgraph::config::Config;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::{
    import_export::{Contents, Set, bundled, exported},
    process::{Place, Served},
    readme,
    support::{Backend, Data, Server, TestDatabase, backends},
};

/// A row: its cells that are not empty, by header.
type Row = BTreeMap<String, String>;

/// The rows of a set, by file.
type Rows = BTreeMap<String, Vec<Row>>;

fn rows(files: &Contents) -> Rows {
    let of_file = |bytes: &Vec<u8>| {
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let headers = reader.headers().expect("a header").clone();
        let filled = |row: csv::StringRecord| {
            let cells = headers.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
            cells.map(|(header, cell)| (header.to_owned(), cell.to_owned())).collect()
        };
        reader.records().map(|row| filled(row.expect("a row"))).collect()
    };
    files.iter().map(|(name, bytes)| (name.clone(), of_file(bytes))).collect()
}

/// The rows of `world`; none for files that it does not have.
fn world() -> Rows {
    let mut files: Contents = bundled().into_keys().map(|name| (name, Vec::new())).collect();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/world")).expect("a directory") {
        let path = entry.expect("a file").path();
        let name = path.file_stem().expect("a name").to_str().expect("UTF-8").to_owned();
        let mut bytes = Vec::new();
        GzDecoder::new(&*fs::read(&path).expect("a file")).read_to_end(&mut bytes).expect("a compressed file");
        assert!(files.insert(name, bytes).is_some(), "{} is no file of the import form", path.display());
    }
    rows(&files)
}

/// The record that a row is about.
fn subject(row: &Row) -> [Option<&String>; 3] {
    match row.get("key") {
        Some(key) => [Some(key), None, None],
        None => [None, row.get("record_kind"), row.get("record")],
    }
}

fn assert_same(found: &Rows, expected: &Rows, backend: Backend) {
    assert!(found.keys().eq(expected.keys()));
    for (file, rows) in expected {
        assert_eq!(found[file].len(), rows.len(), "{backend}: {file}");
        assert!(BTreeSet::from_iter(&found[file]) == BTreeSet::from_iter(rows), "{backend}: {file} has other rows");
    }
}

/// The set stands alone, nothing in it contradicts itself, and import and export lose nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_world_comes_out_as_it_went_in() {
    for backend in backends() {
        let first = TestDatabase::new(backend, Data::World).await;
        let files = exported(&first).await;
        assert_same(&rows(&files), &world(), backend);
        let second = TestDatabase::new(backend, Data::Empty).await;
        second.import(&Set::of(&files).files()).await.expect("an import");
        assert!(exported(&second).await == files, "{backend}: other data than imported");
    }
}

/// Both sets together: of a record that both have, each file says what the first set says; the rest is added.
#[tokio::test(flavor = "multi_thread")]
async fn all_has_both_sets() {
    let (mut expected, world) = (rows(&bundled()), world());
    for (file, of_first) in &mut expected {
        let known: BTreeSet<_> = of_first.iter().map(subject).collect();
        let added: Vec<_> = world[file].iter().filter(|row| !known.contains(&subject(row))).cloned().collect();
        of_first.extend(added);
    }
    for backend in backends() {
        let found = exported(&TestDatabase::new(backend, Data::All).await).await;
        assert_same(&rows(&found), &expected, backend);
    }
}

/// What both sets have, has one key: places with the same identifier, partnerships of the same places, and statements of a
/// source about them. Every pair says which extracts it is from.
#[test]
fn the_sets_do_not_repeat_each_other() {
    let (first, world) = (rows(&bundled()), world());
    for (file, name, same) in [
        ("identifiers.csv", "record", &["record_kind", "scheme", "value"][..]),
        ("partnerships.csv", "key", &["members"]),
        ("citations.csv", "key", &["record_kind", "record", "field", "source", "claimed_value"]),
    ] {
        let named = |row| (same.iter().map(|header| Row::get(row, *header)).collect::<Vec<_>>(), &row[name]);
        let known: BTreeMap<_, _> = first[file].iter().map(named).collect();
        let mut found = BTreeSet::new();
        for (same, name) in world[file].iter().map(named) {
            assert_eq!(known.get(&same).unwrap_or(&name), &name, "{file}: {same:?}");
            assert!(found.insert(same.clone()), "{file}: {same:?} comes twice");
        }
    }
    let cited: BTreeSet<_> = world["citations.csv"].iter().map(|row| &row["record"]).collect();
    assert!(world["partnerships.csv"].iter().all(|row| cited.contains(&row["key"])), "a pair has no citation");
}

/// Wikidata has had a pair for years that does not exist: both sets have it, who says so, and that it is refuted.
#[tokio::test(flavor = "multi_thread")]
async fn a_false_pair_is_told_as_such() {
    let query = "{ partnership(by: {key: \"espoo-mumbai\"}) { status note
        supports: citations(filter: {stance: {eq: SUPPORTS}}) { nodes { field claimedValue source { key } } }
        contradicts: citations(filter: {stance: {eq: CONTRADICTS}}) { totalCount } } }";
    for backend in backends() {
        for (data, contradictions) in [(Data::World, 0), (Data::All, 2)] {
            let found = Server::start(backend, data).await.data(query, json!({})).await;
            let pair = &found["partnership"];
            assert_eq!(pair["status"], "REFUTED");
            assert!(pair["note"].as_str().expect("a note").ends_with("Kept as a known false claim."), "{pair}");
            let exists = |key| json!({ "field": "exists", "claimedValue": "yes", "source": { "key": key } });
            let extracts = ["ds-wikidata-2016", "ds-wikidata-2022", "ds-wikidata-2025"].map(exists);
            assert_eq!(pair["supports"]["nodes"], json!(extracts), "{backend}: {data:?}");
            assert_eq!(pair["contradicts"]["totalCount"], contradictions, "{backend}: {data:?}");
        }
    }
}

/// Whoever starts a server and tries the README's queries has all data, and the limits of a server. What the article says
/// is answered as with the first set alone.
#[tokio::test(flavor = "multi_thread")]
async fn the_queries_of_the_readme_are_right_with_all_data() {
    let database = TestDatabase::new(Backend::Sqlite, Data::All).await;
    let server = Server::with(database, Config::default()).await;
    let mut answers = Vec::new();
    for query in readme::queries() {
        answers.push(readme::without_cursors(server.data(query, json!({})).await));
    }
    for (answer, file) in answers.iter().zip(["tests/golden/readme-1.json", "tests/golden/readme-2.json"]) {
        let expected = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file);
        assert!(*answer == serde_json::from_slice::<Value>(&expected).expect("JSON"), "another answer than in {file}");
    }
    let largest = &answers[2]["cities"]["nodes"][0];
    assert_eq!(largest["label"]["name"], "Helsingfors");
    assert!(largest["partnerships"]["totalCount"].as_u64() > Some(5), "{largest}");
}

/// A server loads what it is told to load; without a word, all.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_loads_the_chosen_set() {
    let (first, world) = (rows(&bundled()), world());
    let cities = |sets: &[&Rows]| {
        let keys: BTreeSet<_> = sets.iter().flat_map(|set| set["cities.csv"].iter().map(|row| &row["key"])).collect();
        keys.len()
    };
    for (set, expected) in [
        (Some("finland-china"), cities(&[&first])),
        (Some("world"), cities(&[&world])),
        (Some("none"), 0),
        (None, cities(&[&first, &world])),
    ] {
        let place = Place::new(Backend::Sqlite).await;
        let mut command = place.on_database(&["serve", "--listen", "127.0.0.1:0"]);
        command.env_remove("COOPGRAPH_SAMPLE_DATA").args(set.map(|set| format!("--sample-data={set}")));
        let served = Served::start(command);
        assert_eq!(served.printed[0].starts_with("loaded the bundled data: "), expected > 0, "{:?}", served.printed);
        let answer = served.ask("{ cities { totalCount } }").await;
        assert_eq!(answer["data"]["cities"]["totalCount"], expected, "{set:?}");
        served.stop();
    }
}
