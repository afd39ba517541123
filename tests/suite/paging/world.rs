//! Data with many ties and many empty values, and in which sequence each list of it must come: worked out from the cells of
//! the CSV files, without the server.

use std::{cmp::Ordering, collections::HashMap, fs, path::Path};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{import_export::bundled, support::file_of};

/// Numbers that look random but are the same each time (`SplitMix64`), from a stated seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("a small number")
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// A record, as its file has it.
#[derive(Clone)]
pub struct Row {
    pub kind: &'static str,
    pub key: String,
    cells: HashMap<String, String>,
    /// Its place among all records; ids grow with it.
    age: usize,
}

impl Row {
    pub fn cell(&self, header: &str) -> &str {
        self.cells.get(header).map_or("", String::as_str)
    }
}

/// All records of a directory of CSV files.
pub struct World {
    pub rows: Vec<Row>,
    /// Kind and key of a record, and the key of a topic.
    pub tags: Vec<[String; 3]>,
}

impl World {
    pub fn read(directory: &Path) -> Self {
        let mut rows = Vec::new();
        for table in coopgraph::domain::model().types() {
            let mut reader = csv::Reader::from_path(directory.join(file_of(table))).expect("a file");
            let headers = reader.headers().expect("a header").clone();
            for record in reader.records() {
                let record = record.expect("a row");
                let cells = headers.iter().zip(record.iter()).map(|(h, c)| (h.to_owned(), c.to_owned()));
                let cells: HashMap<_, _> = cells.collect();
                assert_eq!(cells["visibility"], "public", "what nobody sees is in no list");
                rows.push(Row { kind: table.table, key: cells["key"].clone(), cells, age: rows.len() });
            }
        }
        let mut reader = csv::Reader::from_path(directory.join("tags.csv")).expect("a file");
        let tags = reader.records().map(|r| [0, 1, 2].map(|i| r.as_ref().expect("a row")[i].to_owned()));
        Self { rows, tags: tags.collect() }
    }

    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }
}

/// The keys in the sequence of an order such as `START_DESC`.
pub fn sequence(mut rows: Vec<&Row>, order: &str) -> Vec<String> {
    let (name, direction) = order.rsplit_once('_').expect("a direction");
    let (name, descending) = (name.to_lowercase(), direction == "DESC");
    rows.sort_by(|a, b| {
        let turned = |o: Ordering| if descending { o.reverse() } else { o };
        let by_age = turned(a.age.cmp(&b.age));
        match [a, b].map(|row| value(row, &name, descending)) {
            [Some(a), Some(b)] => turned(a.partial_cmp(&b).expect("comparable")).then(by_age),
            // What is not known comes last, whatever the direction.
            [a, b] => a.is_none().cmp(&b.is_none()).then(by_age),
        }
    });
    rows.into_iter().map(|row| row.key.clone()).collect()
}

#[derive(PartialEq, PartialOrd)]
enum Value {
    Text(String),
    Number(f64),
}

/// What a row is ordered by; `None` if it is not known.
fn value(row: &Row, order: &str, descending: bool) -> Option<Value> {
    let cell = row.cell(order);
    match order {
        "created" => Some(Value::Number(f64::from(u32::try_from(row.age).expect("a small number")))),
        "key" => Some(Value::Text(cell.to_owned())),
        "name" | "title" => {
            let plain: String = cell.nfkd().filter(|c| !is_combining_mark(*c)).collect();
            Some(Value::Text(plain.to_lowercase()))
        }
        _ if cell.is_empty() => None,
        "population" | "edition" | "value" => Some(Value::Number(cell.parse().expect("a number"))),
        _ => {
            let date = coopgraph::edtf::Date::parse(cell).expect("a date");
            Some(Value::Number(f64::from(if descending { date.latest } else { date.earliest })))
        }
    }
}

pub const SEED: u64 = 20_190_924;

/// Keys do not come in the sequence of the rows.
pub fn key(kind: &str, i: usize) -> String {
    format!("{kind}-{:02}", i * 7 % count(kind))
}

/// How many records there are of a kind; no multiple of 7. Those that hang on records of many kinds are more.
fn count(kind: &str) -> usize {
    match kind {
        "participation" => 32,
        "membership" => 18,
        "indicator" | "citation" => 15 * 4,
        "visit" => 22,
        _ => 9,
    }
}

/// Writes files in which the kinds `only` have rows.
pub fn write(directory: &Path, only: &[&str]) {
    let random = &mut Random(SEED);
    let headers: HashMap<_, _> = bundled()
        .into_iter()
        .map(|(file, bytes)| {
            let text = String::from_utf8(bytes).expect("UTF-8");
            (file, text.lines().next().expect("a header").to_owned())
        })
        .collect();
    for (file, header) in &headers {
        fs::write(directory.join(file), format!("{header}\n")).expect("a file");
    }
    let tags = directory.join("tags.csv");
    let mut tagged = fs::read_to_string(&tags).expect("a header");
    for kind in only {
        let table = coopgraph::domain::model().types().find(|t| t.table == *kind).expect(kind);
        let header = &headers[&file_of(table)];
        let mut text = format!("{header}\n");
        for i in 0..count(kind) {
            let cells: Vec<_> = header.split(',').map(|column| cell(kind, column, i, random)).collect();
            text += &format!("{}\n", cells.join(","));
            // The first record of each kind has all topics; the first topic has many of each kind.
            let topics = if i == 0 { 0..count("topic") } else { 0..usize::from(i < 7) };
            if only.contains(&"topic") {
                tagged.extend(topics.map(|topic| format!("{kind},{},{}\n", key(kind, i), key("topic", topic))));
            }
        }
        fs::write(directory.join(file_of(table)), text).expect("a file");
    }
    fs::write(tags, tagged).expect("a file");
}

const BEGINNINGS: &[&str] = &[
    "",
    "",
    "1950",
    "1950-01",
    "1950-01-01",
    "1950-12-31",
    "195X",
    "1951~",
    "1999-02",
    "1950/1960",
    "../1970",
    "1980/..",
];
const ENDS: &[&str] = &["", "", "2010", "2010-12", "2010-12-31", "2010-01-01", "201X", "2011?", "2015-02", "2010/2012"];
const NAMES: &[&str] =
    &["Äkäs", "akas", "AKAS", "A\u{308}ka\u{308}s", "akas 2", "上海", "上海", "Zeta", "zeta", "ﬁn", "fin", "-", "𝔘"];

/// All kinds, each after those it refers to.
pub const ALL: [&str; 15] = [
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

/// The kind of a record that the `i`th row refers to in a column that may hold several.
fn kind_at(kind: &str, column: &str, i: usize) -> &'static str {
    match (kind, column) {
        ("participation", "activity") => ["visit", "event"][i % 2],
        ("participation", "participant") => ["official", "organization", "city", "country"][i / 2 % 4],
        ("membership", "member") => ["official", "organization", "city"][i % 3],
        ("indicator", "subject") | ("citation", "record") => ALL[i % 15],
        ("indicator", "counterpart") => ALL[i / 15],
        _ => "",
    }
}

fn cell(kind: &str, column: &str, i: usize, random: &mut Random) -> String {
    if let Some(base) = column.strip_suffix("_kind") {
        return kind_at(kind, base, i).to_owned();
    }
    let any = kind_at(kind, column, i);
    if !any.is_empty() {
        return key(any, 0);
    }
    let to = |other: &str| {
        let required = matches!((kind, column), ("city", "country") | (_, "official" | "source") | ("membership", _));
        match i {
            // Nothing is above the first of its kind.
            0 if other == kind => String::new(),
            _ if i % 5 == 4 && !required => String::new(),
            _ if other == kind => key(other, 0),
            _ => key(other, i % 2),
        }
    };
    let word = match (kind, column) {
        (_, "key") => return key(kind, i),
        (_, "parent") => return to(kind),
        (_, "country" | "from_country" | "to_country") => return to("country"),
        (_, "city" | "from_city" | "to_city") => return to("city"),
        (_, "organization" | "operator" | "organizer") => return to("organization"),
        (_, "official" | "source") => return to(column),
        (_, "series") => return to("event"),
        (_, "broader") => return to("topic"),
        (_, "members") => return format!("{};{}", key("city", 0), key("city", 1 + i % 8)),
        (_, "derives_from") if i == 0 => return (1..9).map(|j| key("source", j)).collect::<Vec<_>>().join(";"),
        (_, "derives_from") => return key("source", 0),
        (_, "name" | "title") => random.pick(NAMES),
        (_, "since" | "founded" | "start" | "published" | "as_of") => random.pick(BEGINNINGS),
        (_, "ended" | "dissolved" | "end" | "until") => random.pick(ENDS),
        (_, "population") => random.pick(&["", "0", "5", "5", "2000000000"]),
        (_, "edition") => random.pick(&["", "1", "2", "2", "-3"]),
        (_, "value") => random.pick(&["1", "1.0", "0.5", "-2", "3000000000.25", "0"]),
        ("city", "kind") => "city",
        ("partnership", "kind") => "sister_city",
        ("organization", "kind") => "company",
        ("innovation_center", "kind") => "incubator",
        ("source", "kind") => "news",
        ("partnership", "status") => "active",
        ("innovation_center", "status") => "planned",
        ("participation", "role") => "guest",
        (_, "language") => "en",
        (_, "visibility") => "public",
        (_, "is_series") => "true",
        (_, "comparator") => "exactly",
        (_, "stance") => "supports",
        (_, "alpha3" | "numeric" | "measure" | "unit" | "field") => "x",
        _ => "",
    };
    word.to_owned()
}
