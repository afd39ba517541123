//! Executor equivalence: the server gives the same JSON as an independent GraphQL server, data and errors.
//!
//! The other server is graphql-js, over an export of the same database, with resolvers of its own in plain JavaScript:
//! `tests/reference`. Nothing of our execution, loading, filtering, ordering or paging is used there. What is compared, and
//! what the specification leaves open, is said in `tests/reference/compare.mjs`; the documents are in
//! `tests/reference/documents`, one file for each thing that is tested, and random ones are made beside them.

use std::{fmt::Write, fs, path::Path};

use coopgraph::{db::Database, domain, import_export};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    import_export::bundled,
    process,
    support::{self, Backend, Data, Server, TestDatabase, backends},
};

/// How many documents there must be at least that somebody wrote, beside the random ones.
const WRITTEN: u64 = 250;

/// The server and the reference give the same answers to all documents.
#[tokio::test(flavor = "multi_thread")]
async fn the_reference_gives_the_same_answers() {
    let mut all = Vec::new();
    for backend in backends() {
        let (server, export) = prepare(backend).await;
        let groups = check(export.path(), &url(&server), &[]).await;
        all.extend(groups.iter().flat_map(differences).map(|d| format!("{backend}, {d}")));
        enough(&groups);
    }
    let briefly: Vec<_> = all.iter().filter_map(|d| d.lines().next()).collect();
    let first = all.first().map_or("", String::as_str);
    assert!(all.is_empty(), "{} differences:\n{}\n\nThe first:\n{first}", all.len(), briefly.join("\n"));
}

/// Many documents, many of which fail; and the errors are the very same, though the specification lets servers choose among
/// several below one null: hardly any field propagates its null.
pub fn enough(groups: &[Value]) {
    let written = groups.iter().filter(|group| !["random", "coercion"].iter().any(|name| group["group"] == *name));
    let sum = |what: &str| written.clone().filter_map(|group| group[what].as_u64()).sum::<u64>();
    let counts = ["documents", "answers", "failed", "same"].map(|what| format!("{what} {}", sum(what)));
    eprintln!("beside the random ones: {}", counts.join(", "));
    assert!(sum("documents") >= WRITTEN, "{} documents", sum("documents"));
    assert!(sum("failed") >= 50, "{} failed answers", sum("failed"));
    assert!(sum("same") == sum("answers"), "{} of {} errors", sum("same"), sum("answers"));
    let random: Vec<_> = groups.iter().filter(|group| group["group"] == "random").collect();
    let values = groups.iter().find(|group| group["group"] == "coercion").and_then(|group| group["answers"].as_u64());
    assert!(values > Some(3_000), "{values:?} values were coerced");
    assert!(random.len() == 1 && random[0]["documents"] == 150, "{random:?}");
}

/// The comparison is not blind: where the reference knows other data, the answers differ.
#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_seen() {
    let (server, export) = prepare(Backend::Sqlite).await;
    let file = export.path().join("cities.csv");
    let cities = fs::read_to_string(&file).expect("cities");
    fs::write(&file, cities.replace(",Espoo,", ",Esbo,")).expect("cities");
    let groups = check(export.path(), &url(&server), &[]).await;
    assert!(groups.iter().flat_map(differences).any(|d| d.contains("Esbo")));
}

/// The comparison's own tests.
#[test]
fn the_comparison_sees_what_it_is_for() {
    node(&["compare.test.mjs"]);
}

/// A server over the bundled data and what it lacks, and an export of its database.
pub async fn prepare(backend: Backend) -> (Server, tempfile::TempDir) {
    let data = TestDatabase::new(backend, Data::Bundled).await;
    let files = tempfile::tempdir().expect("a directory");
    enrich(files.path());
    data.import(&import_export::Files::In(files.path().to_owned())).await.expect("more data");
    let export = tempfile::tempdir().expect("a directory");
    support::export(&data.database, export.path(), true).await;
    fs::write(export.path().join("rows.csv"), rows(&data.database).await).expect("a file");
    (Server::over(data).await, export)
}

/// The bundled files, with the rows of `tests/reference/more` behind theirs.
fn enrich(directory: &Path) {
    let more = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/more");
    for (name, mut text) in bundled() {
        if let Ok(more) = fs::read(more.join(&name)) {
            text.extend(more);
        }
        fs::write(directory.join(name), text).expect("a file");
    }
}

/// What an export leaves out: the ids, and when the rows were written.
async fn rows(database: &Database) -> String {
    let mut csv = "kind,key,id,version,created_at,updated_at\n".to_owned();
    for table in domain::model().types() {
        let sql = format!("SELECT * FROM \"{}\"", table.table);
        let statement = Statement::from_string(database.connection().get_database_backend(), sql);
        for row in database.connection().query_all_raw(statement).await.expect("rows") {
            let key: String = row.try_get("", "key").expect("a key");
            let id: Uuid = row.try_get("", "id").expect("an id");
            let version: i32 = row.try_get("", "version").expect("a version");
            let moment = |column: &str| row.try_get::<i64>("", column).expect("a moment");
            let _ =
                writeln!(csv, "{},{key},{id},{version},{},{}", table.table, moment("created_at"), moment("updated_at"));
        }
    }
    csv
}

fn url(server: &Server) -> String {
    format!("http://{}/graphql", server.address)
}

/// The results, one for each group of documents.
pub async fn check(export: &Path, url: &str, more: &[&str]) -> Vec<Value> {
    let (export, url) = (export.display().to_string(), url.to_owned());
    let more: Vec<String> = more.iter().map(|argument| (*argument).to_owned()).collect();
    // `COOPGRAPH_SEED` makes other random documents.
    let seed = std::env::var("COOPGRAPH_SEED").unwrap_or_else(|_| "1".to_owned());
    let run = tokio::task::spawn_blocking(move || {
        let arguments = ["check.mjs", &export, &url, &seed].into_iter().chain(more.iter().map(String::as_str));
        node(&arguments.collect::<Vec<_>>())
    });
    let printed = run.await.expect("an end");
    printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

pub fn differences(group: &Value) -> impl Iterator<Item = String> {
    let name = group["group"].as_str().unwrap_or_default();
    let items = group["differences"].as_array().into_iter().flatten();
    items.map(move |d| format!("{name}: {}", d.as_str().unwrap_or_default()))
}

/// Runs a script of `tests/reference`, and gives what it printed.
fn node(args: &[&str]) -> String {
    process::node("tests/reference", args, &[])
}
