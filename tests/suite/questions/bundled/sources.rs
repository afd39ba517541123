//! Questions of what sources say, and of figures.

use super::*;

pub(super) fn questions(files: &Files) -> Vec<Question> {
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
