//! Ids, versions and times go with the records: to another database, and again and again.

use super::*;

/// Everything, with ids, versions and times.
async fn exported_whole(database: &TestDatabase) -> (Set, Contents) {
    let set = Set::empty();
    export(&database.database, set.0.path(), false).await;
    let contents = csv_files(set.0.path());
    (set, contents)
}

/// Whatever the two databases are, an export of one makes the other the same, also when it has an older state of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_data_set_moves_with_its_ids_versions_and_times() {
    for (from, to) in backends().into_iter().flat_map(|from| backends().into_iter().map(move |to| (from, to))) {
        let first = TestDatabase::new(from, Data::Bundled).await;
        let (files, whole) = exported_whole(&first).await;
        let second = TestDatabase::new(to, Data::Empty).await;
        second.import(&files.files()).await.expect("an import");
        assert_same(&exported_whole(&second).await.1, &whole, to);

        let done = first.import(&changed().files()).await.expect("an import");
        let (files, whole) = exported_whole(&first).await;
        assert!(
            String::from_utf8_lossy(&whole["cities.csv"]).contains(",public,2,"),
            "{from}: no record has version 2"
        );
        let followed = second.import(&files.files()).await.expect("an import");
        assert_eq!(followed, done, "{from} to {to}");
        assert_same(&exported_whole(&second).await.1, &whole, to);

        let again = second.import(&files.files()).await.expect("an import");
        assert_eq!((again.added, again.updated, again.annotations), (0, 0, 0), "{from} to {to}");
        assert_same(&exported_whole(&second).await.1, &whole, to);
    }
}

/// A link that a partner keeps leads to the same record of the other database.
#[tokio::test(flavor = "multi_thread")]
async fn a_global_id_is_the_same_after_the_move() {
    let document = "query($id: ID!) { node(id: $id) { ... on City { key version createdAt updatedAt } } }";
    for backend in backends() {
        let first = Server::start(backend, Data::Bundled).await;
        let id = first.data("{ city(by: {key: \"espoo\"}) { id } }", json!({})).await["city"]["id"].clone();
        let (files, _) = exported_whole(&first.data).await;
        for other in backends() {
            let data = TestDatabase::new(other, Data::Empty).await;
            data.import(&files.files()).await.expect("an import");
            let second = Server::over(data).await;
            let variables = json!({ "id": id });
            let found = second.data(document, variables.clone()).await;
            assert_eq!(found["node"]["key"], "espoo");
            assert_eq!(found, first.data(document, variables).await, "{backend} to {other}");
        }
    }
}

/// What was exported, edited and imported again counts as one more version, at the time of the import.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_export_gets_new_versions() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let (files, before) = exported_whole(&database).await;
        files.replace("cities.csv", "24.6522,323910,", b"24.6522,323911,");
        let done = database.import(&files.files()).await.expect("an import");
        assert_eq!((done.added, done.updated, done.annotations), (0, 1, 0), "{backend}");
        let after = exported_whole(&database).await.1;
        let row = |contents: &Contents| {
            let text = String::from_utf8_lossy(&contents["cities.csv"]).into_owned();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let rows = reader.records().map(|row| row.expect("a row"));
            rows.into_iter().find(|row| &row[0] == "espoo").expect("Espoo")
        };
        let (before, after) = (row(&before), row(&after));
        let last = before.len() - 1;
        assert_eq!((&before[1], &before[last - 1]), (&after[1], &after[last - 1]), "{backend}: the id, and created_at");
        assert_eq!((&before[last - 2], &after[last - 2]), ("1", "2"), "{backend}: the version");
        assert!(before[last] < after[last], "{backend}: updated_at");
    }
}

/// What is wrong with ids, versions and times is told, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_ids_versions_and_times_are_reported() {
    let header = "key,id,name,language,visibility,version,created_at,updated_at\n";
    let id = |n: u128| coopgraph::db::type_id("official", uuid::Uuid::from_u128(n));
    let (one, two) = (id(1), id(2));
    let (early, late) = ("2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z");
    let row = |key: &str, id: &str, version: &str, created: &str, updated: &str| {
        format!("{key},{id},Name,en,public,{version},{created},{updated}\n")
    };
    let cases = [
        (row("a", "1", "1", early, late), "id", "expected the id of an official, such as official_"),
        (row("a", &one.replace("official", "city"), "1", early, late), "id", "expected the id of"),
        (row("a", &one.to_uppercase(), "1", early, late), "id", "expected the id of"),
        (row("a", &one, "1", early, late) + &row("b", &one, "1", early, late), "id", "the official a has the same id"),
        (row("a", &one, "0", early, late), "version", "a whole number from 1 to 1000000000"),
        (row("a", &one, "-1", early, late), "version", "a whole number from 1 to 1000000000"),
        (row("a", &one, "1.5", early, late), "version", "a whole number from 1 to 1000000000"),
        (row("a", &one, "99999999999", early, late), "version", "a whole number from 1 to 1000000000"),
        (row("a", &one, "1000000001", early, late), "version", "a whole number from 1 to 1000000000"),
        // Moments whose year in UTC has another number of digits.
        (row("a", &one, "1", "0000-01-01T00:00:00+23:59", late), "created_at", "RFC 3339"),
        (row("a", &one, "1", early, "9999-12-31T23:59:59-23:59"), "updated_at", "RFC 3339"),
        (row("a", &one, "1", "yesterday", late), "created_at", "RFC 3339"),
        (row("a", &one, "1", early, "2026-13-01T00:00:00Z"), "updated_at", "RFC 3339"),
        (row("a", &one, "1", early, "1767225600000"), "updated_at", "RFC 3339"),
        (row("a", &one, "1", late, early), "updated_at", "it is before created_at"),
        (row("stored", &two, "1", early, late), "id", "the official stored has the id"),
    ];
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let set = Set::empty();
        let write = |rows: &str| fs::write(set.path("officials.csv"), header.to_owned() + rows).expect("a file");
        write(&row("stored", &id(3), "7", early, late));
        database.import(&set.files()).await.expect("an import");
        let before = exported_whole(&database).await.1;
        assert!(String::from_utf8_lossy(&before["officials.csv"]).contains(",public,7,2026-01-01T00:00:00.000Z,"));
        for (rows, column, says) in &cases {
            write(rows);
            let found = problems(database.import(&set.files()).await);
            let [problem] = &found.listed[..] else { panic!("{backend}: {rows}: {found}") };
            assert_eq!(
                (problem.file.as_str(), problem.column.as_str()),
                ("officials.csv", *column),
                "{backend}: {problem}"
            );
            assert!(problem.message.contains(says), "{backend}: {problem}");
            assert_same(&exported_whole(&database).await.1, &before, backend);
        }
    }
}

/// An id that a record of another type has is not given to a second one.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_unique_among_all_types() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let (files, _) = exported_whole(&database).await;
        let cities = fs::read_to_string(files.path("cities.csv")).expect("the cities");
        let taken = cities.lines().nth(1).and_then(|row| row.split(',').nth(1)).expect("an id");
        let set = Set::empty();
        let row = format!("key,id,name,language,visibility\nnew,{},New,en,public\n", taken.replace("city_", "topic_"));
        fs::write(set.path("topics.csv"), row).expect("a file");
        let found = problems(database.import(&set.files()).await);
        assert_eq!(found.total, 1, "{backend}: {found}");
        assert_eq!(found.listed[0].message, "the city aden has the same id: ids are unique", "{backend}");
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}

/// Whatever versions and times a file gives, what is exported afterwards can be imported.
#[tokio::test(flavor = "multi_thread")]
async fn extreme_versions_and_times_can_be_exported() {
    let cases = [
        // The highest version, and then changes of a column, a name, and a list.
        ("officials.csv", "key,name,language,visibility,version\nold,Old,en,public,1000000000\n"),
        ("officials.csv", "key,note\nold,New.\n"),
        ("names.csv", "record_kind,record,language,name\nofficial,old,fi,Vanha\n"),
        ("partnerships.csv", "key,version\nahtari-dujiangyan,1000000000\n"),
        ("partnerships.csv", "key,members\nahtari-dujiangyan,akaa;dujiangyan\n"),
        // A newer version that is older, with and without the time of its creation.
        ("cities.csv", "key,version,updated_at\nespoo,5,2020-01-01T00:00:00Z\n"),
        ("cities.csv", "key,version,created_at,updated_at\nvantaa,5,2019-01-01T00:00:00Z,2020-01-01T00:00:00Z\n"),
        // Something of the future, and then a change.
        (
            "topics.csv",
            "key,name,language,visibility,created_at,updated_at\nnew,New,en,public,2999-01-01T00:00:00Z,2999-01-01T00:00:00Z\n",
        ),
        ("topics.csv", "key,note\nnew,Newer.\n"),
        ("tags.csv", "record_kind,record,topic\ntopic,new,innovation\n"),
    ];
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        for (file, text) in cases {
            let set = Set::empty();
            fs::write(set.path(file), text).expect("a file");
            let done = database.import(&set.files()).await.expect("an import");
            assert_eq!(done.added + done.updated, 1, "{backend}: {text}");
        }
        let (files, whole) = exported_whole(&database).await;
        for other in backends() {
            let copy = TestDatabase::new(other, Data::Empty).await;
            copy.import(&files.files()).await.unwrap_or_else(|cause| panic!("{backend} to {other}: {cause}"));
            assert_same(&exported_whole(&copy).await.1, &whole, other);
        }
    }
}
