//! What a client may spend, as it is told in the schema.

use crate::{db::Moment, graph::Object};

/// What a client may spend, and what an operation costs.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The most that the client can have, in points.
    pub limit: i64,
    /// What the operation costs at most.
    pub cost: i64,
    /// What is left when the operation is paid for.
    pub remaining: i64,
    /// When the client will have the limit again, if it asks for nothing more.
    pub reset_at: Moment,
    /// In how many seconds this is.
    pub reset_in: i64,
}

pub(super) fn object() -> Object<Budget> {
    let mut o =
        Object::new("RateLimit", "What a client may spend: an object counts 1 point, a statement of the database 10.");
    o.leaf("limit", "The most that the client can have, in points.", |b: &Budget| &b.limit);
    o.leaf("cost", "What this operation costs at most, in points; what it does not use is given back.", |b| &b.cost);
    o.leaf("remaining", "What is left to the client when this operation is paid for, in points.", |b| &b.remaining);
    o.leaf("resetAt", "The moment at which the client has the limit again, if it asks for nothing more.", |b| {
        &b.reset_at
    });
    o
}
