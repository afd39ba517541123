//! Sharing with statements that end when the test says so.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt, future::join_all};
use tokio::{sync::Semaphore, task::JoinHandle};

use super::{AT_ONCE, GroupId, Groups, MAX_ROWS};
use crate::error::{Code, Error, Result};

/// A database whose statements wait for permission to end.
#[derive(Clone)]
struct Database {
    groups: Arc<Groups<u32, u32>>,
    /// The keys of each statement that was begun.
    begun: Arc<Mutex<Vec<Vec<u32>>>>,
    may_end: Arc<Gate>,
}

struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::with_patience(Duration::MAX)
    }
}

impl Database {
    fn with_patience(patience: Duration) -> Self {
        let groups = Arc::new(Groups { patience, ..Groups::default() });
        Self { groups, begun: Arc::default(), may_end: Arc::default() }
    }

    /// Answers each key with its tenfold; the key [`FAILING`] makes its statement fail.
    async fn load(&self, id: GroupId, keys: Vec<u32>) -> Result<HashMap<u32, u32>> {
        let fetch = |mut keys: Vec<u32>| async move {
            keys.sort_unstable();
            self.begun.lock().expect("statements").push(keys.clone());
            self.may_end.0.acquire().await.expect("a gate").forget();
            if keys.contains(&FAILING) {
                return Err(Error::input(Code::InvalidArgument, "a failing key"));
            }
            Ok(keys.into_iter().map(|key| (key, key * 10)).collect())
        };
        self.groups.load(id, 1, keys, fetch).await
    }

    fn spawn(&self, id: GroupId, keys: impl IntoIterator<Item = u32>) -> JoinHandle<Result<HashMap<u32, u32>>> {
        let (this, keys) = (self.clone(), keys.into_iter().collect());
        tokio::spawn(async move { this.load(id, keys).await })
    }

    /// Lets everything go on that can.
    async fn settle(&self) {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }

    fn begun(&self) -> Vec<Vec<u32>> {
        self.begun.lock().expect("statements").clone()
    }

    fn let_end(&self, statements: usize) {
        self.may_end.0.add_permits(statements);
    }

    fn is_idle(&self) -> bool {
        self.groups.running.lock().expect("groups").is_empty()
    }
}

const GROUP: GroupId = (1, 0);
const FAILING: u32 = u32::MAX;

fn tenfold(keys: impl IntoIterator<Item = u32>) -> HashMap<u32, u32> {
    keys.into_iter().map(|key| (key, key * 10)).collect()
}

/// While the first statements run, others wait, and then share one.
#[tokio::test]
async fn operations_that_wait_share_a_statement() {
    let database = Database::default();
    let first: Vec<_> = (0..AT_ONCE).map(|_| database.spawn(GROUP, [1])).collect();
    database.settle().await;
    let others: Vec<_> = (2..10).map(|key| database.spawn(GROUP, [key, key + 1])).collect();
    database.settle().await;
    assert_eq!(database.begun(), vec![vec![1]; AT_ONCE]);
    database.let_end(AT_ONCE + 1);
    for answer in join_all(first).await {
        assert_eq!(answer.expect("no panic").expect("an answer"), tenfold([1]));
    }
    for (key, answer) in (2..10).zip(join_all(others).await) {
        assert_eq!(answer.expect("no panic").expect("an answer"), tenfold([key, key + 1]), "only what was asked for");
    }
    assert_eq!(database.begun()[AT_ONCE..], [(2..=10).collect::<Vec<_>>()], "each key once");
    assert!(database.is_idle(), "nothing is kept");
}

/// What other viewers may see, and what other fields read, is fetched apart.
#[tokio::test]
async fn other_groups_do_not_wait() {
    let database = Database::default();
    for id in [GROUP, (1, 1), (2, 0)] {
        (0..AT_ONCE).for_each(|_| drop(database.spawn(id, [1])));
    }
    database.settle().await;
    assert_eq!(database.begun().len(), 3 * AT_ONCE);
}

/// If the operation that runs a shared statement is abandoned, the others fetch their keys themselves: nobody can hold them
/// up twice.
#[tokio::test]
async fn an_abandoned_statement_is_made_up_for() {
    let database = Database::default();
    let first: Vec<_> = (0..AT_ONCE).map(|_| database.spawn(GROUP, [1])).collect();
    database.settle().await;
    let leader = database.spawn(GROUP, [2]);
    database.settle().await;
    let others: Vec<_> = [3, 4].map(|key| database.spawn(GROUP, [key])).into();
    database.settle().await;
    database.let_end(1);
    database.settle().await;
    assert_eq!(database.begun()[AT_ONCE..], [vec![2, 3, 4]]);
    leader.abort();
    database.settle().await;
    assert_eq!(database.begun()[AT_ONCE + 1..], [vec![3], vec![4]], "without what nobody waits for");
    database.let_end(AT_ONCE + 2);
    for (key, answer) in [3, 4].into_iter().zip(join_all(others).await) {
        assert_eq!(answer.expect("no panic").expect("an answer"), tenfold([key]));
    }
    drop(join_all(first).await);
    assert!(database.is_idle());
}

/// An operation that is abandoned while it waits is left out, and holds nobody up.
#[tokio::test]
async fn an_operation_that_is_gone_is_left_out() {
    let database = Database::default();
    let first: Vec<_> = (0..AT_ONCE).map(|_| database.spawn(GROUP, [1])).collect();
    database.settle().await;
    let (gone, stays) = (database.spawn(GROUP, [2]), database.spawn(GROUP, [3]));
    database.settle().await;
    gone.abort();
    database.settle().await;
    database.let_end(AT_ONCE + 1);
    assert_eq!(stays.await.expect("no panic").expect("an answer"), tenfold([3]));
    drop(join_all(first).await);
    assert_eq!(database.begun()[AT_ONCE..], [vec![3]]);
    assert!(database.is_idle());
}

/// A failure reaches all that share the statement, and nobody else.
#[tokio::test]
async fn a_failure_reaches_all_that_share_the_statement() {
    let database = Database::default();
    let first: Vec<_> = (0..AT_ONCE).map(|_| database.spawn(GROUP, [1])).collect();
    database.settle().await;
    let others: Vec<_> = [12, FAILING, 14].map(|key| database.spawn(GROUP, [key])).into();
    database.settle().await;
    database.let_end(AT_ONCE + 1);
    assert!(join_all(first).await.into_iter().all(|answer| answer.expect("no panic").is_ok()));
    assert!(join_all(others).await.into_iter().all(|answer| answer.expect("no panic").is_err()));
    database.let_end(1);
    assert_eq!(database.load(GROUP, vec![5]).await.expect("an answer"), tenfold([5]));
    assert!(database.is_idle());
}

/// Many rows go into several statements, and a single operation may have more than a shared statement.
#[tokio::test]
async fn a_shared_statement_has_a_limited_number_of_rows() {
    let most = u32::try_from(MAX_ROWS).expect("a small number");
    let database = Database::default();
    let first: Vec<_> = (0..AT_ONCE).map(|_| database.spawn(GROUP, [0])).collect();
    database.settle().await;
    let sizes = [most - 1, 1, 1, most * 2, 1];
    let others: Vec<_> = sizes.iter().map(|size| database.spawn(GROUP, 1..=*size)).collect();
    database.let_end(100);
    for (size, answer) in sizes.into_iter().zip(join_all(others).await) {
        assert_eq!(answer.expect("no panic").expect("an answer"), tenfold(1..=size));
    }
    drop(join_all(first).await);
    assert_eq!(database.begun()[AT_ONCE..].len(), 4, "the first two; one; the large one; the last");
    assert!(database.is_idle());
}

/// Nothing waits for a timer: an operation on its own begins its statement as soon as it is polled.
#[test]
fn an_operation_on_its_own_begins_at_once() {
    let database = Database::default();
    database.let_end(1);
    let answer = database.load(GROUP, vec![7]).now_or_never().expect("no waiting");
    assert_eq!(answer.expect("an answer"), tenfold([7]));
}

/// A slow statement does not hold up others for longer than they have patience.
#[tokio::test]
async fn an_operation_that_waited_long_goes_on_alone() {
    let database = Database::with_patience(Duration::ZERO);
    let first: Vec<_> = (0..AT_ONCE).map(|_| database.spawn(GROUP, [1])).collect();
    database.settle().await;
    let other = database.spawn(GROUP, [2]);
    while database.begun().len() == AT_ONCE {
        tokio::task::yield_now().await;
    }
    assert_eq!(database.begun()[AT_ONCE..], [vec![2]]);
    database.let_end(AT_ONCE + 1);
    assert_eq!(other.await.expect("no panic").expect("an answer"), tenfold([2]));
    drop(join_all(first).await);
    assert!(database.is_idle());
}

/// Whatever happens at the same time, everybody is answered and nothing is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_kept_when_operations_end_at_the_same_time() {
    let database = Database::default();
    database.let_end(100_000);
    for round in 0..200 {
        let tasks: Vec<_> = (0..16).map(|key| database.spawn(GROUP, [key, key + 1])).collect();
        for (i, task) in tasks.iter().enumerate() {
            if (i + round) % 5 == 0 {
                task.abort();
            }
        }
        for (key, answer) in (0..).zip(join_all(tasks).await) {
            // An error here is that the task was aborted.
            if let Ok(answer) = answer {
                assert_eq!(answer.expect("an answer"), tenfold([key, key + 1]));
            }
        }
        assert!(database.is_idle(), "round {round}");
    }
}
