//! Limits per client on what is used at the same time: requests, subscriptions, connections, or bytes of memory.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use super::Client;

/// Hands out permits, up to a limit for each key.
pub struct ConcurrencyLimiter<K: Copy + Eq + Hash = Client> {
    limit: usize,
    /// How much each key holds; those that hold nothing have no entry.
    held: Mutex<HashMap<K, usize>>,
}

/// A part of the limit of a key, which is released when the permit is dropped.
pub struct Permit<K: Copy + Eq + Hash = Client> {
    limiter: Arc<ConcurrencyLimiter<K>>,
    key: K,
    size: usize,
}

impl<K: Copy + Eq + Hash> ConcurrencyLimiter<K> {
    /// Creates a limiter that lets each key hold up to `limit`.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, held: Mutex::default() })
    }

    /// A permit of size 0, to be grown.
    pub fn empty_permit(self: &Arc<Self>, key: K) -> Permit<K> {
        Permit { limiter: self.clone(), key, size: 0 }
    }

    /// A permit of size 1, or `None` if the key has reached its limit.
    pub fn try_acquire(self: &Arc<Self>, key: K) -> Option<Permit<K>> {
        let mut permit = self.empty_permit(key);
        permit.try_grow(1).then_some(permit)
    }
}

impl<K: Copy + Eq + Hash> Permit<K> {
    /// Grows the permit, unless its key would exceed the limit. Returns whether it has grown.
    pub fn try_grow(&mut self, by: usize) -> bool {
        let mut held = self.limiter.held.lock().unwrap_or_else(PoisonError::into_inner);
        let before = held.get(&self.key).copied().unwrap_or_default();
        let fits = by <= self.limiter.limit.saturating_sub(before);
        if fits {
            held.insert(self.key, before + by);
            self.size += by;
        }
        fits
    }
}

impl<K: Copy + Eq + Hash> Drop for Permit<K> {
    fn drop(&mut self) {
        let mut held = self.limiter.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(size) = held.get_mut(&self.key) {
            *size -= self.size;
            if *size == 0 {
                held.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dropped permit can be acquired again, and each key has its own limit.
    #[test]
    fn dropped_permits_are_released() {
        let limiter = ConcurrencyLimiter::new(2);
        let (one, other) = (Client::at([127, 0, 0, 1].into()), Client::at([127, 0, 0, 2].into()));
        let first = limiter.try_acquire(one).expect("free");
        let _second = limiter.try_acquire(one).expect("free");
        assert!(limiter.try_acquire(one).is_none());
        let other = limiter.try_acquire(other).expect("the other client's own");
        drop(first);
        let _third = limiter.try_acquire(one).expect("free again");
        drop(other);
        assert_eq!(limiter.held.lock().expect("not poisoned").len(), 1, "an idle client has no entry");
    }
}
