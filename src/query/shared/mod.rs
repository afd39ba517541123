//! Statements that several operations share.
//!
//! Operations with the same plan that run at the same time often ask for records in the same way: only the keys differ.
//! The first statements of such a group run at once. While they run, the keys of other operations collect, and the next
//! statement fetches all of them together. So an operation on its own never waits, and a busy server needs fewer statements.
//! Only operations whose viewers may see the same share one, and each of them counts it as its own.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustc_hash::FxHashMap;
use tokio::{sync::oneshot, time::timeout};

use super::{
    keys::{ById, ByKey, CounterpartsOf, PageOf, TotalOf},
    network::Networks,
    projection::Row,
};
use crate::error::Result;

/// How many statements of one group run at the same time before others wait to share one.
const AT_ONCE: usize = 2;
/// How many rows a shared statement may return.
const MAX_ROWS: usize = 2_000;
/// How long an operation waits at most, before it fetches its keys alone: a slow statement of one client must not hold up
/// others for long.
const PATIENCE: Duration = Duration::from_millis(250);

/// What is being fetched for all operations of a server.
#[derive(Default)]
pub struct SharedStatements {
    pub(super) by_id: Groups<ById, Arc<Row>>,
    pub(super) by_key: Groups<ByKey, Arc<Row>>,
    pub(super) pages: Groups<PageOf, Arc<Vec<Arc<Row>>>>,
    pub(super) totals: Groups<TotalOf, i64>,
    pub(super) counterparts: Groups<CounterpartsOf, Vec<Arc<Row>>>,
    pub(super) networks: Networks,
}

/// What tells groups apart: the address of the keys' shape, and the rank of the viewers. The keys of a group keep the shape
/// alive, so its address belongs to no other.
pub(super) type GroupId = (usize, i16);

/// The groups of one type of key that are being fetched.
pub(super) struct Groups<K, V> {
    running: Running<K, V>,
    patience: Duration,
}

type Running<K, V> = Arc<Mutex<FxHashMap<GroupId, Group<K, V>>>>;

/// A group, of which at least one statement is running.
struct Group<K, V> {
    statements: usize,
    waiting: Vec<Waiting<K, V>>,
}

/// The keys of an operation that waits.
struct Waiting<K, V> {
    keys: Vec<K>,
    rows: usize,
    turn: oneshot::Sender<Turn<K, V>>,
}

/// What an operation that waits receives.
enum Turn<K, V> {
    /// It runs the next statement, also for others.
    Lead(Permit<K, V>, Vec<Waiting<K, V>>),
    /// Another operation fetched its keys.
    Answered(Result<Arc<HashMap<K, V>>>),
}

/// One of the statements of a group that may run at the same time. Whoever drops it passes it on.
struct Permit<K, V> {
    groups: Running<K, V>,
    id: GroupId,
    is_passed_on: bool,
}

impl<K, V> Default for Groups<K, V> {
    fn default() -> Self {
        Self { running: Arc::default(), patience: PATIENCE }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Groups<K, V> {
    /// Fetches keys, together with those of other operations that wait for the same group. `rows` is how many rows each
    /// key may lead to. `fetch` is called with all keys of a statement.
    pub async fn load<F>(
        &self,
        id: GroupId,
        rows: usize,
        keys: Vec<K>,
        fetch: impl Fn(Vec<K>) -> F,
    ) -> Result<HashMap<K, V>>
    where
        F: Future<Output = Result<HashMap<K, V>>>,
    {
        let (permit, others) = match self.enter(id, rows, &keys) {
            Ok(permit) => (permit, Vec::new()),
            Err(turn) => match timeout(self.patience, turn).await {
                Ok(Ok(Turn::Lead(permit, others))) => (permit, others),
                Ok(Ok(Turn::Answered(found))) => return Ok(own(keys, &*found?)),
                // The operation that ran the statement was abandoned, or it takes long.
                _ => return fetch(keys).await,
            },
        };
        if others.is_empty() {
            // `permit` is passed on when the statement has ended.
            let found = fetch(keys).await;
            drop(permit);
            return found;
        }
        let all: HashSet<&K> = keys.iter().chain(others.iter().flat_map(|other| &other.keys)).collect();
        let found = fetch(all.into_iter().cloned().collect()).await.map(Arc::new);
        drop(permit);
        for other in others {
            // Whoever is gone needs no answer.
            let _ = other.turn.send(Turn::Answered(found.clone()));
        }
        Ok(own(keys, &*found?))
    }

    /// A permit, if one is free; otherwise the receiver of its turn.
    fn enter(&self, id: GroupId, rows: usize, keys: &[K]) -> Result<Permit<K, V>, oneshot::Receiver<Turn<K, V>>> {
        let mut groups = lock(&self.running);
        let group = groups.entry(id).or_insert_with(|| Group { statements: 0, waiting: Vec::new() });
        if group.statements < AT_ONCE {
            group.statements += 1;
            return Ok(Permit { groups: self.running.clone(), id, is_passed_on: false });
        }
        let (turn, receiver) = oneshot::channel();
        // Those that were abandoned meanwhile would keep their keys.
        group.waiting.retain(|one| !one.turn.is_closed());
        group.waiting.push(Waiting { keys: keys.to_vec(), rows: rows.saturating_mul(keys.len()), turn });
        Err(receiver)
    }
}

/// The part of what was found that was asked for.
fn own<K: Clone + Eq + Hash, V: Clone>(keys: Vec<K>, found: &HashMap<K, V>) -> HashMap<K, V> {
    keys.into_iter().filter_map(|key| found.get(&key).cloned().map(|value| (key, value))).collect()
}

fn lock<K, V>(groups: &Running<K, V>) -> MutexGuard<'_, FxHashMap<GroupId, Group<K, V>>> {
    groups.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> Group<K, V> {
    /// The operation whose turn it is, and those that share its statement.
    fn take(&mut self) -> Option<(Waiting<K, V>, Vec<Waiting<K, V>>)> {
        self.waiting.retain(|one| !one.turn.is_closed());
        let mut rows = 0;
        let fits = self.waiting.iter().take_while(|one| {
            rows += one.rows;
            rows <= MAX_ROWS
        });
        // However many rows the first asks for, its turn comes.
        let count = fits.count().max(1).min(self.waiting.len());
        let mut batch = self.waiting.drain(..count);
        let leader = batch.next()?;
        Some((leader, batch.collect()))
    }
}

impl<K, V> Drop for Permit<K, V> {
    fn drop(&mut self) {
        if self.is_passed_on {
            return;
        }
        let mut groups = lock(&self.groups);
        let Some(group) = groups.get_mut(&self.id) else { return };
        while let Some((leader, others)) = group.take() {
            let permit = Self { groups: self.groups.clone(), id: self.id, is_passed_on: false };
            match leader.turn.send(Turn::Lead(permit, others)) {
                Ok(()) => return,
                // It was abandoned just now: the next one's turn comes.
                Err(Turn::Lead(mut permit, others)) => {
                    permit.is_passed_on = true;
                    group.waiting.splice(..0, others);
                }
                Err(Turn::Answered(_)) => {}
            }
        }
        group.statements -= 1;
        if group.statements == 0 {
            groups.remove(&self.id);
        }
    }
}
