//! Deletions that take with them what refers to the record.

use coopgraph::domain::model;
use serde_json::{Value, json};

use super::{inputs::name, server, server_over, verify};
use crate::{
    population::Population,
    support::{Data, Server, backends},
    walk::items,
};

/// Deletes a record with what refers to it.
async fn delete(server: &Server, name: &str, key: &str) -> Value {
    let mutation = format!(
        "mutation($key: String!) {{ delete{name}(by: {{key: $key}}, cascade: true) {{ deletedId alsoDeletedIds \
         alsoChanged {{ __typename ... on Record {{ key version }} }} problems {{ path code message }} }} }}"
    );
    server.data(&mutation, json!({ "key": key })).await[format!("delete{name}")].take()
}

/// What cannot be without the record goes, other references are cleared, and both are told.
#[tokio::test(flavor = "multi_thread")]
async fn what_refers_to_it_goes_with_it() {
    let create = r#"mutation {
      applyBatch(edits: [
        {createCity: {key: "a", name: "A", language: "en", kind: CITY, country: {key: "FI"}}}
        {createCity: {key: "b", name: "B", language: "en", kind: CITY, country: {key: "FI"}, parent: {key: "a"}}}
        {createTopic: {key: "t", name: "T", language: "en"}}
        {createVisit: {
          key: "v", title: "V", language: "en", fromCity: {key: "b"}, toCity: {key: "a"}, topics: [{key: "t"}]
          participations: [
            {key: "pa", participant: {city: {key: "a"}}, role: HOST}, {key: "pb", participant: {city: {key: "b"}}, role: GUEST}
          ]
        }}
        {createPartnership: {key: "ab", members: [{key: "a"}, {key: "b"}], kind: SISTER_CITY, status: ACTIVE}}
      ]) { records { id } problems { path code message } }
    }"#;
    let left = "{ visit(by: {key: \"v\"}) { version toCity { key } fromCity { key } topics { nodes { key } } participations { nodes { key } } } \
                partnership(by: {key: \"ab\"}) { key } city(by: {key: \"b\"}) { parent { key } } }";
    for backend in backends() {
        let server = server(backend, Data::Bundled).await;
        let made = server.data(create, json!({})).await;
        assert_eq!(made["applyBatch"]["problems"], json!([]), "{backend}");

        let topic = delete(&server, "Topic", "t").await;
        assert_eq!(
            topic["alsoChanged"],
            json!([{ "__typename": "Visit", "key": "v", "version": 2 }]),
            "{backend}: {topic}"
        );
        assert_eq!(topic["alsoDeletedIds"], json!([]), "{backend}: {topic}");

        let city = delete(&server, "City", "a").await;
        assert_eq!(city["problems"], json!([]), "{backend}");
        // A participation, and the partnership, which needs two.
        assert_eq!(items(&city["alsoDeletedIds"]).count(), 2, "{backend}: {city}");
        let mut changed: Vec<_> = items(&city["alsoChanged"]).map(|record| record["key"].clone()).collect();
        changed.sort_by_key(ToString::to_string);
        assert_eq!(changed, ["b", "v"], "{backend}: {city}");
        let expected = json!({
            "visit": { "version": 3, "toCity": null, "fromCity": { "key": "b" }, "topics": { "nodes": [] }, "participations": { "nodes": [{ "key": "pb" }] } },
            "partnership": null,
            "city": { "parent": null },
        });
        assert_eq!(server.data(left, json!({})).await, expected, "{backend}");

        let visit = delete(&server, "Visit", "v").await;
        assert_eq!(items(&visit["alsoDeletedIds"]).count(), 1, "{backend}: {visit}");
        verify(&server).await;
    }
}

/// Of every type, whatever refers to it.
#[tokio::test(flavor = "multi_thread")]
async fn every_record_can_be_deleted_with_what_refers_to_it() {
    for backend in backends() {
        let population = Population::new(8);
        let server = server_over(population.stored(backend).await).await;
        let mut taken = 0;
        for table in model().types().map(|record| record.table).collect::<Vec<_>>().into_iter().rev() {
            for record in population.records.iter().filter(|record| record.kind == table).take(3) {
                let deleted = delete(&server, name(record), &record.key).await;
                if deleted["problems"][0]["code"] == "NOT_FOUND" {
                    // It has gone with another one.
                    continue;
                }
                assert_eq!(deleted["problems"], json!([]), "{backend}: {} {}", record.kind, record.key);
                assert_eq!(deleted["deletedId"], json!(record.id()));
                taken += items(&deleted["alsoDeletedIds"]).count() + items(&deleted["alsoChanged"]).count();
            }
            verify(&server).await;
        }
        assert!(taken > 100, "{backend}: {taken} records");
    }
}

/// What takes too much with it is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_takes_a_thousand_records_with_it_at_most() {
    for backend in backends() {
        let server = server(backend, Data::All).await;
        let country = delete(&server, "Country", "CN").await;
        assert_eq!(country["deletedId"], json!(null), "{backend}");
        let expected = json!([{ "path": ["cascade"], "code": "REFERENCED", "message": "more than 1000 records refer to it: delete or change some of them first" }]);
        assert_eq!(country["problems"], expected, "{backend}");
    }
}
