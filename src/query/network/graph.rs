//! The graph of a network: pairs of records, and what joins them.

use petgraph::{Directed, csr::Csr};
use uuid::Uuid;

use crate::{
    edtf::Day,
    error::{Error, Result},
    model::NetworkType,
};

/// A record, of few bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Its id.
    pub id: Uuid,
    /// The index of its table among those of the network.
    pub table: u8,
}

/// A record that joins others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joint {
    pub node: Node,
    /// The index of its status among the words of the vocabulary, if it is known.
    pub status: Option<u8>,
    /// The first and the last day on which it can have begun.
    pub start: (Day, Day),
    /// The first and the last day on which it can have ended.
    pub end: (Day, Day),
}

/// The table of a record, and its id.
pub type RecordId = (&'static str, Uuid);

/// A network, as viewers of one rank may see it.
pub struct Network {
    of: &'static NetworkType,
    /// The records, in the order of their names.
    pub(super) nodes: Vec<Node>,
    /// Their names, folded, by which they are ordered.
    names: Vec<Box<str>>,
    /// The indices of the records, in the order of their ids.
    by_id: Vec<u32>,
    /// What joins them, the oldest first.
    pub(super) joints: Vec<Joint>,
    /// Each record by itself.
    apart: Pairs,
    /// Parts counted as one with their whole, if there are such.
    merged: Option<(Pairs, Vec<u32>)>,
}

/// The graph: it has an edge from each record to each of its neighbors, and so one back. Its weight is the index of the pair.
pub(super) type Graph = Csr<(), u32, Directed, u32>;

/// Pairs of records, and what joins each.
pub(super) struct Pairs {
    pub graph: Graph,
    /// Where what joins each pair starts in `joints`; and where that of the last one ends.
    starts: Vec<u32>,
    joints: Vec<u32>,
}

/// Two records, by their indices, and the index of what joins them.
pub(super) type Joined = (u32, u32, u32);

impl Network {
    /// The network of records and their names, in the order of these, and of what joins them. `wholes` has the index of the
    /// record that each is counted as one with,
    /// which is its own for most.
    pub(super) fn new(
        of: &'static NetworkType,
        (nodes, names): (Vec<Node>, Vec<Box<str>>),
        joints: Vec<Joint>,
        joined: Vec<Joined>,
        wholes: Vec<u32>,
    ) -> Result<Self> {
        let mut by_id: Vec<u32> = (0..as_index(nodes.len())).collect();
        by_id.sort_unstable_by_key(|index| nodes[*index as usize].id);
        let is_whole = wholes.iter().enumerate().all(|(index, whole)| index == *whole as usize);
        let merged = if is_whole {
            None
        } else {
            let of_whole = |(one, other, joint): &Joined| (wholes[*one as usize], wholes[*other as usize], *joint);
            Some((Pairs::new(nodes.len(), joined.iter().map(of_whole).collect())?, wholes))
        };
        Ok(Self { of, by_id, merged, apart: Pairs::new(nodes.len(), joined)?, nodes, names, joints })
    }

    /// The index of a record.
    pub(super) fn index(&self, id: Uuid) -> Option<u32> {
        let found = self.by_id.binary_search_by_key(&id, |index| self.nodes[*index as usize].id);
        found.ok().map(|position| self.by_id[position])
    }

    /// The table and the id of a record.
    pub(super) fn record(&self, node: u32) -> RecordId {
        let Node { id, table } = self.nodes[node as usize];
        (self.of.nodes.tables[usize::from(table)], id)
    }

    /// The name of a record, folded.
    pub(super) fn name(&self, node: u32) -> &str {
        &self.names[node as usize]
    }

    /// How many records come before the position of a name and an id, or stand at it.
    pub(super) fn up_to(&self, name: &str, id: Uuid) -> u32 {
        // Both lists have the same length.
        let before = self.names.partition_point(|of| **of < *name);
        let same = self.names[before..].iter().zip(&self.nodes[before..]);
        as_index(before + same.take_while(|(of, node)| &***of == name && node.id <= id).count())
    }

    /// The table and the id of what joins records.
    pub(super) fn joint(&self, joint: u32) -> RecordId {
        let Node { id, table } = self.joints[joint as usize].node;
        (self.of.joints.tables[usize::from(table)], id)
    }

    /// The pairs of records; `merged`, if parts are counted as one with their whole.
    pub(super) fn pairs(&self, merged: bool) -> &Pairs {
        self.merged.as_ref().filter(|_| merged).map_or(&self.apart, |(pairs, _)| pairs)
    }

    /// The record that another one is counted as one with.
    pub(super) fn whole(&self, node: u32) -> u32 {
        self.merged.as_ref().map_or(node, |(_, wholes)| wholes[node as usize])
    }

    /// How many bytes it takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of_merged = |(pairs, wholes): &(Pairs, Vec<u32>)| pairs.bytes() + size_of_val(&**wholes);
        size_of::<Self>()
            + size_of_val(&*self.nodes)
            + self.names.iter().map(|name| size_of::<Box<str>>() + name.len()).sum::<usize>()
            + size_of_val(&*self.by_id)
            + size_of_val(&*self.joints)
            + self.apart.bytes()
            + self.merged.as_ref().map_or(0, of_merged)
    }
}

impl Pairs {
    fn new(nodes: usize, mut joined: Vec<Joined>) -> Result<Self> {
        for (one, other, _) in &mut joined {
            if *one > *other {
                std::mem::swap(one, other);
            }
        }
        joined.retain(|(one, other, _)| one != other);
        joined.sort_unstable();
        joined.dedup();
        let (mut starts, mut edges) = (Vec::new(), Vec::new());
        let mut start = 0;
        for pair in joined.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (one, other, _) = pair[0];
            let index = as_index(starts.len());
            edges.extend([(one, other, index), (other, one, index)]);
            starts.push(start);
            start += as_index(pair.len());
        }
        starts.push(start);
        starts.shrink_to_fit();
        edges.sort_unstable();
        let mut graph =
            Graph::from_sorted_edges(&edges).map_err(|_| Error::internal("the pairs of a network are not in order"))?;
        while graph.node_count() < nodes {
            graph.add_node(());
        }
        Ok(Self { graph, starts, joints: joined.into_iter().map(|(.., joint)| joint).collect() })
    }

    /// What joins a pair, the oldest first.
    pub fn joints(&self, pair: u32) -> &[u32] {
        let pair = pair as usize;
        &self.joints[self.starts[pair] as usize..self.starts[pair + 1] as usize]
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The pair of two records, if they are one.
    pub fn find(&self, one: u32, other: u32) -> Option<u32> {
        let position = self.graph.neighbors_slice(one).binary_search(&other).ok()?;
        Some(self.graph.edges_slice(one)[position])
    }

    fn bytes(&self) -> usize {
        // The graph has a start for each record, and for each edge its end and its weight.
        let graph = (self.graph.node_count() + 1) * size_of::<usize>() + self.graph.edge_count() * 2 * size_of::<u32>();
        graph + size_of_val(&*self.starts) + size_of_val(&*self.joints)
    }
}

/// An index of 32 bits; no database has as many records.
pub(super) fn as_index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
