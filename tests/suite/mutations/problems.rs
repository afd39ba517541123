//! What is wrong with an edit is told with its place, a code and a message, everything at once; nothing is changed then.

use std::net::SocketAddr;

use coopgraph::auth::Role;
use serde_json::{Value, json};

use super::{
    files,
    inputs::{Inputs, field, name},
    server, server_over, verify,
};
use crate::{
    auth,
    population::Population,
    process::Place,
    support::{Backend, Data, Server, TestDatabase, backends},
    walk::{Schema, items, text},
};

/// The places and codes of the problems of the only field of a mutation.
async fn problems(server: &Server, mutation: &str, variables: Value) -> Vec<String> {
    let data = server.data(mutation, variables).await;
    let payload = data.as_object().and_then(|data| data.values().next()).expect("a payload");
    let shown = |problem: &Value| {
        let path: Vec<_> = items(&problem["path"]).map(text).collect();
        assert!(!text(&problem["message"]).is_empty());
        format!("{}: {}", path.join("."), text(&problem["code"]))
    };
    items(&payload["problems"]).map(shown).collect()
}

/// Of every type: a key that is taken, a record that is missing, another version, a missing value, a reference that leads nowhere,
/// and a record to which others refer.
#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_tells_what_is_wrong() {
    for backend in backends() {
        let population = Population::new(8);
        let server = server_over(population.stored(backend).await).await;
        let (schema, inputs) = (Schema::of(&server).await, Inputs::new());
        let before = files(&server).await;
        for record in population.records.iter().filter(|record| record.key.ends_with("0000")) {
            let (name, of) = (name(record), field(record));
            let said = |edit: Value| edit.as_object().and_then(|edit| edit.values().next()).cloned().expect("an input");
            let create = format!(
                "mutation($input: Create{name}Input!) {{ create{name}(input: $input) {{ {of} {{ id }} problems {{ path code message }} }} }}"
            );
            let found = problems(&server, &create, json!({ "input": said(inputs.create(&population, record)) })).await;
            assert!(found.contains(&"input.key: DUPLICATE".to_owned()), "{name}: {found:?}");

            let update = format!(
                "mutation($by: {name}By!, $input: Update{name}Input!, $version: Int) {{ update{name}(by: $by, input: $input, expectedVersion: $version) {{ {of} {{ id }} problems {{ path code message }} }} }}"
            );
            for by in [
                json!({ "key": "nothing" }),
                json!({ "key": "no key\u{0}" }),
                json!({ "id": record.id().replace(&record.id()[record.id().len() - 6..], "000000") }),
                json!({ "identifier": { "scheme": "WIKIDATA", "value": "Q1" } }),
            ] {
                let found = problems(&server, &update, json!({ "by": by, "input": {} })).await;
                assert_eq!(found, ["by: NOT_FOUND"], "{name}: {by}");
            }
            let wrong = if record.kind == "city" {
                "visit_01jx5p7zk3e9tb5h4yq6v8m2nd"
            } else {
                "city_01jx5p7zk3e9tb5h4yq6v8m2nd"
            };
            let found = problems(&server, &update, json!({ "by": { "id": wrong }, "input": {} })).await;
            assert_eq!(found, ["by: INVALID"], "{name}");
            let by = json!({ "key": record.key });
            let found = problems(&server, &update, json!({ "by": by, "input": { "note": "n" }, "version": 7 })).await;
            assert_eq!(found, ["expectedVersion: VERSION_CONFLICT"], "{name}");

            // Each of the values that records need, and each reference.
            let required = |input: &&crate::walk::Input| input.ty.required;
            let needed: Vec<_> = schema.get(&format!("Create{name}Input")).inputs.iter().filter(required).collect();
            for input in needed {
                let found = problems(&server, &update, json!({ "by": by, "input": { &input.name: null } })).await;
                let at = format!("input.{}: ", input.name);
                assert!(found.iter().any(|problem| problem.starts_with(&at)), "{name}.{}: {found:?}", input.name);
            }
            let references =
                schema.get(&format!("Update{name}Input")).inputs.iter().filter(|input| input.ty.name.ends_with("By"));
            for input in references {
                let (value, more) = dangling(&schema, &input.ty.name);
                let (value, at) = if input.ty.list {
                    (json!([value]), format!("input.{}.0{more}", input.name))
                } else {
                    (value, format!("input.{}{more}", input.name))
                };
                let found = problems(&server, &update, json!({ "by": by, "input": { &input.name: value } })).await;
                let is_told = |problem: &String| *problem == format!("{at}: REFERENCE");
                assert!(found.iter().any(is_told), "{name}.{}: {found:?}", input.name);
            }
        }
        // What is referred to is not deleted.
        for kind in ["country", "city", "topic", "source", "official", "organization", "visit"] {
            let record = population.records.iter().find(|record| record.kind == kind).expect("a record");
            let name = name(record);
            let delete = format!(
                "mutation($key: String!) {{ delete{name}(by: {{key: $key}}) {{ deletedId problems {{ path code message }} }} }}"
            );
            let found = problems(&server, &delete, json!({ "key": record.key })).await;
            assert!(!found.is_empty() && found.iter().all(|problem| problem == "by: REFERENCED"), "{name}: {found:?}");
        }
        assert_eq!(files(&server).await, before, "{backend}: nothing was changed");
        verify(&server).await;
    }
}

/// A reference that leads nowhere, and the rest of its place.
fn dangling(schema: &Schema, by: &str) -> (Value, String) {
    let first = &schema.get(by).inputs[0];
    if first.ty.name == "ID" {
        return (json!({ "key": "nothing" }), String::new());
    }
    (json!({ &first.name: { "key": "nothing" } }), format!(".{}", first.name))
}

/// Everything that is wrong is told at once, whatever it is.
#[tokio::test(flavor = "multi_thread")]
async fn all_problems_are_told_at_once() {
    for backend in backends() {
        let server = server(backend, Data::Bundled).await;
        let before = files(&server).await;
        let input = json!({
            "key": "bad key", "title": "a\u{0}b", "language": "xx-", "start": "2026-13", "end": "1999", "kind": "DELEGATION",
            "toCity": { "id": "city_x" }, "fromCity": { "key": "a;b" }, "purpose": "x".repeat(3_000), "note": "a\u{202e}b\u{7}",
            "names": [{ "name": "", "language": "fi" }, { "name": "N", "language": "sv", "period": "?" }],
            "identifiers": [{ "scheme": "WIKIDATA", "value": "no" }],
            "topics": [{ "key": "nothing" }],
            "participations": [
                { "participant": { "official": { "key": "nobody" } }, "role": "GUEST" },
                { "participant": { "city": { "id": "official_01jx5p7zk3e9tb5h4yq6v8m2nd" } }, "role": "HOST", "key": "P001" },
            ],
        });
        let mutation = "mutation($input: CreateVisitInput!) { createVisit(input: $input) { visit { id } problems { path code message } } }";
        let mut found = problems(&server, mutation, json!({ "input": input })).await;
        found.sort_unstable();
        assert_eq!(found, EXPECTED, "{backend}");
        assert_eq!(files(&server).await, before, "{backend}: nothing was changed");
    }
}

const EXPECTED: &[&str] = &[
    "input.fromCity: REFERENCE",
    "input.identifiers.0.value: INVALID",
    "input.key: INVALID",
    "input.language: INVALID",
    "input.names.0.name: REQUIRED",
    "input.names.1.period: INVALID",
    "input.note: INVALID",
    "input.participations.0.participant.official: REFERENCE",
    "input.participations.1.key: DUPLICATE",
    "input.participations.1.participant.city: INVALID",
    "input.purpose: TOO_LONG",
    "input.start: INVALID",
    "input.title: INVALID",
    "input.toCity: INVALID",
    "input.topics.0: REFERENCE",
];

/// Two editors: the one who has not seen what the other wrote is told so. Two batches: all or nothing.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_editors_at_once_one_is_told_that_the_version_has_moved_on() {
    for backend in backends() {
        let server = server(backend, Data::Bundled).await;
        let update = "mutation($version: Int, $note: String) { updateCity(by: {key: \"espoo\"}, input: {note: $note}, expectedVersion: $version) { city { version note } problems { path code message } } }";
        for version in 1..=5 {
            let write = |i: i32| {
                let variables = json!({ "version": version, "note": format!("note {version} by {i}") });
                async { server.data(update, variables).await["updateCity"].take() }
            };
            let answers = futures_util::future::join_all((0..8).map(write)).await;
            let (written, refused): (Vec<_>, Vec<_>) =
                answers.into_iter().partition(|answer| answer["problems"] == json!([]));
            assert_eq!(written.len(), 1, "{backend}: {written:?}");
            assert_eq!(written[0]["city"]["version"], version + 1);
            assert!(refused.iter().all(|answer| answer["problems"][0]["code"] == "VERSION_CONFLICT"), "{refused:?}");
            let note = server.data("{ city(by: {key: \"espoo\"}) { note } }", json!({})).await;
            assert_eq!(note["city"]["note"], written[0]["city"]["note"]);
        }
    }
}

/// A mutation that is sent again with its idempotency key is done once: by several clients at once, and by several servers.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_is_done_once() {
    let create = "mutation($name: String!, $key: String) { createOfficial(idempotencyKey: $key, input: {name: $name, language: \"en\"}) { official { id name } problems { path code message } } }";
    for backend in backends() {
        let data = TestDatabase::new(backend, Data::Empty).await;
        let [mine, other] = [auth::key(&data, Role::Editor, None).await, auth::key(&data, Role::Editor, None).await];
        let server = Server::over(data).await;
        let client = reqwest::Client::new();
        let ask = async |address: SocketAddr, api_key: &str, query: &str, variables: Value| {
            let asked = client.post(format!("http://{address}/graphql")).bearer_auth(api_key);
            let asked = asked.json(&json!({ "query": query, "variables": variables })).send().await;
            let mut answer: Value = asked.expect("an answer").json().await.expect("JSON");
            answer["data"]["createOfficial"].take()
        };
        let send =
            async |name: &str, key: &str| ask(server.address, &mine, create, json!({ "name": name, "key": key })).await;
        let at_once = futures_util::future::join_all((0..8).map(|_| send("One", "first"))).await;
        assert!(at_once[0]["official"]["id"].is_string(), "{at_once:?}");
        assert!(at_once.iter().all(|answer| *answer == at_once[0]), "{backend}: {at_once:?}");
        // In other words: a literal, in another order.
        let literal = "mutation { createOfficial(input: {language: \"en\", name: \"One\"}, idempotencyKey: \"first\") { official { id name } problems { path code message } } }";
        assert_eq!(ask(server.address, &mine, literal, json!({})).await, at_once[0]);

        let code = |answer: &Value| format!("{} {}", answer["problems"][0]["path"], answer["problems"][0]["code"]);
        for (name, key, problem) in [
            ("Two", "first", r#"["idempotencyKey"] "DUPLICATE""#),
            ("Two", "", r#"["idempotencyKey"] "INVALID""#),
            ("Two", "a\u{0}", r#"["idempotencyKey"] "INVALID""#),
            ("Two", &"x".repeat(201), r#"["idempotencyKey"] "INVALID""#),
            // What was refused was not done, and can be corrected.
            ("", "second", r#"["input","name"] "REQUIRED""#),
        ] {
            assert_eq!(code(&send(name, key).await), problem, "{backend}: {key:?}");
        }
        let second = send("Two", "second").await;
        assert_eq!(second["official"]["name"], "Two", "{second}");

        let mut place = Place::new(Backend::Sqlite).await;
        place.url.clone_from(&server.data.url);
        let another = place.serve(&["--sample-data=none"]);
        let again = ask(another.address, &mine, create, json!({ "name": "One", "key": "first" })).await;
        assert_eq!(again, at_once[0], "{backend}: by another server");
        another.stop();
        // Another API key has keys of its own.
        let third = ask(server.address, &other, create, json!({ "name": "Three", "key": "first" })).await;
        assert_eq!(third["official"]["name"], "Three", "{third}");
        let count = server.viewed_by(Role::Editor).await.data("{ officials { totalCount } }", json!({})).await;
        assert_eq!(count["officials"]["totalCount"], 3, "{backend}");
    }
}

/// What a reader sees follows what is written, at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_public_is_seen() {
    for backend in backends() {
        let editor = server(backend, Data::Bundled).await;
        let create = "mutation($input: CreateVisitInput!) { createVisit(input: $input) { visit { visibility participations { nodes { visibility } } } problems { path code message } } }";
        let input = json!({
            "key": "walk", "title": "A walk in the woods", "language": "en", "toCity": { "key": "espoo" },
            "participations": [{ "participant": { "city": { "key": "shanghai" } }, "role": "GUEST" }],
        });
        let data = editor.data(create, json!({ "input": input })).await;
        assert_eq!(data["createVisit"]["problems"], json!([]));
        // What belongs to it is seen by whoever sees it.
        assert_eq!(
            data["createVisit"]["visit"],
            json!({ "visibility": "INTERNAL", "participations": { "nodes": [{ "visibility": "PUBLIC" }] } })
        );
        let anonymous = reqwest::Client::new();
        let read = async || {
            let query = "{ visit(by: {key: \"walk\"}) { title participations { totalCount } } search(query: \"walk in the woods\") { totalCount } }";
            let asked = anonymous.post(format!("http://{}/graphql", editor.address)).json(&json!({ "query": query }));
            let answer: Value = asked.send().await.expect("an answer").json().await.expect("JSON");
            answer["data"].clone()
        };
        assert_eq!(read().await, json!({ "visit": null, "search": { "totalCount": 0 } }), "{backend}");
        let publish = |visibility: &str| {
            format!(
                "mutation {{ updateVisit(by: {{key: \"walk\"}}, input: {{visibility: {visibility}}}) {{ visit {{ version }} problems {{ message }} }} }}"
            )
        };
        editor.data(&publish("PUBLIC"), json!({})).await;
        let seen = json!({ "visit": { "title": "A walk in the woods", "participations": { "totalCount": 1 } }, "search": { "totalCount": 1 } });
        assert_eq!(read().await, seen, "{backend}");
        verify(&editor).await;
        editor.data(&publish("INTERNAL"), json!({})).await;
        assert_eq!(read().await, json!({ "visit": null, "search": { "totalCount": 0 } }), "{backend}");
        verify(&editor).await;
    }
}
