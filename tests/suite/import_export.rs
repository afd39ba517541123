//! Import and export: what goes in comes out again, a key is what a record is known by, and bad files change nothing.

mod bad;
mod concurrent;
mod inconsistencies;
mod lengths;
mod moved;
mod partial_files;
mod removals;
mod spellings;
mod value_changes;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use coopgraph::import_export::{Failure, Files, Imported, Problem, Problems};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::support::{Backend, Data, Server, TestDatabase, backends, export, import};

/// Files by name.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// A copy of the bundled files, to be altered.
pub struct Set(tempfile::TempDir);

impl Set {
    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub fn bundled() -> Self {
        Self::of(&bundled())
    }

    pub fn of(files: &Contents) -> Self {
        let set = Self::empty();
        for (name, bytes) in files {
            fs::write(set.path(name), bytes).expect("a copy");
        }
        set
    }

    /// The bundled files without their rows.
    pub fn headers() -> Self {
        let set = Self::empty();
        for (name, bytes) in bundled() {
            let end = bytes.iter().position(|b| *b == b'\n').expect("a header");
            fs::write(set.path(&name), &bytes[..=end]).expect("a header");
        }
        set
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub fn files(&self) -> Files {
        Files::In(self.0.path().to_owned())
    }

    /// Puts `to` in the place of `from`, which must stand there once. Says in which line the two begin to differ.
    pub fn replace(&self, file: &str, from: &str, to: &[u8]) -> u64 {
        let old = fs::read(self.path(file)).expect(file);
        let text = String::from_utf8(old.clone()).expect("UTF-8");
        let mut places = text.match_indices(from).map(|(place, _)| place);
        let at = places.next().unwrap_or_else(|| panic!("{file} has no {from:?}"));
        assert_eq!(places.next(), None, "{file} has {from:?} twice");
        let new = [&old[..at], to, &old[at + from.len()..]].concat();
        fs::write(self.path(file), new).expect("an altered file");
        let same = from.bytes().zip(to).take_while(|(old, new)| old == *new).count();
        let before = &old[..at + same];
        1 + before.iter().map(|b| u64::from(*b == b'\n')).sum::<u64>()
    }
}

pub fn csv_files(directory: &Path) -> Contents {
    let entries = fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files = paths.filter(|path| path.extension().is_some_and(|e| e == "csv"));
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into();
    files.map(|path| (name(&path), fs::read(&path).expect("a file"))).collect()
}

/// The files of the bundled set on Finland and China.
pub fn bundled() -> Contents {
    csv_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data")))
}

pub async fn exported(database: &TestDatabase) -> Contents {
    let directory = tempfile::tempdir().expect("a directory");
    let target = directory.path().join("made/by/export");
    export(&database.database, &target, true).await;
    let hidden = fs::read_dir(&target).expect("a directory").count();
    let files = csv_files(&target);
    assert_eq!(hidden, files.len(), "export leaves nothing but its files");
    files
}

/// All that a database holds: what export shows, and of each record the id, the version and when it was changed.
async fn state(database: &TestDatabase) -> (Contents, Vec<String>) {
    let mut rows = Vec::new();
    for table in coopgraph::domain::model().types() {
        let id = match database.database.backend() {
            sea_orm::DbBackend::Postgres => "\"id\"::text",
            _ => "hex(\"id\")",
        };
        let sql = format!(
            "SELECT \"key\" || ' ' || {id} || ' ' || \"version\" || ' ' || \"updated_at\" || ' ' || \"audience\" AS \"x\" FROM \"{}\" ORDER BY \"key\"",
            table.table
        );
        let statement = Statement::from_string(database.database.backend(), sql);
        let found = database.database.connection().query_all_raw(statement);
        for row in found.await.expect("rows") {
            let row: String = row.try_get("", "x").expect("a text");
            rows.push(format!("{} {row}", table.table));
        }
    }
    (exported(database).await, rows)
}

/// Names the files that differ: whole files in a failure's message help nobody.
fn assert_same(found: &Contents, expected: &Contents, backend: Backend) {
    let names = |contents: &Contents| contents.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{backend}");
    for (name, bytes) in expected {
        let pair = found[name].split(|b| *b == b'\n');
        let pairs = pair.zip(bytes.split(|b| *b == b'\n'));
        for (found, expected) in pairs {
            let [found, expected] = [found, expected].map(String::from_utf8_lossy);
            assert_eq!(found, expected, "{backend}: {name}");
        }
        assert_eq!(found[name].len(), bytes.len(), "{backend}: {name}");
    }
}

fn problems(done: Result<Imported, Failure>) -> Problems {
    match done {
        Err(Failure::Problems(problems)) => problems,
        other => panic!("problems were expected: {other:?}"),
    }
}

/// The bundled files are in export's form; import and export lose nothing; a second import finds nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn import_and_export_are_inverse() {
    for backend in backends() {
        let first = TestDatabase::new(backend, Data::Bundled).await;
        let files = exported(&first).await;
        assert_same(&files, &bundled(), backend);

        let set = Set::of(&files);
        let second = TestDatabase::new(backend, Data::Empty).await;
        let done = second.import(&set.files()).await.expect("an import");
        assert!(done.added > 2_000 && done.updated == 0 && done.unchanged == 0);
        assert_same(&exported(&second).await, &files, backend);

        let before = state(&second).await;
        let again = second.import(&set.files()).await.expect("an import");
        let nothing = Imported { unchanged: done.added, ..Imported::default() };
        assert_eq!(again, nothing, "{backend}");
        assert!(state(&second).await == before, "{backend}: rows changed");
    }
}

/// Text that CSV has to quote, or that looks like something else, comes out as it went in.
#[tokio::test(flavor = "multi_thread")]
async fn awkward_text_survives() {
    let awkward = [
        "\"",
        "a,b",
        "two  spaces",
        "a;b",
        "'--; DROP TABLE x",
        "𝔘nicode 上海 é",
        "=1+1",
        "null",
        "\\N",
        "$1 ?1 :a",
        "%_",
        "true",
    ];
    // In free texts.
    let lines = ["two\nlines", "carriage\r\nreturn", "one\rtwo", "a\tb"];
    for backend in backends() {
        let set = Set::headers();
        let mut writer = csv::Writer::from_path(set.path("officials.csv")).expect("a file");
        let header = ["key", "name", "language", "note", "visibility"];
        writer.write_record(header).expect("a row");
        let texts = awkward.iter().map(|text| (*text, *text)).chain(lines.iter().map(|text| ("x", *text)));
        for (i, (name, note)) in texts.enumerate() {
            let key = format!("z{i:02}");
            let row = [key.as_str(), name, "und", note, "public"];
            writer.write_record(row).expect("a row");
        }
        writer.flush().expect("a file");
        let expected = fs::read(set.path("officials.csv")).expect("a file");
        let database = TestDatabase::new(backend, Data::Empty).await;
        database.import(&set.files()).await.expect("an import");
        let found = &exported(&database).await["officials.csv"];
        let [found, expected] = [found, &expected].map(|bytes| String::from_utf8_lossy(bytes));
        assert_eq!(found, expected, "{backend}");
    }
}

/// What other programs write is read too: a byte order mark, CRLF, the columns in another order.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_other_programs_are_read() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let set = Set::bundled();
        for (name, bytes) in bundled() {
            let mut writer =
                csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xEF\xBB\xBF".to_vec());
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*bytes);
            for row in reader.records() {
                let row = row.expect("a row");
                writer.write_record(row.iter().collect::<Vec<_>>().iter().rev()).expect("a row");
            }
            fs::write(set.path(&name), writer.into_inner().expect("bytes")).expect("a file");
        }
        let done = database.import(&set.files()).await.expect("an import");
        assert_eq!((done.added, done.updated, done.annotations), (0, 0, 0));
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}

/// Changes one row, one list, one name; adds one row.
fn changed() -> Set {
    let set = Set::bundled();
    set.replace("cities.csv", "24.6522,323910,", b"24.6522,323911,");
    set.replace("partnerships.csv", ",ahtari;dujiangyan,", b",akaa;dujiangyan,");
    set.replace("names.csv", "city,ahtari,zh,艾赫泰里", "city,ahtari,zh,新".as_bytes());
    set.replace(
        "topics.csv",
        "innovation,Innovation,en,,,public\n",
        b"innovation,Innovation,en,,,public\na-new-one,New,en,innovation,,public\n",
    );
    set
}

const CHANGED: &str = "{ city(by: {key: \"espoo\"}) { id key version population createdAt updatedAt } \
     partnership(by: {key: \"ahtari-dujiangyan\"}) { id key version members(orderBy: KEY_ASC) { nodes { key } } } \
     other: city(by: {key: \"vantaa\"}) { id version updatedAt } ahtari: city(by: {key: \"ahtari\"}) { id version label(languages: [\"zh\"]) { name } } \
     topic(by: {key: \"a-new-one\"}) { version broader { key } } }";

/// A file that was changed updates by key: the version goes up, the id stays, the rest is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_updates_by_key() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let old = server.data(CHANGED, json!({})).await;
        assert_eq!(old["city"]["version"], 1);
        let set = changed();
        let done = server.data.import(&set.files()).await.expect("an import");
        // Of the names, one is removed and one is new.
        assert_eq!((done.added, done.updated, done.annotations), (1, 3, 2));
        let new = server.data(CHANGED, json!({})).await;
        for (record, version) in [("city", 2), ("partnership", 2), ("ahtari", 2), ("other", 1)] {
            assert_eq!(new[record]["id"], old[record]["id"], "{backend}: {record}");
            assert_eq!(new[record]["version"], version, "{backend}: {record}");
        }
        assert_eq!(new["other"], old["other"]);
        assert_eq!(new["city"]["population"], 323_911);
        assert_eq!(new["city"]["createdAt"], old["city"]["createdAt"]);
        assert!(new["city"]["updatedAt"].as_str() > old["city"]["updatedAt"].as_str());
        assert_eq!(new["partnership"]["members"]["nodes"], json!([{ "key": "akaa" }, { "key": "dujiangyan" }]));
        assert_eq!(new["ahtari"]["label"]["name"], "新");
        assert_eq!(new["topic"], json!({ "version": 1, "broader": { "key": "innovation" } }));

        let again = server.data.import(&set.files()).await.expect("an import");
        assert_eq!((again.added, again.updated, again.annotations), (0, 0, 0));
        assert_eq!(server.data(CHANGED, json!({})).await, new, "{backend}");
    }
}

/// A dry run says what an import would do, and does nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let set = changed();
        let dry = import(&database.database, &set.files(), true).await;
        assert!(state(&database).await == before, "{backend}: rows changed");
        let done = database.import(&set.files()).await.expect("an import");
        assert_eq!(dry.expect("a dry run"), done, "{backend}");
        assert!(state(&database).await != before, "{backend}");
    }
}

/// When the database fails in the middle, what was written before is undone.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_database_keeps_all_or_nothing() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let set = changed();
        let rename = |from: &str, to: &str| format!("ALTER TABLE \"{from}\" RENAME TO \"{to}\"");
        database.execute(&rename("tag", "away")).await;
        let failed = database.import(&set.files()).await;
        assert!(matches!(failed, Err(Failure::Database(_))), "{failed:?}");
        database.execute(&rename("away", "tag")).await;
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}
