//! Notices that the data set has changed, for subscriptions.
//!
//! Another process may have changed it, so the database is polled, but only while there are subscribers.

use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use sea_orm::DbErr;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{db::Readers, domain::dataset::DatasetVersion};

/// How often the database is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// How long one poll may take.
const POLL_TIMEOUT: Duration = Duration::from_secs(5);

/// Watches the version of the data set.
pub struct ChangeWatcher {
    readers: Readers,
    newest: watch::Sender<DatasetVersion>,
    poller: JoinHandle<()>,
}

impl ChangeWatcher {
    /// Starts watching. Must be called within a Tokio runtime.
    #[must_use]
    pub fn new(readers: &Readers) -> Self {
        let newest = watch::Sender::new(DatasetVersion::default());
        let poller = tokio::spawn(poll(readers.clone(), newest.clone()));
        Self { readers: readers.clone(), newest, poller }
    }

    /// The current version, followed by each new one.
    pub async fn versions(&self) -> Result<impl Stream<Item = DatasetVersion> + Send + use<>, DbErr> {
        let mut receiver = self.newest.subscribe();
        let current = DatasetVersion::newest(&self.readers).await?;
        publish(&self.newest, current);
        // A poll may have published a newer version meanwhile.
        let current = *receiver.borrow_and_update();
        let later = stream::unfold(receiver, async |mut receiver| {
            receiver.changed().await.ok()?;
            let version = *receiver.borrow_and_update();
            Some((version, receiver))
        });
        Ok(stream::once(std::future::ready(current)).chain(later))
    }
}

impl Drop for ChangeWatcher {
    fn drop(&mut self) {
        self.poller.abort();
    }
}

async fn poll(readers: Readers, newest: watch::Sender<DatasetVersion>) {
    let mut ticks = interval(POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if newest.receiver_count() == 0 {
            continue;
        }
        let Ok(read) = timeout(POLL_TIMEOUT, DatasetVersion::newest(&readers)).await else { continue };
        match read {
            Ok(version) => publish(&newest, version),
            Err(cause) => tracing::warn!(%cause, "cannot read the version of the data set"),
        }
    }
}

/// Publishes a version, unless it is known already: concurrent reads may finish out of order.
fn publish(newest: &watch::Sender<DatasetVersion>, version: DatasetVersion) {
    newest.send_if_modified(|known| {
        let is_newer = version.version > known.version;
        if is_newer {
            *known = version;
        }
        is_newer
    });
}
