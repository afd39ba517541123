//! Visits.

use crate::{
    db::{Id, vocabulary},
    domain::{city, country, participation},
    edtf::Day,
    graph::{Definition, Link, record},
};

vocabulary! {
    /// What kind of visit it is.
    VisitKind {
        /// Of a delegation.
        Delegation = "delegation",
        /// Of an official.
        Official = "official",
        /// Of a head of state.
        State = "state",
        /// Of a parliament's delegation.
        Parliamentary = "parliamentary",
    }
}

record! {
    /// A visit of a delegation or an official to a city or country.
    Visit, "visit", "visits" {
        title: String,
        title_sort: String,
        language: String,
        kind: Option<VisitKind>,
        start: Option<String>,
        start_earliest: Day,
        start_latest: Day,
        end: Option<String>,
        end_earliest: Day,
        end_latest: Day,
        from_country_id: Option<Id<country::Model>>,
        from_city_id: Option<Id<city::Model>>,
        to_country_id: Option<Id<country::Model>>,
        to_city_id: Option<Id<city::Model>>,
        purpose: Option<String>,
    }
}

fn define(d: &mut Definition<Model>) {
    d.name(at::title, at::title_sort, at::language, "The title.");
    d.value(at::kind, "What kind of visit it is.");
    d.date(at::start, at::start_earliest, at::start_latest, "The day on which it began.");
    d.date(at::end, at::end_earliest, at::end_latest, "The day on which it ended.");
    d.period(at::start, at::end);
    d.one(at::from_country_id, "The country that the guests came from.");
    d.one(at::from_city_id, "The city that the guests came from.");
    d.one(at::to_country_id, "The country that was visited.");
    d.one(at::to_city_id, "The city that was visited.");
    d.text(at::purpose, "What it was for.");
    d.many::<participation::Model>(
        "participations",
        Link::Column("activity_id"),
        "A list of who took part: guests, hosts, inviters, …",
    );
    d.default_order("START_DESC");
}
