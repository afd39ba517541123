//! What others write between two statements of an operation does not show in its answer.

use std::time::Duration;

use coopgraph::db::{Access, Database};
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use serde_json::json;
use tokio::sync::mpsc;

use crate::support::{Backend, Data, Server, TestDatabase, backends};

/// A citation and its record, which are read by two statements: the record can be of many types.
const CITATION: &str =
    "{ citations(first: 1, filter: {key: {eq: \"C0624\"}}) { nodes { key record { __typename key } } } }";

/// The visits between which the citation moves; only that which it belongs to is visible.
const VISITS: [&str; 2] = ["smpg-office-espoo-2019", "beihai-imatra-2017"];

/// How often the citation moves.
const MOVES: usize = 300;

/// Moves the citation to the visit `to`, and hides the other one.
async fn move_to(connection: &impl ConnectionTrait, to: &str) {
    for sql in [
        format!(
            "UPDATE \"citation\" SET \"record_id\" = (SELECT \"id\" FROM \"visit\" WHERE \"key\" = '{to}') \
             WHERE \"key\" = 'C0624'"
        ),
        format!(
            "UPDATE \"visit\" SET \"audience\" = CASE \"key\" WHEN '{to}' THEN 0 ELSE 2 END WHERE \"key\" IN ('{}', '{}')",
            VISITS[0], VISITS[1]
        ),
    ] {
        connection.execute_unprepared(&sql).await.expect("a write");
    }
}

/// A required reference is never `null` because its record was exchanged for another one meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_required_reference_survives_a_write_between_two_statements() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let url = server.data.url.clone();
        move_to(server.data.database.connection(), VISITS[0]).await;
        let (go, mut asked) = mpsc::channel(1);
        let writer = tokio::spawn(async move {
            let database = Database::connect(&url, Access::Open, None).await.expect("a database");
            let mut moves = 0;
            while asked.recv().await.is_some() {
                moves += 1;
                let transaction = database.connection().begin().await.expect("a transaction");
                move_to(&transaction, VISITS[moves % 2]).await;
                transaction.commit().await.expect("a commit");
            }
        });
        for _ in 0..MOVES {
            // One move for each answer, at about the same time.
            go.send(()).await.expect("a writer");
            let found = server.data(CITATION, json!({})).await;
            let visit = &found["citations"]["nodes"][0]["record"]["key"];
            assert!(VISITS.iter().any(|key| visit == key), "{backend}: {found}");
        }
        drop(go);
        writer.await.expect("a writer");
    }
}

/// Waits until a statement waits for the lock.
async fn wait_for_blocked_statement(data: &TestDatabase) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..6_000 {
        let statement = Statement::from_string(data.database.backend(), sql);
        let row = data.database.connection().query_one_raw(statement).await.expect("an answer").expect("a row");
        if row.try_get_by_index::<i64>(0).expect("a number") > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no statement waits for the lock");
}

/// The write happens certainly between the two statements: the second one waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_made_again_after_a_write_between_two_statements() {
    for backend in backends().into_iter().filter(|backend| *backend == Backend::Postgres) {
        let server = Server::start(backend, Data::Bundled).await;
        move_to(server.data.database.connection(), VISITS[0]).await;
        let lock = server.data.lock("visit").await;
        let (found, ()) = tokio::join!(server.data(CITATION, json!({})), async {
            wait_for_blocked_statement(&server.data).await;
            move_to(&lock, VISITS[1]).await;
            lock.commit().await.expect("a commit");
        });
        let nodes = &found["citations"]["nodes"];
        assert_eq!(nodes[0]["record"]["key"], VISITS[1], "{found}");
    }
}
