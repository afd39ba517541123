//! What a client may spend, as the schema and HTTP headers tell it.

use async_graphql::SimpleObject;

use crate::db::Moment;

/// What a client may spend. An object costs 1 point, a statement of the database 10.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct RateLimit {
    /// The largest number of points that the client can have.
    pub limit: i64,
    /// What this operation costs at most, in points. Unused points are refunded.
    pub cost: i64,
    /// The number of points that the client has left after this operation is paid for.
    pub remaining: i64,
    /// The moment at which the client has the limit again, if it asks for nothing more.
    pub reset_at: Moment,
    /// The number of seconds until then.
    #[graphql(skip)]
    pub reset_in: i64,
}
