//! coopgraph: a GraphQL server for international cooperation data.
//!
//! `docs/architecture.md` follows one request through the code, says which library does what, and how to add an entity, a
//! field, a filter or a mutation.
//!
//! # The map
//! - [`domain`]: the entities; start there to see or to change what is recorded
//! - [`model`]: what a type of record is, as data
//! - [`query`]: filters, pages, and the loader, which alone reads records
//! - [`schema`]: GraphQL types, plans, breadth-first execution
//! - [`api`]: the root types of the schema
//! - [`import_export`]: CSV files · [`readers`]: foreign files, which become such files
//! - [`document`]: parsing, validation, limits, costs · [`engine`]: from a request to its answer
//! - [`formats`]: CSV, GeoJSON, iCalendar, Popolo, JSON-LD and pages, as clients of the API
//! - [`auth`]: API keys, roles, and what they see
//! - [`http`]: the endpoint · [`config`]: its settings · [`cli`]: the command
//! - [`db`]: connections and ids · [`edtf`]: dates · [`clock`]: time and fresh ids
//! - [`observe`]: metrics, the log, traces · [`error`], [`request_id`], [`quoted`], [`web_origin`]

pub mod api;
pub mod async_graphql_internals;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod document;
pub mod domain;
pub mod edtf;
pub mod engine;
pub mod error;
pub mod formats;
pub mod http;
pub mod import_export;
pub mod model;
pub mod observe;
pub mod query;
pub mod quoted;
pub mod readers;
pub mod request_id;
pub mod schema;
pub mod web_origin;
