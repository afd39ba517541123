//! Tests of null propagation (section 6.4.4 of the specification): in the schema itself, few fields are non-null and can
//! fail.

use std::sync::{Arc, atomic::AtomicBool};

use apollo_compiler::{ExecutableDocument, Schema, response::JsonMap};
use async_graphql::PathSegment;
use futures_util::future::ready;

use super::{
    answer::Answer,
    catalog::Catalog,
    execute::{Call, Executed, Execution, execute},
    leaf::json,
    object::{FieldInfo, Object},
    plan::{Plan, PlanBudget},
};
use crate::{
    db::{Access, Database},
    error::{Code, Error},
    model::Model,
    query::{
        batch::Batches,
        loader::{Clearance, RecordLoader},
    },
};

const SDL: &str = "
    type Query { thing: Thing }
    type Thing {
      key: String!
      fails: String!
      mayFail: String
      child: Thing
      required: Thing!
      listed: [Thing]
      items: [Thing!]
      requiredItems: [Thing!]!
    }";

/// An object whose fields all lead to the same others; `required` leads nowhere if it has none.
struct Thing {
    key: &'static str,
    children: Vec<Arc<Thing>>,
}

fn thing(key: &'static str, children: impl IntoIterator<Item = Arc<Thing>>) -> Arc<Thing> {
    Arc::new(Thing { key, children: children.into_iter().collect() })
}

fn object() -> Object<Thing> {
    let mut o = Object::new("Thing", "");
    o.leaf("key", "String!", "", |thing: &Thing, out| json(thing.key, out));
    for (name, ty) in [("fails", "String!"), ("mayFail", "String")] {
        let fail = || Err(Error::input(Code::InvalidArgument, "as this test wants"));
        o.batch(name, ty, "", Vec::new(), move |_, _| Box::pin(ready(fail())));
    }
    for (name, ty) in [("child", "Thing"), ("required", "Thing!")] {
        o.batch(name, ty, "", Vec::new(), |_, things: &[Arc<Thing>]| {
            let children = things.iter().map(|thing| thing.children.first().cloned());
            Box::pin(ready(Ok(Answer::one("Thing", children))))
        });
    }
    for (name, ty) in [("listed", "[Thing]"), ("items", "[Thing!]"), ("requiredItems", "[Thing!]!")] {
        o.batch(name, ty, "", Vec::new(), |_, things: &[Arc<Thing>]| {
            let lists = things.iter().map(|thing| thing.children.clone());
            Box::pin(ready(Ok(Answer::many("Thing", lists))))
        });
    }
    o
}

/// Executes a selection on `root`, which a field of the type `ty` leads to: the JSON, whether the `null` is propagated
/// beyond it, and the paths of the errors.
async fn run(ty: &str, root: &Arc<Thing>, selection: &str) -> (String, bool, Vec<String>) {
    let model = Box::leak(Box::new(Model::new(|_| {}).build()));
    let catalog: &'static Catalog = Box::leak(Box::new(Catalog::new(model, Vec::new()).with(object())));
    let schema = Arc::new(Schema::parse_and_validate(SDL, "schema").expect("a schema"));
    let text = format!("{{ thing {selection} }}");
    let document = ExecutableDocument::parse_and_validate(&schema, text, "document").expect("a document");
    let (document, budget) = (Arc::new(document), Arc::new(PlanBudget::new(1 << 20)));
    let operation = document.operations.get(None).expect("an operation").clone();
    let plan = Plan::new(catalog, schema, document, &operation, Vec::new(), budget);
    // These tests read no tables.
    let database = Database::connect("sqlite::memory:", Access::Create, None).await.expect("a database");
    let loader = Batches::default().loader(RecordLoader {
        readers: database.readers(std::time::Duration::from_secs(1)).expect("readers"),
        clearance: Clearance::PUBLIC,
        tally: Arc::default(),
        statements: None,
        permits: None,
        shared: Arc::default(),
    });
    let variables = JsonMap::new();
    let conflict = AtomicBool::new(false);
    let execution = Execution { plan: &plan, catalog, loader: &loader, variables: &variables, conflict: &conflict };
    let (scope, field) = plan.field_at(["thing"].into_iter()).expect("a field");
    let call = Call::new(execution, &scope.fields[field]);
    let answer = Answer::one("Thing", std::iter::once(Some(root.clone())));
    let Executed { json, is_propagated, errors } = execute(call, &FieldInfo::of_library(ty), Ok(answer)).await;
    let segment = |segment: &PathSegment| match segment {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(index) => index.to_string(),
    };
    let mut paths: Vec<_> =
        errors.iter().map(|error| error.path.iter().map(segment).collect::<Vec<_>>().join(".")).collect();
    paths.sort();
    (String::from_utf8(json).expect("UTF-8"), is_propagated, paths)
}

#[track_caller]
fn is(found: &(String, bool, Vec<String>), json: &str, is_propagated: bool, errors: &[&str]) {
    let errors = errors.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(*found, (json.to_owned(), is_propagated, errors));
}

/// A failed field is `null`, or makes its object `null`, and so on up to the first field that may be `null`.
#[tokio::test]
async fn an_object_becomes_null() {
    let root = thing("a", [thing("b", [thing("c", [])])]);
    let found = run("Thing", &root, "{ key mayFail }").await;
    is(&found, r#"{"key":"a","mayFail":null}"#, false, &["thing.mayFail"]);
    let found = run("Thing", &root, "{ key fails }").await;
    is(&found, "null", false, &["thing.fails"]);
    let found = run("Thing!", &root, "{ key fails }").await;
    is(&found, "null", true, &["thing.fails"]);
    let found = run("Thing!", &root, "{ key child { key fails } }").await;
    is(&found, r#"{"key":"a","child":null}"#, false, &["thing.child.fails"]);
    let found = run("Thing!", &root, "{ child { key required { fails } } }").await;
    is(&found, r#"{"child":null}"#, false, &["thing.child.required.fails"]);
    let found = run("Thing!", &root, "{ required { required { key fails } } }").await;
    is(&found, "null", true, &["thing.required.required.fails"]);
}

/// A required field that leads nowhere is a field error.
#[tokio::test]
async fn a_missing_value_is_an_error() {
    let root = thing("a", [thing("b", [])]);
    let found = run("Thing!", &root, "{ key child { child { key } } }").await;
    is(&found, r#"{"key":"a","child":{"child":null}}"#, false, &[]);
    let found = run("Thing!", &root, "{ key child { required { key } } }").await;
    is(&found, r#"{"key":"a","child":null}"#, false, &["thing.child.required"]);
    let found = run("Thing!", &root, "{ required { required { key } } }").await;
    is(&found, "null", true, &["thing.required.required"]);
}

/// An item becomes `null` alone if it may; otherwise its list does, and then what the list belongs to.
#[tokio::test]
async fn a_list_becomes_null() {
    let root = thing("a", [thing("b", [thing("c", [])]), thing("d", []), thing("e", [thing("f", [])])]);
    let found = run("Thing!", &root, "{ listed { key required { key } } }").await;
    let json = r#"{"listed":[{"key":"b","required":{"key":"c"}},null,{"key":"e","required":{"key":"f"}}]}"#;
    is(&found, json, false, &["thing.listed.1.required"]);
    let found = run("Thing!", &root, "{ key items { required { key } } }").await;
    is(&found, r#"{"key":"a","items":null}"#, false, &["thing.items.1.required"]);
    let found = run("Thing", &root, "{ key requiredItems { required { key } } }").await;
    is(&found, "null", false, &["thing.requiredItems.1.required"]);
    let found = run("Thing!", &root, "{ key requiredItems { required { key } } }").await;
    is(&found, "null", true, &["thing.requiredItems.1.required"]);
    // In lists of lists, the `null` stays in the list that it occurs in.
    let found = run("Thing!", &root, "{ listed { items { required { key } } } }").await;
    let json = r#"{"listed":[{"items":null},{"items":[]},{"items":null}]}"#;
    is(&found, json, false, &["thing.listed.0.items.0.required", "thing.listed.2.items.0.required"]);
}

/// An object that stands in several places is executed once, and is `null` in all of them.
#[tokio::test]
async fn a_shared_object_becomes_null_everywhere() {
    let shared = thing("shared", []);
    let root = thing("a", [shared.clone(), thing("b", [shared.clone()]), shared]);
    let found = run("Thing!", &root, "{ listed { key required { key } } }").await;
    let json = r#"{"listed":[null,{"key":"b","required":{"key":"shared"}},null]}"#;
    is(&found, json, false, &["thing.listed.0.required", "thing.listed.2.required"]);
    let found = run("Thing!", &root, "{ listed { child { fails } } }").await;
    is(&found, r#"{"listed":[{"child":null},{"child":null},{"child":null}]}"#, false, &["thing.listed.1.child.fails"]);
}
