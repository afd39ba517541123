//! The visits of a place: from it, to it, with a stop in it, or in which it took part; each once, with what the place is in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rows;
use crate::{
    support::{Data, Server, backends},
    walk::{items, text},
};

/// The parts of places of a kind in visits: place, visit, parts.
fn parts(kind: &str) -> BTreeMap<(String, String), BTreeSet<&'static str>> {
    let mut parts: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut add = |place: &str, visit: &str, part| {
        if !place.is_empty() {
            parts.entry((place.to_owned(), visit.to_owned())).or_default().insert(part);
        }
    };
    for visit in rows("visits") {
        add(&visit[&format!("from_{kind}")], &visit["key"], "ORIGIN");
        add(&visit[&format!("to_{kind}")], &visit["key"], "DESTINATION");
    }
    for stop in rows("visit_stops") {
        add(&stop[kind], &stop["visit"], "STOP");
    }
    for participation in rows("participations") {
        if participation["activity_kind"] == "visit" && participation["participant_kind"] == kind {
            add(&participation["participant"], &participation["activity"], "PARTICIPANT");
        }
    }
    parts
}

/// What the edges of connections say: the record, the item, and the roles.
fn found(records: &Value, field: &str) -> Vec<((String, String), BTreeSet<String>)> {
    let edges = |record: &Value| {
        assert_eq!(record[field]["totalCount"], items(&record[field]["edges"]).count(), "{record}");
        let key = text(&record["key"]);
        let edge = |edge: &Value| {
            let roles = items(&edge["roles"]).map(text).collect();
            ((key.clone(), text(&edge["node"]["key"])), roles)
        };
        items(&record[field]["edges"]).map(edge).collect::<Vec<_>>()
    };
    items(records).flat_map(edges).collect()
}

/// Every city and country has the visits in which it has a part, each once; every visit has these cities and countries.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_has_each_of_its_visits_once() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for (kind, list, of_visit, least) in
            [("city", "cities", "cities", 30), ("country", "countries", "countries", 40)]
        {
            let expected = parts(kind);
            assert!(expected.len() >= least, "{} {list} have a part in visits", expected.len());
            assert!(expected.values().any(|roles| roles.len() > 1), "no place has two parts in a visit");
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(pair, roles)| (pair, roles.into_iter().map(str::to_owned).collect::<BTreeSet<_>>()))
                .collect();
            let filter = "{visits: {some: {}}}";
            let edges = "totalCount edges { roles node { key } }";
            let query = format!(
                "{{ {list}(first: 100, orderBy: KEY_ASC, filter: {filter}) {{ nodes {{ key visits(first: 100, orderBy: KEY_ASC) {{ {edges} }} }} }} \
                 visits(first: 100) {{ nodes {{ key {of_visit}(first: 100) {{ {edges} }} }} }} }}"
            );
            let data = server.data(&query, json!({})).await;
            let mut of_places = found(&data[list]["nodes"], "visits");
            of_places.sort();
            assert_eq!(of_places, expected, "{backend}: the visits of {list}");
            let of_visits = found(&data["visits"]["nodes"], of_visit);
            let mut turned: Vec<_> =
                of_visits.into_iter().map(|((visit, place), roles)| ((place, visit), roles)).collect();
            turned.sort();
            assert_eq!(turned, expected, "{backend}: the {list} of visits");
        }
    }
}

/// A filter by any of its places finds the visits of a place, whatever its part, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn visits_are_found_by_any_of_their_places() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let parts = parts("city");
        let places: BTreeSet<_> = parts.keys().map(|(place, _)| place).collect();
        for place in places {
            let of_place = || parts.keys().filter(|(other, _)| other == place).map(|(_, visit)| visit.clone());
            let expected: BTreeSet<_> = of_place().collect();
            let query = "query($city: String!) { \
                some: visits(first: 100, filter: {cities: {some: {key: {eq: $city}}}}) { totalCount nodes { key } } \
                none: visits(first: 100, filter: {cities: {none: {key: {eq: $city}}}}) { totalCount nodes { key } } \
                city(by: {key: $city}) { visits { groups(by: START_YEAR, first: 100) { nodes { count } } } } }";
            let data = server.data(query, json!({ "city": place })).await;
            let keys = |name: &str| items(&data[name]["nodes"]).map(|node| text(&node["key"])).collect::<BTreeSet<_>>();
            assert_eq!(keys("some"), expected, "{backend}: {place}");
            assert!(keys("none").is_disjoint(&expected), "{backend}: {place}");
            assert_eq!(keys("none").len() + expected.len(), rows("visits").len(), "{backend}: {place}");
            let counted = items(&data["city"]["visits"]["groups"]["nodes"]).filter_map(|group| group["count"].as_u64());
            assert_eq!(counted.sum::<u64>(), expected.len() as u64, "{backend}: the groups of the visits of {place}");
        }
    }
}
