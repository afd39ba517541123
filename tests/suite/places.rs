//! Where records are: lists by distance, filters by a radius or an area, and distances between partners, checked against
//! haversines of the coordinates in the CSV files.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends},
    walk::{items, text},
};

/// Further cities: two on either side of the 180th meridian, one near a pole, one without coordinates.
const FURTHER: &str = "suva,Suva,en,city,FI,,-18.1416,178.4419,,,,,,public\n\
    apia,Apia,en,city,FI,,-13.8333,-171.7667,,,,,,public\n\
    far-north,Far North,en,city,FI,,89.9,-60,,,,,,public\n\
    antimeridian,Antimeridian,en,city,FI,,-85,180,,,,,,public\n\
    south-pole,South Pole,en,city,FI,,-90,17,,,,,,public\n\
    nowhere,Nowhere,en,city,FI,,,,,,,,,public\n\
    hidden-place,Hidden place,en,city,FI,,60.2,24.7,,,,,,internal\n";

type Places = BTreeMap<String, (f64, f64)>;

async fn served(backend: crate::support::Backend) -> (Server, Places) {
    let set = Set::bundled();
    let mut cities = std::fs::read_to_string(set.path("cities.csv")).expect("the cities");
    cities.push_str(FURTHER);
    std::fs::write(set.path("cities.csv"), &cities).expect("a file");
    let database = TestDatabase::new(backend, Data::Empty).await;
    database.import(&set.files()).await.expect("an import");
    let mut reader = csv::Reader::from_reader(cities.as_bytes());
    let rows = reader.records().map(|row| row.expect("a row"));
    let place = |row: csv::StringRecord| Some((row[0].to_owned(), (row[6].parse().ok()?, row[7].parse().ok()?)));
    let places = rows.filter(|row| &row[13] == "public").filter_map(place).collect();
    (Server::over(database).await, places)
}

/// Kilometres along the great circle, by the haversine formula.
fn haversine(one: (f64, f64), other: (f64, f64)) -> f64 {
    let half = |a: f64, b: f64| ((a - b).to_radians() / 2.0).sin().powi(2);
    let h = half(one.0, other.0) + one.0.to_radians().cos() * other.0.to_radians().cos() * half(one.1, other.1);
    2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
}

/// Those within a distance, the nearest first.
fn nearest(places: &Places, from: (f64, f64), kilometers: f64) -> Vec<(String, f64)> {
    let distances = places.iter().map(|(key, place)| (key.clone(), haversine(from, *place)));
    let mut near: Vec<_> = distances.filter(|(_, distance)| *distance <= kilometers).collect();
    near.sort_by(|a, b| a.1.total_cmp(&b.1));
    near
}

/// Lists come by distance, on all pages, and tell it; the radius leaves out what is farther away.
#[tokio::test(flavor = "multi_thread")]
async fn lists_come_by_distance() {
    for backend in backends() {
        let (server, places) = served(backend).await;
        let espoo = places["espoo"];
        let query = "query ($near: NearInput!, $after: String, $last: Int, $before: String, $first: Int) { \
                     cities(near: $near, first: $first, after: $after, last: $last, before: $before) { totalCount \
                     edges { distance node { key } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } }";
        for (near, from, kilometers) in [
            (json!({"city": {"key": "espoo"}}), espoo, 30_000.0),
            (json!({"city": {"identifier": {"scheme": "WIKIDATA", "value": "Q47034"}}}), espoo, 30_000.0),
            (json!({"city": {"key": "espoo"}, "kilometers": 0}), espoo, 0.001),
            (json!({"latitude": 60.2052, "longitude": 24.6522, "kilometers": 400}), espoo, 400.0),
            (json!({"city": {"key": "suva"}, "kilometers": 1500}), places["suva"], 1500.0),
            (json!({"latitude": 90, "longitude": 0, "kilometers": 3000}), (90.0, 0.0), 3000.0),
            (json!({"latitude": -60.2, "longitude": -155.3, "kilometers": 20015}), (-60.2, -155.3), 30_000.0),
        ] {
            let expected = nearest(&places, from, kilometers);
            let (mut found, mut after) = (Vec::new(), Value::Null);
            loop {
                let page = &server.data(query, json!({"near": near, "after": after, "first": 7})).await["cities"];
                assert_eq!(page["totalCount"], expected.len(), "{backend}: {near}");
                found.extend(items(&page["edges"]).map(|edge| (text(&edge["node"]["key"]), edge["distance"].as_f64())));
                after = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            assert_eq!(found.len(), expected.len(), "{backend}: {near}");
            for ((key, distance), (_, right)) in found.iter().zip(&expected) {
                let distance = distance.expect("a distance");
                // Those that are equally far away may come in another order.
                assert!((distance - right).abs() < 0.002, "{backend}: {near}: {key}: {distance}, not {right}");
                assert!((distance - haversine(from, places[key])).abs() < 0.002, "{backend}: {near}: {key}");
            }
            // From the end, the same.
            let page = &server.data(query, json!({"near": near, "last": 5})).await["cities"];
            let last: Vec<_> = items(&page["edges"]).map(|edge| text(&edge["node"]["key"])).collect();
            let end: Vec<_> = found.iter().rev().take(5).rev().map(|(key, _)| key.clone()).collect();
            assert_eq!(last, end, "{backend}: {near}");
        }
        // A cursor belongs to its place, however far away what is near may be.
        let page = &server.data(query, json!({"near": {"city": {"key": "espoo"}}, "first": 1})).await["cities"];
        let after = page["pageInfo"]["endCursor"].clone();
        let (code, _) = server.error(query, json!({"near": {"city": {"key": "suva"}}, "after": after})).await;
        assert_eq!(code, "INVALID_CURSOR", "{backend}");
        server.data(query, json!({"near": {"city": {"key": "espoo"}, "kilometers": 500}, "after": after})).await;
        // Other orders decide about ties only, and a list without a place tells no distance.
        let data = server
            .data(
                "{ a: cities(near: {city: {key: \"espoo\"}}, orderBy: NAME_DESC, first: 3) { nodes { key } } \
                 b: cities(near: {city: {key: \"espoo\"}}, first: 3) { nodes { key } } c: cities(first: 1) { edges { distance } } \
                 near: innovationCenters(near: {city: {key: \"espoo\"}}, first: 1) { edges { distance } } }",
                json!({}),
            )
            .await;
        assert_eq!(data["a"], data["b"], "{backend}");
        assert_eq!(data["c"]["edges"][0]["distance"], Value::Null, "{backend}");
    }
}

/// Filters by a radius and by an area find what the coordinates say, also of related records and negated.
#[tokio::test(flavor = "multi_thread")]
async fn filters_know_places() {
    for backend in backends() {
        let (server, places) = served(backend).await;
        let keys = async |list: &str, filter: &str| {
            let query = format!("{{ r: {list}(first: 100, filter: {filter}) {{ totalCount nodes {{ key }} }} }}");
            let data = server.data(&query, json!({})).await;
            let mut keys: Vec<_> = items(&data["r"]["nodes"]).map(|node| text(&node["key"])).collect();
            assert_eq!(data["r"]["totalCount"], keys.len(), "{backend}: {filter}");
            keys.sort();
            keys
        };
        let near = "{coordinates: {near: {city: {key: \"helsinki\"}, kilometers: 50}}}";
        let within_50 = nearest(&places, places["helsinki"], 50.0);
        let mut expected: Vec<_> = within_50.iter().map(|(key, _)| key.clone()).collect();
        expected.sort();
        assert!(expected.len() > 2, "{expected:?}");
        assert_eq!(keys("cities", near).await, expected, "{backend}");
        let not = keys("cities", &format!("{{not: {near}, country: {{key: {{eq: \"FI\"}}}}}}")).await;
        assert!(not.contains(&"nowhere".to_owned()) && !not.contains(&"espoo".to_owned()), "{backend}: {not:?}");
        // Of related records: the events in those cities.
        let set = Set::bundled();
        let mut events = csv::Reader::from_path(set.path("events.csv")).expect("the events");
        let city = events.headers().expect("a header").iter().position(|name| name == "city").expect("a column");
        let in_those =
            events.records().map(|row| row.expect("a row")).filter(|row| expected.contains(&row[city].to_owned()));
        let mut events: Vec<_> = in_those.map(|row| row[0].to_owned()).collect();
        events.sort();
        assert!(events.len() > 2, "{events:?}");
        assert_eq!(keys("events", &format!("{{city: {near}}}")).await, events, "{backend}");

        let area = |south: f64, west: f64, north: f64, east: f64| {
            format!("{{coordinates: {{within: {{south: {south}, west: {west}, north: {north}, east: {east}}}}}}}")
        };
        let inside = |is_inside: &dyn Fn(f64, f64) -> bool| {
            let inside = places.iter().filter(|(_, (latitude, longitude))| is_inside(*latitude, *longitude));
            inside.map(|(key, _)| key.clone()).collect::<Vec<_>>()
        };
        let finland = inside(&|north, east| (59.0..=70.5).contains(&north) && (19.0..=31.6).contains(&east));
        assert!(finland.len() > 20, "{finland:?}");
        assert_eq!(keys("cities", &area(59.0, 19.0, 70.5, 31.6)).await, finland, "{backend}");
        let pacific = inside(&|north, east| (-30.0..=0.0).contains(&north) && (east >= 170.0 || east <= -170.0));
        assert_eq!(pacific, ["apia", "suva"]);
        assert_eq!(keys("cities", &area(-30.0, 170.0, 0.0, -170.0)).await, pacific, "{backend}");
        let unknown = keys("cities", "{coordinates: {isNull: true}}").await;
        assert!(unknown.contains(&"nowhere".to_owned()), "{backend}: {unknown:?}");
        // The border is one meridian, whatever it is called; and at the poles, all meridians meet.
        let south = keys("cities", &area(-90.0, -180.0, -80.0, -170.0)).await;
        assert_eq!(south, ["antimeridian", "south-pole"], "{backend}");
        assert_eq!(keys("cities", &area(-86.0, 170.0, -84.0, 180.0)).await, ["antimeridian"], "{backend}");
        let both = keys("cities", &format!("{{and: [{near}, {}]}}", area(60.2, 24.0, 60.3, 24.8))).await;
        assert_eq!(both, ["espoo"], "{backend}");
    }
}

/// Edges of partnerships tell how far away the partner is.
#[tokio::test(flavor = "multi_thread")]
async fn partners_have_a_distance() {
    for backend in backends() {
        let (server, places) = served(backend).await;
        let query = "{ cities(first: 100) { nodes { key partnerships { edges { distance partner { key } } } } } }";
        let data = server.data(query, json!({})).await;
        let mut known = 0;
        for city in items(&data["cities"]["nodes"]) {
            for edge in items(&city["partnerships"]["edges"]) {
                let pair = [&city["key"], &edge["partner"]["key"]].map(|key| places.get(key.as_str().unwrap_or("")));
                match pair {
                    [Some(one), Some(other)] => {
                        let distance = edge["distance"].as_f64().expect("a distance");
                        assert!((distance - haversine(*one, *other)).abs() < 0.002, "{backend}: {city}: {edge}");
                        known += 1;
                    }
                    _ => assert_eq!(edge["distance"], Value::Null, "{backend}: {edge}"),
                }
            }
        }
        assert!(known > 50, "{known} distances");
    }
}

/// What is no place is refused, with what would be right; a hidden place is like one that does not exist.
#[tokio::test(flavor = "multi_thread")]
async fn bad_places_are_refused() {
    for backend in backends() {
        let (server, _) = served(backend).await;
        for (near, message) in [
            ("{kilometers: -1, latitude: 1, longitude: 1}", "`kilometers` is -1: expected a number from 0 to 20015"),
            ("{kilometers: 20016, latitude: 1, longitude: 1}", "`kilometers` is 20016"),
            ("{latitude: 91, longitude: 1, kilometers: 1}", "`latitude` is 91: expected a number from -90 to 90"),
            ("{latitude: 1, longitude: -180.1, kilometers: 1}", "`longitude` is -180.1"),
            ("{latitude: 1, kilometers: 1}", "one of `latitude` and `longitude`: give both"),
            ("{city: {key: \"espoo\"}, latitude: 1, longitude: 1, kilometers: 1}", "a record and degrees"),
            ("{city: {key: \"espoo\"}, innovationCenter: {key: \"a\"}, kilometers: 1}", "names two records"),
            ("{city: {key: \"espoo\"}}", "`near` has no `kilometers`"),
            (
                "{city: {identifier: {scheme: WIKIDATA, value: \"x\"}}, kilometers: 1}",
                "is not an identifier of this scheme",
            ),
        ] {
            let query = format!("{{ cities(filter: {{coordinates: {{near: {near}}}}}) {{ totalCount }} }}");
            let (code, found) = server.error(&query, json!({})).await;
            assert!(code == "INVALID_ARGUMENT" && found.contains(message), "{backend}: {near}: {code}: {found}");
            assert!(found.contains("(at `filter.coordinates.near`)"), "{backend}: {found}");
        }
        for (area, message) in [
            ("{south: 2, north: 1, west: 1, east: 1}", "`south` is 2 and `north` is 1: exchange them"),
            ("{south: -91, north: 1, west: 1, east: 1}", "`south` is -91"),
            ("{south: 1, north: 1, west: 1, east: 181}", "`east` is 181: expected a number from -180 to 180"),
        ] {
            let query = format!("{{ cities(filter: {{coordinates: {{within: {area}}}}}) {{ totalCount }} }}");
            let (code, found) = server.error(&query, json!({})).await;
            assert!(code == "INVALID_ARGUMENT" && found.contains(message), "{backend}: {area}: {code}: {found}");
        }
        let count = async |near: Value| {
            let query = "query ($near: NearInput) { a: cities(near: $near) { totalCount } \
                         b: cities(filter: {coordinates: {near: $near}}) { totalCount } }";
            let data = server.data(query, json!({"near": near})).await;
            [data["a"]["totalCount"].clone(), data["b"]["totalCount"].clone()]
        };
        for key in ["hidden-place", "no-such-place", "nowhere"] {
            let found = count(json!({"city": {"key": key}, "kilometers": 20015})).await;
            assert_eq!(found, [0, 0], "{backend}: {key}");
        }
        // Without a place, nothing is said.
        let all = server.data("{ cities { totalCount } }", json!({})).await["cities"]["totalCount"].clone();
        assert_eq!(count(json!({"kilometers": 5})).await, [all.clone(), all], "{backend}");
    }
}
