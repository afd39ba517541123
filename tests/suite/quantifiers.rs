//! Conditions on lists of related records: `some`, `every`, `none`.

use crate::{
    dates::{keys, records, serve},
    import_export::Set,
    support::backends,
};

/// Cities of one country, and partnerships: the members of each, and since when.
pub fn partnerships(cities: usize, partnerships: &[(&str, &str)]) -> Set {
    let set =
        records("cities.csv", (0..cities).map(|_| vec![("kind", "city".to_owned()), ("country", "SM".to_owned())]));
    let partnership = |(members, since): &(&str, &str)| {
        [("members", *members), ("kind", "sister_city"), ("since", since), ("status", "active")]
            .map(|(column, cell)| (column, cell.to_owned()))
            .to_vec()
    };
    let rows = records("partnerships.csv", partnerships.iter().map(partnership));
    std::fs::copy(rows.path("partnerships.csv"), set.path("partnerships.csv")).expect("a file");
    let country = records("countries.csv", [vec![("alpha3", "SMR".to_owned()), ("numeric", "674".to_owned())]]);
    let text = std::fs::read_to_string(country.path("countries.csv")).expect("a file").replace("v000", "SM");
    std::fs::write(set.path("countries.csv"), text).expect("a file");
    set
}

/// Alternatives for which a database uses several indexes find the records of all parents, not only of the first. SQLite 3.51
/// finds two of these eight cities where it may join what `EXISTS` asks for.
#[tokio::test(flavor = "multi_thread")]
async fn alternatives_find_the_records_of_all_parents() {
    let members = |i: usize| format!("v00{};v00{}", i % 8, (i + 1 + i / 8) % 8);
    let pairs: Vec<_> = (0..16).map(|i| (members(i), (1980 + i).to_string())).collect();
    let pairs: Vec<_> = pairs.iter().map(|(members, since)| (members.as_str(), since.as_str())).collect();
    let set = partnerships(8, &pairs);
    for backend in backends() {
        let server = serve(backend, &set).await;
        for condition in [
            "{or: [{since: {possiblyWithin: $d}}, {key: {eq: \"none\"}}]}",
            "{or: [{since: {certainlyWithin: $d}}, {key: {eq: \"none\"}}]}",
            "{during: {possiblyOverlaps: $d}}",
        ] {
            for (quantifier, expected) in [("some", 8), ("every", 8), ("none", 0)] {
                let filter = format!("{{partnerships: {{{quantifier}: {condition}}}}}");
                let found = keys(&server, "cities", &filter, "1980/..").await;
                assert_eq!(found.len(), expected, "{backend}: {filter}");
            }
        }
    }
}
