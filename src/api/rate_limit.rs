//! The rate limit of a client, as it appears in the schema and in HTTP headers.

use async_graphql::SimpleObject;

use crate::db::Moment;

/// The rate limit of a client, in points. An object costs 1 point, a database statement 10.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct RateLimit {
    /// The maximum number of points that the client can have.
    pub limit: i64,
    /// The maximum cost of this operation in points. Unused points are refunded when it ends.
    pub cost: i64,
    /// The number of points that the client has left after the cost of this operation is deducted.
    pub remaining: i64,
    /// The date and time at which the client has all its points again, if it sends no more requests.
    pub reset_at: Moment,
    /// The number of seconds until then.
    #[graphql(skip)]
    pub reset_in: i64,
}
