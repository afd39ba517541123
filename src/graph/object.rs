//! Objects: what a GraphQL type is called, and for each field, said once, its name, description, type, and how it is had.

use std::sync::Arc;

use async_graphql::registry::{MetaField, MetaInputValue, ObjectBuilder};
use futures_util::future::BoxFuture;
use indexmap::IndexMap;

use crate::{
    document::{Size, Weight},
    error::Result,
    graph::{
        Columns,
        answer::Answer,
        leaf::{Leaf, type_of},
        page::{DEFAULT_SIZE, MAX_SIZE},
        select::Call,
        types::Types,
        wanted::Reference,
    },
};

/// An object type whose values are rows of `R`.
pub struct Object<R> {
    pub(super) name: String,
    description: String,
    interfaces: Vec<&'static str>,
    pub(super) fields: IndexMap<String, Field<R>>,
    types: Types,
}

/// A field of an object.
pub(super) struct Field<R> {
    description: String,
    /// The GraphQL type as written, such as `[Name!]!`.
    pub(super) ty: String,
    args: Vec<Argument>,
    pub(super) run: Run<R>,
    /// The columns of the row that it is had from.
    pub(super) columns: Columns,
    weight: Weight,
    /// The records that it leads to, if they can ride along with the row.
    pub(super) rides: Option<Rides>,
}

/// Records to which columns of a row refer.
pub(super) struct Rides {
    pub on: Reference,
    pub kinds: Vec<&'static str>,
}

/// How the values of a field are had.
pub(super) enum Run<R> {
    /// Written from the row alone.
    Leaf(Box<dyn Fn(&R, &mut Vec<u8>) + Send + Sync>),
    /// Had for all rows of a level together.
    Level(Box<LevelFn<R>>),
}

/// Answers a field for all rows of a level.
pub(super) type LevelFn<R> = dyn for<'a> Fn(Call<'a>, &'a [Arc<R>]) -> BoxFuture<'a, Result<Answer>> + Send + Sync;

/// An argument of a field.
#[derive(Clone)]
pub struct Argument {
    name: &'static str,
    ty: String,
    description: String,
    default: Option<&'static str>,
}

impl Argument {
    /// An argument of the GraphQL type `ty`, as written.
    pub fn new(name: &'static str, ty: impl Into<String>, description: impl Into<String>) -> Self {
        Self { name, ty: ty.into(), description: description.into(), default: None }
    }

    /// The value, as GraphQL writes it, of the argument when it is not given.
    #[must_use]
    pub fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// As the registry has it.
    #[must_use]
    pub fn meta(&self) -> MetaInputValue {
        let mut meta = MetaInputValue::new(self.name, self.ty.clone());
        meta.description = Some(self.description.clone());
        meta.default_value = self.default.map(str::to_owned);
        meta
    }
}

impl<R: Send + Sync + 'static> Object<R> {
    /// An object type without fields yet.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            interfaces: Vec::new(),
            fields: IndexMap::new(),
            types: Types::default(),
        }
    }

    /// Says that the type implements an interface.
    pub fn implements(&mut self, interface: &'static str) -> &mut Self {
        self.interfaces.push(interface);
        self
    }

    /// A plain field, read from the row.
    pub fn leaf<T: Leaf>(&mut self, name: &str, description: &str, get: fn(&R) -> &T) -> &mut Self {
        self.write::<T>(name, description, move |row, out| get(row).write(out))
    }

    /// A plain field, computed from the row.
    pub fn computed<T: Leaf>(&mut self, name: &str, description: &str, get: fn(&R) -> T) -> &mut Self {
        self.write::<T>(name, description, move |row, out| get(row).write(out))
    }

    fn write<T: Leaf>(
        &mut self,
        name: &str,
        description: &str,
        write: impl Fn(&R, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> &mut Self {
        T::register(&mut self.types);
        self.add(name, description, type_of::<T>(), Vec::new(), Run::Leaf(Box::new(write)))
    }

    /// A field that is had for all rows of a level together; `ty` is its GraphQL type as written.
    pub fn level(
        &mut self,
        name: &str,
        description: &str,
        ty: impl Into<String>,
        args: Vec<Argument>,
        run: impl for<'a> Fn(Call<'a>, &'a [Arc<R>]) -> BoxFuture<'a, Result<Answer>> + Send + Sync + 'static,
    ) -> &mut Self {
        self.add(name, description, ty.into(), args, Run::Level(Box::new(run)))
    }

    /// A field whose object is made from the row itself.
    pub fn embed<C: Send + Sync + 'static>(
        &mut self,
        name: &str,
        description: &str,
        ty: &str,
        get: impl Fn(&R) -> Option<C> + Send + Sync + 'static,
    ) -> &mut Self {
        self.level(name, description, ty, Vec::new(), move |_, rows| {
            let answer = Answer::one(rows.iter().map(|row| get(row).map(Arc::new)));
            Box::pin(std::future::ready(Ok(answer)))
        })
        .weighs(0, Size::One)
    }

    fn add(&mut self, name: &str, description: &str, ty: String, args: Vec<Argument>, run: Run<R>) -> &mut Self {
        let statements = u32::from(matches!(run, Run::Level(_)));
        let size = if matches!(run, Run::Leaf(_)) { Size::None } else { size(&ty) };
        let weight = Weight { statements, size };
        let field =
            Field { description: description.to_owned(), ty, args, run, columns: Columns::ALL, weight, rides: None };
        let twice = self.fields.insert(name.to_owned(), field);
        assert!(twice.is_none(), "{}.{name} is described twice", self.name);
        self
    }

    /// Says which columns of the row the field added last uses; all of them, if this is not said.
    pub(super) fn uses(&mut self, columns: Columns) -> &mut Self {
        if let Some((_, field)) = self.fields.last_mut() {
            field.columns = columns;
        }
        self
    }

    /// Says that what the field added last leads to can ride along with the row.
    pub(super) fn rides(&mut self, on: Reference, kinds: &[&'static str]) -> &mut Self {
        if let Some((_, field)) = self.fields.last_mut() {
            field.rides = Some(Rides { on, kinds: kinds.to_vec() });
        }
        self
    }

    /// Says what the field added last costs; otherwise it is a statement, and what its type lets expect.
    pub fn weighs(&mut self, statements: u32, size: Size) -> &mut Self {
        if let Some((_, field)) = self.fields.last_mut() {
            field.weight = Weight { statements, size };
        }
        self
    }

    /// What its fields cost.
    pub(super) fn weights(&self) -> IndexMap<String, Weight> {
        self.fields.iter().map(|(name, field)| (name.clone(), field.weight)).collect()
    }

    /// Makes the object's type, and the types of its leaves, known.
    pub(super) fn register(&self, types: &mut Types) {
        types.merge(&self.types);
        for interface in &self.interfaces {
            types.implement(&self.name, interface);
        }
        types.add(&self.name, || {
            ObjectBuilder::new(&*self.name, self.meta_fields(|_| true))
                .description(Some(self.description.clone()))
                .build()
        });
    }

    /// The fields, as the registry has them.
    pub(super) fn meta_fields(&self, keep: impl Fn(&str) -> bool) -> IndexMap<String, MetaField> {
        self.fields
            .iter()
            .filter(|(name, _)| keep(name))
            .map(|(name, field)| {
                let mut meta = MetaField::new(name.clone(), field.ty.clone());
                meta.description = Some(field.description.clone());
                meta.args = field.args.iter().map(|arg| (arg.name.to_owned(), arg.meta())).collect();
                (name.clone(), meta)
            })
            .collect()
    }
}

/// How many objects a field of this type leads to.
fn size(ty: &str) -> Size {
    let (default, most) = (super::answer::index(DEFAULT_SIZE), super::answer::index(MAX_SIZE));
    match ty.trim_end_matches('!') {
        "Int" | "Boolean" | "String" => Size::None,
        list if list.starts_with('[') => Size::Assumed(10),
        connection if connection.ends_with("Connection") => Size::Connection { default, most },
        _ => Size::One,
    }
}
