//! Officials.

use crate::{
    domain::{membership, participation, position},
    graph::{Definition, Link, record},
};

record! {
    /// A person in office, known in that public function only.
    Official, "official", "officials" {
        name: String,
        name_sort: String,
        language: String,
    }
}

fn define(d: &mut Definition<Model>) {
    d.name(at::name, at::name_sort, at::language, "The main name.");
    d.many::<position::Model>("positions", Link::Column("official_id"), "A list of the offices that the person held.");
    d.many::<participation::Model>(
        "participations",
        Link::Column("participant_id"),
        "A list of the person's parts in visits and events.",
    );
    d.many::<membership::Model>(
        "memberships",
        Link::Column("member_id"),
        "A list of the organizations that the person belongs to.",
    );
    d.default_order("NAME_ASC");
}
