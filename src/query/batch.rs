//! When a batch is sent: as soon as its operation has nothing else to do.
//!
//! async-graphql's `DataLoader` hands the sending of a batch to a spawner and waits for a timer before it collects the keys.
//! Here both belong to the operation: batches run inside of the operation's own future, after everything that the
//! operation can do without them. So a batch is complete when it is sent, no time is spent on waiting, and when the
//! operation is abandoned its statements stop with it.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use async_graphql::{dataloader::DataLoader, runtime::Timer};
use futures_util::{
    StreamExt,
    future::BoxFuture,
    stream::FuturesUnordered,
    task::{FutureObj, Spawn, SpawnError},
};

use super::loader::RecordLoader;

/// The `DataLoader` of an operation.
pub type Loader = DataLoader<RecordLoader>;

/// The batches of an operation that are not sent yet.
#[derive(Clone, Default)]
pub struct Batches(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Spawn for Batches {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(future);
        Ok(())
    }
}

/// Lets no time pass: when a batch is polled, the operation has nothing else to do.
struct NoDelay;

impl Timer for NoDelay {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Batches {
    /// A `DataLoader` whose batches are sent by [`Batches::drive`].
    #[must_use]
    pub fn loader(&self, loader: RecordLoader) -> Loader {
        DataLoader::new(loader, self.clone(), NoDelay).delay(Duration::ZERO).max_batch_size(usize::MAX)
    }

    /// Runs an operation together with its batches.
    pub async fn drive<T>(&self, operation: impl Future<Output = T>) -> T {
        let mut operation = pin!(operation);
        let mut running = FuturesUnordered::new();
        poll_fn(|context| {
            loop {
                if let Poll::Ready(answer) = operation.as_mut().poll(context) {
                    return Poll::Ready(answer);
                }
                running.extend(std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)));
                let mut is_answered = false;
                while let Poll::Ready(Some(())) = running.poll_next_unpin(context) {
                    is_answered = true;
                }
                if !is_answered && self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                    return Poll::Pending;
                }
            }
        })
        .await
    }
}
