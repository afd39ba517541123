//! What each client may have so much of at the same time: places, or bytes.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use super::Client;

/// What is taken, by those who took it.
pub struct Seats<K: Copy + Eq + Hash = Client> {
    most: usize,
    taken: Mutex<HashMap<K, usize>>,
}

/// What somebody has taken, until it is dropped.
pub struct Seat<K: Copy + Eq + Hash = Client> {
    seats: Arc<Seats<K>>,
    of: K,
    number: usize,
}

impl<K: Copy + Eq + Hash> Seats<K> {
    /// Each may have `most`.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// Takes nothing yet.
    pub fn none(self: &Arc<Self>, of: K) -> Seat<K> {
        Seat { seats: self.clone(), of, number: 0 }
    }

    /// Takes one, unless the taker has as many as it may.
    pub fn take(self: &Arc<Self>, of: K) -> Option<Seat<K>> {
        let mut seat = self.none(of);
        seat.grow(1).then_some(seat)
    }
}

impl<K: Copy + Eq + Hash> Seat<K> {
    /// Takes so many more, unless the taker would have more than it may.
    pub fn grow(&mut self, more: usize) -> bool {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.get(&self.of).copied().unwrap_or_default();
        let is_free = more <= self.seats.most.saturating_sub(number);
        if is_free {
            taken.insert(self.of, number + more);
            self.number += more;
        }
        is_free
    }
}

impl<K: Copy + Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = taken.get_mut(&self.of) {
            *number -= self.number;
            if *number == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place is free again when it is given back, and clients do not take each other's.
    #[test]
    fn places_come_back() {
        let seats = Seats::new(2);
        let (one, other) = (Client::at([127, 0, 0, 1].into()), Client::at([127, 0, 0, 2].into()));
        let (first, _second) = (seats.take(one).expect("free"), seats.take(one).expect("free"));
        assert!(seats.take(one).is_none());
        let other = seats.take(other).expect("the other's own");
        drop(first);
        let _third = seats.take(one).expect("free again");
        drop(other);
        assert_eq!(seats.taken.lock().expect("whole").len(), 1, "who has none is forgotten");
    }
}
