//! Bad files: each kind is reported with its place, its value and what would be right, and the database stays as it was.

use super::*;

/// One change to one file, and the problem that it must give.
struct Case {
    file: &'static str,
    from: &'static str,
    to: &'static [u8],
    column: &'static str,
    value: &'static str,
    says: &'static str,
}

/// `file: from => to; column = value: says`.
macro_rules! cases {
    ($($file:literal: $from:literal => $to:expr; $column:literal = $value:literal: $says:literal,)*) => {
        &[$(Case { file: concat!($file, ".csv"), from: $from, to: $to, column: $column, value: $value, says: $says }),*]
    };
}

/// The form of files: columns, cells, characters.
const FORM: &[Case] = cases! {
    // A missing column.
    "countries": "key,name,language,alpha3" => b"key,name,alpha3"; "" = "": "the column language is missing: it belongs to the column name",
    // A column that is not known, and one that appears twice.
    "countries": "note,visibility\n" => b"note,visibility,colour\n"; "" = "": "the column colour is not known: the columns are key,id,name,",
    "countries": "note,visibility\n" => b"note,visibility,note\n"; "" = "": "the column note appears twice",
    // Too few cells, too many.
    "topics": "innovation,Innovation,en,,,public" => b"innovation,Innovation,en,,public"; "" = "": "the row has 5 cells: it must have 6",
    "topics": "innovation,Innovation,en,,,public" => b"innovation,Innovation,en,,,public,"; "" = "": "the row has 7 cells: it must have 6",
    // Bytes that are no UTF-8.
    "topics": "innovation,Innovation" => b"innovation,Innovati\xE9n"; "name" = "Innovati\u{FFFD}n": "save the file as UTF-8",
    // The character that no database keeps.
    "topics": "innovation,Innovation" => b"innovation,Innov\0ation"; "name" = "Innov\0ation": "NUL",
    // A quotation mark without its partner.
    "visits": "2018,Zhejiang leadership" => b"2018,\"Zhejiang leadership"; "" = "": "a quotation mark that is opened in this row or its cells is never closed",
};

/// What stands in cells.
const CELLS: &[Case] = cases! {
    // Dates that are no EDTF, that cannot be, that have a time of day.
    "visits": "imatra-2017,Beihai delegation visits Imatra,en,delegation,took_place,2017-07-04" => b"imatra-2017,Beihai delegation visits Imatra,en,delegation,took_place,4.7.2017"; "start" = "4.7.2017": "write 2017-07-04 if the day comes first, 2017-04-07 if the month comes first",
    "visits": "imatra-2017,Beihai delegation visits Imatra,en,delegation,took_place,2017-07-04" => b"imatra-2017,Beihai delegation visits Imatra,en,delegation,took_place,2017-02-29"; "start" = "2017-02-29": "such as 2019-09-24",
    "visits": "imatra-2017,Beihai delegation visits Imatra,en,delegation,took_place,2017-07-04" => b"imatra-2017,Beihai delegation visits Imatra,en,delegation,took_place,2017-07-04T12:00:00Z"; "start" = "2017-07-04T12:00:00Z": "time of day",
    // An end before its start.
    "visits": "took_place,2017-07-04,2017-07-04,CN,beihai" => b"took_place,2017-07-04,2017-07-03,CN,beihai"; "end" = "2017-07-03": "before start (2017-07-04)",
    "partnerships": "hirakata,sister_city,1987-12-16,," => b"hirakata,sister_city,1987-12-16,1986,"; "ended" = "1986": "before since (1987-12-16)",
    // References to what is not there.
    "cities": "Ähtäri,en,city,FI," => "Ähtäri,en,city,QQ,".as_bytes(); "country" = "QQ": "no country has this key",
    "participations": "P001,visit,smpg-office-espoo-2019" => b"P001,visit,nowhere"; "activity" = "nowhere": "no visit has this key",
    "participations": "P001,visit,smpg-office-espoo-2019" => b"P001,event,smpg-office-espoo-2019"; "activity" = "smpg-office-espoo-2019": "no event has this key",
    "partnerships": ",ahtari;dujiangyan," => b",ahtari;atlantis,"; "members" = "atlantis": "no city has this key",
    "names": "city,ahtari,zh" => b"city,atlantis,zh"; "record" = "atlantis": "no city has this key",
    "tags": "conference,sister-cities" => b"conference,brother-cities"; "topic" = "brother-cities": "no topic has this key",
    // A record of a kind that cannot stand there.
    "participations": "P001,visit,smpg-office" => b"P001,city,smpg-office"; "activity_kind" = "city": "expected one of visit, event",
    "names": "city,ahtari,zh" => b"town,ahtari,zh"; "record_kind" = "town": "expected one of country, topic, source, city, ",
    // What must not be empty.
    "cities": "Ähtäri,en,city,FI," => "Ähtäri,en,city,,".as_bytes(); "country" = "": "give the key of a country",
    "participations": "P001,visit,smpg-office-espoo-2019" => b"P001,visit,"; "activity" = "": "give the key of a visit",
    "topics": "innovation,Innovation" => b"innovation,"; "name" = "": "must not be empty",
    "names": "city,ahtari,zh,艾赫泰里" => b"city,ahtari,zh,"; "name" = "": "must not be empty",
    "identifiers": "geonames,415189" => b"geonames,"; "value" = "": "must not be empty",
    // What must be unique.
    "cities": "\nahtari," => b"\naden,"; "key" = "aden": "line 2 has the same key already",
    "names": "city,ahtari,zh,艾赫泰里" => "city,ahtari,fi,Ähtäri".as_bytes(); "" = "": "has the same record_kind, record, language, name already",
    // Tags are the same whatever their capitals.
    "names": "city,ahtari,zh,艾赫泰里" => "city,ahtari,FI,Ähtäri".as_bytes(); "" = "": "already",
    "identifiers": "wikidata,Q131694" => b"geonames,415189"; "" = "": "line 2 has the same scheme, value already",
    // Keys of the wrong form.
    "topics": "\ninnovation," => b"\n-innovation,"; "key" = "-innovation": "letters, digits",
    "topics": "\nmarket-entry," => b"\n,"; "key" = "": "letters, digits",
    // Numbers.
    "cities": "60.2052,24.6522,323910," => b"north,24.6522,323910,"; "latitude" = "north": "a number, such as",
    "cities": "60.2052,24.6522,323910," => b"NaN,24.6522,323910,"; "latitude" = "NaN": "a number, such as",
    "cities": "60.2052,24.6522,323910," => b"60.2052,inf,323910,"; "longitude" = "inf": "a number, such as",
    "cities": "60.2052,24.6522,323910," => b"60.2052,24.6522,many,"; "population" = "many": "a whole number, such as",
    "cities": "60.2052,24.6522,323910," => b"60.2052,24.6522,3239100000,"; "population" = "3239100000": "a whole number",
    "cities": "60.2052,24.6522,323910," => b"90.1,24.6522,323910,"; "latitude" = "90.1": "from -90 to 90",
    "cities": "60.2052,24.6522,323910," => b"60.2052,-180.5,323910,"; "longitude" = "-180.5": "from -180 to 180",
    "cities": "60.2052,24.6522,323910," => b"60.2052,24.6522,-1,"; "population" = "-1": "from 0 to",
    "indicators": "sister_cities_total,55,count" => b"sister_cities_total,fifty,count"; "value" = "fifty": "decimal",
    "indicators": "sister_cities_total,55,count" => b"sister_cities_total,,count"; "value" = "": "decimal",
    // Partnerships: of a city with itself, of one city.
    "partnerships": ",ahtari;dujiangyan," => b",ahtari;ahtari,"; "members" = "ahtari;ahtari": "ahtari is named twice: name each city once",
    "partnerships": ",ahtari;dujiangyan," => b",ahtari,"; "members" = "ahtari": "expected at least 2 keys",
    // What is a part of itself.
    "cities": "Ähtäri,en,city,FI,," => "Ähtäri,en,city,FI,ahtari,".as_bytes(); "parent" = "ahtari": "names itself",
    // Words of closed lists.
    "cities": "Ähtäri,en,city,FI," => "Ähtäri,en,hamlet,FI,".as_bytes(); "kind" = "hamlet": "one of city, town, village, county_level_city, ",
    "topics": "innovation,Innovation,en,,,public" => b"innovation,Innovation,en,,,secret"; "visibility" = "secret": "expected one of public, partner, internal",
    "events": "C21 cities meeting,en,true" => b"C21 cities meeting,en,yes"; "is_series" = "yes": "expected true or false",
    "identifiers": "geonames,415189" => b"geoname,415189"; "scheme" = "geoname": "one of geonames, wikidata, ",
    // Language tags.
    "topics": "innovation,Innovation,en," => b"innovation,Innovation,english language,"; "language" = "english language": "BCP 47",
    "names": "city,ahtari,zh," => b"city,ahtari,12345,"; "language" = "12345": "BCP 47",
};

#[tokio::test(flavor = "multi_thread")]
async fn bad_form_is_reported_and_changes_nothing() {
    each(FORM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_cells_are_reported_and_change_nothing() {
    each(CELLS).await;
}

/// Tries each case; goes on after one that fails, so that all are seen at once.
async fn each(cases: &[Case]) {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let mut wrong = Vec::new();
        for case in cases {
            let set = Set::bundled();
            let expected = Problem {
                file: case.file.to_owned(),
                line: set.replace(case.file, case.from, case.to),
                column: case.column.to_owned(),
                value: case.value.to_owned(),
                code: coopgraph::model::draft::ProblemCode::Invalid,
                message: case.says.to_owned(),
            };
            match database.import(&set.files()).await {
                Err(Failure::Problems(found)) => {
                    wrong.extend(difference(&found, &expected));
                }
                other => wrong.push(format!("expected {expected}\n   found {other:?}")),
            }
        }
        assert!(wrong.is_empty(), "{backend}:\n{}", wrong.join("\n"));
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}

/// What is not as expected: one problem, just there, whose words begin or go on as expected.
fn difference(found: &Problems, expected: &Problem) -> Option<String> {
    let one = &found.listed[0];
    let placed = Problem { message: expected.message.clone(), code: expected.code, ..one.clone() };
    let right = found.total == 1 && placed == *expected && one.message.contains(&expected.message);
    (!right).then(|| format!("expected {expected}\n   found {found}"))
}

/// Lines are counted alike, whatever they end in: LF, CRLF or CR.
#[tokio::test(flavor = "multi_thread")]
async fn problems_are_on_their_lines_whatever_ends_them() {
    let lines = [
        "key,name,language,broader,note,visibility",
        "a,A,en,,,public",
        "",
        "b,B,en,,public",
        "c,\"C",
        "C\",en,,,public",
        "d,,en,,,public",
        "e,\"E,en,,,public",
        "f,F,en,,,public",
    ];
    let expected = [
        (4, "the row has 5 cells"),
        (7, "name"),
        (8, "a quotation mark that is opened in this row or its cells is never closed"),
    ];
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        for end in ["\n", "\r\n", "\r"] {
            let set = Set::headers();
            fs::write(set.path("topics.csv"), lines.join(end) + end).expect("a file");
            let found = problems(database.import(&set.files()).await);
            let is_told = |(line, says): &(u64, &str)| {
                found.listed.iter().any(|problem| problem.line == *line && problem.to_string().contains(says))
            };
            assert!(expected.iter().all(is_told), "{backend}, {end:?}: {found}");
        }
    }
}

/// A missing file says nothing; what refers to records that nobody has is reported.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_says_nothing() {
    for backend in backends() {
        let full = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&full).await;
        for file in bundled().into_keys() {
            let set = Set::bundled();
            fs::remove_file(set.path(&file)).expect("a file less");
            let done = full.import(&set.files()).await.expect("an import");
            assert_eq!((done.added, done.updated, done.annotations), (0, 0, 0), "{backend}: {file}");
        }
        assert!(state(&full).await == before, "{backend}: rows changed");

        let empty = TestDatabase::new(backend, Data::Empty).await;
        let before = state(&empty).await;
        for (file, says) in
            [("countries.csv", "no country has this key"), ("topics.csv", "no topic"), ("visits.csv", "no visit")]
        {
            let set = Set::bundled();
            fs::remove_file(set.path(file)).expect("a file less");
            let found = problems(empty.import(&set.files()).await);
            assert!(found.listed.iter().all(|problem| problem.message.contains(says)), "{backend}: {found}");
        }
        assert!(state(&empty).await == before, "{backend}: rows changed");
    }
}

/// What other programs write instead of CSV in UTF-8 with commas is one message, with what to do.
#[tokio::test(flavor = "multi_thread")]
async fn other_formats_are_one_message() {
    let header = "key,name,language,kind,country,visibility\n";
    let row = "a,Ähtäri,fi,city,FI,public\n";
    let with = |separator: &str| (header.to_owned() + row).replace(',', separator).into_bytes();
    let utf_16 =
        |bytes: fn(u16) -> [u8; 2]| (header.to_owned() + row).encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let latin_1 = |rows: usize| {
        let text =
            header.to_owned() + &(0..rows).map(|i| format!("a{i},Ähtäri,fi,city,FI,public\n")).collect::<String>();
        text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect::<Vec<_>>()
    };
    let cases: [(Vec<u8>, u64, &str); 16] = [
        (with(";"), 1, "the cells are separated by semicolons: save the file with commas"),
        (with("\t"), 1, "the cells are separated by tabs: save the file with commas"),
        (with("|"), 1, "the cells are separated by vertical bars: save the file with commas"),
        (with(" ; "), 1, "the cells are separated by semicolons: save the file with commas"),
        (utf_16(u16::to_le_bytes), 0, "the file is UTF-16: save it as CSV in UTF-8"),
        (utf_16(u16::to_be_bytes), 0, "the file is UTF-16: save it as CSV in UTF-8"),
        ([vec![0xFF, 0xFE], utf_16(u16::to_le_bytes)].concat(), 0, "the file is UTF-16: save it as CSV in UTF-8"),
        (latin_1(1), 2, "it is not UTF-8: save the file as UTF-8"),
        (latin_1(50), 2, "it is not UTF-8: save the file as UTF-8"),
        (Vec::new(), 0, "the file is empty: its first line must name columns of key,id,name,"),
        (b"\xEF\xBB\xBF".to_vec(), 0, "the file is empty: its first line must name columns of key,id,name,"),
        (b"PK\x03\x04\x14\0\x08\0".to_vec(), 0, "the file is a workbook and no CSV file"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), 0, "the file is a workbook and no CSV file"),
        ((header.to_owned() + "a,\"A,fi,city,FI,public\nb,B,fi,city,FI,public\n").into_bytes(), 2, "is never closed"),
        // In the last cell, where the row has as many cells as it should.
        (b"key,note\nespoo,\"abc\nvantaa,def\nturku,ghi\n".to_vec(), 2, "is never closed"),
        (b"key,note\nespoo,abc\nvantaa,\"def\n".to_vec(), 3, "is never closed"),
    ];
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        for (bytes, line, says) in &cases {
            let set = Set::empty();
            fs::write(set.path("cities.csv"), bytes).expect("a file");
            let found = problems(database.import(&set.files()).await);
            let [problem] = &found.listed[..] else { panic!("{backend}: {says}: {found}") };
            assert_eq!(problem.line, *line, "{backend}: {says}: {found}");
            assert!(problem.message.contains(says), "{backend}: {says}: {found}");
        }
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}

/// A row that does not end is not read into memory: the import stops at its longest possible row.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_without_end_is_reported() {
    let header = "key,name,language,kind,country,visibility\nespoo,Espoo,fi,city,FI,public\n";
    let long = "x".repeat(3 << 20);
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        for row in [format!("a,\"{long}"), format!("a,{long}"), format!("a,\"{}", "b\n".repeat(1 << 20))] {
            let set = Set::empty();
            fs::write(set.path("cities.csv"), format!("{header}{row}")).expect("a file");
            let found = problems(database.import(&set.files()).await);
            let [problem] = &found.listed[..] else { panic!("{backend}: {found}") };
            assert!(problem.message.contains("more than 1048576 bytes"), "{backend}: {found}");
            assert_eq!(problem.line, 3, "{backend}: {found}");
        }
    }
}

/// What is no file in the place of a file is reported, and not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_reported() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let directory = Set::empty();
        fs::create_dir(directory.path("cities.csv")).expect("a directory");
        let pipe = Set::empty();
        let made = std::process::Command::new("mkfifo").arg(pipe.path("names.csv")).status().expect("mkfifo");
        assert!(made.success());
        let link = Set::empty();
        std::os::unix::fs::symlink("nowhere", link.path("topics.csv")).expect("a link");
        for (set, says) in [(directory, "not a regular file"), (pipe, "not a regular file"), (link, "does not exist")] {
            let found = problems(database.import(&set.files()).await);
            assert!(found.total == 1 && found.listed[0].message.contains(says), "{backend}: {found}");
        }
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}

/// An empty directory has nothing to import; what is no directory is said to be none.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_directory_and_none_are_reported() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let found = problems(database.import(&Set::empty().files()).await);
        let message = &found.listed[0].message;
        assert!(found.total == 1 && message.starts_with("the directory has none of the files "), "{backend}: {found}");
        assert!(bundled().into_keys().all(|file| message.contains(&file)), "{backend}: {found}");

        let set = Set::bundled();
        for path in [set.path("nowhere"), set.path("cities.csv")] {
            let found = problems(database.import(&Files::In(path.clone())).await);
            let expected = Problem {
                file: path.display().to_string(),
                line: 0,
                column: String::new(),
                value: String::new(),
                code: coopgraph::model::draft::ProblemCode::Invalid,
                message: "no such directory".to_owned(),
            };
            assert_eq!(difference(&found, &expected), None, "{backend}");
        }
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}

/// Problems of several files are all told, in one go; a hundred are listed, the others counted.
#[tokio::test(flavor = "multi_thread")]
async fn all_problems_are_told_and_a_hundred_listed() {
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Bundled).await;
        let before = state(&database).await;
        let set = Set::bundled();
        set.replace("topics.csv", "innovation,Innovation,en,,,public", b"innovation,,en,,,secret");
        set.replace("tags.csv", "conference,sister-cities", b"conference,x");
        let found = problems(database.import(&set.files()).await);
        let places: Vec<_> = found.listed.iter().map(|p| (p.file.as_str(), p.column.as_str())).collect();
        let expected = [("topics.csv", "name"), ("topics.csv", "visibility"), ("tags.csv", "topic")];
        assert_eq!(places, expected, "{backend}");

        for (rows, more) in [(100, None), (101, Some("… and 1 more")), (150, Some("… and 50 more"))] {
            let set = Set::bundled();
            let path = set.path("cities.csv");
            let text = fs::read_to_string(&path).expect("a file");
            let bad: String = (0..rows).map(|i| format!("bad{i},Bad,en,hamlet,FI,,,,,,public\n")).collect();
            fs::write(&path, text + &bad).expect("a file");
            let found = problems(database.import(&set.files()).await);
            assert_eq!((found.total, found.listed.len()), (rows, 100), "{backend}");
            let shown = found.to_string();
            let last_but_one = shown.lines().rev().nth(1).expect("a line");
            assert_eq!(more.unwrap_or(last_but_one), last_but_one);
            assert_eq!(shown.lines().count(), 101 + usize::from(more.is_some()));
            assert!(shown.ends_with(&format!("{rows} problem(s); nothing was changed")));
        }
        assert!(state(&database).await == before, "{backend}: rows changed");
    }
}
