//! Questions of the sister cities of the world.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::network::files::{Graph, world};

/// Cities with their rows.
struct World {
    cities: Vec<Row>,
    partnerships: Vec<Row>,
}

impl World {
    fn city(&self, key: &str) -> &Row {
        self.cities.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no city {key}"))
    }

    fn countries(&self) -> BTreeMap<&str, &str> {
        column(&self.cities, "country")
    }

    /// The cities of each partnership.
    fn pairs(&self) -> Vec<(Vec<&str>, &Row)> {
        self.partnerships.iter().map(|row| (row["members"].split(';').collect(), row)).collect()
    }

    fn graph(&self) -> Graph {
        Graph::of_partnerships(&self.partnerships, |row| row["status"] == "unverified")
    }

    /// The cities of a country that have a partner of which something holds.
    fn with_partner(&self, country: &str, holds: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
        let countries = self.countries();
        let mut found = BTreeSet::new();
        for (members, _) in self.pairs() {
            let of_country = members.iter().filter(|city| countries[**city] == country);
            found.extend(of_country.filter(|city| members.iter().any(|other| other != *city && holds(other))));
        }
        found.into_iter().map(str::to_owned).collect()
    }

    /// Cities by their distance from one.
    fn nearest(&self, from: &str, most: f64) -> Vec<(&str, f64)> {
        let from = self.city(from);
        let near = self.cities.iter().filter_map(|row| Some((row["key"].as_str(), kilometers(from, row)?)));
        let mut near: Vec<_> = near.filter(|(_, distance)| *distance <= most).collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1));
        near
    }
}

pub(super) fn questions() -> Vec<Question> {
    let world = World { cities: world("cities"), partnerships: world("partnerships") };
    let countries = world.countries();
    let graph = world.graph();
    let mut partnerships: BTreeMap<&str, usize> = BTreeMap::new();
    for (members, _) in world.pairs() {
        for city in members {
            *partnerships.entry(city).or_default() += 1;
        }
    }
    let partners = |city: &str| partnerships.get(city).copied().unwrap_or_default();
    let in_country = |city: &str, country: &str| countries[city] == country;

    let both = |one: &str, other: &str| {
        let pairs = world.pairs();
        let joins = |members: &&(Vec<&str>, &Row)| {
            members.0.iter().any(|city| in_country(city, one)) && members.0.iter().any(|city| in_country(city, other))
        };
        vec![pairs.iter().filter(joins).count().to_string()]
    };
    let reach = graph.reach("espoo");
    let two_steps = reach.iter().filter(|(_, at)| at.distance == 2);
    // Those with the most ways, and equal ones in the order of names, which the files do not have folded: so by ways only.
    let mut ways: Vec<u64> = two_steps.clone().map(|(_, at)| at.ways).collect();
    ways.sort_unstable_by(|a, b| b.cmp(a));
    let mut most_ways: Vec<String> = ways.iter().take(5).map(u64::to_string).collect();
    most_ways.push(format!("of {}", ways.len()));

    let common = graph.neighbors("shanghai").intersection(&graph.neighbors("hamburg")).cloned().collect::<Vec<_>>();
    let from = graph.reach("rovaniemi");
    let to = from["la-paz-bo"];

    let mut by_country: Vec<(usize, &str)> = Vec::new();
    for country in countries.values().collect::<BTreeSet<_>>() {
        by_country.push((countries.values().filter(|of| *of == country).count(), country));
    }
    by_country.sort_unstable_by(|a, b| b.cmp(a));

    let mut counts: Vec<usize> = world.cities.iter().map(|row| partners(&row["key"])).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));

    let farthest =
        world.pairs().into_iter().filter(|(members, _)| members.contains(&"espoo")).flat_map(|(members, _)| {
            members.into_iter().filter(|city| *city != "espoo").map(|city| {
                let distance = kilometers(world.city("espoo"), world.city(city));
                format!("{city} {}", distance.map_or("-".to_owned(), |distance| format!("{distance:.0}")))
            })
        });
    let large = |row: &&Row| row["population"].parse::<u64>().is_ok_and(|population| population >= 5_000_000);
    let nearest = world.nearest("espoo", 100.0);

    vec![
        Question {
            about: "How many pairs of twin cities do Germany and France have?",
            query: "{ partnerships(filter: {and: [{members: {some: {country: {key: {eq: \"DE\"}}}}}, \
                    {members: {some: {country: {key: {eq: \"FR\"}}}}}]}) { totalCount } }"
                .to_owned(),
            read: |data| vec![data["partnerships"]["totalCount"].to_string()],
            expected: both("DE", "FR"),
            at_least: 1,
        },
        Question {
            about: "Which Finnish cities have a partner in Japan?",
            query: "{ cities(first: 100, filter: {country: {key: {eq: \"FI\"}}, partnerships: {some: {members: {some: \
                    {country: {key: {eq: \"JP\"}}}}}}}) { nodes { key } } }"
                .to_owned(),
            read: |data| keys(&data["cities"]),
            expected: world.with_partner("FI", &|other| in_country(other, "JP")).into_iter().collect(),
            at_least: 2,
        },
        Question {
            about: "In how many ways are which cities two steps from Espoo?",
            query: "{ city(by: {key: \"espoo\"}) { network(statuses: [UNVERIFIED]) { partners(distance: 2, first: 5) { totalCount edges { ways } } } } }"
                .to_owned(),
            read: |data| {
                let partners = &data["city"]["network"]["partners"];
                let ways = items(&partners["edges"]).map(|edge| edge["ways"].to_string());
                ways.chain([format!("of {}", partners["totalCount"])]).collect()
            },
            expected: most_ways,
            at_least: 6,
        },
        Question {
            about: "Which partners do Shanghai and Hamburg have in common?",
            query: "{ city(by: {key: \"shanghai\"}) { network(statuses: [UNVERIFIED]) { commonPartners(with: {key: \"hamburg\"}) { edges { node { key } } } } } }"
                .to_owned(),
            read: |data| {
                items(&data["city"]["network"]["commonPartners"]["edges"]).map(|edge| key(&edge["node"])).collect()
            },
            expected: common,
            at_least: 1,
        },
        Question {
            about: "How do partnerships lead from Rovaniemi to La Paz, and how large is the network around it?",
            query: "{ city(by: {key: \"rovaniemi\"}) { network(statuses: [UNVERIFIED]) { componentSize paths(to: {key: \"la-paz-bo\"}) { distance totalCount } } } }"
                .to_owned(),
            read: |data| {
                let network = &data["city"]["network"];
                let paths = &network["paths"];
                vec![format!("{} {} {}", network["componentSize"], paths["distance"], paths["totalCount"])]
            },
            expected: vec![format!("{} {} {}", from.len(), to.distance, to.ways)],
            at_least: 1,
        },
        Question {
            about: "Which countries have most twin cities?",
            query: "{ cities { groups(by: COUNTRY, first: 10) { nodes { count keys { value record { key } } } } } }".to_owned(),
            read: |data| groups(&data["cities"]),
            expected: by_country.iter().take(10).map(|(count, country)| format!("{country}: {count}")).collect(),
            at_least: 10,
        },
        Question {
            about: "How many partners have the cities with most?",
            query: "{ cities(first: 10, orderBy: PARTNERSHIPS_COUNT_DESC) { nodes { partnerships { totalCount } } } }".to_owned(),
            read: |data| items(&data["cities"]["nodes"]).map(|of| of["partnerships"]["totalCount"].to_string()).collect(),
            expected: counts.iter().take(10).map(usize::to_string).collect(),
            at_least: 10,
        },
        Question {
            about: "How far away are the partners of Espoo?",
            query: "{ city(by: {key: \"espoo\"}) { partnerships(first: 100) { edges { distance partner { key } } } } }".to_owned(),
            read: |data| {
                let partner = |edge: &Value| {
                    let distance = edge["distance"].as_f64().map_or("-".to_owned(), |distance| format!("{distance:.0}"));
                    format!("{} {distance}", key(&edge["partner"]))
                };
                items(&data["city"]["partnerships"]["edges"]).map(partner).collect()
            },
            expected: farthest.collect(),
            at_least: 5,
        },
        Question {
            about: "Which twin cities are within 100 km of Espoo, and how far?",
            query: "{ cities(near: {city: {key: \"espoo\"}, kilometers: 100}, first: 100) { edges { distance node { key } } } }"
                .to_owned(),
            read: |data| {
                let city = |edge: &Value| format!("{} {:.1}", key(&edge["node"]), edge["distance"].as_f64().unwrap_or(-1.0));
                items(&data["cities"]["edges"]).map(city).collect()
            },
            expected: nearest.iter().map(|(city, distance)| format!("{city} {distance:.1}")).collect(),
            at_least: 5,
        },
        Question {
            about: "Which cities of five million people and more are in the south, and how many partners have they?",
            query: "{ cities(first: 100, filter: {population: {gte: 5000000}, coordinates: {within: {south: -90, west: -180, \
                    north: 0, east: 180}}}) { nodes { key partnerships { totalCount } } } }"
                .to_owned(),
            read: |data| {
                let city = |city: &Value| format!("{} {}", key(city), city["partnerships"]["totalCount"]);
                items(&data["cities"]["nodes"]).map(city).collect()
            },
            expected: (world.cities.iter().filter(large))
                .filter(|row| row["latitude"].parse::<f64>().is_ok_and(|latitude| latitude <= 0.0))
                .map(|row| format!("{} {}", row["key"], partners(&row["key"])))
                .collect(),
            at_least: 3,
        },
    ]
}
