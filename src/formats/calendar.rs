//! Visits and events as a calendar to subscribe to (iCalendar, RFC 5545).

use apollo_compiler::response::{JsonMap, JsonValue, serde_json_bytes::json};

use super::{
    ListRequest, Listing, Writer,
    cells::value,
    content_line::{line, text_line},
};
use crate::{db::Moment, edtf, error::Result, model::language::one_language};

const DOCUMENT: &str = include_str!("calendar.graphql");

/// How often clients should look for changes.
const REFRESH: &str = "PT6H";

/// Places by their keys: a calendar has the visits that led to all of them or came from them, and the events that were held
/// there.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The key of a country.
    pub country: Option<String>,
    /// The key of a city.
    pub city: Option<String>,
}

impl Places {
    /// The filters of activities that have to do with the places: flat, because filters may not be nested deeply.
    fn filters(&self) -> Vec<JsonValue> {
        let of_country = |key: &String| {
            let country = json!({"key": {"eq": key}});
            json!({"or": [
                {"visit": {"toCountry": country}},
                {"visit": {"toCity": {"country": country}}},
                {"visit": {"fromCountry": country}},
                {"visit": {"fromCity": {"country": country}}},
                {"visit": {"stops": {"some": {"country": country}}}},
                {"visit": {"stops": {"some": {"city": {"country": country}}}}},
                {"event": {"city": {"country": country}}}
            ]})
        };
        let of_city = |key: &String| {
            let city = json!({"key": {"eq": key}});
            json!({"or": [
                {"visit": {"toCity": city}},
                {"visit": {"fromCity": city}},
                {"visit": {"stops": {"some": {"city": city}}}},
                {"event": {"city": city}}
            ]})
        };
        self.country.iter().map(of_country).chain(self.city.iter().map(of_city)).collect()
    }
}

/// The visits and events that match a filter, and have to do with places. `base` is the address of the server.
#[must_use]
pub fn calendar(base: &str, filter: Option<JsonMap>, places: &Places) -> Listing {
    let filters: Vec<JsonValue> = filter.into_iter().map(JsonValue::Object).chain(places.filters()).collect();
    let mut list = ListRequest::of(DOCUMENT.to_owned());
    match <[JsonValue; 1]>::try_from(filters) {
        Ok([filter]) => drop(list.variables.insert("filter", filter)),
        Err(filters) if filters.is_empty() => {}
        Err(filters) => drop(list.variables.insert("filter", json!({ "and": filters }))),
    }
    Listing {
        media_type: "text/calendar; charset=utf-8",
        file_name: "calendar.ics".to_owned(),
        lists: vec![list],
        writer: Box::new(Calendar { base: base.to_owned() }),
    }
}

struct Calendar {
    base: String,
}

impl Writer for Calendar {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<()> {
        line("BEGIN", "VCALENDAR", out);
        line("VERSION", "2.0", out);
        line("PRODID", concat!("-//coopgraph//coopgraph ", env!("CARGO_PKG_VERSION"), "//EN"), out);
        line("CALSCALE", "GREGORIAN", out);
        text_line("NAME", "Visits and events", out);
        text_line("X-WR-CALNAME", "Visits and events", out);
        line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH, out);
        line("X-PUBLISHED-TTL", REFRESH, out);
        Ok(())
    }

    fn records(&mut self, _: usize, records: &[JsonMap], out: &mut Vec<u8>) -> Result<()> {
        for record in records {
            self.event(record, out);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<()> {
        line("END", "VCALENDAR", out);
        Ok(())
    }
}

impl Calendar {
    /// Writes a visit or an event, if the day is known on which it began: a calendar has no place for other dates.
    fn event(&self, record: &JsonMap, out: &mut Vec<u8>) {
        let text = |path: &[&str]| value(record, path).as_str().map(str::to_owned).unwrap_or_default();
        let Some(first) = certain_day(record, "start") else { return };
        if value(record, &["isSeries"]) == &JsonValue::Bool(true) {
            return;
        }
        let id = text(&["id"]);
        line("BEGIN", "VEVENT", out);
        // It contains a UUID, so it is unique without the name of a host, which may change.
        line("UID", &id, out);
        let [created, updated] = ["createdAt", "updatedAt"].map(|name| stamp(&text(&[name])));
        line("DTSTAMP", &updated, out);
        line("CREATED", &created, out);
        line("LAST-MODIFIED", &updated, out);
        let version = value(record, &["version"]).as_i64().unwrap_or(1);
        line("SEQUENCE", &(version - 1).to_string(), out);
        line("DTSTART;VALUE=DATE", &basic(first), out);
        let last = certain_day(record, "end").filter(|last| *last >= first);
        // The end is the first day that does not belong to the event.
        line("DTEND;VALUE=DATE", &basic(last.unwrap_or(first) + 1), out);
        let language = text(&["label", "language"]);
        let parameter = one_language(&language).map(|language| format!(";LANGUAGE={language}"));
        text_line(&format!("SUMMARY{}", parameter.unwrap_or_default()), &text(&["label", "name"]), out);
        let is_visit = text(&["__typename"]) == "Visit";
        let joined = |paths: &[&[&str]]| {
            let mut parts: Vec<String> = paths.iter().map(|path| text(path)).filter(|part| !part.is_empty()).collect();
            parts.dedup();
            parts.join(", ")
        };
        let place = if is_visit {
            let country = if text(&["toCountry", "name"]).is_empty() {
                &["toCity", "country", "name"][..]
            } else {
                &["toCountry", "name"]
            };
            joined(&[&["toCity", "name"], country])
        } else {
            joined(&[&["venue"], &["city", "name"], &["city", "country", "name"]])
        };
        let mut about = vec![text(&["purpose"]), text(&["website"])];
        let from = joined(&[&["fromCity", "name"], &["fromCountry", "name"]]);
        about.extend((!from.is_empty()).then(|| format!("Guests from: {from}")));
        // One whose day is not known is only told.
        let end = text(&["end", "edtf"]);
        about.extend((last.is_none() && !end.is_empty()).then(|| format!("End (EDTF): {end}")));
        about.retain(|part| !part.is_empty());
        for (name, text) in [("LOCATION", place), ("DESCRIPTION", about.join("\n"))] {
            if !text.is_empty() {
                text_line(name, &text, out);
            }
        }
        let status = match text(&["status"]).as_str() {
            "PLANNED" | "POSTPONED" => "TENTATIVE",
            "CONFIRMED" | "TOOK_PLACE" => "CONFIRMED",
            "CANCELLED" => "CANCELLED",
            _ => "",
        };
        if !status.is_empty() {
            line("STATUS", status, out);
        }
        line("CATEGORIES", if is_visit { "VISIT" } else { "EVENT" }, out);
        line("CLASS", "PUBLIC", out);
        // It is no appointment of those who subscribe.
        line("TRANSP", "TRANSPARENT", out);
        line("URL", &format!("{}/id/{id}", self.base), out);
        line("END", "VEVENT", out);
    }
}

/// The day of a date, if it is known to the day and not marked as approximate or uncertain.
fn certain_day(record: &JsonMap, name: &str) -> Option<edtf::Day> {
    let [earliest, latest] = ["earliest", "latest"].map(|end| value(record, &[name, end]));
    let is_certain = earliest == latest && value(record, &[name, "isApproximate"]) == &JsonValue::Bool(false);
    let day = edtf::Date::parse(earliest.as_str().filter(|_| is_certain)?).ok()?.earliest;
    // iCalendar writes years with four digits.
    edtf::iso(day + 1).filter(|iso| iso.len() == "2019-11-05".len()).map(|_| day)
}

/// A day without hyphens.
fn basic(day: edtf::Day) -> String {
    edtf::iso(day).unwrap_or_default().replace('-', "")
}

/// A moment in UTC, as iCalendar writes it: `20261124T093000Z`.
fn stamp(rfc3339: &str) -> String {
    let moment = Moment::parse_rfc3339(rfc3339).unwrap_or_default();
    let text = moment.to_rfc3339().unwrap_or_default();
    let seconds = text.split('.').next().unwrap_or_default();
    format!("{}Z", seconds.replace(['-', ':'], ""))
}
