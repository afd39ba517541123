//! Requests that come at the same time get what each would get alone, also when they share statements.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Backend, Data, Server, backends};

/// Look-ups by key and by id, references, pages, totals and counterparts of several parents.
const BY_KEY: &str = "query($key: String!) { city(by: {key: $key}) { key name country { key } \
     visitsTo(first: 3) { totalCount nodes { key } } topics(first: 2) { nodes { key } } \
     partnerships(first: 4) { edges { partner { key } node { key members { nodes { key } } } } } } }";
const BY_ID: &str = "query($id: ID!) { node(id: $id) { ... on City { key name parts(first: 2) { totalCount } } } }";

/// The requests for the first cities, each twice.
async fn requests(server: &Server) -> Vec<(&'static str, Value)> {
    let data = server.data("{ cities(first: 15, orderBy: KEY_ASC) { nodes { id key } } }", json!({})).await;
    let cities = data["cities"]["nodes"].as_array().expect("cities").clone();
    assert_eq!(cities.len(), 15);
    let of = |city: &Value| [(BY_KEY, json!({ "key": city["key"] })), (BY_ID, json!({ "id": city["id"] }))];
    cities.iter().chain(&cities).flat_map(of).collect()
}

/// On PostgreSQL, a lock makes the first statements wait until all requests are there; SQLite's readers never wait for a
/// lock, so there it is left to chance which of them share.
#[tokio::test(flavor = "multi_thread")]
async fn requests_at_the_same_time_get_their_own_answers() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let requests = requests(&server).await;
        let mut alone = Vec::new();
        server.data.take_statements();
        for (query, variables) in &requests {
            alone.push(server.text(query, variables.clone()).await);
        }
        let statements_alone = server.data.take_statements().len();
        let lock = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(server.data.lock("city").await),
        };
        let together = join_all(requests.iter().map(|(query, variables)| server.text(query, variables.clone())));
        let unlock = async {
            if let Some(lock) = lock {
                server.all_are_running(requests.len()).await;
                lock.commit().await.expect("the end of the lock");
            }
        };
        let (together, ()) = tokio::join!(together, unlock);
        let statements_together = server.data.take_statements().len();
        for ((request, alone), together) in requests.iter().zip(&alone).zip(&together) {
            assert_eq!(alone, together, "{backend}: {request:?}");
        }
        eprintln!("{backend}: {statements_together} statements together, {statements_alone} alone");
        if backend == Backend::Postgres {
            assert!(statements_together < statements_alone, "nothing was shared");
        }
    }
}
