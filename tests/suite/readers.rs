//! Readers of foreign files: what they read goes in by the command, is found by queries, and comes out and in again the same.

mod bad_files;
mod formats;
mod guide;
mod matching;
mod workbooks;

use std::fs;

use serde_json::Value;

use crate::{
    process::Place,
    support::{Backend, backends},
};

/// A place with the bundled data.
pub async fn place(backend: Backend) -> Place {
    let place = Place::new(backend).await;
    place.prints(&["migrate"]);
    place.prints(&["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")]);
    place
}

/// Writes a file of a place.
pub fn write(place: &Place, name: &str, contents: impl AsRef<[u8]>) {
    fs::write(place.path(name), contents).expect("a file");
}

/// What an import prints that must succeed.
pub fn imported(place: &Place, file: &str, more: &[&str]) -> String {
    place.prints(&[&["import", file, "--mapping", "m.toml"], more].concat())
}

/// The error of an import that must fail; nothing is changed.
pub fn refused(place: &Place, file: &str) -> String {
    let before = place.exported();
    let output = place.run(&["import", file, "--mapping", "m.toml"]);
    assert!(!output.status.success(), "{output:?}");
    assert!(place.exported() == before, "a refused import changed something");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// Asks a server of the place.
pub async fn ask(place: &Place, query: &str) -> Value {
    let served = place.serve(&[]);
    let mut answer = served.ask(query).await;
    served.stop();
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"].take()
}

/// Imports what the place exports into itself, which changes nothing, and into a new database, which then exports the same.
pub async fn comes_out_and_in_again(place: &Place) {
    place.prints(&["export", "--content-only", "out"]);
    let printed = place.prints(&["import", "out"]);
    assert!(printed.starts_with("0 records added, 0 updated, "), "{printed}");
    // The same in a new database, of the other kind if there is one.
    let is_sqlite = place.url.starts_with("sqlite:");
    let other = backends().into_iter().rfind(|backend| (*backend == Backend::Sqlite) != is_sqlite);
    let other = Place::new(other.unwrap_or(Backend::Sqlite)).await;
    other.prints(&["migrate"]);
    other.prints(&["import", &place.path("out").display().to_string(), "--accept-warnings"]);
    assert!(other.exported() == place.exported(), "the export of another database is another one");
}

/// A mapping for a table of cities with the columns City and Country.
pub const CITIES: &str = r#"
visibility = "public"
[[table]]
[[table.record]]
kind = "city"
key = { slug = ["City", "Country"] }
match = { column = "City", find = "name", country = "Country" }
fields.name = "City"
fields.language = { value = "en" }
fields.kind = { value = "city" }
fields.country = { column = "Country", find = ["key", "name"] }
"#;

pub fn all_backends() -> Vec<Backend> {
    backends()
}
