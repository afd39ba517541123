//! Statements that several operations share.
//!
//! Operations with the same plan that run at the same time often ask for records in the same way: only the keys differ.
//! The first statements of such a group run at once. While they run, the keys of other operations collect, and the next
//! statement fetches all of them together. So nobody waits for a timer, a server that has nothing else to do answers as
//! fast as ever, and a busy one needs fewer statements. Only operations whose viewers may see the same share one.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustc_hash::FxHashMap;
use tokio::sync::{Semaphore, oneshot};

use super::{
    keys::{ById, ByKey, CounterpartsOf, PageOf, TotalOf},
    projection::Row,
};
use crate::error::Result;

/// How many statements of one group run at the same time before others wait to share one.
const AT_ONCE: usize = 2;
/// How many keys one statement fetches for several operations.
const MAX_KEYS: usize = 400;

/// What is being fetched for all operations of a server.
#[derive(Default)]
pub struct SharedStatements {
    pub(super) by_id: Groups<ById, Arc<Row>>,
    pub(super) by_key: Groups<ByKey, Arc<Row>>,
    pub(super) pages: Groups<PageOf, Arc<Vec<Arc<Row>>>>,
    pub(super) totals: Groups<TotalOf, i64>,
    pub(super) counterparts: Groups<CounterpartsOf, Vec<Arc<Row>>>,
}

/// What tells groups apart: the address of the keys' shape, and the rank of the viewers.
pub(super) type GroupId = (usize, i16);

/// The groups of one type of key that are being fetched.
pub(super) struct Groups<K, V>(Mutex<FxHashMap<GroupId, Arc<Group<K, V>>>>);

struct Group<K, V> {
    running: Semaphore,
    waiting: Mutex<Vec<Waiting<K, V>>>,
}

/// The keys of an operation that waits for a statement.
struct Waiting<K, V> {
    keys: Vec<K>,
    answer: oneshot::Sender<Answer<K, V>>,
}

type Answer<K, V> = Result<Arc<HashMap<K, V>>>;

/// An operation's part in a group, which ends with the last of them.
struct Member<'a, K, V> {
    groups: &'a Groups<K, V>,
    id: GroupId,
    group: Arc<Group<K, V>>,
}

impl<K, V> Default for Groups<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Groups<K, V> {
    /// Fetches keys, together with those of other operations that wait for the same group. `fetch` is called with all keys
    /// of a statement.
    pub async fn load<F>(&self, id: GroupId, keys: Vec<K>, fetch: impl Fn(Vec<K>) -> F) -> Result<HashMap<K, V>>
    where
        F: Future<Output = Result<HashMap<K, V>>>,
    {
        let member = self.join(id);
        let group = &member.group;
        if let Ok(_running) = group.running.try_acquire() {
            return fetch(keys).await;
        }
        loop {
            let (sender, mut answer) = oneshot::channel();
            group.waiting().push(Waiting { keys: keys.clone(), answer: sender });
            let answered = loop {
                tokio::select! {
                    biased;
                    answered = &mut answer => break answered,
                    // The semaphore is never closed.
                    _running = group.running.acquire() => {
                        let batch = group.take();
                        if batch.is_empty() {
                            // Another operation fetches these keys, too.
                            break (&mut answer).await;
                        }
                        group.fetch(batch, &fetch).await;
                    }
                }
            };
            // If the operation that ran the statement was abandoned, the keys wait for another one.
            if let Ok(found) = answered {
                let found = found?;
                return Ok(keys
                    .into_iter()
                    .filter_map(|key| found.get(&key).cloned().map(|value| (key, value)))
                    .collect());
            }
        }
    }

    fn join(&self, id: GroupId) -> Member<'_, K, V> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Group { running: Semaphore::new(AT_ONCE), waiting: Mutex::default() });
        Member { groups: self, id, group: groups.entry(id).or_insert_with(new).clone() }
    }
}

impl<K: Clone + Eq + Hash, V> Group<K, V> {
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting<K, V>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those whose turn it is.
    fn take(&self) -> Vec<Waiting<K, V>> {
        let mut waiting = self.waiting();
        waiting.retain(|one| !one.answer.is_closed());
        let mut keys = 0;
        let fits = waiting.iter().take_while(|one| {
            keys += one.keys.len();
            keys <= MAX_KEYS
        });
        // However many keys the first has, it goes on.
        let count = fits.count().max(1).min(waiting.len());
        waiting.drain(..count).collect()
    }

    async fn fetch<F>(&self, batch: Vec<Waiting<K, V>>, fetch: impl Fn(Vec<K>) -> F)
    where
        F: Future<Output = Result<HashMap<K, V>>>,
    {
        let keys: HashSet<&K> = batch.iter().flat_map(|one| &one.keys).collect();
        let found = fetch(keys.into_iter().cloned().collect()).await.map(Arc::new);
        for one in batch {
            // Whoever is gone needs no answer.
            let _ = one.answer.send(found.clone());
        }
    }
}

impl<K, V> Drop for Member<'_, K, V> {
    fn drop(&mut self) {
        let mut groups = self.groups.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One reference is the map's, and one is this member's.
        if Arc::strong_count(&self.group) == 2 {
            groups.remove(&self.id);
        }
    }
}
