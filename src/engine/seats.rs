//! Places of which each client may take so many at the same time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::Client;

/// The places that are taken.
pub struct Seats {
    most: usize,
    taken: Mutex<HashMap<Client, usize>>,
}

/// A place, until it is dropped.
pub struct Seat {
    seats: Arc<Seats>,
    client: Client,
}

impl Seats {
    /// Each client may have `most`.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// Takes a place, unless the client has as many as it may.
    pub fn take(self: &Arc<Self>, client: Client) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.entry(client).or_default();
        if *number >= self.most {
            return None;
        }
        *number += 1;
        Some(Seat { seats: self.clone(), client })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = taken.get_mut(&self.client) {
            *number -= 1;
            if *number == 0 {
                taken.remove(&self.client);
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
