//! The generic core: everything about records that is not about one kind of record.
//!
//! - [`Record`], [`Definition`]: what a slice says about its entity, once
//! - [`Object`], [`leaf`]: GraphQL objects and plain values
//! - `select`, `exec`, `answer`, `level`: level by level
//! - `page`, `connection`, `filter`: lists
//! - [`Loader`]: the only way to read records, as the viewer may see them
//! - [`Graph`]: all of it, put together; `schema` completes it, `sdl` writes it down

mod answer;
mod attribute;
mod budget;
mod cell;
mod columns;
mod connection;
mod date;
mod definition;
mod exec;
mod filter;
mod level;
mod load;
mod names;
mod object;
mod page;
mod record;
mod reference;
mod schema;
mod sdl;
mod select;
mod wanted;

pub mod leaf;
pub mod types;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Arc,
};

use apollo_compiler::executable::SelectionSet;
use futures_util::future::BoxFuture;
use indexmap::IndexMap;
use sea_orm::QueryResult;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use uuid::Uuid;

pub use self::{
    answer::Answer,
    attribute::Attribute,
    budget::Budget,
    cell::{Cell, Column, Links},
    columns::{ColumnReader, Columns},
    connection::{Edge, Edges},
    definition::Definition,
    exec::Executed,
    filter::Predicate,
    load::{Clearance, Link, Loader, Tally},
    names::{IdentifierScheme, language},
    object::{Argument, Object},
    page::{DEFAULT_SIZE, MAX_SIZE},
    record::{Attr, Common, Record, Visibility},
    schema::Root,
    sdl::{Source, sdl},
    select::{Call, Exec},
    wanted::Wanted,
};
pub(crate) use self::{
    attribute::{read_word, vocabulary_attribute, word_predicate},
    record::record,
};

use self::{filter::Test, types::Types};
use crate::{
    document::{Size, Weigh, Weight},
    error::Result,
};

/// A text without case and diacritics, for search and order: NFKD, without marks, in lower case.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// All kinds of records and all object types, put together once at the start.
#[derive(Default)]
pub struct Graph {
    objects: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    definitions: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    kinds: IndexMap<&'static str, Box<dyn Kind>>,
    types: Types,
    weights: HashMap<String, IndexMap<String, Weight>>,
    late: Vec<definition::Late>,
}

/// A kind of record, its row type forgotten.
pub trait Kind: Send + Sync {
    /// The table, and the prefix of ids.
    fn kind(&self) -> &'static str;
    /// The GraphQL type.
    fn name(&self) -> &'static str;
    /// Reads a filter of this kind.
    fn read_filter(&self, value: &async_graphql::Value, scope: filter::Scope) -> Result<Test>;
    /// Loads records, as a group to be executed and the place of each id in it.
    fn load<'a>(&'a self, call: Call<'a>, ids: &'a [Uuid]) -> BoxFuture<'a, Result<Loaded>>;
    /// What selection sets want of such records.
    fn wanted<'a>(&self, exec: &Exec<'a>, sets: &[&'a SelectionSet], depth: usize) -> Wanted;
    /// The names of columns of the table.
    fn column_names(&self, columns: Columns) -> Vec<&'static str>;
    /// Reads a row, after `skip` other values.
    fn read_row(&self, row: &QueryResult, columns: Columns, skip: usize) -> Result<Arc<dyn Any + Send + Sync>>;
    /// Adds the look-up and the list of this kind to the root.
    fn add_to_root(&self, root: &mut Object<Root>, graph: &mut Graph);
}

/// Loaded records of one kind.
pub struct Loaded {
    group: Box<dyn exec::Group>,
    places: rustc_hash::FxHashMap<Uuid, u32>,
}

impl Graph {
    /// Adds a kind of record; `common` describes what all kinds share.
    #[must_use]
    pub fn with<R: Record>(mut self, common: fn(&mut Definition<R>)) -> Self {
        let mut definition = Definition::<R>::new();
        R::define(&mut definition);
        definition.shared();
        common(&mut definition);
        definition.finish(&mut self);
        connection::register::<R, connection::Plain>(&mut self);
        self.definitions.insert(TypeId::of::<R>(), Box::new(definition));
        self.kinds.insert(R::KIND, Box::new(record::KindOf::<R>::default()));
        self
    }

    /// Adds an object type, unless it is known already.
    pub fn add_object<R: Send + Sync + 'static>(&mut self, describe: impl FnOnce() -> Object<R>) -> bool {
        if self.objects.contains_key(&TypeId::of::<R>()) {
            return false;
        }
        let object = describe();
        object.register(&mut self.types);
        self.weights.insert(object.name.clone(), object.weights());
        self.objects.insert(TypeId::of::<R>(), Box::new(object));
        true
    }

    /// Types beside the objects: interfaces, unions, inputs.
    pub fn types(&mut self) -> &mut Types {
        &mut self.types
    }

    /// All kinds of records, in the order of their registration.
    pub fn kinds(&self) -> impl Iterator<Item = &dyn Kind> {
        self.kinds.values().map(|kind| &**kind)
    }

    fn kind(&self, kind: &str) -> Result<&dyn Kind> {
        self.kinds
            .get(kind)
            .map(|kind| &**kind)
            .ok_or_else(|| crate::error::Error::internal(format!("no kind of record is called {kind:?}")))
    }

    /// What is said of a kind of record.
    ///
    /// # Panics
    /// If the kind was never added: a mistake in putting the graph together, which every test would meet.
    #[must_use]
    pub fn definition<R: Record>(&self) -> &Definition<R> {
        self.definitions
            .get(&TypeId::of::<R>())
            .and_then(|d| d.downcast_ref())
            .unwrap_or_else(|| panic!("{} is not in the graph", R::NAME))
    }

    /// What is said of an object type.
    fn object<R: Send + Sync + 'static>(&self) -> &Object<R> {
        self.objects
            .get(&TypeId::of::<R>())
            .and_then(|o| o.downcast_ref())
            .unwrap_or_else(|| panic!("{} is not in the graph", std::any::type_name::<R>()))
    }
}

impl Weigh for Graph {
    fn weight(&self, ty: &str, field: &str) -> Weight {
        let known = self.weights.get(ty).and_then(|fields| fields.get(field));
        known.copied().unwrap_or(Weight { statements: 0, size: Size::None })
    }
}

/// `from_city_id` → `fromCity`.
#[must_use]
fn camel(column: &str) -> String {
    let mut name = String::with_capacity(column.len());
    let mut upper = false;
    for c in column.strip_suffix("_id").unwrap_or(column).chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                name.extend(c.to_uppercase());
                upper = false;
            }
            c => name.push(c),
        }
    }
    name
}
