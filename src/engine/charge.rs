//! What an operation is charged: its price before it runs, and what it did not use is given back, whatever becomes of it.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::purse::{Client, Lack, Purses};
use crate::{
    document::{Price, STATEMENT},
    graph::{Budget, Tally},
    observe::Usage,
};

/// What was taken from a client for one operation, until that has ended.
pub(super) struct Charge {
    purses: Arc<Purses>,
    client: Client,
    price: Price,
    tally: Arc<Tally>,
    /// Nothing, if the server limits nothing.
    budget: Option<Budget>,
}

impl Charge {
    /// Takes the price of an operation, if the client has it.
    pub(super) fn take(purses: &Arc<Purses>, client: Client, price: Price) -> Result<Self, Lack> {
        let budget = purses.take(client, price.most)?;
        Ok(Self { purses: purses.clone(), client, price, tally: Arc::default(), budget })
    }

    /// What is left to the client.
    pub(super) fn budget(&self) -> Option<Budget> {
        self.budget
    }

    /// Where the statements of the operation wait for their turn.
    pub(super) fn turns(&self) -> Option<Arc<Semaphore>> {
        self.purses.turns(self.client)
    }

    /// Where it is counted what the operation uses.
    pub(super) fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// What the operation has used so far, as prices are counted: at least 1 point.
    pub(super) fn spent(&self) -> Usage {
        let (statements, objects) = (self.tally.statements(), self.tally.objects());
        // The root is no object that anyone asked for.
        let cost = objects.saturating_sub(1) + statements * STATEMENT + self.price.introspection + self.price.filters;
        Usage { cost: cost.max(1), statements, objects }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if let Some(budget) = self.budget {
            // What it used beyond its price is negative.
            let left = budget.cost - i64::try_from(self.spent().cost).unwrap_or(i64::MAX);
            self.purses.give_back(self.client, left);
        }
    }
}
