//! Rate limiting: each client has a token bucket of points. An operation is charged its estimated cost before it runs, and
//! unused points are refunded.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{api::RateLimit, clock::Clock, db::Moment};

/// How many clients are tracked. A client that was evicted starts again with a full bucket.
const MAX_CLIENTS: usize = 100_000;
/// How long an empty bucket takes to refill, in milliseconds.
const WINDOW: i64 = 60_000;

/// How many keys are looked up for one client at the same time.
const LOOK_UPS: usize = 2;

/// A client, that has points of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// Whoever sends no key, by the address.
    Address(IpAddr),
    /// Whoever has a key, by the id of the key.
    Key(Uuid),
}

impl Client {
    /// The client at an address. IPv6 clients are identified by their /64 network, which usually belongs to one subscriber.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self::Address(IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into())),
            v4 @ IpAddr::V4(_) => Self::Address(v4),
        }
    }
}

/// The token buckets of all clients.
pub(super) struct RateLimiter {
    /// The capacity of a bucket, in points; 0 turns rate limiting off.
    limit: i64,
    /// How many statements of one client may run at the same time.
    max_statements: usize,
    clock: Clock,
    clients: Cache<Client, Arc<ClientState>>,
}

struct ClientState {
    bucket: Mutex<TokenBucket>,
    statement_permits: Arc<Semaphore>,
    look_up_permits: Arc<Semaphore>,
}

/// The points of a client at a moment, in thousandths: a bucket may gain less than a point per millisecond.
struct TokenBucket {
    millipoints: i64,
    refilled_at: i64,
}

/// A charge was refused, because the client does not have enough points.
#[derive(Clone, Copy, Debug)]
pub(super) struct RateLimitExceeded {
    /// The budget, which was not charged.
    pub budget: RateLimit,
    /// In how many seconds the client will have enough points.
    pub retry_after: i64,
}

impl RateLimiter {
    pub(super) fn new(limit: u32, max_statements: usize, clock: Clock) -> Self {
        Self { limit: i64::from(limit), max_statements, clock, clients: Cache::new(MAX_CLIENTS) }
    }

    /// Limits how many statements of a client run at the same time, so that others find a database connection. `None`
    /// if rate limiting is off.
    pub(super) fn statement_permits(&self, client: Client) -> Option<Arc<Semaphore>> {
        (self.limit > 0).then(|| self.client(client, self.clock.now()).statement_permits.clone())
    }

    /// The same for looking up keys, which takes so little that it does not wait for other statements.
    pub(super) fn look_up_permits(&self, client: Client) -> Option<Arc<Semaphore>> {
        (self.limit > 0).then(|| self.client(client, self.clock.now()).look_up_permits.clone())
    }

    /// Charges a client the cost of an operation, in points. The budget is `None` if rate limiting is off.
    pub(super) fn charge(&self, client: Client, cost: u64) -> Result<Option<RateLimit>, RateLimitExceeded> {
        if self.limit == 0 {
            return Ok(None);
        }
        // An operation above the limit could never be paid for: it needs a full bucket, and empties it.
        let cost = i64::try_from(cost).unwrap_or(i64::MAX).min(self.limit);
        let now = self.clock.now();
        self.with_bucket(client, now, |bucket| {
            let left = bucket.millipoints - cost * 1000;
            let is_enough = left >= 0;
            if is_enough {
                bucket.millipoints = left;
            }
            let full_in = (self.limit * 1000 - bucket.millipoints) * WINDOW / (self.limit * 1000);
            let budget = RateLimit {
                limit: self.limit,
                cost,
                remaining: bucket.millipoints / 1000,
                reset_at: Moment(now + full_in),
                reset_in: (full_in + 999) / 1000,
            };
            let retry_after = (-left * WINDOW / (self.limit * 1000)).div_euclid(1000) + 1;
            if is_enough { Ok(Some(budget)) } else { Err(RateLimitExceeded { budget, retry_after }) }
        })
    }

    /// Refunds unused points. A negative number charges what an operation used beyond its estimate.
    pub(super) fn refund(&self, client: Client, points: i64) {
        if self.limit > 0 && points != 0 {
            let capacity = self.limit * 1000;
            self.with_bucket(client, self.clock.now(), |bucket| {
                bucket.millipoints = (bucket.millipoints + points.max(-self.limit) * 1000).min(capacity);
            });
        }
    }

    fn client(&self, client: Client, now: i64) -> Arc<ClientState> {
        let new = || ClientState {
            bucket: Mutex::new(TokenBucket { millipoints: self.limit * 1000, refilled_at: now }),
            statement_permits: Arc::new(Semaphore::new(self.max_statements)),
            look_up_permits: Arc::new(Semaphore::new(LOOK_UPS)),
        };
        let Ok(state) = self.clients.get_or_insert_with::<_, std::convert::Infallible>(&client, || Ok(Arc::new(new())));
        state
    }

    /// Refills the bucket of a client, and passes it to `change`.
    fn with_bucket<T>(&self, client: Client, now: i64, change: impl FnOnce(&mut TokenBucket) -> T) -> T {
        let state = self.client(client, now);
        let mut bucket = state.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let capacity = self.limit * 1000;
        let elapsed = (now - bucket.refilled_at).clamp(0, WINDOW);
        let gained = elapsed * capacity / WINDOW;
        bucket.millipoints = (bucket.millipoints + gained).min(capacity);
        // Time that gained less than a thousandth counts towards the next refill.
        bucket.refilled_at = now - if elapsed < WINDOW { elapsed - gained * WINDOW / capacity } else { 0 };
        change(&mut bucket)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn rate_limiter(limit: u32) -> (RateLimiter, Arc<AtomicI64>) {
        let now = Arc::new(AtomicI64::new(1_000_000));
        let clock = now.clone();
        (RateLimiter::new(limit, 1, Clock::from_fn(move || clock.load(Ordering::Relaxed))), now)
    }

    /// A bucket empties, says when there is enough again, and refills with time; other buckets are not affected.
    #[test]
    fn a_bucket_empties_and_refills() {
        let (limiter, now) = rate_limiter(600);
        let (one, other) = (Client::at([127, 0, 0, 1].into()), Client::at([127, 0, 0, 2].into()));
        assert_eq!(limiter.charge(one, 500).expect("enough").expect("a budget").remaining, 100);
        let exceeded = limiter.charge(one, 200).expect_err("too little");
        assert_eq!((exceeded.budget.remaining, exceeded.retry_after), (100, 11));
        assert_eq!(limiter.charge(other, 600).expect("enough").expect("a budget").remaining, 0);
        now.fetch_add(exceeded.retry_after * 1000, Ordering::Relaxed);
        assert_eq!(limiter.charge(one, 200).expect("enough").expect("a budget").remaining, 10);
        limiter.refund(one, 10_000);
        assert_eq!(limiter.charge(one, 1).expect("enough").expect("a budget").remaining, 599);
    }

    /// Refused charges do not slow down the refill.
    #[test]
    fn refused_charges_do_not_delay_the_refill() {
        let (limiter, now) = rate_limiter(10);
        let one = Client::at([127, 0, 0, 1].into());
        limiter.charge(one, 10).expect("all of it");
        for _ in 0..5_999 {
            now.fetch_add(1, Ordering::Relaxed);
            assert!(limiter.charge(one, 1).is_err());
        }
        now.fetch_add(1, Ordering::Relaxed);
        assert!(limiter.charge(one, 1).is_ok());
    }

    /// An operation above the limit is not refused forever, and a limit of 0 turns rate limiting off.
    #[test]
    fn a_charge_is_capped_at_the_limit() {
        let (limiter, _) = rate_limiter(100);
        assert!(limiter.charge(Client::at([127, 0, 0, 1].into()), 1_000_000).is_ok());
        let (unlimited, _) = rate_limiter(0);
        assert!(unlimited.charge(Client::at([127, 0, 0, 1].into()), u64::MAX).expect("no limit").is_none());
    }

    /// All addresses of an IPv6 /64 network are one client; an IPv4-mapped IPv6 address is the IPv4 client.
    #[test]
    fn clients_are_identified_by_network() {
        let at = |text: &str| Client::at(text.parse().expect("an address"));
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
