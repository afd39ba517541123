//! Who sent a key.

use std::{sync::Arc, time::Duration};

use constant_time_eq::constant_time_eq;
use quick_cache::sync::Cache;
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, QueryFilter, entity::prelude::*};

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
/// Of how many keys that is remembered.
const REMEMBERED_KEYS: usize = 10_000;

/// Finds out who sent a key.
pub struct Authenticator {
    readers: Readers,
    /// For writing down the last use.
    connection: DatabaseConnection,
    clock: Clock,
    /// When each key was last looked up for connections that are open, and whether it was valid.
    validity: Cache<Uuid, (i64, bool)>,
    /// When it was last written down that each key was used.
    uses: Cache<Uuid, i64>,
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
        Self { readers, connection, clock, validity: Cache::new(REMEMBERED_KEYS), uses: Cache::new(REMEMBERED_KEYS) }
    }

    /// The viewer who has a key.
    pub async fn authenticate(&self, text: &str) -> Result<Result<Viewer, Rejection>, DbErr> {
        let Some(token) = Token::parse(text) else { return Ok(Err(Rejection::Unknown)) };
        let found = Entity::find().filter(Column::Prefix.eq(token.prefix())).one(&self.readers).await?;
        let Some(key) = found.filter(|key| constant_time_eq(&key.hash, &token.hash())) else {
            return Ok(Err(Rejection::Unknown));
        };
        let now = self.clock.now();
        if let Err(rejection) = check(&key, now) {
            return Ok(Err(rejection));
        }
        self.note_use(&key, now);
        let Model { id, prefix, name, role, expires_at, .. } = key;
        Ok(Ok(Viewer { role, key: Some(Arc::new(KeyOfViewer { id, prefix, name, expires_at })) }))
    }

    /// Writes down that a key was used, beside the request that uses it. A database that cannot be written does not matter.
    fn note_use(&self, key: &Model, now: i64) {
        let written = key.last_used_at.map(|last| last.0).max(self.uses.get(&key.id));
        if written.is_some_and(|last| now - last < USE_INTERVAL) {
            return;
        }
        self.uses.insert(key.id, now);
        let (connection, id) = (self.connection.clone(), key.id);
        tokio::spawn(async move {
            let used = Entity::update_many().col_expr(Column::LastUsedAt, Expr::val(now));
            if let Err(cause) = used.filter(Column::Id.eq(id)).exec(&connection).await {
                tracing::debug!(%cause, "the use of an API key was not written down");
            }
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
        if is_over(of.expires_at, now) {
            return false;
        }
        match self.validity.get(&of.id) {
            Some((at, is_valid)) if now - at < VALIDITY_INTERVAL => is_valid,
            _ => {
                let found = Entity::find_by_id(of.id).one(&self.readers).await;
                let is_same = |key: &Model| key.prefix == of.prefix && key.role == viewer.role;
                // While the database cannot be asked, it answers nothing either.
                let is_valid =
                    found.map_or(true, |key| key.is_some_and(|key| is_same(&key) && check(&key, now).is_ok()));
                self.validity.insert(of.id, (now, is_valid));
                is_valid
            }
        }
    }
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
