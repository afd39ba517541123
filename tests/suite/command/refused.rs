//! What the command refuses: one clear line, a status that is not zero, and nothing done.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::Value;

use super::*;

/// The one line of a failure.
fn refused(output: &Output, says: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "one line: {stderr}");
    assert!(stderr.starts_with("coopgraph: "), "{stderr}");
    assert!(stderr.contains(says), "{says}: {stderr}");
    assert!(!stderr.contains("secret"), "{stderr}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

/// The commands that need a database.
const ALL: [&[&str]; 4] = [
    &["serve", "--listen", "127.0.0.1:0"],
    &["migrate"],
    &["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")],
    &["export", "out"],
];

/// All but those that would make it.
const NEED: &[&[&str]] = &[ALL[2], ALL[3]];

/// A server that lets clients connect but never answers is not waited for without an end.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer() {
    let place = Place::new(Backend::Sqlite).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("postgres://user:secret@{}/name", listener.local_addr().expect("an address"));
    let output = finished(place.command(&["export", "out", "--database-url", &url]), LONG);
    refused(&output, "it accepts connections, but does not answer");
}

/// No such database: said with its address but never its password; none is made by reading.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_missing() {
    for backend in backends() {
        let mut place = Place::new(backend).await;
        match backend {
            Backend::Sqlite => {
                for args in NEED {
                    refused(&place.run(args), "cannot open the database sqlite://");
                }
                assert!(!exists(&place.path("x.db")), "it made the file");
                place.url = "sqlite:///no/such/directory/x.db".to_owned();
            }
            Backend::Postgres => {
                let (server, name) = place.url.rsplit_once('/').expect("a path");
                let (_, host) = server.rsplit_once('@').expect("a user");
                place.url = format!("postgres://postgres:secret@{host}/no_{name}");
            }
        }
        for args in ALL {
            refused(&place.run(args), "cannot open the database ");
        }
        assert!(!exists(&place.path("out")), "it made the directory");
    }
}

/// Addresses of databases that we do not speak to.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_no_database() {
    let mut place = Place::new(Backend::Sqlite).await;
    for url in ["mysql://me:secret@nowhere/x", "x.db", ""] {
        place.url = url.to_owned();
        for args in ALL {
            refused(&place.run(args), "write sqlite://FILE or postgres://");
        }
    }
}

/// Tables that are not there, or taken away again: `migrate` is named as the remedy, and is one.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_migrated() {
    for backend in backends() {
        let place = Place::new(backend).await;
        if backend == Backend::Sqlite {
            fs::write(place.path("x.db"), "").expect("an empty database");
        }
        for args in NEED {
            refused(&place.run(args), "run `coopgraph migrate`");
        }
        assert!(!exists(&place.path("out")), "it made the directory");
        place.prints(&["migrate"]);
        for args in NEED {
            place.prints(args);
        }
    }
}

/// Tables of a newer coopgraph are left alone by all commands.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_newer() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let newer = "INSERT INTO \"seaql_migrations\" (\"version\", \"applied_at\") VALUES ('m9999_future', 0)";
        database.execute(newer).await;
        let mut place = Place::new(Backend::Sqlite).await;
        place.url.clone_from(&database.url);
        for args in ALL {
            refused(
                &place.run(args),
                "newer than this version of coopgraph (it has the migration m9999_future): upgrade coopgraph",
            );
        }
        // So too where the newer one has taken its steps together in a new first one.
        database.execute("DELETE FROM \"seaql_migrations\" WHERE \"version\" <> 'm9999_future'").await;
        for args in ALL {
            refused(&place.run(args), "upgrade coopgraph");
        }
    }
}

/// A database that cannot be written is not served and not imported into; it can be exported.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let mut place = Place::new(Backend::Sqlite).await;
        place.url.clone_from(&database.url);
        match backend {
            Backend::Sqlite => place.url.push_str("?mode=ro"),
            Backend::Postgres => {
                let (_, name) = database.url.rsplit_once('/').expect("a path");
                let read_only = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on");
                database.execute(&read_only).await;
            }
        }
        for args in [ALL[0], ALL[2]] {
            refused(&place.run(args), "the database cannot be written: ");
        }
        assert!(place.exported() == bundled(), "{backend}: other data than bundled");
    }
}

/// A role of PostgreSQL that may only read.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_only_read() {
    for backend in backends().into_iter().filter(|backend| *backend == Backend::Postgres) {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let (server, name) = database.url.rsplit_once('/').expect("a path");
        let (_, host) = server.rsplit_once('@').expect("a user");
        database.execute(&format!("CREATE ROLE \"reads_{name}\" LOGIN IN ROLE pg_read_all_data")).await;
        let mut place = Place::new(Backend::Sqlite).await;
        place.url = format!("postgres://reads_{name}@{host}/{name}");
        let runs = [ALL[0], ALL[2]].map(|args| place.run(args));
        let exported = place.exported();
        database.execute(&format!("DROP ROLE \"reads_{name}\"")).await;
        for run in runs {
            refused(&run, "permission denied");
        }
        assert!(exported == bundled(), "{backend}: other data than bundled");
    }
}

/// The same without tables: `serve` and `migrate` would have to make them.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_that_is_read_only() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        Migrator::down(database.database.connection(), None).await.expect("no tables");
        let away = "DROP TABLE \"seaql_migrations\"";
        database.database.connection().execute_unprepared(away).await.expect(away);
        let mut place = Place::new(Backend::Sqlite).await;
        place.url.clone_from(&database.url);
        match backend {
            Backend::Sqlite => place.url.push_str("?mode=ro"),
            Backend::Postgres => {
                let (_, name) = database.url.rsplit_once('/').expect("a path");
                let read_only = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on");
                database.execute(&read_only).await;
            }
        }
        for args in [ALL[0], ALL[1]] {
            refused(&place.run(args), "the database cannot be written: ");
        }
    }
}

/// A file that is no database.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database() {
    let place = Place::new(Backend::Sqlite).await;
    let text = "this is no database, only a text that is long enough to be seen as none\n".repeat(100);
    fs::write(place.path("x.db"), &text).expect("a file");
    for args in ALL {
        refused(&place.run(args), "not a database");
    }
    let after = fs::read_to_string(place.path("x.db")).expect("a file");
    assert_eq!(after, text, "the file was changed");
}

/// A database with tables of something else is left as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_something_else() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        Migrator::down(database.database.connection(), None).await.expect("no tables");
        database.execute("DROP TABLE \"seaql_migrations\"").await;
        database.execute("CREATE TABLE \"bookmark\" (\"id\" INTEGER PRIMARY KEY)").await;
        let mut place = Place::new(Backend::Sqlite).await;
        place.url.clone_from(&database.url);
        let file = || place.url.strip_prefix("sqlite://").map(|file| fs::read(file).expect("a file"));
        let before = file();
        for args in ALL {
            refused(&place.run(args), "it has the table bookmark, but not those of coopgraph");
        }
        assert!(file() == before, "the file was changed");
    }
}

/// Files that are wrong: each problem is a line, and the status says so.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_wrong() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        let set = Set::bundled();
        let text = fs::read_to_string(set.path("topics.csv")).expect("a file");
        fs::write(set.path("topics.csv"), text + "new,,en,nothing,,public\n").expect("a file");
        let output = place.run(&["import", set.path("").to_str().expect("a path")]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        let line = 1 + fs::read_to_string(set.path("topics.csv")).expect("a file").lines().count() - 1;
        for says in [
            format!("topics.csv:{line}: name = \"\": "),
            format!("topics.csv:{line}: broader = \"nothing\": no topic has this key"),
            "2 problem(s); nothing was changed".to_owned(),
        ] {
            assert!(stderr.contains(&says), "{says}: {stderr}");
        }
        let files = place.exported();
        assert!(files.values().all(|file| file.split(|b| *b == b'\n').count() == 2));
    }
}

/// An address that is taken, or cannot be.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address").to_string();
        let output = place.run(&["serve", "--sample-data=none", "--listen", &address]);
        refused(&output, &format!("cannot listen on {address}: "));
    }
}

/// Bad arguments are refused before anything is done, with a hint.
#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_are_wrong() {
    let place = Place::new(Backend::Sqlite).await;
    for (args, says) in [
        (&["nonsense"][..], "unrecognized subcommand"),
        (&["serve", "--listen", "here"], "invalid value 'here'"),
        (&["import"], "<PATH>"),
        (&["serve", "--max-subscriptions", "18446744073709551615"], "is not in 0..=1000000000"),
        (&["serve", "--sample-data", "mars"], "[possible values: finland-china, world, all, none]"),
        (&["serve", "--max-connections", "0"], "is not in 1..=1000000000"),
        (&["serve", "--request-timeout-ms", "0"], "is not in 1..=86400000"),
        (&["migrate", "--database-url", "sqlite::memory:"], "a database in memory cannot be served"),
        (&["serve", "--database-url", "sqlite://x.db?mode=memory"], "a database in memory cannot be served"),
        (&["serve", "--database-url", "sqlite://x.db?mode=%6Demory"], "a database in memory cannot be served"),
        (&["serve", "--database-url", "sqlite://%3Amemory%3A"], "a database in memory cannot be served"),
        (&["serve", "--database-url", "sqlite://"], "the URL names no file: write sqlite://FILE"),
        (&["migrate", "--database-url", "sqlite:"], "the URL names no file"),
        (&["import", "x", "--database-url", "sqlite:////?mode=rwc"], "the URL names no file"),
        (&["export", "x", "--database-url", "sqlite:?cache=shared"], "the URL names no file"),
        (&["serve", "--cors-origins", "example.org"], "use a scheme, a host"),
        (&["serve", "--cors-origins", "https://example.org/"], "https://example.org or"),
        (&["serve", "--path-prefix", "/graphql"], "/graphql is a path of the server itself: use another prefix"),
        (&["serve", "--path-prefix", "/healthz/x"], "/healthz is a path of the server itself"),
        (&["serve", "--path-prefix", "/readyz"], "/readyz is a path of the server itself"),
        (&["serve", "--path-prefix", "/metrics"], "/metrics is a path of the server itself"),
        (&["serve", "--path-prefix", "/playground/assets"], "/playground is a path of the server itself"),
        (&["serve", "--path-prefix", "/schema.graphql"], "/schema.graphql is a path of the server itself"),
        (&["serve", "--path-prefix", "/pages.css"], "/pages.css is a path of the server itself"),
        (&["serve", "--path-prefix", "/favicon.svg"], "/favicon.svg is a path of the server itself"),
    ] {
        let output = place.run(args);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(says), "{stderr}");
    }
    let left = fs::read_dir(place.path("")).expect("a directory").count();
    assert_eq!(left, 0, "it leaves nothing behind");
}

/// A server whose database does not respond says so soon.
#[tokio::test(flavor = "multi_thread")]
async fn health_does_not_wait_for_the_database() {
    for backend in backends().into_iter().filter(|backend| *backend == Backend::Postgres) {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let mut place = Place::new(Backend::Sqlite).await;
        place.url.clone_from(&database.url);
        let served = place.serve(&["--sample-data=none"]);
        let lock = database.database.connection().begin().await.expect("a transaction");
        lock.execute_unprepared("LOCK TABLE \"seaql_migrations\" IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
        refused(&place.run(&["health", "--listen", &served.address.to_string()]), "is not ready");
        lock.rollback().await.expect("no lock");
        assert_eq!(place.prints(&["health", "--listen", &served.address.to_string()]), "ready\n");
        served.stop();
    }
}

/// A server whose file was replaced would answer from the old one, or from a mixture of both.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_replaced_is_not_ready() {
    let place = Place::new(Backend::Sqlite).await;
    let served = place.serve(&[]);
    let health = ["health", "--listen", &served.address.to_string()];
    assert_eq!(place.prints(&health), "ready\n");
    fs::rename(place.path("x.db"), place.path("moved.db")).expect("a file");
    refused(&place.run(&health), "is not ready");
    fs::copy(place.path("moved.db"), place.path("x.db")).expect("another file");
    refused(&place.run(&health), "is not ready");
    fs::rename(place.path("moved.db"), place.path("x.db")).expect("the file");
    assert_eq!(place.prints(&health), "ready\n");
    served.stop();
}

/// A report is CSV or JSON, by its name, and replaces an older one; nothing that is printed commands the terminal.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_in_json() {
    let place = Place::new(Backend::Sqlite).await;
    place.prints(&["migrate"]);
    place.prints(&["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")]);
    fs::create_dir(place.path("more")).expect("a directory");
    let city = "key,population,note\nturku,1,\"a \"\"note\"\"\"\n";
    fs::write(place.path("more").join("cities.csv"), city).expect("a file");
    for _ in 0..2 {
        place.prints(&["import", "more", "--dry-run", "--report", "r.json"]);
        let report = fs::read_to_string(place.path("r.json")).expect("a report");
        let lines: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let [population, note] = &lines[..] else { panic!("{report}") };
        let place_of = |line: &Value| ["file", "line", "key", "column"].map(|name| line[name].clone());
        assert_eq!(place_of(population), [json!("cities.csv"), json!(2), json!("turku"), json!("population")]);
        assert_eq!((&population["new"], &population["warning"]), (&json!("1"), &Value::Null));
        assert_eq!((&note["old"], &note["new"]), (&Value::Null, &json!("a \"note\"")));
    }
    fs::write(place.path("more").join("cities.csv"), "key,na\u{1b}[31mme\u{202e}\n").expect("a file");
    let printed = place.run(&["import", "more"]);
    let printed = String::from_utf8(printed.stderr).expect("a text");
    assert!(printed.contains("na\\u{1b}[31mme\\u{202e}"), "{printed}");
}

/// A report is no pipe, which could be waited for without an end, and no other file.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_over_something_else() {
    let place = Place::new(Backend::Sqlite).await;
    place.prints(&["migrate"]);
    let made = std::process::Command::new("mkfifo").arg(place.path("pipe")).status().expect("mkfifo");
    assert!(made.success());
    fs::write(place.path("text"), "something else").expect("a file");
    for report in ["pipe", "text", "/dev/null", "."] {
        let args = [ALL[2][0], ALL[2][1], "--report", report];
        refused(&place.run(&args), "the file exists and is not an import report");
    }
    assert_eq!(fs::read(place.path("text")).expect("a file"), b"something else");
}

/// Trusted documents are regular files of a limited size: what never ends, or would fill the memory, is refused before the
/// server listens.
#[tokio::test(flavor = "multi_thread")]
async fn trusted_documents_that_are_no_file() {
    let place = Place::new(Backend::Sqlite).await;
    place.prints(&["migrate"]);
    let directory = |name: &str| {
        fs::create_dir(place.path(name)).expect("a directory");
        place.path(name)
    };
    let (pipes, many) = (directory("pipes"), directory("many"));
    for pipe in [place.path("pipe"), pipes.join("a.graphql")] {
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().expect("mkfifo").success());
    }
    let sized =
        |path: PathBuf, bytes: u64| fs::File::create(path).and_then(|file| file.set_len(bytes)).expect("a file");
    sized(place.path("large.json"), (64 << 20) + 1);
    for name in ["a.gql", "b.gql"] {
        sized(many.join(name), 33 << 20);
    }
    fs::write(place.path("latin1.json"), b"{\"\xe9\": \"{ __typename }\"}").expect("a file");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for (documents, says) in [
        ("pipe", "trusted documents, pipe: it is not a regular file"),
        ("/dev/zero", "trusted documents, /dev/zero: it is not a regular file"),
        ("pipes", "trusted documents, pipes/a.graphql: it is not a regular file"),
        ("large.json", "trusted documents, large.json: trusted documents must not be larger than 64 MiB"),
        ("many", "trusted documents must not be larger than 64 MiB"),
        ("latin1.json", "trusted documents, latin1.json: it is not UTF-8"),
        ("missing", "trusted documents, missing: No such file"),
    ] {
        let args = ["serve", "--sample-data=none", "--listen", &address, "--trusted-documents", documents];
        refused(&place.run(&args), says);
    }
}

/// `health` says whether a server is ready: it is; its tables are gone; nobody listens.
#[tokio::test(flavor = "multi_thread")]
async fn health_says_whether_a_server_is_ready() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let mut place = Place::new(Backend::Sqlite).await;
        place.url.clone_from(&database.url);
        let served = place.serve(&["--sample-data=none"]);
        let address = served.address.to_string();
        assert_eq!(place.prints(&["health", "--listen", &address]), "ready\n");
        let mut by_environment = place.command(&["health"]);
        let output = by_environment.env("COOPGRAPH_LISTEN", &address).output();
        assert!(output.expect("the command").status.success());
        // As in a container, where the server listens on every address.
        let everywhere = format!("0.0.0.0:{}", served.address.port());
        assert_eq!(place.prints(&["health", "--listen", &everywhere]), "ready\n");
        database.execute("DELETE FROM \"seaql_migrations\"").await;
        refused(&place.run(&["health", "--listen", &address]), "is not ready");
        served.stop();
        refused(&place.run(&["health", "--listen", &address]), &address);
    }
}
