//! ODS workbooks: the sheets of `content.xml`, read event by event.
//!
//! Cells and rows that are repeated cost nothing as long as they are empty: spreadsheets end in a million of them.

use std::io::{Cursor, Read};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{
    table::{Cell, MAX_BYTES, Row, Rows, letters, problem, whole},
    workbook::{NO_VALUE, iso_date},
};
use crate::import_export::{Place, Problem};

/// An ODS workbook.
pub(super) struct Ods {
    pub(super) sheets: Vec<Sheet>,
    content: String,
}

/// A sheet.
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) is_visible: bool,
}

impl Ods {
    /// Opens a workbook whose size was checked.
    pub(super) fn open(name: &str, bytes: &[u8]) -> Result<Self, Problem> {
        let damaged = |cause: &dyn std::fmt::Display| whole(name, format!("the workbook is damaged: {cause}"));
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|cause| damaged(&cause))?;
        let mut part = |part: &str| -> Result<String, Problem> {
            let mut text = String::new();
            let file = archive.by_name(part).map_err(|cause| damaged(&cause))?;
            file.take(MAX_BYTES as u64).read_to_string(&mut text).map_err(|cause| damaged(&cause))?;
            Ok(text)
        };
        if part("META-INF/manifest.xml").is_ok_and(|manifest| manifest.contains("encryption-data")) {
            return Err(whole(name, "the workbook is encrypted: save it without a password"));
        }
        let content = part("content.xml")?;
        let sheets = sheets(&content).map_err(|cause| damaged(&cause))?;
        Ok(Self { sheets, content })
    }

    /// The rows of a sheet.
    pub(super) fn rows(&self, sheet: &str, label: &str) -> Result<Vec<Row>, Problem> {
        let mut reader = Reader::from_str(&self.content);
        let mut of_sheet = OfSheet { label, rows: Rows::new(label), row: 1, repeats: 1, column: 0, merged: Vec::new() };
        let damaged = |cause: quick_xml::Error| whole(label, format!("the workbook is damaged: {cause}"));
        let mut is_inside = false;
        loop {
            match reader.read_event().map_err(damaged)? {
                Event::Start(e) if e.name().as_ref() == "table:table" => {
                    is_inside = attribute(&e, "table:name").as_deref() == Some(sheet);
                }
                Event::End(e) if is_inside && e.name().as_ref() == "table:table" => break,
                Event::Start(e) if is_inside && e.name().as_ref() == "table:table-row" => of_sheet.start_row(&e),
                Event::Empty(e) if is_inside && e.name().as_ref() == "table:table-row" => {
                    of_sheet.start_row(&e);
                    of_sheet.row += of_sheet.repeats;
                }
                Event::End(e) if is_inside && e.name().as_ref() == "table:table-row" => {
                    of_sheet.row += of_sheet.repeats;
                }
                Event::Empty(e) if is_inside && is_cell(&e) => of_sheet.cell(&e, "")?,
                Event::Start(e) if is_inside && is_cell(&e) => {
                    let text = text_of(&mut reader, e.name().as_ref()).map_err(damaged)?;
                    of_sheet.cell(&e, &text)?;
                }
                Event::Eof => break,
                _ => {}
            }
        }
        for (first, last, column) in of_sheet.merged {
            of_sheet.rows.merge(first, last, column)?;
        }
        Ok(of_sheet.rows.into_rows())
    }
}

/// The sheets, and whether their styles show them.
fn sheets(content: &str) -> Result<Vec<Sheet>, quick_xml::Error> {
    let mut reader = Reader::from_str(content);
    let (mut style, mut hidden, mut sheets) = (None, Vec::new(), Vec::new());
    loop {
        match reader.read_event()? {
            Event::Start(e) | Event::Empty(e) => match e.name().as_ref() {
                "style:style" => style = attribute(&e, "style:name"),
                "style:table-properties" if attribute(&e, "table:display").as_deref() == Some("false") => {
                    hidden.extend(style.clone());
                }
                "table:table" => {
                    let is_hidden = attribute(&e, "table:style-name").is_some_and(|style| hidden.contains(&style));
                    let name = attribute(&e, "table:name").unwrap_or_default();
                    sheets.push(Sheet { name, is_visible: !is_hidden });
                }
                _ => {}
            },
            Event::Eof => return Ok(sheets),
            _ => {}
        }
    }
}

fn is_cell(e: &BytesStart<'_>) -> bool {
    matches!(e.name().as_ref(), "table:table-cell" | "table:covered-table-cell")
}

/// The value of an attribute.
fn attribute(e: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = e.try_get_attribute(name).ok()??;
    found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

fn number(e: &BytesStart<'_>, name: &str) -> u64 {
    attribute(e, name).and_then(|text| text.parse().ok()).unwrap_or(1).clamp(1, u64::from(u32::MAX))
}

/// The text of a cell up to its end: its paragraphs, without comments on it.
fn text_of(reader: &mut Reader<&[u8]>, end: &str) -> Result<String, quick_xml::Error> {
    let (mut text, mut paragraphs, mut comments) = (String::new(), 0, 0);
    loop {
        match reader.read_event()? {
            Event::Start(e) if e.name().as_ref() == "office:annotation" => comments += 1,
            Event::End(e) if e.name().as_ref() == "office:annotation" => comments -= 1,
            Event::End(e) if e.name().as_ref() == end => return Ok(text),
            Event::Eof => return Ok(text),
            _ if comments > 0 => {}
            Event::Start(e) if e.name().as_ref() == "text:p" => {
                if paragraphs > 0 {
                    text.push('\n');
                }
                paragraphs += 1;
            }
            Event::Empty(e) => match e.name().as_ref() {
                "text:s" => text.extend((0..number(&e, "text:c").min(100)).map(|_| ' ')),
                "text:tab" | "text:line-break" => text.push(' '),
                "text:p" => paragraphs += 1,
                _ => {}
            },
            Event::Text(e) => text.push_str(&e.xml_content(quick_xml::XmlVersion::Implicit1_0)),
            Event::GeneralRef(e) => {
                let name = e.to_string();
                if let Ok(Some(c)) = e.resolve_char_ref() {
                    text.push(c);
                } else {
                    text.push_str(quick_xml::escape::resolve_predefined_entity(&name).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
}

/// The sheet as far as it was read.
struct OfSheet<'a> {
    label: &'a str,
    rows: Rows<'a>,
    row: u64,
    /// How often the row is repeated.
    repeats: u64,
    column: usize,
    /// The first and the last row, and the first column, of merged cells.
    merged: Vec<(u64, u64, usize)>,
}

impl OfSheet<'_> {
    fn start_row(&mut self, e: &BytesStart<'_>) {
        (self.column, self.repeats) = (0, number(e, "table:number-rows-repeated"));
    }

    fn cell(&mut self, e: &BytesStart<'_>, shown: &str) -> Result<(), Problem> {
        let repeats = usize::try_from(number(e, "table:number-columns-repeated")).unwrap_or(usize::MAX);
        let column = self.column;
        self.column = self.column.saturating_add(repeats);
        let kind = attribute(e, "office:value-type").unwrap_or_default();
        let value = |name: &str| attribute(e, name).filter(|value| !value.is_empty());
        let cell = match kind.as_str() {
            "float" | "percentage" | "currency" => value("office:value").map(|value| {
                // As it is counted, not as it is shown; 1987.0 is 1987.
                Cell::of(value.parse::<f64>().map_or(value, |number| number.to_string()))
            }),
            "date" => value("office:date-value").map(|value| iso_date(&value)),
            "boolean" => value("office:boolean-value").map(Cell::of),
            "string" => Some(Cell::of(value("office:string-value").unwrap_or_else(|| shown.to_owned()))),
            _ => Some(Cell::of(shown)),
        };
        let is_formula = attribute(e, "table:formula").is_some();
        let cell = if is_formula && (kind.is_empty() || cell.is_none()) {
            Cell::wrong(NO_VALUE)
        } else if is_formula && (shown.starts_with('#') || shown.starts_with("Err:")) {
            Cell::wrong(&format!("the cell shows the error {shown}: repair it in the spreadsheet"))
        } else {
            cell.unwrap_or_default()
        };
        let spanned = number(e, "table:number-rows-spanned");
        if spanned > 1 {
            self.merged.push((self.row, self.row + spanned - 1, column));
        }
        // What a merged cell covers is not shown.
        let is_empty = cell.text.trim().is_empty() && cell.wrong.is_none();
        if is_empty || e.name().as_ref() == "table:covered-table-cell" {
            return Ok(());
        }
        if self.repeats > 1 {
            let place =
                Place { file: self.label.into(), row: self.row, column: format!("[{}]", letters(column)).into() };
            let message = "a row with values is repeated, which no spreadsheet program writes for a list";
            return Err(problem(&place, shown, message));
        }
        for column in column..column.saturating_add(repeats) {
            self.rows.add(self.row, column, cell.clone())?;
        }
        Ok(())
    }
}
