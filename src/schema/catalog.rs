//! The catalog: all object types of the schema that are executed breadth-first, by name.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{
    claims,
    connection::{ConnectionType, Names},
    cost::FieldCost,
    groups::{self, GroupTypes},
    items::Items,
    mutation::{self, Mutation},
    names,
    network::NetworkTypes,
    object::{AnyObject, Object},
    page_info, quality, record,
    root::{self, Root},
    search, spells, timeline,
};
use crate::{
    model::{AttributeKind, Link, Model, NetworkType, RecordType},
    query::groups::GroupKey,
};

/// All object types that are executed breadth-first.
pub struct Catalog {
    model: &'static Model,
    objects: IndexMap<&'static str, Box<dyn AnyObject>>,
    pub(super) root: Object<Root>,
    pub(super) mutations: Object<mutation::Root>,
    /// What the fields of `mutations` do.
    mutations_by_name: IndexMap<&'static str, Mutation>,
    /// What each list can be grouped by, by the name of the type of its items.
    groups: IndexMap<&'static str, Arc<GroupTypes>>,
    /// The types of networks, by their names.
    networks: IndexMap<&'static str, Arc<NetworkTypes>>,
    /// What the fields of the library's own object types cost, where they cost anything.
    costs: Vec<(&'static str, &'static str, FieldCost)>,
}

impl Catalog {
    /// The object types of a model. `costs` are those of the fields of the library's own object types: type, field, cost.
    #[must_use]
    pub fn new(model: &'static Model, costs: Vec<(&'static str, &'static str, FieldCost)>) -> Self {
        let root = Object::new("Query", "");
        let (groups, networks) = (IndexMap::new(), IndexMap::new());
        let mutations = Object::new("Mutation", "");
        let mutations_by_name = IndexMap::new();
        let mut catalog =
            Self { model, objects: IndexMap::new(), root, mutations, mutations_by_name, groups, networks, costs };
        for record in model.types() {
            catalog.add_list(Items::Type(record));
        }
        for record in model.types() {
            for attribute in &record.attributes {
                let AttributeKind::ToMany(many) = attribute.kind else { continue };
                let Some(prefix) = many.prefix() else { continue };
                let target = model.record_type(many.target);
                let names = catalog.connection_names(prefix);
                let mut ty = ConnectionType::new(Items::Type(target), &names, &catalog.groups[target.name]);
                if let Some(fields) = many.counterparts {
                    ty = ty.with_counterparts(many.link, fields, model.record_type(fields.target));
                }
                if let (Some(field), Link::Any(ways)) = (many.roles, many.link) {
                    ty = ty.with_roles(ways, field);
                }
                catalog.add_connection(&ty);
            }
        }
        for group in model.listed_groups() {
            catalog.add_list(Items::Group(group, model));
        }
        if let Some(vocabulary) = model.timeline() {
            let items = Items::Timeline(model, None);
            catalog.add_list(items);
            catalog.add(timeline::entry_object(items, vocabulary));
        }
        for spells in model.types().flat_map(|record| &record.spells) {
            catalog.add(spells::object(spells, model.record_type(spells.target)));
        }
        for network in model.networks() {
            let types = Arc::new(NetworkTypes::new(network, &catalog));
            catalog.add(types.object());
            catalog.add(types.connection_object());
            catalog.add(types.edge_object());
            catalog.add(types.paths_object());
            catalog.add(types.path_object());
            catalog.add(types.step_object());
            catalog.networks.insert(network.name, types);
        }
        for record in model.types() {
            let object = record::object(record, &catalog);
            catalog.add(object);
        }
        catalog.add(page_info::page_info());
        catalog.add(groups::value_object(model));
        catalog.add(groups::figure_object());
        catalog.add(names::name_object());
        catalog.add(names::identifier_object());
        catalog.add(record::date_object());
        search::add_objects(&mut catalog);
        if let Some(claims) = model.claims {
            catalog.add(claims::object(model, claims));
        }
        if let Some(issues) = model.issues() {
            let object = quality::object(&catalog, issues);
            catalog.add(object);
        }
        catalog.root = root::object(&catalog);
        mutation::add(&mut catalog, model);
        catalog
    }

    pub(super) fn add_mutation(&mut self, name: &'static str, mutation: Mutation) {
        self.mutations_by_name.insert(name, mutation);
    }

    /// What a field of `Mutation` does.
    pub(super) fn mutation(&self, name: &str) -> Option<&Mutation> {
        self.mutations_by_name.get(name)
    }

    /// What the list of a type can be grouped by, of a record type, a union or another name of items.
    pub(crate) fn group_keys(&self, items: &str) -> &[Arc<GroupKey>] {
        self.groups.get(items).map(|groups| groups.keys()).unwrap_or_default()
    }

    /// The types of a list, and of its groups.
    fn add_list(&mut self, items: Items) {
        let groups = Arc::new(GroupTypes::new(self.model, items));
        self.add(groups.page_object());
        self.add(groups.edge_object());
        self.add(groups.group_object());
        let names = self.connection_names(items.name());
        self.add_connection(&ConnectionType::new(items, &names, &groups));
        self.groups.insert(items.name(), groups);
    }

    fn add_connection(&mut self, ty: &ConnectionType) {
        self.add(ty.page_object());
        self.add(ty.edge_object());
    }

    pub(super) fn add<S: Send + Sync + 'static>(&mut self, object: Object<S>) {
        let twice = self.objects.insert(object.name, Box::new(object));
        assert!(twice.is_none(), "two object types have the same name");
    }

    /// Adds an object type that is not of the model.
    #[cfg(test)]
    pub(super) fn with<S: Send + Sync + 'static>(mut self, object: Object<S>) -> Self {
        self.add(object);
        self
    }

    /// All record types.
    #[must_use]
    pub fn model(&self) -> &'static Model {
        self.model
    }

    /// What the records of all types can be grouped by.
    pub(super) fn groups(&self) -> impl Iterator<Item = &GroupTypes> {
        self.groups.values().map(|groups| &**groups)
    }

    /// The types of a network.
    pub(super) fn network(&self, network: &NetworkType) -> &Arc<NetworkTypes> {
        &self.networks[network.name]
    }

    /// The types of all networks.
    pub(super) fn networks(&self) -> impl Iterator<Item = &Arc<NetworkTypes>> {
        self.networks.values()
    }

    /// The object types, in the order of their registration.
    pub(super) fn objects(&self) -> impl Iterator<Item = &dyn AnyObject> {
        self.objects.values().map(|object| &**object)
    }

    /// The object type of a name.
    #[must_use]
    pub fn object(&'static self, ty: &str) -> Option<&'static dyn AnyObject> {
        self.objects.get(ty).map(|object| &**object)
    }

    /// The record types that a field of a type can lead to: an object type, an interface, or a union.
    #[must_use]
    pub fn targets(&self, ty: &str) -> Vec<&'static RecordType> {
        if ty == "Node" {
            return self.model.types().collect();
        }
        if let Some(group) = self.model.group(ty) {
            return Items::Group(group, self.model).types();
        }
        self.model.types().filter(|record| record.name == ty).collect()
    }

    /// The records of a group that a description names.
    ///
    /// # Panics
    /// If there is none, which [`Model::build`] rules out.
    pub(super) fn group(&self, name: &str) -> Items {
        let group = self.model.group(name).unwrap_or_else(|| panic!("there is no group {name}"));
        Items::Group(group, self.model)
    }

    /// What a field costs. Fields that are not known cost nothing: they are leaves of the library's own object types.
    #[must_use]
    pub fn cost(&self, ty: &str, field: &str) -> FieldCost {
        let of_record = || self.model.types().next().and_then(|record| self.objects.get(record.name));
        let object: Option<&dyn AnyObject> = match ty {
            "Query" => Some(&self.root),
            "Mutation" => Some(&self.mutations),
            // All types that implement an interface have its fields at the same cost.
            "Node" | "Record" => of_record().map(|object| &**object),
            ty => self.objects.get(ty).map(|object| &**object),
        };
        let known = object.and_then(|object| object.field(field)).map(|(_, info)| info.cost);
        let listed = || self.costs.iter().find(|(of, name, _)| *of == ty && *name == field).map(|(.., cost)| *cost);
        known.or_else(listed).unwrap_or(FieldCost::LEAF)
    }

    /// The fields of the library's own object types whose costs are listed: type, field.
    pub fn listed_costs(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.costs.iter().map(|(ty, field, _)| (*ty, *field))
    }

    /// The names of the object types of a connection.
    pub(super) fn connection_names(&self, prefix: &str) -> Names {
        let known = |name: &str| self.objects.get_key_value(name).map(|(name, _)| *name);
        // Names live as long as the catalog, which is never dropped.
        let name = |name: String| known(&name).unwrap_or_else(|| name.leak());
        Names { connection: name(format!("{prefix}Connection")), edge: name(format!("{prefix}Edge")) }
    }
}
