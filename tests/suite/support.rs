//! Databases from a template, servers on free ports, and clients that ask them.

use std::{
    fmt,
    path::Path,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use coopgraph::{
    auth::Role,
    clock::{Clock, IdSource},
    config::Config,
    db::{Access, Database},
    document::Limits,
    engine::Engine,
    http::{self, Shutdown},
    import_export::{self, Bundled, Change, Export, Files, Import, Imported},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, TransactionTrait};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file of its own.
    Sqlite,
    /// A database of its own in the cluster of `COOPGRAPH_TEST_POSTGRES`.
    Postgres,
}

/// The databases to test on.
pub fn backends() -> Vec<Backend> {
    if postgres().is_some() {
        return vec![Backend::Sqlite, Backend::Postgres];
    }
    assert!(std::env::var("CI").is_err(), "COOPGRAPH_TEST_POSTGRES is not set: run scripts/test");
    eprintln!("COOPGRAPH_TEST_POSTGRES is not set: tested on SQLite alone; scripts/test tests on both");
    vec![Backend::Sqlite]
}

fn postgres() -> Option<String> {
    std::env::var("COOPGRAPH_TEST_POSTGRES").ok()
}

/// What a test's database holds at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// Tables without rows.
    Empty,
    /// The bundled data set on Finland and China.
    Bundled,
    /// The bundled data set on sister cities of the world.
    World,
    /// Both.
    All,
}

/// A database of the test's own, which nobody shares.
pub struct TestDatabase {
    pub database: Database,
    pub url: String,
    /// The texts of the statements that were run.
    statements: Arc<Mutex<Vec<String>>>,
    /// Where the file of SQLite is.
    directory: tempfile::TempDir,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl TestDatabase {
    pub async fn new(backend: Backend, data: Data) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = match backend {
            Backend::Sqlite => {
                let file = directory.path().join("test.db");
                std::fs::copy(sqlite_template(data).await, &file).expect("a copy of the template");
                format!("sqlite://{}", file.display())
            }
            Backend::Postgres => {
                let template = postgres_template(data).await;
                let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
                postgres_create(&name, &template).await;
                postgres_url(&name)
            }
        };
        Self::open(url, directory).await
    }

    async fn open(url: String, directory: tempfile::TempDir) -> Self {
        let statements = Arc::new(Mutex::new(Vec::new()));
        let seen = statements.clone();
        let observer: Arc<dyn Fn(&str) + Send + Sync> =
            Arc::new(move |sql: &str| seen.lock().expect("a list").push(sql.to_owned()));
        let database = Database::connect(&url, Access::Create, Some(observer)).await.expect("a database");
        Self { database, url, statements, directory }
    }

    /// The same database, with new connections.
    pub async fn reopen(self) -> Self {
        Self::open(self.url, self.directory).await
    }

    /// The statements since the last call.
    pub fn take_statements(&self) -> Vec<String> {
        std::mem::take(&mut self.statements.lock().expect("a list"))
    }

    /// Runs SQL that returns nothing.
    pub async fn execute(&self, sql: &str) {
        self.database.connection().execute_unprepared(sql).await.expect(sql);
    }

    /// A transaction that keeps others from reading a table of PostgreSQL until it ends.
    pub async fn lock(&self, table: &str) -> DatabaseTransaction {
        let transaction = self.database.connection().begin().await.expect("a transaction");
        let lock = format!("LOCK TABLE \"{table}\" IN ACCESS EXCLUSIVE MODE");
        transaction.execute_unprepared(&lock).await.expect("a lock");
        transaction
    }

    /// Imports a directory.
    pub async fn import(&self, files: &Files) -> Result<Imported, import_export::Failure> {
        import(&self.database, files, false).await
    }
}

/// Imports files whose changes are meant.
pub async fn import(database: &Database, files: &Files, dry_run: bool) -> Result<Imported, import_export::Failure> {
    import_with(database, files, dry_run, true, &|_| Ok(())).await
}

/// Imports files, as the command does.
pub async fn import_with(
    database: &Database,
    files: &Files,
    dry_run: bool,
    accept_warnings: bool,
    on_change: &(dyn Fn(&Change) -> Result<(), import_export::Failure> + Sync),
) -> Result<Imported, import_export::Failure> {
    let (clock, ids) = (Clock::system(), IdSource::system());
    import_export::import(Import {
        database,
        files,
        clock: &clock,
        ids: &ids,
        model: coopgraph::domain::model(),
        only_if_empty: false,
        replaced: &[],
        dry_run,
        accept_warnings,
        on_accepted: &|_| (),
        on_change,
        progress: &|_, _, _| {},
    })
    .await
}

/// Exports into a directory.
pub async fn export(database: &Database, directory: &Path, content_only: bool) {
    let model = coopgraph::domain::model();
    let export = Export { model, database, directory, content_only, progress: &|_, _| {} };
    import_export::export(export).await.expect("an export");
}

async fn fill(url: &str, data: Data) {
    let database = Database::connect(url, Access::Create, None).await.expect("a database");
    database.migrate().await.expect("tables");
    let bundled = match data {
        Data::Empty => None,
        Data::Bundled => Some(Bundled::FinlandChina),
        Data::World => Some(Bundled::World),
        Data::All => Some(Bundled::All),
    };
    if let Some(bundled) = bundled {
        // As a server does: without an inconsistency.
        let done = import_with(&database, &Files::Bundled(bundled), false, false, &|_| Ok(())).await;
        done.expect("the bundled data");
    }
    database.connection().clone().close().await.expect("closed");
}

static SQLITE: [OnceCell<PathBuf>; 4] = [const { OnceCell::const_new() }; 4];

async fn sqlite_template(data: Data) -> PathBuf {
    let make = async || {
        let directory = tempfile::tempdir().expect("a directory").keep();
        let file = directory.join("template.db");
        fill(&format!("sqlite://{}", file.display()), data).await;
        file
    };
    SQLITE[data as usize].get_or_init(make).await.clone()
}

static POSTGRES: [OnceCell<String>; 4] = [const { OnceCell::const_new() }; 4];

async fn postgres_template(data: Data) -> String {
    let make = async || {
        let name = format!("template_{}_{}", std::process::id(), data as usize);
        postgres_create(&name, "template1").await;
        fill(&postgres_url(&name), data).await;
        name
    };
    POSTGRES[data as usize].get_or_init(make).await.clone()
}

fn postgres_url(name: &str) -> String {
    let admin = postgres().expect("COOPGRAPH_TEST_POSTGRES");
    format!("{}/{name}", admin.rsplit_once('/').expect("a path").0)
}

async fn postgres_create(name: &str, template: &str) {
    let admin = Database::connect(&postgres().expect("COOPGRAPH_TEST_POSTGRES"), Access::Open, None)
        .await
        .expect("the cluster");
    let sql = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"");
    // Two tests may copy the template in the same moment, which PostgreSQL refuses: ask again.
    for attempt in 0.. {
        let created: Result<_, DbErr> = admin.connection().execute_unprepared(&sql).await;
        match created {
            Ok(_) => break,
            Err(cause) if attempt < 50 && cause.to_string().contains("being accessed") => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            Err(cause) => panic!("{sql}: {cause}"),
        }
    }
    admin.connection().clone().close().await.expect("closed");
}

/// The CSV file of a record type.
pub fn file_of(record: &coopgraph::model::RecordType) -> String {
    format!("{}.csv", record.plural)
}

/// A server with a database of its own.
pub struct Server {
    pub data: TestDatabase,
    pub address: std::net::SocketAddr,
    client: reqwest::Client,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn start(backend: Backend, data: Data) -> Self {
        Self::over(TestDatabase::new(backend, data).await).await
    }

    /// A server that answers whatever it is asked: its limits are tested where they are the subject.
    pub async fn over(data: TestDatabase) -> Self {
        Self::with(data, Self::unlimited()).await
    }

    /// Settings without limits.
    pub fn unlimited() -> Config {
        let mut config = Config::default();
        config.rate_limit = 0;
        config.request_timeout_ms = 60_000;
        config.limits = Limits {
            document_bytes: usize::MAX,
            tokens: usize::MAX,
            depth: usize::MAX,
            introspection_depth: usize::MAX,
            aliases: usize::MAX,
            directives: usize::MAX,
            root_fields: usize::MAX,
            cost: u64::MAX,
            ..config.limits
        };
        config
    }

    /// A server with settings of its own.
    pub async fn with(data: TestDatabase, config: Config) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let engine = Engine::new(data.database.clone(), config.clone(), Clock::system()).expect("an engine");
        let shutdown = Shutdown::default();
        let router = http::router(Arc::new(engine), shutdown.clone());
        let task = tokio::spawn(async move {
            http::serve(listener, router, &config, shutdown, std::future::pending()).await.expect("a server");
        });
        // The server closes a connection that is idle for 75 s: a request must not meet that.
        let client = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(5)).build().expect("a client");
        Self { data, address, client, task }
    }

    /// The same server, asked with a key of a role; readers send none.
    pub async fn viewed_by(mut self, role: Role) -> Self {
        if role != Role::Reader {
            let bearer = format!("Bearer {}", crate::auth::key(&self.data, role, None).await);
            let headers = [(reqwest::header::AUTHORIZATION, bearer.parse().expect("a header"))].into_iter().collect();
            let client = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(5)).default_headers(headers);
            self.client = client.build().expect("a client");
        }
        self
    }

    /// The whole answer to a query, as text.
    pub async fn text(&self, query: &str, variables: Value) -> String {
        self.text_of(&json!({ "query": query, "variables": variables })).await
    }

    /// The answer to a body, as text.
    pub async fn text_of(&self, body: &Value) -> String {
        let url = format!("http://{}/graphql", self.address);
        let response = self.client.post(url).json(body).send().await.expect("an answer");
        response.text().await.expect("a text")
    }

    /// The whole answer to a query.
    pub async fn answer(&self, query: &str, variables: Value) -> Value {
        let text = self.text(query, variables).await;
        serde_json::from_str(&text).unwrap_or_else(|cause| panic!("{cause}: {text}"))
    }

    /// The data of an answer that has no errors.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.answer(query, variables).await;
        assert_eq!(answer.get("errors"), None, "{query}");
        answer["data"].take()
    }

    /// The code and message of the only error of an answer.
    pub async fn error(&self, query: &str, variables: Value) -> (String, String) {
        let answer = self.answer(query, variables).await;
        let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("no error: {answer}"));
        assert_eq!(errors.len(), 1, "{answer}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&errors[0]["extensions"]["code"]), text(&errors[0]["message"]))
    }

    /// The status, headers and JSON of the answer to a body; `headers` beside those that a client always sends.
    pub async fn post(&self, body: &Value, headers: &[(&str, &str)]) -> (u16, reqwest::header::HeaderMap, Value) {
        let mut request = self.client.post(format!("http://{}/graphql", self.address)).json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a text");
        (status, headers, serde_json::from_str(&text).unwrap_or_else(|cause| panic!("{cause}: {text}")))
    }

    /// Waits until so many requests are being executed.
    pub async fn all_are_running(&self, requests: usize) {
        let running = format!("coopgraph_requests_running {requests}");
        let started = std::time::Instant::now();
        while !self.get("/metrics").await.1.lines().any(|line| line == running) {
            assert!(started.elapsed() < Duration::from_mins(1), "{requests} requests never ran at the same time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("http://{}{path}", self.address)).send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a text"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// Compares with a file of the repository, or writes it anew.
pub fn golden(name: &str, found: &str) {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("COOPGRAPH_BLESS").is_ok() {
        std::fs::write(&path, found).expect("a golden file");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let line = kept.lines().zip(found.lines()).position(|(kept, found)| kept != found);
    let line = line.unwrap_or_else(|| kept.lines().count().min(found.lines().count()));
    let (old, new) = (kept.lines().nth(line), found.lines().nth(line));
    let differs = format!("{name} differs from line {} on: {old:?} in the file, {new:?} found", line + 1);
    assert!(kept == found, "{differs}. `COOPGRAPH_BLESS=1 cargo test --test suite` writes the files anew.");
}
