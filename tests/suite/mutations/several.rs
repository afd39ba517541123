//! How many statements a mutation takes: what it says decides, not how much there is.

use serde_json::{Value, json};

use super::server_over;
use crate::{
    population::Population,
    support::{Server, backends},
};

/// The number of statements of a mutation.
async fn statements(server: &Server, mutation: &str, variables: Value) -> usize {
    server.data.take_statements();
    let data = server.data(mutation, variables).await;
    let payload = data.as_object().and_then(|data| data.values().next()).expect("a payload");
    assert_eq!(payload["problems"], json!([]), "{mutation}");
    // When a key was last used is written once a minute.
    let statements = server.data.take_statements();
    statements.iter().filter(|sql| !sql.contains("api_key")).count()
}

/// A visit with three participants and two names takes as many statements in a large database as in a small one, and with twenty
/// participants as with two.
#[tokio::test(flavor = "multi_thread")]
async fn statements_depend_on_the_shape_of_the_input() {
    let create = "mutation($input: CreateVisitInput!) { createVisit(input: $input) { visit { id } problems { path code message } } }";
    let input = |key: &str, participants: usize, of: &str| {
        let participation =
            |i: usize| json!({ "participant": { "city": { "key": of } }, "role": "GUEST", "note": i.to_string() });
        json!({ "input": {
            "key": key, "title": "V", "language": "en", "start": "2026-01-02", "toCity": { "key": of },
            "names": [{ "name": "V fi", "language": "fi" }, { "name": "V sv", "language": "sv" }],
            "participations": (0..participants).map(participation).collect::<Vec<_>>(),
        } })
    };
    for backend in backends() {
        let small = server_over(Population::new(8).stored(backend).await).await;
        let large = server_over(Population::new(60).stored(backend).await).await;
        let mut taken = Vec::new();
        for (server, of) in [(&small, "city-0001"), (&large, "city-0001")] {
            for participants in [2, 20] {
                taken.push(statements(server, create, input(&format!("v{participants}"), participants, of)).await);
            }
            let update = "mutation($key: String!) { updateCity(by: {key: $key}, input: {note: \"n\"}) { city { id } problems { path code message } } }";
            taken.push(statements(server, update, json!({ "key": of })).await);
        }
        eprintln!("{backend}: {taken:?} statements");
        assert_eq!(taken[0], taken[1], "{backend}: participants");
        assert_eq!(taken[..3], taken[3..], "{backend}: the size of the database");
    }
}

/// A deletion that clears twenty references, and deletes twenty records, takes as many statements as one of two of each.
#[tokio::test(flavor = "multi_thread")]
async fn statements_of_a_deletion_do_not_depend_on_what_goes_with_it() {
    let apply = "mutation($edits: [EditInput!]!) { applyBatch(edits: $edits) { problems { path code message } } }";
    let delete = "mutation($key: String!) { deleteCity(by: {key: $key}, cascade: true) { alsoDeletedIds problems { path code message } } }";
    for backend in backends() {
        let server = server_over(Population::new(8).stored(backend).await).await;
        let mut taken = Vec::new();
        for n in [2, 20] {
            let city = format!("c{n}");
            let new = json!({ "createCity": { "key": city, "name": "C", "language": "en", "kind": "CITY", "country": { "key": "country-0000" } } });
            let visit = |i: usize| {
                let participation = json!({ "participant": { "city": { "key": city } }, "role": "GUEST" });
                json!({ "createVisit": {
                    "key": format!("{city}-{i}"), "title": "V", "language": "en", "toCity": { "key": city }, "participations": [participation],
                } })
            };
            let edits: Vec<Value> = std::iter::once(new).chain((0..n).map(visit)).collect();
            statements(&server, apply, json!({ "edits": edits })).await;
            taken.push(statements(&server, delete, json!({ "key": city })).await);
        }
        assert_eq!(taken[0], taken[1], "{backend}");
    }
}
