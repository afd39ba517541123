//! Networks: records that others join, such as cities by partnerships. Two records that are joined are neighbors.

use super::{AttributeKind, Condition, Model, RecordType, Scalar, Vocabulary};

/// A network of records.
#[derive(Debug)]
pub struct NetworkType {
    /// The prefix of the names of its types in the schema: `City` of `CityNetwork`.
    pub name: &'static str,
    /// What it is, as the schema says it of the network seen from one record.
    pub description: &'static str,
    /// The records.
    pub nodes: NetworkRecords,
    /// The records that join them.
    pub joints: NetworkRecords,
    /// Which records are joined by which.
    pub members: Members,
    /// The field with the neighbors of a record: `partners`.
    pub neighbors: &'static str,
    /// The field with the neighbors that a record has in common with another one: `commonPartners`.
    pub common: &'static str,
    /// The statuses of the records that join others.
    pub statuses: Statuses,
    /// Which records can be counted as one with the record that they are part of.
    pub parts: Option<Parts>,
    /// How many records one of those that join others joins at most: one with more members joins none.
    pub most_members: Option<usize>,
}

/// Records of one type, or of several.
#[derive(Debug)]
pub struct NetworkRecords {
    /// The GraphQL type: an object type, or a union of them.
    pub name: &'static str,
    /// The name of a list of them: `cities`.
    pub list: &'static str,
    /// Their tables.
    pub tables: &'static [&'static str],
}

/// The table that says which records are joined by which.
#[derive(Debug)]
pub struct Members {
    /// The table: one of links, or of a record type.
    pub table: &'static str,
    /// Its column that refers to the record that is joined.
    pub node: &'static str,
    /// Its column that refers to the record that joins.
    pub joint: &'static str,
    /// The conditions on rows that count.
    pub only: &'static [Condition],
}

/// Which records join others, by their column `status`. Those whose status is not known count unless statuses are named.
#[derive(Debug)]
pub struct Statuses {
    /// The values of those that count unless others are named.
    pub counted: &'static [&'static str],
    /// The values of those that count for a date in the past, too.
    pub past: &'static [&'static str],
}

/// Records that are parts of others.
#[derive(Debug)]
pub struct Parts {
    /// The column that refers to the whole.
    pub whole: &'static str,
    /// A column, and the value that it has for those that can be counted as one with the whole.
    pub only: (&'static str, &'static str),
    /// What they are, for descriptions: `districts`.
    pub words: &'static str,
}

impl NetworkType {
    /// The statuses of the records that join others.
    ///
    /// # Panics
    /// If they have none, which [`Model::build`] rules out.
    #[must_use]
    pub fn vocabulary<'m>(&self, model: &'m Model) -> &'m Vocabulary {
        let found = status_of(model.record_type(self.joints.tables[0]));
        found.unwrap_or_else(|| panic!("{}: what joins records has no status", self.name))
    }

    /// Checks that everything that it names exists.
    ///
    /// # Panics
    /// If it does not.
    pub(super) fn check(&self, model: &Model) {
        let vocabulary = self.vocabulary(model);
        for table in self.joints.tables {
            let joint = model.record_type(table);
            let is_alike = status_of(joint).is_some_and(|status| status.name == vocabulary.name);
            assert!(is_alike && joint.period.is_some(), "{}: {} needs a status and a period", self.name, joint.name);
        }
        for value in self.statuses.counted.iter().chain(self.statuses.past) {
            assert!(vocabulary.by_value(value).is_some(), "{}: {value} is no {}", self.name, vocabulary.name);
        }
        for table in self.nodes.tables {
            let node = model.record_type(table);
            assert!(node.folded_name().is_some(), "{}: {} has no name to order by", self.name, node.name);
            if let Some(parts) = &self.parts {
                let _ = (node.column(parts.whole), node.column(parts.only.0));
            }
        }
        for records in [&self.nodes, &self.joints] {
            let is_known = match records.tables {
                [one] => model.record_type(one).name == records.name,
                several => model.group(records.name).is_some_and(|group| group.members == *several),
            };
            assert!(is_known, "{}: {} are not the records of {:?}", self.name, records.name, records.tables);
        }
    }
}

/// The vocabulary of the statuses of a record type.
fn status_of(record: &RecordType) -> Option<&Vocabulary> {
    match &record.attribute("status")?.kind {
        AttributeKind::Scalar(_, Scalar::Word(vocabulary)) => Some(vocabulary),
        _ => None,
    }
}
