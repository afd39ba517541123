//! Questions of visits, events and those who took part.

use super::*;

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

pub(super) fn questions(files: &Files) -> Vec<Question> {
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
    // By the year of the visit, if it is known.
    let mut guests: BTreeMap<String, BTreeSet<(&str, &str)>> = BTreeMap::new();
    let mut visiting_offices = Vec::new();
    for visit in &files.visits {
        let year = days(&visit["start"]).filter(|(first, last)| first[..4] == last[..4]);
        let year = year.map_or("-".to_owned(), |(first, _)| first[..4].to_owned());
        for row in files.guests(visit) {
            guests.entry(year.clone()).or_default().insert((&row["participant_kind"], &row["participant"]));
        }
        let offices = files.visiting_offices(visit);
        visiting_offices.extend(if offices.is_empty() { BTreeSet::from(["-".to_owned()]) } else { offices });
    }
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
            about: "How many different guests did visits bring, by year?",
            query: "{ visits { groups(by: START_YEAR, first: 100, countDistinct: GUEST) { nodes { keys { value } guests: distinct(of: GUEST) } } } }"
                .to_owned(),
            read: |data| {
                let groups = items(&data["visits"]["groups"]["nodes"]).filter(|group| group["guests"] != 0);
                groups.map(|group| format!("{} {}", or_none(&group["keys"][0]["value"]), group["guests"])).collect()
            },
            expected: guests.into_iter().map(|(year, guests)| format!("{year} {}", guests.len())).collect(),
            at_least: 5,
        },
        Question {
            about: "Which offices visited, and how often?",
            query: "{ visits { groups(by: VISITING_OFFICE, first: 100) { nodes { count keys { value record { key } } } } } }"
                .to_owned(),
            read: |data| groups(&data["visits"]),
            expected: counted(visiting_offices.into_iter()),
            at_least: 5,
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
