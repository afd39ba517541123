//! Subscriptions to the version of the data set.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{Data, Server, backends};

/// Longer than the server takes to notice a change.
const SOON: Duration = Duration::from_secs(20);

/// A subscriber by an event stream.
struct Subscriber {
    response: reqwest::Response,
    received: String,
}

impl Subscriber {
    async fn new(server: &Server) -> Self {
        let request = reqwest::Client::new().post(format!("http://{}/graphql", server.address));
        let body = json!({ "query": "subscription { datasetChanged { version } }" });
        let response = request.header("accept", "text/event-stream").json(&body).send().await.expect("events");
        Self { response, received: String::new() }
    }

    /// The version that it is told next.
    async fn version(&mut self) -> i64 {
        let event = loop {
            if let Some((event, rest)) = self.received.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.received = rest;
                if event.starts_with("event: next\n") {
                    break event;
                }
                assert!(event.starts_with(':'), "{event}");
            }
            if !self.received.contains("\n\n") {
                let chunk = timeout(SOON, self.response.chunk()).await.expect("soon").expect("events");
                self.received += &String::from_utf8_lossy(&chunk.expect("no end"));
            }
        };
        let (_, data) = event.split_once("data: ").expect("data");
        let data: Value = serde_json::from_str(data).expect("JSON");
        data["data"]["datasetChanged"]["version"].as_i64().unwrap_or_else(|| panic!("{data}"))
    }
}

/// An older database may be restored while the server runs: subscribers are told the version that there is, those that were
/// there before and new ones.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_lower_again_is_told() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let add = async |version: i64| {
            let from = "\"changed_at\" FROM \"dataset_version\" WHERE \"version\" = 1";
            let sql = format!("INSERT INTO \"dataset_version\" (\"version\", \"changed_at\") SELECT {version}, {from}");
            server.data.execute(&sql).await;
        };
        add(5).await;
        let mut early = Subscriber::new(&server).await;
        assert_eq!(early.version().await, 5, "{backend}");
        server.data.execute("DELETE FROM \"dataset_version\" WHERE \"version\" = 5").await;
        // Several at once may share a read, but not one that began before they came.
        let mut late = join_all((0..20).map(|_| Subscriber::new(&server))).await;
        for subscriber in &mut late {
            assert_eq!(subscriber.version().await, 1, "{backend}");
        }
        assert_eq!(early.version().await, 1, "{backend}");
        add(2).await;
        for subscriber in late.iter_mut().chain([&mut early]) {
            assert_eq!(subscriber.version().await, 2, "{backend}");
        }
    }
}
