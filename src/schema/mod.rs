//! The schema: GraphQL types of the [model](crate::model), executed breadth-first inside of async-graphql's executor.
//!
//! async-graphql runs every operation. Its root types are plain Rust types (see [`crate::api`]); where a field of theirs
//! leads to records, its selection set is handed over ([`entry`]) and comes back as finished JSON. Below that,
//! [`execute`] runs each field once for all objects of its scope, by the [`plan`] of the operation.
//!
//! - [`object`]: object types and their fields; [`record`], [`connection`], [`root`]: those that there are
//! - [`search`]: full-text search over records of all types
//! - [`claims`]: what sources state about a record; [`quality`]: what is doubtful about records
//! - [`items`], [`timeline`]: what connections list; [`spells`]: what several records tell of, as one
//! - [`groups`]: lists by what their items have in common
//! - [`mutation`]: what editors write
//! - [`network`]: a record among those that it is joined with
//! - [`catalog`]: all of them; [`types`]: interfaces, unions, inputs
//! - [`answer`], [`result`]: what a field answered, and what became of it
//! - [`cost`]: what fields cost

mod answer;
mod catalog;
mod claims;
mod connection;
pub mod cost;
mod entry;
mod execute;
mod groups;
mod items;
mod leaf;
mod mutation;
mod names;
mod network;
mod object;
mod page_info;
pub mod plan;
mod quality;
mod record;
mod result;
mod root;
mod search;
mod spells;
#[cfg(test)]
mod tests;
mod timeline;
mod types;

pub(crate) use self::groups::COUNTED;
pub use self::{
    catalog::Catalog,
    entry::{Node, Nodes, OperationData, RecordOf},
    mutation::{Mutations, Writer},
    root::{Api, Records},
};
