//! Verification: whether the database has what a change would have written. It is read as it is at one moment; others can write
//! meanwhile.

mod references;
mod search;
mod storage;
mod values;

use sea_orm::DbErr;

use super::{export::snapshot, keys::Keys};
use crate::{clock::Clock, db::Database, model::Model};

/// How many records one statement reads.
const ROWS: u64 = 1_000;

/// A verification to be done.
pub struct Verify<'a> {
    /// The record types.
    pub model: &'static Model,
    /// Which database.
    pub database: &'a Database,
    /// When.
    pub clock: &'a Clock,
    /// Called with each thing that is wrong: the record, and what would be right.
    pub on_finding: &'a mut (dyn FnMut(&str) + Send),
}

/// What was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many records the database has.
    pub records: u64,
    /// How many things are wrong.
    pub findings: u64,
}

/// What is wrong.
struct Findings<'a> {
    total: u64,
    tell: &'a mut (dyn FnMut(&str) + Send),
}

impl Findings<'_> {
    fn add(&mut self, finding: &str) {
        self.total += 1;
        (self.tell)(finding);
    }
}

/// Verifies the references between records, who can see them, that their values fit together, and the index of full-text search.
pub async fn verify(verify: Verify<'_>) -> Result<Verified, DbErr> {
    let Verify { model, database, clock, on_finding } = verify;
    let mut findings = Findings { total: 0, tell: on_finding };
    storage::check(database, &mut findings).await?;
    let transaction = snapshot(database).await?;
    let keys = Keys::stored(&transaction, model).await?;
    let records = keys.iter().count() as u64;
    let are_whole = references::check(&transaction, model, &keys, &mut findings).await?;
    // Records are read with what they refer to.
    if are_whole {
        values::check(&transaction, model, &keys, clock, &mut findings).await?;
    }
    search::check(&transaction, model, &keys, &mut findings).await?;
    transaction.rollback().await?;
    Ok(Verified { records, findings: findings.total })
}
