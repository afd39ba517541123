//! The ways in which records refer to others, seen from those that they refer to.

use sea_orm::{EntityName, IdenStatic};

use super::{annotations::TAGS, links::LinkTable};
use crate::{
    domain::tag,
    model::{Attribute, AttributeKind, Column, Model, RecordType, draft::reference_name},
};

/// A way in which records refer to others.
pub(super) struct IncomingReference<'m> {
    /// What the files call it.
    pub name: String,
    /// The table that holds it.
    pub table: &'static str,
    /// The column of the record that refers.
    pub from: &'static str,
    /// The column of the record that it refers to.
    pub to: &'static str,
    /// The attribute; none if it is the tag of a record of any type.
    pub attribute: Option<(&'m RecordType, &'m Attribute)>,
}

impl IncomingReference<'_> {
    /// Whether it can lead to the records of a table.
    pub(super) fn can_lead_to(&self, table: &str) -> bool {
        match self.attribute.map(|(_, attribute)| &attribute.kind) {
            Some(AttributeKind::ToOne(to_one)) => to_one.target == table,
            Some(AttributeKind::ToAny(to_any)) => to_any.targets.contains(&table),
            Some(AttributeKind::Keys { target, .. }) => *target == table,
            _ => table == "topic",
        }
    }
}

/// All ways in which records refer to others.
pub(super) fn incoming_references(model: &Model) -> Vec<IncomingReference<'_>> {
    let mut references = Vec::new();
    for record in model.types() {
        for attribute in &record.attributes {
            let of = Some((record, attribute));
            let own = |column: Column| {
                let name = reference_name(column).to_owned();
                IncomingReference { name, table: record.table, from: "id", to: column.name, attribute: of }
            };
            match &attribute.kind {
                AttributeKind::ToOne(to_one) => references.push(own(to_one.column)),
                AttributeKind::ToAny(to_any) => references.push(own(to_any.id)),
                _ => references.extend(LinkTable::of(attribute).map(|links| {
                    let LinkTable { table, parent, child, .. } = links;
                    IncomingReference { name: attribute.name.clone(), table, from: parent, to: child, attribute: of }
                })),
            }
        }
    }
    let [from, to] = [tag::Column::RecordId, tag::Column::TopicId].map(|column| column.as_str());
    let table = tag::Entity.table_name();
    references.push(IncomingReference { name: TAGS.to_owned(), table, from, to, attribute: None });
    references
}
