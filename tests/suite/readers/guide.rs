//! `docs/import.md`, run from its own text: its files are written, its commands run, its queries asked.
//!
//! `COOPGRAPH_BLESS=1 cargo test guide` writes what they print and answer into it.

use super::*;

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/import.md");

/// A block of code of the guide: its language, the name behind it, its text.
struct Block {
    language: String,
    name: String,
    text: String,
}

fn sections() -> Vec<(String, Vec<Block>)> {
    let guide = fs::read_to_string(GUIDE).expect("the guide");
    let mut sections = Vec::new();
    for section in guide.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap_or_default().to_owned();
        let blocks = section.split("\n```").skip(1).step_by(2).map(|block| {
            let (info, text) = block.split_once('\n').unwrap_or((block, ""));
            let (language, name) = info.split_once(' ').unwrap_or((info, ""));
            Block { language: language.to_owned(), name: name.to_owned(), text: text.to_owned() + "\n" }
        });
        let blocks: Vec<_> = blocks.collect();
        if !blocks.is_empty() {
            sections.push((title, blocks));
        }
    }
    sections
}

/// A workbook with the cells of a CSV text: dates are dates, numbers are numbers, and `^` is merged with the cell above.
fn workbook(csv: &str) -> Vec<u8> {
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    let mut workbook = Workbook::new();
    let date = Format::new().set_num_format("d.m.yyyy");
    let sheet = workbook.add_worksheet();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let at = (u32::try_from(row).expect("a row"), u16::try_from(column).expect("a column"));
            if cell.is_empty() || cell == "^" {
                continue;
            }
            if rows.get(row + 1).is_some_and(|below| &below[column] == "^") {
                sheet.merge_range(at.0, at.1, at.0 + 1, at.1, cell, &Format::new()).expect("merged cells");
            } else if cell.len() == 10 && cell.starts_with(['1', '2']) {
                let moment = ExcelDateTime::parse_from_str(cell).expect("a date");
                sheet.write_with_format(at.0, at.1, moment, &date).expect("a cell");
            } else if let Ok(number) = cell.parse::<f64>() {
                sheet.write(at.0, at.1, number).expect("a cell");
            } else {
                sheet.write(at.0, at.1, cell).expect("a cell");
            }
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}

/// A value as JSON, on one line where it is short.
fn json(value: &Value, indent: usize) -> String {
    let short = value.to_string();
    let pad = " ".repeat(indent + 2);
    let end = " ".repeat(indent);
    match value {
        _ if indent + short.len() <= 110 => short,
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{pad}{name:?}: {}", json(value, indent + 2));
            format!("{{\n{}\n{end}}}", fields.iter().map(field).collect::<Vec<_>>().join(",\n"))
        }
        Value::Array(items) => {
            let item = |value: &Value| format!("{pad}{}", json(value, indent + 2));
            format!("[\n{}\n{end}]", items.iter().map(item).collect::<Vec<_>>().join(",\n"))
        }
        _ => short,
    }
}

/// Runs a section. Where it differs from what it says: the text of the block, and what would be right.
async fn run(place: &Place, blocks: &[Block]) -> Vec<(String, String)> {
    let mut differences = Vec::new();
    let mut answer = None;
    for block in blocks {
        match (block.language.as_str(), block.name.as_str()) {
            (_, name) if name.ends_with("xlsx") => write(place, name, workbook(&block.text)),
            (_, name) if !name.is_empty() => write(place, name, &block.text),
            ("console", _) => {
                let (command, expected) = block.text.split_once('\n').expect("a command");
                let words: Vec<&str> = command.trim_start_matches("$ coopgraph ").split(' ').collect();
                let printed = place.prints(&words);
                if printed.trim() != expected.trim() {
                    let right = format!("{command}\n{}\n", printed.trim());
                    differences.push((
                        format!("```console\n{}\n```", block.text.trim_end()),
                        format!("```console\n{right}```"),
                    ));
                }
            }
            ("graphql", _) => answer = Some(ask(place, &block.text).await),
            ("json", _) => {
                let found = answer.take().expect("a query before its answer");
                if serde_json::from_str::<Value>(&block.text).ok().as_ref() != Some(&found) {
                    let old = format!("```json\n{}\n```", block.text.trim_end()).replace("\n\n", "\n");
                    differences.push((old, format!("```json\n{}\n```", json(&found, 0))));
                }
            }
            (language, _) => panic!("a block of {language}"),
        }
    }
    differences
}

/// Puts right what the guide says.
fn bless(differences: &[(String, String)]) {
    let mut guide = fs::read_to_string(GUIDE).expect("the guide");
    for (old, new) in differences {
        assert!(guide.contains(old), "{old}");
        guide = guide.replacen(old, new, 1);
    }
    fs::write(GUIDE, guide).expect("the guide");
}

/// Each example of the guide does what the guide says, on both databases; what it imports comes out and in again the same, and
/// a second import finds nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn the_guide_is_right() {
    let sections = sections();
    assert!(sections.len() >= 7);
    for backend in all_backends() {
        for (title, blocks) in &sections {
            let place = place(backend).await;
            let differences = run(&place, blocks).await;
            if std::env::var_os("COOPGRAPH_BLESS").is_some() {
                bless(&differences);
            } else {
                let right: String = differences.into_iter().map(|(_, right)| right + "\n").collect();
                assert!(right.is_empty(), "{backend}: {title}: it is\n{right}");
            }
            comes_out_and_in_again(&place).await;
            let last = blocks.iter().rev().find(|block| block.language == "console").expect("a command");
            let command = last.text.lines().next().expect("a command").trim_start_matches("$ coopgraph ");
            let again = place.prints(&command.split(' ').collect::<Vec<_>>());
            assert!(again.contains("0 records added, 0 updated, "), "{backend}: {title}: {again}");
        }
    }
}
