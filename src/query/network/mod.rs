//! Networks in memory: which records are joined to which, and by what.
//!
//! A network is built of a few statements, as viewers of one rank may see it, and kept until the data set changes: it is asked
//! for the version of the data set whenever a network is needed, so a change is seen at once, also one that another process
//! made. Operations share a network, and those that need one at the same time build it once.
//!
//! - [`graph`]: pairs of records and what joins them, as a graph of petgraph
//! - [`view`]: which of what joins records counts, and what is found then
//! - `build`: the statements

mod build;
mod graph;
mod view;

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use rustc_hash::FxHashMap;
use tokio::sync::Mutex as AsyncMutex;

pub use self::{
    graph::{Network, RecordId},
    view::{AsOf, Neighbor, PathsTo, Selection, View},
};
use super::{keys::Shape, loader::RecordLoader};
use crate::{
    domain::dataset::DatasetVersion,
    error::Result,
    model::{Model, NetworkType},
};

/// A network.
#[derive(Clone)]
pub struct NetworkOf {
    /// What it is.
    pub network: &'static NetworkType,
    /// The model that it belongs to.
    pub model: &'static Model,
    /// The field that asks.
    pub field: Shape<()>,
}

impl PartialEq for NetworkOf {
    fn eq(&self, other: &Self) -> bool {
        self.network.name == other.network.name && self.field == other.field
    }
}
impl Eq for NetworkOf {}
impl Hash for NetworkOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.network.name.hash(state);
    }
}

/// The networks of a server, by their names and the ranks of the viewers that may see them.
#[derive(Default)]
pub struct Networks(Mutex<FxHashMap<(&'static str, i16), Arc<Slot>>>);

/// A network and the version of the data set that it was built of.
#[derive(Default)]
struct Slot {
    known: Mutex<Option<(DatasetVersion, Arc<Network>)>>,
    /// Held by whoever builds it.
    building: AsyncMutex<()>,
}

impl Networks {
    fn slot(&self, name: &'static str, rank: i16) -> Arc<Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((name, rank)).or_default().clone()
    }
}

impl Slot {
    fn of(&self, version: DatasetVersion) -> Option<Arc<Network>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(of, _)| *of == version).map(|(_, network)| network.clone())
    }
}

/// How many statements read the version of the data set and build a network, at most.
#[must_use]
pub fn statements(network: &NetworkType) -> usize {
    // The version, once more by whoever builds, and the members.
    3 + network.nodes.tables.len() + network.joints.tables.len()
}

impl RecordLoader {
    /// A network as it is now.
    async fn network(&self, of: &NetworkOf) -> Result<Arc<Network>> {
        let slot = self.shared.networks.slot(of.network.name, self.clearance.rank());
        let version = self.statement(async { Ok(DatasetVersion::newest(&self.readers).await?) }).await?;
        if let Some(known) = slot.of(version) {
            return Ok(known);
        }
        // What follows is not counted: whether somebody else has built it already is no matter of the operation.
        let _building = slot.building.lock().await;
        // Read before what it is the version of, and by one builder at a time: so a network is never older than its version, and
        // never replaces a newer one.
        let version = DatasetVersion::newest(&self.readers).await?;
        if let Some(known) = slot.of(version) {
            return Ok(known);
        }
        let network = Arc::new(self.build(of).await?);
        *slot.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, network.clone()));
        Ok(network)
    }
}

impl async_graphql::dataloader::Loader<NetworkOf> for RecordLoader {
    type Value = Arc<Network>;
    type Error = crate::error::Error;

    async fn load(&self, keys: &[NetworkOf]) -> Result<HashMap<NetworkOf, Arc<Network>>> {
        let mut found = HashMap::new();
        for key in keys {
            found.insert(key.clone(), self.network(key).await?);
        }
        Ok(found)
    }
}
