//! Notices that the data set has changed, for subscriptions.
//!
//! Another process may have changed it, so the database is polled, but only while there are subscribers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
use sea_orm::DbErr;
use tokio::{
    sync::{Mutex, watch},
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
    current: Arc<CurrentVersion>,
    poller: JoinHandle<()>,
}

impl ChangeWatcher {
    /// Starts watching. Must be called within a Tokio runtime.
    #[must_use]
    pub fn new(readers: &Readers) -> Self {
        let current = Arc::new(CurrentVersion::new(readers.clone()));
        let poller = tokio::spawn(poll(current.clone()));
        Self { current, poller }
    }

    /// The current version, followed by each other one.
    pub async fn versions(&self) -> Result<impl Stream<Item = DatasetVersion> + Send + use<>, DbErr> {
        let mut receiver = self.current.version.subscribe();
        self.current.read().await?;
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

async fn poll(current: Arc<CurrentVersion>) {
    let mut ticks = interval(POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if current.version.receiver_count() == 0 {
            continue;
        }
        if let Ok(Err(cause)) = timeout(POLL_TIMEOUT, current.read()).await {
            tracing::warn!(%cause, "cannot read the version of the data set");
        }
    }
}

/// The version that the database had when it was last read. It can be lower than the one before: an older database may have
/// been restored.
struct CurrentVersion {
    readers: Readers,
    version: watch::Sender<DatasetVersion>,
    /// How many reads have begun.
    begun: AtomicU64,
    /// The number of the last read that succeeded. One read runs at a time: those that finish out of order would publish an
    /// old version last.
    read: Mutex<u64>,
}

impl CurrentVersion {
    fn new(readers: Readers) -> Self {
        let version = watch::Sender::new(DatasetVersion::default());
        Self { readers, version, begun: AtomicU64::new(0), read: Mutex::new(0) }
    }

    /// Reads the version that the database has now, and publishes it if it differs from the last one.
    async fn read(&self) -> Result<(), DbErr> {
        let begun = self.begun.load(Ordering::SeqCst);
        let mut last_read = self.read.lock().await;
        // One that began while this one waited serves for it, too.
        if *last_read > begun {
            return Ok(());
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let found = DatasetVersion::newest(&self.readers).await?;
        *last_read = number;
        self.version.send_if_modified(|known| {
            let differs = *known != found;
            *known = found;
            differs
        });
        Ok(())
    }
}
