//! The README's queries: their answers, and the SQL that they take, are kept in golden files.
//!
//! `COOPGRAPH_BLESS=1 cargo test readme` writes the files anew.

use std::fmt::Write;

use coopgraph::config::Config;
use serde_json::json;

use crate::support::{Backend, Data, Server, TestDatabase, backends, golden};

pub fn queries() -> Vec<&'static str> {
    let readme = include_str!("../../README.md");
    readme.split("```graphql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The answers are what the README promises, the same on both databases; and they take just these statements.
#[tokio::test(flavor = "multi_thread")]
async fn the_queries_of_the_readme_are_answered() {
    let queries = queries();
    assert_eq!(queries.len(), 3);
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for (i, query) in queries.iter().enumerate() {
            server.data.take_statements();
            let data = server.data(query, json!({})).await;
            let mut statements = server.data.take_statements();
            // Fields of one level ask at the same time.
            statements.sort();
            golden(&format!("tests/golden/readme-{}.json", i + 1), &format!("{:#}\n", without_cursors(data)));
            let mut sql = format!("{} statements\n", statements.len());
            for statement in statements {
                let _ = writeln!(sql, "\n{statement}");
            }
            golden(&format!("tests/golden/readme-{}.{}.sql", i + 1, format!("{backend:?}").to_lowercase()), &sql);
        }
    }
}

/// Whoever tries them meets the limits that a server has.
#[tokio::test(flavor = "multi_thread")]
async fn the_queries_of_the_readme_are_within_the_limits() {
    let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, Config::default()).await;
    for query in queries() {
        server.data(query, json!({})).await;
    }
}

/// Cursors hold ids, which are new in every database.
pub fn without_cursors(mut value: serde_json::Value) -> serde_json::Value {
    match &mut value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                *field = if name == "endCursor" { json!("…") } else { without_cursors(field.take()) };
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| *item = without_cursors(item.take())),
        _ => {}
    }
    value
}
