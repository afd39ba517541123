//! coopgraph: a GraphQL server for international cooperation data.
//!
//! # The way of a request
//! [`http`] reads it and says who asks → [`engine`] prepares it: its document is found in, or added to, the [`document`]s
//! that are known to be valid, priced, and charged → [`graph`] runs it level by level: for all rows of a level together,
//! plain fields are written and each relation is loaded by one statement → [`http`] writes the answer. [`error`] is where
//! internal causes stop.
//!
//! # The map
//! - [`domain`]: the entities; start there to see or to change what the graph holds
//! - [`graph`]: the generic core, which knows no entity
//! - [`db`]: connecting, ids, statements · [`edtf`]: dates · [`clock`]: time and fresh ids
//! - [`exchange`]: import and export of CSV files
//! - [`document`]: parsing, validation, limits, prices · [`engine`]: from a request to its answer
//! - [`observe`]: metrics, the log, traces
//! - [`http`]: the endpoint · [`config`]: its settings · [`cli`]: the command
//!
//! # To add an entity
//! See [`domain`].

pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod document;
pub mod domain;
pub mod edtf;
pub mod engine;
pub mod error;
pub mod exchange;
pub mod graph;
pub mod http;
pub mod observe;
