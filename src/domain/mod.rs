//! The entities: a file for each, which says what it is, what it has, and how it is filtered, ordered and exchanged; and
//! [`dataset`], all of them as a whole.
//!
//! To add an entity: write its file after the model of a small one such as [`topic`]; add the table in a new migration; add
//! one line to [`graph`], and one to [`ALL`] if citations and figures may speak of it. Everything else (ids, look-ups,
//! lists, paging, filters, visibility, import and export) follows.

pub mod citation;
pub mod city;
pub mod country;
pub mod dataset;
pub mod event;
pub mod indicator;
pub mod innovation_center;
pub mod membership;
pub mod official;
pub mod organization;
pub mod participation;
pub mod partnership;
pub mod position;
pub mod source;
pub mod topic;
pub mod visit;

mod common;

use std::sync::LazyLock;

use crate::{
    exchange::{Of, Table},
    graph::{Graph, Source},
};

/// All kinds of records.
pub const ALL: &[&str] = &[
    "country",
    "city",
    "partnership",
    "organization",
    "official",
    "position",
    "visit",
    "innovation_center",
    "event",
    "participation",
    "membership",
    "topic",
    "indicator",
    "source",
    "citation",
];

/// Registers every kind of record, in an order in which each comes after those it refers to.
macro_rules! entities {
    ($visit:ident) => {
        $visit!(
            country,
            topic,
            source,
            city,
            partnership,
            organization,
            official,
            position,
            visit,
            innovation_center,
            event,
            participation,
            membership,
            indicator,
            citation
        )
    };
}

macro_rules! with_all {
    ($($entity:ident),*) => {
        Graph::default()$(.with::<$entity::Model>(common::describe))*
    };
}

static GRAPH: LazyLock<Graph> = LazyLock::new(|| {
    entities!(with_all)
        .with_union(
            "Participant",
            "Whoever takes part in a visit or event.",
            &["Official", "Organization", "City", "Country"],
        )
        .with_union("Activity", "What one can take part in.", &["Visit", "Event"])
        .with_object(dataset::version)
        .with_object(dataset::subscription)
        .with_union("Member", "Whoever belongs to an organization.", &["Official", "Organization", "City"])
        .finish("Topic", common::FIELDS)
});

macro_rules! tables_of {
    ($($entity:ident),*) => {
        vec![$(Box::new(Of::<$entity::Model>::default())),*]
    };
}

/// The CSV files of all kinds of records, each after those that its rows cannot be without.
#[must_use]
pub fn tables() -> Vec<Box<dyn Table>> {
    entities!(tables_of)
}

/// The graph of cooperation.
#[derive(Clone, Copy, Debug)]
pub struct Cooperation;

impl Source for Cooperation {
    fn graph() -> &'static Graph {
        &GRAPH
    }
}
