//! Groups of record types: to what a reference or a list of several types can lead.

use super::{Order, RecordType};

/// The members of a GraphQL union, or of the interface `Record`, which all record types implement.
#[derive(Debug)]
pub struct Group {
    /// The GraphQL name.
    pub name: &'static str,
    /// The plural, in `snake_case`.
    pub plural: &'static str,
    /// What its members have in common.
    pub description: &'static str,
    /// Whether it is a union.
    pub is_union: bool,
    /// Whether the root has a list of the records of all members.
    pub is_listed: bool,
    /// The tables of its members.
    pub members: Vec<&'static str>,
    /// The names of the orders that all members have; the first one applies when a client names none.
    pub orders: Vec<&'static str>,
}

impl Group {
    /// The name of the interface of all records.
    pub const RECORD: &'static str = "Record";

    /// A union. `members` are the tables of its members, of which the first decides about the default order.
    #[must_use]
    pub fn union(
        name: &'static str,
        plural: &'static str,
        description: &'static str,
        members: &[&'static str],
    ) -> Self {
        let members = members.to_vec();
        Self { name, plural, description, is_union: true, is_listed: false, members, orders: Vec::new() }
    }

    /// The interface of all records.
    pub(super) fn of_all(description: &'static str, tables: Vec<&'static str>) -> Self {
        let (name, plural) = (Self::RECORD, "records");
        Self { name, plural, description, is_union: false, is_listed: false, members: tables, orders: Vec::new() }
    }

    /// Adds a list to the root that has the records of all members.
    #[must_use]
    pub fn with_list(self) -> Self {
        Self { is_listed: true, ..self }
    }

    /// Finds the orders that all members have.
    ///
    /// # Panics
    /// If a member does not exist, or has an order of the same name that compares other values.
    pub(super) fn resolve<'a>(&mut self, record_type: impl Fn(&str) -> Option<&'a RecordType>) {
        let name = self.name;
        let types = self
            .members
            .iter()
            .map(|member| record_type(member).unwrap_or_else(|| panic!("{name}: there is no record type {member}")));
        let types: Vec<_> = types.collect();
        let Some((first, others)) = types.split_first() else { return };
        let compared = |record: &RecordType, order: &Order| {
            (order.data_type(), order.missing.clone(), order.is_descending, record.is_by_name(order))
        };
        let has = |record: &RecordType, order: &Order| {
            let found = record.orders.iter().find(|other| other.name == order.name);
            let alike = found.is_none_or(|found| compared(record, found) == compared(first, order));
            assert!(alike, "{name}: {} and {} compare other values in {}", record.name, first.name, order.name);
            found.is_some()
        };
        let shared = first.orders.iter().filter(|order| others.iter().all(|record| has(record, order)));
        // Names live as long as the model, which is never dropped.
        self.orders = shared.map(|order| &*order.name.clone().leak()).collect();
    }
}
