//! Tenures: an office that is attested for several days is one, as long as no date says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rows;
use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends},
    walk::{items, text},
};

const TENURES: &str = "tenures { start { edtf } end { edtf } attested { edtf } positions { key } }";

/// What a tenure says: start, end, attested dates, keys of positions.
fn read(tenure: &Value) -> (String, String, Vec<String>, Vec<String>) {
    let list = |name: &str, field: &str| items(&tenure[name]).map(|item| text(&item[field])).collect::<Vec<_>>();
    let [start, end] = ["start", "end"].map(|name| text(&tenure[name]["edtf"]));
    (start, end, list("attested", "edtf"), list("positions", "key"))
}

/// Every position is in one tenure; those of one office of the bundled data are in the same one.
#[tokio::test(flavor = "multi_thread")]
async fn an_office_attested_on_several_days_is_one_tenure() {
    let mut offices: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for position in rows("positions") {
        let office = ["official", "title", "organization", "city"].map(|column| position[column].to_lowercase());
        offices.entry(office).or_default().insert(position["key"].clone());
    }
    let expected: BTreeSet<_> = offices.into_values().collect();
    assert!(expected.iter().any(|positions| positions.len() > 2), "no office is attested three times");
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let data =
            server.data(&format!("{{ officials(first: 100) {{ nodes {{ key {TENURES} }} }} }}"), json!({})).await;
        let tenures: Vec<_> = items(&data["officials"]["nodes"])
            .flat_map(|official| items(&official["tenures"]).map(|tenure| (text(&official["key"]), read(tenure))))
            .collect();
        let found: BTreeSet<BTreeSet<_>> =
            tenures.iter().map(|(_, (.., positions))| positions.iter().cloned().collect()).collect();
        assert_eq!(found, expected, "{backend}");
        assert_eq!(tenures.len(), expected.len(), "{backend}: a position is in two tenures");
        let of = |official: &str| {
            tenures.iter().filter(|(key, _)| key == official).map(|(_, tenure)| tenure).collect::<Vec<_>>()
        };
        let [mayor] = &*of("jukka-makela") else { panic!("{backend}: {tenures:?}") };
        assert_eq!(mayor.2, ["2012-06-14", "2018-09-13", "2023"], "{backend}");
        let vapaavuori = of("jan-vapaavuori");
        assert_eq!(vapaavuori.len(), 2, "{backend}: another office is another tenure");
        assert_eq!((&*vapaavuori[1].0, &*vapaavuori[1].2), ("2017-06", &["2022-02-23".to_owned()][..]), "{backend}");
    }
}

/// Dates that contradict each other are of different tenures; a more precise date is that of the tenure.
#[tokio::test(flavor = "multi_thread")]
async fn two_terms_of_one_office_are_two_tenures() {
    let set = Set::bundled();
    let terms = [
        "stubb-a,alexander-stubb,Mayor of Somewhere,en,,,2000,2004,,,public",
        "stubb-b,alexander-stubb,MAYOR of Somewhere,en,,,2000-03-01,,2002-05,,public",
        "stubb-c,alexander-stubb,Mayor of Somewhere,en,,,2010,,,,public",
        "stubb-d,alexander-stubb,Mayor of Somewhere,en,,,,,2012,,public",
        "stubb-e,alexander-stubb,Mayor of Somewhere,en,,,,,2003-07-01,,public",
        "stubb-f,alexander-stubb,Mayor of Elsewhere,en,,,,,2003-07-01,,public",
        "stubb-g,alexander-stubb,Mayor of Nowhere,en,,,,,,,public",
    ];
    let positions = std::fs::read_to_string(set.path("positions.csv")).expect("positions");
    std::fs::write(set.path("positions.csv"), format!("{positions}{}\n", terms.join("\n"))).expect("a file");
    for backend in backends() {
        let data = TestDatabase::new(backend, Data::Empty).await;
        data.import(&set.files()).await.unwrap_or_else(|cause| panic!("{cause}"));
        let server = Server::over(data).await;
        let query = format!("{{ official(by: {{key: \"alexander-stubb\"}}) {{ {TENURES} }} }}");
        let data = server.data(&query, json!({})).await;
        let tenures: Vec<_> = items(&data["official"]["tenures"]).map(read).collect();
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let tenure = |start: &str, end: &str, attested: &[&str], positions: &[&str]| {
            (start.to_owned(), end.to_owned(), texts(attested), texts(positions))
        };
        let expected = vec![
            tenure("2000-03-01", "2004", &["2002-05", "2003-07-01"], &["stubb-a", "stubb-b", "stubb-e"]),
            tenure("", "", &["2003-07-01"], &["stubb-f"]),
            tenure("2010", "", &["2012"], &["stubb-c", "stubb-d"]),
            tenure("", "", &["2024-10-28"], &["alexander-stubb-35"]),
            tenure("", "", &[], &["stubb-g"]),
        ];
        assert_eq!(tenures, expected, "{backend}");
    }
}
