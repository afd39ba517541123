//! Workbooks: merged cells, formulas, hidden sheets, dates, many rows, and what is meant to harm.

use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

/// A workbook with one sheet, which `fill` fills.
fn xlsx(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet().set_name("Cities").expect("a name"));
    workbook.save_to_buffer().expect("a workbook")
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a part");
        archive.write_all(bytes).expect("a part");
    }
    archive.finish().expect("an archive").into_inner()
}

/// A workbook whose parts are edited, each by its name and its text.
fn edited(workbook: &[u8], edit: impl Fn(&str, &str) -> String) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(workbook)).expect("an archive");
    let mut parts = Vec::new();
    for i in 0..old.len() {
        let mut part = old.by_index(i).expect("a part");
        let mut text = String::new();
        part.read_to_string(&mut text).expect("a text");
        let name = part.name().expect("a name").into_owned();
        text = edit(&name, &text);
        parts.push((name, text));
    }
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    archive(&parts)
}

/// A workbook whose formulas have lost the result 987654, as other programs write them.
fn without_results(workbook: &[u8]) -> Vec<u8> {
    edited(workbook, |_, text| text.replace("<v>987654</v>", ""))
}

/// A workbook whose part of texts says that it has so many of them.
fn announcing(workbook: &[u8], texts: &str) -> Vec<u8> {
    edited(workbook, |name, text| match text.split_once("uniqueCount=\"") {
        Some((before, rest)) if name == "xl/sharedStrings.xml" => {
            let (_, after) = rest.split_once('"').expect("an end");
            format!("{before}uniqueCount=\"{texts}\"{after}")
        }
        _ => text.to_owned(),
    })
}

/// A workbook that announces more texts than it has does not take memory for them.
#[tokio::test(flavor = "multi_thread")]
async fn announced_texts_take_no_memory() {
    let place = place(Backend::Sqlite).await;
    write(&place, "m.toml", CITIES);
    let plain = xlsx(|sheet| {
        sheet.write(0, 0, "City").and_then(|sheet| sheet.write(0, 1, "Country")).expect("cells");
    });
    let counts = |text: &str| text.contains("uniqueCount=");
    assert_ne!(plain, edited(&plain, |_, text| if counts(text) { String::new() } else { text.to_owned() }));
    for texts in ["18446744073709551615", "99999999999999999999999", "1000000000", "+4000000000"] {
        write(&place, "x.xlsx", announcing(&plain, texts));
        let error = refused(&place, "x.xlsx");
        assert!(error.contains("x.xlsx: the workbook is damaged: it announces more texts than it can have"), "{error}");
    }
}

/// An ODS workbook with the tables of a `content.xml`.
fn ods(tables: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\" xmlns:style=\"s\">\
         <office:automatic-styles><style:style style:name=\"ta2\"><style:table-properties table:display=\"false\"/></style:style>\
         </office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    archive(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

/// A row of ODS: texts, or attributes of a cell.
fn ods_row(cells: &[&str]) -> String {
    let cell = |cell: &&str| match cell.strip_prefix('@') {
        Some(attributes) => format!("<table:table-cell {attributes}/>"),
        None => format!("<table:table-cell office:value-type=\"string\"><text:p>{cell}</text:p></table:table-cell>"),
    };
    format!("<table:table-row>{}</table:table-row>", cells.iter().map(cell).collect::<String>())
}

const EMPTY_END: &str = "<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell \
                         table:number-columns-repeated=\"16384\"/></table:table-row>";

/// Merged cells apply to their rows; formulas have the value that is kept; what is behind the table costs nothing. The same in
/// both formats.
#[tokio::test(flavor = "multi_thread")]
async fn both_formats_are_read_alike() {
    let format = Format::new();
    let xlsx = xlsx(|sheet| {
        for (column, text) in ["Country", "City", "People", "Note"].into_iter().enumerate() {
            sheet.write(0, u16::try_from(column).expect("a column"), text).expect("a cell");
        }
        sheet.merge_range(1, 0, 2, 0, "Estonia", &format).expect("merged cells");
        sheet.write(1, 1, "Narva & Co").expect("a cell");
        sheet.write_formula(1, 2, Formula::new("=1+1").set_result("53424")).expect("a cell");
        sheet.write(2, 1, "Tartu").expect("a cell");
        sheet.write(2, 2, 97_435.0).expect("a cell");
        sheet.write(2, 3, true).expect("a cell");
        sheet.write(1_048_575, 200, " ").expect("a cell");
    });
    let rows = [
        ods_row(&["Country", "City", "People", "Note"]),
        ods_row(&[
            "@table:number-rows-spanned=\"2\" office:value-type=\"string\" office:string-value=\"Estonia\"",
            "Narva &amp; Co",
            "@table:formula=\"of:=1+1\" office:value-type=\"float\" office:value=\"53424\"",
        ]),
        "<table:table-row><table:covered-table-cell/><table:table-cell office:value-type=\"string\"><office:annotation>\
         <text:p>a comment</text:p></office:annotation><text:p>Tartu</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"float\" office:value=\"97435\"/>\
         <table:table-cell office:value-type=\"boolean\" office:boolean-value=\"true\"/></table:table-row>"
            .to_owned(),
        EMPTY_END.to_owned(),
    ];
    let ods = ods(&format!("<table:table table:name=\"Cities\">{}</table:table>", rows.concat()));
    let mapping = CITIES.to_owned() + "fields.population = \"People\"\nfields.note = \"Note\"\n";
    for backend in all_backends() {
        for (name, bytes) in [("c.xlsx", &xlsx), ("c.ods", &ods)] {
            let place = place(backend).await;
            write(&place, "m.toml", &mapping);
            write(&place, name, bytes);
            let printed = imported(&place, name, &[]);
            assert!(printed.contains("2 records added"), "{backend}: {name}: {printed}");
            let query = "{ cities(filter: {country: {key: {eq: \"EE\"}}, key: {in: [\"narva-co-estonia\", \"tartu-estonia\"]}}, orderBy: KEY_ASC) { nodes { name population note } } }";
            let expected = serde_json::json!([
                { "name": "Narva & Co", "population": 53_424, "note": null },
                { "name": "Tartu", "population": 97_435, "note": "true" },
            ]);
            assert_eq!(ask(&place, query).await["cities"]["nodes"], expected, "{backend}: {name}");
            comes_out_and_in_again(&place).await;
        }
    }
}

/// A sheet that is hidden is read only if it is named, and of several a person chooses one.
#[tokio::test(flavor = "multi_thread")]
async fn sheets_are_chosen() {
    let mut workbook = Workbook::new();
    for (name, is_hidden) in [("Cities", false), ("Old", true)] {
        let sheet = workbook.add_worksheet().set_name(name).expect("a name");
        sheet.set_hidden(is_hidden);
        for (row, cells) in [["City", "Country"], [name, "Estonia"]].into_iter().enumerate() {
            sheet.write_row(u32::try_from(row).expect("a row"), 0, cells).expect("cells");
        }
    }
    let hidden = workbook.save_to_buffer().expect("a workbook");
    let row = |name: &str| ods_row(&["City", "Country"]) + &ods_row(&[name, "Estonia"]);
    let hidden_ods = ods(&format!(
        "<table:table table:name=\"Cities\">{}</table:table><table:table table:name=\"Old\" table:style-name=\"ta2\">{}</table:table>",
        row("Cities"),
        row("Old")
    ));
    let place = place(Backend::Sqlite).await;
    for (name, bytes) in [("h.xlsx", &hidden), ("h.ods", &hidden_ods)] {
        write(&place, name, bytes);
        write(&place, "m.toml", CITIES);
        let printed = imported(&place, name, &["--dry-run", "--explain"]);
        assert!(printed.contains(&format!("{name} [Cities]:2: city: cities-estonia: new")), "{printed}");
        assert!(printed.contains(&format!("note: {name}: the sheet Old is hidden and not read")), "{printed}");
        write(&place, "m.toml", CITIES.replace("[[table]]", "[[table]]\nsheet = \"Old\""));
        let printed = imported(&place, name, &["--dry-run", "--explain"]);
        assert!(printed.contains(&format!("{name} [Old]:2: city: old-estonia: new")), "{printed}");
        write(&place, "m.toml", CITIES.replace("[[table]]", "[[table]]\nsheet = \"New\""));
        assert!(refused(&place, name).contains("there is no sheet New: the sheets are Cities, Old"));
    }
}

/// What a workbook cannot say is told at its cell.
#[tokio::test(flavor = "multi_thread")]
async fn bad_cells_of_workbooks_are_told() {
    let header = |sheet: &mut rust_xlsxwriter::Worksheet| {
        sheet.write_row(0, 0, ["City", "Country"]).expect("cells");
    };
    let unvalued = without_results(&xlsx(|sheet| {
        header(sheet);
        sheet.write_formula(1, 0, Formula::new("=A1").set_result("987654")).expect("a cell");
    }));
    let time = xlsx(|sheet| {
        header(sheet);
        let time = ExcelDateTime::parse_from_str("12:30:00").expect("a time");
        sheet.write_with_format(1, 0, time, &Format::new().set_num_format("hh:mm")).expect("a cell");
    });
    let table = |row: String| {
        ods(&format!("<table:table table:name=\"A\">{}{row}</table:table>", ods_row(&["City", "Country"])))
    };
    let cases = [
        ("a.xlsx", unvalued, "a.xlsx:2: City = \"\": the formula has no value: open the workbook in a spreadsheet program"),
        ("b.xlsx", time, "b.xlsx:2: City = \"\": the cell is a time of day or no date that there is"),
        ("c.ods", table(ods_row(&["@table:formula=\"of:=A1\""])), "c.ods:2: City = \"\": the formula has no value"),
        ("d.ods", table("<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell office:value-type=\"string\"><text:p>x</text:p></table:table-cell></table:table-row>".to_owned()), "d.ods:2: [A] = \"x\": a row with values is repeated"),
        ("e.ods", table(ods_row(&["@table:number-columns-repeated=\"16000\" office:value-type=\"float\" office:value=\"1\""])), "a table can have at most 1048576 rows and 2000 columns"),
        ("f.xlsx", archive(&[("word/document.xml", b"<w/>")]), "f.xlsx: the file is an archive, but no workbook"),
        ("g.ods", archive(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("META-INF/manifest.xml", b"<manifest:encryption-data/>"), ("content.xml", b"")]), "g.ods: the workbook is encrypted"),
        ("h.xlsx", xlsx(|_| {}), "h.xlsx: it has no rows"),
    ];
    let place = place(Backend::Sqlite).await;
    write(&place, "m.toml", CITIES);
    for (name, bytes, says) in cases {
        write(&place, name, bytes);
        let error = refused(&place, name);
        assert!(error.contains(says), "expected {says}\n{error}");
    }
}

/// A cell without a value matters only if the mapping reads it.
#[tokio::test(flavor = "multi_thread")]
async fn cells_that_are_not_read_do_not_matter() {
    let rows = [
        ods_row(&["City", "Country", "Density"]),
        ods_row(&["Narva", "Estonia", "@table:formula=\"of:=1/0\""]),
        ods_row(&["@table:formula=\"of:=SUM()\""]),
    ];
    let place = place(Backend::Sqlite).await;
    write(&place, "w.ods", ods(&format!("<table:table table:name=\"A\">{}</table:table>", rows.concat())));
    write(&place, "m.toml", CITIES.replace("[[table]]", "[[table]]\nlast-row = 2"));
    let printed = imported(&place, "w.ods", &["--dry-run"]);
    assert!(printed.contains("1 records added"), "{printed}");
}

/// An archive that unpacks to far more than it seems is refused before it is read.
#[tokio::test(flavor = "multi_thread")]
async fn a_zip_bomb_is_refused() {
    let zeros = vec![b' '; 140 << 20];
    let bomb = archive(&[("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/sheet1.xml", &zeros)]);
    assert!(bomb.len() < 1 << 20);
    let place = place(Backend::Sqlite).await;
    write(&place, "m.toml", CITIES);
    write(&place, "bomb.xlsx", bomb);
    assert!(refused(&place, "bomb.xlsx").contains("bomb.xlsx: the workbook unpacks to more than 128 MiB"));
}
