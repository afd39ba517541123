//! What clients may spend: a token bucket for each, charged by the cost of an operation before it runs; what an operation
//! did not use is given back.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use crate::{clock::Clock, db::Moment, graph::Budget};

/// How many clients are remembered; who was forgotten starts with a full bucket.
const CLIENTS: usize = 100_000;
/// In how many milliseconds an empty bucket is full again.
const WINDOW: i64 = 60_000;

/// Who spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

impl Client {
    /// The client of an address. Of IPv6, a subscriber has a whole network: its first 64 bits.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into())),
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }
}

/// The buckets of all clients.
pub(super) struct Purses {
    limit: i64,
    /// How many statements of a client run at the same time.
    turns: usize,
    clock: Clock,
    clients: Cache<Client, Arc<Account>>,
}

/// What is kept for a client.
struct Account {
    purse: Mutex<Purse>,
    turns: Arc<Semaphore>,
}

/// Points at a moment, in thousandths, so that what a millisecond brings is not lost.
struct Purse {
    millipoints: i64,
    at: i64,
}

/// What a client lacks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lack {
    /// The state before, which is not changed.
    pub budget: Budget,
    /// In how many seconds there will be enough.
    pub seconds: i64,
}

impl Purses {
    pub(super) fn new(limit: u32, turns: usize, clock: Clock) -> Self {
        Self { limit: i64::from(limit), turns, clock, clients: Cache::new(CLIENTS) }
    }

    /// Where the statements of a client wait for their turn, so that the others find a connection. Without a limit,
    /// nobody waits.
    pub(super) fn turns(&self, client: Client) -> Option<Arc<Semaphore>> {
        (self.limit > 0).then(|| self.account(client, self.clock.now()).turns.clone())
    }

    fn account(&self, client: Client, now: i64) -> Arc<Account> {
        let full = || Account {
            purse: Mutex::new(Purse { millipoints: self.limit * 1000, at: now }),
            turns: Arc::new(Semaphore::new(self.turns)),
        };
        let Ok(account) =
            self.clients.get_or_insert_with::<_, std::convert::Infallible>(&client, || Ok(Arc::new(full())));
        account
    }

    /// Takes what an operation costs, if the client has it. Without a limit, nothing is said.
    pub(super) fn take(&self, client: Client, cost: u64) -> Result<Option<Budget>, Lack> {
        if self.limit == 0 {
            return Ok(None);
        }
        // More than the limit can never be saved up: such an operation takes all there is.
        let cost = i64::try_from(cost).unwrap_or(i64::MAX).min(self.limit);
        let now = self.clock.now();
        self.with(client, now, |purse| {
            let paid = purse.millipoints - cost * 1000;
            let enough = paid >= 0;
            if enough {
                purse.millipoints = paid;
            }
            let full_in = (self.limit * 1000 - purse.millipoints) * WINDOW / (self.limit * 1000);
            let budget = Budget {
                limit: self.limit,
                cost,
                remaining: purse.millipoints / 1000,
                reset_at: Moment(now + full_in),
                reset_in: (full_in + 999) / 1000,
            };
            let seconds = (-paid * WINDOW / (self.limit * 1000)).div_euclid(1000) + 1;
            if enough { Ok(Some(budget)) } else { Err(Lack { budget, seconds }) }
        })
    }

    /// Gives back what an operation did not use; takes what it used beyond its price, if the number is negative.
    pub(super) fn give_back(&self, client: Client, points: i64) {
        if self.limit > 0 && points != 0 {
            let most = self.limit * 1000;
            self.with(client, self.clock.now(), |purse| {
                purse.millipoints = (purse.millipoints + points.max(-self.limit) * 1000).min(most);
            });
        }
    }

    fn with<T>(&self, client: Client, now: i64, change: impl FnOnce(&mut Purse) -> T) -> T {
        let account = self.account(client, now);
        let mut purse = account.purse.lock().unwrap_or_else(PoisonError::into_inner);
        let each = self.limit * 1000;
        let passed = (now - purse.at).clamp(0, WINDOW);
        let gained = passed * each / WINDOW;
        purse.millipoints = (purse.millipoints + gained).min(each);
        // The time that brought less than a thousandth is kept for the next.
        purse.at = now - if passed < WINDOW { passed - gained * WINDOW / each } else { 0 };
        change(&mut purse)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn purses(limit: u32) -> (Purses, Arc<AtomicI64>) {
        let now = Arc::new(AtomicI64::new(1_000_000));
        let seen = now.clone();
        (Purses::new(limit, 1, Clock::from_fn(move || seen.load(Ordering::Relaxed))), now)
    }

    /// A bucket empties, says when there is enough again, and fills with time; others are not touched.
    #[test]
    fn a_client_spends_and_saves() {
        let (purses, now) = purses(600);
        let (one, other) = (Client::at([127, 0, 0, 1].into()), Client::at([127, 0, 0, 2].into()));
        assert_eq!(purses.take(one, 500).expect("enough").expect("a budget").remaining, 100);
        let lack = purses.take(one, 200).expect_err("too little");
        assert_eq!((lack.budget.remaining, lack.seconds), (100, 11));
        assert_eq!(purses.take(other, 600).expect("enough").expect("a budget").remaining, 0);
        now.fetch_add(lack.seconds * 1000, Ordering::Relaxed);
        assert_eq!(purses.take(one, 200).expect("enough").expect("a budget").remaining, 10);
        purses.give_back(one, 10_000);
        assert_eq!(purses.take(one, 1).expect("enough").expect("a budget").remaining, 599);
    }

    /// Who asks again and again earns as much as who waits.
    #[test]
    fn asking_does_not_lose_time() {
        let (purses, now) = purses(10);
        let one = Client::at([127, 0, 0, 1].into());
        purses.take(one, 10).expect("all of it");
        for _ in 0..5_999 {
            now.fetch_add(1, Ordering::Relaxed);
            assert!(purses.take(one, 1).is_err());
        }
        now.fetch_add(1, Ordering::Relaxed);
        assert!(purses.take(one, 1).is_ok());
    }

    /// An operation above the limit is not refused forever, and a limit of 0 limits nothing.
    #[test]
    fn the_limit_is_the_most() {
        let (purses, _) = purses(100);
        assert!(purses.take(Client::at([127, 0, 0, 1].into()), 1_000_000).is_ok());
        let (unlimited, _) = self::purses(0);
        assert!(unlimited.take(Client::at([127, 0, 0, 1].into()), u64::MAX).expect("no limit").is_none());
    }

    /// All addresses of an IPv6 network are one client; an IPv4 address written as IPv6 is itself.
    #[test]
    fn clients_are_told_apart() {
        let at = |text: &str| Client::at(text.parse().expect("an address"));
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
