//! Data with many ties and many empty values, and in which sequence each list of it must come: worked out from the cells of
//! the CSV files, without the server.

use std::{cmp::Ordering, collections::HashMap, fs, path::Path, sync::LazyLock};

use folding::collation::Collators;

use crate::{
    columns::{Content, CsvColumn, choices, columns, header_of, kinds},
    support::file_of,
};

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

/// The orders of arguments such as `START_DESC, thenBy: [KEY_ASC]`.
fn named(orders: &str) -> impl Iterator<Item = (String, bool)> {
    let names = orders.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.contains('_'));
    names.map(|name| {
        let (name, direction) = name.rsplit_once('_').expect("a direction");
        (name.to_lowercase(), direction == "DESC")
    })
}

/// The language in whose alphabetical order names come, in arguments such as `NAME_ASC, collation: "fi"`.
fn language(orders: &str) -> Option<&str> {
    orders.split_once("collation: \"")?.1.split('"').next()
}

/// The keys in the sequence of orders such as `START_DESC, thenBy: [KEY_ASC]`.
pub fn sequence(world: &World, rows: &[&Row], orders: &str) -> Vec<String> {
    let collation = language(orders).and_then(folding::collation::collation);
    let orders: Vec<_> = named(orders).collect();
    let turned = |found: Ordering, descending: bool| if descending { found.reverse() } else { found };
    let values = |row: &Row| {
        let value = |(name, descending): &(String, bool)| match (value(world, row, name, *descending), collation) {
            (Some(Value::Name(name)), None) => Some(Value::Text(folding::fold(&name))),
            (Some(Value::Name(name)), Some(collation)) => Some(Value::SortKey(sort_key(&name, collation))),
            (value, _) => value,
        };
        orders.iter().map(value).collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = rows.iter().map(|row| (values(row), *row)).collect();
    rows.sort_by(|(a, one), (b, other)| {
        let pairs = a.iter().zip(b).zip(&orders);
        let by_values = pairs.map(|((a, b), (_, descending))| match (a, b) {
            (Some(a), Some(b)) => turned(a.partial_cmp(b).expect("comparable"), *descending),
            // What is not known comes last, whatever the direction.
            (a, b) => a.is_none().cmp(&b.is_none()),
        });
        let (_, descending) = orders.last().expect("an order");
        by_values.fold(Ordering::Equal, Ordering::then).then(turned(one.age.cmp(&other.age), *descending))
    });
    rows.into_iter().map(|(_, row)| row.key.clone()).collect()
}

#[derive(PartialEq, PartialOrd)]
enum Value {
    /// As it is written.
    Name(String),
    Text(String),
    SortKey(Vec<u8>),
    Number(f64),
}

/// The key of a name in a collation: that of the root, if it has no other one. That keys are in the right order is tested by
/// the reference, which has its own.
fn sort_key(name: &str, collation: &str) -> Vec<u8> {
    static COLLATORS: LazyLock<Collators> = LazyLock::new(Collators::default);
    let keys = COLLATORS.sort_keys(name);
    keys.iter().find(|(of, _)| *of == collation).unwrap_or(&keys[0]).1.clone()
}

/// What a row is ordered by; `None` if it is not known.
fn value(world: &World, row: &Row, order: &str, descending: bool) -> Option<Value> {
    let number = |n: usize| Value::Number(f64::from(u32::try_from(n).expect("a small number")));
    let (columns, header) = (columns(row.kind), header_of(row.kind, order));
    let Some(column) = columns.iter().find(|column| column.header == header) else {
        return match order {
            "created" => Some(number(row.age)),
            // All were written by the same import.
            "updated" => Some(number(0)),
            "key" => Some(Value::Text(row.key.clone())),
            "min_days" | "max_days" => days(row, order == "max_days").map(Value::Number),
            _ => match order.strip_suffix("_count") {
                Some(list) => {
                    let ty = coopgraph::domain::model().record_type(row.kind).name;
                    let list = coopgraph::model::camel_case(list);
                    Some(number(super::lists::hanging(world, ty, &list, row).len()))
                }
                None => related(world, row, &columns, order, descending),
            },
        };
    };
    let cell = row.cell(&header);
    match &column.content {
        Content::Name => Some(Value::Name(cell.to_owned())),
        _ if cell.is_empty() => None,
        Content::Integer(..) | Content::Decimal => Some(Value::Number(cell.parse().expect("a number"))),
        Content::Date { .. } => {
            let date = coopgraph::edtf::Date::parse(cell).expect("a date");
            Some(Value::Number(f64::from(if descending { date.latest } else { date.earliest })))
        }
        _ => panic!("nothing says how {order} is ordered"),
    }
}

/// A value of the record that a row refers to, such as `activity_start`.
fn related(world: &World, row: &Row, columns: &[CsvColumn], order: &str, descending: bool) -> Option<Value> {
    let mut found = columns.iter().filter_map(|column| {
        let rest = order.strip_prefix(column.header.as_str())?.strip_prefix('_')?;
        let kind = match column.content {
            Content::Key(kind) => kind,
            Content::KeyOfKind(..) => row.cell(&format!("{}_kind", column.header)),
            _ => return None,
        };
        Some((kind, row.cell(&column.header), rest))
    });
    let (kind, key, rest) = found.next().unwrap_or_else(|| panic!("no column {order} of {}", row.kind));
    let related = world.of_kind(kind).find(|other| other.key == key)?;
    value(world, related, rest, descending)
}

/// How many days a period lasted, at most or at least; `None` if the dates do not say.
fn days(row: &Row, at_most: bool) -> Option<f64> {
    let period = coopgraph::domain::model().record_type(row.kind).period.expect("a period");
    let [start, end] = [period.start, period.end].map(|[date, ..]| coopgraph::edtf::Date::parse(row.cell(date)).ok());
    let (from, to) = if at_most { (start?.earliest, end?.latest) } else { (start?.latest, end?.earliest) };
    // Dates without beginning or end lie further away than any history.
    let is_day = |day: i32| day.abs() < 100_000_000;
    (is_day(from) && is_day(to)).then(|| f64::from((to - from + 1).max(1)))
}

pub const SEED: u64 = 20_190_924;

/// Keys do not come in the sequence of the rows.
pub fn key(kind: &str, i: usize) -> String {
    format!("{kind}-{:02}", i * 7 % count(kind))
}

/// How many records there are of a kind; no multiple of 7. Those that hang on records of many kinds are more.
fn count(kind: &str) -> usize {
    let by_date = coopgraph::domain::model().record_type(kind).orders[0].name == "START_DESC";
    let count = match choices(kind).into_iter().product() {
        1 if by_date => 22,
        1 => 9,
        // Enough for each kind that a column can name.
        choices if choices < 8 => 6 * choices,
        choices => 4 * usize::min(choices, kinds().len()),
    };
    count + usize::from(count % 7 == 0)
}

/// Writes files with rows of all kinds.
pub fn write(directory: &Path) {
    let random = &mut Random(SEED);
    let mut tagged = "record_kind,record,topic\n".to_owned();
    for kind in kinds() {
        let (columns, choices) = (columns(kind), choices(kind));
        let headers: Vec<_> = columns.iter().map(|column| column.header.as_str()).collect();
        let mut text = format!("key,{},note,visibility\n", headers.join(","));
        for i in 0..count(kind) {
            let cells: Vec<_> = columns.iter().map(|column| cell(kind, column, &choices, i, random)).collect();
            text += &format!("{},{},,public\n", key(kind, i), cells.join(","));
            // The first record of each kind has all topics; the first topic has many of each kind.
            let topics = if i == 0 { 0..count("topic") } else { 0..usize::from(i < 7) };
            tagged.extend(topics.map(|topic| format!("{kind},{},{}\n", key(kind, i), key("topic", topic))));
        }
        fs::write(directory.join(file_of(coopgraph::domain::model().record_type(kind))), text).expect("a file");
    }
    for (file, text) in [
        ("tags.csv", &*tagged),
        ("names.csv", "record_kind,record,language,name\n"),
        ("identifiers.csv", "record_kind,record,scheme,value\n"),
    ] {
        fs::write(directory.join(file), text).expect("a file");
    }
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
const ENDS: &[&str] = &[
    "",
    "",
    "2010",
    "2010-12",
    "2010-12-31",
    "2010-01-01",
    "201X",
    "2011?",
    "2015-02",
    "2010/2012",
    "2012/..",
    "../2013",
];
const NAMES: &[&str] =
    &["Äkäs", "akas", "AKAS", "A\u{308}ka\u{308}s", "akas 2", "上海", "上海", "Zeta", "zeta", "ﬁn", "fin", "-", "𝔘"];

fn cell(kind: &str, column: &CsvColumn, choices: &[usize], i: usize, random: &mut Random) -> String {
    // Records of several kinds in turn; and when several columns name one, each with each.
    let of = |at: usize, kinds: &[&'static str]| {
        let rounds: usize = choices[..at].iter().product();
        kinds[i / rounds % kinds.len()]
    };
    let word = match column.content {
        Content::Name => random.pick(NAMES),
        Content::Language => "en",
        Content::Word(words) if column.is_required => &words[0].value,
        Content::Text if column.is_required => "x",
        Content::Url if column.is_required => "https://example.org/",
        Content::Word(_) | Content::Text | Content::Url | Content::Letters(_) | Content::Digits(_) | Content::Float => {
            ""
        }
        Content::Boolean => "true",
        Content::Integer(least, _) if least < 0 => random.pick(&["", "1", "2", "2", "-3"]),
        Content::Integer(least, greatest) => {
            let number = random.pick(&["", "0", "5", "5", "2000000000"]).parse();
            return number.map_or_else(|_| String::new(), |number: i32| number.clamp(least, greatest).to_string());
        }
        Content::Decimal => random.pick(&["1", "1.0", "0.5", "-2", "3000000000.25", "0"]),
        Content::Date { is_end: false } => random.pick(BEGINNINGS),
        Content::Date { is_end: true } => random.pick(ENDS),
        Content::Kind(at, kinds) => of(at, kinds),
        Content::KeyOfKind(at, kinds) => return key(of(at, kinds), 0),
        // Nothing is above the first of its kind.
        Content::Key(other) if i == 0 && other == kind => "",
        Content::Key(_) if i % 5 == 4 && !column.is_required => "",
        Content::Key(other) if other == kind => return key(other, 0),
        Content::Key(other) => return key(other, i % 2),
        Content::Keys(other, _) if other != kind => return format!("{};{}", key(other, 0), key(other, 1 + i % 8)),
        Content::Keys(other, _) if i == 0 => {
            return (1..count(other)).map(|j| key(other, j)).collect::<Vec<_>>().join(";");
        }
        Content::Keys(other, _) => return key(other, 0),
    };
    word.to_owned()
}
