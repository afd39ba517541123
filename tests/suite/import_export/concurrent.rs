//! Several commands on one database at the same time, and commands that are killed.

use std::{process::Stdio, thread, time::Duration};

use coopgraph::{
    db::{Access, Database},
    import_export::begin_change,
};
use sea_orm::ConnectionTrait;
use tokio::sync::oneshot;

use super::{Set, bundled, exported};
use crate::{
    process::{LONG, Place, Served, kill},
    support::{Data, TestDatabase, backends},
};

/// Of two imports of the same files at the same time, one adds the records and the other finds them.
#[tokio::test(flavor = "multi_thread")]
async fn two_imports_add_each_record_once() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        let import =
            || place.on_database(&["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")]).spawn().expect("an import");
        let mut printed = [import(), import()].map(|running| {
            let output = running.wait_with_output().expect("an import that ends");
            assert!(output.status.success(), "{backend}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        });
        printed.sort();
        assert!(printed[0].starts_with("0 records added, 0 updated, "), "{backend}: {printed:?}");
        assert!(!printed[1].starts_with("0 "), "{backend}: {printed:?}");
        assert!(place.exported() == bundled(), "{backend}: other data than imported");
    }
}

/// Several servers that start on one empty database at the same time create its tables and fill it once.
#[tokio::test(flavor = "multi_thread")]
async fn servers_fill_an_empty_database_once() {
    for backend in backends() {
        for _ in 0..3 {
            let place = Place::new(backend).await;
            let served: Vec<_> = thread::scope(|scope| {
                let starting: Vec<_> = (0..3).map(|_| scope.spawn(|| place.serve(&[]))).collect();
                starting.into_iter().map(|server| server.join().expect("a server that listens")).collect()
            });
            let loaded = |served: &Served| served.printed.iter().find(|line| line.starts_with("loaded ")).cloned();
            let loaded: Vec<_> = served.iter().filter_map(loaded).collect();
            let records = bundled_records();
            assert_eq!(loaded, [format!("loaded the bundled data: {records} records")], "{backend}");
            for server in served {
                server.stop();
            }
            assert!(place.exported() == bundled(), "{backend}: other data than the bundled data");
        }
    }
}

/// How many records the bundled files have.
fn bundled_records() -> usize {
    let model = coopgraph::domain::model();
    let files = bundled().into_iter().filter(|(name, _)| model.types().any(|of| *name == format!("{}.csv", of.plural)));
    files.map(|(_, bytes)| csv::Reader::from_reader(&*bytes).records().count()).sum()
}

/// While another process writes, however long, a server starts, an import waits, and both end well.
#[tokio::test(flavor = "multi_thread")]
async fn another_writer_is_waited_for() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        place.prints(&["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")]);
        let database = Database::connect(&place.url, Access::Open, None).await.expect("a database");
        let writing = begin_change(database.connection()).await.expect("a transaction");
        let set = super::partial_files::set(&[("cities.csv", "key,population\nespoo,5\n")]);
        let directory = set.path("").display().to_string();
        let import = place.on_database(&["import", &directory]).stdout(Stdio::piped()).spawn().expect("an import");
        // Longer than SQLite waits by itself.
        let served = place.serve(&[]);
        served.stop();
        writing.rollback().await.expect("an end");
        let output = import.wait_with_output().expect("an import that ends");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains("0 records added, 1 updated"), "{backend}: {output:?}");
    }
}

/// A migration that is killed is done again.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_migration_can_be_repeated() {
    for backend in backends() {
        for milliseconds in [5, 10, 15, 20, 30, 40, 60, 80, 120] {
            let place = Place::new(backend).await;
            let mut migration = place.on_database(&["migrate"]).spawn().expect("a migration");
            // Whenever it is killed, the next one works: no moment has to be hit.
            thread::sleep(Duration::from_millis(milliseconds));
            migration.kill().expect("a killed migration");
            migration.wait().expect("an end");
            assert_eq!(place.prints(&["migrate"]), "the database is up to date\n", "{backend}: {milliseconds} ms");
        }
    }
}

/// An export beside an import shows the data set as it was before or as it is afterwards, and nothing between.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_a_snapshot() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let set = Set::bundled();
        for (file, from, to) in [
            ("cities.csv", "24.6522,323910,", "24.6522,323911,"),
            ("names.csv", "city,ahtari,zh,艾赫泰里", "city,ahtari,zh,新"),
            ("partnerships.csv", ",ahtari;dujiangyan,", ",akaa;dujiangyan,"),
        ] {
            set.replace(file, from, to.as_bytes());
        }
        let before = exported(&database).await;
        let (done, mut is_done) = oneshot::channel();
        let files = set.files();
        let import = async {
            database.import(&files).await.expect("an import");
            done.send(()).expect("an export that goes on");
        };
        let exports = async {
            let mut exports = Vec::new();
            while is_done.try_recv().is_err() {
                exports.push(exported(&database).await);
            }
            exports
        };
        let ((), exports) = tokio::join!(import, exports);
        let after = exported(&database).await;
        assert!(before != after && !exports.is_empty(), "{backend}");
        for export in exports {
            assert!(export == before || export == after, "{backend}: an export of a data set that never was");
        }
    }
}

/// Exports into one directory do not mix their files: while one is writing, another one is refused.
#[tokio::test(flavor = "multi_thread")]
async fn two_exports_into_one_directory_are_refused() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        place.prints(&["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")]);
        place.exported();
        let directory = place.path("out");
        std::fs::create_dir_all(&directory).expect("a directory");
        let other = std::fs::File::open(&directory).expect("a directory");
        other.lock().expect("a lock");
        let refused = place.run(&["export", "out"]);
        let message = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{backend}: {message}");
        assert!(message.contains("another export is writing into it"), "{backend}: {message}");
        drop(other);
        place.prints(&["export", "out"]);
    }
}

/// An export that is told to stop leaves none of its files.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_told_to_stop_leaves_nothing() {
    for backend in backends() {
        let place = Place::new(backend).await;
        place.prints(&["migrate"]);
        place.prints(&["import", concat!(env!("CARGO_MANIFEST_DIR"), "/data")]);
        let database = Database::connect(&place.url, Access::Open, None).await.expect("the database");
        // Reading the topics takes seconds.
        for sql in [
            "ALTER TABLE \"topic\" RENAME TO \"old_topic\"",
            "CREATE VIEW \"topic\" AS SELECT t.* FROM \"old_topic\" AS t WHERE t.\"version\" < 0 OR (t.\"note\" IS NULL AND \
             (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000000) SELECT COUNT(*) FROM n) = 0)",
        ] {
            database.connection().execute_unprepared(sql).await.expect(sql);
        }
        let mut export = place.on_database(&["export", "out"]).spawn().expect("an export");
        let begun = std::time::Instant::now();
        let has_begun = || std::fs::read_dir(place.path("out")).is_ok_and(|mut files| files.next().is_some());
        while !has_begun() {
            assert!(begun.elapsed() < LONG, "{backend}: it does not begin");
            thread::sleep(Duration::from_millis(5));
        }
        kill("TERM", export.id());
        let status = export.wait().expect("an end");
        assert_eq!(status.code(), Some(1), "{backend}");
        let left = std::fs::read_dir(place.path("out")).expect("a directory").count();
        assert_eq!(left, 0, "{backend}: files are left");
    }
}
