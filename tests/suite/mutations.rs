//! Mutations: what is written by them is what an import of the same data would have written, for every type of record and every
//! attribute; whatever is wrong is told at once, and nothing is changed then.

mod deletions;
mod inputs;
mod problems;
mod several;

use std::collections::BTreeMap;

use coopgraph::{
    auth::Role,
    clock::Clock,
    domain::model,
    import_export::{self, Verify},
};
use serde_json::{Value, json};

use self::inputs::Inputs;
use crate::{
    population::{Population, Record},
    support::{Backend, Data, Server, TestDatabase, backends, export},
    walk::{Schema, items},
};

/// A server that lets an editor write as much as the tests do.
async fn server_over(data: TestDatabase) -> Server {
    let mut config = Server::unlimited();
    config.limits.variables_bytes = usize::MAX;
    config.max_body_bytes = usize::MAX;
    Server::with(data, config).await.viewed_by(Role::Editor).await
}

async fn server(backend: Backend, data: Data) -> Server {
    server_over(TestDatabase::new(backend, data).await).await
}

/// Makes edits, none of which is refused; says of which records.
async fn apply(server: &Server, edits: Vec<Value>) -> Vec<Value> {
    let mutation = "mutation($edits: [EditInput!]!) { applyBatch(edits: $edits) { records { id key version } problems { path code message } } }";
    let data = server.data(mutation, json!({ "edits": edits })).await;
    let batch = &data["applyBatch"];
    assert_eq!(batch["problems"], json!([]));
    items(&batch["records"]).cloned().collect()
}

/// The files of all records of a database, without ids and times.
async fn files(server: &Server) -> BTreeMap<String, String> {
    let directory = tempfile::tempdir().expect("a directory");
    export(&server.data.database, directory.path(), true).await;
    let files = std::fs::read_dir(directory.path()).expect("files");
    let read = |file: std::fs::DirEntry| {
        let text = std::fs::read_to_string(file.path()).expect("a text");
        (file.file_name().to_string_lossy().into_owned(), text)
    };
    files.map(|file| read(file.expect("a file"))).collect()
}

/// Everything that a database derives from its records is as it would be made anew.
async fn verify(server: &Server) {
    let mut findings = Vec::new();
    let (clock, database) = (Clock::system(), &server.data.database);
    let on_finding = &mut |finding: &str| findings.push(finding.to_owned());
    let verify = Verify { model: model(), database, clock: &clock, on_finding };
    import_export::verify(verify).await.expect("a verification");
    assert_eq!(findings, Vec::<String>::new());
}

/// The records, each with another note and visibility.
fn changed(population: &Population) -> Vec<Record> {
    let mut changed = population.records.clone();
    for record in &mut changed {
        record.set("note", format!("a new note on {}", record.key));
        record.set("visibility", "partner");
    }
    changed
}

/// Records of all types, created in one batch in which they refer to each other; then each is changed in all that can be; then all
/// are deleted.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_what_an_import_writes() {
    let each = backends().into_iter().map(async |backend| {
        let population = Population::new(8);
        let inputs = Inputs::new();
        let server = server(backend, Data::Empty).await;
        let created =
            apply(&server, population.records.iter().map(|record| inputs.create(&population, record)).collect()).await;
        assert_eq!(created.len(), population.records.len());
        assert!(created.iter().all(|record| record["version"] == 1), "{created:?}");
        let imported = Server::over(population.stored(backend).await).await;
        assert_eq!(files(&server).await, files(&imported).await, "{backend}: created");
        verify(&server).await;

        // Nothing changes if the same is said again.
        let again: Vec<_> = population.records.iter().map(|record| inputs.upsert(&population, record)).collect();
        let same = apply(&server, again).await;
        assert!(same.iter().all(|record| record["version"] == 1), "{same:?}");

        let mut other = population.clone();
        other.records = changed(&population);
        let changed = apply(&server, other.records.iter().map(|record| inputs.update(&other, record)).collect()).await;
        assert!(changed.iter().all(|record| record["version"] == 2), "{changed:?}");
        let imported = Server::over(other.stored(backend).await).await;
        assert_eq!(files(&server).await, files(&imported).await, "{backend}: changed");
        verify(&server).await;

        let deleted = apply(&server, population.records.iter().map(inputs::delete).collect()).await;
        assert!(deleted.iter().all(Value::is_null), "{deleted:?}");
        let empty = Server::start(backend, Data::Empty).await;
        assert_eq!(files(&server).await, files(&empty).await, "{backend}: deleted");
        verify(&server).await;
    });
    futures_util::future::join_all(each).await;
}

/// Readers and partners cannot write, and nothing is read for them.
#[tokio::test(flavor = "multi_thread")]
async fn only_editors_write() {
    for backend in backends() {
        for role in [Role::Reader, Role::Partner] {
            let server = Server::start(backend, Data::Bundled).await.viewed_by(role).await;
            let schema = Schema::of(&server).await;
            for field in &schema.get("Mutation").fields {
                let args: Vec<_> = field.args.iter().filter(|argument| argument.ty.required).collect();
                let declared = args.iter().map(|arg| {
                    let ty = if arg.ty.list { format!("[{}!]", arg.ty.name) } else { arg.ty.name.clone() };
                    format!("${}: {ty}!", arg.name)
                });
                let given = args.iter().map(|arg| format!("{0}: ${0}", arg.name));
                let query = format!(
                    "mutation({}) {{ {}({}) {{ problems {{ message }} }} }}",
                    declared.collect::<Vec<_>>().join(", "),
                    field.name,
                    given.collect::<Vec<_>>().join(", ")
                );
                let values: serde_json::Map<String, Value> =
                    args.iter().map(|arg| (arg.name.clone(), Inputs::least(&schema, &arg.ty))).collect();
                server.data.take_statements();
                let answer = server.answer(&query, Value::Object(values)).await;
                assert_eq!(answer["data"], json!({ &field.name: null }), "{query}: {answer}");
                assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
                assert_eq!(answer["errors"][0]["path"], json!([&field.name]), "{answer}");
                let statements = server.data.take_statements();
                let of_records = statements.iter().filter(|sql| !sql.contains("api_key"));
                assert_eq!(of_records.collect::<Vec<_>>(), Vec::<&String>::new(), "{query}");
            }
        }
    }
}

/// The example of the documentation is one that works.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_example_works() {
    let documented = include_str!("../../docs/mutations.md");
    let example = documented.split("```graphql").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    for backend in backends() {
        let server = server(backend, Data::Bundled).await;
        let data = server.data(example, json!({})).await;
        let payload = &data["createVisit"];
        assert_eq!([&payload["problems"], &payload["warnings"]], [&json!([]), &json!([])], "{backend}");
        assert_eq!(payload["visit"]["visibility"], "INTERNAL");
        assert_eq!(items(&payload["visit"]["participations"]["nodes"]).count(), 1);
    }
}

/// Each mutation of one record answers with the record as it is then.
#[tokio::test(flavor = "multi_thread")]
async fn each_mutation_answers_with_its_record() {
    for backend in backends() {
        let (population, inputs) = (Population::new(8), Inputs::new());
        let server = server_over(population.stored(backend).await).await;
        for record in population.records.iter().filter(|record| record.key.ends_with("0000")) {
            let (name, field) = (inputs::name(record), inputs::field(record));
            let input =
                |edit: Value| edit.as_object().and_then(|edit| edit.values().next()).cloned().expect("an input");
            // The same record again, with another key and without what no other one may have.
            let mut new = input(inputs.create(&population, record));
            new["key"] = json!("new");
            new["identifiers"] = json!([]);
            for code in ["code", "alpha3", "numeric"] {
                new.as_object_mut().expect("an object").remove(code);
            }
            let payload = format!("{{ {field} {{ key version note }} problems {{ path code message }} }}");
            for (mutation, variables, version, note) in [
                (
                    format!("mutation($input: Create{name}Input!) {{ create{name}(input: $input) {payload} }}"),
                    json!({ "input": new }),
                    1,
                    new["note"].clone(),
                ),
                (
                    format!(
                        "mutation($input: Update{name}Input!) {{ update{name}(by: {{key: \"new\"}}, input: $input, expectedVersion: 1) {payload} }}"
                    ),
                    json!({ "input": { "note": "b" } }),
                    2,
                    json!("b"),
                ),
                (
                    format!(
                        "mutation($input: Update{name}Input!) {{ upsert{name}(key: \"new\", input: $input) {payload} }}"
                    ),
                    json!({ "input": { "note": null } }),
                    3,
                    json!(null),
                ),
            ] {
                let data = server.data(&mutation, variables).await;
                let found = data.as_object().and_then(|data| data.values().next()).expect("a payload");
                let expected = json!({ &field: { "key": "new", "version": version, "note": note }, "problems": [] });
                assert_eq!(*found, expected, "{backend}: {mutation}");
            }
            let delete = format!(
                "mutation {{ delete{name}(by: {{key: \"new\"}}, expectedVersion: 3) {{ deletedId problems {{ path code message }} }} }}"
            );
            let data = server.data(&delete, json!({})).await;
            let found = &data[format!("delete{name}")];
            assert!(found["deletedId"].is_string() && found["problems"] == json!([]), "{backend}: {name}: {found}");
        }
        verify(&server).await;
    }
}
