//! The contract: `schema.graphql` is current, and everything in it is described.

use crate::support::{Backend, Data, Server, golden};
use serde_json::{Value, json};

#[test]
fn the_committed_schema_is_current() {
    golden("schema.graphql", &coopgraph::api::sdl());
}

/// The list of codes is closed, and documented word for word.
#[test]
fn every_code_is_documented() {
    let documented = include_str!("../../docs/endpoint.md");
    for (code, meaning) in coopgraph::error::Code::ALL {
        assert!(documented.contains(&format!("| `{code}` | {meaning} |")), "docs/endpoint.md lacks {code}: {meaning}");
    }
    assert_eq!(documented.matches("\n| `").count() - 4, coopgraph::error::Code::ALL.len());
}

/// Every type, field, argument, input field and enum value has a description.
#[tokio::test(flavor = "multi_thread")]
async fn everything_is_described() {
    let server = Server::start(Backend::Sqlite, Data::Empty).await;
    let query = "{ __schema { types { name description fields(includeDeprecated: true) { name description \
                 args { name description } } inputFields { name description } enumValues { name description } } } }";
    let data = server.data(query, json!({})).await;
    let mut checked = 0;
    let mut missing = Vec::new();
    for ty in data["__schema"]["types"].as_array().expect("types") {
        let name = ty["name"].as_str().expect("a name");
        if name.starts_with("__") {
            continue;
        }
        let mut check = |path: String, item: &Value| {
            checked += 1;
            if item["description"].as_str().is_none_or(|d| d.trim().is_empty()) {
                missing.push(path);
            }
        };
        check(name.to_owned(), ty);
        for part in ["fields", "inputFields", "enumValues"] {
            for item in ty[part].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", item["name"].as_str().expect("a name"));
                check(path.clone(), item);
                for arg in item["args"].as_array().into_iter().flatten() {
                    check(format!("{path}({})", arg["name"].as_str().expect("a name")), arg);
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(checked > 500, "only {checked} elements were found");
}
