//! API keys: who may see what, and how keys are made and end.

use std::time::Duration;

use coopgraph::{
    auth::{
        Role,
        api_key::{self, NewKey},
    },
    clock::{Clock, IdSource},
    db::Moment,
};
use serde_json::{Value, json};

use crate::{
    clients,
    import_export::Set,
    process::{LONG, Place, Served, finished},
    support::{Data, Server, TestDatabase, backends},
};

/// A key in a database.
pub async fn key(data: &TestDatabase, role: Role, expires_at: Option<Moment>) -> String {
    let new = NewKey { name: format!("{role:?}"), role, expires_at };
    let made = api_key::create(data.database.connection(), new, &Clock::system(), &IdSource::system()).await;
    made.expect("a key").text().to_owned()
}

async fn asked(server: &Server, query: &str, key: &str) -> (u16, Value) {
    let bearer = format!("Bearer {key}");
    let headers: &[_] = if key.is_empty() { &[] } else { &[("authorization", &*bearer)] };
    let (status, _, answer) = server.post(&json!({ "query": query }), headers).await;
    (status, answer)
}

/// Each role sees what it may, in every way of asking; and `viewer` says so.
#[tokio::test(flavor = "multi_thread")]
async fn each_role_sees_what_it_may() {
    for backend in backends() {
        let data = TestDatabase::new(backend, Data::Bundled).await;
        let set = Set::bundled();
        set.replace("cities.csv", ",323910,,,,,public", b",323910,,,,,partner");
        set.replace("cities.csv", ",658864,,,,,public", b",658864,,,,,internal");
        data.import(&set.files()).await.unwrap_or_else(|cause| panic!("{cause}"));
        let keys = [
            ("", 0),
            (&*key(&data, Role::Reader, None).await, 0),
            (&*key(&data, Role::Partner, None).await, 1),
            (&*key(&data, Role::Editor, None).await, 2),
        ]
        .map(|(key, rank)| (key.to_owned(), rank));
        let server = Server::over(data).await;
        let query = "{ viewer { role sees keyPrefix } espoo: city(by: {key: \"espoo\"}) { name } helsinki: city(by: {key: \"helsinki\"}) { name } \
             cities(filter: {key: {in: [\"espoo\", \"helsinki\", \"turku\"]}}) { totalCount nodes { key } } \
             search(query: \"helsinki\", kinds: [CITY]) { totalCount } }";
        for (key, rank) in &keys {
            let (status, answer) = asked(&server, query, key).await;
            assert_eq!(status, 200, "{answer}");
            let data = &answer["data"];
            assert_eq!(data["espoo"].is_null(), *rank < 1, "{backend} {rank}: {data}");
            assert_eq!(data["helsinki"].is_null(), *rank < 2, "{backend} {rank}: {data}");
            assert_eq!(data["cities"]["totalCount"], 1 + rank, "{backend}");
            assert_eq!(data["search"]["totalCount"].as_i64() > Some(0), *rank == 2, "{backend} {rank}: {data}");
            assert_eq!(data["viewer"]["sees"].as_array().map(Vec::len), Some(1 + rank), "{backend}");
            let prefix = data["viewer"]["keyPrefix"].as_str().unwrap_or_default();
            assert!(key.contains(prefix) && prefix.is_empty() == key.is_empty(), "{data}");
        }
    }
}

/// Files and pages of records are those of the viewer, and a cache that has one viewer's is not told that it is another's.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_those_of_the_viewer() {
    for backend in backends() {
        let data = TestDatabase::new(backend, Data::Bundled).await;
        data.execute("UPDATE \"city\" SET \"visibility\" = 'partner', \"audience\" = 1 WHERE \"key\" = 'espoo'").await;
        let partner = key(&data, Role::Partner, None).await;
        let server = Server::over(data).await;
        let id = asked(&server, "{ city(by: {key: \"espoo\"}) { id } }", &partner).await.1;
        let id = id["data"]["city"]["id"].as_str().expect("an id").to_owned();
        let client = reqwest::Client::new();
        let get = async |path: &str, key: Option<&str>, tag: Option<&str>| {
            let mut request = client.get(format!("http://{}{path}", server.address));
            request = key.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
            request = tag.into_iter().fold(request, |request, tag| request.header("if-none-match", tag));
            let response = request.send().await.expect("an answer");
            let header = |name: &str| {
                let values = response.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
                values.collect::<Vec<_>>().join(", ")
            };
            let (status, tag, vary) = (response.status().as_u16(), header("etag"), header("vary"));
            (status, tag, vary, response.text().await.expect("a text"))
        };
        let (status, open, vary, text) = get("/export/cities.csv", None, None).await;
        assert!(status == 200 && vary.contains("authorization") && !text.contains("\nespoo,"), "{backend}: {vary}");
        let (status, closed, _, text) = get("/export/cities.csv", Some(&partner), None).await;
        assert!(status == 200 && text.contains("\nespoo,"), "{backend}");
        assert_ne!(open, closed);
        assert_eq!(get("/export/cities.csv", Some(&partner), Some(&open)).await.0, 200);
        assert_eq!(get("/export/cities.csv", Some(&partner), Some(&closed)).await.0, 304);
        assert_eq!(get("/export/cities.csv", None, Some(&closed)).await.0, 200);
        for path in [format!("/id/{id}"), format!("/id/{id}.json")] {
            assert_eq!(get(&path, None, None).await.0, 404, "{backend}");
            assert_eq!(get(&path, Some(&partner), None).await.0, 200, "{backend}");
            let wrong = partner.replace("coopgraph_", "coopgraph-");
            assert_eq!(get(&path, Some(&wrong), None).await.0, 401, "{backend}");
        }
    }
}

/// A key that has expired, was revoked or was replaced is refused at once, by what the message says; a prefix alone tells nothing.
#[tokio::test(flavor = "multi_thread")]
async fn keys_end() {
    for backend in backends() {
        let data = TestDatabase::new(backend, Data::Empty).await;
        let expired = key(&data, Role::Editor, Some(Moment(Clock::system().now() - 1))).await;
        let (revoked, replaced) = (key(&data, Role::Editor, None).await, key(&data, Role::Editor, None).await);
        let server = Server::over(data).await;
        let connection = server.data.database.connection();
        let prefix = |key: &str| key.split('_').nth(1).expect("a prefix").to_owned();
        let message = async |key: &str| {
            let (status, answer) = asked(&server, "{ viewer { role } }", key).await;
            if status == 200 {
                return answer["data"]["viewer"]["role"].as_str().expect("a role").to_owned();
            }
            assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (401, &json!("UNAUTHENTICATED")));
            answer["errors"][0]["message"].as_str().expect("a message").to_owned()
        };
        assert_eq!(message(&revoked).await, "EDITOR");
        assert!(message(&expired).await.starts_with("the API key has expired"));
        api_key::revoke(connection, &prefix(&revoked), &Clock::system()).await.expect("revoked");
        assert!(message(&revoked).await.starts_with("the API key was revoked"));
        assert_eq!(message(&replaced).await, "EDITOR");
        let new = api_key::rotate(connection, &prefix(&replaced), &Clock::system()).await.expect("a key");
        assert!(message(&replaced).await.starts_with("the API key is not valid"));
        assert_eq!(message(new.text()).await, "EDITOR");
        // The secret of one key with the prefix of another.
        let secret = |key: &str| key.splitn(3, '_').nth(2).expect("a secret").to_owned();
        let mixed = format!("coopgraph_{}_{}", prefix(new.text()), secret(&replaced));
        assert!(message(&mixed).await.starts_with("the API key is not valid"));
        let mixed = format!("coopgraph_{}_{}", prefix(&revoked), secret(&replaced));
        assert!(message(&mixed).await.starts_with("the API key is not valid"), "it tells nothing of the revoked one");
        // The database has no secret.
        for key in api_key::list(connection).await.expect("keys") {
            assert!(!format!("{key:?}").contains(&secret(new.text())) && key.hash.len() == 32);
        }
    }
}

/// Each key has points of its own, wherever it is used, and attempts with wrong keys cost the address so many that there
/// cannot be many.
#[tokio::test(flavor = "multi_thread")]
async fn budgets_belong_to_keys() {
    for backend in backends() {
        let data = TestDatabase::new(backend, Data::Empty).await;
        let good = key(&data, Role::Partner, None).await;
        let mut config = Server::unlimited();
        config.rate_limit = 1_000;
        let server = Server::with(data, config).await;
        let remaining = async |key: &str| {
            let (_, answer) = asked(&server, "{ viewer { rateLimit { remaining } } }", key).await;
            answer["data"]["viewer"]["rateLimit"]["remaining"].as_i64().unwrap_or_else(|| panic!("{answer}"))
        };
        assert!(remaining(&good).await > 900, "{backend}");
        let wrong = good.replace("coopgraph_", "coopgraph_0");
        let mut refused = Vec::new();
        for _ in 0..12 {
            let (status, answer) = asked(&server, "{ viewer { role } }", &wrong).await;
            refused.push((status, answer["errors"][0]["extensions"]["code"].as_str().expect("a code").to_owned()));
        }
        assert_eq!(refused[..9], vec![(401, "UNAUTHENTICATED".to_owned()); 9], "{backend}");
        assert_eq!(refused[11], (429, "RATE_LIMITED".to_owned()), "{backend}");
        assert!(
            remaining(&good).await > 900,
            "{backend}: a key that was right before is not held up by its neighbours"
        );
        let (status, _) = asked(&server, "{ cities { nodes { key } } }", "").await;
        assert_eq!(status, 429, "{backend}: the address has nothing left");
        // A key that was right before and has ended is a failed attempt as any other.
        let prefix = good.split('_').nth(1).expect("a prefix");
        api_key::revoke(server.data.database.connection(), prefix, &Clock::system()).await.expect("revoked");
        let mut limited = 0;
        for _ in 0..6 {
            let (status, _) = asked(&server, "{ viewer { role } }", &good).await;
            assert!(status == 401 || status == 429, "{backend}: {status}");
            limited += usize::from(status == 429);
        }
        assert!(limited > 3, "{backend}: {limited} of 6 were too many");
    }
}

/// A server that needs keys answers nobody else, in no way of asking; its health can be asked by everybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_can_need_keys() {
    let backend = backends()[0];
    let data = TestDatabase::new(backend, Data::Bundled).await;
    let reader = key(&data, Role::Reader, None).await;
    let mut config = Server::unlimited();
    config.require_key = true;
    let server = Server::with(data, config).await;
    let query = "{ cities { totalCount } }";
    assert_eq!(asked(&server, query, &reader).await.0, 200);
    let (status, answer) = asked(&server, query, "").await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (401, &json!("UNAUTHENTICATED")));
    let events = [("accept", "text/event-stream")];
    let subscription = json!({ "query": "subscription { datasetChanged { version } }" });
    assert_eq!(server.post(&subscription, &events).await.0, 401);
    let url = format!("http://{}/graphql?query=%7B__typename%7D", server.address);
    assert_eq!(reqwest::Client::new().head(url).send().await.expect("an answer").status().as_u16(), 401);
    for path in ["/graphql?query=%7B__typename%7D", "/export/cities.csv", "/calendar.ics", "/popolo.json", "/id/x"] {
        assert_eq!(server.get(path).await.0, 401, "{path}");
    }
    for path in ["/readyz", "/healthz", "/playground"] {
        assert_eq!(server.get(path).await.0, 200, "{path}");
    }
}

/// What was opened with a key that is replaced ends, whoever uses the new one meanwhile; what the new one opened goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_key_ends_and_its_successor_lives() {
    let backend = backends()[0];
    let data = TestDatabase::new(backend, Data::Empty).await;
    let old = key(&data, Role::Partner, None).await;
    let server = Server::over(data).await;
    let client = reqwest::Client::new();
    let open = async |key: &str| {
        let body = json!({ "query": "subscription { datasetChanged { version } }" });
        let request = client.post(format!("http://{}/graphql", server.address)).bearer_auth(key).json(&body);
        let mut events = request.header("accept", "text/event-stream").send().await.expect("events");
        assert!(events.chunk().await.expect("an event").is_some());
        events
    };
    let mut of_old = open(&old).await;
    let prefix = old.split('_').nth(1).expect("a prefix");
    let new = api_key::rotate(server.data.database.connection(), prefix, &Clock::system()).await.expect("a key");
    let mut of_new = open(new.text()).await;
    let rest = tokio::time::timeout(LONG, async {
        let mut rest = Vec::new();
        while let Some(chunk) = of_old.chunk().await.expect("an end") {
            rest.extend_from_slice(&chunk);
        }
        String::from_utf8(rest).expect("UTF-8")
    });
    assert!(!rest.await.expect("an end").contains("complete"), "the client is to come again");
    // Longer than the server believes what it knows.
    let more = tokio::time::timeout(Duration::from_secs(5), async {
        while let Some(chunk) = of_new.chunk().await.expect("events") {
            assert!(chunk.starts_with(b":"), "{chunk:?}");
        }
    });
    assert!(more.await.is_err(), "what the new key opened has ended");
}

/// The command makes, lists, revokes and replaces keys; libraries of others use them over every transport; and what is open
/// ends when the key does. Keys stand in no log.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_by_the_command_and_used_by_clients() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let log = place.path("log");
        let mut command = place.on_database(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("COOPGRAPH_LOG", "trace").env("COOPGRAPH_RATE_LIMIT", "0");
        let served = Served::logging(command, std::fs::File::create(&log).expect("a file"));
        let create = ["key", "create", "--name", "Partner", "--role", "partner"];
        let key = place.prints(&create).trim().to_owned();
        let prefix = key.split('_').nth(1).expect("a prefix").to_owned();
        let listed = place.prints(&["key", "list"]);
        assert!(listed.starts_with(&format!("{prefix}  partner  Partner: created 20")), "{listed}");
        assert!(listed.contains("last used never, expires never") && !listed.contains(&key), "{listed}");
        let command = format!("{} key revoke {prefix} --database-url '{}'", env!("CARGO_BIN_EXE_coopgraph"), place.url);
        let printed = clients::run(
            &["--test-reporter=tap", "keys.test.mjs"],
            &served,
            &[("PARTNER_KEY", &key), ("REVOKE_COMMAND", &command)],
        );
        assert!(printed.contains("# pass 6") && printed.contains("# fail 0"), "{printed}");
        let listed = place.prints(&["key", "list"]);
        assert!(listed.contains("last used 20") && listed.contains(", revoked 20"), "{listed}");
        for (args, what) in [
            (&["key", "revoke", "abc"][..], "there is no key with the prefix abc"),
            (&["key", "rotate", &prefix], "was revoked or has expired: create another one"),
            (&["key", "revoke", &format!("{key}x")], "this is neither a key nor a prefix"),
            (&["key", "create", "--name", " ", "--role", "partner"], "use 1 to 100 characters"),
            (&["key", "create", "--name", "x", "--role", "boss"], "[possible values: reader, partner, editor]"),
            (
                &["key", "create", "--name", "x", "--role", "reader", "--expires", "soon"],
                "use a day such as 2027-12-31",
            ),
            (
                &["key", "create", "--name", "x", "--role", "reader", "--expires", "2020-01-01"],
                "would have expired already",
            ),
        ] {
            let output = finished(place.on_database(args), LONG);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && told.contains(what) && !told.contains(&key), "{args:?}: {told}");
        }
        let secret = key.splitn(3, '_').nth(2).expect("a secret").to_owned();
        served.stop();
        let log = std::fs::read_to_string(&log).expect("a log");
        assert!(log.contains("UNAUTHENTICATED") && !log.contains(&secret), "{backend}: the log has a key");
    }
}
