//! Clients that others wrote, and the checks of others, against the command as it is run: `tests/clients`.

use std::fs;

use crate::{
    import_export::Set,
    process::{Place, Served, node, python_command, ran},
    support::{Backend, backends},
};

const FOLDER: &str = "tests/clients";

/// How long a WebSocket may wait with its first message, in milliseconds.
const INIT_TIMEOUT: &str = "1000";
/// How many operations a WebSocket may have.
const OPERATIONS: &str = "4";
/// How many subscriptions may be open: fewer than the tests open one after the other, so that one that stays open after
/// its client has gone is seen.
const SUBSCRIPTIONS: &str = "30";
/// How often an event stream without events has a comment, in milliseconds.
const KEEP_ALIVE: &str = "15000";
/// How long the clients wait for anything, in milliseconds: the machine may be busy.
const PATIENCE: &str = "60000";
/// Where the page is from that the server allows to ask.
const ORIGIN: &str = "http://localhost:3000";

/// A server whose clients do not have to pay.
pub fn serve(place: &Place, settings: &[(&str, &str)]) -> Served {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--database-url", &place.url]);
    command.env("COOPGRAPH_RATE_LIMIT", "0").envs(settings.iter().copied());
    Served::start(command)
}

/// Runs a script against a server, and gives what it printed.
pub fn run(args: &[&str], served: &Served, settings: &[(&str, &str)]) -> String {
    let base = served.base();
    let args: Vec<_> = args.iter().map(|arg| if *arg == "BASE_URL" { &base } else { *arg }).collect();
    let settings = [settings, &[("BASE_URL", &base), ("DEADLINE_MS", PATIENCE)]].concat();
    node(FOLDER, &args, &settings)
}

fn last(printed: &str) -> &str {
    printed.lines().last().unwrap_or_default()
}

/// All audits of GraphQL over HTTP.
#[tokio::test(flavor = "multi_thread")]
async fn the_audits_of_graphql_over_http_pass() {
    let place = Place::new(Backend::Sqlite).await;
    let served = serve(&place, &[]);
    let printed = run(&["audits.mjs", "BASE_URL"], &served, &[]);
    assert_eq!(last(&printed), "61 of 61 audits ok, 0 expected not to be");
    served.stop();
}

/// Without GET, the three audits that ask by it cannot be ok; they are not of those that a server must pass.
#[tokio::test(flavor = "multi_thread")]
async fn the_audits_pass_in_the_hardened_profile() {
    let place = Place::new(Backend::Sqlite).await;
    let served = serve(&place, &[("COOPGRAPH_PROFILE", "hardened")]);
    let printed = run(&["audits.mjs", "BASE_URL", "--except", "5A70,D6D5,6A70"], &served, &[]);
    assert_eq!(last(&printed), "58 of 61 audits ok, 3 expected not to be");
    served.stop();
}

/// GraphQL Cop finds introspection and GET, which are public on purpose, and nothing in the hardened profile.
#[tokio::test(flavor = "multi_thread")]
async fn graphql_cop_finds_nothing_that_is_not_meant() {
    for (profile, findings) in [("public", 2), ("hardened", 0)] {
        let place = Place::new(Backend::Sqlite).await;
        let served = serve(&place, &[("COOPGRAPH_PROFILE", profile)]);
        let printed = run(&["cop.mjs", "BASE_URL", "--profile", profile], &served, &[]);
        assert_eq!(last(&printed), format!("{findings} of 12 checks have findings, 0 not allowed for {profile}"));
        served.stop();
    }
}

/// Each rule of the specification, by documents that it accepts and documents that it refuses.
#[tokio::test(flavor = "multi_thread")]
async fn every_rule_of_the_specification_holds() {
    let place = Place::new(Backend::Sqlite).await;
    let served = serve(&place, &[]);
    let printed = run(&["rules-against.mjs", "BASE_URL"], &served, &[]);
    assert_eq!(last(&printed), "36 rules, 95 documents accepted, 253 refused, 0 problems");
    served.stop();
}

/// The client of `graphql-ws`, and raw messages: the whole protocol with its close codes.
#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_over_websockets_is_kept() {
    for backend in backends() {
        live(backend, "websocket.test.mjs", 54).await;
    }
}

/// The client of `graphql-sse`, and raw streams.
#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_over_event_streams_is_kept() {
    for backend in backends() {
        live(backend, "sse.test.mjs", 23).await;
    }
}

/// Runs the tests of live data, all but the one for servers that tell how many subscriptions they have.
async fn live(backend: Backend, script: &str, passed: usize) {
    let place = Place::new(backend).await;
    let served = serve(
        &place,
        &[
            ("COOPGRAPH_INIT_TIMEOUT_MS", INIT_TIMEOUT),
            ("COOPGRAPH_MAX_OPERATIONS_PER_SOCKET", OPERATIONS),
            ("COOPGRAPH_MAX_SUBSCRIPTIONS", SUBSCRIPTIONS),
        ],
    );
    let set = Set::bundled();
    let change = changing(&place, &set);
    let settings = [
        ("INIT_TIMEOUT_MS", INIT_TIMEOUT),
        ("MAX_OPERATIONS", OPERATIONS),
        ("KEEP_ALIVE_MS", KEEP_ALIVE),
        ("CHANGE_COMMAND", &change),
    ];
    let printed = run(&["--test-reporter=tap", script], &served, &settings);
    passes(&printed, passed, 1);
    served.stop();
}

/// Checks how many tests of a script passed and were skipped, and that none failed.
pub fn passes(printed: &str, passed: usize, skipped: usize) {
    for (what, count) in [("pass", passed), ("fail", 0), ("skipped", skipped)] {
        let line = format!("# {what} {count}");
        assert!(printed.lines().any(|found| found == line), "no {line:?} in\n{printed}");
    }
}

/// Relay's compiler and runtime, Apollo Client, and urql with graphcache.
#[tokio::test(flavor = "multi_thread")]
async fn clients_with_a_cache_understand_the_server() {
    for (script, passed) in [("relay.test.mjs", 7), ("apollo.test.mjs", 8), ("urql.test.mjs", 8)] {
        for backend in backends() {
            let place = Place::new(backend).await;
            let served = serve(&place, &[("COOPGRAPH_CORS_ORIGINS", ORIGIN)]);
            let set = Set::bundled();
            let change = changing(&place, &set);
            let settings = [("CHANGE_COMMAND", &*change), ("ORIGIN", ORIGIN)];
            passes(&run(&["--test-reporter=tap", script], &served, &settings), passed, 0);
            served.stop();
        }
    }
}

/// gql, the client of Python, with each of its transports.
#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_python_understands_the_server() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let served = serve(&place, &[]);
        let set = Set::bundled();
        let change = changing(&place, &set);
        let settings = [("BASE_URL", &*served.base()), ("DEADLINE_MS", PATIENCE), ("CHANGE_COMMAND", &change)];
        let [_, told] = ran(python_command(FOLDER, &["-m", "unittest", "python_gql"], &settings));
        // With a test that was skipped, the last line would say so.
        assert!(told.contains("\nRan 10 tests in ") && last(&told) == "OK", "{told}");
        served.stop();
    }
}

/// A command that imports the files of a set, another change in them each time.
pub fn changing(place: &Place, set: &Set) -> String {
    let script = place.path("change.sh");
    let text = format!(
        "set -e\n\
         echo x >>changes\n\
         sed -i \"s/^innovation,[^,]*,/innovation,Innovation $(wc -l <changes),/\" '{}'\n\
         exec '{}' import '{}' --database-url '{}' >>change.log 2>&1\n",
        set.path("topics.csv").display(),
        env!("CARGO_BIN_EXE_coopgraph"),
        set.path("").display(),
        place.url,
    );
    fs::write(&script, text).expect("a script");
    format!("cd '{}' && sh change.sh", place.path("").display())
}

/// The tools themselves: against the servers that the protocols come from, and the documents against graphql-js.
#[test]
fn the_tools_are_right() {
    node(FOLDER, &["--test-reporter=tap", "reference.test.mjs"], &[("DEADLINE_MS", PATIENCE)]);
    let printed = node(FOLDER, &["rules.mjs"], &[]);
    assert_eq!(last(&printed), "36 rules, 95 documents accepted, 253 refused, 0 problems");
}
