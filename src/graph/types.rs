//! The GraphQL types of a graph, gathered before async-graphql's registry takes them over.

use std::collections::BTreeMap;

use async_graphql::registry::{MetaType, Registry};
use indexmap::{IndexMap, IndexSet};

/// Types by name, and which type implements which interfaces.
#[derive(Default)]
pub struct Types {
    types: BTreeMap<String, MetaType>,
    implements: IndexMap<String, IndexSet<String>>,
}

impl Types {
    /// Adds a type, unless it is known already.
    pub fn add(&mut self, name: &str, make: impl FnOnce() -> MetaType) {
        if !self.types.contains_key(name) {
            self.types.insert(name.to_owned(), make());
        }
    }

    /// A type by its name.
    pub(super) fn get(&self, name: &str) -> Option<&MetaType> {
        self.types.get(name)
    }

    /// Adds a scalar, unless it is known already.
    pub fn scalar(&mut self, name: &str, description: &str, specified_by: Option<&str>) {
        self.add(name, || super::leaf::scalar(name, description, specified_by));
    }

    /// Says that `ty` implements `interface`.
    pub fn implement(&mut self, ty: &str, interface: &str) {
        self.implements.entry(ty.to_owned()).or_default().insert(interface.to_owned());
    }

    /// Whether a fragment on `condition` applies to the object type `ty`.
    pub(super) fn applies(&self, condition: &str, ty: &str) -> bool {
        condition == ty
            || self.implements.get(ty).is_some_and(|i| i.contains(condition))
            || matches!(self.types.get(condition), Some(MetaType::Union { possible_types, .. }) if possible_types.contains(ty))
    }

    /// The object types that implement `interface`.
    pub(super) fn implementors(&self, interface: &str) -> IndexSet<String> {
        self.implements
            .iter()
            .filter(|(ty, i)| i.contains(interface) && matches!(self.types.get(*ty), Some(MetaType::Object { .. })))
            .map(|(ty, _)| ty.clone())
            .collect()
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (name, ty) in &other.types {
            self.add(name, || ty.clone());
        }
    }

    /// Hands everything to async-graphql.
    pub(super) fn hand_over(&self, registry: &mut Registry) {
        for (name, ty) in &self.types {
            registry.types.insert(name.clone(), ty.clone());
        }
        for (ty, interfaces) in &self.implements {
            for interface in interfaces {
                registry.add_implements(ty, interface);
            }
        }
    }
}

/// An interface; its possible types are filled in by [`Types::implementors`].
#[must_use]
pub fn interface(
    name: &str,
    description: &str,
    fields: IndexMap<String, async_graphql::registry::MetaField>,
    possible_types: IndexSet<String>,
) -> MetaType {
    MetaType::Interface {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        fields,
        possible_types,
        extends: false,
        keys: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// A union of object types.
#[must_use]
pub fn union(name: &str, description: &str, possible_types: IndexSet<String>) -> MetaType {
    MetaType::Union {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        possible_types,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
    }
}
