//! What is noted of each statement that the loader runs.

use super::Observer;

/// What notes the statements that are run for one request.
pub struct Batches {
    observer: Observer,
}

impl Batches {
    pub(super) fn new(observer: Observer) -> Self {
        Self { observer }
    }

    /// Notes a statement that is about to be run: how many ids are bound for it.
    pub(crate) fn begin(&self, ids: Option<usize>) {
        if let Some(ids) = ids {
            self.observer.metrics().batch(ids);
        }
    }
}
