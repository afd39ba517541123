//! Countries.

use crate::{
    domain::{city, organization, participation, visit},
    graph::{Definition, Link, record},
};

record! {
    /// A country, or another territory that ISO 3166-1 lists; its key is the two-letter code.
    Country, "country", "countries" {
        name: String,
        name_sort: String,
        language: String,
        alpha3: String,
        numeric: String,
        region: Option<String>,
    }
}

fn define(d: &mut Definition<Model>) {
    d.name(at::name, at::name_sort, at::language, "The main name.");
    d.value(at::alpha3, "The three-letter code of ISO 3166-1.");
    d.value(at::numeric, "The three-digit code of ISO 3166-1.");
    d.value(at::region, "The region of the world.");
    d.many::<city::Model>("cities", Link::Column("country_id"), "A list of its cities.");
    d.many::<organization::Model>("organizations", Link::Column("country_id"), "A list of its organizations.");
    d.many::<visit::Model>("visitsFrom", Link::Column("from_country_id"), "A list of the visits that came from it.");
    d.many::<visit::Model>("visitsTo", Link::Column("to_country_id"), "A list of the visits that came to it.");
    d.many::<participation::Model>(
        "participations",
        Link::Column("participant_id"),
        "A list of its parts in visits and events.",
    );
    d.default_order("NAME_ASC");
}
