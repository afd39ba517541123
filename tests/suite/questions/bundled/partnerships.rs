//! Questions of partnerships.

use super::*;

/// Groups with their ranks: each position in the list, the largest first. Those of one size stand in the order of their keys.
fn ranked(country: &str, groups: Vec<String>) -> Vec<String> {
    groups.into_iter().enumerate().map(|(position, group)| format!("{country} {position} {group}")).collect()
}

pub(super) fn questions(files: &Files) -> Vec<Question> {
    let counts = |row: &Row| ["active", "suspended", "disputed", "unknown", ""].contains(&row["status"].as_str());
    let graph = Graph::of_partnerships(&files.partnerships, counts);
    let two_steps = graph.reach("espoo").into_iter().filter(|(_, at)| at.distance == 2);
    let disputed = |row: &&Row| files.statements(&row["key"], "since").any(|of| of["stance"] == "contradicts");
    let claimed = |row: &Row| {
        let values = files.statements(&row["key"], "since").map(|of| or_dash(&of["claimed_value"]).to_owned());
        format!("{}: {}", row["key"], joined(values))
    };
    let countries = column(&files.cities, "country");
    let began = |row: &&Row| row["status"] == "active" && days(&row["since"]).is_some_and(|(_, last)| *last < *"1985");
    vec![
        Question {
            about: "Which cities of Finland, and which of Japan, have most sister cities?",
            query: format!("{{ {} }}", ["FI", "JP"].map(|country| format!(
                "{country}: partnerships(filter: {{kind: {{eq: SISTER_CITY}}, status: {{eq: ACTIVE}}}}) {{ groups(by: MEMBERS, \
                 first: 100, orderBy: COUNT_DESC, filter: {{city: {{country: {{key: {{eq: \"{country}\"}}}}}}}}) {{ totalCount \
                 nodes {{ count keys {{ value record {{ key }} }} }} }} }} "
            )).concat()),
            read: |data| {
                let of = |country: &&str| ranked(country, groups(&data[*country]));
                ["FI", "JP"].iter().flat_map(of).collect()
            },
            expected: ["FI", "JP"].iter().flat_map(|country| ranked(country, files.partnerships_of("sister_city", country))).collect(),
            at_least: 15,
        },
        Question {
            about: "Which Finnish cities are sister cities of Shanghai or of a district of it, since when, and who disagrees?",
            query: "{ cities(filter: {or: [{key: {eq: \"shanghai\"}}, {parent: {key: {eq: \"shanghai\"}}}]}) { nodes { key \
                    partnerships(first: 100, filter: {members: {some: {country: {key: {eq: \"FI\"}}}}}) { edges { partner { key } \
                    node { since { edtf } citations(first: 100, filter: {stance: {eq: CONTRADICTS}}) { nodes { field claimedValue } } } } } } } }"
                .to_owned(),
            read: |data| {
                let mut found = Vec::new();
                for city in items(&data["cities"]["nodes"]) {
                    for edge in items(&city["partnerships"]["edges"]) {
                        let of = items(&edge["node"]["citations"]["nodes"]);
                        let value = |of: &Value| of["claimedValue"].as_str().unwrap_or_default().to_owned();
                        let values = joined(of.map(|of| format!("{}={}", text(&of["field"]), value(of))));
                        let since = or_none(&edge["node"]["since"]["edtf"]);
                        found.push(format!("{} {} {since} [{values}]", key(city), key(&edge["partner"])));
                    }
                }
                found
            },
            expected: files.sister_cities_of_shanghai(),
            at_least: 3,
        },
        Question {
            about: "Which partnerships have more than one claimed start?",
            query: "{ partnerships(first: 100, filter: {citations: {some: {field: {eq: \"since\"}, stance: {eq: CONTRADICTS}}}}) \
                    { nodes { key claims(field: \"since\") { value } } } }"
                .to_owned(),
            read: |data| {
                let of = |of: &Value| format!("{}: {}", key(of), joined(items(&of["claims"]).map(|of| or_none(&of["value"]))));
                items(&data["partnerships"]["nodes"]).map(of).collect()
            },
            expected: files.partnerships.iter().filter(disputed).map(claimed).collect(),
            at_least: 4,
        },
        Question {
            about: "Which cities are two steps from Espoo, and in how many ways?",
            query: "{ city(by: {key: \"espoo\"}) { network { partners(distance: 2, first: 100) { edges { ways node { key } } } } } }"
                .to_owned(),
            read: |data| {
                let edges = items(&data["city"]["network"]["partners"]["edges"]);
                edges.map(|edge| format!("{} {}", key(&edge["node"]), edge["ways"])).collect()
            },
            expected: two_steps.map(|(city, at)| format!("{city} {}", at.ways)).collect(),
            at_least: 10,
        },
        Question {
            about: "Which active partnerships began before 1985?",
            query: "{ partnerships(first: 100, filter: {status: {eq: ACTIVE}, since: {certainlyBefore: \"1985\"}}) \
                    { nodes { key since { edtf } } } }"
                .to_owned(),
            read: |data| {
                let of = |of: &Value| format!("{} {}", key(of), or_none(&of["since"]["edtf"]));
                items(&data["partnerships"]["nodes"]).map(of).collect()
            },
            expected: (files.partnerships.iter().filter(began))
                .map(|row| format!("{} {}", row["key"], row["since"]))
                .collect(),
            at_least: 5,
        },
        Question {
            about: "In which countries are the cities that Shanghai is joined with?",
            query: "{ city(by: {key: \"shanghai\"}) { partnerships(first: 100) { edges { partners { country { key } } } } } }".to_owned(),
            read: |data| {
                let edges = items(&data["city"]["partnerships"]["edges"]);
                counted(edges.flat_map(|edge| items(&edge["partners"]).map(|city| key(&city["country"])).collect::<Vec<_>>()))
            },
            expected: counted(files.partnerships.iter().filter_map(|row| {
                let members: Vec<&str> = row["members"].split(';').collect();
                let others = members.contains(&"shanghai").then(|| members.into_iter().filter(|city| *city != "shanghai"));
                Some(others?.map(|city| countries[city].to_owned()).collect::<Vec<_>>())
            }).flatten()),
            at_least: 20,
        },
    ]
}
