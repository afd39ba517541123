//! `backup`: a copy that is whole, whatever happens meanwhile.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::{
    clients::changing,
    import_export::Set,
    process::{LONG, Place, Served, finished},
    support::Backend,
};

/// A copy that is made while the data are served and changed is one version of them, with its keys, and can be served itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_whole_version_of_the_data() {
    let place = Place::new(Backend::Sqlite).await;
    let served = place.serve(&[]);
    let key = place.prints(&["key", "create", "--name", "Partner", "--role", "partner"]);
    let set = Set::bundled();
    let change = changing(&place, &set);
    let writer = std::thread::spawn(move || {
        for _ in 0..6 {
            let done = std::process::Command::new("sh").args(["-c", &change]).status().expect("sh");
            assert!(done.success());
        }
    });
    let mut versions = Vec::new();
    for i in 0..4 {
        let printed = place.prints(&["backup", &format!("copy-{i}.db")]);
        assert!(printed.starts_with(&format!("backed up to copy-{i}.db: ")), "{printed}");
        let path = place.path(&format!("copy-{i}.db"));
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it has what is not public");
        let of_copy = ["--database-url", &format!("sqlite://{}", path.display())].map(str::to_owned);
        let run = |args: &[&str]| {
            place.prints(&args.iter().copied().chain(of_copy.iter().map(String::as_str)).collect::<Vec<_>>())
        };
        run(&["export", "--content-only", &format!("out-{i}")]);
        let topics = fs::read_to_string(place.path(&format!("out-{i}/topics.csv"))).expect("topics");
        let version: i64 = match topics.split("innovation,Innovation ").nth(1) {
            Some(rest) => rest.split(',').next().expect("a name").parse().expect("a number"),
            None => 0,
        };
        versions.push(version);
        assert!(run(&["key", "list"]).contains("Partner: created"));
    }
    writer.join().expect("an end");
    assert!(versions.is_sorted(), "{versions:?}");
    served.stop();
    let copy = format!("sqlite://{}", place.path("copy-3.db").display());
    let served = Served::start(place.command(&["serve", "--listen", "127.0.0.1:0", "--database-url", &copy]));
    let client = reqwest::Client::new().post(format!("http://{}/graphql", served.address)).bearer_auth(key.trim());
    let answer = client.json(&serde_json::json!({ "query": "{ viewer { role } }" })).send().await.expect("an answer");
    assert!(answer.text().await.expect("a text").contains("PARTNER"));
    served.stop();
    let left: Vec<_> =
        fs::read_dir(place.path("")).expect("files").map(|file| file.expect("a file").file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("unfinished")), "{left:?}");
}

/// Nothing that is there is written over; and PostgreSQL has tools of its own, which the message names.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_backed_up_is_said() {
    let place = Place::new(Backend::Sqlite).await;
    place.prints(&["migrate"]);
    fs::write(place.path("there.db"), "something").expect("a file");
    for (file, what) in [("there.db", "there.db exists already"), ("nowhere/x.db", "nowhere")] {
        let output = finished(place.on_database(&["backup", file]), LONG);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(what), "{told}");
    }
    assert_eq!(fs::read_to_string(place.path("there.db")).expect("a file"), "something");
    if crate::support::backends().contains(&Backend::Postgres) {
        let place = Place::new(Backend::Postgres).await;
        place.prints(&["migrate"]);
        let output = finished(place.on_database(&["backup", "x.dump"]), LONG);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains("pg_dump --format=custom --file='x.dump'"), "{told}");
    }
}
