//! Dates: every form of EDTF (ISO 8601-2:2019, levels 0 to 2) means the days that the specification says, and filters find
//! just the dates that lie there.

mod anniversaries;
mod calendar;
mod periods;
mod sets;

use std::collections::BTreeMap;

use coopgraph::edtf::{self, BEGINNING, Date, Day, EVER, UNKNOWN_EARLIEST, UNKNOWN_LATEST, day, iso};
use proptest::prelude::*;
use serde_json::{Value, json};

use self::calendar::other_day;
use crate::{
    import_export::Set,
    support::{Backend, Data, Server, TestDatabase, backends},
    walk::{items, text},
};

/// A date, its earliest and its latest day (empty: there is none), its precision, and whether it is approximate.
type Example = (&'static str, &'static str, &'static str, &'static str, bool);

/// The examples of the specification, level by level, as far as they have no time of day; and their near relations.
const EXAMPLES: &[Example] = &[
    // Level 0.
    ("1985-04-12", "1985-04-12", "1985-04-12", "DAY", false),
    ("1985-04", "1985-04-01", "1985-04-30", "MONTH", false),
    ("1985", "1985-01-01", "1985-12-31", "YEAR", false),
    ("0000", "0000-01-01", "0000-12-31", "YEAR", false),
    ("2000-02", "2000-02-01", "2000-02-29", "MONTH", false),
    ("1900-02", "1900-02-01", "1900-02-28", "MONTH", false),
    ("1964/2008", "1964-01-01", "2008-12-31", "INTERVAL", false),
    ("2004-06/2006-08", "2004-06-01", "2006-08-31", "INTERVAL", false),
    ("2004-02-01/2005-02-08", "2004-02-01", "2005-02-08", "INTERVAL", false),
    ("2004-02-01/2005-02", "2004-02-01", "2005-02-28", "INTERVAL", false),
    ("2004-02-01/2005", "2004-02-01", "2005-12-31", "INTERVAL", false),
    ("2005/2006-02", "2005-01-01", "2006-02-28", "INTERVAL", false),
    // Level 1: what is uncertain, approximate, or both.
    ("1984?", "1984-01-01", "1984-12-31", "YEAR", true),
    ("2004-06~", "2004-06-01", "2004-06-30", "MONTH", true),
    ("2004-06-11%", "2004-06-11", "2004-06-11", "DAY", true),
    // Digits that are not known.
    ("201X", "2010-01-01", "2019-12-31", "YEARS", false),
    ("20XX", "2000-01-01", "2099-12-31", "YEARS", false),
    ("2004-XX", "2004-01-01", "2004-12-31", "YEAR", false),
    ("1985-04-XX", "1985-04-01", "1985-04-30", "MONTH", false),
    ("1985-XX-XX", "1985-01-01", "1985-12-31", "YEAR", false),
    // Intervals without an end, or whose end is not known.
    ("1985-04-12/..", "1985-04-12", "", "INTERVAL", false),
    ("1985-04/..", "1985-04-01", "", "INTERVAL", false),
    ("1985/..", "1985-01-01", "", "INTERVAL", false),
    ("../1985-04-12", "", "1985-04-12", "INTERVAL", false),
    ("../1985-04", "", "1985-04-30", "INTERVAL", false),
    ("../1985", "", "1985-12-31", "INTERVAL", false),
    ("1985-04-12/", "1985-04-12", "", "INTERVAL", false),
    ("1985/", "1985-01-01", "", "INTERVAL", false),
    ("/1985-04-12", "", "1985-04-12", "INTERVAL", false),
    ("/1985", "", "1985-12-31", "INTERVAL", false),
    ("1984~/2004-06", "1984-01-01", "2004-06-30", "INTERVAL", true),
    ("1984?/2004%", "1984-01-01", "2004-12-31", "INTERVAL", true),
    ("-1985", "-1985-01-01", "-1985-12-31", "YEAR", false),
    // Level 2: years with an exponent, or of which some digits are significant.
    ("1950S2", "1900-01-01", "1999-12-31", "YEARS", false),
    // Quarters, quadrimesters, semesters.
    ("2001-33", "2001-01-01", "2001-03-31", "SEASON", false),
    ("2001-34", "2001-04-01", "2001-06-30", "SEASON", false),
    ("2001-36", "2001-10-01", "2001-12-31", "SEASON", false),
    ("2001-37", "2001-01-01", "2001-04-30", "SEASON", false),
    ("2001-39", "2001-09-01", "2001-12-31", "SEASON", false),
    ("2001-40", "2001-01-01", "2001-06-30", "SEASON", false),
    ("2001-41", "2001-07-01", "2001-12-31", "SEASON", false),
    // One of a set, and all of a set.
    ("[1667,1668,1670..1672]", "1667-01-01", "1672-12-31", "SET", false),
    ("[..1760-12-03]", "", "1760-12-03", "SET", false),
    ("[1760-12..]", "1760-12-01", "", "SET", false),
    ("[1760-01,1760-02,1760-12..]", "1760-01-01", "", "SET", false),
    ("[1667,1760-12]", "1667-01-01", "1760-12-31", "SET", false),
    ("[..1984]", "", "1984-12-31", "SET", false),
    ("{1667,1668,1670..1672}", "1667-01-01", "1672-12-31", "SET", false),
    ("{1960,1961-12}", "1960-01-01", "1961-12-31", "SET", false),
    ("{..1984}", "", "1984-12-31", "SET", false),
    // Parts that are uncertain or approximate.
    ("2004-06~-11", "2004-06-11", "2004-06-11", "DAY", true),
    ("2004?-06-11", "2004-06-11", "2004-06-11", "DAY", true),
    ("?2004-06-~11", "2004-06-11", "2004-06-11", "DAY", true),
    ("2004-%06-11", "2004-06-11", "2004-06-11", "DAY", true),
    ("2004-06-~01/2004-06-~20", "2004-06-01", "2004-06-20", "INTERVAL", true),
    // Digits that are not known, anywhere.
    ("156X-12-25", "1560-12-25", "1569-12-25", "YEARS", false),
    ("15XX-12-25", "1500-12-25", "1599-12-25", "YEARS", false),
    ("XXXX-12-XX", "0000-12-01", "9999-12-31", "YEARS", false),
    ("1XXX-XX", "1000-01-01", "1999-12-31", "YEARS", false),
    ("1XXX-12", "1000-12-01", "1999-12-31", "YEARS", false),
    ("1984-1X", "1984-10-01", "1984-12-31", "YEAR", false),
    ("2004-06-XX/2004-07-03", "2004-06-01", "2004-07-03", "INTERVAL", false),
];

/// What is no date, is impossible, or is more than we keep.
const NO_DATES: &[&str] = &[
    "",
    " ",
    "tomorrow",
    "2019-02-30",
    "2019-02-29",
    "1900-02-29",
    "2019-13",
    "2019-00",
    "2019-00-01",
    "2019-01-00",
    "2019-1",
    "2019-1-1",
    "20190101",
    "01.02.2019",
    "2019/02/01",
    "2019-01-01T10:00:00",
    "2019-01-01T10:00:00Z",
    "2019-02/2019-01",
    "2019/2018",
    "2019 ",
    " 2019",
    "２０１９",
    "2019-01-01/2018",
    "[",
    "[]",
    "{}",
    "../..",
    "..",
    "/",
    "Y170000002",
    "Y-170000002",
    "Y-17E7",
    "Y9223372036854775807",
    "Y99999999999999999999999",
    "2019-W01",
    "2019-001",
];

/// The day of a text such as `-1985-04-12`; `None` of an empty one.
fn day_of(text: &str) -> Option<Day> {
    let (negative, plain) = text.strip_prefix('-').map_or((false, text), |plain| (true, plain));
    let mut parts = plain.split('-').map(|part| part.parse::<i32>().ok());
    let (year, month, of_month) = (parts.next()??, parts.next()??, parts.next()??);
    let small = |n: i32| u8::try_from(n).ok();
    other_day(if negative { -year } else { year }, small(month)?, small(of_month)?)
}

proptest! {
    /// Whatever is sent, it is a date or an error that the client can read.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
        check_any(&text);
    }

    /// The same with the characters that dates are made of, which get further into the parser.
    #[test]
    fn any_text_of_dates_is_read_or_refused(text in "[0-9XYES?~%/.,\\-\\[\\]{}T:Z]{0,24}") {
        check_any(&text);
    }

    /// The same with pieces of real dates, put together anyhow.
    #[test]
    fn pieces_of_dates_are_read_or_refused(one in 0..EXAMPLES.len(), other in 0..EXAMPLES.len(), cut in 0..12_usize, from in 0..12_usize, with in "[0-9X?~%/.,\\-]{0,2}") {
        let (one, other) = (EXAMPLES[one].0, EXAMPLES[other].0);
        check_any(&format!("{}{with}{}", &one[..cut.min(one.len())], &other[from.min(other.len())..]));
    }
}

/// A date has its earliest day before its latest, and its preferred spelling means the same and is spelled so again.
fn check_any(text: &str) {
    let Ok(date) = Date::parse(text) else { return };
    assert!(date.earliest <= date.latest, "{text:?}: {date:?}");
    assert!(BEGINNING <= date.earliest && date.latest <= EVER, "{text:?}: {date:?}");
    let again =
        Date::parse(&date.edtf).unwrap_or_else(|_| panic!("{text:?} is written as {:?}, which is none", date.edtf));
    assert_eq!(again, date, "{text:?}");
    assert!(edtf::precision(&date.edtf).is_some(), "{text:?}");
}

#[test]
fn examples_mean_what_the_specification_says() {
    let mut wrong = Vec::new();
    for (text, earliest, latest, precision, approximate) in EXAMPLES {
        let expected = (day_of(earliest).unwrap_or(BEGINNING), day_of(latest).unwrap_or(EVER));
        let Ok(date) = Date::parse(text) else {
            wrong.push(format!("{text}: refused"));
            continue;
        };
        check_any(text);
        if (date.earliest, date.latest) != expected {
            wrong.push(format!("{text}: from {:?} to {:?}", iso(date.earliest), iso(date.latest)));
        }
        let found = format!("{:?}", edtf::precision(text).expect("a precision")).to_uppercase();
        if found != *precision || edtf::is_approximate(text) != *approximate {
            wrong.push(format!("{text}: {found}, approximate: {}", edtf::is_approximate(text)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Seasons depend on the hemisphere, and the specification gives them no days: they lie about their year.
#[test]
fn seasons_lie_about_their_year() {
    for season in 21..=32 {
        let text = format!("2001-{season}");
        check_any(&text);
        let date = Date::parse(&text).unwrap_or_else(|_| panic!("{text} is refused"));
        let (from, to) = (other_day(2000, 12, 1).expect("a day"), other_day(2002, 3, 31).expect("a day"));
        assert!(from <= date.earliest && date.latest <= to, "{text}: {date:?}");
        assert_eq!(edtf::precision(&text), Some(edtf::Precision::Season));
    }
}

#[test]
fn what_is_no_date_is_refused() {
    let accepted: Vec<_> = NO_DATES.iter().filter(|text| Date::parse(text).is_ok()).collect();
    assert!(accepted.is_empty(), "{accepted:?}");
}

/// What is not known lies after everything in ascending order and before everything in descending order, and in no range.
#[test]
fn the_unknown_is_last() {
    for (text, ..) in EXAMPLES {
        let date = Date::parse(text).unwrap_or_else(|_| panic!("{text}"));
        assert!(date.earliest < UNKNOWN_EARLIEST && UNKNOWN_LATEST < date.latest, "{text}");
    }
    // Even in one without beginning and end it neither may lie nor does.
    const { assert!(UNKNOWN_EARLIEST > EVER && UNKNOWN_LATEST <= BEGINNING) };
}

/// A file of records, of which these cells are told. The others are empty, or the same for all.
pub fn records(file: &str, rows: impl IntoIterator<Item = Vec<(&'static str, String)>>) -> Set {
    let set = Set::headers();
    let header = std::fs::read_to_string(set.path(file)).expect("a header");
    let mut writer = csv::Writer::from_path(set.path(file)).expect("a file");
    writer.write_record(header.trim_end().split(',')).expect("a row");
    for (i, told) in rows.into_iter().enumerate() {
        let cells = header.trim_end().split(',').map(|column| match column {
            "key" => format!("v{i:03}"),
            "title" | "name" => "A name".to_owned(),
            "language" => "en".to_owned(),
            "visibility" => "public".to_owned(),
            other => told.iter().find(|(column, _)| *column == other).map(|(_, cell)| cell.clone()).unwrap_or_default(),
        });
        writer.write_record(cells).expect("a row");
    }
    writer.flush().expect("a file");
    set
}

/// Visits that began at each of the examples, and one at a time that is not known.
fn visits() -> Set {
    let texts = EXAMPLES.iter().map(|(text, ..)| *text).chain([""]);
    records("visits.csv", texts.map(|start| vec![("start", start.to_owned())]))
}

pub async fn serve(backend: Backend, set: &Set) -> Server {
    let database = TestDatabase::new(backend, Data::Empty).await;
    database.import(&set.files()).await.unwrap_or_else(|cause| panic!("{cause}"));
    Server::over(database).await
}

/// The keys of the records of a list that pass a filter, which can use the variable `$d`.
pub async fn keys(server: &Server, list: &str, filter: &str, d: &str) -> Vec<String> {
    let query = format!(
        "query($d: String) {{ {list}(first: 100, orderBy: KEY_ASC, filter: {filter}) {{ nodes {{ ... on Record {{ key }} }} }} }}"
    );
    let data = server.data(&query, json!({ "d": d })).await;
    items(&data[list]["nodes"]).map(|node| text(&node["key"])).collect()
}

/// Clients see what the table says.
#[tokio::test(flavor = "multi_thread")]
async fn clients_see_dates_as_they_are_known() {
    for backend in backends() {
        let server = serve(backend, &visits()).await;
        let query =
            "{ visits(first: 100, orderBy: KEY_ASC) { nodes { start { earliest latest precision isApproximate } } } }";
        let data = server.data(query, json!({})).await;
        let found: Vec<&Value> = items(&data["visits"]["nodes"]).map(|node| &node["start"]).collect();
        assert_eq!(found.len(), EXAMPLES.len() + 1);
        let or_null = |day: &str| if day.is_empty() { Value::Null } else { json!(day) };
        for (found, (text, earliest, latest, precision, approximate)) in found.iter().zip(EXAMPLES) {
            let expected = json!({
                "earliest": or_null(earliest), "latest": or_null(latest), "precision": precision, "isApproximate": approximate
            });
            assert_eq!(**found, expected, "{backend}: {text}");
        }
        assert_eq!(*found[EXAMPLES.len()], Value::Null);
    }
}

/// The days that a date can mean, one by one: those of some centuries, and one before and one behind for all others.
fn days(earliest: &str, latest: &str) -> Vec<bool> {
    let first = other_day(1899, 12, 31).expect("a day");
    let last = other_day(2025, 1, 1).expect("a day");
    let [from, to] = [day_of(earliest).unwrap_or(BEGINNING), day_of(latest).unwrap_or(EVER)];
    let mut days: Vec<bool> = (first..=last).map(|day| (from..=to).contains(&day)).collect();
    let len = days.len();
    days[0] = from <= first;
    days[len - 1] = last <= to;
    days
}

/// Filters against the definition, day by day: it may lie within if some day is common, it does if all days are.
#[tokio::test(flavor = "multi_thread")]
async fn filters_find_what_lies_within() {
    // All ranges lie between 1900 and 2024, or are open; so what lies beyond is all one.
    let ranges = [
        ("2004", "2004-01-01", "2004-12-31"),
        ("2004-06", "2004-06-01", "2004-06-30"),
        ("2004-06-11", "2004-06-11", "2004-06-11"),
        ("2004-06-12", "2004-06-12", "2004-06-12"),
        ("1985-04-12", "1985-04-12", "1985-04-12"),
        ("1985-04", "1985-04-01", "1985-04-30"),
        ("1984/1985", "1984-01-01", "1985-12-31"),
        ("19XX", "1900-01-01", "1999-12-31"),
        ("201X", "2010-01-01", "2019-12-31"),
        ("../1985", "", "1985-12-31"),
        ("../1985-04-12", "", "1985-04-12"),
        ("2004-02/..", "2004-02-01", ""),
        ("1985-04-12/..", "1985-04-12", ""),
        ("2024", "2024-01-01", "2024-12-31"),
    ];
    let dates: BTreeMap<_, _> = (0..).map(|i| format!("v{i:03}")).zip(EXAMPLES).collect();
    for backend in backends() {
        let server = serve(backend, &visits()).await;
        for (range, from, to) in ranges {
            let within = days(from, to);
            let expected = |all: bool| {
                let passes = |(_, earliest, latest, ..): &Example| {
                    let date = days(earliest, latest);
                    let mut pairs = date.iter().zip(&within).filter(|(date, _)| **date);
                    if all { pairs.all(|(_, within)| *within) } else { pairs.any(|(_, within)| *within) }
                };
                dates.iter().filter(|(_, date)| passes(date)).map(|(key, _)| key.clone()).collect::<Vec<_>>()
            };
            for (operator, expected) in [("possiblyWithin", expected(false)), ("certainlyWithin", expected(true))] {
                let found = keys(&server, "visits", &format!("{{start: {{{operator}: $d}}}}"), range).await;
                let texts = |keys: &[String]| {
                    keys.iter().map(|key| dates.get(key).map_or("unknown", |d| d.0)).collect::<Vec<_>>()
                };
                assert_eq!(texts(&found), texts(&expected), "{backend}: {operator} {range}");
            }
        }
        for (is_null, expected) in [(true, 1), (false, EXAMPLES.len())] {
            let query = "query($n: Boolean) { visits(filter: {start: {isNull: $n}}) { totalCount } }";
            let data = server.data(query, json!({ "n": is_null })).await;
            assert_eq!(data["visits"]["totalCount"], expected, "{backend}");
        }
    }
}

/// A comparison that does not say whether it means what is certain or what is possible is an error that leads to those that do.
#[tokio::test(flavor = "multi_thread")]
async fn plain_comparisons_lead_to_the_right_ones() {
    let server = serve(backends()[0], &visits()).await;
    for (plain, end) in [
        ("eq", "Within"),
        ("overlaps", "Within"),
        ("between", "Within"),
        ("before", "Before"),
        ("lt", "Before"),
        ("onOrBefore", "OnOrBefore"),
        ("lte", "OnOrBefore"),
        ("after", "After"),
        ("gt", "After"),
        ("gte", "OnOrAfter"),
        ("onOrAfter", "OnOrAfter"),
    ] {
        let hint = format!("did you mean certainly{end} or possibly{end}?");
        let literal = format!("{{ visits(filter: {{start: {{{plain}: \"2019\"}}}}) {{ totalCount }} }}");
        let (_, message) = server.error(&literal, json!({})).await;
        assert!(message.ends_with(&hint), "{message}");
        let query = "query($f: VisitFilter) { visits(filter: $f) { totalCount } }";
        let (_, message) = server.error(query, json!({ "f": { "start": { plain: "2019" } } })).await;
        assert!(message.ends_with(&hint), "{message}");
    }
    let (_, message) = server.error("{ visits(filter: {start: {is: \"2019\"}}) { totalCount } }", json!({})).await;
    assert!(!message.contains("did you mean"), "{message}");
}
