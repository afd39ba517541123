//! Bad files and bad mappings: one clear message each, with the place and what would be right, and nothing is changed.

use super::*;

/// A mapping with something wrong, and what the message says.
#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_mappings_are_told() {
    let with = |from: &str, to: &str| {
        assert!(CITIES.contains(from), "{from}");
        CITIES.replace(from, to)
    };
    let cases = [
        (with("[[table]]", "[[table]]\nsheets = \"x\""), "m.toml:4: unknown field `sheets`, expected one of `sheet`, "),
        (
            with("kind = \"city\"", "kind = \"town\""),
            "m.toml: record town: there is no kind town: the kinds are country, topic, ",
        ),
        (
            with("fields.kind", "fields.knd"),
            "m.toml: record city: fields: a city has no field knd: did you mean kind? the fields are name, ",
        ),
        (
            with("fields.name = \"City\"", "fields.name = \"Citi\""),
            "record city: name: c.csv: there is no column Citi: did you mean City? the columns are City, Country; for the same value in all rows write { value = \"Citi\" }",
        ),
        (
            with("fields.language = { value = \"en\" }", ""),
            "fields: name needs language beside it, such as language = { value = \"en\" }",
        ),
        (
            with("\"Country\", find = [\"key\", \"name\"]", "\"Country\", find = \"alpha3\""),
            "country: nothing is found by alpha3: write key, name, id or a scheme: the schemes are geonames, ",
        ),
        (
            with("fields.kind = {", "fields.population = { find = \"name\","),
            "population: `find`: it is for fields that refer to records",
        ),
        (
            with("fields.kind = {", "fields.parent = { record = \"other\" }\nfields.kind = {"),
            "parent: no record of the table is called other",
        ),
        (
            with("key = { slug = [\"City\", \"Country\"] }", "as = \"me\"\nkey = { slug = { record = \"me\" } }"),
            "form a circle: me: a key or a match cannot need itself",
        ),
        (
            with("{ value = \"city\" }", "{ value = \"city\", column = \"City\" }"),
            "kind: write one of `column`, `value`, `text` and `record`",
        ),
        (
            with("key = { slug = [\"City\", \"Country\"] }", "key = {}"),
            "key: write one of `column`, `value` and `slug`",
        ),
        (
            with("fields.kind", "fields.version = \"City\"\nfields.kind"),
            "a foreign file cannot say the version of a record",
        ),
        (with("fields.kind", "fields.kind = { text = \"a{City\" }\n#"), "kind: a brace stays open in \"a{City\""),
        ("[decisions.town]\nx = \"y\"\n".to_owned() + CITIES, "decisions: there is no kind town"),
        ("visibility = \"public\"\n".to_owned(), "it names no [[table.record]], so there is nothing to import"),
        (with("[[table]]", "[[table]]\nsheet = \"A\""), "c.csv: the file is a text and has no sheet A"),
        (with("[[table]]", "[[table]]\nheader = 9"), "c.csv: row 9 is empty: it must have the headers of the columns"),
    ];
    for backend in all_backends() {
        let place = place(backend).await;
        write(&place, "c.csv", "City,Country\nNarva,Estonia\n");
        for (mapping, says) in &cases {
            write(&place, "m.toml", mapping);
            let output = place.run(&["import", "c.csv", "--mapping", "m.toml"]);
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && error.contains(says), "{backend}: expected {says}\n{error}");
        }
        comes_out_and_in_again(&place).await;
    }
}

/// Cells with something wrong: the message names the row and the column of the file, also if import finds it.
#[tokio::test(flavor = "multi_thread")]
async fn bad_cells_are_told_at_their_place() {
    let mapping = r#"
        visibility = "public"
        unknown = ["TBD"]
        [[table]]
        [[table.record]]
        kind = "visit"
        key = { slug = "Title" }
        fields.title = "Title"
        fields.language = { value = "en" }
        fields.kind = { column = "Kind", words = { "State visit" = "state" } }
        fields.start = { column = "From", date = "day-first" }
        fields.end = { column = "To", date = "iso" }
        fields.to_city = { column = "City", find = "name" }
    "#;
    let header = "Title,Kind,From,To,City\n";
    let cases = [
        ("A,State visit,31.2.2024,,\n", "v.csv:2: From = \"31.2.2024\": expected a date such as 24.9.2019"),
        (
            "A,Stat visit,,,\n",
            "v.csv:2: Kind = \"Stat visit\": `words` in the mapping does not translate this: did you mean State visit?",
        ),
        ("A,,,2024-13,\n", "v.csv:2: To = \"2024-13\": visit a: end: \"2024-13\" is not a date"),
        ("A,,2.1.2024,2023,\n", "v.csv:2: To = \"2023\": visit a: end: it is before start (2024-01-02)"),
        ("A,,,,Atlantis\n", "v.csv:2: City = \"Atlantis\": no city is found by this: correct it"),
        ("A,,,,Helsinky\n", "no city is found by this (did you mean Helsinki, helsinki?): correct it"),
        ("!!!,,,,\n", "v.csv:2: Title = \"!!!\": no key of a visit can be made of this: it has no letters or digits"),
        ("TBD,,,,\n,,,,\n", "v.csv: no row makes a record: see --explain"),
        ("A,,,,\n\nB,,,,Atlantis\n", "v.csv:4: City = \"Atlantis\""),
    ];
    for backend in all_backends() {
        let place = place(backend).await;
        write(&place, "m.toml", mapping);
        for (rows, says) in cases {
            write(&place, "v.csv", header.to_owned() + rows);
            let error = refused(&place, "v.csv");
            assert!(error.contains(says), "{backend}: expected {says}\n{error}");
        }
    }
}

/// What is no table is told in one message.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_tables_are_told() {
    let encrypted: Vec<u8> = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
        .iter()
        .copied()
        .chain("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let cases: [(&[u8], &str); 8] = [
        (b"", "x: the file is empty"),
        (b"%PDF-1.7\n", "x: the file is PDF: copy its table into a spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "the file is neither a text nor a workbook (XLSX, ODS)"),
        (b"PK\x03\x04 and nothing else", "x: the workbook is damaged: "),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "x: the workbook has the old form XLS: save it as XLSX or ODS"),
        (&encrypted, "x: the workbook is encrypted: save it without a password"),
        (
            b"City,Country\nNarva,\"Estonia\nKotka,Finland\n",
            "x:2: [B] = \"\": a quotation mark that is opened here is never closed",
        ),
        (b"<html><body></body></html>", "there is no column City"),
    ];
    let place = place(Backend::Sqlite).await;
    write(&place, "m.toml", CITIES);
    for (bytes, says) in cases {
        write(&place, "x", bytes);
        let error = refused(&place, "x");
        assert!(error.contains(says), "expected {says}\n{error}");
    }
    let error = refused(&place, "nowhere.csv");
    assert!(error.contains("nowhere.csv: it cannot be read: No such file"), "{error}");
    assert!(refused(&place, ".").contains("it is not a regular file"));
    let output = place.run(&["import", "x"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("it is a file: name its --format"));
}

/// The encoding of a text that is not UTF-8 is guessed, and a note says which; a damaged letter in UTF-8 is told at its line.
#[tokio::test(flavor = "multi_thread")]
async fn encodings_are_recognised() {
    let place = place(Backend::Sqlite).await;
    write(&place, "m.toml", CITIES);
    let line = |name: &[u8]| [b"City,Country\n", name, b",FI\n"].concat();
    let guessed: [(&str, &[u8], &str, &str); 4] = [
        ("latin.csv", b"J\xe4ms\xe4nkoski", "windows-1252", "j-ms-nkoski"),
        ("cyrillic.csv", b"\xcd\xe8\xe6\xed\xe8\xe9 \xcd\xee\xe2\xe3\xee\xf0\xee\xe4", "windows-1251", "nizhniy"),
        ("japanese.csv", b"\x93\x8c\x8b\x9e\x93s\x90V\x8fh\x8b\xe6", "Shift_JIS", ""),
        ("chinese.csv", b"\xc9\xcf\xba\xa3\xca\xd0\xbb\xc6\xc6\xd6\xc7\xf8", "GBK", ""),
    ];
    for (file, name, encoding, _) in guessed {
        write(&place, file, line(name));
        let printed = imported(&place, file, &["--dry-run", "--explain"]);
        assert!(printed.contains(&format!("note: {file} is read as {encoding}; if letters are wrong")), "{printed}");
    }
    let damaged = [&line("Äänekoski".as_bytes())[..], "Jämsä,FI\nPori".as_bytes(), b"\xa0,FI\n"].concat();
    write(&place, "damaged.csv", damaged);
    let error = refused(&place, "damaged.csv");
    assert!(error.contains("damaged.csv:4: the line is not in UTF-8, as the rest of the file is"), "{error}");
}
