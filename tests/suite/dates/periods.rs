//! Periods: what was during a date is found by its start and its end, as far as they are known.

use super::*;

/// Starts and ends.
const DATES: &[&str] = &[
    "",
    "2019-01-05",
    "2019-01",
    "2019-01-20/2019-02-10",
    "2019-02-10",
    "[2019-01-05,2019-03-01]",
    "{2019-02-01,2019-02-20}",
    "2019-02/..",
    "../2019-01-10",
];

/// Dates that are asked for.
const ASKED: &[&str] = &[
    "2019-01-05",
    "2019-01",
    "2019-02",
    "2019-02-11",
    "2019-01-06/2019-01-31",
    "2019-03/..",
    "../2019-01-04",
    "[2019-01-05,2019-02-15..2019-02-25]",
    "{2019-01-01,2019-03-31}",
    "[..2019-01-03,2019-02-12..]",
];

/// Days are counted from this one, which stands for all before; the last stands for all after.
const DAYS: usize = 92;

/// Which of the days a date can mean: all between its first and its last, or those that it lists.
fn possible(text: &str, as_hull: bool) -> Vec<bool> {
    let first = day(2018, 12, 31).expect("a day");
    let date = Date::parse(text).expect("a date");
    let ranges = if as_hull { vec![(date.earliest, date.latest)] } else { date.ranges };
    let at = |index: usize| first + Day::try_from(index).expect("a day");
    let is_meant = |index: usize| {
        ranges.iter().any(|(from, to)| match index {
            0 => *from <= first,
            _ if index == DAYS - 1 => at(index) <= *to,
            _ => (*from..=*to).contains(&at(index)),
        })
    };
    (0..DAYS).map(is_meant).collect()
}

/// All periods that it can be, by their first and their last day.
fn periods(start: &str, end: &str, is_open: bool, as_hull: bool) -> Vec<(usize, usize)> {
    let is_one_day = !is_open && (start.is_empty() || end.is_empty());
    let all = |text: &str| {
        let days = if text.is_empty() { vec![true; DAYS] } else { possible(text, as_hull) };
        (0..DAYS).filter(move |index| days[*index]).collect::<Vec<_>>()
    };
    let (starts, ends) = (all(start), all(end));
    let pairs = starts.iter().flat_map(|start| ends.iter().map(move |end| (*start, *end)));
    pairs.filter(|(start, end)| if is_one_day { start == end } else { start <= end }).collect()
}

/// Whether a period has a day in common with what is asked for; certainly, if all that it can be have one. A period of which
/// nothing is known has none.
fn overlaps(start: &str, end: &str, is_open: bool, asked: &str, is_certain: bool) -> bool {
    if start.is_empty() && end.is_empty() {
        return false;
    }
    let asked = possible(asked, false);
    let meets = |(first, last): (usize, usize)| asked[first..=last].contains(&true);
    // What the one date rules out of the set that is the other makes nothing more certain.
    let as_hull = is_certain && !start.is_empty() && !end.is_empty();
    let mut periods = periods(start, end, is_open, as_hull).into_iter();
    if is_certain { periods.all(meets) } else { periods.any(meets) }
}

/// Every start with every end, against the definition: visits, which last a day if only one of the two is known, and
/// organizations, which go on.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_during_a_date_is_found() {
    let span = |text: &str| Date::parse(text).map_or((BEGINNING, EVER), |date| (date.earliest, date.latest));
    let pairs = DATES.iter().flat_map(|start| DATES.iter().map(move |end| (*start, *end)));
    // An import refuses what ends before it starts.
    let pairs: Vec<_> = pairs.filter(|(start, end)| span(start).0 <= span(end).1).collect();
    assert!((60..=100).contains(&pairs.len()), "{} periods", pairs.len());
    for (file, list, [start, end], is_open) in [
        ("visits.csv", "visits", ["start", "end"], false),
        ("organizations.csv", "organizations", ["founded", "dissolved"], true),
    ] {
        let row = |(from, to): &(&str, &str)| {
            let kind = if is_open { "association" } else { "" };
            vec![(start, (*from).to_owned()), (end, (*to).to_owned()), ("kind", kind.to_owned())]
        };
        let set = records(file, pairs.iter().map(row));
        for backend in backends() {
            let server = serve(backend, &set).await;
            for asked in ASKED {
                for (operator, is_certain) in [("possiblyOverlaps", false), ("certainlyOverlaps", true)] {
                    let passes = |(start, end): &&(&str, &str)| overlaps(start, end, is_open, asked, is_certain);
                    let expected: Vec<_> = pairs.iter().filter(passes).collect();
                    let found = keys(&server, list, &format!("{{during: {{{operator}: $d}}}}"), asked).await;
                    let found: Vec<_> =
                        found.iter().map(|key| &pairs[key[1..].parse::<usize>().expect("a row")]).collect();
                    assert_eq!(found, expected, "{backend}: {list} {operator} {asked}");
                }
            }
        }
    }
}

/// A fair from the 5th to the 10th was on the 6th: asked of the list, of what is inside of other conditions, and of lists of
/// several types. One whose dates nobody knows was on no day.
#[tokio::test(flavor = "multi_thread")]
async fn a_fair_is_found_on_each_of_its_days() {
    let fair = |start: &str, end: &str| {
        [("is_series", "false"), ("start", start), ("end", end)]
            .map(|(column, cell)| (column, cell.to_owned()))
            .to_vec()
    };
    let fairs = [fair("2019-11-05", "2019-11-10"), fair("2019-11-05/2019-11-10", ""), fair("", "")];
    let set = records("events.csv", fairs);
    for backend in backends() {
        let server = serve(backend, &set).await;
        for (asked, possibly, certainly) in [
            ("2019-11-04", &[][..], &[][..]),
            ("2019-11-05", &["v000", "v001"], &["v000"]),
            ("2019-11-06", &["v000", "v001"], &["v000"]),
            ("2019-11-10", &["v000", "v001"], &["v000"]),
            ("2019-11-11", &[], &[]),
            ("2019-11", &["v000", "v001"], &["v000", "v001"]),
            ("[2019-11-04,2019-11-11]", &[], &[]),
        ] {
            for (operator, expected) in [("possiblyOverlaps", possibly), ("certainlyOverlaps", certainly)] {
                let during = format!("{{during: {{{operator}: $d}}}}");
                for (list, filter, all) in [
                    ("events", during.clone(), false),
                    ("events", format!("{{and: [{during}, {{or: [{during}, {{key: {{eq: \"none\"}}}}]}}]}}"), false),
                    ("events", format!("{{not: {during}}}"), true),
                    ("activities", format!("{{event: {during}}}"), false),
                ] {
                    let found = keys(&server, list, &filter, asked).await;
                    let others: Vec<_> =
                        ["v000", "v001", "v002"].into_iter().filter(|key| !expected.contains(key)).collect();
                    assert_eq!(found, if all { &others[..] } else { expected }, "{backend}: {asked}: {filter}");
                }
            }
        }
    }
}

/// A position is held on the day of which a source says so, whatever else is known.
#[tokio::test(flavor = "multi_thread")]
async fn a_position_is_held_on_the_day_that_a_source_names() {
    let position = |start: &str, end: &str, as_of: &str| {
        [("official", "v000"), ("start", start), ("end", end), ("as_of", as_of)]
            .map(|(column, cell)| (column, cell.to_owned()))
            .to_vec()
    };
    let rows = [position("", "", "2019-09"), position("2017", "", "2019-09-24"), position("2017", "2018", "")];
    let set = records("positions.csv", rows);
    let officials = records("officials.csv", [Vec::new()]);
    std::fs::copy(officials.path("officials.csv"), set.path("officials.csv")).expect("a file");
    for backend in backends() {
        let server = serve(backend, &set).await;
        for (asked, possibly, certainly) in [
            ("2019-09-24", &["v000", "v001"][..], &["v001"][..]),
            ("2019-09", &["v000", "v001"], &["v000", "v001"]),
            ("2019-10", &["v001"], &[]),
            ("2017", &["v001", "v002"], &["v001", "v002"]),
            ("2016", &[], &[]),
        ] {
            for (operator, expected) in [("possiblyOverlaps", possibly), ("certainlyOverlaps", certainly)] {
                let found = keys(&server, "positions", &format!("{{during: {{{operator}: $d}}}}"), asked).await;
                assert_eq!(found, expected, "{backend}: {operator} {asked}");
            }
        }
    }
}
