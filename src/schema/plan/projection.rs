//! What the fields of a plan read of their records, and which records are joined to others.

use std::sync::{Arc, PoisonError};

use super::{
    super::object::{AnyObject, FieldInfo},
    Plan, PlannedField, Scope,
};
use crate::{
    model::RecordType,
    query::{
        keys::Shape,
        projection::{Projection, ProjectionBuilder},
    },
};

/// What a projection takes, about.
const PROJECTION_BYTES: usize = 512;
/// The largest number of joins in a chain of records that are joined to one another.
const MAX_JOIN_DEPTH: usize = 3;
/// The largest number of record types of one reference that are joined.
const MAX_JOIN_TYPES: usize = 4;

impl Plan {
    /// What is read of the records of a type that a field leads to, directly or as the items of a connection.
    #[must_use]
    pub fn projection(&self, field: &PlannedField, record: &'static RecordType) -> Shape<Arc<Projection>> {
        let mut projections = field.projections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = projections.iter().find(|(table, _)| *table == record.table) {
            return known.clone();
        }
        let projection = Shape::new(self.read_by(field, record, 0).build());
        if self.budget.try_reserve(PROJECTION_BYTES) {
            projections.push((record.table, projection.clone()));
        }
        projection
    }

    /// What a field reads of the records of a type, when `depth` joins lead to it.
    fn read_by(&self, field: &PlannedField, record: &'static RecordType, depth: usize) -> ProjectionBuilder {
        let mut projection = ProjectionBuilder::new(record);
        let ty = field.occurrences[0].definition.ty.inner_named_type();
        let connection = self.catalog.object(ty).filter(|object| !object.items().is_empty());
        match connection {
            None => self.read_scope(&self.scope(field, record.name), &mut projection, depth),
            Some(connection) => {
                for part in &self.scope(field, connection.name()).fields {
                    let ty = part.occurrences[0].definition.ty.inner_named_type();
                    let is_this = |of: &&'static RecordType| std::ptr::eq(*of, record);
                    // The record itself, or what leads to it, such as an edge.
                    let items = self.catalog.object(ty).map_or(&[][..], AnyObject::items);
                    if items.iter().chain(&self.catalog.targets(ty)).any(is_this) {
                        projection.merge(self.read_by(part, record, depth));
                    }
                }
            }
        }
        projection
    }

    fn read_scope(&self, scope: &Scope, projection: &mut ProjectionBuilder, depth: usize) {
        let Some(object) = scope.object else { return };
        for field in &scope.fields {
            let Some((_, info)) = object.field(field.name()) else { continue };
            projection.add_columns(info.columns.iter().copied());
            if depth < MAX_JOIN_DEPTH {
                self.join(field, info, projection, depth);
            }
        }
    }

    /// Joins the records that a field refers to.
    fn join(&self, field: &PlannedField, info: &FieldInfo, projection: &mut ProjectionBuilder, depth: usize) {
        let Some(reference) = &info.reference else { return };
        let targets = self.catalog.targets(field.occurrences[0].definition.ty.inner_named_type());
        let is_asked = |target: &&'static RecordType| {
            // If nothing is selected on a type, most of the records are probably of other types.
            reference.table.is_none()
                || self.scope(field, target.name).fields.iter().any(|field| field.name() != "__typename")
        };
        let targets: Vec<_> = targets.into_iter().filter(is_asked).collect();
        if targets.len() <= MAX_JOIN_TYPES {
            for target in targets {
                let joined = self.read_by(field, target, depth + 1);
                projection.join(reference.attribute, reference.key, reference.table, joined);
            }
        }
    }
}
