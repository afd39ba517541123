//! iCalendar (RFC 5545): the events of a calendar as a table.
//!
//! A content line is a name, parameters and a value: too little for a library, and libraries do not tell the lines, which
//! messages need.

use std::collections::{HashMap, HashSet};

use super::table::{Cell, Rows, Table, problem, whole};
use crate::{
    edtf::{Day, day, iso},
    import_export::{Place, Problem},
};

/// The columns of the table, which the mapping of the format names.
const COLUMNS: [&str; 10] =
    ["UID", "SUMMARY", "LANGUAGE", "DTSTART", "DTEND", "LOCATION", "URL", "CLASS", "ORGANIZER", "STATUS"];

const SECONDS: i64 = 86_400;

/// A content line.
struct Line {
    number: u64,
    name: String,
    parameters: Vec<(String, String)>,
    value: String,
}

impl Line {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }
}

/// A moment: the day, the second of the day if there is a time, and whether it is in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    day: Day,
    second: Option<i64>,
    is_utc: bool,
}

/// Reads a calendar.
pub(super) fn table(label: &str, text: &str, notes: &mut Vec<String>) -> Result<Table, Problem> {
    let lines = lines(label, text)?;
    if !lines.first().is_some_and(|first| first.name == "BEGIN" && first.value.eq_ignore_ascii_case("VCALENDAR")) {
        return Err(whole(label, "the file is no iCalendar: it must begin with BEGIN:VCALENDAR"));
    }
    let offsets = offsets(&lines);
    let mut rows = Rows::new(label);
    let mut uids = HashSet::new();
    let mut open: Vec<&str> = Vec::new();
    let mut event: Vec<&Line> = Vec::new();
    for line in &lines {
        let value = line.value.as_str();
        match line.name.as_str() {
            "BEGIN" => {
                open.push(value);
                if value.eq_ignore_ascii_case("VEVENT") {
                    event = vec![line];
                }
            }
            "END" => {
                if open.pop().is_none_or(|begun| !begun.eq_ignore_ascii_case(value)) {
                    return Err(at(label, line, format!("END:{value} ends nothing that has begun")));
                }
                if value.eq_ignore_ascii_case("VEVENT") {
                    let of = Event { label, lines: std::mem::take(&mut event), offsets: &offsets };
                    of.add(&mut rows, &mut uids, notes)?;
                }
            }
            // Not what belongs to an alarm of the event.
            _ if open.last().is_some_and(|of| of.eq_ignore_ascii_case("VEVENT")) => event.push(line),
            _ => {}
        }
    }
    if let Some(open) = open.last() {
        return Err(whole(label, format!("BEGIN:{open} has no END: the file is not complete")));
    }
    Ok(Table::of_columns(label, &COLUMNS, rows.into_rows()))
}

fn at(label: &str, line: &Line, message: impl Into<String>) -> Problem {
    let place = Place { file: label.into(), row: line.number, column: line.name.as_str().into() };
    problem(&place, &line.value, message)
}

/// The content lines: a line that begins with a space goes on with the one before.
fn lines(label: &str, text: &str) -> Result<Vec<Line>, Problem> {
    let mut unfolded: Vec<(u64, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => unfolded.push((number, line.to_owned())),
        }
    }
    unfolded.into_iter().map(|(number, line)| content_line(label, number, &line)).collect()
}

fn content_line(label: &str, number: u64, line: &str) -> Result<Line, Problem> {
    let mut is_quoted = false;
    let colon = line.find(|c| {
        is_quoted ^= c == '"';
        c == ':' && !is_quoted
    });
    let Some(colon) = colon else {
        let place = Place { file: label.into(), row: number, column: "".into() };
        return Err(problem(&place, line, "it is no line of iCalendar: expected a name, a colon and a value"));
    };
    let mut is_quoted = false;
    let mut parts = line[..colon].split(|c| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    });
    let name = parts.next().unwrap_or_default().to_ascii_uppercase();
    let parameter = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
    };
    let parameters = parts.filter_map(parameter).collect();
    Ok(Line { number, name, parameters, value: line[colon + 1..].trim().to_owned() })
}

/// The seconds by which the time at the place can be ahead of UTC: those of the time zone that the calendar names, or those of
/// the whole world but for a few islands, so that a moment has two dates at most.
fn offsets(lines: &[Line]) -> Vec<i64> {
    let zone = lines.iter().find(|line| line.name == "X-WR-TIMEZONE").map(|line| line.value.as_str());
    if zone.is_some_and(|zone| ["UTC", "Etc/UTC", "GMT"].contains(&zone)) {
        return vec![0];
    }
    let mut of_zones: HashMap<&str, Vec<i64>> = HashMap::new();
    let mut current = "";
    for line in lines {
        match line.name.as_str() {
            "TZID" => current = &line.value,
            "TZOFFSETTO" => of_zones.entry(current).or_default().extend(offset(&line.value)),
            _ => {}
        }
    }
    let named = zone.and_then(|zone| of_zones.remove(zone)).filter(|offsets| !offsets.is_empty());
    named.unwrap_or_else(|| vec![-11 * 3_600, 13 * 3_600])
}

fn offset(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i64>().ok();
    Some(sign * (number(0..2)? * 3_600 + number(2..4)? * 60))
}

/// An event: its lines, the first of which begins it.
struct Event<'a> {
    label: &'a str,
    lines: Vec<&'a Line>,
    offsets: &'a [i64],
}

impl<'a> Event<'a> {
    fn line(&self, name: &str) -> Option<&'a Line> {
        self.lines.iter().find(|line| line.name == name).copied()
    }

    /// Adds the event as a row, unless it belongs to a series.
    fn add(&self, rows: &mut Rows<'_>, uids: &mut HashSet<String>, notes: &mut Vec<String>) -> Result<(), Problem> {
        let Some(first) = self.lines.first() else { return Ok(()) };
        let note = |what: &str| format!("{}:{}: {what}", self.label, first.number);
        let Some(uid) = self.line("UID").filter(|line| !line.value.is_empty()) else {
            return Err(at(self.label, first, "the event has no UID, by which it is known"));
        };
        if self.line("RECURRENCE-ID").is_some() {
            notes.push(note("it changes a later event of a series and is left out"));
            return Ok(());
        }
        if self.line("RRULE").or(self.line("RDATE")).is_some() {
            notes.push(note("the event recurs: only the first one is imported"));
        }
        if !uids.insert(uid.value.clone()) {
            return Err(at(self.label, uid, "another event has the same UID"));
        }
        let text = |name: &str| self.line(name).map(|line| unescaped(&line.value)).unwrap_or_default();
        let language = self.line("SUMMARY").and_then(|line| line.parameter("LANGUAGE")).unwrap_or("und");
        let organizer = self.line("ORGANIZER").and_then(|line| line.parameter("CN")).unwrap_or_default();
        let class = self.line("CLASS").map(|line| line.value.to_ascii_uppercase()).unwrap_or_default();
        let [start, end] = self.dates()?;
        let cells = [
            uid.value.clone(),
            text("SUMMARY"),
            language.to_owned(),
            start,
            end,
            text("LOCATION"),
            text("URL"),
            class,
            organizer.to_owned(),
            self.line("STATUS").map(|line| line.value.to_ascii_uppercase()).unwrap_or_default(),
        ];
        for (column, cell) in cells.into_iter().enumerate() {
            rows.add(first.number, column, Cell::of(cell))?;
        }
        Ok(())
    }

    /// The first and the last day, as EDTF.
    fn dates(&self) -> Result<[String; 2], Problem> {
        let Some(line) = self.line("DTSTART") else { return Ok([String::new(), String::new()]) };
        let start = self.moment(line)?;
        let end = match (self.line("DTEND"), self.line("DURATION")) {
            (Some(line), _) => Some((line, self.moment(line)?)),
            (None, Some(line)) => {
                let seconds = duration(&line.value);
                let seconds = seconds.ok_or_else(|| at(self.label, line, "expected a duration such as P1D or PT2H"))?;
                Some((line, start.after(seconds)))
            }
            (None, None) => None,
        };
        let last = match end {
            // Times of different zones are not compared; dates differ by a day at most.
            Some((end_line, end))
                if end_line.parameter("TZID") != line.parameter("TZID") || end.is_utc != start.is_utc =>
            {
                if end.day + 1 < start.day {
                    return Err(at(self.label, end_line, "the event ends before it begins"));
                }
                let last = end.before();
                if last.day > start.day { last } else { start }
            }
            Some((line, end)) if end < start => return Err(at(self.label, line, "the event ends before it begins")),
            // The end is the first moment that does not belong to the event.
            Some((_, end)) if end > start => end.before(),
            _ => start,
        };
        Ok([start, last].map(|moment| self.edtf(moment)))
    }

    fn moment(&self, line: &Line) -> Result<Moment, Problem> {
        moment(&line.value)
            .ok_or_else(|| at(self.label, line, "expected a date such as 20240501 or a time such as 20240501T090000Z"))
    }

    /// The date at the place: of a time in UTC, one of those that it can be there.
    fn edtf(&self, moment: Moment) -> String {
        let (Some(second), true) = (moment.second, moment.is_utc) else {
            return iso(moment.day).unwrap_or_default();
        };
        let day_at = |offset: &i64| i64::from(moment.day) + (second + offset).div_euclid(SECONDS);
        let mut days: Vec<i64> = self.offsets.iter().map(day_at).collect();
        if let (Some(first), Some(last)) = (days.iter().min().copied(), days.iter().max().copied()) {
            days = (first..=last).collect();
        }
        let dates: Vec<String> = days.iter().filter_map(|day| iso(Day::try_from(*day).ok()?)).collect();
        if dates.len() == 1 { dates.concat() } else { format!("[{}]", dates.join(",")) }
    }
}

impl Moment {
    /// The moment some seconds later.
    fn after(self, seconds: i64) -> Self {
        let total = i64::from(self.day) * SECONDS + self.second.unwrap_or(0) + seconds;
        let day = Day::try_from(total.div_euclid(SECONDS)).unwrap_or(self.day);
        let second = (self.second.is_some() || seconds % SECONDS != 0).then(|| total.rem_euclid(SECONDS));
        Self { day, second, ..self }
    }

    /// The last moment before this one: of a day, the day before.
    fn before(self) -> Self {
        self.after(if self.second.is_some() { -1 } else { -SECONDS })
    }
}

fn moment(text: &str) -> Option<Moment> {
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok())?
    };
    let (year, month, of_month) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let counted = day(year, u8::try_from(month).ok()?, u8::try_from(of_month).ok()?)?;
    if iso(counted)? != format!("{year:04}-{month:02}-{of_month:02}") {
        return None;
    }
    let second = match text.get(8..)? {
        "" => None,
        time if time.starts_with('T') && [7, 8].contains(&time.len()) => {
            Some(number(9..11)? * 3_600 + number(11..13)? * 60 + number(13..15)?)
        }
        _ => return None,
    };
    Some(Moment { day: counted, second, is_utc: text.ends_with('Z') })
}

/// The seconds of a duration such as `P1W`, `P2D` or `PT1H30M`.
fn duration(text: &str) -> Option<i64> {
    let (mut seconds, mut digits) = (0_i64, String::new());
    for c in text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?.chars() {
        let unit = match c {
            '0'..='9' if digits.len() < 6 => {
                digits.push(c);
                continue;
            }
            'T' if digits.is_empty() => continue,
            'W' => 7 * SECONDS,
            'D' => SECONDS,
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            _ => return None,
        };
        seconds += std::mem::take(&mut digits).parse::<i64>().ok()? * unit;
    }
    digits.is_empty().then_some(seconds)
}

/// A text as it is meant: commas, semicolons, backslashes and ends of lines are escaped.
fn unescaped(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => unescaped.push('\n'),
                Some(c) => unescaped.push(c),
                None => {}
            },
            c => unescaped.push(c),
        }
    }
    unescaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(before: &str, event: &str) -> Result<[String; 2], String> {
        let text = format!("BEGIN:VCALENDAR\n{before}BEGIN:VEVENT\nUID:1\n{event}\nEND:VEVENT\nEND:VCALENDAR\n");
        let table = table("x.ics", &text, &mut Vec::new()).map_err(|problem| problem.to_string())?;
        let cell = |column| table.rows[0].cell(column).map(|cell| cell.text.clone()).unwrap_or_default();
        Ok([cell(3), cell(4)])
    }

    #[test]
    fn events_have_the_dates_at_their_place() {
        let zone = "X-WR-TIMEZONE:Asia/Shanghai\nBEGIN:VTIMEZONE\nTZID:Asia/Shanghai\nBEGIN:STANDARD\nTZOFFSETTO:+0800\nEND:STANDARD\nEND:VTIMEZONE\n";
        for (before, event, expected) in [
            ("", "DTSTART;VALUE=DATE:20240501", ["2024-05-01", "2024-05-01"]),
            ("", "DTSTART;VALUE=DATE:20240501\nDTEND;VALUE=DATE:20240503", ["2024-05-01", "2024-05-02"]),
            ("", "DTSTART;VALUE=DATE:20240501\nDURATION:P3D", ["2024-05-01", "2024-05-03"]),
            ("", "DTSTART;TZID=Europe/Helsinki:20240501T090000\nDTEND:20240502T120000", ["2024-05-01", "2024-05-02"]),
            ("", "DTSTART:20240501T180000\nDTEND:20240502T000000", ["2024-05-01", "2024-05-01"]),
            ("", "DTSTART:20240501T230000\nDURATION:PT2H", ["2024-05-01", "2024-05-02"]),
            ("X-WR-TIMEZONE:UTC\n", "DTSTART:20240501T230000Z", ["2024-05-01", "2024-05-01"]),
            (zone, "DTSTART:20240501T170000Z\nDTEND:20240501T180000Z", ["2024-05-02", "2024-05-02"]),
            ("", "DTSTART:20240501T230000Z", ["[2024-05-01,2024-05-02]", "[2024-05-01,2024-05-02]"]),
            // A flight, which lands before it has started by the clocks at its two places.
            (
                "",
                "DTSTART;TZID=Asia/Tokyo:20240501T170000\nDTEND;TZID=America/Los_Angeles:20240501T100000",
                ["2024-05-01", "2024-05-01"],
            ),
            ("", "DTSTART;TZID=Asia/Shanghai:20240501T090000\nDTEND:20240501T020000Z", ["2024-05-01", "2024-05-01"]),
            // Summer and winter time, in any order: of 4:30 in UTC it is the first of May in one and the last of April in the other.
            (
                "X-WR-TIMEZONE:America/New_York\nBEGIN:VTIMEZONE\nTZID:America/New_York\nBEGIN:STANDARD\nTZOFFSETTO:-0500\nEND:STANDARD\nBEGIN:DAYLIGHT\nTZOFFSETTO:-0400\nEND:DAYLIGHT\nBEGIN:STANDARD\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\n",
                "DTSTART:20240501T043000Z",
                ["[2024-04-30,2024-05-01]", "[2024-04-30,2024-05-01]"],
            ),
            ("", "SUMMARY:x", ["", ""]),
        ] {
            assert_eq!(dates(before, event), Ok(expected.map(str::to_owned)), "{event}");
        }
    }

    #[test]
    fn bad_calendars_are_told_with_their_lines() {
        for (event, says) in [
            ("DTSTART:20240230", "x.ics:4: DTSTART = \"20240230\": expected a date"),
            ("DTSTART:20240501\nDTEND:20240430", "x.ics:5: DTEND = \"20240430\": the event ends before it begins"),
            (
                "DTSTART;TZID=Asia/Tokyo:20240503T170000\nDTEND;TZID=America/Los_Angeles:20240501T100000",
                "the event ends before it begins",
            ),
            ("no colon", "x.ics:4: it is no line of iCalendar"),
            ("END:VTODO", "x.ics:4: END = \"VTODO\": END:VTODO ends nothing"),
            ("DTSTART:20240501\nDURATION:1D", "expected a duration such as P1D"),
        ] {
            let message = dates("", event).unwrap_err();
            assert!(message.contains(says), "{message}");
        }
        let of = |text: &str| table("x.ics", text, &mut Vec::new()).unwrap_err().to_string();
        assert!(of("City,Country\n").contains("it is no line of iCalendar"));
        assert!(of("BEGIN:VCARD\nEND:VCARD\n").contains("it must begin with BEGIN:VCALENDAR"));
        assert!(of("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n").contains("BEGIN:VEVENT has no END"));
        let twice =
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n";
        assert!(of(twice).contains("x.ics:6: UID = \"1\": another event has the same UID"));
    }

    #[test]
    fn lines_are_unfolded_and_texts_unescaped() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY;LANGUAGE=fi;X=\"a:b;c\":Messut\\, osa\r\n  1\r\n\
                    BEGIN:VALARM\r\nSUMMARY:no\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let table = table("x.ics", text, &mut Vec::new()).unwrap();
        let cells: Vec<_> = (0..3).map(|column| table.rows[0].cell(column).unwrap().text.as_str()).collect();
        assert_eq!(cells, ["1", "Messut, osa 1", "fi"]);
    }
}
