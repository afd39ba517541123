//! The playground and the pages of records as a person uses them, in a browser: `web/browser-test.mjs`, `web/record-test.mjs`.

use std::path::Path;

use crate::{
    process::{Place, node},
    support::Backend,
};

/// All of its checks: the page, each example, headers, the editor, the documentation, and what must never happen.
const CHECKS: usize = 34;

#[tokio::test(flavor = "multi_thread")]
async fn the_playground_works_in_a_browser() {
    let place = Place::new(Backend::Sqlite).await;
    let served = place.serve(&[]);
    assert!(
        served.urls().iter().any(|url| url.ends_with("/playground")),
        "this build has no playground: install Node.js and npm (scripts/test does), without COOPGRAPH_SKIP_PLAYGROUND, \
         and build again; a warning of the build says what else is wrong"
    );
    let screenshot = Path::new(env!("CARGO_TARGET_TMPDIR")).join("playground.png");
    let path = screenshot.display().to_string();
    let printed = node("web", &["browser-test.mjs", &served.base(), &path], &[]);
    assert!(printed.ends_with(&format!("{CHECKS} passed, 0 failed\n")), "{printed}");
    eprintln!("what the browser showed is in {path}");
    served.stop();
}

/// Pages of records can be read on a phone and on a desk, without scripts.
#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_records_work_in_a_browser() {
    let place = Place::new(Backend::Sqlite).await;
    let served = place.serve(&[]);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("record.png").display().to_string();
    let printed = node("web", &["record-test.mjs", &served.base(), &path], &[]);
    assert_eq!(printed, "6 pages\n");
    eprintln!("what the browser showed is in {path}");
    served.stop();
}
