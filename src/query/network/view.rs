//! A network with only some of what joins its records, and what is found in it.

use std::{cmp::Reverse, sync::Arc};

use petgraph::visit::{Bfs, EdgeFiltered, EdgeRef, IntoNeighbors, Walker};
use uuid::Uuid;

use super::graph::{Graph, Joint, Network, Pairs, RecordId};
use crate::edtf::Day;

/// The distance of records that nothing leads to.
const UNREACHED: u32 = u32::MAX;

/// Which of what joins records counts.
pub struct Selection {
    /// The statuses, by their indices among the words of the vocabulary.
    pub statuses: Vec<bool>,
    /// Whether that of which no status is known counts.
    pub has_unknown_status: bool,
    /// Only that which joined the records at a date.
    pub as_of: Option<AsOf>,
    /// Whether parts are counted as one with their whole.
    pub is_merged: bool,
}

/// A date at which something must have joined records.
pub struct AsOf {
    /// The first and the last day that it can stand for.
    pub days: (Day, Day),
    /// Whether it must be certain.
    pub is_certain: bool,
}

impl Selection {
    fn counts(&self, joint: &Joint) -> bool {
        let has_status = joint
            .status
            .map_or(self.has_unknown_status, |status| self.statuses.get(usize::from(status)) == Some(&true));
        has_status && self.as_of.as_ref().is_none_or(|as_of| as_of.includes(joint))
    }
}

impl AsOf {
    fn includes(&self, joint: &Joint) -> bool {
        let (first, last) = self.days;
        if self.is_certain {
            joint.start.1 <= first && joint.end.0 >= last
        } else {
            joint.start.0 <= last && joint.end.1 >= first
        }
    }
}

/// A record at some distance from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbor {
    /// The record, by its index.
    pub node: u32,
    /// The number of shortest paths that lead to it.
    pub ways: u64,
}

impl Neighbor {
    /// What lists are ordered by: those that most paths lead to first, then by name.
    #[must_use]
    pub fn position(&self) -> (Reverse<u64>, u32) {
        (Reverse(self.ways), self.node)
    }
}

/// A network in which only some of what joins records counts.
pub struct View {
    network: Arc<Network>,
    is_merged: bool,
    /// What joins records: whether it counts.
    joints: Vec<bool>,
    /// Pairs of records: whether anything that counts joins them.
    pairs: Vec<bool>,
}

/// The distances of records from one of them, and the number of shortest paths to each.
struct Reached {
    distances: Vec<u32>,
    ways: Vec<u64>,
}

impl View {
    /// The network in which a selection counts.
    #[must_use]
    pub fn new(network: Arc<Network>, selection: &Selection) -> Self {
        let joints: Vec<bool> = network.joints.iter().map(|joint| selection.counts(joint)).collect();
        let of_network = network.pairs(selection.is_merged);
        let counts = |pair| of_network.joints(pair).iter().any(|joint| joints[*joint as usize]);
        let pairs = (0..of_network.len()).map(|pair| counts(super::graph::as_index(pair))).collect();
        Self { is_merged: selection.is_merged, joints, pairs, network }
    }

    fn all_pairs(&self) -> &Pairs {
        self.network.pairs(self.is_merged)
    }

    /// The record with an id, or the one that it is counted as one with.
    #[must_use]
    pub fn find(&self, id: Uuid) -> Option<u32> {
        let node = self.network.index(id)?;
        Some(if self.is_merged { self.network.whole(node) } else { node })
    }

    /// The table and the id of a record.
    #[must_use]
    pub fn record(&self, node: u32) -> RecordId {
        self.network.record(node)
    }

    /// The name of a record, folded.
    #[must_use]
    pub fn name(&self, node: u32) -> &str {
        self.network.name(node)
    }

    /// How many records come before the position of a name and an id, or stand at it; the record itself need not be there.
    #[must_use]
    pub fn up_to(&self, name: &str, id: Uuid) -> u32 {
        self.network.up_to(name, id)
    }

    /// What joins two records and counts: tables and ids, the oldest first.
    pub fn joints(&self, one: u32, other: u32) -> impl Iterator<Item = RecordId> {
        let pairs = self.all_pairs();
        let joints = pairs.find(one, other).map(|pair| pairs.joints(pair)).unwrap_or_default();
        let counted = joints.iter().filter(|joint| self.joints[**joint as usize]);
        counted.map(|joint| self.network.joint(*joint))
    }

    /// The neighbors of a record, in the order of their names.
    fn neighbors(&self, node: u32) -> impl Iterator<Item = u32> {
        let edges = self.all_pairs().graph.edges(node);
        edges.filter(|edge| self.pairs[*edge.weight() as usize]).map(|edge| edge.target())
    }

    /// The records that are so far from a record, those that most paths lead to first.
    #[must_use]
    pub fn at_distance(&self, node: u32, distance: u32) -> Vec<Neighbor> {
        let Reached { distances, ways } = self.reach(node, distance);
        let found = distances.iter().zip(ways).zip(0..).filter(|((of, _), _)| **of == distance);
        let mut found: Vec<_> = found.map(|((_, ways), node)| Neighbor { node, ways }).collect();
        found.sort_unstable_by_key(Neighbor::position);
        found
    }

    /// The neighbors that two records have in common.
    #[must_use]
    pub fn common(&self, one: u32, other: u32) -> Vec<Neighbor> {
        let of_other: Vec<_> = self.neighbors(other).collect();
        // Both are in the order of their indices.
        let common = self.neighbors(one).filter(|node| of_other.binary_search(node).is_ok());
        common.map(|node| Neighbor { node, ways: 1 }).collect()
    }

    /// How many records paths lead to from a record, with the record itself.
    #[must_use]
    pub fn component_size(&self, node: u32) -> usize {
        let graph = &self.all_pairs().graph;
        let counted = EdgeFiltered::from_fn(graph, |edge| self.pairs[*edge.weight() as usize]);
        Bfs::new(&counted, node).iter(&counted).count()
    }

    /// The shortest paths to a record from all others.
    #[must_use]
    pub fn paths_to(self: &Arc<Self>, node: u32) -> PathsTo {
        PathsTo { view: self.clone(), reached: self.reach(node, UNREACHED) }
    }

    /// Breadth-first search up to a distance.
    fn reach(&self, start: u32, most: u32) -> Reached {
        let graph: &Graph = &self.all_pairs().graph;
        let counted = EdgeFiltered::from_fn(graph, |edge| self.pairs[*edge.weight() as usize]);
        let mut distances = vec![UNREACHED; graph.node_count()];
        let mut ways = vec![0_u64; graph.node_count()];
        (distances[start as usize], ways[start as usize]) = (0, 1);
        let mut search = Bfs::new(&counted, start);
        // The nearest ones come first, so all paths to a record are known when it comes.
        while let Some(node) = search.next(&counted) {
            let (distance, of_node) = (distances[node as usize], ways[node as usize]);
            if distance == most {
                break;
            }
            for next in (&counted).neighbors(node) {
                let next = next as usize;
                if distances[next] == UNREACHED {
                    distances[next] = distance + 1;
                }
                if distances[next] == distance + 1 {
                    ways[next] = ways[next].saturating_add(of_node);
                }
            }
        }
        Reached { distances, ways }
    }
}

/// The shortest paths to a record.
pub struct PathsTo {
    view: Arc<View>,
    reached: Reached,
}

impl PathsTo {
    /// The length of the shortest paths from a record; `None` if there is no path.
    #[must_use]
    pub fn distance(&self, from: u32) -> Option<u32> {
        Some(self.reached.distances[from as usize]).filter(|distance| *distance != UNREACHED)
    }

    /// How many shortest paths there are from a record.
    #[must_use]
    pub fn count(&self, from: u32) -> u64 {
        self.reached.ways[from as usize]
    }

    /// The first shortest paths from a record, by the names of the records on them. They begin with the record.
    #[must_use]
    pub fn first(&self, from: u32, most: usize) -> Vec<Vec<u32>> {
        let (mut found, mut path) = (Vec::new(), Vec::new());
        let mut open: Vec<_> = self.distance(from).map(|_| (from, 0)).into_iter().collect();
        while let Some((node, depth)) = open.pop().filter(|_| found.len() < most) {
            path.truncate(depth);
            path.push(node);
            let distance = self.reached.distances[node as usize];
            if distance == 0 {
                found.push(path.clone());
                continue;
            }
            // Each neighbor that is nearer leads to the end.
            let is_nearer = |next: &u32| self.reached.distances[*next as usize] == distance - 1;
            let nearer: Vec<_> = self.view.neighbors(node).filter(is_nearer).collect();
            open.extend(nearer.into_iter().rev().map(|next| (next, depth + 1)));
        }
        found
    }
}
