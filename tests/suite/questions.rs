//! Real questions, each asked in one request, with the answers worked out from the CSV files alone.

mod bundled;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    network::files::Row,
    support::{Data, Server, backends},
    walk::{items, text},
};

/// A question of the data, and its answer.
struct Question {
    /// What someone wants to know.
    about: &'static str,
    /// The request.
    query: String,
    /// What the answer says: one line for each thing, in any order.
    read: fn(&Value) -> Vec<String>,
    /// The same of the files.
    expected: Vec<String>,
    /// How many lines there are at least: so that the data cannot become too few for the question.
    at_least: usize,
}

/// Asks all questions of both databases.
async fn ask(data: Data, questions: &[Question]) {
    for backend in backends() {
        let server = Server::start(backend, data).await;
        let mut wrong = Vec::new();
        for Question { about, query, read, expected, at_least } in questions {
            let answer = server.data(query, json!({})).await;
            let (mut found, mut expected) = (read(&answer), expected.clone());
            found.sort();
            expected.sort();
            if found != expected {
                wrong.push(format!("{about}\n  found    {found:?}\n  expected {expected:?}"));
            }
            if found.len() < *at_least {
                wrong.push(format!("{about}\n  only {} lines", found.len()));
            }
        }
        assert!(wrong.is_empty(), "{backend}: {} of {}:\n{}", wrong.len(), questions.len(), wrong.join("\n"));
    }
}

/// The first and the last day of a cell, as texts that compare like days; nothing if it is empty.
fn days(cell: &str) -> Option<(String, String)> {
    let plain: String = cell.chars().filter(|character| !"[]{}~?%".contains(*character)).collect();
    let parts: Vec<&str> = plain.split([',', '/']).collect();
    let whole = |part: &str, rest: &str| format!("{part}{}", &rest[part.len()..]);
    (!plain.is_empty()).then(|| (whole(parts[0], "0000-01-01"), whole(parts[parts.len() - 1], "0000-12-31")))
}

/// Whether a cell can mean a day of a year.
fn is_in_year(cell: &str, year: &str) -> bool {
    days(cell).is_some_and(|(first, last)| first[..4] <= *year && last[..4] >= *year)
}

/// The values of a column by key.
fn column<'r>(rows: &'r [Row], name: &str) -> BTreeMap<&'r str, &'r str> {
    rows.iter().map(|row| (row["key"].as_str(), row[name].as_str())).collect()
}

/// The key of what a value has under a name, or `-`.
fn key(value: &Value) -> String {
    value["key"].as_str().unwrap_or("-").to_owned()
}

/// A text, or `-`.
fn or_none(value: &Value) -> String {
    value.as_str().unwrap_or("-").to_owned()
}

/// The keys of a connection.
fn keys(connection: &Value) -> Vec<String> {
    items(&connection["nodes"]).map(key).collect()
}

/// Each group of a list: the keys and the number.
fn groups(list: &Value) -> Vec<String> {
    let group = |group: &Value| {
        let values = items(&group["keys"]).map(|of| match &of["record"] {
            Value::Null => or_none(&of["value"]),
            record => key(record),
        });
        format!("{}: {}", values.collect::<Vec<_>>().join(" "), group["count"])
    };
    items(&list["groups"]["nodes"]).map(group).collect()
}

/// The same of rows, by what they have in common.
fn counted(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().map(|(value, count)| format!("{value}: {count}")).collect()
}

/// The distinct texts, joined.
fn joined(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

/// Kilometres along the great circle, by the haversine formula.
fn kilometers(one: &Row, other: &Row) -> Option<f64> {
    let degrees = |row: &Row, name: &str| row[name].parse::<f64>().ok();
    let place = |row| Some((degrees(row, "latitude")?.to_radians(), degrees(row, "longitude")?.to_radians()));
    let ((north, east), (other_north, other_east)) = (place(one)?, place(other)?);
    let half = |a: f64, b: f64| ((a - b) / 2.0).sin().powi(2);
    let h = half(north, other_north) + north.cos() * other_north.cos() * half(east, other_east);
    Some(2.0 * 6371.0088 * h.sqrt().min(1.0).asin())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_finland_and_china() {
    let questions = bundled::questions();
    assert!(questions.len() >= 14, "{}", questions.len());
    ask(Data::Bundled, &questions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_world() {
    let questions = world::questions();
    assert!(questions.len() >= 9, "{}", questions.len());
    ask(Data::World, &questions).await;
}
