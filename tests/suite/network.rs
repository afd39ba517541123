//! Networks: partners, distances, numbers of ways, paths and components are those of a graph that is made here of the files.

pub mod files;

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::dataloader::Loader;
use coopgraph::{
    db::{Access, Database},
    domain,
    query::{
        keys::Shape,
        loader::{Clearance, RecordLoader},
        network::{Network, NetworkOf},
    },
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use self::files::Graph;
use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends, import},
    walk::{items, text},
};

/// The statuses of partnerships that only lists without authority have.
const UNVERIFIED: &str = "statuses: [ACTIVE, SUSPENDED, DISPUTED, UNKNOWN, UNVERIFIED]";
/// The largest number of bytes that the network of the bundled data of the world may take.
const WORLD_BYTES: usize = 3 << 20;

/// The keys of records.
fn keys<'v>(nodes: impl IntoIterator<Item = &'v Value>) -> Vec<String> {
    nodes.into_iter().map(|node| text(&node["key"])).collect()
}

/// The records at a distance from one, by key, each with its number of ways; in the order of the server, which is checked.
async fn at_distance(server: &Server, city: &str, args: &str, distance: u32) -> Vec<(String, u64)> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = format!(
            "partners(distance: {distance}, first: 100{after}) {{ totalCount pageInfo {{ hasNextPage endCursor }} \
             edges {{ ways node {{ id key name }} }} }}"
        );
        let query = format!("{{ city(by: {{key: \"{city}\"}}) {{ network({args}) {{ {page} }} }} }}");
        let data = server.data(&query, json!({})).await;
        let page = &data["city"]["network"]["partners"];
        found.extend(items(&page["edges"]).map(|edge| {
            let node = &edge["node"];
            let ways = edge["ways"].as_u64().expect("a number");
            (std::cmp::Reverse(ways), folding::fold(&text(&node["name"])), text(&node["id"]), text(&node["key"]))
        }));
        if page["pageInfo"]["hasNextPage"] != true {
            assert_eq!(page["totalCount"], found.len(), "{city}, {distance}");
            break;
        }
        after = format!(", after: \"{}\"", text(&page["pageInfo"]["endCursor"]));
    }
    assert!(found.is_sorted(), "{city}, {distance}: by ways, name and id");
    found.into_iter().map(|(ways, _, _, key)| (key, ways.0)).collect()
}

/// Everything about a city that its network says, compared with a graph of the files.
async fn compare(server: &Server, graph: &Graph, city: &str, other: &str, args: &str) {
    let reached = graph.reach(city);
    for distance in 1..=3 {
        let found: BTreeSet<_> = at_distance(server, city, args, distance).await.into_iter().collect();
        let right = reached.iter().filter(|(_, at)| at.distance == distance).map(|(key, at)| (key.clone(), at.ways));
        assert_eq!(found, right.collect(), "{city}, {distance}");
    }
    let query = format!(
        "{{ city(by: {{key: \"{city}\"}}) {{ network({args}) {{ componentSize \
         commonPartners(with: {{key: \"{other}\"}}, first: 100) {{ totalCount nodes {{ key }} }} \
         paths(to: {{key: \"{other}\"}}, first: 100) {{ distance totalCount nodes {{ cities {{ key }} \
         steps {{ partnerships(first: 100) {{ key }} }} }} }} }} }} }}"
    );
    let data = server.data(&query, json!({})).await;
    let network = &data["city"]["network"];
    assert_eq!(network["componentSize"], reached.len(), "{city}");
    let common: BTreeSet<_> = keys(items(&network["commonPartners"]["nodes"])).into_iter().collect();
    let right: BTreeSet<_> = graph.neighbors(city).intersection(&graph.neighbors(other)).cloned().collect();
    assert_eq!(common, right, "{city}, {other}");
    let paths = &network["paths"];
    let Some(at) = reached.get(other) else {
        assert_eq!(*paths, json!({"distance": null, "totalCount": 0, "nodes": []}), "{city}, {other}");
        return;
    };
    assert_eq!((&paths["distance"], &paths["totalCount"]), (&json!(at.distance), &json!(at.ways)), "{city}, {other}");
    let mut distinct = BTreeSet::new();
    for path in items(&paths["nodes"]) {
        let cities = keys(items(&path["cities"]));
        assert_eq!((cities.first(), cities.last()), (Some(&city.to_owned()), Some(&other.to_owned())));
        assert_eq!(items(&path["steps"]).count(), at.distance as usize);
        for (pair, step) in cities.windows(2).zip(items(&path["steps"])) {
            let joints: BTreeSet<_> = keys(items(&step["partnerships"])).into_iter().collect();
            assert_eq!(joints, graph.joints(&pair[0], &pair[1]), "{pair:?}");
        }
        distinct.insert(cities);
    }
    assert_eq!(distinct.len() as u64, at.ways.min(100), "{city}, {other}: paths");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_of_partnerships_is_that_of_the_files() {
    let graph = Graph::of_partnerships(&files::bundled("partnerships"), |row| {
        ["active", "suspended", "disputed", "unknown"].contains(&row["status"].as_str())
    });
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for (city, other) in [("espoo", "yokohama"), ("shanghai", "kuopio"), ("aden", "espoo"), ("gatchina", "irving")]
        {
            compare(&server, &graph, city, other, "withParts: false").await;
        }
        // Two steps from Espoo lead through Shanghai alone, which is not counted among its own.
        let found = at_distance(&server, "espoo", "withParts: false", 2).await;
        assert!(found.len() > 60 && found.iter().all(|(_, ways)| *ways == 1), "{backend}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_of_the_world_is_that_of_the_files() {
    let rows = files::world("partnerships");
    let graph = Graph::of_partnerships(&rows, |row| row["status"] != "refuted");
    // Those with most partners, and some others.
    let mut cities: Vec<_> = graph.nodes().collect();
    cities.sort_by_key(|city| std::cmp::Reverse((graph.neighbors(city).len(), (*city).clone())));
    let others = cities.iter().step_by(2_000).copied();
    let chosen: Vec<_> = cities.iter().take(3).copied().chain(others).collect();
    for backend in backends() {
        let server = Server::start(backend, Data::World).await;
        for pair in chosen.windows(2) {
            compare(&server, &graph, pair[0], pair[1], UNVERIFIED).await;
        }
        // What only lists without authority have does not count unless it is asked for.
        let query = format!("{{ city(by: {{key: \"{}\"}}) {{ network {{ componentSize }} }} }}", chosen[0]);
        assert_eq!(server.data(&query, json!({})).await["city"]["network"]["componentSize"], 1, "{backend}");
        let (network, took) = built(&server.data).await;
        eprintln!("{backend}: the network of the world takes {} bytes and was built in {took:?}", network.bytes());
        assert!(network.bytes() < WORLD_BYTES, "{backend}: {} bytes", network.bytes());
    }
}

/// A network that is built anew, and how long that took.
async fn built(data: &TestDatabase) -> (Arc<Network>, std::time::Duration) {
    let loader = RecordLoader {
        readers: data.database.readers(std::time::Duration::from_mins(1)).expect("connections"),
        clearance: Clearance::PUBLIC,
        tally: Arc::default(),
        statements: None,
        permits: None,
        shared: Arc::default(),
    };
    let model = domain::model();
    let network = model.networks().find(|network| network.name == "City").expect("a network");
    let of = NetworkOf { network, model, field: Shape::new(()) };
    let started = std::time::Instant::now();
    let mut found = loader.load(std::slice::from_ref(&of)).await.expect("a network");
    (found.remove(&of).expect("a network"), started.elapsed())
}

/// Which Finnish cities are partners of Shanghai or of one of its districts, and since when? Kuopio is said to be a partner of
/// both: it is one city, by two partnerships.
#[tokio::test(flavor = "multi_thread")]
async fn a_city_and_its_districts_can_be_counted_as_one() {
    let rows = files::bundled("partnerships");
    let counts = |row: &files::Row| ["active", "suspended", "disputed", "unknown"].contains(&row["status"].as_str());
    let cities = files::bundled("cities");
    let district = |key: &str| {
        let city = cities.iter().find(|city| city["key"] == key).expect("a city");
        (city["kind"] == "district" && !city["parent"].is_empty()).then(|| city["parent"].clone())
    };
    let apart = Graph::of_partnerships(&rows, counts);
    let merged = apart.merged(district);
    assert!(merged.neighbors("shanghai").len() > 70);
    assert_eq!(merged.joints("shanghai", "kuopio").len(), 2);
    assert_eq!(apart.joints("shanghai", "kuopio").len(), 1);
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for city in ["shanghai", "kuopio", "espoo"] {
            for (graph, args) in [(&apart, "withParts: false"), (&merged, "withParts: true")] {
                compare(&server, graph, city, "tallinn", args).await;
            }
        }
        // A district is its city then.
        let query = |args: &str| {
            let edges = "edges { node { key country { key } } partnerships { key since { edtf } status } }";
            format!(
                "{{ city(by: {{key: \"pudong\"}}) {{ network({args}) {{ partners(first: 100) {{ {edges} }} }} }} }}"
            )
        };
        let data = server.data(&query("withParts: true"), json!({})).await;
        let finnish = items(&data["city"]["network"]["partners"]["edges"])
            .filter(|edge| edge["node"]["country"]["key"] == "FI")
            .cloned();
        let finnish: Vec<_> = finnish.collect();
        assert_eq!(
            json!(finnish),
            json!([
                {"node": {"key": "espoo", "country": {"key": "FI"}}, "partnerships": [
                    {"key": "espoo-shanghai", "since": {"edtf": "1998-09"}, "status": "ACTIVE"}]},
                {"node": {"key": "kuopio", "country": {"key": "FI"}}, "partnerships": [
                    {"key": "kuopio-shanghai", "since": {"edtf": "2002"}, "status": "DISPUTED"},
                    {"key": "kuopio-pudong", "since": {"edtf": "2012"}, "status": "ACTIVE"}]},
            ]),
            "{backend}"
        );
        let data = server.data(&query("withParts: false"), json!({})).await;
        let partners = items(&data["city"]["network"]["partners"]["edges"]).map(|edge| &edge["node"]);
        assert_eq!(keys(partners), ["kuopio"], "{backend}");
    }
}

/// As of a date: what can have held then, and what certainly did.
#[tokio::test(flavor = "multi_thread")]
async fn partnerships_count_as_of_a_date() {
    let rows = files::bundled("partnerships");
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for date in ["1980", "1998-09-15", "2012-06", "1985/1990"] {
            let (first, last) = files::days(date);
            for certainty in ["POSSIBLE", "CERTAIN"] {
                let graph = Graph::of_partnerships(&rows, |row| {
                    let counts = ["active", "suspended", "disputed", "unknown"].contains(&row["status"].as_str());
                    let since = (!row["since"].is_empty()).then(|| files::days(&row["since"]));
                    // None of them has ended.
                    let held = match (since, certainty) {
                        (None, "POSSIBLE") => true,
                        (None, _) => false,
                        (Some((earliest, _)), "POSSIBLE") => earliest <= last,
                        (Some((_, latest)), _) => latest <= first,
                    };
                    counts && held
                });
                let args = format!("asOf: \"{date}\", certainty: {certainty}");
                for city in ["espoo", "shanghai"] {
                    compare(&server, &graph, city, "yokohama", &args).await;
                }
            }
        }
    }
}

/// Imports partnerships of cities that are there, through a connection of another process.
async fn partnerships(server: &Server, rows: &str) {
    let set = Set::headers();
    let header = "key,members,kind,since,ended,status,level,note,visibility";
    std::fs::write(set.path("partnerships.csv"), format!("{header}\n{rows}")).expect("a file");
    let database = Database::connect(&server.data.url, Access::Open, None).await.expect("a database");
    import(&database, &set.files(), false).await.unwrap_or_else(|cause| panic!("{cause}"));
    database.connection().clone().close().await.expect("closed");
}

async fn partners_of(server: &Server, city: &str, args: &str) -> Vec<String> {
    let query = format!("{{ city(by: {{key: \"{city}\"}}) {{ network{args} {{ partners {{ nodes {{ key }} }} }} }} }}");
    keys(items(&server.data(&query, json!({})).await["city"]["network"]["partners"]["nodes"]))
}

/// What another process changes is in the next answer; ended partnerships count for dates before their end.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_at_once_and_the_ended_are_told_apart() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        assert_eq!(partners_of(&server, "pudong", "").await, ["kuopio"]);
        partnerships(&server, "new,pudong;tampere,sister_city,1990,2005-06,ended,,,public\n").await;
        assert_eq!(partners_of(&server, "pudong", "").await, ["kuopio"], "{backend}");
        let both = ["kuopio", "tampere"];
        assert_eq!(partners_of(&server, "pudong", "(statuses: [ACTIVE, ENDED])").await, both, "{backend}");
        for (args, right) in [
            ("(asOf: \"1989\")", &both[2..]),
            ("(asOf: \"1990\", certainty: CERTAIN)", &both[2..]),
            ("(asOf: \"1990\")", &both[1..]),
            ("(asOf: \"1991\", certainty: CERTAIN)", &both[1..]),
            ("(asOf: \"2005\")", &both[1..]),
            ("(asOf: \"2005-05\", certainty: CERTAIN)", &both[1..]),
            ("(asOf: \"2005-06-10\", certainty: CERTAIN)", &both[2..]),
            ("(asOf: \"2006\")", &both[2..]),
            ("(asOf: \"2004/2013\")", &both[..]),
            ("(asOf: \"2000\", statuses: [ACTIVE])", &both[2..]),
        ] {
            assert_eq!(partners_of(&server, "pudong", args).await, right, "{backend}: {args}");
        }
        // When it ended is not known: it can have held at any time since it began, and certainly did at none.
        partnerships(&server, "new,pudong;tampere,sister_city,1990,,ended,,,public\n").await;
        assert_eq!(partners_of(&server, "pudong", "(asOf: \"2012-12-31\")").await, both, "{backend}");
        assert_eq!(
            partners_of(&server, "pudong", "(asOf: \"2000\", certainty: CERTAIN)").await,
            both[2..],
            "{backend}"
        );
        partnerships(&server, "new,pudong;tampere,sister_city,1990,,active,,,internal\n").await;
        assert_eq!(partners_of(&server, "pudong", "").await, ["kuopio"], "{backend}: it is hidden");
    }
}

/// Operations that need a network at the same time build it once; later ones only read the version of the data set.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_built_once() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        server.data.take_statements();
        join_all((0..8).map(|_| partners_of(&server, "espoo", ""))).await;
        let members =
            |statements: &[String]| statements.iter().filter(|sql| sql.contains("partnership_member")).count();
        assert_eq!(members(&server.data.take_statements()), 1, "{backend}");
        partners_of(&server, "shanghai", "").await;
        // The city, the version and the partners.
        assert_eq!(server.data.take_statements().len(), 3, "{backend}");
    }
}

/// Who has met whom, and where: those who took part in the same visit or event.
#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_those_who_took_part_in_the_same() {
    let activities = [files::bundled("visits"), files::bundled("events")].concat();
    let took_place = |key: &str| {
        let activity = activities.iter().find(|row| row["key"] == key).expect("an activity");
        ["took_place", ""].contains(&activity["status"].as_str())
    };
    let graph = Graph::of_participations(&files::bundled("participations"), took_place);
    let nodes: Vec<_> = graph.nodes().cloned().collect();
    assert!(nodes.len() > 20, "{nodes:?}");
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for kind in ["official", "organization"] {
            for node in nodes.iter().filter(|node| node.starts_with(&format!("{kind}/"))) {
                let key = node.split_once('/').expect("a kind").1;
                let edge =
                    "ways node { __typename ... on Record { key } } activities(first: 100) { ... on Record { key } }";
                let query = format!(
                    "{{ r: {kind}(by: {{key: \"{key}\"}}) {{ network {{ componentSize \
                     contacts(first: 100) {{ edges {{ {edge} }} }} \
                     two: contacts(distance: 2, first: 100) {{ edges {{ {edge} }} }} }} }} }}"
                );
                let data = server.data(&query, json!({})).await;
                let reached = graph.reach(node);
                for (field, distance) in [("contacts", 1), ("two", 2)] {
                    let mut found = BTreeSet::new();
                    for edge in items(&data["r"]["network"][field]["edges"]) {
                        let (ty, key) = (text(&edge["node"]["__typename"]).to_lowercase(), text(&edge["node"]["key"]));
                        let other = format!("{ty}/{key}");
                        let joints: BTreeSet<_> = keys(items(&edge["activities"])).into_iter().collect();
                        assert_eq!(joints, graph.joints(node, &other), "{backend}: {node}, {other}");
                        found.insert((other, edge["ways"].as_u64().expect("a number")));
                    }
                    let right = reached.iter().filter(|(_, at)| at.distance == distance);
                    assert_eq!(found, right.map(|(key, at)| (key.clone(), at.ways)).collect(), "{backend}: {node}");
                }
                assert_eq!(data["r"]["network"]["componentSize"], reached.len(), "{backend}: {node}");
            }
        }
    }
}

/// Small pages, one after the other, are the whole list; cursors of other lists are refused.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_the_whole_list() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let page = async |args: &str| {
            let query = format!(
                "{{ city(by: {{key: \"shanghai\"}}) {{ network {{ partners({args}) {{ totalCount edges {{ cursor }} \
                 nodes {{ key }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }} }}"
            );
            server.data(&query, json!({})).await["city"]["network"]["partners"].take()
        };
        let whole = page("first: 100").await;
        let all = keys(items(&whole["nodes"]));
        assert!(all.len() > 70);
        let (mut walked, mut after) = (Vec::new(), String::new());
        loop {
            let found = page(&format!("first: 7{after}")).await;
            let (nodes, info) = (keys(items(&found["nodes"])), &found["pageInfo"]);
            assert_eq!(info["hasPreviousPage"], !walked.is_empty());
            assert_eq!(found["totalCount"], all.len());
            assert_eq!(info["startCursor"], found["edges"][0]["cursor"]);
            walked.extend(nodes);
            assert_eq!(info["hasNextPage"], walked.len() < all.len());
            if info["hasNextPage"] == false {
                break;
            }
            after = format!(", after: \"{}\"", text(&info["endCursor"]));
        }
        assert_eq!(walked, all, "{backend}");
        let cursor = text(&whole["edges"][0]["cursor"]);
        let of_other = format!("distance: 2, after: \"{cursor}\"");
        for args in [of_other.as_str(), "after: \"bm9uc2Vuc2U\"", "after: \"?\""] {
            let query =
                format!("{{ city(by: {{key: \"shanghai\"}}) {{ network {{ partners({args}) {{ totalCount }} }} }} }}");
            assert_eq!(server.error(&query, json!({})).await.0, "INVALID_CURSOR", "{backend}: {args}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_is_refused_and_what_is_not_there_is_empty() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let ask =
            |args: &str, inner: &str| format!("{{ city(by: {{key: \"espoo\"}}) {{ network{args} {{ {inner} }} }} }}");
        let refused = [
            ("", "partners(distance: 0) { totalCount }", "INVALID_ARGUMENT", "`distance` is 0: expected 1 to 10"),
            ("", "partners(distance: 11) { totalCount }", "INVALID_ARGUMENT", "`distance` is 11: expected 1 to 10"),
            ("", "partners(first: 101) { totalCount }", "INVALID_PAGE", "between 0 and 100 items"),
            ("", "paths(to: {key: \"shanghai\"}, first: -1) { distance }", "INVALID_PAGE", "`first` is -1"),
            ("", "paths(to: {key: \"atlantis\"}) { distance }", "INVALID_ARGUMENT", "`to`: there is no city with this"),
            ("", "paths(to: {id: \"city\"}) { distance }", "INVALID_ID", "is not the id of a city"),
            (
                "",
                "paths(to: {id: \"city_01jx5p7zk3e9tb5h4yq6v8m2nd\"}) { distance }",
                "INVALID_ARGUMENT",
                "`to`: there is no city with this",
            ),
            (
                "",
                "commonPartners(with: {key: \"atlantis\"}) { totalCount }",
                "INVALID_ARGUMENT",
                "`with`: there is no city",
            ),
            ("(asOf: \"last year\")", "componentSize", "INVALID_DATE", "\"last year\" is not a date"),
            ("(asOf: \"2010-02-30\")", "componentSize", "INVALID_DATE", "2010-02-30"),
            ("(asOf: \"[1990,1995]\")", "componentSize", "INVALID_DATE", "lists several dates"),
            ("(certainty: CERTAIN)", "componentSize", "INVALID_ARGUMENT", "`certainty` is CERTAIN without `asOf`"),
        ];
        for (args, inner, code, message) in refused {
            let (found, text) = server.error(&ask(args, inner), json!({})).await;
            assert!(found == code && text.contains(message), "{backend}: {inner}: {found} {text}");
        }
        let path = "distance totalCount nodes { cities { key } steps { partnerships { key } } }";
        // From a city to itself, there is nowhere to go; between two that nothing connects, there is no way.
        for (other, right) in [
            ("espoo", json!({"distance": 0, "totalCount": 1, "nodes": [{"cities": [{"key": "espoo"}], "steps": []}]})),
            ("imatra", json!({"distance": null, "totalCount": 0, "nodes": []})),
        ] {
            let query = ask("(statuses: [ACTIVE])", &format!("paths(to: {{key: \"{other}\"}}) {{ {path} }}"));
            let data = server.data(&query, json!({})).await;
            assert_eq!(data["city"]["network"]["paths"], right, "{backend}: {other}");
        }
        let nothing = server.data(&ask("(statuses: [])", "componentSize partners { nodes { key } }"), json!({})).await;
        assert_eq!(nothing["city"]["network"], json!({"componentSize": 1, "partners": {"nodes": []}}), "{backend}");
        // Of many cities at once, each is answered.
        let query = "{ cities(first: 5, filter: {key: {in: [\"espoo\", \"imatra\"]}}) { nodes { key network { paths(to: \
                     {key: \"espoo\"}) { distance } } } } }";
        let data = server.data(query, json!({})).await;
        let distances: Vec<_> =
            items(&data["cities"]["nodes"]).map(|node| &node["network"]["paths"]["distance"]).collect();
        assert_eq!(distances, [&json!(0), &json!(null)], "{backend}");
    }
}

/// Searches have a price, which is charged before and covers what they take.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_paid_for() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let search = "network { componentSize partners(distance: 2, first: 1) { nodes { key } } \
                      paths(to: {key: \"espoo\"}, first: 1) { nodes { cities { key } } } }";
        let mut costs = Vec::new();
        for size in [1, 50] {
            let query = format!("{{ cities(first: {size}) {{ nodes {{ key {search} }} }} }}");
            let body = json!({"query": query, "extensions": {"cost": true}});
            let answer: Value = serde_json::from_str(&server.text_of(&body).await).expect("JSON");
            let cost = &answer["extensions"]["cost"];
            costs.push(["requested", "actual"].map(|of| cost[of].as_i64().unwrap_or_else(|| panic!("{answer}"))));
        }
        // Fifty cities take as many searches, each of which counts as ten objects.
        assert!(costs[1][0] - costs[0][0] > 49 * 30, "{backend}: {costs:?}");
        assert!(costs[1][1] - costs[0][1] > 49 * 20, "{backend}: {costs:?}");
        assert!(costs.iter().all(|[requested, actual]| actual <= requested), "{backend}: {costs:?}");
    }
}
