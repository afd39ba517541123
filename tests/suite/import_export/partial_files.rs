//! What files do not say stays as it is; what they say holds, also that something is gone.

use super::*;

pub fn set(files: &[(&str, &str)]) -> Set {
    let set = Set::empty();
    for (name, text) in files {
        fs::write(set.path(name), text).expect("a file");
    }
    set
}

fn counts(done: Imported) -> (u64, u64, u64, u64) {
    (done.added, done.updated, done.unchanged, done.annotations)
}

/// A file of one column and a key changes this column of this record.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_said_stays() {
    let cases: [(&str, &str, &[(&str, &str, &str)]); 5] = [
        ("cities.csv", "key,population\nespoo,323911\n", &[("cities.csv", ",323910,", ",323911,")]),
        ("cities.csv", "population,key\n,espoo\n", &[("cities.csv", "24.6522,323910,", "24.6522,,")]),
        (
            "visits.csv",
            "key,note\nbeihai-imatra-2017,New.\n",
            &[("visits.csv", "beihai-imatra-2017", "beihai-imatra-2017")],
        ),
        (
            "partnerships.csv",
            "key,members\nahtari-dujiangyan,akaa;dujiangyan\n",
            &[("partnerships.csv", "ahtari;dujiangyan", "akaa;dujiangyan")],
        ),
        (
            "partnerships.csv",
            "key,level\nahtari-dujiangyan,regional\n",
            &[(
                "partnerships.csv",
                "ahtari;dujiangyan,sister_city,,,active,municipal",
                "ahtari;dujiangyan,sister_city,,,active,regional",
            )],
        ),
    ];
    for backend in backends() {
        for (file, text, changes) in cases {
            let database = TestDatabase::new(backend, Data::Bundled).await;
            let mut expected = bundled();
            for (file, from, to) in changes {
                let old = String::from_utf8(expected[*file].clone()).expect("UTF-8");
                assert_eq!(old.matches(from).count(), 1, "{file}: {from}");
                expected.insert((*file).to_owned(), old.replace(from, to).into_bytes());
            }
            let done = database.import(&set(&[(file, text)]).files()).await.expect("an import");
            assert_eq!(counts(done), (0, 1, 0, 0), "{backend}: {text}");
            let mut found = exported(&database).await;
            if file == "visits.csv" {
                let visits = String::from_utf8_lossy(&found[file]).into_owned();
                assert!(
                    visits.lines().any(|row| row.starts_with("beihai-imatra-2017,") && row.contains(",New.,")),
                    "{visits}"
                );
                found.insert(file.to_owned(), expected[file].clone());
            }
            assert_same(&found, &expected, backend);
            let again = database.import(&set(&[(file, text)]).files()).await.expect("an import");
            assert_eq!(counts(again), (0, 0, 1, 0), "{backend}: {text}");
        }
    }
}

/// Three files are enough for a pair of cities, in a database that has nothing.
#[tokio::test(flavor = "multi_thread")]
async fn three_files_are_enough_for_a_pair_of_cities() {
    let files = set(&[
        ("countries.csv", "key,name,language,alpha3,numeric,visibility\nFI,Finland,en,FIN,246,public\n"),
        ("cities.csv", "key,name,language,kind,country,visibility\na,A,en,city,FI,public\nb,B,en,city,FI,public\n"),
        ("partnerships.csv", "key,members,kind,status,level,visibility\na-b,a;b,sister_city,active,municipal,public\n"),
    ]);
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let done = database.import(&files.files()).await.expect("an import");
        assert_eq!(counts(done), (4, 0, 0, 0), "{backend}");
        let server = Server::over(database).await;
        let found = server.data("{ city(by: {key: \"a\"}) { partnerships { nodes { key } } } }", json!({})).await;
        assert_eq!(found["city"]["partnerships"]["nodes"], json!([{ "key": "a-b" }]), "{backend}");
    }
}

/// The checks see the whole record: what the file says, and what it does not say.
#[tokio::test(flavor = "multi_thread")]
async fn what_files_leave_out_is_checked_with_what_they_say() {
    let header = "key,name,language,kind,country,";
    let cases = [
        // An end before the start that the database has.
        ("visits.csv", "key,end\nbeihai-imatra-2017,2017-07-03\n", 2, "end", "it is before start (2017-07-04)"),
        // A new record lacks what it needs.
        (
            "cities.csv",
            "key,population\natlantis,1\n",
            2,
            "name",
            "the file does not have this column, but new records",
        ),
        // Columns that belong together.
        (
            "cities.csv",
            "key,name\nespoo,Esbo\n",
            1,
            "",
            "the column language is missing: it belongs to the column name",
        ),
        (
            "cities.csv",
            "key,language\nespoo,sv\n",
            1,
            "",
            "the column name is missing: it belongs to the column language",
        ),
        (
            "participations.csv",
            "key,activity\nP001,x\n",
            1,
            "",
            "activity_kind is missing: it belongs to the column activity",
        ),
        // Without keys, nobody knows what is meant.
        (
            "cities.csv",
            "name,language\nEspoo,en\n",
            1,
            "",
            "the column key is missing, which is required: the columns are key,id,name,",
        ),
        (
            "names.csv",
            "record,language,name\nespoo,en,Espoo\n",
            1,
            "",
            "the column record_kind is missing, which is required",
        ),
        // A misspelt column, a misspelt file.
        (
            "cities.csv",
            "key,populaton\nespoo,1\n",
            1,
            "",
            "the column populaton is not known: the columns are key,id,name,",
        ),
        ("city.csv", "key,population\nespoo,1\n", 0, "", "the file is not known: the files are countries.csv, "),
        ("Cities.CSV", "key,population\nespoo,1\n", 0, "", "the file is not known: the files are countries.csv, "),
        ("README.md", "", 0, "", "the directory has none of the files countries.csv, "),
    ];
    assert!(String::from_utf8_lossy(&bundled()["cities.csv"]).starts_with(header));
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        for (file, text, line, column, says) in cases {
            let found = problems(database.import(&set(&[(file, text)]).files()).await);
            let fits = |p: &&Problem| p.line == line && p.column == column && p.message.contains(says);
            assert!(found.listed.iter().any(|p| fits(&p)), "{backend}: {file}: {text}{found}");
            assert!(state(&database).await == before, "{backend}: rows changed");
        }
    }
}

/// What a record has beside its own columns.
const ESPOO: &str = "{ city(by: {key: \"espoo\"}) { version updatedAt names { language name } \
                     identifiers { scheme value } topics { nodes { key } } } \
                     vantaa: city(by: {key: \"vantaa\"}) { version names { name } identifiers { value } } }";

/// Names, identifiers and tags are set to what the files say, and a change of them is a change of the record.
#[tokio::test(flavor = "multi_thread")]
async fn names_identifiers_and_tags_are_set() {
    let files = [
        ("names.csv", "record_kind,record,language,name\ncity,espoo,sv,Esbo\ncity,espoo,zh,埃斯波\n"),
        ("identifiers.csv", "record_kind,record,scheme,value\ncity,espoo,wikidata,Q1\ncity,espoo,geonames,1\n"),
        ("tags.csv", "record_kind,record,topic\ncity,espoo,innovation\n"),
    ];
    for backend in backends() {
        let server = Server::start(backend, Data::Empty).await;
        let import =
            async |files: &[(&str, &str)]| counts(server.data.import(&set(files).files()).await.expect("an import"));
        let first = Set::bundled();
        for file in ["names.csv", "identifiers.csv", "tags.csv"] {
            fs::remove_file(first.path(file)).expect("a file");
        }
        server.data.import(&first.files()).await.expect("an import");
        let version = async || server.data(ESPOO, json!({})).await["city"]["version"].clone();

        assert_eq!(import(&files).await, (0, 1, 0, 5), "{backend}");
        let found = server.data(ESPOO, json!({})).await;
        let names = json!([{ "language": "sv", "name": "Esbo" }, { "language": "zh", "name": "埃斯波" }]);
        let mut sorted = found["city"]["names"].as_array().expect("names").clone();
        sorted.sort_by_key(|name| name["language"].to_string());
        assert_eq!(json!(sorted), names, "{backend}");
        assert_eq!(found["city"]["topics"]["nodes"], json!([{ "key": "innovation" }]), "{backend}");
        assert_eq!((&found["city"]["version"], &found["vantaa"]["version"]), (&json!(2), &json!(1)), "{backend}");
        assert_eq!(import(&files).await, (0, 0, 0, 0), "{backend}: again");

        // One is corrected, one removed; the other files say nothing.
        let names = "record_kind,record,language,name\ncity,espoo,sv,Esboo\n";
        assert_eq!(import(&[("names.csv", names)]).await, (0, 1, 0, 3), "{backend}");
        assert_eq!(version().await, 3, "{backend}");
        // A file of records without the files of names says nothing about them.
        let cities = "key,population\nespoo,323910\n";
        assert_eq!(import(&[("cities.csv", cities)]).await, (0, 0, 1, 0), "{backend}");
        // Both: the record has a row, and no names.
        let header = "record_kind,record,language,name\n";
        assert_eq!(import(&[("cities.csv", cities), ("names.csv", header)]).await, (0, 1, 0, 1), "{backend}");
        assert_eq!(import(&[("names.csv", header)]).await, (0, 0, 0, 0), "{backend}");
        // A change of the record and of its tags is one change.
        let tags = "record_kind,record,topic\n";
        let cities = "key,population\nespoo,323911\n";
        assert_eq!(import(&[("cities.csv", cities), ("tags.csv", tags)]).await, (0, 1, 0, 1), "{backend}");
        let found = server.data(ESPOO, json!({})).await;
        assert_eq!(found["city"]["version"], 5, "{backend}");
        assert_eq!(found["city"]["topics"]["nodes"], json!([]), "{backend}");
        let identifiers = found["city"]["identifiers"].as_array().expect("identifiers");
        assert_eq!(identifiers.len(), 2, "{backend}: {identifiers:?}");
    }
}

/// An identifier goes to another record only if the files say what the first one has.
#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_is_not_taken_from_a_record_in_silence() {
    let header = "record_kind,record,scheme,value\n";
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let first = Set::bundled();
        let rows = format!("{header}city,espoo,wikidata,Q1\ncity,vantaa,wikidata,Q2\n");
        fs::write(first.path("identifiers.csv"), rows).expect("a file");
        database.import(&first.files()).await.expect("an import");
        let before = state(&database).await;

        let taken = format!("{header}city,vantaa,wikidata,Q1\n");
        let found = problems(database.import(&set(&[("identifiers.csv", &taken)]).files()).await);
        let expected = Problem {
            file: "identifiers.csv".to_owned(),
            line: 2,
            column: "value".to_owned(),
            value: "Q1".to_owned(),
            code: coopgraph::model::draft::ProblemCode::Duplicate,
            message:
                "the city espoo has this identifier in the database, so the city vantaa cannot have it: if it is wrong \
                      there, give the identifiers of this city, \
                      too"
                .to_owned(),
        };
        assert_eq!(found.listed, [expected], "{backend}");
        assert!(state(&database).await == before, "{backend}: rows changed");

        // Exchanged.
        let exchanged = format!("{header}city,vantaa,wikidata,Q1\ncity,espoo,wikidata,Q2\n");
        let done = database.import(&set(&[("identifiers.csv", &exchanged)]).files()).await.expect("an import");
        assert_eq!(counts(done), (0, 2, 0, 4), "{backend}");
        // Taken from one that has a row, and so is said to have none.
        let cities = "key,population\nespoo,1\nvantaa,2\n";
        let all = format!("{header}city,vantaa,wikidata,Q1\ncity,vantaa,geonames,1\n");
        let done = database.import(&set(&[("cities.csv", cities), ("identifiers.csv", &all)]).files()).await;
        assert_eq!(counts(done.expect("an import")), (0, 2, 0, 2), "{backend}");
        let found = String::from_utf8(exported(&database).await["identifiers.csv"].clone()).expect("UTF-8");
        assert_eq!(found, format!("{header}city,vantaa,geonames,1\ncity,vantaa,wikidata,Q1\n"), "{backend}");
    }
}
