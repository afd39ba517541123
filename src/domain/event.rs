//! Events.

use crate::{
    db::Id,
    domain::{city, organization, participation},
    edtf::Day,
    graph::{Definition, Link, record},
};

record! {
    /// An edition of a fair, a conference, a celebration; or the series that editions belong to.
    Event, "event", "events" {
        name: String,
        name_sort: String,
        language: String,
        is_series: bool,
        series_id: Option<Id<Model>>,
        edition: Option<i32>,
        start: Option<String>,
        start_earliest: Day,
        start_latest: Day,
        end: Option<String>,
        end_earliest: Day,
        end_latest: Day,
        venue: Option<String>,
        city_id: Option<Id<city::Model>>,
        organizer_id: Option<Id<organization::Model>>,
    }
}

fn define(d: &mut Definition<Model>) {
    d.name(at::name, at::name_sort, at::language, "The main name.");
    d.value(at::is_series, "Whether it is a series, rather than an edition.");
    d.one(at::series_id, "The series that it belongs to.");
    d.ordered_value(at::edition, "Which edition of its series it is.");
    d.date(at::start, at::start_earliest, at::start_latest, "The day on which it began.");
    d.date(at::end, at::end_earliest, at::end_latest, "The day on which it ended.");
    d.period(at::start, at::end);
    d.text(at::venue, "The building or place in which it was held.");
    d.one(at::city_id, "The city in which it was held.");
    d.one(at::organizer_id, "The organization that organized it.");
    d.many::<Model>("editions", Link::Column("series_id"), "A list of the editions of the series.");
    d.many::<participation::Model>(
        "participations",
        Link::Column("activity_id"),
        "A list of who took part: exhibitors, speakers, organizers, …",
    );
    d.default_order("START_DESC");
}
