//! The steps that make and change the tables of coopgraph, on SQLite and PostgreSQL.
//!
//! To add a step: a file `m<number>_<what it does>.rs` with `up` and `down`, and a line in [`Migrator`]. Steps that were
//! released are never edited. `use_transaction` returns `Some(true)`, because by default only PostgreSQL runs a step in a
//! transaction, and an interrupted step must not leave half of its tables behind.
//!
//! Names: `pk_<table>`, `uq_<table>_<columns>`, `fk_<table>_<column>`, `ck_<table>_<column>`, `ix_<table>_<columns>`.

mod m0001_cooperation_graph;
mod m0002_dataset_version;
mod m0003_durations;
mod m0004_roles;
mod m0005_folding;
mod m0006_names;
mod m0007_date_ranges;
mod m0008_wider_model;
mod m0009_parties;
mod m0010_moments;
mod m0011_search;
mod m0012_places;
mod m0013_sort_keys;
mod m0014_api_keys;
mod m0015_idempotency_keys;
mod table;

use sea_orm_migration::MigrationTrait;
pub use sea_orm_migration::MigratorTrait;

/// All steps, in their order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_cooperation_graph::Migration),
            Box::new(m0002_dataset_version::Migration),
            Box::new(m0003_durations::Migration),
            Box::new(m0004_roles::Migration),
            Box::new(m0005_folding::Migration),
            Box::new(m0006_names::Migration),
            Box::new(m0007_date_ranges::Migration),
            Box::new(m0008_wider_model::Migration),
            Box::new(m0009_parties::Migration),
            Box::new(m0010_moments::Migration),
            Box::new(m0011_search::Migration),
            Box::new(m0012_places::Migration),
            Box::new(m0013_sort_keys::Migration),
            Box::new(m0014_api_keys::Migration),
            Box::new(m0015_idempotency_keys::Migration),
        ]
    }
}
