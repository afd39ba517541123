//! An import removes the records that the files take back, and only those: nothing that others refer to.

use serde_json::Value;

use super::{partial_files::set, *};
use crate::process::Place;

const COUNTRIES: &str = "key,name,language,visibility\nFI,Finland,en,public\nCN,China,en,public\n";
const CITIES: &str = "key,name,language,kind,country,visibility\nespoo,Espoo,fi,city,FI,public\n\
                      oulu,Oulu,fi,city,FI,public\nshanghai,Shanghai,en,city,CN,public\n";
const PARTNERSHIPS: &str = "key,members,kind,status,visibility\none,espoo;shanghai,sister_city,active,public\n";
const TOPICS: &str = "key,name,language,visibility\nport,Ports,en,public\n";
const TAGS: &str = "record_kind,record,topic\ncity,shanghai,port\n";
const IDENTIFIERS: &str = "record_kind,record,scheme,value\ncity,oulu,wikidata,Q47048\n";
const NAMES: &str = "record_kind,record,language,name\ncity,oulu,sv,Uleåborg\n";

fn world() -> Set {
    set(&[
        ("countries.csv", COUNTRIES),
        ("cities.csv", CITIES),
        ("partnerships.csv", PARTNERSHIPS),
        ("topics.csv", TOPICS),
        ("tags.csv", TAGS),
        ("identifiers.csv", IDENTIFIERS),
        ("names.csv", NAMES),
    ])
}

fn withdrawals(rows: &str) -> Set {
    set(&[("withdrawals.csv", &format!("kind,key,reason\n{rows}\n"))])
}

async fn cities(server: &Server) -> Value {
    let answer = server.data("{ cities(orderBy: KEY_ASC) { nodes { key } } }", json!({})).await;
    answer["cities"]["nodes"].as_array().expect("nodes").iter().map(|node| node["key"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_taken_back() {
    for backend in backends() {
        let server = Server::start(backend, Data::Empty).await;
        server.data.import(&world().files()).await.expect("an import");
        let done =
            server.data.import(&withdrawals("city,oulu,It was entered twice.").files()).await.expect("an import");
        assert_eq!((done.added, done.updated, done.removed, done.unchanged), (0, 0, 1, 0), "{backend}");
        assert_eq!(cities(&server).await, json!(["espoo", "shanghai"]), "{backend}");
        // Nothing of it is left, so that another record may have its identifier and its key.
        let again = set(&[
            ("cities.csv", "key,name,language,kind,country,visibility\noulu,Another,fi,town,FI,public\n"),
            ("identifiers.csv", "record_kind,record,scheme,value\ncity,espoo,wikidata,Q47048\n"),
        ]);
        server.data.import(&again.files()).await.expect("an import");
        let query = "{ city(by: {identifier: {scheme: WIKIDATA, value: \"Q47048\"}}) { key } \
                       oulu: city(by: {key: \"oulu\"}) { name names { name } version } }";
        let expected = json!({ "city": { "key": "espoo" }, "oulu": { "name": "Another", "names": [], "version": 1 } });
        assert_eq!(server.data(query, json!({})).await, expected, "{backend}");
        // An identifier that another record gets by the same import.
        let moved = set(&[("identifiers.csv", "record_kind,record,scheme,value\ncity,shanghai,wikidata,Q47048\n")]);
        let rows = "kind,key,reason\npartnership,one,Wrong.\ncity,espoo,Wrong.\n";
        fs::write(moved.path("withdrawals.csv"), rows).expect("a file");
        let done = server.data.import(&moved.files()).await.expect("an import");
        assert_eq!(done.removed, 2, "{backend}");
        assert_eq!(cities(&server).await, json!(["oulu", "shanghai"]), "{backend}");
    }
}

/// What is wrong with a withdrawal, and who refers to what it would remove.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_refer_to_stays() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        database.import(&world().files()).await.expect("an import");
        let before = state(&database).await;
        for (rows, expected) in [
            (
                "city,espoo,x",
                "withdrawals.csv:2: key = \"espoo\": the city cannot be removed: the partnership one refers to it by members",
            ),
            ("topic,port,x", "the topic cannot be removed: the city shanghai refers to it by tags.csv"),
            (
                "country,FI,x\ncity,oulu,x",
                "withdrawals.csv:2: key = \"FI\": the country cannot be removed: the city espoo refers to it by country",
            ),
            ("city,turku,x", "no city has this key: remove the row"),
            ("town,oulu,x", "expected one of country, topic, source, city,"),
            ("city,oulu,", "it must not be empty: say why the record is taken back"),
            ("city,oulu,x\ncity,oulu,y", "line 2 takes the same record back already"),
        ] {
            let found = problems(database.import(&withdrawals(rows).files()).await);
            assert!(found.total == 1 && found.to_string().contains(expected), "{backend}: {rows}: {found}");
            assert!(state(&database).await == before, "{backend}: {rows}: something was written");
        }
        // What is there and taken back at once.
        let both = withdrawals("city,oulu,x");
        fs::write(both.path("cities.csv"), "key,population\noulu,200000\n").expect("a file");
        let found = problems(database.import(&both.files()).await);
        assert!(found.to_string().contains("cities.csv has a row for it"), "{backend}: {found}");
        let named = withdrawals("city,oulu,x");
        fs::write(named.path("names.csv"), NAMES).expect("a file");
        let found = problems(database.import(&named.files()).await);
        assert!(found.to_string().contains("the city oulu is removed by this import"), "{backend}: {found}");
        // If what refers goes with it, or refers to something else from now on.
        let all = withdrawals("city,espoo,x\npartnership,one,x");
        assert_eq!(database.import(&all.files()).await.expect("an import").removed, 2, "{backend}");
        let tag = withdrawals("topic,port,x");
        let row = "record_kind,record,topic\n";
        fs::write(tag.path("tags.csv"), row).expect("a file");
        let city = "key,population\nshanghai,24000000\n";
        fs::write(tag.path("cities.csv"), city).expect("a file");
        assert_eq!(database.import(&tag.files()).await.expect("an import").removed, 1, "{backend}");
    }
}

/// A file can be the whole truth about a type of records.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_replaces_all_records_of_its_type() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let files = world();
        place.prints(&["migrate"]);
        place.prints(&["import", files.path("").to_str().expect("a path")]);
        let cities = "key,name,language,kind,country,visibility\nespoo,Espoo,fi,city,FI,public\nshanghai,Shanghai,en,city,CN,public\n";
        let replacing = set(&[("cities.csv", cities)]);
        let directory = replacing.path("").to_str().expect("a path").to_owned();
        // Without the option, the record stays.
        assert!(place.prints(&["import", &directory]).contains("0 removed, 2 unchanged"));
        let report = place.path("report.csv");
        let report = report.to_str().expect("a path");
        let dry = place.prints(&["import", "--dry-run", "--replace", "city", "--report", report, &directory]);
        assert!(dry.contains("cities.csv: city oulu: record: \"oulu\" → \"removed: it has no row"), "{backend}: {dry}");
        assert!(dry.contains("1 removed, 2 unchanged"), "{backend}: {dry}");
        let told = fs::read_to_string(report).expect("a report");
        assert!(told.contains("cities.csv,0,city,oulu,record,oulu,removed"), "{told}");
        let done = place.prints(&["import", "--replace", "city", &directory]);
        assert!(done.contains("0 records added, 0 updated, 1 removed, 2 unchanged"), "{backend}: {done}");
        assert!(place.prints(&["import", "--replace", "city", &directory]).contains("0 removed"));

        let refused = place.run(&["import", "--replace", "country,partnership", &directory]);
        let message = String::from_utf8_lossy(&refused.stderr);
        for file in ["countries.csv", "partnerships.csv"] {
            let expected = format!("{file}: there is no such file to replace the records");
            assert!(message.contains(&expected), "{backend}: {message}");
        }
        let unknown = place.run(&["import", "--replace", "towns", &directory]);
        let message = String::from_utf8_lossy(&unknown.stderr);
        assert!(message.contains("expected one of country, topic, source, city"), "{message}");
    }
}
