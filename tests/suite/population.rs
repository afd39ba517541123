//! Data made for the guards: records of every kind, which refer to each other in every way that there is.
//!
//! Ids and moments are decided here: two databases that hold the same records give the same answers, byte for byte.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    fmt::Write,
    path::Path,
    sync::Mutex,
};

use coopgraph::{
    auth::Role,
    clock::{Clock, IdSource},
    db::type_id,
    import_export::{self, Files, Import},
};
use uuid::Uuid;

use crate::{
    columns::{Content, CsvColumn, choices, columns, kinds},
    support::{Backend, Data, Server, TestDatabase, file_of},
};

/// What no answer may ever hold; it stands in every text of a hidden record.
pub const MARKER: &str = "LEAK";

/// Whether a record is hidden together with those that a relation of its GraphQL type leads to.
pub fn is_needed(kind: &str, relation: &str) -> bool {
    let mut required = columns(kind).into_iter().filter(|column| column.is_required);
    required.any(|column| coopgraph::model::camel_case(&column.header) == relation)
}

/// A row of a CSV file.
#[derive(Clone)]
pub struct Record {
    pub kind: &'static str,
    pub key: String,
    id: Uuid,
    /// By header, in the order of the file.
    pub cells: Vec<(String, String)>,
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
    fn references(&self) -> Vec<(CsvColumn, Vec<(&'static str, String)>)> {
        let keys = |kind: &'static str, header: &str| {
            let keys = self.get(header).split(';').filter(|key| !key.is_empty());
            keys.map(|key| (kind, key.to_owned())).collect()
        };
        let of_column = |column: CsvColumn| {
            let kind = match column.content {
                Content::Key(kind) | Content::Keys(kind, _) => kind,
                Content::KeyOfKind(_, kinds) => {
                    let kind = self.get(&format!("{}_kind", column.header));
                    kinds.iter().find(|known| **known == kind)?
                }
                _ => return None,
            };
            let to = keys(kind, &column.header);
            Some((column, to))
        };
        columns(self.kind).into_iter().filter_map(of_column).collect()
    }
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
    /// The role of the viewer from whom records are hidden.
    pub role: Role,
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
        for kind in kinds() {
            for i in 0..count(kind, n) {
                all.add(kind, key(kind, i), cells(kind, i, n));
            }
        }
        all.agree_on_countries();
        for kind in kinds() {
            for i in 0..n {
                let beside = |cells: &[&str]| Beside {
                    kind,
                    key: key(kind, i),
                    cells: cells.iter().map(|c| (*c).to_owned()).collect(),
                };
                for language in ["fi", "sv", "zh-Hans"] {
                    all.names.push(beside(&[language, &format!("{language} {kind} {i:04}")]));
                }
                let number = 100_000 * (1 + kinds().iter().position(|of| *of == kind).expect("a kind")) + i;
                all.identifiers.push(beside(&["wikidata", &format!("Q{number}")]));
                all.identifiers.push(beside(&["geonames", &number.to_string()]));
                let topics: BTreeSet<usize> = [1, 2, 5, 9, 14].into_iter().map(|step| (i + step) % n).collect();
                all.tags.extend(topics.into_iter().map(|topic| beside(&[&key("topic", topic)])));
            }
        }
        all
    }

    /// Where a record names a city and a country, it is the country of the city.
    fn agree_on_countries(&mut self) {
        let cities = self.records.iter().filter(|record| record.kind == "city");
        let countries: HashMap<String, String> =
            cities.map(|city| (city.key.clone(), city.get("country").to_owned())).collect();
        for record in self.records.iter_mut().filter(|record| record.kind != "city") {
            for prefix in ["", "from_", "to_"] {
                let [city, country] = ["city", "country"].map(|what| format!("{prefix}{what}"));
                if let Some(of_city) = countries.get(record.get(&city)).filter(|_| !record.get(&country).is_empty()) {
                    record.set(&country, of_city.clone());
                }
            }
        }
    }

    /// Adds a record; its kind must not come before that of the last one.
    pub fn add(&mut self, kind: &'static str, key: String, mut cells: Vec<(String, String)>) {
        cells.extend(
            [("note", format!("note on {key}")), ("visibility", "public".to_owned())].map(|(h, c)| (h.to_owned(), c)),
        );
        let before = self.records.last().map_or(0x0193_5c00_0000_7000_8000_0000_0000_0000, |r| r.id.as_u128());
        let id = Uuid::from_u128(before + 1);
        self.records.push(Record { kind, key, id, cells });
    }

    /// Whether a record is hidden from the viewer by its own visibility.
    pub fn hides(&self, record: &Record) -> bool {
        let rank =
            ["public", "partner", "internal"].iter().position(|visibility| *visibility == record.get("visibility"));
        i16::try_from(rank.expect("a visibility")).expect("a small number") > self.role.clearance().rank()
    }

    /// Those that the viewer may not see: by their own visibility, or in need of such a record.
    pub fn hidden(&self) -> HashSet<(&'static str, String)> {
        let mut hidden: HashSet<_> = self.records.iter().filter(|r| self.hides(r)).map(Record::name).collect();
        loop {
            let needs_hidden = |record: &&Record| {
                let mut references = record.references().into_iter();
                references.any(|(column, to)| column.is_required && to.iter().any(|r| hidden.contains(r)))
            };
            let more: Vec<_> = self.records.iter().filter(needs_hidden).map(Record::name).collect();
            let before = hidden.len();
            hidden.extend(more);
            if hidden.len() == before {
                return hidden;
            }
        }
    }

    /// Marks every text of the hidden records. Identifiers can have no mark: each is of a record of its own.
    pub fn mark_hidden(&mut self) {
        let hidden = self.hidden();
        let mark = |cell: &mut String| {
            if !cell.is_empty() {
                let separator = if cell.starts_with("https://") { '#' } else { ' ' };
                let _ = write!(cell, "{separator}{MARKER}");
            }
        };
        for record in self.records.iter_mut().filter(|r| hidden.contains(&r.name())) {
            let is_text = |column: &CsvColumn| matches!(column.content, Content::Text | Content::Url | Content::Name);
            let texts: Vec<_> = columns(record.kind).into_iter().filter(is_text).map(|column| column.header).collect();
            for (header, cell) in &mut record.cells {
                if header == "note" || texts.contains(header) {
                    mark(cell);
                }
            }
        }
        for beside in &mut self.names {
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
            for (column, to) in record.references() {
                let kept: Vec<_> = to.iter().filter(|r| !hidden.contains(*r)).map(|(_, key)| key.as_str()).collect();
                if kept.len() == to.len() {
                    continue;
                }
                record.set(&column.header, kept.join(";"));
                if matches!(column.content, Content::KeyOfKind(..)) {
                    record.set(&format!("{}_kind", column.header), "");
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
        Server::over(self.stored(backend).await).await
    }

    /// A database that holds it.
    pub async fn stored(&self, backend: Backend) -> TestDatabase {
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
            only_if_empty: false,
            replaced: &[],
            dry_run: false,
            // A visit of this world may lead to a city of one country and to another country.
            accept_warnings: true,
            on_accepted: &|_| (),
            on_change: &|_| Ok(()),
            progress: &|_, _, _| {},
        };
        let imported = import_export::import(import).await.unwrap_or_else(|cause| panic!("{cause}"));
        assert_eq!(imported.added, self.records.len() as u64);
        data
    }

    /// Writes the files.
    pub fn write(&self, directory: &Path) {
        // No row of a kind, no record to take the headers from.
        let sample: HashMap<_, _> = Population::sample().into_iter().map(|r| (r.kind, r)).collect();
        for table in coopgraph::domain::model().types() {
            let kind = table.table;
            let headers: Vec<_> = sample[kind].cells.iter().map(|(header, _)| header.as_str()).collect();
            let mut text = format!("key,{}\n", headers.join(","));
            for record in self.records.iter().filter(|r| r.kind == kind) {
                let cells: Vec<_> = record.cells.iter().map(|(_, cell)| quoted(cell)).collect();
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
        for kind in kinds() {
            sample.add(kind, key(kind, 0), cells(kind, 0, 8));
        }
        sample.records
    }
}

/// A cell as a CSV file has it.
fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains(',') { format!("\"{cell}\"").into() } else { cell.into() }
}

/// How many records of a kind there are: enough for every kind that a reference can name.
fn count(kind: &str, n: usize) -> usize {
    match choices(kind).into_iter().product() {
        1 => 2 * n,
        choices => choices.min(kinds().len()) * n,
    }
}

/// The cells of the `i`th record of a kind, without `note` and `visibility`.
fn cells(kind: &'static str, i: usize, n: usize) -> Vec<(String, String)> {
    // Each of the first `n` records is named twice by each column, by records that have little else in common.
    let to = |kind: &str, step: usize| key(kind, (i % n + step + i / n * 3) % n);
    // Each kind in turn; and when several columns name one, each with each.
    let choices = choices(kind);
    let of = |at: usize, kinds: &[&'static str]| {
        let rounds: usize = choices[..at].iter().product();
        kinds[(i + if rounds > 1 { i / kinds.len() } else { 0 }) % kinds.len()]
    };
    let cell = |(step, column): (usize, CsvColumn)| {
        let cell = match column.content {
            Content::Name => format!("{kind} {i:04}"),
            Content::Text => format!("{} {i:04}", column.header),
            Content::Url => format!("https://example.org/{}/{i:04}", column.header),
            // In base 26.
            Content::Letters(length) => (0..length)
                .rev()
                .map(|place| {
                    char::from(
                        b'A' + u8::try_from(i / 26_usize.pow(u32::try_from(place).expect("small")) % 26)
                            .expect("a letter"),
                    )
                })
                .collect(),
            Content::Digits(length) => format!("{i:0length$}"),
            Content::Language => "en".to_owned(),
            Content::Word(words) => words[0].value.clone(),
            Content::Integer(least, greatest) => {
                i32::try_from(1000 + i % 5).expect("a small number").clamp(least, greatest).to_string()
            }
            Content::Float => "60.5".to_owned(),
            Content::Boolean => "true".to_owned(),
            Content::Decimal => format!("{}.5", i % 9),
            Content::Date { is_end } => {
                format!("{}-{:02}", if is_end { 2000 } else { 1980 } + step % 7 + i % 7, 1 + i % 12)
            }
            // References to records of the same kind form no cycle: one of the first `n`, in the middle, has none.
            Content::Key(target) if target == kind && i + 1 == n / 2 => String::new(),
            Content::Key(target) if target == kind && i < n => key(kind, (i + 1) % n),
            Content::Key(target) if target == kind => {
                let to = (i + 1) % n;
                key(kind, if to + 1 == n / 2 { n / 2 } else { to })
            }
            Content::Key(kind) => to(kind, 1 + step),
            Content::Kind(at, kinds) => of(at, kinds).to_owned(),
            Content::KeyOfKind(at, kinds) => key(of(at, kinds), (i / kinds.len() + step) % n),
            Content::Keys(kind, at_least) => {
                let keys: Vec<_> = (1..=at_least.max(2) + i % 2).map(|step| to(kind, step)).collect();
                keys.join(";")
            }
        };
        (column.header, cell)
    };
    columns(kind).into_iter().enumerate().map(cell).collect()
}
