//! Formats that are known: what the guide does not show, and files that are not what they should be.

use serde_json::json;

use super::*;

fn read(place: &Place, file: &str, format: &str, more: &[&str]) -> Result<String, String> {
    let output = place.run(&[&["import", file, "--format", format], more].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// Office holders of a query's result become officials with positions.
#[tokio::test(flavor = "multi_thread")]
async fn office_holders_are_read() {
    let value = |text: &str| json!({ "type": "literal", "xml:lang": "fi", "value": text });
    let result = json!({
        "head": { "vars": ["person", "personLabel", "office", "officeLabel", "city", "start", "end"] },
        "results": { "bindings": [{
            "person": value("http://www.wikidata.org/entity/Q100000002"),
            "personLabel": value("Maija Virtanen"),
            "office": value("http://www.wikidata.org/entity/Q100000003"),
            "officeLabel": value("Tampereen pormestari"),
            "city": value("http://www.wikidata.org/entity/Q40840"),
            "start": value("2021-08-01T00:00:00Z"),
        }] },
    });
    for backend in all_backends() {
        let place = place(backend).await;
        write(&place, "holders.json", result.to_string());
        let printed = read(&place, "holders.json", "wikidata", &[]).expect("an import");
        assert!(printed.contains("2 records added"), "{backend}: {printed}");
        let query = "{ positions(filter: {start: {certainlyWithin: \"2021-08\"}}) { nodes { title city { key } start { edtf } official { key } } } }";
        let expected = json!([{
            "title": "Tampereen pormestari",
            "city": { "key": "tampere" },
            "start": { "edtf": "2021-08-01" },
            "official": { "key": "maija-virtanen-q100000002" },
        }]);
        assert_eq!(ask(&place, query).await["positions"]["nodes"], expected, "{backend}");
        comes_out_and_in_again(&place).await;
        let again = read(&place, "holders.json", "wikidata", &[]).expect("an import");
        assert!(again.contains("0 records added, 0 updated"), "{backend}: {again}");
    }
}

/// With `--existing-only`, a dump of GeoNames adds no place. A mapping can say who sees the new ones.
#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_narrowed_down() {
    let row = |id: u32, name: &str, class: &str, code: &str, people: u32| {
        format!("{id}\t{name}\t{name}\t\t61.5\t23.8\t{class}\t{code}\tFI\t\t\t\t\t\t{people}\t\t\t\t\n")
    };
    let dump =
        row(634_963, "Tampere", "P", "PPLA", 0) + &row(1, "Kylä", "P", "PPL", 900) + &row(2, "Vuori", "T", "MT", 0);
    for backend in all_backends() {
        let place = place(backend).await;
        write(&place, "fi.txt", &dump);
        let printed = read(&place, "fi.txt", "geonames", &["--existing-only"]).expect("an import");
        assert!(printed.contains("0 records added, 1 updated, 0 removed, 0 unchanged"), "{backend}: {printed}");
        write(&place, "m.toml", "visibility = \"partner\"\n");
        let printed = read(&place, "fi.txt", "geonames", &["--mapping", "m.toml"]).expect("an import");
        assert!(printed.contains("1 records added, 0 updated, 0 removed, 1 unchanged"), "{backend}: {printed}");
        let cities = String::from_utf8_lossy(&place.exported()["cities.csv"]).into_owned();
        assert!(cities.contains("\nkyla-fi-1,Kylä,und,city,FI,,61.5,23.8,900,,,,,partner\n"), "{backend}");
        assert!(
            cities.contains("\ntampere,Tampere,en,city,FI,,61.5,23.8,260646,"),
            "{backend}: 0 is unknown: {cities}"
        );
    }
}

/// A file that is not of its format is told in one message.
#[tokio::test(flavor = "multi_thread")]
async fn other_files_are_told() {
    let place = place(Backend::Sqlite).await;
    for (format, contents, says) in [
        ("icalendar", "City,Country\n", "x:1: it is no line of iCalendar"),
        ("icalendar", "", "x: the file is no iCalendar"),
        ("popolo", "{", "x:1: it is no JSON: EOF while parsing"),
        ("popolo", "[]", "x: expected an object"),
        ("popolo", "{}", "x: the file is no Popolo: expected lists called persons, organizations, memberships"),
        (
            "popolo",
            "{\"memberships\": [{\"person_id\": \"p9\", \"organization_id\": \"o9\"}]}",
            "x [memberships]:1: person_id = \"p9\": no official is found by this",
        ),
        (
            "popolo",
            "{\"organizations\": [{\"id\": \"1\", \"name\": \"A\", \"classification\": \"club\"}]}",
            "x [organizations]:1: classification = \"club\": `words` in the mapping does not translate this",
        ),
        ("wikidata", "{}", "x: the file is no result of a query"),
        (
            "wikidata",
            "{\"head\": {\"vars\": [\"item\"]}, \"results\": {\"bindings\": []}}",
            "x: the result has other variables",
        ),
        ("geonames", "a\tb\n", "x:1: the line has 2 cells, separated by tabs: a dump of GeoNames has 19"),
        ("geonames", "", "x: no place in it is wanted"),
    ] {
        write(&place, "x", contents);
        let error = read(&place, "x", format, &[]).expect_err("an error");
        assert!(error.contains(says), "{format}: expected {says}\n{error}");
    }
    write(&place, "m.toml", CITIES);
    write(&place, "x", "BEGIN:VCALENDAR\nEND:VCALENDAR\n");
    let error = read(&place, "x", "icalendar", &["--mapping", "m.toml"]).expect_err("an error");
    assert!(error.contains("m.toml: the format has its own tables"), "{error}");
}

/// A calendar says whether an event is called off, and a later version of the calendar, too.
#[tokio::test(flavor = "multi_thread")]
async fn events_have_the_status_of_the_calendar() {
    let calendar = |status: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:fair@x\r\nSUMMARY:Fair\r\nDTSTART;VALUE=DATE:20300514\r\n{status}END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    for backend in all_backends() {
        let place = place(backend).await;
        let query = "{ events(filter: {name: {eq: \"Fair\"}}) { nodes { status } } }";
        for (status, expected) in [
            ("STATUS:TENTATIVE\r\n", "PLANNED"),
            ("STATUS:Confirmed\r\n", "CONFIRMED"),
            // What is not said stays.
            ("", "CONFIRMED"),
            ("STATUS:CANCELLED\r\n", "CANCELLED"),
        ] {
            write(&place, "c.ics", calendar(status));
            read(&place, "c.ics", "icalendar", &[]).expect("an import");
            assert_eq!(
                ask(&place, query).await["events"]["nodes"],
                json!([{ "status": expected }]),
                "{backend}: {status}"
            );
        }
        comes_out_and_in_again(&place).await;
    }
}

/// What belongs to a private event is as private as the event.
#[tokio::test(flavor = "multi_thread")]
async fn private_events_keep_their_address() {
    let calendar = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:secret@x\r\nSUMMARY:Talks\r\nCLASS:PRIVATE\r\n\
                    URL:https://meet.example/j/1?pwd=x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    for backend in all_backends() {
        let place = place(backend).await;
        let query = "{ events { totalCount } sources { totalCount } citations { totalCount } }";
        let before = ask(&place, query).await;
        write(&place, "c.ics", calendar);
        let printed = read(&place, "c.ics", "icalendar", &[]).expect("an import");
        assert!(printed.contains("3 records added"), "{printed}");
        assert_eq!(ask(&place, query).await, before, "{backend}: somebody without credentials sees it");
    }
}

/// Other names of persons and organizations are found; what has no place is told, and so are ids that are not unique.
#[tokio::test(flavor = "multi_thread")]
async fn popolo_loses_no_name() {
    let file = json!({
        "persons": [{ "id": "p", "name": "Maija Meikäläinen", "other_names": [{ "name": "Maija Virtanen" }, { "name": "Mrs M" }],
            "links": [{ "url": "https://example.org" }], "sources": [] }],
        "organizations": [{ "id": "o", "name": "Council", "classification": "committee", "other_names": [{ "name": "Valtuusto" }] }],
    });
    for backend in all_backends() {
        let place = place(backend).await;
        write(&place, "p.json", file.to_string());
        let printed = read(&place, "p.json", "popolo", &[]).expect("an import");
        assert!(printed.contains("note: p.json [persons]: links are not read"), "{printed}");
        let query = "{ officials(filter: {anyName: {eq: \"maija virtanen\"}}) { nodes { name names { name kind } } } \
                       organizations(filter: {anyName: {eq: \"valtuusto\"}}) { nodes { name } } }";
        let expected = json!({
            "officials": { "nodes": [{ "name": "Maija Meikäläinen", "names": [
                { "name": "Maija Virtanen", "kind": "ALTERNATIVE" }, { "name": "Mrs M", "kind": "ALTERNATIVE" }] }] },
            "organizations": { "nodes": [{ "name": "Council" }] },
        });
        assert_eq!(ask(&place, query).await, expected, "{backend}");
        comes_out_and_in_again(&place).await;
        write(
            &place,
            "p.json",
            file.to_string().replace("\"persons\":[", "\"persons\":[{\"id\":\"p\",\"name\":\"Other\"},"),
        );
        let error = read(&place, "p.json", "popolo", &[]).expect_err("two persons with one id");
        assert!(error.contains("p.json [persons]:2: another one of the persons has the id p"), "{error}");
    }
}
