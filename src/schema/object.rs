//! Object types that are executed breadth-first. Each field is declared once, with its name, description and type, and with
//! how it is resolved for all objects of a scope together.

use std::{any::Any, sync::Arc};

use futures_util::future::BoxFuture;
use indexmap::IndexMap;

use super::{
    answer::{Answer, index},
    cost::{FieldCost, Size},
    execute::Call,
};
use crate::{
    async_graphql_internals::{Deprecation, MetaField, MetaInputValue, ObjectBuilder, Registry},
    error::Result,
    model::{Column, RecordType},
    query::page::{DEFAULT_SIZE, MAX_SIZE},
};

/// An object type whose objects are values of `S`.
pub struct Object<S: 'static> {
    pub(super) name: &'static str,
    description: String,
    interfaces: Vec<&'static str>,
    pub(super) fields: IndexMap<&'static str, Field<S>>,
    /// The types of the items, if the objects are pages of a connection or their edges.
    pub(super) items: Vec<&'static RecordType>,
}

/// A field of an object type.
pub(super) struct Field<S: 'static> {
    pub resolve: Resolve<S>,
    info: FieldInfo,
}

/// What the schema, the planner and cost analysis know of a field.
pub struct FieldInfo {
    description: String,
    /// The GraphQL type as written, such as `[Name!]`.
    pub ty: String,
    arguments: Vec<Argument>,
    /// The columns of the record that it is resolved from.
    pub(super) columns: Vec<Column>,
    /// The reference that it resolves, if the records that it leads to can be joined to the record.
    pub(super) reference: Option<Reference>,
    /// What it costs.
    pub cost: FieldCost,
    /// Why it should not be used any more.
    deprecation: Option<String>,
}

/// A reference from a record to a record.
pub(super) struct Reference {
    pub attribute: &'static str,
    pub key: Column,
    /// The column of the table, if the reference can lead to records of several types.
    pub table: Option<Column>,
}

/// How the values of a field are resolved.
pub(super) enum Resolve<S: 'static> {
    /// Written from the object alone.
    Leaf(Box<dyn Fn(&S, &mut Vec<u8>) + Send + Sync>),
    /// Resolved for all objects of a scope together.
    Batch(Box<ResolveFn<S>>),
}

/// Resolves a field for all objects of a scope.
pub(super) type ResolveFn<S> = dyn for<'a> Fn(Call<'a>, &'a [Arc<S>]) -> BoxFuture<'a, Result<Answer>> + Send + Sync;

/// An argument of a field.
#[derive(Clone)]
pub struct Argument {
    name: &'static str,
    ty: String,
    description: String,
}

impl Argument {
    /// An argument of a GraphQL type, as written.
    pub fn new(name: &'static str, ty: impl Into<String>, description: impl Into<String>) -> Self {
        Self { name, ty: ty.into(), description: description.into() }
    }

    fn meta(&self) -> MetaInputValue {
        let mut meta = MetaInputValue::new(self.name, self.ty.clone());
        meta.description = Some(self.description.clone());
        meta
    }
}

/// An object type, independent of the Rust type of its objects.
pub trait AnyObject: Any + Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// The types of the items, if the objects are pages of a connection or their edges.
    fn items(&self) -> &[&'static RecordType];
    /// A field, and its index.
    fn field(&self, name: &str) -> Option<(usize, &FieldInfo)>;
    /// The fields, as the registry has them.
    fn meta_fields(&self) -> IndexMap<String, MetaField>;
    /// Adds the type to async-graphql's registry.
    fn register(&self, registry: &mut Registry);
}

impl<S: Send + Sync + 'static> Object<S> {
    /// An object type without fields yet. The name lives as long as the schema.
    pub fn new(name: &'static str, description: impl Into<String>) -> Self {
        Self {
            name,
            description: description.into(),
            interfaces: Vec::new(),
            fields: IndexMap::new(),
            items: Vec::new(),
        }
    }

    /// Adds interfaces that the type implements.
    #[must_use]
    pub fn implementing(mut self, interfaces: &[&'static str]) -> Self {
        self.interfaces.extend(interfaces);
        self
    }

    /// Adds a leaf that is written from the object alone.
    pub fn leaf(
        &mut self,
        name: &'static str,
        ty: impl Into<String>,
        description: impl Into<String>,
        write: impl Fn(&S, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> &mut FieldInfo {
        self.add(name, ty.into(), description.into(), Vec::new(), Resolve::Leaf(Box::new(write)), FieldCost::LEAF)
    }

    /// Adds a field that is resolved for all objects of a scope together. Unless said otherwise, it costs one statement.
    pub fn batch(
        &mut self,
        name: &'static str,
        ty: impl Into<String>,
        description: impl Into<String>,
        arguments: Vec<Argument>,
        resolve: impl for<'a> Fn(Call<'a>, &'a [Arc<S>]) -> BoxFuture<'a, Result<Answer>> + Send + Sync + 'static,
    ) -> &mut FieldInfo {
        let ty = ty.into();
        let cost = FieldCost { statements: 1, size: size(&ty), ..FieldCost::LEAF };
        self.add(name, ty, description.into(), arguments, Resolve::Batch(Box::new(resolve)), cost)
    }

    fn add(
        &mut self,
        name: &'static str,
        ty: String,
        description: String,
        arguments: Vec<Argument>,
        resolve: Resolve<S>,
        cost: FieldCost,
    ) -> &mut FieldInfo {
        let info =
            FieldInfo { description, ty, arguments, columns: Vec::new(), reference: None, cost, deprecation: None };
        let (position, twice) = self.fields.insert_full(name, Field { resolve, info });
        assert!(twice.is_none(), "{}.{name} is described twice", self.name);
        &mut self.fields[position].info
    }
}

impl FieldInfo {
    /// A field of the library's own object types, of a GraphQL type as written.
    pub(super) fn of_library(ty: &str) -> Self {
        Self {
            description: String::new(),
            ty: ty.to_owned(),
            arguments: Vec::new(),
            columns: Vec::new(),
            reference: None,
            cost: FieldCost::LEAF,
            deprecation: None,
        }
    }

    /// Says that a field has a better name.
    pub(super) fn is_now(&mut self, name: &str) {
        self.deprecation = Some(better_name(name));
    }

    /// Sets what the field costs.
    pub fn costs(&mut self, statements: u32, size: Size) -> &mut Self {
        self.cost = FieldCost { statements, size, ..FieldCost::LEAF };
        self
    }

    /// Says how many whole lists the statements read.
    pub(super) fn scans(&mut self, lists: u32) -> &mut Self {
        self.cost.scans = lists;
        self
    }

    /// Says how many whole lists the statements of an aggregate of groups read.
    pub(super) fn aggregates(&mut self, lists: u32) -> &mut Self {
        self.cost.is_aggregate = true;
        self.scans(lists)
    }

    /// Sets how much is worked out in memory for each object.
    pub(super) fn works(&mut self, work: u32) -> &mut Self {
        self.cost.work = work;
        self
    }

    /// Sets the columns of the record that the field is resolved from.
    pub(super) fn reads(&mut self, columns: Vec<Column>) -> &mut Self {
        self.columns = columns;
        self
    }

    /// Whether its value may be `null`.
    pub(super) fn is_nullable(&self) -> bool {
        !self.ty.ends_with('!')
    }

    /// Whether the items of its list may be `null`.
    pub(super) fn has_nullable_items(&self) -> bool {
        !self.ty.trim_end_matches('!').ends_with("!]")
    }
}

impl<S: Send + Sync + 'static> AnyObject for Object<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn items(&self) -> &[&'static RecordType] {
        &self.items
    }

    fn field(&self, name: &str) -> Option<(usize, &FieldInfo)> {
        self.fields.get_full(name).map(|(index, _, field)| (index, &field.info))
    }

    fn meta_fields(&self) -> IndexMap<String, MetaField> {
        let meta = |(name, field): (&&str, &Field<S>)| {
            let mut meta = MetaField::new(*name, field.info.ty.clone());
            meta.description = Some(field.info.description.clone());
            if let Some(reason) = field.info.deprecation.clone() {
                meta.deprecation = Deprecation::Deprecated { reason: Some(reason) };
            }
            meta.args =
                field.info.arguments.iter().map(|argument| (argument.name.to_owned(), argument.meta())).collect();
            ((*name).to_owned(), meta)
        };
        self.fields.iter().map(meta).collect()
    }

    fn register(&self, registry: &mut Registry) {
        let object =
            ObjectBuilder::new(self.name, self.meta_fields()).description(Some(self.description.clone())).build();
        registry.types.insert(self.name.to_owned(), object);
        for interface in &self.interfaces {
            registry.add_implements(self.name, interface);
        }
    }
}

impl<S> Field<S> {
    pub(super) fn info(&self) -> &FieldInfo {
        &self.info
    }
}

/// Why something should not be used any more that has a better name.
pub(super) fn better_name(name: &str) -> String {
    format!("It is called `{name}` now.")
}

/// The number of objects that a field of a type leads to.
fn size(ty: &str) -> Size {
    let (default, most) = (index(DEFAULT_SIZE), index(MAX_SIZE));
    match ty.trim_end_matches('!') {
        "Int" | "Boolean" | "String" => Size::None,
        list if list.starts_with('[') => Size::Assumed(10),
        connection if connection.ends_with("Connection") => Size::Connection { default, most },
        _ => Size::One,
    }
}
