//! Memberships.

use uuid::Uuid;

use crate::{
    db::Id,
    domain::organization,
    edtf::Day,
    graph::{Definition, record},
};

record! {
    /// An organization, an official or a city belongs to an organization.
    Membership, "membership", "memberships" {
        member_id: Uuid,
        member_kind: String,
        organization_id: Id<organization::Model>,
        role: Option<String>,
        since: Option<String>,
        since_earliest: Day,
        since_latest: Day,
        until: Option<String>,
        until_earliest: Day,
        until_latest: Day,
    }
}

fn define(d: &mut Definition<Model>) {
    d.any(at::member_id, at::member_kind, "Member", &["official", "organization", "city"], "Who belongs.");
    d.one(at::organization_id, "To what they belong.");
    d.value(at::role, "As what they belong.");
    d.date(at::since, at::since_earliest, at::since_latest, "The day since which they belong.");
    d.date(at::until, at::until_earliest, at::until_latest, "The day until which they belonged.");
    d.period(at::since, at::until);
    d.default_order("KEY_ASC");
}
