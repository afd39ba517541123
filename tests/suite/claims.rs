//! What sources state, and how many of them are independent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends},
};

type Row = BTreeMap<String, String>;

fn rows(set: &Set, file: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(set.path(file)).expect(file);
    let headers = reader.headers().expect("a header").clone();
    let row = |row: csv::StringRecord| headers.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect();
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

/// The sources that a source derives from, itself included.
fn lineage(source: &str, origins: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![source.to_owned()];
    while let Some(source) = open.pop() {
        open.extend(origins[&source].clone().into_iter().filter(|origin| !found.contains(origin)));
        found.insert(source);
    }
    found
}

/// How many groups of sources there are between which nothing is shared: as long as two groups share a source, they are one.
fn independent(sources: &[String], origins: &BTreeMap<String, Vec<String>>) -> usize {
    let mut groups: Vec<BTreeSet<String>> = sources.iter().map(|source| lineage(source, origins)).collect();
    loop {
        let pairs = (0..groups.len()).flat_map(|i| (i + 1..groups.len()).map(move |j| (i, j)));
        let Some((i, j)) = pairs.into_iter().find(|(i, j)| !groups[*i].is_disjoint(&groups[*j])) else {
            return groups.len();
        };
        let other = groups.remove(j);
        groups[i].extend(other);
    }
}

/// The claims about all partnerships are those of the files: the values, the statements, and how many sources are independent.
#[tokio::test(flavor = "multi_thread")]
async fn claims_are_what_the_files_say() {
    let set = Set::bundled();
    // Both state many of the same dates.
    let derived = b"stored page (first 22 entries),shanghai-fao-list-2012,";
    set.replace("sources.csv", "stored page (first 22 entries),,", derived);
    let origins: BTreeMap<String, Vec<String>> = rows(&set, "sources.csv")
        .into_iter()
        .map(|row| {
            let list = row["derives_from"].split(';').filter(|key| !key.is_empty()).map(str::to_owned).collect();
            (row["key"].clone(), list)
        })
        .collect();
    assert!(origins.values().any(|list| !list.is_empty()), "no source derives from another");
    let mut expected: BTreeMap<(String, String, String, Option<String>), (BTreeSet<String>, Vec<String>)> =
        BTreeMap::new();
    for row in rows(&set, "citations.csv").iter().filter(|row| row["record_kind"] == "partnership") {
        let value = Some(row["claimed_value"].clone()).filter(|value| !value.is_empty());
        let claim = (row["record"].clone(), row["field"].clone(), row["stance"].to_uppercase(), value);
        let (citations, sources) = expected.entry(claim).or_default();
        citations.insert(row["key"].clone());
        sources.push(row["source"].clone());
    }
    let several =
        expected.values().filter(|(citations, sources)| independent(sources, &origins) < citations.len()).count();
    assert!(several > 10, "in {several} claims, sources derive from each other");
    for backend in backends() {
        let server = Server::over(TestDatabase::new(backend, Data::Empty).await).await;
        server.data.import(&set.files()).await.expect("an import");
        let mut found = BTreeMap::new();
        let mut after = Value::Null;
        loop {
            let query = "query ($after: String) { partnerships(first: 100, after: $after) {
                pageInfo { hasNextPage endCursor }
                nodes { key isDisputed ofSince: isDisputed(field: \"since\")
                    claims { field stance value independentSources citations { key } }
                    since: claims(field: \"since\") { field } }
            } }";
            let page = server.data(query, json!({"after": after})).await["partnerships"].clone();
            for partnership in page["nodes"].as_array().expect("a list") {
                let text = |value: &Value| value.as_str().map(str::to_owned);
                let claims = partnership["claims"].as_array().expect("claims");
                let is_contradiction = |claim: &&Value| claim["stance"] == json!("CONTRADICTS");
                let of_since = |claim: &&Value| claim["field"] == json!("since");
                assert_eq!(partnership["isDisputed"], json!(claims.iter().any(|claim| is_contradiction(&claim))));
                let since = claims.iter().filter(of_since);
                assert_eq!(partnership["ofSince"], json!(since.clone().any(|claim| is_contradiction(&claim))));
                assert_eq!(partnership["since"].as_array().expect("claims").len(), since.count());
                for claim in claims {
                    let [field, stance] = ["field", "stance"].map(|name| text(&claim[name]).expect("a text"));
                    let key = (text(&partnership["key"]).expect("a key"), field, stance, text(&claim["value"]));
                    let citations = claim["citations"].as_array().expect("citations");
                    let citations: BTreeSet<_> =
                        citations.iter().filter_map(|citation| text(&citation["key"])).collect();
                    let independent = claim["independentSources"].as_u64().expect("a number");
                    assert!(found.insert(key, (citations, independent)).is_none(), "{backend}: a claim comes twice");
                }
            }
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        let expected: BTreeMap<_, _> = expected
            .iter()
            .map(|(claim, (citations, sources))| {
                (claim.clone(), (citations.clone(), independent(sources, &origins) as u64))
            })
            .collect();
        assert_eq!(found, expected, "{backend}");
    }
}

/// Fields that nobody speaks about have no claims, whatever they are called.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_have_no_claims() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let query = "query ($field: String) { city(by: {key: \"espoo\"}) { claims(field: $field) { value } isDisputed(field: $field) } }";
        for field in ["", "no such field", "%", "🙂"] {
            let city = server.data(query, json!({"field": field})).await["city"].clone();
            assert_eq!(city, json!({"claims": [], "isDisputed": false}), "{backend}: {field:?}");
        }
        let query = "query ($field: String) { city(by: {key: \"espoo\"}) { claims(field: $field) { value } } }";
        let (code, message) = server.error(query, json!({"field": "\u{0}"})).await;
        assert_eq!(code, "INVALID_ARGUMENT", "{backend}: {message}");
    }
}
