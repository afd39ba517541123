//! Which record a row is: found by key, name and identifier, new, or one of several, which a person decides.

use serde_json::json;

use super::*;

/// Two cities of one name.
const BLOOMINGTONS: &str = "key,name,language,kind,country,latitude,longitude,visibility\n\
    bloomington-in,Bloomington,en,city,US,39.2,-86.5,public\nbloomington-il,Bloomington,en,city,US,40.5,-89,public\n";

async fn with_bloomingtons(backend: Backend) -> Place {
    let place = place(backend).await;
    fs::create_dir(place.path("two")).expect("a directory");
    write(&place, "two/cities.csv", BLOOMINGTONS);
    place.prints(&["import", "two"]);
    place
}

/// Of two records with one name, none is taken: the message lists both, and a decision in the mapping settles it.
#[tokio::test(flavor = "multi_thread")]
async fn an_ambiguity_is_asked_and_decided() {
    for backend in all_backends() {
        let place = with_bloomingtons(backend).await;
        write(&place, "cities.csv", "City,Country\nBloomington,United States\nBloomington,US\nTurku,Finland\n");
        write(&place, "m.toml", CITIES);
        let error = refused(&place, "cities.csv");
        assert!(
            error.contains(
                "cities.csv:2: City = \"Bloomington\": it can mean the city bloomington-il (Bloomington, US) or the city \
                 bloomington-in (Bloomington, US): write which one in the mapping file, such as [decisions.city] \
                 \"Bloomington\" = \"bloomington-il\""
            ),
            "{backend}: {error}"
        );
        assert!(error.contains("1 problem(s)"), "{backend}: it is asked once: {error}");

        let decided = "[decisions.city]\n\"Bloomington\" = \"bloomington-in\"\n\"Springfield\" = \"x\"\n";
        write(&place, "m.toml", [CITIES, decided].concat());
        let printed = imported(&place, "cities.csv", &["--explain"]);
        assert!(
            printed.contains("cities.csv:2: city: bloomington-in: matched by a decision\n"),
            "{backend}: {printed}"
        );
        assert!(printed.contains("cities.csv:4: city: turku: matched by name \"Turku\"\n"), "{backend}: {printed}");
        assert!(printed.contains("note: the decision [decisions.city] \"Springfield\" was not needed"), "{printed}");
        assert!(printed.contains("0 records added, 0 updated, 0 removed, 2 unchanged"), "{backend}: {printed}");
    }
}

/// A decision answers a question, and changes nothing that is clear; it can be narrowed to a country, and names a record that
/// exists.
#[tokio::test(flavor = "multi_thread")]
async fn decisions_answer_questions_only() {
    let more = "key,name,language,kind,country,visibility\nbloomington-gb,Bloomington,en,city,GB,public\n";
    for backend in all_backends() {
        let place = with_bloomingtons(backend).await;
        fs::create_dir(place.path("more")).expect("a directory");
        write(&place, "more/cities.csv", more);
        place.prints(&["import", "more"]);
        write(&place, "c.csv", "City,Country\nBloomington,GB\nBloomington,US\n");
        for (decision, expected) in [
            (
                "\"Bloomington\" = \"bloomington-in\"",
                ["bloomington-gb: matched by name", "bloomington-in: matched by a decision"],
            ),
            (
                "\"Bloomington, US\" = \"bloomington-il\"",
                ["bloomington-gb: matched by name", "bloomington-il: matched by a decision"],
            ),
        ] {
            write(&place, "m.toml", [CITIES, "[decisions.city]\n", decision].concat());
            let printed = imported(&place, "c.csv", &["--explain", "--dry-run"]);
            for (line, expected) in [2, 3].into_iter().zip(expected) {
                assert!(printed.contains(&format!("c.csv:{line}: city: {expected}")), "{backend}: {printed}");
            }
        }
        for (decision, says) in [
            // One for another country is no answer.
            (
                "\"Bloomington\" = \"bloomington-gb\"",
                "c.csv:3: City = \"Bloomington\": it can mean the city bloomington-il",
            ),
            ("\"Bloomington\" = \"bloomingtn-in\"", "[decisions.city] \"Bloomington\": there is no city bloomingtn-in"),
        ] {
            write(&place, "m.toml", [CITIES, "[decisions.city]\n", decision].concat());
            let error = refused(&place, "c.csv");
            assert!(error.contains(says), "{backend}: {error}");
        }
        // A warning about a foreign file names its row.
        let mapping =
            CITIES.replace("kind = \"city\"", "kind = \"event\"").replace("fields.kind = { value = \"city\" }\n", "");
        let mapping = mapping.replace("fields.country = { column = \"Country\", find = [\"key\", \"name\"] }\n", "");
        let mapping = mapping.replace("match = { column = \"City\", find = \"name\", country = \"Country\" }\n", "");
        let mapping = mapping + "fields.is_series = { value = \"false\" }\nfields.end = { value = \"9999\" }\n";
        write(&place, "m.toml", mapping);
        let error = refused(&place, "c.csv");
        assert!(error.contains("c.csv:2: event bloomington-gb: end: the year 9999"), "{backend}: {error}");
    }
}

/// Names in every spelling, further names and identifiers find a record; an unknown one is new; each row says how.
#[tokio::test(flavor = "multi_thread")]
async fn each_row_says_which_record_it_is() {
    for backend in all_backends() {
        let place = place(backend).await;
        let mapping = CITIES.replace(
            "match = {",
            "identifiers = { wikidata = \"Q\" }\nmatch = [{ column = \"Q\", find = \"wikidata\" }, {",
        );
        let mapping = mapping.replace("country = \"Country\" }\n", "country = \"Country\" }]\nif-exists = \"keep\"\n");
        write(&place, "m.toml", mapping);
        write(
            &place,
            "c.csv",
            "City;Country;Q\nJYVASKYLA;Suomi;\n坦佩雷;FI;\nWhatever;FI;Q8686\nNarva;Estonia;Q102365\nNarva;Viro;\n;FI;\n",
        );
        let printed = imported(&place, "c.csv", &["--explain"]);
        let expected = "c.csv:2: city: jyvaskyla: matched by name \"JYVASKYLA\"\n\
                        c.csv:3: city: tampere: matched by name \"坦佩雷\"\n\
                        c.csv:4: city: shanghai: matched by wikidata \"Q8686\"\n\
                        c.csv:5: city: narva-estonia: new\n\
                        c.csv:6: city: narva-estonia: new, known by name \"Narva\"\n\
                        c.csv:7: city: none\n";
        assert!(printed.starts_with(expected), "{backend}: {printed}");
        assert!(
            printed.contains("1 records added, 0 updated, 0 removed, 0 unchanged; 1 names"),
            "{backend}: {printed}"
        );
        comes_out_and_in_again(&place).await;
        let answer = ask(
            &place,
            "{ city(by: {key: \"narva-estonia\"}) { name visibility country { key } identifiers { value } } }",
        )
        .await;
        let narva = json!({ "name": "Narva", "visibility": "PUBLIC", "country": { "key": "EE" }, "identifiers": [{ "value": "Q102365" }] });
        assert_eq!(answer["city"], narva, "{backend}");
    }
}

/// What a foreign file does not say stays, and what it says of names and identifiers is added to those that there are.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_said_stays() {
    for backend in all_backends() {
        let place = place(backend).await;
        let mapping = r#"
            [[table]]
            [[table.record]]
            kind = "city"
            key = { column = "Id" }
            names = [{ name = "Old", language = { value = "de" }, kind = { value = "former" } }]
            identifiers = { iso_3166_2 = "ISO" }
            topics = { value = "sister-cities" }
            fields.population = { column = "People", number = "1 234,5" }
            fields.note = "Note"
        "#;
        write(&place, "m.toml", mapping);
        write(&place, "c.csv", "Id,People,ISO,Old,Note\nturku,206 073,,Abo,\ntampere,,FI-06,,Pirkanmaa\n");
        let before = place.exported();
        let printed = imported(&place, "c.csv", &[]);
        assert!(printed.contains("c.csv:2: city turku: population: "), "{backend}: {printed}");
        assert!(
            printed.contains("0 records added, 2 updated, 0 removed, 0 unchanged; 4 names"),
            "{backend}: {printed}"
        );
        let after = place.exported();
        for file in ["names.csv", "identifiers.csv", "tags.csv", "cities.csv"] {
            let [old, new] = [&before, &after].map(|files| String::from_utf8_lossy(&files[file]).into_owned());
            let lost: Vec<&str> = old.lines().filter(|line| !new.lines().any(|of| of == *line)).collect();
            let expected = if file == "cities.csv" { 2 } else { 0 };
            assert_eq!(lost.len(), expected, "{backend}: {file}: {lost:?}");
        }
        let again = imported(&place, "c.csv", &[]);
        assert!(again.contains("0 records added, 0 updated, 0 removed, 2 unchanged; 0 names"), "{backend}: {again}");
    }
}

/// Several rows are one record: lists grow, other values must agree.
#[tokio::test(flavor = "multi_thread")]
async fn rows_with_one_key_are_one_record() {
    for backend in all_backends() {
        let place = place(backend).await;
        let mapping = r#"
            visibility = "public"
            [[table]]
            [[table.record]]
            kind = "partnership"
            key = { slug = "League" }
            fields.members = { column = "Member", find = "name", separator = "&" }
            fields.kind = { value = "friendly_exchange" }
            fields.since = { column = "Since", date = "japanese-era" }
            fields.status = { value = "active" }
        "#;
        write(&place, "m.toml", mapping);
        write(&place, "l.csv", "League,Member,Since\nRing,Yokohama & Kobe,平成元年\nRing,Turku,\nRing,Kobe,H1\n");
        let printed = imported(&place, "l.csv", &[]);
        assert!(printed.contains("1 records added"), "{backend}: {printed}");
        let query =
            "{ partnership(by: {key: \"ring\"}) { since { edtf } members(orderBy: KEY_ASC) { nodes { key } } } }";
        let ring = json!({ "since": { "edtf": "1989" }, "members": { "nodes": [{ "key": "kobe" }, { "key": "turku" }, { "key": "yokohama" }] } });
        assert_eq!(ask(&place, query).await["partnership"], ring, "{backend}");

        write(&place, "l.csv", "League,Member,Since\nRing,Kobe,平成元年\nRing,Turku,平成2年\n");
        let error = refused(&place, "l.csv");
        let says = "l.csv:3: Since = \"1990\": partnership ring: since: l.csv:2 says \"1989\", this row says \"1990\"";
        assert!(error.contains(says), "{backend}: {error}");
    }
}

/// How many statements the look-ups take does not depend on how many rows a file has.
#[tokio::test(flavor = "multi_thread")]
async fn look_ups_take_the_same_statements_however_many_rows() {
    use coopgraph::readers::{Form, Reading, read};

    use crate::support::{Data, TestDatabase};
    for backend in all_backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let directory = tempfile::tempdir().expect("a directory");
        let (file, mapping) = (directory.path().join("c.csv"), directory.path().join("m.toml"));
        fs::write(&mapping, CITIES).expect("a file");
        let mut counts = Vec::new();
        for rows in [1, 5_000] {
            let text: String = (0..rows).map(|i| format!("City{i},Finland\nTurku,FI\n")).collect();
            fs::write(&file, "City,Country\n".to_owned() + &text).expect("a file");
            database.take_statements();
            let model = coopgraph::domain::model();
            let form = Form::Mapped(&mapping);
            let read = read(Reading { model, database: &database.database, file: &file, form }).await;
            read.files.expect("files");
            counts.push(database.take_statements().len());
        }
        assert_eq!(counts[0], counts[1], "{backend}");
    }
}
