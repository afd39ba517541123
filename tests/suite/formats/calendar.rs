//! The calendar: which visits and events are in it, on which days, and how they change.

use std::{collections::HashMap, fs};

use super::get;
use crate::{
    import_export::Set,
    support::{Data, Server, backends},
};

/// The properties of an entry, by their names.
type Entry = HashMap<String, String>;

/// The entries of a calendar, by their summaries.
async fn entries(server: &Server) -> HashMap<String, Entry> {
    let text = get(server, "/calendar.ics").await.body.replace("\r\n ", "");
    let entry = |text: &str| -> Entry {
        let lines = text.split("\r\n").take_while(|line| *line != "END:VEVENT");
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let entries = text.split("BEGIN:VEVENT\r\n").skip(1).map(entry);
    let summary = |entry: &Entry| {
        let found = entry.iter().find(|(name, _)| name.starts_with("SUMMARY"));
        found.expect("a summary").1.clone()
    };
    entries.map(|entry| (summary(&entry), entry)).collect()
}

/// The events of a test: their names, whether they are series, statuses, beginnings and ends.
const EVENTS: &str =
    "key,name,language,is_series,series,edition,status,start,end,venue,city,organizer,website,note,visibility
planned,Planned,en,false,,,planned,2030-05-14,2030-05-16,,,,,,public
postponed,Postponed,fi,false,,,postponed,2030-12-31,,,,,,,public
confirmed,Confirmed,und,false,,,confirmed,2030-05-14,2030-06,,,,,,public
took-place,Took place,en,false,,,took_place,2020-02-29,2020-02-29,,,,,,public
cancelled,Cancelled,en,false,,,cancelled,2019-11-05,2019-11-06~,,,,,,public
unknown-status,Unknown status,en,false,,,,2019-11-05,2019-11-10,,,,,,public
month,Month,en,false,,,took_place,2019-11,2019-11,,,,,,public
year,Year,en,false,,,took_place,2019,,,,,,,public
approximate,Approximate,en,false,,,took_place,2019-11-05~,,,,,,,public
uncertain,Uncertain,en,false,,,took_place,2019-11-05?,,,,,,,public
one-of,One of two,en,false,,,took_place,\"[2019-11-05,2019-11-06]\",,,,,,,public
unknown,Unknown,en,false,,,took_place,,2019-11-06,,,,,,public
series,Series,en,true,,,,,,,,,,,public
";

/// Only what begins on a day that is certain is in the calendar, until the day after its last, and with what is known of its
/// status: everything else would be wrong in the calendars of those who subscribe.
#[tokio::test(flavor = "multi_thread")]
async fn only_certain_days_are_in_the_calendar() {
    for backend in backends() {
        let set = Set::headers();
        fs::write(set.path("events.csv"), EVENTS).expect("a file");
        let server = Server::start(backend, Data::Empty).await;
        server.data.import(&set.files()).await.expect("an import");
        let entries = entries(&server).await;
        let right = [
            ("Planned", "20300514", "20300517", "TENTATIVE", ""),
            ("Postponed", "20301231", "20310101", "TENTATIVE", ""),
            ("Confirmed", "20300514", "20300515", "CONFIRMED", "End (EDTF): 2030-06"),
            ("Took place", "20200229", "20200301", "CONFIRMED", ""),
            ("Cancelled", "20191105", "20191106", "CANCELLED", "End (EDTF): 2019-11-06~"),
            ("Unknown status", "20191105", "20191111", "", ""),
        ];
        let mut names: Vec<_> = entries.keys().map(String::as_str).collect();
        names.sort_unstable();
        let mut expected = right.map(|(name, ..)| name);
        expected.sort_unstable();
        assert_eq!(names, expected, "{backend}");
        for (name, first, end, status, description) in right {
            let entry = &entries[name];
            let found = |property: &str| entry.get(property).map_or("", String::as_str);
            assert_eq!(
                (found("DTSTART;VALUE=DATE"), found("DTEND;VALUE=DATE"), found("STATUS"), found("DESCRIPTION")),
                (first, end, status, description),
                "{backend}, {name}"
            );
        }
        // A language that is not known is none.
        assert!(entries["Postponed"].contains_key("SUMMARY;LANGUAGE=fi"), "{:?}", entries["Postponed"]);
        assert!(entries["Confirmed"].contains_key("SUMMARY"), "{:?}", entries["Confirmed"]);
    }
}

/// When an event changes, its entry keeps its `UID` and has the next number, by which programs know that it is a newer form of
/// the same; other entries stay as they are.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_stays_the_same_when_it_changes() {
    for backend in backends() {
        let set = Set::headers();
        fs::write(set.path("events.csv"), EVENTS).expect("a file");
        let server = Server::start(backend, Data::Empty).await;
        server.data.import(&set.files()).await.expect("an import");
        let before = entries(&server).await;
        let changed = EVENTS.replace("Planned,en,false,,,planned,2030-05-14", "Moved,en,false,,,postponed,2030-05-15");
        fs::write(set.path("events.csv"), changed).expect("a file");
        server.data.import(&set.files()).await.expect("an import");
        let mut after = entries(&server).await;
        let moved = after.remove("Moved").expect("the event");
        let planned = &before["Planned"];
        assert_eq!(
            (&moved["UID"], &moved["CREATED"], &moved["URL"]),
            (&planned["UID"], &planned["CREATED"], &planned["URL"])
        );
        assert_eq!((&*planned["SEQUENCE"], &*moved["SEQUENCE"], &*moved["DTSTART;VALUE=DATE"]), ("0", "1", "20300515"));
        for (name, entry) in after {
            assert_eq!(entry, before[&name], "{backend}, {name}");
        }
    }
}
