//! Orders of lists: several at once, by related records, and by how many there are. That pages of every order put together
//! are the list is tested in `paging`, that they tell nothing of hidden records in `leak`.

use serde_json::{Value, json};

use crate::{
    support::{Data, Server, backends},
    walk::{items, text},
};

/// The keys of a list.
async fn keys(server: &Server, list: &str, variables: Value) -> Vec<String> {
    let query =
        format!("query ($o: CityOrder, $then: [CityOrder!]) {{ r: {list} {{ nodes {{ ... on Record {{ key }} }} }} }}");
    // A document may not have variables that it does not use.
    let query = if list.contains('$') { query } else { query.replace("($o: CityOrder, $then: [CityOrder!])", "") };
    let data = server.data(&query, variables).await;
    items(&data["r"]["nodes"]).map(|node| text(&node["key"])).collect()
}

/// Ties of an order are broken by the next one, in its own direction; also if the orders are variables, one of which is a
/// single order.
#[tokio::test(flavor = "multi_thread")]
async fn ties_are_broken_by_further_orders() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let data = server
            .data(
                "{ cities(first: 100, orderBy: COUNTRY_NAME_DESC, thenBy: [POPULATION_ASC, NAME_DESC]) \
                 { nodes { key name population country { name } } } }",
                json!({}),
            )
            .await;
        let found: Vec<_> = items(&data["cities"]["nodes"]).collect();
        assert!(found.len() > 50, "{backend}: {} cities", found.len());
        for pair in found.windows(2) {
            let country = |city: &Value| folding::fold(&text(&city["country"]["name"]));
            let population = |city: &Value| city["population"].as_i64().unwrap_or(i64::MAX);
            let name = |city: &Value| folding::fold(&text(&city["name"]));
            let is_in_order = country(pair[1])
                .cmp(&country(pair[0]))
                .then(population(pair[0]).cmp(&population(pair[1])))
                .then(name(pair[1]).cmp(&name(pair[0])));
            assert!(is_in_order.is_le(), "{backend}: {pair:?}");
        }
        let literal = keys(&server, "cities(orderBy: COUNTRY_NAME_ASC, thenBy: [NAME_DESC])", json!({})).await;
        let variables = json!({"o": "COUNTRY_NAME_ASC", "then": "NAME_DESC"});
        assert_eq!(keys(&server, "cities(orderBy: $o, thenBy: $then)", variables).await, literal, "{backend}");
        let default = keys(&server, "cities(thenBy: $then, orderBy: $o)", json!({"then": ["KEY_ASC"]})).await;
        assert_eq!(default, keys(&server, "cities(thenBy: [KEY_ASC])", json!({})).await, "{backend}");
    }
}

/// The number of related records, and dates of related records, are those that the fields themselves give.
#[tokio::test(flavor = "multi_thread")]
async fn related_records_decide() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let query =
            "{ cities(first: 100, orderBy: PARTNERSHIPS_COUNT_DESC) { nodes { partnerships { totalCount } } } }";
        let data = server.data(query, json!({})).await;
        let counts: Vec<_> =
            items(&data["cities"]["nodes"]).map(|city| city["partnerships"]["totalCount"].as_i64()).collect();
        assert!(counts[0] > counts[50] && counts.is_sorted_by(|a, b| a >= b), "{backend}: {counts:?}");

        let day = "start { earliest }";
        let query = format!(
            "{{ participations(first: 100, orderBy: ACTIVITY_START_ASC) {{ nodes {{ activity {{ ... on Visit {{ {day} }} ... on Event {{ {day} }} }} }} }} }}"
        );
        let data = server.data(&query, json!({})).await;
        let days: Vec<_> = items(&data["participations"]["nodes"])
            .map(|of| of["activity"]["start"]["earliest"].as_str().unwrap_or("9999").to_owned())
            .collect();
        assert!(days.len() > 50 && days[0] < days[50] && days.is_sorted(), "{backend}: {days:?}");
    }
}

/// Names come in the order of the alphabet of a language, the same on both databases, in the order of the client's choice and
/// also if the names are those of related records.
#[tokio::test(flavor = "multi_thread")]
async fn languages_have_alphabets() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let names = async |arguments: &str| {
            let query = format!(
                "{{ cities({arguments}, filter: {{key: {{in: [\"espoo\", \"ahtari\", \"turku\", \"vaasa\", \"oulu\"]}}}}) \
                 {{ nodes {{ name }} }} }}"
            );
            let data = server.data(&query, json!({})).await;
            items(&data["cities"]["nodes"]).map(|node| text(&node["name"])).collect::<Vec<_>>()
        };
        let plain = names("orderBy: NAME_ASC").await;
        assert_eq!(plain.first().map(String::as_str), Some("Ähtäri"), "{backend}");
        assert_eq!(names("orderBy: NAME_ASC, collation: \"en\"").await, plain, "{backend}");
        assert_eq!(names("orderBy: NAME_DESC, collation: \"fi\"").await[0], "Ähtäri", "{backend}");
        assert_eq!(names("last: 1, collation: \"sv-FI\"").await, ["Ähtäri"], "{backend}");
        let query = "{ cities(collation: \"ko\") { totalCount } }";
        let (code, message) = server.error(query, json!({})).await;
        assert_eq!(code, "INVALID_ARGUMENT");
        assert!(message.starts_with("`collation` is \"ko\": expected the BCP 47 tag of a language"), "{message}");
        assert!(message.contains("sv, tr, uk, zh, vi"), "{message}");
    }
}

/// A name that changes changes its place.
#[tokio::test(flavor = "multi_thread")]
async fn sort_keys_follow_names() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let last = async || {
            let query =
                "{ cities(last: 1, filter: {country: {key: {eq: \"FI\"}}}, collation: \"fi\") { nodes { key } } }";
            let data = server.data(query, json!({})).await;
            text(&data["cities"]["nodes"][0]["key"])
        };
        let before = last().await;
        assert_eq!(before, "ahtari", "{backend}");
        let set = crate::import_export::Set::bundled();
        set.replace("cities.csv", ",Espoo,", ",Öspoo,".as_bytes());
        server.data.import(&set.files()).await.unwrap_or_else(|cause| panic!("{cause}"));
        assert_eq!(last().await, "espoo", "{backend}");
    }
}

/// The price of orders that no index serves, and what is refused.
#[tokio::test(flavor = "multi_thread")]
async fn orders_have_a_price_and_a_limit() {
    let server = Server::start(backends()[0], Data::Empty).await;
    let price = async |arguments: &str, variables: Value| {
        let query = format!("query ($o: CityOrder, $then: [CityOrder!]) {{ cities({arguments}) {{ totalCount }} }}");
        let query =
            if arguments.contains('$') { query } else { query.replace("($o: CityOrder, $then: [CityOrder!])", "") };
        let body = json!({ "query": query, "variables": variables, "extensions": { "cost": true } });
        let answer: Value = serde_json::from_str(&server.text_of(&body).await).expect("JSON");
        answer["extensions"]["cost"]["requested"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    };
    let plain = price("orderBy: NAME_ASC", json!({})).await;
    for (arguments, variables, more) in [
        ("orderBy: POPULATION_DESC", json!({}), 0),
        ("orderBy: PARTNERSHIPS_COUNT_DESC", json!({}), 300),
        ("orderBy: NAME_ASC, collation: \"fi\"", json!({}), 300),
        ("collation: \"fi\"", json!({}), 300),
        ("collation: null", json!({}), 0),
        ("orderBy: POPULATION_DESC, collation: \"fi\"", json!({}), 0),
        ("orderBy: POPULATION_DESC, thenBy: [NAME_ASC, KEY_ASC], collation: \"fi\"", json!({}), 400),
        ("orderBy: COUNTRY_NAME_ASC, thenBy: [NAME_DESC], collation: \"fi\"", json!({}), 600),
        ("orderBy: NAME_ASC, thenBy: KEY_ASC", json!({}), 100),
        ("orderBy: COUNTRY_NAME_ASC, thenBy: [PARTNERSHIPS_COUNT_ASC, NAME_ASC]", json!({}), 700),
        ("orderBy: $o, thenBy: $then", json!({}), 0),
        ("orderBy: $o, thenBy: $then", json!({"o": "COUNTRY_NAME_ASC", "then": ["NAME_ASC", "KEY_ASC"]}), 500),
    ] {
        assert_eq!(price(arguments, variables).await, plain + more, "{arguments}");
    }
    let four = "{ cities(thenBy: [NAME_ASC, KEY_ASC, NAME_DESC, KEY_DESC]) { totalCount } }";
    let (code, message) = server.error(four, json!({})).await;
    assert_eq!(code, "INVALID_ARGUMENT");
    assert!(message.contains("`thenBy` has 4 orders: at most 3 are allowed"), "{message}");
}
