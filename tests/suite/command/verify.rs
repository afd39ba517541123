//! `verify`: whatever is not as a change would have written it is named.

use coopgraph::db::{Access, Database};
use sea_orm::ConnectionTrait;

use crate::{
    process::{LONG, Place, finished},
    support::{Backend, backends},
};

/// The statements that damage a record, and what must be said of it.
const VALUES: [(&str, &str); 9] = [
    (
        "UPDATE city SET audience = 2 WHERE key = 'espoo'",
        "city espoo: its effective visibility is 2, and 0 in the table `record`",
    ),
    (
        "UPDATE record SET audience = 1 WHERE id = (SELECT id FROM visit WHERE key = 'espoo-mayor-shanghai-2012')",
        "visit espoo-mayor-shanghai-2012: its effective visibility is 0, and 1 in the table `record`",
    ),
    (
        "UPDATE partnership SET visibility = 'internal' WHERE key = 'espoo-shanghai'",
        "partnership espoo-shanghai: its effective visibility is 0, but 2 is the strictest among its own and those of the records \
         that it needs (0 is public)",
    ),
    (
        "UPDATE event SET start_earliest = start_earliest - 1 WHERE key = 'ciie-2019'",
        "event ciie-2019: start_earliest does not fit what else the record says: import it again",
    ),
    (
        "UPDATE official SET name_sort = 'zzz' WHERE key = 'alexander-stubb'",
        "official alexander-stubb: name_sort does not fit what else the record says: import it again",
    ),
    (
        "INSERT INTO date_range (record_id, date, earliest, latest) SELECT id, 'founded', 1, 2 FROM city WHERE key = 'kuopio'",
        "city kuopio: the days in `date_range` are not those that its dates list: import it again",
    ),
    (
        "DELETE FROM search_document WHERE record_id = (SELECT id FROM city WHERE key = 'turku')",
        "city turku: it has no document for full-text search: run `coopgraph reindex`",
    ),
    (
        "UPDATE search_document SET words = 'other' WHERE record_id = (SELECT id FROM city WHERE key = 'helsinki')",
        "city helsinki: its document for full-text search is not up to date: run `coopgraph reindex`",
    ),
    (
        "DELETE FROM sort_key WHERE record_id = (SELECT id FROM city WHERE key = 'shanghai')",
        "city shanghai: its name is not ordered as in the alphabets of languages: run `coopgraph reindex`",
    ),
];

/// The same of what refers to others: the database itself does not allow it unless it is told to.
const REFERENCES: [(&str, &str); 3] = [
    ("DELETE FROM city WHERE key = 'tampere'", "the table `record` has it, but not the table `city`"),
    (
        "UPDATE participation SET activity_kind = 'event' WHERE key = 'P001'",
        "participation P001: activity refers to the visit smpg-office-espoo-2019, and not to one of the type event",
    ),
    (
        "DELETE FROM record WHERE id = (SELECT id FROM topic ORDER BY key LIMIT 1)",
        "the table `record` does not have it",
    ),
];

/// The lines that `verify` prints, and whether it says that all is well.
fn verified(place: &Place) -> (Vec<String>, bool) {
    let output = finished(place.on_database(&["verify"]), LONG);
    let lines = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    (lines, output.status.success())
}

/// What an import has written is as it should be; everything else is found, also what only one of the tables knows.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_it_should_be_is_named() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.serve(&[]).stop();
        let (lines, is_well) = verified(&place);
        assert!(is_well && lines.len() == 1 && lines[0].ends_with(" records are as they should be"), "{lines:?}");

        let database = Database::connect(&place.url, Access::Open, None).await.expect("a database");
        let run = async |sql: &str| {
            let done = database.connection().execute_unprepared(sql).await;
            done.unwrap_or_else(|cause| panic!("{backend}: {sql}: {cause}"))
        };
        for (sql, _) in VALUES {
            assert!(run(sql).await.rows_affected() > 0, "{backend}: {sql}");
        }
        let (lines, is_well) = verified(&place);
        for (_, expected) in VALUES {
            assert!(lines.iter().any(|line| line == expected), "{backend}: {expected} is not among {lines:#?}");
        }
        assert!(!is_well);
        // What needs the partnership should be as hidden as it; all else is told once.
        let others = lines.iter().filter(|line| !line.contains(" is the strictest among "));
        assert_eq!(others.count(), VALUES.len() - 1, "{lines:#?}");

        run("DELETE FROM search_word").await;
        if backend == Backend::Sqlite {
            run("INSERT INTO search_index (search_index, rowid, words) SELECT 'delete', id, words FROM search_document LIMIT 1")
                .await;
        }
        let (lines, _) = verified(&place);
        assert!(
            lines.iter().any(|line| line.contains(" words of documents are not known for misspellings")),
            "{lines:#?}"
        );
        let is_damaged = "the index of full-text search does not fit the documents: run `coopgraph reindex`";
        assert_eq!(lines.iter().any(|line| line == is_damaged), backend == Backend::Sqlite, "{lines:#?}");

        // What is computed is made again.
        place.prints(&["reindex"]);
        let (lines, _) = verified(&place);
        assert!(lines.iter().all(|line| !line.contains("reindex")), "{lines:#?}");

        let without_keys = match backend {
            Backend::Sqlite => "PRAGMA foreign_keys = OFF; ",
            Backend::Postgres => "SET session_replication_role = replica; ",
        };
        for (sql, _) in REFERENCES {
            run(&format!("{without_keys}{sql}")).await;
        }
        let (lines, is_well) = verified(&place);
        for (_, expected) in REFERENCES {
            assert!(lines.iter().any(|line| line.ends_with(expected)), "{backend}: {expected} is not among {lines:#?}");
        }
        let is_missing =
            |line: &String| line.contains(" refers to the record ") && line.ends_with(", which is missing");
        assert!(lines.iter().any(is_missing), "{lines:#?}");
        assert!(!is_well);
    }
}
