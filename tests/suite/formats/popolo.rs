//! Popolo: what is in its lists, and that our own import reads it, and calendars, without a loss.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
};

use reqwest::Client;
use serde_json::{Value, json};

use super::get;
use crate::{
    clients::serve,
    import_export::Set,
    process::Place,
    support::{Backend, Data, Server, backends},
};

fn items<'f>(file: &'f Value, list: &str) -> &'f Vec<Value> {
    file[list].as_array().unwrap_or_else(|| panic!("no list {list}: {file}"))
}

fn text<'i>(item: &'i Value, name: &str) -> &'i str {
    item[name].as_str().unwrap_or_default()
}

async fn popolo(server: &Server, filters: &[(&str, Value)]) -> Value {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, filter) in filters {
        query.append_pair(name, &filter.to_string());
    }
    let got = get(server, &format!("/popolo.json?{}", query.finish())).await;
    assert_eq!(got.status, 200, "{}", got.body);
    serde_json::from_str(&got.body).unwrap_or_else(|cause| panic!("{cause}: {}", got.body))
}

/// The areas are those that the organizations and memberships of the file refer to: each once, and no others, whatever the
/// filters are.
#[tokio::test(flavor = "multi_thread")]
async fn areas_are_those_that_the_file_refers_to() {
    let nothing = json!({"key": {"eq": "nothing"}});
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let aalto = ("organizations", json!({"key": {"eq": "aalto-university"}}));
        let none = |list| (list, nothing.clone());
        for (filters, least, most) in [
            (vec![], 10, 1000),
            (vec![aalto.clone(), none("positions")], 1, 1),
            (vec![none("organizations")], 2, 500),
            (vec![none("organizations"), none("positions"), none("officials"), none("memberships")], 0, 0),
        ] {
            let file = popolo(&server, &filters).await;
            let of =
                |list: &str| items(&file, list).iter().filter_map(|item| item["area_id"].as_str()).collect::<Vec<_>>();
            let used: BTreeSet<_> = of("organizations").into_iter().chain(of("memberships")).collect();
            let mut areas: Vec<_> = items(&file, "areas").iter().map(|area| text(area, "id")).collect();
            areas.sort_unstable();
            assert_eq!(areas, used.into_iter().collect::<Vec<_>>(), "{backend}: {filters:?}");
            assert!((least..=most).contains(&areas.len()), "{backend}: {filters:?}: {} areas", areas.len());
        }
        let file = popolo(&server, &[aalto, none("positions")]).await;
        let area = &items(&file, "areas")[0];
        assert_eq!((text(area, "name"), text(area, "classification")), ("Espoo", "city"));
        assert!(items(area, "identifiers").iter().any(|of| of["scheme"] == "wikidata"), "{area}");
    }
}

/// Positions and memberships say who, where, as what, and since when, as far as Popolo can say it. Members that are cities have
/// no place in it.
#[tokio::test(flavor = "multi_thread")]
async fn memberships_say_who_and_where_and_since_when() {
    for backend in backends() {
        let set = Set::headers();
        for (file, rows) in [
            ("countries.csv", "FI,Finland,en,FIN,246,assigned,Europe,,,,,public\n"),
            ("cities.csv", "espoo,Espoo,en,city,FI,,,,,,,,,public\n"),
            (
                "organizations.csv",
                "council,Council,en,government_office,espoo,FI,,1972,,,,public\n\
                 club,Club,en,association,,,council,2001-03,,https://club.example,,public\n",
            ),
            ("officials.csv", "maija,Maija Virtanen,und,,public\n"),
            ("positions.csv", "chair,maija,Chair,en,council,espoo,2019-11-05,2021,,,public\n"),
            (
                "memberships.csv",
                "m1,official,maija,club,Treasurer,2020-01,2021-06~,,public\n\
                 m2,organization,club,council,,2005,,,public\n\
                 m3,city,espoo,club,,2006,,,public\n",
            ),
        ] {
            let header = fs::read_to_string(set.path(file)).expect("a file");
            fs::write(set.path(file), header + rows).expect("a file");
        }
        let server = Server::start(backend, Data::Empty).await;
        server.data.import(&set.files()).await.expect("an import");
        let file = popolo(&server, &[]).await;
        let id = |list: &str, name: &str| {
            let item = items(&file, list).iter().find(|item| item["name"] == name);
            item.unwrap_or_else(|| panic!("no {name}: {file}"))["id"].clone()
        };
        let (maija, espoo) = (id("persons", "Maija Virtanen"), id("areas", "Espoo"));
        let [council, club] = ["Council", "Club"].map(|name| id("organizations", name));
        let bare = |item: &Value| {
            let mut item = item.clone();
            let fields = item.as_object_mut().expect("an object");
            for moment in ["created_at", "updated_at"] {
                assert!(fields.remove(moment).is_some_and(|moment| moment.is_string()), "{file}");
            }
            fields.remove("id");
            item
        };
        let found: Vec<Value> = items(&file, "memberships").iter().map(bare).collect();
        let right = vec![
            json!({
                "label": "Chair", "role": "Chair", "person_id": maija, "organization_id": council, "area_id": espoo,
                "start_date": "2019-11-05", "end_date": "2021"
            }),
            // Popolo has no date that is approximate.
            json!({"role": "Treasurer", "person_id": maija, "organization_id": club, "start_date": "2020-01"}),
            json!({"member_id": club, "organization_id": council, "start_date": "2005"}),
        ];
        assert_eq!(found, right, "{backend}");
        let organizations: HashSet<String> =
            items(&file, "organizations").iter().map(|item| bare(item).to_string()).collect();
        let right = [
            json!({
                "name": "Council", "classification": "government_office", "area_id": espoo, "founding_date": "1972"
            }),
            json!({
                "name": "Club", "classification": "association", "parent_id": council, "founding_date": "2001-03",
                "links": [{"url": "https://club.example", "note": "website"}]
            }),
        ];
        assert_eq!(organizations, right.map(|item| item.to_string()).into(), "{backend}");
    }
}

async fn fetch(base: &str, path: &str) -> String {
    let got = Client::new().get(format!("{base}{path}")).send().await.expect("an answer");
    got.text().await.expect("a text")
}

/// Our own import makes records of what is exported, with the same names and dates; the file that is read again changes
/// nothing. In the data that the file came from, organizations are found by their names, and none of their values is changed.
#[tokio::test(flavor = "multi_thread")]
async fn our_own_import_reads_popolo_and_calendars() {
    let place = Place::new(Backend::Sqlite).await;
    let served = serve(&place, &[]);
    let none = "%7B%22key%22%3A%7B%22eq%22%3A%22nothing%22%7D%7D";
    let organizations = fetch(&served.base(), &format!("/popolo.json?officials={none}&positions={none}")).await;
    for (path, file, format) in
        [("/popolo.json", "popolo.json", "popolo"), ("/calendar.ics", "calendar.ics", "icalendar")]
    {
        let exported = fetch(&served.base(), path).await;
        fs::write(place.path(file), &exported).expect("a file");
        let file = place.path(file).display().to_string();
        let other = Place::new(Backend::Sqlite).await;
        other.prints(&["migrate"]);
        let import = || other.prints(&["import", &file, "--format", format, "--accept-warnings"]);
        let first = import();
        assert!(!first.contains("\n0 records added") && !first.starts_with("0 records added"), "{format}: {first}");
        let again = import();
        assert!(again.contains("0 records added, 0 updated, 0 removed, "), "{format}: {again}");
        let copy = serve(&other, &[("COOPGRAPH_SAMPLE_DATA", "none")]);
        let copied = fetch(&copy.base(), path).await;
        copy.stop();
        let what = if format == "popolo" { said_by_popolo } else { said_by_calendar };
        let (right, found) = (what(&exported), what(&copied));
        assert!(right.len() > 20);
        let missing: Vec<_> = right.difference(&found).chain(found.difference(&right)).collect();
        assert!(missing.is_empty(), "{format}: {missing:#?}");
    }
    served.stop();
    let file = place.path("organizations.json");
    fs::write(&file, organizations).expect("a file");
    let printed = place.prints(&["import", &file.display().to_string(), "--format", "popolo", "--accept-warnings"]);
    assert!(printed.contains("0 records added, "), "{printed}");
    // In Popolo, other names have no language.
    let changed: Vec<_> = printed.lines().filter(|line| line.contains(": organization ")).collect();
    assert!(changed.iter().all(|line| line.contains(": names: ")), "{changed:#?}");
}

/// What a file says, without ids and without what import does not read.
fn said_by_popolo(file: &str) -> BTreeSet<Vec<String>> {
    let file: Value = serde_json::from_str(file).expect("JSON");
    let name = |list: &str, id: &Value| {
        let item = items(&file, list).iter().find(|item| item["id"] == *id);
        item.map(|item| text(item, "name")).unwrap_or_default().to_owned()
    };
    let fields =
        |item: &Value, names: &[&str]| names.iter().map(|name| text(item, name).to_owned()).collect::<Vec<_>>();
    let persons = items(&file, "persons").iter().map(|item| fields(item, &["name"]));
    let organizations = items(&file, "organizations").iter().map(|item| {
        let mut said = fields(item, &["name", "classification", "founding_date", "dissolution_date"]);
        said.push(name("organizations", &item["parent_id"]));
        said
    });
    let memberships = items(&file, "memberships").iter().map(|item| {
        let mut said = fields(item, &["role", "start_date", "end_date"]);
        said.extend([name("persons", &item["person_id"]), name("organizations", &item["organization_id"])]);
        said
    });
    persons.chain(organizations).chain(memberships).collect()
}

/// The summary and the days of each entry. Import reads visits as events.
fn said_by_calendar(file: &str) -> BTreeSet<Vec<String>> {
    let file = file.replace("\r\n ", "");
    let entries = file.split("BEGIN:VEVENT").skip(1);
    let said = |entry: &str| {
        let lines = entry
            .split("\r\n")
            .filter(|line| ["SUMMARY", "DTSTART", "DTEND"].iter().any(|name| line.starts_with(name)));
        lines.map(str::to_owned).collect()
    };
    entries.map(said).collect()
}
