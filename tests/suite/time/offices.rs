//! Offices at a time: the positions of an official on a day, and those of a participant at the time of a visit or an event.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Row, days, rows};
use crate::{
    support::{Data, Server, backends},
    walk::{items, text},
};

/// The days on which a position can have been held: between its dates, and for which it is attested.
fn held(position: &Row) -> Vec<(i32, i32)> {
    let (start, end) = (days(&position["start"]), days(&position["end"]));
    let first = start.map_or(i32::MIN, |(first, _)| first);
    let last = end.map_or(i32::MAX, |(_, last)| last);
    let known = (start.is_some() || end.is_some()).then_some((first, last));
    known.into_iter().chain(days(&position["as_of"])).collect()
}

/// The days on which a visit or an event can have been.
fn was(activity: &Row) -> Option<(i32, i32)> {
    let (start, end) = (days(&activity["start"]), days(&activity["end"]));
    let (first, last) = (start.or(end)?, end.or(start)?);
    Some((first.0, last.1))
}

fn is_held(position: &Row, (first, last): (i32, i32)) -> bool {
    held(position).iter().any(|(from, to)| *from <= last && *to >= first)
}

fn keys(connection: &Value) -> BTreeSet<String> {
    items(&connection["nodes"]).map(|node| text(&node["key"])).collect()
}

/// Each participation of an official shows the positions that the official held at the time; those of others show none.
#[tokio::test(flavor = "multi_thread")]
async fn a_participation_shows_the_office_held_at_the_time() {
    let (positions, visits, events) = (rows("positions"), rows("visits"), rows("events"));
    let expected: BTreeMap<String, BTreeSet<String>> = rows("participations")
        .into_iter()
        .map(|participation| {
            let activities = if participation["activity_kind"] == "visit" { &visits } else { &events };
            let activity = activities.iter().find(|row| row["key"] == participation["activity"]).expect("an activity");
            let is_official = participation["participant_kind"] == "official";
            let of_official = |position: &&Row| is_official && position["official"] == participation["participant"];
            let at_the_time = |position: &&Row| was(activity).is_some_and(|days| is_held(position, days));
            let found =
                positions.iter().filter(of_official).filter(at_the_time).map(|position| position["key"].clone());
            (participation["key"].clone(), found.collect())
        })
        .collect();
    let shown = expected.values().filter(|positions| !positions.is_empty()).count();
    assert!(shown >= 20, "only {shown} participations show an office");
    assert!(expected.values().any(BTreeSet::is_empty), "all participations show an office");
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let query =
            "{ participations(first: 100) { totalCount nodes { key positions { totalCount nodes { key } } } } }";
        let data = server.data(query, json!({})).await;
        let found: BTreeMap<_, _> = items(&data["participations"]["nodes"])
            .map(|node| {
                assert_eq!(node["positions"]["totalCount"], keys(&node["positions"]).len());
                (text(&node["key"]), keys(&node["positions"]))
            })
            .collect();
        assert_eq!(found, expected, "{backend}");
    }
}

/// The positions of a day are those that can have been held then. The argument says the same as the filter by the period.
#[tokio::test(flavor = "multi_thread")]
async fn positions_and_partnerships_of_a_day_are_those_that_can_have_been_then() {
    let (positions, partnerships) = (rows("positions"), rows("partnerships"));
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let mut seen = 0;
        for date in ["2005-09-12", "2018", "2019-11-05", "1994-10", "2024-10-28"] {
            let query = "query($date: String!) { \
                officials(first: 100) { nodes { positions(asOf: $date) { nodes { key } } } } \
                partnerships(asOf: $date) { totalCount } \
                filtered: partnerships(filter: {during: {possiblyOverlaps: $date}}) { totalCount } }";
            let data = server.data(query, json!({ "date": date })).await;
            let of_day = days(date).expect("days");
            let of_date = positions.iter().filter(|position| is_held(position, of_day));
            let expected: BTreeSet<_> = of_date.map(|position| position["key"].clone()).collect();
            let found: BTreeSet<_> =
                items(&data["officials"]["nodes"]).flat_map(|official| keys(&official["positions"])).collect();
            assert_eq!(found, expected, "{backend}: positions of {date}");
            seen += found.len();
            let can_have_been = |row: &&Row| {
                let (start, end) = (days(&row["since"]), days(&row["ended"]));
                let (first, last) =
                    (start.map_or(i32::MIN, |(first, _)| first), end.map_or(i32::MAX, |(_, last)| last));
                (start.is_some() || end.is_some()) && first <= of_day.1 && last >= of_day.0
            };
            let expected = partnerships.iter().filter(can_have_been).count();
            assert_eq!(data["partnerships"]["totalCount"], expected, "{backend}: partnerships of {date}");
            assert_eq!(data["filtered"]["totalCount"], expected, "{backend}: partnerships during {date}");
        }
        assert!(seen >= 5, "{backend}: only {seen} positions");
        let (code, message) = server.error("{ positions(asOf: \"yesterday\") { totalCount } }", json!({})).await;
        assert_eq!(code, "INVALID_DATE", "{message}");
        assert!(message.contains("yesterday"), "{message}");
    }
}
