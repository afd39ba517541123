//! The whole endpoint in this process, over the bundled data.

use std::{net::SocketAddr, sync::{Arc, LazyLock}};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Request},
};
use coopgraph::{
    clock::{Clock, IdSource},
    config::Config,
    db::{Access, Database},
    domain,
    engine::Engine,
    http,
    import_export::{self, Bundled, Files, Import},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

struct Server {
    runtime: Runtime,
    router: Router,
    _directory: tempfile::TempDir,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("fuzz.db").display());
    let router = runtime.block_on(async {
        let database = Database::connect(&url, Access::Create, None).await.expect("a database");
        database.migrate().await.expect("tables");
        let (clock, ids) = (Clock::system(), IdSource::system());
        let import = Import {
            model: domain::model(),
            database: &database,
            files: &Files::Bundled(Bundled::FinlandChina),
            clock: &clock,
            ids: &ids,
            dry_run: false,
            progress: &|_, _, _| {},
        };
        import_export::import(import).await.expect("the bundled data");
        let config = Config { rate_limit: 0, ..Config::default() };
        let engine = Engine::new(database, config, clock).expect("an engine");
        http::router(Arc::new(engine), CancellationToken::new())
    });
    Server { runtime, router, _directory: directory }
});

/// Sends a request. Whatever it is, the answer is one of those that are documented, and never an error of ours.
pub fn send(request: Request<Body>) {
    let server = &*SERVER;
    let mut request = request;
    request.headers_mut().insert("host", HeaderValue::from_static("localhost"));
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
    let (status, body) = server.runtime.block_on(async {
        let response = server.router.clone().call(request).await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.expect("a body").to_bytes())
    });
    assert!(matches!(status, 200 | 400 | 405 | 406 | 413 | 415), "{status}: {}", String::from_utf8_lossy(&body));
    let answer: Value = serde_json::from_slice(&body).expect("JSON");
    assert!(answer.get("errors").is_some() || answer.get("data").is_some(), "{answer}");
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(errors.iter().all(|error| error["extensions"]["code"] != "INTERNAL_SERVER_ERROR"), "{answer}");
}

/// Posts a body.
pub fn post(body: Vec<u8>) {
    let request = Request::post("/graphql").header("content-type", "application/json");
    send(request.body(Body::from(body)).expect("a request"));
}

/// Asks a document with variables.
pub fn ask(query: &str, variables: Value) {
    post(json!({ "query": query, "variables": variables }).to_string().into_bytes());
}
