//! Time: what happened, when, and who held which office then. What is expected is worked out from the CSV files of the bundled
//! data.

mod offices;
mod tenures;
mod timelines;
mod visits;
mod words;

use std::collections::HashMap;

use coopgraph::edtf::Date;

/// A row of a CSV file, by header.
type Row = HashMap<String, String>;

/// The rows of a file of the bundled data.
fn rows(file: &str) -> Vec<Row> {
    let path = format!("{}/data/{file}.csv", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(path).expect("a file");
    reader.deserialize().collect::<Result<_, _>>().expect("rows")
}

/// The first and the last day of a date; nothing if it is not known.
fn days(cell: &str) -> Option<(i32, i32)> {
    let date = (!cell.is_empty()).then(|| Date::parse(cell).expect("a date"));
    date.map(|date| (date.earliest, date.latest))
}
