//! Data quality: what is doubtful is found, what is right next to it is not, and hidden records decide nothing.

mod doubtful;
mod report;
mod world;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    support::{Data, Server, TestDatabase, backends},
    walk::{items, text},
};

/// Servers over the world of the test, on each database.
async fn servers() -> Vec<Server> {
    let mut servers = Vec::new();
    for backend in backends() {
        let data = TestDatabase::new(backend, Data::Empty).await;
        let directory = world::written();
        let files = coopgraph::import_export::Files::In(directory.path().to_owned());
        data.import(&files).await.unwrap_or_else(|cause| panic!("{cause}"));
        // Import refuses an end before the start; a database can hold one that came in otherwise.
        let days =
            "\"start_earliest\" = 17900, \"start_latest\" = 17900, \"end_earliest\" = 17800, \"end_latest\" = 17800";
        let sql = "\"start\" = '2019-01-04', \"end\" = '2018-09-26'";
        data.execute(&format!("UPDATE \"visit\" SET {sql}, {days} WHERE \"key\" = 'v-turned'")).await;
        servers.push(Server::over(data).await);
    }
    servers
}

/// The keys of the records of a connection.
fn keys(connection: &Value) -> BTreeSet<String> {
    items(&connection["nodes"]).map(|node| text(&node["key"])).collect()
}

fn set(keys: &str) -> BTreeSet<String> {
    keys.split_whitespace().map(str::to_owned).collect()
}

/// The records of a list that have an issue.
async fn found(server: &Server, list: &str, filter: &str) -> BTreeSet<String> {
    let query =
        format!("{{ r: {list}(first: 100, filter: {{qualityIssue: {filter}}}) {{ totalCount nodes {{ key }} }} }}");
    let data = server.data(&query, json!({})).await;
    assert_eq!(data["r"]["totalCount"], items(&data["r"]["nodes"]).count(), "{query}");
    keys(&data["r"])
}

/// Each issue finds the records that have it, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn each_issue_finds_what_has_it() {
    for server in servers().await {
        for (issue, list, expected) in world::FOUND {
            let filter = format!("{{eq: {issue}}}");
            assert_eq!(found(&server, list, &filter).await, set(expected), "{issue} of {list}");
        }
    }
}

/// Several issues, none, their opposite, and those of related records.
#[tokio::test(flavor = "multi_thread")]
async fn issues_are_conditions_like_others() {
    for server in servers().await {
        let several = found(&server, "positions", "{in: [DANGLING_POSITIONS, OVERLAPPING_OFFICES]}").await;
        let mut expected = BTreeSet::new();
        for (issue, list, keys) in world::FOUND {
            if *list == "positions" && ["DANGLING_POSITIONS", "OVERLAPPING_OFFICES"].contains(issue) {
                expected.extend(set(keys));
            }
        }
        assert_eq!(several, expected);
        assert_eq!(found(&server, "positions", "{in: []}").await, set(""));
        assert_eq!(found(&server, "countries", "{eq: OVERLAPPING_OFFICES}").await, set(""), "no country can have it");
        let query = "{
            all: positions { totalCount }
            fine: positions(filter: {not: {qualityIssue: {in: [DANGLING_POSITIONS, OVERLAPPING_OFFICES]}}}) { totalCount }
            officials(filter: {positions: {some: {qualityIssue: {eq: OVERLAPPING_OFFICES}}}}) { nodes { key } }
            groups: positions(filter: {qualityIssue: {eq: OVERLAPPING_OFFICES}}) {
                groups(by: OFFICIAL) { totalCount nodes { count } }
            }
        }";
        let data = server.data(query, json!({})).await;
        let count = |name: &str| data[name]["totalCount"].as_u64().expect("a number");
        assert_eq!(count("fine") + several.len() as u64, count("all"));
        assert_eq!(keys(&data["officials"]), set("b h j"));
        let groups = items(&data["groups"]["groups"]["nodes"]).map(|group| group["count"].clone());
        assert_eq!(groups.collect::<Vec<_>>(), [2, 2, 2]);
        // An export has the same list.
        let selected = "/export/positions.csv?filter=%7B%22qualityIssue%22:%7B%22eq%22:%22OVERLAPPING_OFFICES%22%7D%7D";
        let (status, file) = server.get(selected).await;
        assert_eq!(status, 200, "{file}");
        assert_eq!(file.lines().count(), 7, "{file}");
    }
}

/// What a client can do wrong has a code.
#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told() {
    for server in servers().await {
        let cities = |filter: &str| format!("{{ cities(filter: {{qualityIssue: {filter}}}) {{ totalCount }} }}");
        let report = |list: &str| format!("{{ dataQuality {{ {list} {{ totalCount nodes {{ __typename }} }} }} }}");
        let cases = [
            (cities("{eq: NONSENSE}"), "GRAPHQL_VALIDATION_FAILED"),
            (cities("null"), "INVALID_ARGUMENT"),
            (cities("{eq: null}"), "INVALID_ARGUMENT"),
            (report("oneSidedEntries(first: -1)"), "INVALID_PAGE"),
            (report("oneSidedEntries(first: 1, last: 1)"), "INVALID_PAGE"),
            (report("danglingPositions(after: \"nonsense\")"), "INVALID_CURSOR"),
            (report("suspiciousDates(filter: {id: \"nonsense\"})"), "INVALID_ID"),
        ];
        for (query, expected) in cases {
            let (code, message) = server.error(&query, json!({})).await;
            assert_eq!(code, expected, "{query}: {message}");
        }
    }
}

/// Each issue that is asked for is paid for, also by way of variables.
#[tokio::test(flavor = "multi_thread")]
async fn each_issue_has_its_price() {
    for server in servers().await {
        let cost = async |declared: &str, filter: &str, variables: Value| {
            let query = format!("query Q{declared} {{ positions(filter: {filter}) {{ totalCount }} }}");
            let body = json!({"query": query, "variables": variables, "extensions": {"cost": true}});
            let (_, _, answer) = server.post(&body, &[]).await;
            assert_eq!(answer.get("errors"), None, "{answer}");
            answer["extensions"]["cost"]["requested"].as_u64().expect("a cost")
        };
        let none = cost("", "{}", json!({})).await;
        let one = cost("", "{qualityIssue: {eq: CONTRADICTED}}", json!({})).await;
        let two = cost("", "{qualityIssue: {in: [CONTRADICTED, WITHOUT_SOURCE]}}", json!({})).await;
        assert!(one >= none + 400 && two >= one + 400, "{none}, {one}, {two}");
        let issues = json!(["CONTRADICTED", "WITHOUT_SOURCE"]);
        for (declared, filter, variables) in [
            ("($v: [QualityIssue!])", "{qualityIssue: {in: $v}}", json!({"v": issues})),
            ("($v: QualityIssueFilter)", "{qualityIssue: $v}", json!({"v": {"in": issues}})),
            ("($v: PositionFilter)", "$v", json!({"v": {"qualityIssue": {"in": issues}}})),
        ] {
            assert!(cost(declared, filter, variables).await >= one + 400, "{filter}");
        }
    }
}
