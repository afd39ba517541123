//! Anniversaries: dates whose day and month lie within the days that are asked for.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends},
    walk::{items, text},
};

/// Cities with a day on which they were founded: leap days, ends of years, and what has no anniversary.
const FOUNDED: &[(&str, &str)] = &[
    ("leap", "2004-02-29"),
    ("end", "1950-12-31"),
    ("begin", "1950-01-01"),
    ("june", "1812-06-15"),
    ("of-old", "0001-06-15"),
    ("month", "1812-06"),
    ("period", "1812-06-15/1812-06-16"),
    ("before-christ", "-0044-06-15"),
    ("unknown", ""),
];

/// What is found within days, on lists and on timelines.
#[tokio::test(flavor = "multi_thread")]
async fn anniversaries_are_found() {
    for backend in backends() {
        let set = Set::bundled();
        let mut cities = "key,name,language,kind,country,founded,visibility\n".to_owned();
        for (key, founded) in FOUNDED {
            cities.push_str(&format!("{key},{key},en,city,FI,{founded},public\n"));
        }
        std::fs::write(set.path("cities.csv"), cities).expect("a file");
        let database = TestDatabase::new(backend, Data::Bundled).await;
        database.import(&set.files()).await.expect("an import");
        let server = Server::over(database).await;
        for (within, expected) in [
            ("2027-06", vec!["june", "of-old"]),
            ("2027-06-15", vec!["june", "of-old"]),
            ("2027-06-16/2028-06-14", vec!["begin", "end", "leap"]),
            ("2027-02", vec!["leap"]),
            ("2027-02-28", vec!["leap"]),
            ("2027-03-01", vec![]),
            ("2028-02-28", vec![]),
            ("2028-02-29", vec!["leap"]),
            ("2028-02-29/2029-02-28", vec!["begin", "end", "june", "leap", "of-old"]),
            ("2027-12-20/2028-01-10", vec!["begin", "end"]),
            ("2027", vec!["begin", "end", "june", "leap", "of-old"]),
            // The day itself is no anniversary, and neither is what comes before it.
            ("1950-01", vec![]),
            ("1951-01", vec!["begin"]),
            ("1811-06", vec!["of-old"]),
            ("{2027-01,2027-12}", vec!["begin", "end"]),
        ] {
            let keys = FOUNDED.iter().map(|(key, _)| *key).collect::<Vec<_>>();
            let query = "query ($date: String, $keys: [String!]) { cities(filter: {founded: {anniversaryWithin: $date}, \
                         key: {in: $keys}}) { nodes { key } } \
                         timeline(kinds: CITY_FOUNDED, date: {anniversaryWithin: $date}, first: 100) { nodes { record { key } } } }";
            let data = server.data(query, json!({"date": within, "keys": keys})).await;
            let found: BTreeSet<_> = items(&data["cities"]["nodes"]).map(|city| text(&city["key"])).collect();
            assert_eq!(found.into_iter().collect::<Vec<_>>(), expected, "{backend}: {within}");
            let on_timeline = items(&data["timeline"]["nodes"]).map(|entry| text(&entry["record"]["key"]));
            let found: BTreeSet<_> = on_timeline.filter(|key| keys.contains(&key.as_str())).collect();
            assert_eq!(found.into_iter().collect::<Vec<_>>(), expected, "{backend}: timeline: {within}");
        }
        for within in ["2027/2028", "2027-01-01/2028-01-01", "../2027", "2027/..", "202X"] {
            let query =
                "query ($date: String) { cities(filter: {founded: {anniversaryWithin: $date}}) { totalCount } }";
            let (code, message) = server.error(query, json!({"date": within})).await;
            assert!(code == "INVALID_ARGUMENT" && message.contains("at most a year"), "{backend}: {within}: {message}");
        }
    }
}
