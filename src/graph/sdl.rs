//! The schema in GraphQL's definition language, written by async-graphql from the types of a graph.
//!
//! async-graphql wants types at the root, not values. They have no resolvers: operations are run by [`super::Exec`].

use std::{borrow::Cow, marker::PhantomData, pin::Pin};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, EmptyMutation, ObjectType, OutputType, Positioned, Response,
    SDLExportOptions, Schema, ServerResult, SubscriptionType, Value, parser::types::Field, registry::Registry,
};
use futures_util::Stream;

use crate::graph::Graph;

/// Where the graph of a schema comes from; async-graphql asks types, not values.
pub trait Source: Send + Sync + 'static {
    /// The graph.
    fn graph() -> &'static Graph;
}

/// The schema of a graph, with every description.
#[must_use]
pub fn sdl<S: Source>() -> String {
    let schema = Schema::build(Query::<S>(PhantomData), EmptyMutation, Subscription::<S>(PhantomData)).finish();
    let sdl = schema.sdl_with_options(SDLExportOptions::new().include_specified_by());
    let lines: Vec<_> = sdl.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim())
}

struct Query<S>(PhantomData<S>);

impl<S: Source> OutputType for Query<S> {
    fn type_name() -> Cow<'static, str> {
        "Query".into()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        S::graph().types.hand_over(registry);
        Self::qualified_type_name()
    }
    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

impl<S: Source> ContainerType for Query<S> {
    async fn resolve_field(&self, _: &Context<'_>) -> ServerResult<Option<Value>> {
        Ok(None)
    }
}

impl<S: Source> ObjectType for Query<S> {}

struct Subscription<S>(PhantomData<S>);

impl<S: Source> SubscriptionType for Subscription<S> {
    fn type_name() -> Cow<'static, str> {
        "Subscription".into()
    }
    fn create_type_info(_: &mut Registry) -> String {
        Self::qualified_type_name()
    }
    fn create_field_stream<'a>(
        &'a self,
        _: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        None
    }
}
