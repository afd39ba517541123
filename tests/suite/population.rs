//! Data made for the guards: records of every kind, which refer to each other in every way that there is.
//!
//! Ids and moments are decided here: two databases that hold the same records give the same answers, byte for byte.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt::Write,
    path::Path,
    sync::Mutex,
};

use coopgraph::{
    clock::{Clock, IdSource},
    db::type_id,
    import_export::{self, Files, Import},
};
use uuid::Uuid;

use crate::support::{Backend, Data, Server, TestDatabase, file_of};

/// What no answer may ever hold; it stands in every text of a hidden record.
pub const MARKER: &str = "LEAK";

/// All kinds of records, in the order in which the import makes their ids.
pub const KINDS: [&str; 15] = [
    "country",
    "topic",
    "source",
    "city",
    "partnership",
    "organization",
    "official",
    "position",
    "visit",
    "innovation_center",
    "event",
    "participation",
    "membership",
    "indicator",
    "citation",
];

/// What becomes of a row when the record that it refers to is hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// The row is hidden, too.
    Required,
    /// The row is shown without it.
    Optional,
}

/// Every reference: the kind of the row, the column, the kind referred to (or the column `<column>_kind` says it).
const REFERENCES: [(&str, &str, Option<&str>, Need); 28] = [
    ("topic", "broader", Some("topic"), Need::Optional),
    ("source", "derives_from", Some("source"), Need::Optional),
    ("city", "country", Some("country"), Need::Required),
    ("city", "parent", Some("city"), Need::Optional),
    ("partnership", "members", Some("city"), Need::Required),
    ("organization", "city", Some("city"), Need::Optional),
    ("organization", "country", Some("country"), Need::Optional),
    ("organization", "parent", Some("organization"), Need::Optional),
    ("position", "official", Some("official"), Need::Required),
    ("position", "organization", Some("organization"), Need::Optional),
    ("position", "city", Some("city"), Need::Optional),
    ("visit", "from_country", Some("country"), Need::Optional),
    ("visit", "from_city", Some("city"), Need::Optional),
    ("visit", "to_country", Some("country"), Need::Optional),
    ("visit", "to_city", Some("city"), Need::Optional),
    ("innovation_center", "city", Some("city"), Need::Optional),
    ("innovation_center", "operator", Some("organization"), Need::Optional),
    ("event", "series", Some("event"), Need::Optional),
    ("event", "city", Some("city"), Need::Optional),
    ("event", "organizer", Some("organization"), Need::Optional),
    ("participation", "activity", None, Need::Required),
    ("participation", "participant", None, Need::Required),
    ("membership", "member", None, Need::Required),
    ("membership", "organization", Some("organization"), Need::Required),
    ("indicator", "subject", None, Need::Required),
    ("indicator", "counterpart", None, Need::Optional),
    ("citation", "record", None, Need::Required),
    ("citation", "source", Some("source"), Need::Required),
];

/// Whether a record is hidden together with those that a relation of its GraphQL type leads to.
pub fn is_needed(kind: &str, relation: &str) -> bool {
    let required = REFERENCES.iter().filter(|(of, _, _, need)| *of == kind && *need == Need::Required);
    required.map(|(_, column, ..)| coopgraph::model::camel_case(column)).any(|name| name == relation)
}

/// The columns that hold free text.
const TEXTS: [&str; 17] = [
    "name",
    "title",
    "note",
    "purpose",
    "claimed_value",
    "venue",
    "location",
    "activity",
    "region",
    "measure",
    "unit",
    "field",
    "publisher",
    "url",
    "retrieved_via",
    "alpha3",
    "numeric",
];

/// A row of a CSV file.
#[derive(Clone)]
pub struct Record {
    pub kind: &'static str,
    pub key: String,
    id: Uuid,
    /// By header, in the order of the file.
    pub cells: Vec<(&'static str, String)>,
}

impl Record {
    pub fn id(&self) -> String {
        type_id(self.kind, self.id)
    }

    pub fn name(&self) -> (&'static str, String) {
        (self.kind, self.key.clone())
    }

    pub fn get(&self, header: &str) -> &str {
        self.cells.iter().find(|(h, _)| *h == header).map_or("", |(_, cell)| cell)
    }

    pub fn set(&mut self, header: &str, value: impl Into<String>) {
        let cell = self.cells.iter_mut().find(|(h, _)| *h == header);
        cell.unwrap_or_else(|| panic!("no column {header}")).1 = value.into();
    }

    /// The records that it refers to, by column.
    fn references(&self) -> Vec<(&'static str, Need, Vec<(&'static str, String)>)> {
        let of_kind = REFERENCES.iter().filter(|(kind, ..)| *kind == self.kind);
        of_kind
            .map(|(_, column, kind, need)| {
                let kind = kind.unwrap_or_else(|| known_kind(self.get(&format!("{column}_kind"))));
                let keys = self.get(column).split(';').filter(|key| !key.is_empty());
                (*column, *need, keys.map(|key| (kind, key.to_owned())).collect())
            })
            .collect()
    }
}

fn known_kind(kind: &str) -> &'static str {
    KINDS.iter().find(|k| **k == kind).copied().unwrap_or_default()
}

/// A row of `names.csv`, `identifiers.csv` or `tags.csv`: the record, and the other cells.
#[derive(Clone)]
pub struct Beside {
    pub kind: &'static str,
    pub key: String,
    pub cells: Vec<String>,
}

#[derive(Clone, Default)]
pub struct Population {
    pub records: Vec<Record>,
    pub names: Vec<Beside>,
    pub identifiers: Vec<Beside>,
    pub tags: Vec<Beside>,
}

pub fn key(kind: &str, i: usize) -> String {
    format!("{kind}-{i:04}")
}

impl Population {
    /// Of each kind at least twice `n` records; the first `n` of each have every relation that there is.
    pub fn new(n: usize) -> Self {
        let mut all = Self::default();
        for kind in KINDS {
            for i in 0..count(kind, n) {
                all.add(kind, key(kind, i), cells(kind, i, n));
            }
        }
        for kind in KINDS {
            for i in 0..n {
                let beside = |cells: &[&str]| Beside {
                    kind,
                    key: key(kind, i),
                    cells: cells.iter().map(|c| (*c).to_owned()).collect(),
                };
                for language in ["fi", "sv", "zh-Hans"] {
                    all.names.push(beside(&[language, &format!("{language} {kind} {i:04}")]));
                }
                all.identifiers.push(beside(&["wikidata", &format!("Q-{kind}-{i}")]));
                all.identifiers.push(beside(&["geonames", &format!("G-{kind}-{i}")]));
                for step in [1, 2] {
                    all.tags.push(beside(&[&key("topic", (i + step) % n)]));
                }
            }
        }
        all
    }

    /// Adds a record; its kind must not come before that of the last one.
    pub fn add(&mut self, kind: &'static str, key: String, mut cells: Vec<(&'static str, String)>) {
        cells.extend([("note", format!("note on {key}")), ("visibility", "public".to_owned())]);
        let before = self.records.last().map_or(0x0193_5c00_0000_7000_8000_0000_0000_0000, |r| r.id.as_u128());
        let id = Uuid::from_u128(before + 1);
        self.records.push(Record { kind, key, id, cells });
    }

    /// Those that a viewer without credentials may not see: not public, or in need of such a record.
    pub fn hidden(&self) -> HashSet<(&'static str, String)> {
        let mut hidden: HashSet<_> =
            self.records.iter().filter(|r| r.get("visibility") != "public").map(Record::name).collect();
        loop {
            let needs_hidden = |record: &&Record| {
                let mut references = record.references().into_iter();
                references.any(|(_, need, to)| need == Need::Required && to.iter().any(|r| hidden.contains(r)))
            };
            let more: Vec<_> = self.records.iter().filter(needs_hidden).map(Record::name).collect();
            let before = hidden.len();
            hidden.extend(more);
            if hidden.len() == before {
                return hidden;
            }
        }
    }

    /// Marks every text of the hidden records.
    pub fn mark_hidden(&mut self) {
        let hidden = self.hidden();
        let mark = |cell: &mut String| {
            if !cell.is_empty() {
                let _ = write!(cell, " {MARKER}");
            }
        };
        for record in self.records.iter_mut().filter(|r| hidden.contains(&r.name())) {
            // In these two a column of that name refers to a record, or is a word of a vocabulary.
            let (activity, role) = (record.kind == "innovation_center", record.kind == "membership");
            for (header, cell) in &mut record.cells {
                if (TEXTS.contains(header) && (*header != "activity" || activity)) || (*header == "role" && role) {
                    mark(cell);
                }
            }
        }
        for beside in self.names.iter_mut().chain(&mut self.identifiers) {
            if hidden.contains(&(beside.kind, beside.key.clone())) {
                mark(&mut beside.cells[1]);
            }
        }
    }

    /// The same world, in which the hidden records never were.
    pub fn without_hidden(&self) -> Self {
        let hidden = self.hidden();
        let mut rest = self.clone();
        rest.records.retain(|record| !hidden.contains(&record.name()));
        for record in &mut rest.records {
            for (column, _, to) in record.references() {
                let kept: Vec<_> = to.iter().filter(|r| !hidden.contains(*r)).map(|(_, key)| key.as_str()).collect();
                if kept.len() == to.len() {
                    continue;
                }
                record.set(column, kept.join(";"));
                let kind = format!("{column}_kind");
                if record.cells.iter().any(|(header, _)| *header == kind) {
                    record.set(&kind, "");
                }
            }
        }
        let shown = |beside: &Beside| !hidden.contains(&(beside.kind, beside.key.clone()));
        rest.names.retain(shown);
        rest.identifiers.retain(shown);
        rest.tags.retain(|tag| shown(tag) && !hidden.contains(&("topic", tag.cells[0].clone())));
        rest
    }

    /// The same world, in which nothing is hidden.
    pub fn all_public(&self) -> Self {
        let mut all = self.clone();
        all.records.iter_mut().for_each(|record| record.set("visibility", "public"));
        all
    }

    /// A server with a database that holds it.
    pub async fn serve(&self, backend: Backend) -> Server {
        let directory = tempfile::tempdir().expect("a directory");
        self.write(directory.path());
        let data = TestDatabase::new(backend, Data::Empty).await;
        let next = Mutex::new(self.records.iter().map(|r| r.id).collect::<VecDeque<_>>());
        let ids = IdSource::from_fn(move || next.lock().expect("ids").pop_front().expect("an id for each record"));
        let (clock, files) = (Clock::fixed(1_700_000_000_000), Files::In(directory.path().to_owned()));
        let (database, files, clock, ids) = (&data.database, &files, &clock, &ids);
        let import = Import {
            database,
            files,
            clock,
            ids,
            model: coopgraph::domain::model(),
            dry_run: false,
            progress: &|_, _, _| {},
        };
        let imported = import_export::import(import).await.unwrap_or_else(|cause| panic!("{cause}"));
        assert_eq!(imported.added, self.records.len() as u64);
        Server::over(data).await
    }

    fn write(&self, directory: &Path) {
        // No row of a kind, no record to take the headers from.
        let sample: HashMap<_, _> = Population::sample().into_iter().map(|r| (r.kind, r)).collect();
        for table in coopgraph::domain::model().types() {
            let kind = table.table;
            let headers: Vec<_> = sample[kind].cells.iter().map(|(header, _)| *header).collect();
            let mut text = format!("key,{}\n", headers.join(","));
            for record in self.records.iter().filter(|r| r.kind == kind) {
                let cells: Vec<_> = record.cells.iter().map(|(_, cell)| cell.as_str()).collect();
                let _ = writeln!(text, "{},{}", record.key, cells.join(","));
            }
            std::fs::write(directory.join(file_of(table)), text).expect("a file");
        }
        let files = [
            ("names", "language,name", &self.names),
            ("identifiers", "scheme,value", &self.identifiers),
            ("tags", "topic", &self.tags),
        ];
        for (file, headers, rows) in files {
            let mut text = format!("record_kind,record,{headers}\n");
            for row in rows {
                let _ = writeln!(text, "{},{},{}", row.kind, row.key, row.cells.join(","));
            }
            std::fs::write(directory.join(format!("{file}.csv")), text).expect("a file");
        }
    }

    fn sample() -> Vec<Record> {
        let mut sample = Self::default();
        for kind in KINDS {
            sample.add(kind, key(kind, 0), cells(kind, 0, 8));
        }
        sample.records
    }
}

/// How many records of a kind there are: enough for every kind that a reference can name.
fn count(kind: &str, n: usize) -> usize {
    match kind {
        "participation" => 8 * n,
        "membership" => 3 * n,
        "indicator" | "citation" => KINDS.len() * n,
        _ => 2 * n,
    }
}

/// The cells of the `i`th record of a kind, without `note` and `visibility`.
fn cells(kind: &'static str, i: usize, n: usize) -> Vec<(&'static str, String)> {
    // Each of the first `n` records is named twice by each column, by records that have little else in common.
    let to = |kind: &str, step: usize| key(kind, (i % n + step + i / n * 3) % n);
    let text = |what: &str| format!("{what} {i:04}");
    let day = |year: usize| format!("{}-{:02}", year + i % 7, 1 + i % 12);
    let en = || ("language", "en".to_owned());
    let is = str::to_owned;
    let name = ("name", text(kind));
    let title = ("title", text(kind));
    match kind {
        "country" => vec![name, en(), ("alpha3", text("a")), ("numeric", text("n")), ("region", text("region"))],
        "topic" => vec![name, en(), ("broader", to("topic", 1))],
        "source" => vec![
            title,
            en(),
            ("publisher", text("publisher")),
            ("url", format!("http://example.org/{i}")),
            ("published", day(2000)),
            ("kind", is("news")),
            ("retrieved_via", text("by hand")),
            ("derives_from", format!("{};{}", to("source", 1), to("source", 2))),
        ],
        "city" => vec![
            name,
            en(),
            ("kind", is("city")),
            ("country", to("country", 0)),
            ("parent", to("city", 1)),
            ("latitude", is("60.5")),
            ("longitude", is("24.5")),
            ("population", (1000 + i % 5).to_string()),
        ],
        "partnership" => {
            let members: Vec<_> = (0..2 + i % 2).map(|step| to("city", step)).collect();
            vec![
                ("members", members.join(";")),
                ("kind", is("sister_city")),
                ("since", day(1980)),
                ("ended", day(2000)),
                ("status", is("active")),
                ("level", is("municipal")),
            ]
        }
        "organization" => vec![
            name,
            en(),
            ("kind", is("company")),
            ("city", to("city", 1)),
            ("country", to("country", 2)),
            ("parent", to("organization", 3)),
            ("founded", day(1900)),
            ("dissolved", day(1950)),
        ],
        "official" => vec![name, en()],
        "position" => vec![
            ("official", to("official", 0)),
            title,
            en(),
            ("organization", to("organization", 4)),
            ("city", to("city", 5)),
            ("start", day(1990)),
            ("end", day(2000)),
            ("as_of", day(1999)),
        ],
        "visit" => vec![
            title,
            en(),
            ("kind", is("delegation")),
            ("start", day(2000)),
            ("end", day(2010)),
            ("from_country", to("country", 1)),
            ("from_city", to("city", 2)),
            ("to_country", to("country", 3)),
            ("to_city", to("city", 4)),
            ("purpose", text("purpose")),
        ],
        "innovation_center" => vec![
            name,
            en(),
            ("kind", is("incubator")),
            ("city", to("city", 6)),
            ("location", text("location")),
            ("operator", to("organization", 1)),
            ("founded", day(2000)),
            ("status", is("active")),
            ("activity", text("activity")),
        ],
        "event" => vec![
            name,
            en(),
            ("is_series", is("true")),
            ("series", to("event", 1)),
            ("edition", (i % 5).to_string()),
            ("start", day(2000)),
            ("end", day(2010)),
            ("venue", text("venue")),
            ("city", to("city", 3)),
            ("organizer", to("organization", 2)),
        ],
        _ => joint_cells(kind, i, n),
    }
}

/// The same, for the kinds that refer to records of several kinds: each of these in turn.
fn joint_cells(kind: &'static str, i: usize, n: usize) -> Vec<(&'static str, String)> {
    let any = |kinds: &[&str], turn: usize, step: usize| {
        let kind = kinds[i / turn % kinds.len()];
        (kind.to_owned(), key(kind, (i / (turn * kinds.len()) + step) % n))
    };
    let is = str::to_owned;
    match kind {
        "participation" => {
            let ((activity_kind, _), participant) =
                (any(&["visit", "event"], 1, 0), any(&["official", "organization", "city", "country"], 2, 1));
            let activity = key(&activity_kind, (i / 8 + i % 3) % n);
            vec![
                ("activity_kind", activity_kind),
                ("activity", activity),
                ("participant_kind", participant.0),
                ("participant", participant.1),
                ("role", is("guest")),
                ("status", is("attended")),
            ]
        }
        "membership" => {
            let member = any(&["official", "organization", "city"], 1, 0);
            vec![
                ("member_kind", member.0),
                ("member", member.1),
                ("organization", key("organization", (i / 3 + 2) % n)),
                ("role", format!("role {i:04}")),
                ("since", is("1999")),
                ("until", is("2001")),
            ]
        }
        "indicator" => {
            let (subject, counterpart) = (any(&KINDS, 1, 0), any(&KINDS, 1, 1));
            vec![
                ("subject_kind", subject.0),
                ("subject", subject.1),
                ("counterpart_kind", counterpart.0),
                ("counterpart", counterpart.1),
                ("measure", format!("measure {i:04}")),
                ("value", format!("{}.5", i % 9)),
                ("unit", format!("unit {i:04}")),
                ("comparator", is("exactly")),
                ("as_of", format!("{}", 2000 + i % 9)),
            ]
        }
        "citation" => {
            let record = any(&KINDS, 1, 0);
            vec![
                ("record_kind", record.0),
                ("record", record.1),
                ("field", format!("field {i:04}")),
                ("claimed_value", format!("claim {i:04}")),
                ("source", key("source", i % n)),
                ("stance", is("supports")),
            ]
        }
        other => panic!("no record of this kind is made: {other}"),
    }
}
