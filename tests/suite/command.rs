//! The command as a process: what it prints, what it leaves behind, and how it ends.

mod backup;
mod refused;
mod stopping;
mod verify;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use coopgraph::db::{Access, Database};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use serde_json::json;

use crate::{
    import_export::{Set, bundled, csv_files},
    process::{LONG, Place, Served, finished, free_port, kill},
    support::{Backend, Data, TestDatabase, backends},
};

const ESPOO: &str = "{ city(by: {key: \"espoo\"}) { id name version createdAt updatedAt } cities { totalCount } }";

/// The first start makes the database and fills it; the addresses that it prints exist; the second start finds all done.
#[tokio::test(flavor = "multi_thread")]
async fn serve_fills_a_database_and_a_second_start_changes_nothing() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let served = place.serve(&[]);
        assert!(served.printed[0].starts_with("loaded the bundled data: "), "{:?}", served.printed);
        let urls = served.urls();
        let base = format!("http://{}", served.address);
        let paths: Vec<_> = urls.iter().map(|url| url.strip_prefix(&base).expect("our address")).collect();
        assert_eq!(paths, ["/graphql", "/", "/playground", "/schema.graphql", "/metrics", "/healthz", "/readyz"]);
        for url in &urls[1..] {
            let status = reqwest::get(url).await.expect("an answer").status();
            assert_eq!(status.as_u16(), 200, "{url}");
        }
        let first = served.ask(ESPOO).await;
        assert_eq!(first["data"]["city"]["name"], "Espoo");
        served.stop();
        assert!(place.exported() == bundled(), "{backend}: other data than bundled");

        let served = place.serve(&[]);
        assert!(served.printed[0].starts_with("GraphQL"), "{:?}", served.printed);
        assert_eq!(served.ask(ESPOO).await, first, "{backend}");
        served.stop();
        assert!(place.exported() == bundled(), "{backend}: other data than bundled");
    }
}

/// In the hardened profile there is less to print.
#[tokio::test(flavor = "multi_thread")]
async fn serve_prints_only_addresses_that_exist() {
    let place = Place::new(Backend::Sqlite).await;
    let served = place.serve(&["--sample-data=none", "--profile", "hardened"]);
    let base = served.base();
    let paths: Vec<_> = served.urls().iter().map(|url| url.replace(&base, "")).collect();
    assert_eq!(paths, ["/graphql", "/healthz", "/readyz"]);
    served.stop();
}

/// Someone's own data are not mixed with the bundled ones.
#[tokio::test(flavor = "multi_thread")]
async fn serve_leaves_a_database_that_is_not_empty() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let set = Set::headers();
        let one = "key,name,language,broader,note,visibility\nmine,Mine,en,,,public\n";
        fs::write(set.path("topics.csv"), one).expect("a file");
        place.prints(&["migrate"]);
        place.prints(&["import", set.path("").to_str().expect("a path")]);
        let served = place.serve(&[]);
        let answer = served.ask("{ topics { nodes { key } } cities { totalCount } }").await;
        let expected = json!({ "topics": { "nodes": [{ "key": "mine" }] }, "cities": { "totalCount": 0 } });
        assert_eq!(answer["data"], expected, "{backend}");
        served.stop();
    }
}

/// Without the bundled data: by flag, and by environment.
#[tokio::test(flavor = "multi_thread")]
async fn serve_can_leave_a_database_empty() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let empty = json!({ "data": { "city": null, "cities": { "totalCount": 0 } } });
        let served = place.serve(&["--sample-data=none"]);
        assert!(served.printed[0].starts_with("GraphQL"), "{:?}", served.printed);
        assert_eq!(served.ask(ESPOO).await, empty);
        served.stop();
        let mut command = place.command(&["serve", "--listen=127.0.0.1:0"]);
        command.env("DATABASE_URL", &place.url).env("COOPGRAPH_SAMPLE_DATA", "none");
        let served = Served::start(command);
        assert_eq!(served.ask(ESPOO).await, empty);
        served.stop();
    }
}

/// Without any argument, the settings of the environment hold; flags win over them.
#[tokio::test(flavor = "multi_thread")]
async fn settings_come_from_the_environment() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let mut command = place.command(&[]);
        command.env("DATABASE_URL", &place.url).env("COOPGRAPH_LISTEN", "127.0.0.1:0");
        let served = Served::start(command);
        assert_eq!(served.ask(ESPOO).await["data"]["city"]["name"], "Espoo");
        served.stop();
        assert!(!place.path("coopgraph.db").exists(), "DATABASE_URL was not read");

        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--database-url", &place.url]);
        command.env("DATABASE_URL", "sqlite:///nowhere/x.db").env("COOPGRAPH_LISTEN", "nonsense");
        let served = Served::start(command);
        assert_eq!(served.ask(ESPOO).await["data"]["city"]["name"], "Espoo");
        served.stop();
    }
}

/// Without any setting but the port, the database is a file beside the user.
#[tokio::test(flavor = "multi_thread")]
async fn the_default_database_is_a_file() {
    let place = Place::new(Backend::Sqlite).await;
    let served = Served::start(place.command(&["serve", "--listen", "127.0.0.1:0"]));
    assert_eq!(served.ask(ESPOO).await["data"]["city"]["name"], "Espoo");
    served.stop();
    assert!(place.path("coopgraph.db").is_file());
}

/// Nobody reads what the commands print, or it cannot be written: they do their work all the same.
#[tokio::test(flavor = "multi_thread")]
async fn output_that_nobody_reads_stops_no_command() {
    let closed = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        writer
    };
    let place = Place::new(Backend::Sqlite).await;
    for args in
        [&["migrate"][..], &["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")], &["export", "out"], &["schema"]]
    {
        let mut command = place.on_database(args);
        command.stdout(closed()).stderr(closed());
        let output = finished(command, LONG);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
    }
    assert_eq!(csv_files(&place.path("out")).len(), bundled().len());

    let address = format!("127.0.0.1:{}", free_port());
    let full = fs::File::options().write(true).open("/dev/full").expect("a device");
    let mut command = place.on_database(&["serve", "--listen", &address]);
    command.stdout(full.try_clone().expect("a handle")).stderr(full);
    let mut child = command.spawn().expect("a server");
    let begun = Instant::now();
    while place.run(&["health", "--listen", &address]).status.code() != Some(0) {
        assert!(begun.elapsed() < LONG && child.try_wait().expect("a status").is_none(), "it does not serve");
    }
    kill("TERM", child.id());
    assert_eq!(child.wait().expect("a status").code(), Some(0));
}

/// A key that could not be shown is not created, and the one that it should replace goes on; a list that could not be written is
/// a failure.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_shown_is_none() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        let full = || fs::File::options().write(true).open("/dev/full").expect("a device");
        let fails = |args: &[&str], says: &str| {
            let mut command = place.on_database(args);
            command.stdout(full());
            let output = finished(command, LONG);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(1) && stderr.contains(says), "{args:?}: {output:?}");
        };
        let create = ["key", "create", "--name", "Partner", "--role", "partner"];
        fails(&create, "the key cannot be shown, and is not created: ");
        assert_eq!(place.prints(&["key", "list"]), "");
        let key = place.prints(&create);
        let list = place.prints(&["key", "list"]);
        let prefix = key.split('_').nth(1).expect("a prefix");
        fails(&["key", "rotate", prefix], &format!("the key cannot be shown, and {prefix} goes on: "));
        assert_eq!(place.prints(&["key", "list"]), list);
        fails(&["key", "list"], "No space left on device");
    }
}

/// `migrate`, `import` and `export` do what they say, and print how much.
#[tokio::test(flavor = "multi_thread")]
async fn migrate_import_and_export_work_from_outside() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
    for backend in backends() {
        let place = Place::new(backend).await;
        for _ in 0..2 {
            assert_eq!(place.prints(&["migrate"]), "the database is up to date\n");
        }
        let dry = place.prints(&["import", "--dry-run", data]);
        let done = place.prints(&["import", data]);
        assert!(!done.starts_with("0 records added"), "{done}");
        assert_eq!(dry, format!("dry run, nothing was changed: {done}"), "{backend}");
        let again = place.run(&["import", data]);
        let printed = String::from_utf8_lossy(&again.stdout);
        assert!(printed.starts_with("0 records added, 0 updated, "), "{printed}");
        let progress = String::from_utf8_lossy(&again.stderr);
        assert!(progress.contains("cities.csv ("), "plain lines: {progress}");
        assert!(!progress.contains('\u{1b}'), "no terminal, no colours: {progress}");
        assert!(place.exported() == bundled(), "{backend}: other data than imported");
    }
}

/// After an import by an ordinary role, PostgreSQL has counted what our tables hold, as far as the role may let it, and warned
/// of no others.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_by_an_ordinary_role_gives_no_warnings() {
    for backend in backends().into_iter().filter(|backend| *backend == Backend::Postgres) {
        let mut place = Place::new(backend).await;
        let admin = Database::connect(&place.url, Access::Open, None).await.expect("a database");
        let (server, name) = place.url.rsplit_once('/').expect("a name");
        let (_, host) = server.split_once('@').expect("a host");
        let url = |role: &str| format!("postgres://{role}_{name}@{host}/{name}");
        let (owner, writer) = (url("owner"), url("writer"));
        for sql in [
            format!("CREATE ROLE \"owner_{name}\" LOGIN"),
            format!("CREATE ROLE \"writer_{name}\" LOGIN"),
            format!("GRANT ALL ON SCHEMA public TO \"owner_{name}\""),
            format!("GRANT USAGE ON SCHEMA public TO \"writer_{name}\""),
            format!("ALTER DEFAULT PRIVILEGES FOR ROLE \"owner_{name}\" GRANT ALL ON TABLES TO \"writer_{name}\""),
        ] {
            admin.connection().execute_unprepared(&sql).await.expect(&sql);
        }
        place.url = owner;
        place.prints(&["migrate"]);
        let import = |place: &Place, file: &Path| {
            let output = place.run(&["import", "--accept-warnings", file.to_str().expect("a path")]);
            let log = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && !log.contains("skipping") && !log.contains("WARN"), "{log}");
        };
        let set = Set::bundled();
        import(&place, &set.path(""));
        let counted = "SELECT 1 AS x FROM pg_class WHERE relname = 'participation' AND reltuples > 0";
        let counted = Statement::from_string(DbBackend::Postgres, counted);
        assert!(admin.connection().query_one_raw(counted).await.expect("rows").is_some());
        let topics = fs::read_to_string(set.path("topics.csv")).expect("a file");
        fs::write(set.path("topics.csv"), topics + "new,New,en,,,public\n").expect("a file");
        place.url = writer;
        import(&place, &set.path(""));
    }
}

/// What `schema` prints is what the server has.
#[tokio::test(flavor = "multi_thread")]
async fn schema_needs_no_database() {
    let place = Place::new(Backend::Sqlite).await;
    let output = place.command(&["schema"]).output().expect("the command");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), coopgraph::api::sdl());
    let left = fs::read_dir(place.path("")).expect("a directory").count();
    assert_eq!(left, 0, "it leaves nothing behind");
}

/// Help that a person enjoys names every command, every setting with its variable, and no one's password.
#[tokio::test(flavor = "multi_thread")]
async fn help_names_everything_but_secrets() {
    let place = Place::new(Backend::Sqlite).await;
    let help = place.prints(&["--help"]);
    for (command, settings) in [
        (
            "serve",
            &[
                "--listen",
                "COOPGRAPH_LISTEN",
                "127.0.0.1:8000",
                "--database-url",
                "DATABASE_URL",
                "sqlite://coopgraph.db",
                "--sample-data",
                "COOPGRAPH_SAMPLE_DATA",
                "--metrics-listen",
                "COOPGRAPH_METRICS_LISTEN",
                "--otlp-endpoint",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
            ][..],
        ),
        ("migrate", &["--database-url"]),
        ("import", &["--database-url", "--dry-run", "--mapping", "--format", "--explain", "PATH"]),
        ("export", &["--database-url", "DIRECTORY"]),
        ("schema", &[]),
        ("health", &["--listen"]),
    ] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{help}");
        let mut asked = place.command(&[command, "--help"]);
        asked.env("DATABASE_URL", "postgres://me:secret@nowhere/x");
        let output = asked.output().expect("the command");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success());
        assert!(!text.contains("secret"), "{text}");
        for setting in settings {
            assert!(text.contains(setting), "{command} does not tell {setting}: {text}");
        }
    }
    let version = place.prints(&["--version"]);
    assert_eq!(version, format!("coopgraph {}\n", env!("CARGO_PKG_VERSION")));
}

/// A command that runs with a limit of `ulimit`.
fn limited(command: &Command, limit: &str) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")]);
    limited.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.env("COOPGRAPH_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped());
    limited
}

/// With few files that may be open, the server accepts fewer connections, and those that it accepts do not take what health
/// checks and the database need.
#[tokio::test(flavor = "multi_thread")]
async fn connections_leave_files_for_the_rest() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        let get = |address: SocketAddr, path: &str| {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.set_read_timeout(Some(LONG)).expect("a time limit");
            write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("a request");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            answer
        };
        let server = place.on_database(&["serve", "--sample-data=none", "--listen", "127.0.0.1:0"]);
        // The soft limit is raised.
        let served = Served::start(limited(&server, "-S -n 40"));
        let idle: Vec<_> = (0..100).map(|_| TcpStream::connect(served.address).expect("a connection")).collect();
        assert!(get(served.address, "/readyz").starts_with("HTTP/1.1 200"), "{backend}");
        drop(idle);
        served.stop();

        let (log, writer) = std::io::pipe().expect("a pipe");
        let served = Served::logging(limited(&server, "-n 150"), writer);
        let mut warning = String::new();
        BufReader::new(log).read_line(&mut warning).expect("a warning");
        let warning: serde_json::Value = serde_json::from_str(&warning).expect("JSON");
        let number = |name: &str| warning[name].as_u64().unwrap_or_else(|| panic!("{name}: {warning}"));
        let (accepted, needed) = (number("accepted"), number("needed"));
        assert!(warning.to_string().contains("the limit on open files is too low"), "{warning}");
        assert_eq!((number("limit"), needed - 10_000 + accepted), (150, 150), "{warning}");
        // As many as it accepts, and some of those that are for health checks.
        let idle: Vec<_> =
            (0..accepted + 10).map(|_| TcpStream::connect(served.address).expect("a connection")).collect();
        for _ in 0..5 {
            assert!(get(served.address, "/readyz").starts_with("HTTP/1.1 200"), "{backend}");
        }
        let query = "/graphql?query=%7Bcities%7BtotalCount%7D%7D";
        assert!(get(served.address, query).starts_with("HTTP/1.1 503"), "{backend}");
        drop(idle);
        let begun = Instant::now();
        while !get(served.address, query).contains("{\"data\":{\"cities\":{\"totalCount\":0}}}") {
            assert!(begun.elapsed() < LONG, "{backend}: its places are not free");
        }
        served.stop();
    }
}

fn exists(path: &Path) -> bool {
    path.try_exists().expect("an answer")
}
