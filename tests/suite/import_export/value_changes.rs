//! Nothing is replaced in silence: each value that an import changes is told, and what may be a mistake is not written.

use std::sync::Mutex;

use coopgraph::import_export::Change;

use super::*;
use crate::{process::Place, support::import_with};

const HEADER: &str = "key,name,language,kind,country,parent,latitude,longitude,population,note,visibility\n";

/// A Hamburg in another country, under the key of the one that the database has.
fn another_hamburg() -> Set {
    let set = Set::empty();
    let row = "hamburg,Hamburg,en,city,US,,,,,,public\n";
    fs::write(set.path("cities.csv"), HEADER.to_owned() + row).expect("a file");
    set
}

/// What an import does that does not accept warnings, and the changes that it tells.
pub async fn careful(database: &TestDatabase, set: &Set) -> (Result<Imported, Failure>, Vec<Change>) {
    let changes = Mutex::new(Vec::new());
    let on_change = |change: &Change| {
        changes.lock().expect("a list").push(change.clone());
        Ok(())
    };
    let done = import_with(&database.database, &set.files(), false, false, &on_change).await;
    (done, changes.into_inner().expect("a list"))
}

fn told(changes: &[Change]) -> Vec<(&str, &str, &str, bool)> {
    changes.iter().map(|c| (c.column.as_str(), c.old.as_str(), c.new.as_str(), c.warning.is_some())).collect()
}

/// What may be a mistake is listed, and nothing is written unless it is accepted.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_a_mistake_is_not_written() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let (done, changes) = careful(&database, &another_hamburg()).await;
        let Err(Failure::Warnings(warnings)) = done else { panic!("{backend}: {done:?}") };
        let suspicious: Vec<_> = changes.iter().filter(|change| change.warning.is_some()).collect();
        assert_eq!(
            warnings.lines().collect::<Vec<_>>(),
            suspicious.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "{backend}"
        );
        let columns: Vec<_> = suspicious.iter().map(|change| change.column.as_str()).collect();
        assert_eq!(columns, ["country", "latitude", "longitude", "population"], "{backend}");
        assert_eq!(warnings.total, 4, "{backend}");
        let country = suspicious[0];
        assert_eq!((country.old.as_str(), country.new.as_str(), country.line), ("DE", "US", 2), "{backend}");
        assert!(changes.len() >= 4, "{backend}: {changes:?}");
        assert!(state(&database).await == before, "{backend}: rows changed");

        let accepted = import(&database.database, &another_hamburg().files(), false).await.expect("an import");
        assert_eq!(accepted.updated, 1, "{backend}");
        assert!(state(&database).await != before, "{backend}");
    }
}

/// Other changes are told, too, and written.
#[tokio::test(flavor = "multi_thread")]
async fn every_changed_value_is_told() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let set = changed();
        let (done, changes) = careful(&database, &set).await;
        assert_eq!(done.expect("an import").updated, 3, "{backend}");
        let expected = [
            ("population", "323910", "323911", false),
            ("members", "ahtari;dujiangyan", "akaa;dujiangyan", false),
            ("names", "zh 艾赫泰里", "zh 新", false),
        ];
        assert_eq!(told(&changes), expected, "{backend}");
        let (again, changes) = careful(&database, &set).await;
        assert_eq!((again.expect("an import").updated, told(&changes)), (0, Vec::new()), "{backend}");
    }
}

/// Names, identifiers and tags that are removed are warnings; those that take the place of others are not.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_is_told() {
    let names = "record_kind,record,language,name\ncity,ahtari,fi,Ätsäri\n";
    let tags = "record_kind,record,topic\n";
    let visits = "key,note\nbeihai-imatra-2017,Six members; letter of intent signed.\n";
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let set = Set::empty();
        fs::write(set.path("names.csv"), names).expect("a file");
        let (done, changes) = careful(&database, &set).await;
        assert!(matches!(done, Err(Failure::Warnings(_))), "{backend}: {done:?}");
        let told_here = told(&changes);
        assert!(told_here.contains(&("names", "fi Ähtäri", "fi Ätsäri", false)), "{backend}: {told_here:?}");
        assert!(told_here.contains(&("names", "zh 艾赫泰里", "", true)), "{backend}: {told_here:?}");
        assert!(
            changes.iter().any(|c| c.to_string().starts_with("names.csv: city ahtari: names: \"zh ")),
            "{changes:?}"
        );

        fs::remove_file(set.path("names.csv")).expect("a file");
        fs::write(set.path("tags.csv"), tags).expect("a file");
        fs::write(set.path("visits.csv"), visits).expect("a file");
        let (done, changes) = careful(&database, &set).await;
        let is_tagged = !changes.is_empty();
        assert_eq!(is_tagged, matches!(done, Err(Failure::Warnings(_))), "{backend}: {done:?} {changes:?}");
        assert!(changes.iter().all(|c| c.column == "tags" && c.warning.is_some()), "{backend}: {changes:?}");
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}

/// What an earlier version stored under other rules is compared, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_the_rules_of_today_is_compared() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let long = "x".repeat(12_000);
        database.execute(&format!("UPDATE \"city\" SET \"note\" = '{long}' WHERE \"key\" = 'hamburg'")).await;
        let set = Set::empty();
        let text = "key,note,country,population\nhamburg,Short.,US,\n";
        fs::write(set.path("cities.csv"), text).expect("a file");
        let (done, changes) = careful(&database, &set).await;
        assert!(matches!(done, Err(Failure::Warnings(_))), "{backend}: {done:?}");
        let warned = told(&changes).into_iter().filter(|(.., is_warning)| *is_warning);
        assert_eq!(warned.map(|(column, ..)| column).collect::<Vec<_>>(), ["country", "population"], "{backend}");
    }
}

/// The same values in another notation are no change.
#[tokio::test(flavor = "multi_thread")]
async fn another_notation_is_no_change() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        for (file, text) in [
            ("cities.csv", "key,population\nespoo,0323910\n"),
            ("cities.csv", "key,latitude,longitude\nespoo,60.20520,+24.6522\n"),
            ("partnerships.csv", "key,members\nahtari-dujiangyan,dujiangyan;ahtari\n"),
            ("events.csv", "key,is_series\nc21-cities,TRUE\nc21-meeting-2018,False\n"),
            ("topics.csv", "key,name,language\ninnovation,Innovation,EN\n"),
        ] {
            let set = Set::empty();
            fs::write(set.path(file), text).expect("a file");
            let (done, changes) = careful(&database, &set).await;
            assert_eq!(done.expect("an import").updated, 0, "{backend}: {text}");
            assert_eq!(told(&changes), [], "{backend}: {text}");
        }
        // Beside a change, too.
        let set = Set::empty();
        let text = "key,latitude,population\nespoo,60.20520,7\n";
        fs::write(set.path("cities.csv"), text).expect("a file");
        let changes = Mutex::new(Vec::new());
        let on_change = |change: &Change| {
            changes.lock().expect("a list").push(change.clone());
            Ok(())
        };
        import_with(&database.database, &set.files(), true, false, &on_change).await.expect("a dry run");
        let changes = changes.into_inner().expect("a list");
        assert_eq!(told(&changes), [("population", "323910", "7", false)], "{backend}");
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}

/// The command lists the changes, and writes all of them to a file.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_lists_changes() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        place.prints(&["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")]);
        let set = another_hamburg();
        let directory = set.0.path().display().to_string();
        let refused = place.run(&["import", &directory, "--report", "report.csv"]);
        assert!(!refused.status.success(), "{backend}");
        let line = "cities.csv:2: city hamburg: country: \"DE\" → \"US\": the row may mean another record";
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains(line), "{backend}: {said}");
        assert!(said.contains("4 warning(s); nothing was changed") && said.contains("--accept-warnings"), "{said}");
        let report = fs::read_to_string(place.path("report.csv")).expect("a report");
        assert!(report.starts_with("file,line,kind,key,column,old,new,warning\n"), "{report}");
        assert!(report.contains("cities.csv,2,city,hamburg,country,DE,US,"), "{report}");

        // A report replaces an older one, and nothing else.
        let again = place.run(&["import", &directory, "--report", "report.csv"]);
        assert!(!again.status.success(), "{backend}");
        assert_eq!(fs::read_to_string(place.path("report.csv")).expect("a report"), report, "{backend}");
        let input = set.path("cities.csv");
        let before = fs::read(&input).expect("a file");
        let other = place.run(&["import", &directory, "--report", &input.display().to_string()]);
        let said = String::from_utf8_lossy(&other.stderr).into_owned();
        assert!(!other.status.success() && said.contains("exists"), "{backend}: {said}");
        assert_eq!(fs::read(&input).expect("a file"), before, "{backend}");
        let inside = set.path("report.csv").display().to_string();
        let inside = place.run(&["import", &directory, "--report", &inside]);
        let said = String::from_utf8_lossy(&inside.stderr).into_owned();
        assert!(said.contains("must not be in the directory of the CSV files"), "{backend}: {said}");
        assert!(!set.path("report.csv").exists(), "{backend}");

        let dry = place.prints(&["import", &directory, "--accept-warnings", "--dry-run"]);
        assert!(
            dry.contains(line) && dry.contains("dry run, nothing was changed: 0 records added, 1 updated"),
            "{dry}"
        );
        assert!(place.exported() == bundled(), "{backend}: other data");
        let done = place.prints(&["import", &directory, "--accept-warnings"]);
        assert!(done.contains("0 records added, 1 updated"), "{done}");
        assert!(place.exported() != bundled(), "{backend}");
    }
}
