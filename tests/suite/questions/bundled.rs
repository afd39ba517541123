//! Questions of the cooperation of Finland and China.

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

/// Pairs of activities of a person with days in common, at different places.
fn read_two_places(data: &Value) -> Vec<String> {
    let place =
        |activity: &Value| if activity["toCity"].is_null() { key(&activity["city"]) } else { key(&activity["toCity"]) };
    let was = |activity: &Value| {
        let day = |date: &Value, side: &str| date[side].as_str().map(str::to_owned);
        let (start, end) = (&activity["start"], &activity["end"]);
        let first = day(start, "earliest").or_else(|| day(end, "earliest"))?;
        Some((first, day(end, "latest").or_else(|| day(start, "latest"))?))
    };
    let mut found = Vec::new();
    for official in items(&data["officials"]["nodes"]) {
        let activities: Vec<_> = items(&official["participations"]["nodes"]).map(|of| &of["activity"]).collect();
        for (position, one) in activities.iter().enumerate() {
            for other in &activities[position + 1..] {
                let (Some(days), Some(others)) = (was(one), was(other)) else { continue };
                let (from, to) = (place(one), place(other));
                if days.0 <= others.1 && others.0 <= days.1 && from != to && from != "-" && to != "-" {
                    found.push(format!("{}: {}", key(official), pair(&key(one), &key(other))));
                }
            }
        }
    }
    found
}

pub(super) fn questions() -> Vec<Question> {
    let files = Files::read();
    let mut questions = of_partnerships(&files);
    questions.extend(of_visits(&files));
    questions.extend(of_sources(&files));
    questions
}

fn of_partnerships(files: &Files) -> Vec<Question> {
    let counts = |row: &Row| ["active", "suspended", "disputed", "unknown", ""].contains(&row["status"].as_str());
    let graph = Graph::of_partnerships(&files.partnerships, counts);
    let two_steps = graph.reach("espoo").into_iter().filter(|(_, at)| at.distance == 2);
    let disputed = |row: &&Row| files.statements(&row["key"], "since").any(|of| of["stance"] == "contradicts");
    let claimed = |row: &Row| {
        let values = files.statements(&row["key"], "since").map(|of| or_dash(&of["claimed_value"]).to_owned());
        format!("{}: {}", row["key"], joined(values))
    };
    let countries = column(&files.cities, "country");
    let began = |row: &&Row| row["status"] == "active" && days(&row["since"]).is_some_and(|(_, last)| *last < *"1985");
    vec![
        Question {
            about: "Which Finnish cities are sister cities of Shanghai or of a district of it, since when, and who disagrees?",
            query: "{ cities(filter: {or: [{key: {eq: \"shanghai\"}}, {parent: {key: {eq: \"shanghai\"}}}]}) { nodes { key \
                    partnerships(first: 100, filter: {members: {some: {country: {key: {eq: \"FI\"}}}}}) { edges { partner { key } \
                    node { since { edtf } citations(first: 100, filter: {stance: {eq: CONTRADICTS}}) { nodes { field claimedValue } } } } } } } }"
                .to_owned(),
            read: |data| {
                let mut found = Vec::new();
                for city in items(&data["cities"]["nodes"]) {
                    for edge in items(&city["partnerships"]["edges"]) {
                        let of = items(&edge["node"]["citations"]["nodes"]);
                        let value = |of: &Value| of["claimedValue"].as_str().unwrap_or_default().to_owned();
                        let values = joined(of.map(|of| format!("{}={}", text(&of["field"]), value(of))));
                        let since = or_none(&edge["node"]["since"]["edtf"]);
                        found.push(format!("{} {} {since} [{values}]", key(city), key(&edge["partner"])));
                    }
                }
                found
            },
            expected: files.sister_cities_of_shanghai(),
            at_least: 3,
        },
        Question {
            about: "Which partnerships have more than one claimed start?",
            query: "{ partnerships(first: 100, filter: {citations: {some: {field: {eq: \"since\"}, stance: {eq: CONTRADICTS}}}}) \
                    { nodes { key claims(field: \"since\") { value } } } }"
                .to_owned(),
            read: |data| {
                let of = |of: &Value| format!("{}: {}", key(of), joined(items(&of["claims"]).map(|of| or_none(&of["value"]))));
                items(&data["partnerships"]["nodes"]).map(of).collect()
            },
            expected: files.partnerships.iter().filter(disputed).map(claimed).collect(),
            at_least: 4,
        },
        Question {
            about: "Which cities are two steps from Espoo, and in how many ways?",
            query: "{ city(by: {key: \"espoo\"}) { network { partners(distance: 2, first: 100) { edges { ways node { key } } } } } }"
                .to_owned(),
            read: |data| {
                let edges = items(&data["city"]["network"]["partners"]["edges"]);
                edges.map(|edge| format!("{} {}", key(&edge["node"]), edge["ways"])).collect()
            },
            expected: two_steps.map(|(city, at)| format!("{city} {}", at.ways)).collect(),
            at_least: 10,
        },
        Question {
            about: "Which active partnerships began before 1985?",
            query: "{ partnerships(first: 100, filter: {status: {eq: ACTIVE}, since: {certainlyBefore: \"1985\"}}) \
                    { nodes { key since { edtf } } } }"
                .to_owned(),
            read: |data| {
                let of = |of: &Value| format!("{} {}", key(of), or_none(&of["since"]["edtf"]));
                items(&data["partnerships"]["nodes"]).map(of).collect()
            },
            expected: (files.partnerships.iter().filter(began))
                .map(|row| format!("{} {}", row["key"], row["since"]))
                .collect(),
            at_least: 5,
        },
        Question {
            about: "In which countries are the cities that Shanghai is joined with?",
            query: "{ city(by: {key: \"shanghai\"}) { partnerships(first: 100) { edges { partners { country { key } } } } } }".to_owned(),
            read: |data| {
                let edges = items(&data["city"]["partnerships"]["edges"]);
                counted(edges.flat_map(|edge| items(&edge["partners"]).map(|city| key(&city["country"])).collect::<Vec<_>>()))
            },
            expected: counted(files.partnerships.iter().filter_map(|row| {
                let members: Vec<&str> = row["members"].split(';').collect();
                let others = members.contains(&"shanghai").then(|| members.into_iter().filter(|city| *city != "shanghai"));
                Some(others?.map(|city| countries[city].to_owned()).collect::<Vec<_>>())
            }).flatten()),
            at_least: 20,
        },
    ]
}

fn of_visits(files: &Files) -> Vec<Question> {
    let by_year = |from: &str, to: &str| {
        let visits = files.visits.iter().filter(move |row| row["from_country"] == from && row["to_country"] == to);
        let year = |row: &Row| days(&row["start"]).map(|(first, last)| (first[..4].to_owned(), last[..4].to_owned()));
        let year =
            move |row: &Row| year(row).filter(|(first, last)| first == last).map_or("-".to_owned(), |(year, _)| year);
        let direction = format!("{from}-{to} ");
        counted(visits.map(move |row| format!("{direction}{}", year(row))))
    };
    let several = files.officials().into_iter().filter_map(|official| {
        let of = files.of_official(official, "visit");
        (of.len() > 1).then(|| {
            of.into_iter().map(move |row| {
                let offices =
                    Files::was(files.activity(row)).map(|days| files.offices(official, &days)).unwrap_or_default();
                format!("{official} {} [{offices}]", row["activity"])
            })
        })
    });
    let helsinki = files.cities.iter().find(|row| row["key"] == "helsinki").expect("Helsinki");
    let near: BTreeSet<&str> = (files.cities.iter())
        .filter(|row| kilometers(helsinki, row).is_some_and(|distance| distance <= 50.0))
        .map(|row| row["key"].as_str())
        .collect();
    let of_states = |row: &&Row| {
        row["kind"] == "state" && days(&row["start"]).is_some_and(|(first, last)| *first >= *"2010" && *last < *"2020")
    };
    let hosts = files.participations.iter().filter(|row| row["role"] == "host" && row["activity_kind"] == "visit");
    let hosts = hosts.filter(|row| row["participant_kind"] == "organization");
    let in_june = |row: &&Row| {
        row["start"].len() == 10 && ("09-01"..="11-30").contains(&&row["start"][5..]) && *row["start"] < *"2027"
    };
    vec![
        Question {
            about: "How many visits were there between Finland and China, by year and direction?",
            query: "{ there: visits(filter: {fromCountry: {key: {eq: \"FI\"}}, toCountry: {key: {eq: \"CN\"}}}) { ...Years } \
                    back: visits(filter: {fromCountry: {key: {eq: \"CN\"}}, toCountry: {key: {eq: \"FI\"}}}) { ...Years } } \
                    fragment Years on VisitConnection { groups(by: START_YEAR, first: 100) { nodes { count keys { value record { key } } } } }"
                .to_owned(),
            read: |data| {
                let of = |list: &str, direction: &str| {
                    groups(&data[list]).into_iter().map(|line| format!("{direction} {line}")).collect::<Vec<_>>()
                };
                [of("there", "FI-CN"), of("back", "CN-FI")].concat()
            },
            expected: [by_year("FI", "CN"), by_year("CN", "FI")].concat(),
            at_least: 6,
        },
        Question {
            about: "Who took part in more than one visit, and in which office each time?",
            query: "{ officials(first: 100, orderBy: PARTICIPATIONS_COUNT_DESC) { nodes { key participations(first: 100, \
                    filter: {activity: {visit: {}}}) { totalCount nodes { activity { ... on Visit { key } } positions { nodes { key } } } } } } }"
                .to_owned(),
            read: |data| {
                let several = items(&data["officials"]["nodes"]).filter(|of| of["participations"]["totalCount"].as_u64() > Some(1));
                let each = several.flat_map(|official| {
                    items(&official["participations"]["nodes"]).map(|of| {
                        let offices = joined(keys(&of["positions"]).into_iter());
                        format!("{} {} [{offices}]", key(official), key(&of["activity"]))
                    }).collect::<Vec<_>>()
                });
                each.collect()
            },
            expected: several.flatten().collect(),
            at_least: 2,
        },
        Question {
            about: "Which events were within 50 km of Helsinki?",
            query: "{ events(first: 100, filter: {city: {coordinates: {near: {city: {key: \"helsinki\"}, kilometers: 50}}}}) { nodes { key } } }"
                .to_owned(),
            read: |data| keys(&data["events"]),
            expected: files.events.iter().filter(|row| near.contains(row["city"].as_str())).map(|row| row["key"].clone()).collect(),
            at_least: 3,
        },
        Question {
            about: "What happened in Espoo in 2019?",
            query: "{ city(by: {key: \"espoo\"}) { timeline(first: 100, kinds: [VISIT, EVENT], date: {possiblyWithin: \"2019\"}) \
                    { nodes { kind record { key } } } } }"
                .to_owned(),
            read: |data| {
                let entries = items(&data["city"]["timeline"]["nodes"]);
                entries.map(|entry| format!("{} {}", text(&entry["kind"]), key(&entry["record"]))).collect()
            },
            expected: files.happened_in_espoo(),
            at_least: 2,
        },
        Question {
            about: "Which country's leaders came most often in the 2010s?",
            query: "{ visits(filter: {kind: {eq: STATE}, start: {certainlyWithin: \"201X\"}}) { groups(by: FROM_COUNTRY) \
                    { nodes { count keys { value record { key } } } } } }"
                .to_owned(),
            read: |data| groups(&data["visits"]),
            expected: counted(files.visits.iter().filter(of_states).map(|row| or_dash(&row["from_country"]).to_owned())),
            at_least: 1,
        },
        Question {
            about: "Who was at two places on one day?",
            query: "{ officials(first: 100) { nodes { key participations(first: 100) { nodes { activity { \
                    ... on Visit { key start { earliest latest } end { earliest latest } toCity { key } } \
                    ... on Event { key start { earliest latest } end { earliest latest } city { key } } } } } } } }"
                .to_owned(),
            read: read_two_places,
            expected: files.at_two_places(),
            // Nobody, as far as the data say.
            at_least: 0,
        },
        Question {
            about: "Which organizations were hosts of visits, and how often?",
            query: "{ organizations(first: 100, filter: {participations: {some: {role: {eq: HOST}, activity: {visit: {}}}}}) { nodes { key \
                    participations(filter: {role: {eq: HOST}, activity: {visit: {}}}) { totalCount } } } }"
                .to_owned(),
            read: |data| {
                let of = |of: &Value| format!("{}: {}", key(of), of["participations"]["totalCount"]);
                items(&data["organizations"]["nodes"]).map(of).collect()
            },
            expected: counted(hosts.map(|row| row["participant"].clone())),
            at_least: 3,
        },
        Question {
            about: "Which visits have an anniversary in the autumn of 2027?",
            query: "{ visits(first: 100, filter: {start: {anniversaryWithin: \"2027-09/2027-11\"}}) { nodes { key } } }".to_owned(),
            read: |data| keys(&data["visits"]),
            expected: files.visits.iter().filter(in_june).map(|row| row["key"].clone()).collect(),
            at_least: 3,
        },
    ]
}

fn of_sources(files: &Files) -> Vec<Question> {
    let most =
        files.indicators.iter().max_by_key(|row| files.statements(&row["key"], "value").count()).expect("a figure");
    let of_value = |stance: &str| {
        files
            .statements(&most["key"], "value")
            .filter(|of| of["stance"] == stance)
            .map(|of| of["source"].as_str())
            .collect::<BTreeSet<_>>()
    };
    let backing = of_value("supports");
    let unsourced =
        |row: &&Row| !files.citations.iter().any(|of| of["record_kind"] == "event" && of["record"] == row["key"]);
    let disputed: BTreeSet<_> = (files.citations.iter())
        .filter(|of| of["stance"] == "contradicts" && of["record_kind"] == "partnership")
        .map(|of| of["record"].clone())
        .collect();
    vec![
        Question {
            about: "Which sources back the best documented figure, and how many of them are independent?",
            query: format!(
                "{{ indicator(by: {{key: \"{}\"}}) {{ claims(field: \"value\") {{ stance independentSources citations {{ source {{ key }} }} }} }} }}",
                most["key"]
            ),
            read: |data| {
                let backing: Vec<_> = items(&data["indicator"]["claims"]).filter(|of| of["stance"] == "SUPPORTS").collect();
                let sources = backing.iter().flat_map(|of| items(&of["citations"]).map(|of| key(&of["source"])));
                vec![format!("{} {}", joined(sources), backing.iter().filter_map(|of| of["independentSources"].as_u64()).sum::<u64>())]
            },
            expected: vec![format!("{} {}", joined(backing.iter().map(|of| (*of).to_owned())), files.independent(&backing))],
            at_least: 1,
        },
        Question {
            about: "Which events does no source speak of?",
            query: "{ events(first: 100, filter: {citations: {none: {}}}) { nodes { key } } }".to_owned(),
            read: |data| keys(&data["events"]),
            expected: files.events.iter().filter(unsourced).map(|row| row["key"].clone()).collect(),
            at_least: 1,
        },
        Question {
            about: "About which partnerships do sources disagree?",
            query: "{ partnerships(first: 100, filter: {isDisputed: {eq: true}}) { nodes { key } } }".to_owned(),
            read: |data| keys(&data["partnerships"]),
            expected: disputed.into_iter().collect(),
            at_least: 1,
        },
        Question {
            about: "Which figures are there about Shanghai, as exact numbers?",
            query: "{ indicators(first: 100, filter: {subject: {city: {key: {eq: \"shanghai\"}}}}) { nodes { measure value unit } } }".to_owned(),
            read: |data| {
                let of = |of: &Value| format!("{} {} {}", text(&of["measure"]), text(&of["value"]), or_none(&of["unit"]));
                items(&data["indicators"]["nodes"]).map(of).collect()
            },
            expected: (files.indicators.iter())
                .filter(|row| row["subject_kind"] == "city" && row["subject"] == "shanghai")
                .map(|row| format!("{} {} {}", row["measure"], row["value"], or_dash(&row["unit"])))
                .collect(),
            at_least: 2,
        },
    ]
}
