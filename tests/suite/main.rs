//! Tests through the front door: a real server on a real socket, on SQLite and on PostgreSQL.
//!
//! `scripts/test` runs them with a PostgreSQL of their own. Without `COOPGRAPH_TEST_POSTGRES`, SQLite alone is tested, and
//! each test says so.

#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "queries are written piece by piece, and need no speed"
)]

mod abandoned;
mod abuse;
mod auth;
mod browser;
mod claims;
mod clients;
mod columns;
mod command;
mod consistency;
mod dates;
mod endpoint;
mod engine;
mod foreign_settings;
mod formats;
mod import_export;
mod leak;
mod library;
mod long_values;
mod migrations;
mod model;
mod mutations;
mod network;
mod nginx;
mod nplusone;
mod observe;
mod orders;
mod pages;
mod paging;
mod places;
mod plans;
mod population;
mod process;
mod proxies;
mod quality;
mod quantifiers;
mod questions;
mod readers;
mod readme;
mod reference;
mod sample_data;
mod schema;
mod search;
mod sharing;
mod shutdown;
mod subscriptions;
mod support;
mod time;
mod variables;
mod walk;

/// The one of the command: its servers run in this process, and take most of the time of the tests.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
