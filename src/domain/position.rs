//! Positions: offices held.

use crate::{
    db::Id,
    domain::{city, official, organization},
    edtf::Day,
    graph::{Definition, record},
};

record! {
    /// An office that an official held for some time, or was seen to hold on some day.
    Position, "position", "positions" {
        official_id: Id<official::Model>,
        title: String,
        title_sort: String,
        language: String,
        organization_id: Option<Id<organization::Model>>,
        city_id: Option<Id<city::Model>>,
        start: Option<String>,
        start_earliest: Day,
        start_latest: Day,
        end: Option<String>,
        end_earliest: Day,
        end_latest: Day,
        as_of: Option<String>,
        as_of_earliest: Day,
        as_of_latest: Day,
    }
}

fn define(d: &mut Definition<Model>) {
    d.one(at::official_id, "Who held the office.");
    d.name(at::title, at::title_sort, at::language, "The title of the office.");
    d.one(at::organization_id, "The organization in which it was held.");
    d.one(at::city_id, "The city in which it was held.");
    d.date(at::start, at::start_earliest, at::start_latest, "The day on which it was taken up.");
    d.date(at::end, at::end_earliest, at::end_latest, "The day on which it was given up.");
    d.period(at::start, at::end);
    d.date(at::as_of, at::as_of_earliest, at::as_of_latest, "The day on which a source saw it held.");
    d.default_order("START_DESC");
}
