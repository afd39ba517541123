//! Questions of the cooperation of Finland and China.

mod partnerships;
mod sources;
mod visits;

use super::*;
use crate::network::files::{Graph, bundled};

/// The rows of the files.
struct Files {
    citations: Vec<Row>,
    cities: Vec<Row>,
    events: Vec<Row>,
    indicators: Vec<Row>,
    participations: Vec<Row>,
    partnerships: Vec<Row>,
    positions: Vec<Row>,
    sources: Vec<Row>,
    visits: Vec<Row>,
}

impl Files {
    fn read() -> Self {
        Self {
            citations: bundled("citations"),
            cities: bundled("cities"),
            events: bundled("events"),
            indicators: bundled("indicators"),
            participations: bundled("participations"),
            partnerships: bundled("partnerships"),
            positions: bundled("positions"),
            sources: bundled("sources"),
            visits: bundled("visits"),
        }
    }

    /// What sources state about a field of a record.
    fn statements<'f>(&'f self, record: &'f str, field: &'f str) -> impl Iterator<Item = &'f Row> {
        self.citations.iter().filter(move |row| row["record"] == record && row["field"] == field)
    }

    /// The source with the others that it derives from.
    fn lineage(&self, source: &str) -> BTreeSet<String> {
        let row = self.sources.iter().find(|row| row["key"] == source).expect("a source");
        let origins = row["derives_from"].split(';').filter(|key| !key.is_empty());
        origins.flat_map(|origin| self.lineage(origin)).chain([source.to_owned()]).collect()
    }

    /// How many sources there are, if those that share an origin are one.
    fn independent(&self, sources: &BTreeSet<&str>) -> usize {
        let mut groups: Vec<BTreeSet<String>> = Vec::new();
        for source in sources {
            let mut all = self.lineage(source);
            groups.retain(|group| {
                let is_apart = group.is_disjoint(&all);
                if !is_apart {
                    all.extend(group.iter().cloned());
                }
                is_apart
            });
            groups.push(all);
        }
        groups.len()
    }

    /// The visit or the event of a participation.
    fn activity(&self, participation: &Row) -> &Row {
        let rows = if participation["activity_kind"] == "visit" { &self.visits } else { &self.events };
        rows.iter().find(|row| row["key"] == participation["activity"]).expect("an activity")
    }

    /// The days on which a visit or an event can have been.
    fn was(row: &Row) -> Option<(String, String)> {
        let (start, end) = (days(&row["start"]), days(&row["end"]));
        let (first, last) = (start.clone().or_else(|| end.clone())?, end.or(start)?);
        Some((first.0, last.1))
    }

    /// The offices that an official can have held on some days.
    fn offices(&self, official: &str, (first, last): &(String, String)) -> String {
        let is_held = |row: &&Row| {
            let (start, end) = (days(&row["start"]), days(&row["end"]));
            let from = start.as_ref().map_or("0000", |(first, _)| first);
            let to = end.as_ref().map_or("9999", |(_, last)| last);
            let is_during = (start.is_some() || end.is_some()) && *from <= **last && *to >= **first;
            let is_attested = days(&row["as_of"]).is_some_and(|(from, to)| from <= *last && to >= *first);
            row["official"] == official && (is_during || is_attested)
        };
        joined(self.positions.iter().filter(is_held).map(|row| row["key"].clone()))
    }

    /// The participations of the guests who came to a visit.
    fn guests<'f>(&'f self, visit: &'f Row) -> impl Iterator<Item = &'f Row> {
        let is_guest = |row: &Row| ["leader", "member", "guest"].contains(&row["role"].as_str());
        let was_there = |row: &Row| !["planned", "invited", "welcome", "declined"].contains(&row["status"].as_str());
        let of_visit = self.participations.iter().filter(|row| row["activity"] == visit["key"]);
        of_visit.filter(move |row| is_guest(row) && was_there(row))
    }

    /// The titles of the offices that the guests of a visit held at the time.
    fn visiting_offices(&self, visit: &Row) -> BTreeSet<String> {
        let Some(days) = Self::was(visit) else { return BTreeSet::new() };
        let officials = self.guests(visit).filter(|row| row["participant_kind"] == "official");
        let offices = officials.map(|row| self.offices(&row["participant"], &days)).collect::<Vec<_>>().join(" ");
        let held = self.positions.iter().filter(|row| offices.split(' ').any(|key| key == row["key"]));
        held.map(|row| row["title"].clone()).collect()
    }

    fn of_official<'f>(&'f self, official: &'f str, kind: &'f str) -> Vec<&'f Row> {
        let is_of = |row: &&Row| {
            row["participant_kind"] == "official" && row["participant"] == official && row["activity_kind"] == kind
        };
        self.participations.iter().filter(is_of).collect()
    }

    fn officials(&self) -> BTreeSet<&str> {
        let officials = self.participations.iter().filter(|row| row["participant_kind"] == "official");
        officials.map(|row| row["participant"].as_str()).collect()
    }

    /// The finnish partners of Shanghai and its districts: since when, and what contradicts that.
    fn sister_cities_of_shanghai(&self) -> Vec<String> {
        let (countries, parents) = (column(&self.cities, "country"), column(&self.cities, "parent"));
        let is_shanghai = |city: &&str| *city == "shanghai" || parents[*city] == "shanghai";
        let mut found = Vec::new();
        for row in &self.partnerships {
            let members: Vec<&str> = row["members"].split(';').collect();
            for own in members.iter().copied().filter(is_shanghai) {
                for other in members.iter().filter(|city| countries[**city] == "FI") {
                    let contradicting = self.citations.iter().filter(|of| of["record"] == row["key"]);
                    let contradicting = contradicting.filter(|of| of["stance"] == "contradicts");
                    let values = joined(contradicting.map(|of| format!("{}={}", of["field"], of["claimed_value"])));
                    found.push(format!("{own} {other} {} [{values}]", or_dash(&row["since"])));
                }
            }
        }
        found
    }

    /// The cities of a country with the number of their active partnerships of a kind, those with most first, and equal ones in
    /// the order of their keys.
    fn partnerships_of(&self, kind: &str, country: &str) -> Vec<String> {
        let countries = column(&self.cities, "country");
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in self.partnerships.iter().filter(|row| row["kind"] == kind && row["status"] == "active") {
            for city in row["members"].split(';').filter(|city| countries[city] == country) {
                *counts.entry(city).or_default() += 1;
            }
        }
        let mut ranked: Vec<_> = counts.into_iter().collect();
        ranked.sort_by(|(a, one), (b, other)| other.cmp(one).then(a.cmp(b)));
        ranked.into_iter().map(|(city, count)| format!("{city}: {count}")).collect()
    }

    /// What happened in Espoo in 2019: visits and events, and what began or ended.
    fn happened_in_espoo(&self) -> Vec<String> {
        let mut found = Vec::new();
        for row in &self.visits {
            if [&row["from_city"], &row["to_city"]].iter().any(|city| *city == "espoo")
                && is_in_year(&row["start"], "2019")
            {
                found.push(format!("VISIT {}", row["key"]));
            }
        }
        let events = self.events.iter().filter(|row| row["city"] == "espoo" && is_in_year(&row["start"], "2019"));
        found.extend(events.map(|row| format!("EVENT {}", row["key"])));
        found
    }

    /// The officials who were at two places on one day: the pairs of activities.
    fn at_two_places(&self) -> Vec<String> {
        let place = |row: &Row| row.get("to_city").or_else(|| row.get("city")).cloned().unwrap_or_default();
        let mut found = Vec::new();
        for official in self.officials() {
            let of: Vec<_> = ["visit", "event"].into_iter().flat_map(|kind| self.of_official(official, kind)).collect();
            let activities: Vec<_> = of.iter().map(|row| self.activity(row)).collect();
            for (position, one) in activities.iter().enumerate() {
                for other in &activities[position + 1..] {
                    let (Some(days), Some(others)) = (Self::was(one), Self::was(other)) else { continue };
                    let (from, to) = (place(one), place(other));
                    let meets = days.0 <= others.1 && others.0 <= days.1;
                    if meets && from != to && !from.is_empty() && !to.is_empty() {
                        found.push(format!("{official}: {}", pair(&one["key"], &other["key"])));
                    }
                }
            }
        }
        found
    }
}

fn or_dash(cell: &str) -> &str {
    if cell.is_empty() { "-" } else { cell }
}

/// Two keys in their order.
fn pair(one: &str, other: &str) -> String {
    joined([one.to_owned(), other.to_owned()].into_iter())
}

pub(super) fn questions() -> Vec<Question> {
    let files = Files::read();
    let mut questions = partnerships::questions(&files);
    questions.extend(visits::questions(&files));
    questions.extend(sources::questions(&files));
    questions
}
