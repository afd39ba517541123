//! News of the data set, for subscriptions.
//!
//! Whoever changes the data set may be another process, so the database is asked, from time to time and only while somebody
//! listens.

use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use sea_orm::DbErr;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{db::Readers, domain::dataset::DatasetVersion};

/// How often the database is asked.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long it has to answer, before it is asked again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The newest version of the data set, as far as it is known.
pub(super) struct Live {
    readers: Readers,
    newest: watch::Sender<DatasetVersion>,
    watcher: JoinHandle<()>,
}

impl Live {
    /// Begins to watch; it must be called in a runtime.
    pub(super) fn of(readers: &Readers) -> Self {
        let newest = watch::Sender::new(DatasetVersion::default());
        let watcher = tokio::spawn(watch(readers.clone(), newest.clone()));
        Self { readers: readers.clone(), newest, watcher }
    }

    /// The present version, and each that follows.
    pub(super) async fn versions(&self) -> Result<impl Stream<Item = DatasetVersion> + Send + use<>, DbErr> {
        let mut receiver = self.newest.subscribe();
        let now = DatasetVersion::of(&self.readers).await?;
        tell(&self.newest, now);
        // It may be newer than what was read.
        let now = *receiver.borrow_and_update();
        let later = stream::unfold(receiver, async |mut receiver| {
            receiver.changed().await.ok()?;
            let version = *receiver.borrow_and_update();
            Some((version, receiver))
        });
        Ok(stream::once(std::future::ready(now)).chain(later))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

async fn watch(readers: Readers, newest: watch::Sender<DatasetVersion>) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if newest.receiver_count() == 0 {
            continue;
        }
        let Ok(asked) = timeout(PATIENCE, DatasetVersion::of(&readers)).await else { continue };
        match asked {
            Ok(version) => tell(&newest, version),
            Err(cause) => tracing::warn!(%cause, "the version of the data set cannot be read"),
        }
    }
}

/// Tells a version, unless it is known; readings may come out of order.
fn tell(newest: &watch::Sender<DatasetVersion>, version: DatasetVersion) {
    newest.send_if_modified(|known| {
        let news = version.version > known.version;
        if news {
            *known = version;
        }
        news
    });
}
