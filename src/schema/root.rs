//! The fields of `Query` that every record type has: a look-up and a list.

use std::{
    borrow::Cow,
    marker::PhantomData,
    sync::{Arc, LazyLock},
};

use async_graphql::{
    ContainerType, Context, ID, InputObject, ObjectType, OneofObject, OutputType, Positioned, ServerResult, Value,
    parser::types::Field,
};

use super::{
    answer::{Answer, index},
    catalog::Catalog,
    connection, entry,
    execute::Call,
    items::{self, Items},
    object::{AnyObject, Argument, Object, Resolve},
    quality, search, types,
};
use crate::{
    async_graphql_internals::{ContextSelectionSet, Registry},
    error::Result,
    model::{RecordType, camel_case, identifier::IdentifierScheme, words},
    query::{
        filter::global_id,
        keys::{ById, ByIdentifier, ByKey, Shape},
        projection::{Projection, Row},
    },
};

/// The object that the root fields are resolved from.
pub(super) struct Root;

/// The objects of the root scope: only one.
static ROOTS: LazyLock<[Arc<Root>; 1]> = LazyLock::new(|| [Arc::new(Root)]);

/// Provides the catalog of a schema. It is a trait because async-graphql asks types, not values.
pub trait Api: Send + Sync + 'static {
    /// The catalog.
    fn catalog() -> &'static Catalog;
}

/// The look-ups and lists of all record types: one part of the merged type `Query`.
pub struct Records<A>(PhantomData<A>);

impl<A> Default for Records<A> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<A: Api> OutputType for Records<A> {
    fn type_name() -> Cow<'static, str> {
        "Records".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        types::register(A::catalog(), registry);
        registry.types.insert("Records".to_owned(), types::object("Records", A::catalog().root.meta_fields()));
        Self::qualified_type_name()
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        async_graphql::resolver_utils::resolve_container(context, self).await
    }
}

impl<A: Api> ContainerType for Records<A> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let Some(field) = A::catalog().root.fields.get(context.field().name()) else { return Ok(None) };
        let Resolve::Batch(resolve) = &field.resolve else { return Ok(None) };
        entry::resolve(context, A::catalog(), field.info(), |call| resolve(call, &*ROOTS)).await.map(Some)
    }
}

impl<A: Api> ObjectType for Records<A> {}

/// The fields of the root.
pub(super) fn object(catalog: &Catalog) -> Object<Root> {
    let mut root = Object::new("Query", "The root of every query.");
    for record in catalog.model().types() {
        // Names live as long as the catalog, which is never dropped.
        let [one, all]: [&'static str; 2] =
            [camel_case(record.table), camel_case(record.plural)].map(|name| &*name.leak());
        root.batch(
            one,
            record.name,
            format!(
                "The {} with the given ID, key or external identifier; `null` if there is none.",
                words(record.name)
            ),
            vec![Argument::new(
                "by",
                format!("{}By!", record.name),
                "The ID, key or external identifier to look up: exactly one of them.",
            )],
            move |call, _: &[Arc<Root>]| {
                Box::pin(async move { Ok(Answer::one(record.name, std::iter::once(look_up(call, record).await?))) })
            },
        );
        add_list(&mut root, all, Items::Type(record), catalog);
    }
    for group in catalog.model().groups() {
        if group.is_listed {
            // Names live as long as the catalog, which is never dropped.
            let name = camel_case(group.plural).leak();
            add_list(&mut root, name, Items::Group(group, catalog.model()), catalog);
        }
    }
    search::add_field(&mut root);
    if catalog.model().timeline().is_some() {
        add_list(&mut root, "timeline", Items::Timeline(catalog.model(), None), catalog);
    }
    quality::add_field(&mut root, catalog.model());
    root
}

fn add_list(root: &mut Object<Root>, name: &'static str, items: Items, catalog: &Catalog) {
    let connection = catalog.connection_names(items.name()).connection;
    let about = match items {
        Items::Timeline(..) => {
            "What happened to all records, in the order of the dates. What has no known date is left out.".to_owned()
        }
        _ => format!("A list of all {}.", items.words()),
    };
    let info = root.batch(name, connection, about, items::arguments(items), move |call, _| {
        Box::pin(connection::connect(call, items, connection, None, vec![None]))
    });
    info.cost.statements = index(items.number_of_parts());
}

/// What a look-up is by. Each record type has an input type of its own with these fields, such as `CityBy`.
#[derive(OneofObject)]
pub(super) enum By {
    Id(ID),
    Key(String),
    Identifier(IdentifierInput),
}

/// An identifier of a record in an external system.
#[derive(InputObject)]
pub(super) struct IdentifierInput {
    /// The scheme of the identifier: the external system that assigns it.
    pub(super) scheme: IdentifierScheme,
    /// The identifier, as the scheme writes it.
    pub(super) value: String,
}

async fn look_up(call: Call<'_>, record: &'static RecordType) -> Result<Option<Arc<Row>>> {
    find(call, record, call.argument("by")?, call.projection(record)).await
}

/// The record that a look-up is for.
pub(super) async fn find(
    call: Call<'_>,
    record: &'static RecordType,
    by: By,
    of: Shape<Arc<Projection>>,
) -> Result<Option<Arc<Row>>> {
    match by {
        By::Id(id) => {
            let (_, id) = global_id(&id, &[record.table])?;
            call.loader().load_one(ById { id, of }).await
        }
        // No stored text contains the character NUL, so there is no such record. PostgreSQL would reject the statement.
        By::Key(text) | By::Identifier(IdentifierInput { value: text, .. }) if text.contains('\0') => Ok(None),
        By::Key(key) => call.loader().load_one(ByKey { key, of }).await,
        By::Identifier(IdentifierInput { scheme, value }) => {
            call.loader().load_one(ByIdentifier { scheme, value, of }).await
        }
    }
}
