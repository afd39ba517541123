//! Sets of dates: they mean the dates that they list, and no other between them.

use coopgraph::import_export::Files;
use sea_orm::{ConnectionTrait, Statement};

use super::*;
use crate::{
    quantifiers::partnerships,
    support::{export, import},
};

/// Days, as ranges; empty where there is no first or no last.
type Listed = &'static [(&'static str, &'static str)];

const TWO_YEARS: Listed = &[("1960-01-01", "1960-12-31"), ("1970-01-01", "1970-12-31")];

/// Dates, and the days that they list.
const DATES: &[(&str, Listed)] = &[
    ("[1960,1970]", TWO_YEARS),
    ("{1960,1970}", TWO_YEARS),
    ("[1970,1960]", TWO_YEARS),
    ("[1960..1965,1970]", &[("1960-01-01", "1965-12-31"), ("1970-01-01", "1970-12-31")]),
    ("[..1960,1970]", &[("", "1960-12-31"), ("1970-01-01", "1970-12-31")]),
    ("[1960,1970..]", &[("1960-01-01", "1960-12-31"), ("1970-01-01", "")]),
    ("{..1960,1970..}", &[("", "1960-12-31"), ("1970-01-01", "")]),
    ("[1960,1961]", &[("1960-01-01", "1961-12-31")]),
    (
        "[1960,1961-12,1965-03-04]",
        &[("1960-01-01", "1960-12-31"), ("1961-12-01", "1961-12-31"), ("1965-03-04", "1965-03-04")],
    ),
    ("{1965}", &[("1965-01-01", "1965-12-31")]),
    ("[1960~,1965?]", &[("1960-01-01", "1960-12-31"), ("1965-01-01", "1965-12-31")]),
    ("[196X,1970-06]", &[("1960-01-01", "1969-12-31"), ("1970-06-01", "1970-06-30")]),
    ("1960/1970", &[("1960-01-01", "1970-12-31")]),
    ("1965", &[("1965-01-01", "1965-12-31")]),
    ("1965-03-04", &[("1965-03-04", "1965-03-04")]),
];

/// What is asked for beside the dates themselves.
const ASKED: &[(&str, Listed)] = &[
    ("1960", &[("1960-01-01", "1960-12-31")]),
    ("1970", &[("1970-01-01", "1970-12-31")]),
    ("1966", &[("1966-01-01", "1966-12-31")]),
    ("1961/1969", &[("1961-01-01", "1969-12-31")]),
    ("../1959", &[("", "1959-12-31")]),
    ("1971/..", &[("1971-01-01", "")]),
    ("[1960,1965,1970]", &[("1960-01-01", "1960-12-31"), ("1965-01-01", "1965-12-31"), ("1970-01-01", "1970-12-31")]),
    ("{1961-12..1965-03,1970}", &[("1961-12-01", "1965-03-31"), ("1970-01-01", "1970-12-31")]),
];

/// Which days of the centuries that the test knows are listed; the first and the last stand for all before and after.
fn listed(ranges: Listed) -> Vec<bool> {
    ranges.iter().map(|(from, to)| days(from, to)).fold(vec![false; days("", "").len()], |all, range| {
        all.iter().zip(range).map(|(one, other)| *one || other).collect()
    })
}

/// Against the definition, day by day: a date may lie within another if they list a common day, and does if the other lists
/// all of its days.
#[tokio::test(flavor = "multi_thread")]
async fn a_set_matches_the_dates_that_it_lists() {
    let dates: Vec<_> = DATES.iter().map(|(text, ranges)| (*text, listed(ranges))).collect();
    let asked: Vec<_> = ASKED.iter().chain(DATES).map(|(text, ranges)| (*text, listed(ranges))).collect();
    let set = records("visits.csv", DATES.iter().map(|(text, _)| vec![("start", (*text).to_owned())]));
    for backend in backends() {
        let server = serve(backend, &set).await;
        for (range, within) in &asked {
            for (operator, is_certain) in [("possiblyWithin", false), ("certainlyWithin", true)] {
                let passes = |date: &[bool]| {
                    let mut pairs = date.iter().zip(within).filter(|(date, _)| **date);
                    if is_certain { pairs.all(|(_, within)| *within) } else { pairs.any(|(_, within)| *within) }
                };
                let expected: Vec<_> = dates.iter().filter(|(_, date)| passes(date)).map(|(text, _)| *text).collect();
                let found = keys(&server, "visits", &format!("{{start: {{{operator}: $d}}}}"), range).await;
                let texts: Vec<_> =
                    found.iter().map(|key| dates[key[1..].parse::<usize>().expect("a row")].0).collect();
                assert_eq!(texts, expected, "{backend}: {operator} {range}");
            }
        }
    }
}

/// A set in a filter is a condition for each of its dates: so there may not be any number of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_filter_lists_few_dates() {
    let years = |n: usize| format!("[{}]", (0..n).map(|i| (1901 + i).to_string()).collect::<Vec<_>>().join(","));
    let server = Server::start(Backend::Sqlite, Data::Empty).await;
    for operator in ["start: {possiblyWithin: $d}", "start: {certainlyWithin: $d}", "during: {possiblyOverlaps: $d}"] {
        let query = format!("query($d: String) {{ visits(filter: {{{operator}}}) {{ totalCount }} }}");
        assert_eq!(server.data(&query, json!({ "d": years(20) })).await["visits"]["totalCount"], 0);
        let (code, message) = server.error(&query, json!({ "d": years(21) })).await;
        assert_eq!(code, "INVALID_ARGUMENT");
        assert!(message.contains("21") && message.contains("at most 20"), "{message}");
    }
}

/// A database can bear as many conditions on sets as a client can pay for.
#[tokio::test(flavor = "multi_thread")]
async fn many_sets_can_be_asked_for() {
    let set = records("visits.csv", [vec![("start", "[1960,1970]".to_owned())]]);
    let query = "query($any: [VisitFilter!]) { visits(filter: {or: $any}) { totalCount } }";
    let years = (1901..1921).map(|year| year.to_string()).collect::<Vec<_>>().join(",");
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        database.import(&set.files()).await.expect("an import");
        let server = Server::over(database).await;
        for (condition, most) in [
            (json!({ "during": { "certainlyOverlaps": "1966" } }), 1_400),
            (json!({ "during": { "possiblyOverlaps": "1966" } }), 1_400),
            (json!({ "start": { "possiblyWithin": "1966" } }), 1_600),
            (json!({ "start": { "certainlyWithin": format!("[{years}]") } }), 240),
            (json!({ "during": { "certainlyOverlaps": format!("[{years}]") } }), 80),
        ] {
            let all = vec![condition.clone(); most];
            // A list has at most 1,000 items.
            let any: Vec<_> = all.chunks(500).map(|some| json!({ "or": some })).collect();
            let data = server.data(query, json!({ "any": any })).await;
            assert_eq!(data["visits"]["totalCount"], 0, "{backend}: {condition}");
        }
    }
}

/// What the database knows of sets, by the key of the visit.
async fn stored(database: &TestDatabase) -> Vec<(String, String, i32, i32)> {
    let sql = "SELECT v.\"key\", d.\"date\", d.\"earliest\", d.\"latest\" FROM \"date_range\" d \
               LEFT JOIN \"visit\" v ON v.\"id\" = d.\"record_id\" ORDER BY 1, 2, 3";
    let statement = Statement::from_string(database.database.backend(), sql);
    let rows = database.database.connection().query_all_raw(statement).await.expect("rows");
    let read = |row: &sea_orm::QueryResult| {
        let key: Option<String> = row.try_get_by_index(0).expect("a key");
        let number = |index| row.try_get_by_index(index).expect("a number");
        (key.unwrap_or_default(), row.try_get_by_index(1).expect("a name"), number(2), number(3))
    };
    rows.iter().map(read).collect()
}

fn years(key: &str, date: &str, years: &[i64]) -> Vec<(String, String, i32, i32)> {
    let row = |year: &i64| {
        let [first, last] = [day(*year, 1, 1), day(*year, 12, 31)].map(|day| day.expect("a day"));
        (key.to_owned(), date.to_owned(), first, last)
    };
    years.iter().map(row).collect()
}

/// What a set lists follows each change of the date: to another set, to a date that is none and back, to none at all; and it
/// goes with its record.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_set_lists_is_kept_in_step() {
    let visit = |start: &str, end: &str| vec![("start", start.to_owned()), ("end", end.to_owned())];
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let other = visit("[1950,1955]", "");
        let steps: &[(&str, &str, &[i64], &[i64])] = &[
            ("[1960,1970]", "", &[1960, 1970], &[]),
            ("[1960,1970]", "", &[1960, 1970], &[]),
            ("{1962,1970}", "[1980,1990]", &[1962, 1970], &[1980, 1990]),
            ("1962", "[1980,1990]", &[], &[1980, 1990]),
            ("[1960,1970]", "1990", &[1960, 1970], &[]),
            ("", "", &[], &[]),
            ("[1960,1970]", "", &[1960, 1970], &[]),
        ];
        for (start, end, starts, ends) in steps {
            let set = records("visits.csv", [visit(start, end), other.clone()]);
            import(&database.database, &set.files(), true).await.expect("a dry run");
            database.import(&set.files()).await.expect("an import");
            let mut expected = years("v000", "end", ends);
            expected.extend(years("v000", "start", starts));
            expected.extend(years("v001", "start", &[1950, 1955]));
            assert_eq!(stored(&database).await, expected, "{backend}: {start} {end}");
        }

        let copy = tempfile::tempdir().expect("a directory");
        export(&database.database, copy.path(), false).await;
        let moved = TestDatabase::new(backend, Data::Empty).await;
        moved.import(&Files::In(copy.path().to_owned())).await.expect("an import");
        assert_eq!(stored(&moved).await, stored(&database).await, "{backend}: an export has all");

        database
            .execute("DELETE FROM \"record\" WHERE \"id\" = (SELECT \"id\" FROM \"visit\" WHERE \"key\" = 'v000')")
            .await;
        assert_eq!(
            stored(&database).await,
            years("v001", "start", &[1950, 1955]),
            "{backend}: it goes with its record"
        );
    }
}

/// The sets of all types of records, through relations, too.
#[tokio::test(flavor = "multi_thread")]
async fn sets_of_partnerships_are_found_through_cities() {
    let set = partnerships(3, &[("v000;v001", "[1960,1970]"), ("v001;v002", "{1960,1970}")]);
    for backend in backends() {
        let server = serve(backend, &set).await;
        for (asked, found) in [("1965", 0), ("1970", 2), ("1960-06", 2), ("[1959,1961..1969,1971]", 0)] {
            let own = keys(&server, "partnerships", "{since: {possiblyWithin: $d}}", asked).await;
            assert_eq!(own.len(), found, "{backend}: {asked}");
            let filter = "{partnerships: {some: {since: {possiblyWithin: $d}}}}";
            assert_eq!(keys(&server, "cities", filter, asked).await.len(), if found > 0 { 3 } else { 0 }, "{backend}");
        }
    }
}
