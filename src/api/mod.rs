//! The GraphQL API: the root types, and the schema made from them.
//!
//! Root types, inputs and payloads are async-graphql's plain derives; to add a field, add it to one of them, or merge a type
//! of your own into [`Query`]. Where a field leads to records, return [`Node`](crate::schema::Node) or
//! [`RecordOf`](crate::schema::RecordOf): what is selected of them is executed breadth-first.

mod change_watcher;
mod rate_limit;
mod viewer;

use std::sync::{Arc, LazyLock};

use async_graphql::{Context, ID, MergedObject, Object, SDLExportOptions, SchemaBuilder, Subscription};
use futures_util::Stream;

pub use self::{change_watcher::ChangeWatcher, rate_limit::RateLimit, viewer::Viewer};
use crate::{
    auth,
    domain::{self, dataset::DatasetVersion},
    error::{Error, Result},
    schema::{
        Api, Catalog, Mutations, Node, Nodes, Records,
        cost::{FieldCost, Size},
    },
};

/// The schema of coopgraph.
pub type Schema = async_graphql::Schema<Query, Mutation, SubscriptionRoot>;

/// The API of the cooperation graph.
#[derive(Clone, Copy, Debug)]
pub struct Cooperation;

impl Api for Cooperation {
    fn catalog() -> &'static Catalog {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(domain::model(), costs()));
        &CATALOG
    }
}

/// The costs of the fields of the library's own types that lead to objects: type, field, cost. Look-ups and lists of records
/// have theirs already.
fn costs() -> Vec<(&'static str, &'static str, FieldCost)> {
    // One statement for each record type among the IDs.
    let statements = u32::try_from(domain::model().types().len()).unwrap_or(u32::MAX);
    vec![
        ("Query", "node", FieldCost { statements: 1, size: Size::One, ..FieldCost::LEAF }),
        ("Query", "nodes", FieldCost { statements, size: Size::Argument("ids"), ..FieldCost::LEAF }),
        ("Query", "viewer", FieldCost { size: Size::One, ..FieldCost::LEAF }),
        ("Subscription", "datasetChanged", FieldCost { size: Size::One, ..FieldCost::LEAF }),
    ]
}

/// The root of every query.
#[derive(Default, MergedObject)]
pub struct Query(Records<Cooperation>, NodeQuery, ViewerQuery);

/// The root of every mutation.
#[derive(Default, MergedObject)]
pub struct Mutation(Mutations<Cooperation>);

/// The fields that return records of any type.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The record with the given global ID, of any type; `null` if there is none.
    async fn node(
        &self,
        #[graphql(desc = "The global ID of the record.")] id: ID,
    ) -> Option<Result<Node<Cooperation>>> {
        Some(Node::new(&id))
    }

    /// A list of the records with the given global IDs, in the same order; `null` for an ID without a record, and `null` with
    /// an error for a malformed ID.
    async fn nodes(
        &self,
        #[graphql(desc = "The global IDs of the records, at most 100.")] ids: Vec<ID>,
    ) -> Option<Result<Nodes<Cooperation>>> {
        Some(Nodes::new(&ids))
    }
}

/// The fields about the sender of the request.
#[derive(Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// The sender of this request, and what it may do.
    async fn viewer(&self, context: &Context<'_>) -> Viewer {
        context.data_opt::<auth::Viewer>().cloned().unwrap_or_else(auth::Viewer::anonymous).into()
    }

    /// The rate limit of the client, and the cost of this operation; `null` if the rate limit is off.
    async fn rate_limit(&self, context: &Context<'_>) -> Option<RateLimit> {
        context.data_opt::<RateLimit>().copied()
    }
}

/// The root of every subscription.
#[derive(Default)]
pub struct SubscriptionRoot;

/// The root of every subscription.
#[Subscription(name = "Subscription")]
impl SubscriptionRoot {
    /// The version of the data set: the current version immediately, then each other version that follows.
    async fn dataset_changed(&self, context: &Context<'_>) -> Result<impl Stream<Item = DatasetVersion>> {
        let watcher = context.data_opt::<Arc<ChangeWatcher>>();
        let watcher = watcher.ok_or_else(|| Error::internal("the schema has no change watcher"))?;
        Ok(watcher.versions().await?)
    }
}

/// A builder of the schema.
pub type Builder = SchemaBuilder<Query, Mutation, SubscriptionRoot>;

/// A builder of the schema, to which the engine adds its extension and the change watcher.
#[must_use]
pub fn builder() -> Builder {
    Schema::build(Query::default(), Mutation::default(), SubscriptionRoot)
}

/// The schema in the schema definition language (SDL), with all descriptions.
#[must_use]
pub fn sdl() -> String {
    let sdl = builder().finish().sdl_with_options(SDLExportOptions::new().include_specified_by());
    let lines: Vec<_> = sdl.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim())
}
