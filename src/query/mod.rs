//! Queries: from what a client asks of the [model](crate::model) to statements, and from their rows to records.
//!
//! - [`filter`]: the conditions that a client can set, as `SQL` expressions
//! - [`page`], [`order`]: which part of a list is asked for, in which order; cursors
//! - [`projection`]: the columns that a selection needs, and the records that are joined to a row
//! - [`groups`]: the records of a list by what they have in common, and aggregates
//! - [`search`]: the records whose names and texts have words
//! - [`claims`]: what sources state about fields of records
//! - [`distance`]: how far away the other record is that a link joins
//! - `link`: how records are related to others
//! - [`keys`], `load`: what can be loaded; async-graphql's `DataLoader` batches it
//! - [`loader`]: the only code that reads records, and decides who may see what
//! - [`network`]: which records are joined to which, in memory
//! - [`batch`]: when a batch is sent
//! - [`shared`]: statements that several operations share
//! - [`statement`]: what the two databases write differently

pub mod batch;
pub mod claims;
pub mod collation;
mod cursor;
pub mod distance;
pub mod filter;
pub mod groups;
pub mod keys;
mod link;
mod load;
pub mod loader;
pub mod network;
pub mod order;
pub mod page;
pub mod projection;
pub mod search;
pub mod shared;
pub mod statement;
