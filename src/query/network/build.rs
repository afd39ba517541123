//! The statements that build a network. They read what a viewer may see, and nothing else.

use rustc_hash::FxHashMap;
use sea_orm::{
    QueryResult,
    sea_query::{Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    NetworkOf,
    graph::{Joined, Joint, Network, Node, as_index},
};
use crate::{
    edtf::{BEGINNING, Day, EVER, UNKNOWN_EARLIEST},
    error::{Error, Result},
    model::{IfMissing, Model, NetworkType, RecordType},
    query::{
        filter::is_visible,
        link::passes,
        loader::{ROW, RecordLoader},
        statement::column,
    },
};

/// A record, and what says where it stands in the network.
struct Named {
    node: Node,
    folded: String,
    /// The record that it can be counted as one with.
    whole: Option<Uuid>,
}

impl RecordLoader {
    /// Reads a network as it is now.
    pub(super) async fn build(&self, NetworkOf { network, model, .. }: &NetworkOf) -> Result<Network> {
        let mut nodes = Vec::new();
        for (table, index) in network.nodes.tables.iter().zip(0..) {
            nodes.extend(self.named(network, model.record_type(table), index).await?);
        }
        // Both databases order ids alike, but not all of them texts.
        nodes.sort_unstable_by(|a, b| (&a.folded, a.node.id).cmp(&(&b.folded, b.node.id)));
        let mut joints = Vec::new();
        for (table, index) in network.joints.tables.iter().zip(0..) {
            joints.extend(self.joints(network, model, model.record_type(table), index).await?);
        }
        joints.sort_unstable_by_key(|joint| (joint.start, joint.node.id));
        let of_node = positions(nodes.iter().map(|named| named.node.id));
        let of_joint = positions(joints.iter().map(|joint| joint.node.id));
        // Of rows that refer to what is not visible, there is nothing in the network.
        let members = self.membership(network, model).await?.into_iter().filter_map(|(joint, node)| {
            let member = (of_joint.get(&joint), of_node.get(&node));
            member.0.copied().zip(member.1.copied())
        });
        let joined = joined(network, members.collect());
        let wholes = wholes(&nodes, &of_node);
        let nodes = nodes.into_iter().map(|named| (named.node, named.folded.into_boxed_str())).unzip();
        Network::new(network, nodes, joints, joined, wholes)
    }

    /// The records of a table.
    async fn named(&self, network: &NetworkType, record: &RecordType, table: u8) -> Result<Vec<Named>> {
        let mut query = Query::select();
        query.from_as(record.table, ROW).and_where(is_visible(ROW, self.clearance.rank()));
        query.expr(column(ROW, "id"));
        // `Model::build` has checked that there is one.
        query.exprs(record.folded_name().map(|folded| column(ROW, folded.name)));
        if let Some(parts) = &network.parts {
            query.exprs([column(ROW, parts.whole), column(ROW, parts.only.0)]);
        }
        let read = |row: &QueryResult| {
            let id = row.try_get_by_index(0)?;
            let whole = match &network.parts {
                Some(parts) if row.try_get_by_index::<String>(3)? == parts.only.1 => row.try_get_by_index(2)?,
                _ => None,
            };
            Ok(Named { node: Node { id, table }, folded: row.try_get_by_index(1)?, whole })
        };
        self.all(record.table, &query, read).await
    }

    /// What joins records, of a table.
    async fn joints(&self, network: &NetworkType, model: &Model, record: &RecordType, table: u8) -> Result<Vec<Joint>> {
        let period = record.period.as_ref();
        let period = period.ok_or_else(|| Error::internal(format!("{} has no period", record.name)))?;
        let mut query = Query::select();
        query.from_as(record.table, ROW).and_where(is_visible(ROW, self.clearance.rank()));
        let [[_, start_earliest, start_latest], [_, end_earliest, end_latest]] = [period.start, period.end];
        let columns = ["id", "status", start_earliest, start_latest, end_earliest, end_latest];
        query.exprs(columns.map(|name| column(ROW, name)));
        let words = &network.vocabulary(model).words;
        let read = |row: &QueryResult| {
            let status: Option<String> = row.try_get_by_index(1)?;
            let days = |at: usize| -> Result<Option<(Day, Day)>> {
                let days: (Day, Day) = (row.try_get_by_index(at)?, row.try_get_by_index(at + 1)?);
                Ok(Some(days).filter(|(earliest, _)| *earliest != UNKNOWN_EARLIEST))
            };
            let (start, end) = (days(2)?, days(4)?);
            let is_past = status.as_deref().is_some_and(|status| network.statuses.past.contains(&status));
            let position = words.iter().position(|word| Some(word.value.as_str()) == status.as_deref());
            Ok(Joint {
                node: Node { id: row.try_get_by_index(0)?, table },
                status: position.and_then(|position| u8::try_from(position).ok()),
                start: start.unwrap_or((BEGINNING, end.map_or(EVER, |(_, latest)| latest))),
                end: match (period.if_missing, end) {
                    (IfMissing::Open, Some(days)) => days,
                    (IfMissing::Open, None) if is_past => (BEGINNING, EVER),
                    // Who has met once has met for ever.
                    (IfMissing::OneDay, _) | (IfMissing::Open, None) => (EVER, EVER),
                },
            })
        };
        self.all(record.table, &query, read).await
    }

    /// What joins records, and the records that it joins.
    async fn membership(&self, network: &NetworkType, model: &Model) -> Result<Vec<(Uuid, Uuid)>> {
        let members = &network.members;
        let mut query = Query::select();
        query.distinct().from_as(members.table, ROW);
        query.exprs([column(ROW, members.joint), column(ROW, members.node)]);
        if model.get(members.table).is_some() {
            query.and_where(is_visible(ROW, self.clearance.rank()));
        }
        for condition in members.only {
            query.and_where(passes(ROW, *condition));
        }
        self.all(members.table, &query, |row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).await
    }

    async fn all<T>(
        &self,
        table: &str,
        query: &SelectStatement,
        read: impl Fn(&QueryResult) -> Result<T>,
    ) -> Result<Vec<T>> {
        let rows = self.rows(query, table, None).await?;
        rows.iter().map(read).collect()
    }
}

/// The positions of ids.
fn positions(ids: impl Iterator<Item = Uuid>) -> FxHashMap<Uuid, u32> {
    ids.zip(0..).collect()
}

/// The pairs of members of everything that joins records. `members` has the index of what joins, and that of a member.
fn joined(network: &NetworkType, mut members: Vec<(u32, u32)>) -> Vec<Joined> {
    members.sort_unstable();
    let mut joined = Vec::new();
    for group in members.chunk_by(|a, b| a.0 == b.0) {
        if network.most_members.is_some_and(|most| group.len() > most) {
            continue;
        }
        for (position, (joint, one)) in group.iter().enumerate() {
            joined.extend(group[position + 1..].iter().map(|(_, other)| (*one, *other, *joint)));
        }
    }
    joined
}

/// The record that each is counted as one with: the whole of which it is a part, or the whole of that.
fn wholes(nodes: &[Named], positions: &FxHashMap<Uuid, u32>) -> Vec<u32> {
    let whole = |node: u32| nodes[node as usize].whole.and_then(|id| positions.get(&id).copied());
    let top = |node: u32| {
        let mut top = node;
        // Import refuses references that form a cycle; one would not hold this up for ever.
        for _ in 0..nodes.len() {
            match whole(top) {
                Some(next) => top = next,
                None => break,
            }
        }
        top
    };
    (0..as_index(nodes.len())).map(top).collect()
}
