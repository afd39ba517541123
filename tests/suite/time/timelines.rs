//! Timelines: of all records, and of one city, country, official or organization.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Row, days, rows};
use crate::{
    support::{Backend, Data, Server, backends},
    walk::{items, text},
};

/// What can happen: the word, the file, and the column of the date.
const MOMENTS: [(&str, &str, &str); 18] = [
    ("VISIT", "visits", "start"),
    ("EVENT", "events", "start"),
    ("PARTNERSHIP_BEGAN", "partnerships", "since"),
    ("PARTNERSHIP_ENDED", "partnerships", "ended"),
    ("AGREEMENT_SIGNED", "agreements", "signed"),
    ("AGREEMENT_ENDED", "agreements", "ended"),
    ("INNOVATION_CENTER_FOUNDED", "innovation_centers", "founded"),
    ("INNOVATION_CENTER_CLOSED", "innovation_centers", "closed"),
    ("ORGANIZATION_FOUNDED", "organizations", "founded"),
    ("ORGANIZATION_DISSOLVED", "organizations", "dissolved"),
    ("POSITION_BEGAN", "positions", "start"),
    ("POSITION_ATTESTED", "positions", "as_of"),
    ("POSITION_ENDED", "positions", "end"),
    ("MEMBERSHIP_BEGAN", "memberships", "since"),
    ("MEMBERSHIP_ENDED", "memberships", "until"),
    ("CITY_FOUNDED", "cities", "founded"),
    ("CITY_DISSOLVED", "cities", "dissolved"),
    ("COUNTRY_DISSOLVED", "countries", "dissolved"),
];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    kind: String,
    key: String,
    date: String,
}

/// All that has a date, of the records that pass: the file and the row.
fn entries(passes: impl Fn(&str, &Row) -> bool) -> BTreeSet<Entry> {
    let mut entries = BTreeSet::new();
    for (kind, file, column) in MOMENTS {
        for row in rows(file).iter().filter(|row| !row[column].is_empty() && passes(file, row)) {
            entries.insert(Entry { kind: kind.to_owned(), key: row["key"].clone(), date: row[column].clone() });
        }
    }
    entries
}

fn read(entry: &Value) -> Entry {
    let (kind, key) = (text(&entry["kind"]), text(&entry["record"]["key"]));
    Entry { kind, key, date: text(&entry["date"]["edtf"]) }
}

const ENTRY: &str = "kind date { edtf } record { key }";

/// All entries of a timeline, page by page; `of` leads to it, and `args` are more arguments.
async fn walk(server: &Server, of: [&str; 2], args: &str, size: usize, is_forward: bool) -> Vec<Entry> {
    let (count, cursor, more, end) = if is_forward {
        ("first", "after", "hasNextPage", "endCursor")
    } else {
        ("last", "before", "hasPreviousPage", "startCursor")
    };
    let (mut all, mut bound) = (Vec::new(), String::new());
    loop {
        let page = format!(
            "timeline({count}: {size}{args}{bound}) {{ totalCount edges {{ cursor node {{ {ENTRY} }} }} pageInfo {{ more: {more} end: {end} }} }}"
        );
        let data = server.data(&format!("{{ {}{page}{} }}", of[0], of[1]), json!({})).await;
        let page = if of[0].is_empty() { &data["timeline"] } else { &data["of"]["timeline"] };
        let mut found: Vec<_> = items(&page["edges"]).map(|edge| read(&edge["node"])).collect();
        if !is_forward {
            found.reverse();
        }
        all.extend(found);
        assert!(all.len() <= page["totalCount"].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a number"));
        if page["pageInfo"]["more"] != true {
            assert_eq!(page["totalCount"], all.len(), "the pages put together are the timeline");
            return all;
        }
        bound = format!(", {cursor}: \"{}\"", text(&page["pageInfo"]["end"]));
    }
}

/// The entries come in the order of the dates: by the earliest day, or by the latest in the opposite direction.
fn assert_ordered(entries: &[Entry], is_descending: bool) {
    let days: Vec<_> = entries.iter().map(|entry| days(&entry.date).expect("a date")).collect();
    let ordered = if is_descending {
        days.iter().is_sorted_by(|a, b| a.1 >= b.1)
    } else {
        days.iter().is_sorted_by(|a, b| a.0 <= b.0)
    };
    assert!(ordered, "{entries:?}");
}

/// Every date of every record is there once, in order, whichever way it is read and in pages of any size.
#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_of_all_records_has_every_date_once() {
    let expected = entries(|_, _| true);
    assert!(expected.len() > 150, "{} entries", expected.len());
    let mut orders = Vec::new();
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let forward = walk(&server, ["", ""], "", 100, true).await;
        assert_eq!(forward.iter().cloned().collect::<BTreeSet<_>>(), expected, "{backend}");
        assert_eq!(forward.len(), expected.len(), "{backend}: an entry is there twice");
        assert_ordered(&forward, false);
        let mut backward = walk(&server, ["", ""], "", 7, false).await;
        backward.reverse();
        assert_eq!(backward, forward, "{backend}");
        assert_eq!(walk(&server, ["", ""], "", 1, true).await, forward, "{backend}");
        let descending = walk(&server, ["", ""], ", orderBy: DATE_DESC", 31, true).await;
        assert_eq!(descending.iter().cloned().collect::<BTreeSet<_>>(), expected, "{backend}");
        assert_ordered(&descending, true);
        orders.push((forward, descending));
    }
    assert!(orders.windows(2).all(|pair| pair[0].0.len() == pair[1].0.len()));
}

/// A date and kinds choose among the entries; an imprecise date is possibly there, but not certainly.
#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_is_chosen_by_date_and_kind() {
    let year = days("2019").expect("a year");
    let possibly = |entry: &Entry| days(&entry.date).is_some_and(|(first, last)| first <= year.1 && last >= year.0);
    let certainly = |entry: &Entry| days(&entry.date).is_some_and(|(first, last)| first >= year.0 && last <= year.1);
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let found = |entries: Vec<Entry>| entries.into_iter().collect::<BTreeSet<_>>();
        let all = entries(|_, _| true);
        let of = |args: &'static str| walk(&server, ["", ""], args, 50, true);
        let expected: BTreeSet<_> = all.iter().filter(|entry| possibly(entry)).cloned().collect();
        assert!(expected.len() > 10, "{expected:?}");
        assert_eq!(found(of(", date: {possiblyWithin: \"2019\"}").await), expected, "{backend}");
        let expected: BTreeSet<_> = all.iter().filter(|entry| certainly(entry)).cloned().collect();
        assert_eq!(found(of(", date: {certainlyWithin: \"2019\"}").await), expected, "{backend}");
        let is_of_kind = |entry: &&Entry| entry.kind == "VISIT" || entry.kind == "PARTNERSHIP_BEGAN";
        let expected: BTreeSet<_> = all.iter().filter(is_of_kind).cloned().collect();
        assert_eq!(found(of(", kinds: [VISIT, PARTNERSHIP_BEGAN]").await), expected, "{backend}");
        assert_eq!(of(", kinds: []").await, Vec::new(), "{backend}");
    }
}

/// The records that hang on a record by the given columns: of a file, the keys in its column whose other column has the key.
fn named(file: &str, column: &str, kind: &str, key: &str, wanted: &str) -> BTreeSet<String> {
    let is_of_kind = |row: &Row| row.get(&format!("{column}_kind")).is_none_or(|of| of == kind);
    let rows = rows(file).into_iter().filter(|row| row[column].split(';').any(|one| one == key) && is_of_kind(row));
    rows.map(|row| row[wanted].clone()).collect()
}

/// The timelines of all cities and officials have what the files say, in one request each.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_has_a_timeline_of_what_it_had_a_part_in() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        cities(&server, backend).await;
        officials(&server, backend).await;
        let of = ["of: organization(by: {key: \"finchi-company\"}) { ", " }"];
        let centers = walk(&server, of, "", 3, true).await;
        assert!(centers.iter().any(|entry| entry.kind == "POSITION_ATTESTED"), "{centers:?}");
        let of = ["of: country(by: {key: \"FI\"}) { ", " }"];
        let of_finland = walk(&server, of, "", 17, true).await;
        let mut visits = named("visits", "from_country", "country", "FI", "key");
        visits.extend(named("visits", "to_country", "country", "FI", "key"));
        visits.extend(named("visit_stops", "country", "country", "FI", "visit"));
        let cities = named("cities", "country", "country", "FI", "key");
        let activities = named("participations", "participant", "country", "FI", "activity");
        let agreements = named("agreement_parties", "party", "country", "FI", "agreement");
        let expected = entries(|file, row| match file {
            "visits" => visits.contains(&row["key"]) || activities.contains(&row["key"]),
            "events" => cities.contains(&row["city"]) || activities.contains(&row["key"]),
            "partnerships" => row["members"].split(';').any(|member| cities.contains(member)),
            "agreements" => agreements.contains(&row["key"]),
            "innovation_centers" => cities.contains(&row["city"]),
            "organizations" => row["country"] == "FI",
            "countries" => row["key"] == "FI",
            _ => false,
        });
        assert!(expected.len() > 30, "{expected:?}");
        assert_eq!(of_finland.into_iter().collect::<BTreeSet<_>>(), expected, "{backend}");
    }
}

async fn cities(server: &Server, backend: Backend) {
    for city in ["espoo", "shanghai", "helsinki", "kuopio"] {
        let of = [format!("of: city(by: {{key: \"{city}\"}}) {{ "), " }".to_owned()];
        let found = walk(server, [&of[0], &of[1]], "", 4, true).await;
        let by = |file: &str, columns: &[&str], wanted: &str| {
            let of = columns.iter().flat_map(|column| named(file, column, "city", city, wanted));
            of.collect::<BTreeSet<_>>()
        };
        let activities = by("participations", &["participant"], "activity");
        let mut visits = by("visits", &["from_city", "to_city"], "key");
        visits.extend(by("visit_stops", &["city"], "visit"));
        let agreements = by("agreement_parties", &["party"], "agreement");
        let expected = entries(|file, row| match file {
            "visits" => visits.contains(&row["key"]) || activities.contains(&row["key"]),
            "events" => row["city"] == city || activities.contains(&row["key"]),
            "partnerships" => row["members"].split(';').any(|member| member == city),
            "agreements" => agreements.contains(&row["key"]),
            "organizations" | "innovation_centers" | "positions" => row["city"] == city,
            "memberships" => row["member"] == city,
            "cities" => row["key"] == city,
            _ => false,
        });
        assert!(expected.len() > 2, "{city}: {expected:?}");
        assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected, "{backend}: {city}");
        assert_eq!(found.len(), expected.len(), "{backend}: {city}");
        assert_ordered(&found, false);
    }
}

async fn officials(server: &Server, backend: Backend) {
    let query = format!(
        "{{ officials(first: 100) {{ totalCount nodes {{ key timeline(first: 100) {{ nodes {{ {ENTRY} }} }} }} }} }}"
    );
    let data = server.data(&query, json!({})).await;
    let mut longest = 0;
    for official in items(&data["officials"]["nodes"]) {
        let key = text(&official["key"]);
        let found: Vec<_> = items(&official["timeline"]["nodes"]).map(read).collect();
        let activities = named("participations", "participant", "official", &key, "activity");
        let agreements = named("agreement_parties", "signatory", "official", &key, "agreement");
        let expected = entries(|file, row| match file {
            "visits" | "events" => activities.contains(&row["key"]),
            "agreements" => agreements.contains(&row["key"]),
            "positions" => row["official"] == key,
            "memberships" => row["member"] == key,
            _ => false,
        });
        assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected, "{backend}: {key}");
        assert_ordered(&found, false);
        longest = longest.max(found.len());
    }
    assert!(longest >= 4, "{backend}: no official has a timeline worth the name");
}

/// What is wrong with a request for a timeline is told, and where.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_request_for_a_timeline_is_told_what_is_wrong() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let data = server
            .data(
                "{ timeline(first: 1) { pageInfo { endCursor } } visits(first: 1) { pageInfo { endCursor } } }",
                json!({}),
            )
            .await;
        let [cursor, foreign] = ["timeline", "visits"].map(|list| text(&data[list]["pageInfo"]["endCursor"]));
        // The cursor tells what happened as its last part.
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(&cursor).expect("base 64")).expect("a text");
        let (position, _) = plain.rsplit_once('\u{1f}').expect("a word");
        let reworded = |word: &str| URL_SAFE_NO_PAD.encode(format!("{position}\u{1f}{word}"));
        for (args, code, part) in [
            ("date: {possiblyWithin: \"last year\"}", "INVALID_DATE", "last year"),
            ("date: {possiblyWithin: null}", "INVALID_ARGUMENT", "date.possiblyWithin"),
            ("first: 101", "INVALID_PAGE", "100"),
            ("first: 1, last: 1", "INVALID_PAGE", "only one"),
            ("after: \"x\"", "INVALID_CURSOR", "malformed"),
            (&format!("after: \"{foreign}\""), "INVALID_CURSOR", "visit"),
            (&format!("after: \"{cursor}\", orderBy: DATE_DESC"), "INVALID_CURSOR", "DATE_DESC"),
            (&format!("after: \"{}\"", reworded("moon_landed")), "INVALID_CURSOR", "malformed"),
            (&format!("after: \"{}\"", URL_SAFE_NO_PAD.encode(position)), "INVALID_CURSOR", "malformed"),
        ] {
            let (found, message) = server.error(&format!("{{ timeline({args}) {{ totalCount }} }}"), json!({})).await;
            assert_eq!(found, code, "{backend}: {args}: {message}");
            assert!(message.contains(part), "{backend}: {args}: {message}");
        }
    }
}
