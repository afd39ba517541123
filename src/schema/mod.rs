//! The schema: GraphQL types of the [model](crate::model), executed breadth-first inside of async-graphql's executor.
//!
//! async-graphql runs every operation. Its root types are plain Rust types (see [`crate::api`]); where a field of theirs
//! leads to records, its selection set is handed over ([`entry`]) and comes back as finished JSON. Below that,
//! [`execute`] runs each field once for all objects of its scope, by the [`plan`] of the operation.
//!
//! - [`object`]: object types and their fields; [`record`], [`connection`], [`root`]: those that there are
//! - [`groups`]: lists by what their items have in common
//! - [`network`]: a record among those that it is joined with
//! - [`catalog`]: all of them; [`types`]: interfaces, unions, inputs
//! - [`answer`], [`result`]: what a field answered, and what became of it
//! - [`cost`]: what fields cost

mod answer;
mod catalog;
mod connection;
pub mod cost;
mod entry;
mod execute;
mod groups;
mod leaf;
mod names;
mod network;
mod object;
pub mod plan;
mod record;
mod result;
mod root;
#[cfg(test)]
mod tests;
mod types;

pub use self::{
    catalog::Catalog,
    entry::{Node, Nodes, OperationData, RecordOf},
    root::{Api, Records},
};
