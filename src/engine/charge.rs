//! The charge for one operation.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::rate_limiter::{Client, RateLimitExceeded, RateLimiter};
use crate::{
    api::RateLimit,
    document::{EstimatedCost, STATEMENT_COST},
    observe::Usage,
    query::loader::Tally,
};

/// The estimated cost of an operation, charged to its client before it runs. When the charge is dropped, the difference to
/// the actual cost is refunded, also if the operation failed or was cancelled.
pub(super) struct Charge {
    rate_limiter: Arc<RateLimiter>,
    client: Client,
    estimate: EstimatedCost,
    tally: Arc<Tally>,
    /// `None` if rate limiting is off.
    budget: Option<RateLimit>,
}

impl Charge {
    /// Charges a client for an operation.
    pub(super) fn new(
        rate_limiter: &Arc<RateLimiter>,
        client: Client,
        estimate: EstimatedCost,
    ) -> Result<Self, RateLimitExceeded> {
        let budget = rate_limiter.charge(client, estimate.total)?;
        Ok(Self { rate_limiter: rate_limiter.clone(), client, estimate, tally: Arc::default(), budget })
    }

    /// What the client has left.
    pub(super) fn budget(&self) -> Option<RateLimit> {
        self.budget
    }

    /// Limits how many statements of the client run at the same time.
    pub(super) fn statement_permits(&self) -> Option<Arc<Semaphore>> {
        self.rate_limiter.statement_permits(self.client)
    }

    /// Counts the statements and objects of the operation while it runs.
    pub(super) fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// What the operation has used so far; its cost is at least 1 point.
    pub(super) fn spent(&self) -> Usage {
        let (statements, objects) = (self.tally.statements(), self.tally.objects());
        // The root object is free.
        let EstimatedCost { introspection, filters, .. } = self.estimate;
        let worked = objects.saturating_sub(1) + self.tally.work();
        let cost = worked + statements * STATEMENT_COST + introspection + filters;
        Usage { cost: cost.max(1), statements, objects }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if let Some(budget) = self.budget {
            let unused = budget.cost - i64::try_from(self.spent().cost).unwrap_or(i64::MAX);
            self.rate_limiter.refund(self.client, unused);
        }
    }
}
