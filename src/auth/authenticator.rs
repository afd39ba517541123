//! Who sent a key.

use std::{sync::Arc, time::Duration};

use constant_time_eq::constant_time_eq;
use quick_cache::sync::Cache;
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, QueryFilter, entity::prelude::*};
use tokio::sync::Semaphore;

use super::{
    KeyOfViewer, Token, Viewer,
    api_key::{Column, Entity, Model},
};
use crate::{
    clock::Clock,
    db::{Moment, Readers},
};

/// How often it is written down that a key was used, in milliseconds.
const USE_INTERVAL: i64 = 60_000;
/// How long it is believed that a key is still valid, in milliseconds. Requests of their own are checked each.
const VALIDITY_INTERVAL: i64 = 2_000;
/// How long a key is still taken for valid while the database does not say, in milliseconds.
const TRUST: i64 = 30_000;
/// How long a look-up for a connection that is open may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Of how many keys something is remembered.
const REMEMBERED_KEYS: usize = 10_000;

/// Finds out who sent a key.
pub struct Authenticator {
    readers: Readers,
    /// For writing down the last use, one after the other: others need its few connections, too.
    connection: DatabaseConnection,
    writing: Arc<Semaphore>,
    clock: Clock,
    /// By prefix, which a key that replaces another does not share.
    validity: Cache<String, Validity>,
    /// When it was last written down that each key was used, by prefix.
    uses: Cache<String, i64>,
    /// The hashes of keys that were right.
    known: Cache<Vec<u8>, ()>,
}

/// What is known of a key whose connections are open.
#[derive(Clone, Copy)]
struct Validity {
    asked_at: i64,
    is_valid: bool,
    /// When the database last said that it is.
    last_valid_at: i64,
}

/// Why a key was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// There is no such key. Whether its prefix is known is not told.
    Unknown,
    /// It has expired.
    Expired,
    /// It was revoked.
    Revoked,
}

impl Rejection {
    /// What the client is told.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unknown => "the API key is not valid: send it whole, as it was shown when it was created",
            Self::Expired => "the API key has expired: ask the operator of the server for another one",
            Self::Revoked => "the API key was revoked: ask the operator of the server for another one",
        }
    }
}

impl Authenticator {
    /// The keys of a database.
    #[must_use]
    pub fn new(readers: Readers, connection: DatabaseConnection, clock: Clock) -> Self {
        let (validity, uses, known) =
            (Cache::new(REMEMBERED_KEYS), Cache::new(REMEMBERED_KEYS), Cache::new(REMEMBERED_KEYS));
        Self { readers, connection, writing: Arc::new(Semaphore::new(1)), clock, validity, uses, known }
    }

    /// Whether a key was right before, so that it is nobody's guess. It may have ended since.
    #[must_use]
    pub fn is_known(&self, text: &str) -> bool {
        Token::parse(text).is_some_and(|token| self.known.get(&token.hash()).is_some())
    }

    /// The viewer who has a key.
    pub async fn authenticate(&self, text: &str) -> Result<Result<Viewer, Rejection>, DbErr> {
        let Some(token) = Token::parse(text) else { return Ok(Err(Rejection::Unknown)) };
        let now = self.clock.now();
        let found = self.find(token.prefix()).await?.filter(|key| constant_time_eq(&key.hash, &token.hash()));
        let key = match found.ok_or(Rejection::Unknown).and_then(|key| check(&key, now).map(|()| key)) {
            Ok(key) => key,
            Err(rejection) => {
                self.known.remove(&token.hash());
                return Ok(Err(rejection));
            }
        };
        self.known.insert(token.hash(), ());
        self.validity.insert(key.prefix.clone(), Validity { asked_at: now, is_valid: true, last_valid_at: now });
        self.note_use(&key, now);
        let Model { id, prefix, name, role, expires_at, .. } = key;
        Ok(Ok(Viewer { role, key: Some(Arc::new(KeyOfViewer { id, prefix, name, expires_at })) }))
    }

    async fn find(&self, prefix: &str) -> Result<Option<Model>, DbErr> {
        Entity::find().filter(Column::Prefix.eq(prefix)).one(&self.readers).await
    }

    /// Writes down that a key was used, beside the request that uses it. A database that cannot be written does not matter.
    fn note_use(&self, key: &Model, now: i64) {
        let written = key.last_used_at.map(|last| last.0).max(self.uses.get(&key.prefix));
        let Some(permit) =
            self.writing.clone().try_acquire_owned().ok().filter(|_| !is_recent(written, now, USE_INTERVAL))
        else {
            return;
        };
        self.uses.insert(key.prefix.clone(), now);
        let (connection, id) = (self.connection.clone(), key.id);
        tokio::spawn(async move {
            let used = Entity::update_many().col_expr(Column::LastUsedAt, Expr::val(now));
            if let Err(cause) = used.filter(Column::Id.eq(id)).exec(&connection).await {
                tracing::debug!(%cause, "the use of an API key was not written down");
            }
            drop(permit);
        });
    }

    /// Waits until a viewer may no longer ask: until the key has expired, or was revoked or replaced.
    pub async fn ended(&self, viewer: &Viewer) {
        while self.is_valid(viewer).await {
            tokio::time::sleep(Duration::from_millis(VALIDITY_INTERVAL.unsigned_abs())).await;
        }
    }

    /// Whether a viewer who was found before may go on asking. It can take [`VALIDITY_INTERVAL`] until a key that was revoked
    /// is known to be.
    pub async fn is_valid(&self, viewer: &Viewer) -> bool {
        let Some(of) = &viewer.key else { return true };
        let now = self.clock.now();
        match self.validity.get(&of.prefix) {
            Some(known) if is_recent(Some(known.asked_at), now, VALIDITY_INTERVAL) => {
                known.is_valid && !is_over(of.expires_at, now)
            }
            _ => self.is_still_valid(viewer).await,
        }
    }

    /// The same, and asks the database each time. While it does not answer, a key is taken for valid for [`TRUST`].
    pub async fn is_still_valid(&self, viewer: &Viewer) -> bool {
        let Some(of) = &viewer.key else { return true };
        let now = self.clock.now();
        if is_over(of.expires_at, now) {
            return false;
        }
        let last_valid_at = self.validity.get(&of.prefix).map(|known| known.last_valid_at);
        let (is_valid, last_valid_at) = match tokio::time::timeout(PATIENCE, self.find(&of.prefix)).await {
            Ok(Ok(found)) => {
                let key = found.filter(|key| key.role == viewer.role && check(key, now).is_ok());
                if let Some(key) = &key {
                    self.note_use(key, now);
                }
                (key.is_some(), if key.is_some() { now } else { i64::MIN })
            }
            Ok(Err(_)) | Err(_) => (is_recent(last_valid_at, now, TRUST), last_valid_at.unwrap_or(i64::MIN)),
        };
        self.validity.insert(of.prefix.clone(), Validity { asked_at: now, is_valid, last_valid_at });
        is_valid
    }
}

/// Whether a moment lies in the last milliseconds; if the clock was set back since, it does not.
fn is_recent(at: Option<i64>, now: i64, milliseconds: i64) -> bool {
    at.is_some_and(|at| (0..milliseconds).contains(&now.saturating_sub(at)))
}

fn is_over(at: Option<Moment>, now: i64) -> bool {
    at.is_some_and(|at| at.0 <= now)
}

fn check(key: &Model, now: i64) -> Result<(), Rejection> {
    if key.revoked_at.is_some() {
        return Err(Rejection::Revoked);
    }
    if is_over(key.expires_at, now) { Err(Rejection::Expired) } else { Ok(()) }
}
