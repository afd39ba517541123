//! async-graphql executes every operation: its bare `Schema::execute` and its own HTTP integration give the answers of the
//! equivalence tests, and its extensions see each operation and each field at the root.

use std::sync::{Arc, Mutex};

use async_graphql::{
    Response, ServerResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextResolve, ResolveInfo},
};
use async_trait::async_trait;
use axum::{Json, Router, routing::post};
use coopgraph::{api::Schema, clock::Clock, engine::Engine};

use crate::{
    reference::{check, differences, enough, prepare},
    support::{Backend, Data, Server, TestDatabase, backends},
};

/// Serves a router on a free port; the server ends with the test's runtime.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// The schema alone, without our transport.
fn schema(server: &Server) -> Schema {
    let engine = Engine::new(server.data.database.clone(), Server::unlimited(), Clock::system()).expect("an engine");
    engine.schema().clone()
}

async fn gives_the_same_answers(router: impl Fn(Schema) -> Router) {
    for backend in backends() {
        let (server, export) = prepare(backend).await;
        let url = serve(router(schema(&server))).await;
        let groups = check(export.path(), &url, &["library"]).await;
        let all: Vec<_> = groups.iter().flat_map(differences).collect();
        assert!(all.is_empty(), "{backend}: {} differences, the first:\n{}", all.len(), all[0]);
        enough(&groups);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bare_schema_gives_the_same_answers() {
    gives_the_same_answers(|schema| {
        let execute = async move |Json(request): Json<async_graphql::Request>| Json(schema.execute(request).await);
        Router::new().route("/", post(execute))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_librarys_own_integration_gives_the_same_answers() {
    gives_the_same_answers(|schema| Router::new().route_service("/", async_graphql_axum::GraphQL::new(schema))).await;
}

/// What an extension saw.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn add(&self, what: String) {
        self.0.lock().expect("a list").push(what);
    }
}

impl ExtensionFactory for Seen {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Extension for Seen {
    async fn execute(&self, context: &ExtensionContext<'_>, name: Option<&str>, next: NextExecute<'_>) -> Response {
        self.add(format!("operation {}", name.unwrap_or("anonymous")));
        next.run(context, name).await
    }

    async fn resolve(
        &self,
        context: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<async_graphql::Value>> {
        self.add(format!("{}.{}: {}", info.parent_type, info.name, info.return_type));
        next.run(context, info).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_sees_each_operation_and_each_field_at_the_root() {
    let data = TestDatabase::new(Backend::Sqlite, Data::Bundled).await;
    let seen = Seen::default();
    let engine = Engine::new(data.database.clone(), Server::unlimited(), Clock::system()).expect("an engine");
    let schema = engine.extended(seen.clone()).schema().clone();
    let query = "query Three { cities(first: 1) { nodes { key } } one: city(by: {key: \"espoo\"}) { name } rateLimit { cost } }";
    let response = schema.execute(query).await;
    assert!(response.is_ok(), "{:?}", response.errors);
    let found = seen.0.lock().expect("a list").clone();
    for expected in
        ["operation Three", "Query.cities: CityConnection", "Query.city: City", "Query.rateLimit: RateLimit"]
    {
        assert!(found.iter().any(|seen| seen == expected), "{expected} is missing: {found:?}");
    }
}
