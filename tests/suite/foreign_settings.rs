//! A PostgreSQL whose server, database or role has other defaults than usual gives the same answers.

use std::time::{Duration, Instant};

use coopgraph::{
    db::{Access, Database},
    import_export::{Bundled, Files, Imported},
};
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::support::{Backend, Data, Server, TestDatabase, backends};

/// Settings that change what statements mean, what they are allowed to do, or how long they may take.
const SETTINGS: &[(&str, &str)] = &[
    ("standard_conforming_strings", "off"),
    ("DateStyle", "'SQL, DMY'"),
    ("TimeZone", "'Pacific/Chatham'"),
    ("IntervalStyle", "'sql_standard'"),
    ("transform_null_equals", "on"),
    ("array_nulls", "off"),
    ("default_transaction_isolation", "'serializable'"),
    ("default_transaction_deferrable", "on"),
    ("statement_timeout", "'1ms'"),
    ("lock_timeout", "'1ms'"),
    ("idle_in_transaction_session_timeout", "'1ms'"),
    ("idle_session_timeout", "'100ms'"),
    ("extra_float_digits", "-10"),
    ("bytea_output", "'escape'"),
    ("client_encoding", "'LATIN1'"),
    ("gin_fuzzy_search_limit", "1"),
];

const QUERIES: &[&str] = &[
    "{ cities(first: 100, filter: {name: {contains: \"\\\\\"}}) { totalCount } }",
    "{ cities(first: 20, filter: {name: {contains: \"_a\"}}) { totalCount nodes { key name latitude longitude } } }",
    "{ visits(first: 30, filter: {start: {certainlyWithin: \"1950/2019\"}, kind: {isNull: true}}) { nodes { key minDays start { edtf earliest } } } }",
    "{ cities(first: 5, orderBy: NAME_DESC) { nodes { key label(languages: [\"zh\"]) { name } country { name } } pageInfo { endCursor } } }",
    "{ search(query: \"shanghai\") { totalCount kinds { kind count } nodes { key } } }",
    "{ indicators(first: 50, orderBy: VALUE_DESC) { nodes { key value } } activities(first: 10) { nodes { ... on Record { key } } } }",
];

fn name(database: &TestDatabase) -> &str {
    database.url.rsplit('/').next().expect("a name")
}

/// The answers to the queries, after an import of everything again.
async fn answers(database: TestDatabase) -> (Imported, Vec<String>) {
    let imported = database.import(&Files::Bundled(Bundled::FinlandChina)).await.expect("an import");
    // Reading does not need more.
    let name = name(&database).to_owned();
    database.execute(&format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on")).await;
    let database = TestDatabase::reopen(database).await;
    let server = Server::over(database).await;
    let mut answers = Vec::new();
    for query in QUERIES {
        answers.push(server.data(query, json!({})).await.to_string());
    }
    (imported, answers)
}

#[tokio::test(flavor = "multi_thread")]
async fn other_defaults_change_nothing() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    // Cursors have the ids of their database.
    let plain = |answers: &[String]| {
        answers.iter().map(|text| text.split("endCursor").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let usual = answers(TestDatabase::new(Backend::Postgres, Data::Bundled).await).await;
    let database = TestDatabase::new(Backend::Postgres, Data::Bundled).await;
    let name = name(&database).to_owned();
    for (setting, value) in SETTINGS {
        database.execute(&format!("ALTER DATABASE \"{name}\" SET {setting} = {value}")).await;
    }
    let other = answers(TestDatabase::reopen(database).await).await;
    assert_eq!(format!("{:?}", other.0), format!("{:?}", usual.0));
    assert_eq!(plain(&other.1), plain(&usual.1));
}

/// A database that cannot store all characters is refused before anything is created.
#[tokio::test(flavor = "multi_thread")]
async fn another_encoding_is_refused() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    let admin = TestDatabase::new(Backend::Postgres, Data::Empty).await;
    for encoding in ["LATIN1", "SQL_ASCII", "EUC_JP"] {
        let name = format!("encoding_{}_{}", encoding.to_lowercase(), std::process::id());
        let create = format!("CREATE DATABASE \"{name}\" ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0");
        admin.database.connection().execute_unprepared(&create).await.expect("a database");
        let (server, _) = admin.url.rsplit_once('/').expect("a name");
        let cause =
            Database::connect(&format!("{server}/{name}"), Access::Create, None).await.err().expect("a refusal");
        let message = cause.to_string();
        assert!(message.contains(encoding) && message.contains("UTF8"), "{message}");
    }
}

/// A role or a database that allows fewer connections than a server uses is refused, with the limit.
#[tokio::test(flavor = "multi_thread")]
async fn too_few_connections_are_refused() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    let database = TestDatabase::new(Backend::Postgres, Data::Bundled).await;
    let (name, role) = (name(&database).to_owned(), format!("few_{}", std::process::id()));
    for sql in [
        format!("CREATE ROLE \"{role}\" LOGIN CONNECTION LIMIT 9"),
        format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO \"{role}\""),
    ] {
        database.execute(&sql).await;
    }
    let url = database.url.replace("postgres://postgres@", &format!("postgres://{role}@"));
    let check = async || {
        let limited = Database::connect(&url, Access::Open, None).await.expect("a database");
        let checked = limited.check_connections().await.map_err(|cause| cause.to_string());
        limited.connection().clone().close().await.expect("closed");
        checked
    };
    let refused = |limit: usize| Err(format!("allows only {limit} connections"));
    let cut = |checked: Result<(), String>| {
        checked.map_err(|message| message.split(" at a time").next().unwrap_or_default().replace("PostgreSQL ", ""))
    };
    assert_eq!(cut(check().await), refused(9));
    database.execute(&format!("ALTER ROLE \"{role}\" CONNECTION LIMIT 10")).await;
    assert_eq!(check().await, Ok(()));
    // The limit is that of the role that logs in, not that of the one as which it then acts.
    for (role_limit, other_limit, expected) in [(10, 5, Ok(())), (8, -1, refused(8))] {
        for sql in [
            format!("ALTER ROLE \"{role}\" CONNECTION LIMIT {role_limit}"),
            format!("CREATE ROLE \"other_{role}\" CONNECTION LIMIT {other_limit} ROLE \"{role}\""),
            format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO \"other_{role}\""),
            format!("ALTER ROLE \"{role}\" SET role = 'other_{role}'"),
        ] {
            database.execute(&sql).await;
        }
        assert_eq!(cut(check().await), expected);
        database.execute(&format!("DROP OWNED BY \"other_{role}\"; DROP ROLE \"other_{role}\"")).await;
        database.execute(&format!("ALTER ROLE \"{role}\" RESET role")).await;
    }
    database.execute(&format!("ALTER ROLE \"{role}\" CONNECTION LIMIT -1")).await;
    database.execute(&format!("ALTER DATABASE \"{name}\" CONNECTION LIMIT 4")).await;
    assert_eq!(cut(check().await), refused(4));
    database.execute(&format!("ALTER DATABASE \"{name}\" CONNECTION LIMIT -1")).await;
    // Settings of the whole server, for which functions of the test stand in.
    database.execute(&format!("ALTER DATABASE \"{name}\" SET search_path = public, pg_catalog")).await;
    let settings = |reserved: usize| {
        format!(
            "CREATE OR REPLACE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT CASE $1 \
               WHEN 'max_connections' THEN '12' WHEN 'superuser_reserved_connections' THEN '{reserved}' \
               ELSE pg_catalog.current_setting($1) END $$"
        )
    };
    database.execute(&settings(2)).await;
    assert_eq!(check().await, Ok(()));
    database.execute(&settings(3)).await;
    assert_eq!(cut(check().await), refused(9));
    let more = "CREATE FUNCTION public.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT '4' $$";
    database.execute(more).await;
    assert_eq!(cut(check().await), refused(5));
    // None holds for a superuser.
    database.execute(&format!("ALTER DATABASE \"{name}\" CONNECTION LIMIT 4")).await;
    let checked = database.reopen().await.database.check_connections().await;
    assert_eq!(checked.map_err(|cause| cause.to_string()), Ok(()));
}

/// More than there are connections.
const REQUESTS: usize = 16;

/// If PostgreSQL refuses further connections while the server runs, requests share those that it has. If it has none, they
/// fail at once.
#[tokio::test(flavor = "multi_thread")]
async fn refused_connections_are_done_without() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    let owner = TestDatabase::new(Backend::Postgres, Data::Bundled).await;
    let role = format!("refused_{}", std::process::id());
    for sql in [
        format!("CREATE ROLE \"{role}\" LOGIN CONNECTION LIMIT 3"),
        format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO \"{role}\""),
    ] {
        owner.execute(&sql).await;
    }
    let mut limited = TestDatabase::new(Backend::Postgres, Data::Empty).await;
    limited.url = owner.url.replace("postgres://postgres@", &format!("postgres://{role}@"));
    let server = Server::over(limited.reopen().await).await;
    // Each has a plan of its own: they share no statements.
    let query = |i: usize| format!("{{ a{i}: topics {{ totalCount }} }}");
    let lock = owner.lock("topic").await;
    let release = async {
        server.all_are_running(REQUESTS).await;
        lock.rollback().await.expect("no lock");
    };
    let asked = join_all((0..REQUESTS).map(async |i| server.data(&query(i), json!({})).await));
    let (answers, ()) = tokio::join!(asked, release);
    for (i, answer) in answers.iter().enumerate() {
        assert!(answer[format!("a{i}")]["totalCount"].as_u64() > Some(0), "{answer}");
    }

    owner.execute(&format!("ALTER ROLE \"{role}\" CONNECTION LIMIT 0")).await;
    let all = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = ";
    owner.execute(&format!("{all} '{role}'")).await;
    let begun = Instant::now();
    let (code, _) = server.error(&query(0), json!({})).await;
    assert_eq!(code, "INTERNAL_SERVER_ERROR");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
