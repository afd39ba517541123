//! Workbooks: XLSX by calamine, ODS by [`super::ods`]. Before either reads one, what it unpacks to is counted.

use std::{
    io::{Cursor, Read},
    num::IntErrorKind,
};

use calamine::{DataRef, Reader, SheetVisible, Xlsx, XlsxError};
use quick_xml::events::Event;

use super::{
    dates::excel,
    ods::Ods,
    table::{Cell, MAX_BYTES, Row, Rows, whole},
};
use crate::import_export::Problem;

/// How many parts a workbook has at most.
const MAX_PARTS: usize = 10_000;

/// The end of the name of the part that has the texts of XLSX, in lower case.
const SHARED_STRINGS: &str = "sharedstrings.xml";

/// A workbook.
pub(super) struct Workbook {
    /// The name of its file.
    name: String,
    format: Format,
    /// The names of its sheets, and whether they are shown.
    sheets: Vec<(String, bool)>,
}

enum Format {
    Xlsx(Box<Xlsx<Cursor<Vec<u8>>>>),
    Ods(Ods),
}

impl Workbook {
    /// Opens a file that begins as an archive.
    pub(super) fn open(name: &str, bytes: Vec<u8>) -> Result<Self, Problem> {
        let is_ods = check_size(name, &bytes)?;
        let (format, sheets) = if is_ods {
            let ods = Ods::open(name, &bytes)?;
            let sheets = ods.sheets.iter().map(|sheet| (sheet.name.clone(), sheet.is_visible)).collect();
            (Format::Ods(ods), sheets)
        } else {
            let xlsx: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|cause| unreadable(name, &cause))?;
            let of_xlsx = |sheet: &calamine::Sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible);
            let sheets = xlsx.sheets_metadata().iter().map(of_xlsx).collect();
            (Format::Xlsx(Box::new(xlsx)), sheets)
        };
        Ok(Self { name: name.to_owned(), format, sheets })
    }

    /// The name of the sheet that is meant: the one that is named, or the only one that is shown.
    pub(super) fn sheet(&self, named: Option<&str>, notes: &mut Vec<String>) -> Result<String, Problem> {
        let names = |is_shown: Option<bool>| {
            let sheets = self.sheets.iter().filter(|(_, visible)| is_shown.is_none_or(|shown| shown == *visible));
            sheets.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
        };
        if let Some(named) = named {
            if names(None).contains(&named) {
                return Ok(named.to_owned());
            }
            let message = format!("there is no sheet {named}: the sheets are {}", names(None).join(", "));
            return Err(whole(&self.name, message));
        }
        for hidden in names(Some(false)) {
            let note =
                format!("{}: the sheet {hidden} is hidden and not read; to read it, name it as `sheet`", self.name);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        match names(Some(true))[..] {
            [one] => Ok(one.to_owned()),
            [] => Err(whole(
                &self.name,
                format!("all sheets are hidden: name one as `sheet`: {}", names(None).join(", ")),
            )),
            ref several => {
                let message =
                    format!("it has several sheets: name one as `sheet` in the mapping: {}", several.join(", "));
                Err(whole(&self.name, message))
            }
        }
    }

    /// The label of a sheet in messages.
    pub(super) fn label(&self, sheet: &str) -> String {
        if self.sheets.len() == 1 { self.name.clone() } else { format!("{} [{sheet}]", self.name) }
    }

    /// The rows of a sheet.
    pub(super) fn rows(&mut self, sheet: &str) -> Result<Vec<Row>, Problem> {
        let label = self.label(sheet);
        match &mut self.format {
            Format::Xlsx(xlsx) => xlsx_rows(xlsx, sheet, &label),
            Format::Ods(ods) => ods.rows(sheet, &label),
        }
    }
}

/// Counts what an archive unpacks to, which its directory may be wrong about; says whether it is ODS.
fn check_size(name: &str, bytes: &[u8]) -> Result<bool, Problem> {
    let damaged = |cause: &dyn std::fmt::Display| whole(name, format!("the workbook is damaged: {cause}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|cause| damaged(&cause))?;
    let too_large = || {
        whole(name, format!("the workbook unpacks to more than {} MiB, which no list needs: split it", MAX_BYTES >> 20))
    };
    if archive.len() > MAX_PARTS {
        return Err(too_large());
    }
    let (mut total, mut is_ods, mut is_xlsx) = (0, false, false);
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(|cause| damaged(&cause))?;
        if part.encrypted() {
            return Err(whole(name, "the workbook is encrypted: save it without a password"));
        }
        let name = part.name().map(|name| name.to_string()).unwrap_or_default();
        let mut limited = part.take((MAX_BYTES - total + 1) as u64);
        if name == "mimetype" {
            let mut kind = Vec::new();
            total += limited.read_to_end(&mut kind).map_err(|cause| damaged(&cause))?;
            is_ods = kind.starts_with(b"application/vnd.oasis.opendocument.spreadsheet");
        } else if name.to_ascii_lowercase().ends_with(SHARED_STRINGS) {
            let mut strings = Vec::new();
            total += limited.read_to_end(&mut strings).map_err(|cause| damaged(&cause))?;
            if announced_strings(&strings) > strings.len() as u64 {
                return Err(damaged(&"it announces more texts than it can have"));
            }
        } else {
            let read = std::io::copy(&mut limited, &mut std::io::sink()).map_err(|cause| damaged(&cause))?;
            total += usize::try_from(read).unwrap_or(usize::MAX);
            is_xlsx |= name == "xl/workbook.xml";
        }
        if total > MAX_BYTES {
            return Err(too_large());
        }
    }
    if is_ods || is_xlsx {
        Ok(is_ods)
    } else {
        Err(whole(name, "the file is an archive, but no workbook in the form XLSX or ODS: save it in one of them"))
    }
}

/// How many texts the part of texts says that it has, for which memory is taken before they are read.
fn announced_strings(part: &[u8]) -> u64 {
    let mut reader = quick_xml::Reader::from_reader(part);
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(e)) if e.local_name().as_ref() == "sst" => {
                let mut attributes = e.attributes();
                let counts =
                    attributes.with_checks(false).flatten().filter(|count| count.key.as_ref() == "uniqueCount");
                // What is no number is none for calamine, either.
                let digits = |text: &str| match text.trim().trim_start_matches('+').parse::<u64>() {
                    Err(cause) if *cause.kind() == IntErrorKind::PosOverflow => u64::MAX,
                    read => read.unwrap_or(0),
                };
                return counts.map(|count| digits(&count.value)).max().unwrap_or(0);
            }
            // Calamine tells what is wrong.
            Ok(Event::Eof) | Err(_) => return 0,
            Ok(_) => buffer.clear(),
        }
    }
}

fn unreadable(label: &str, cause: &XlsxError) -> Problem {
    whole(label, format!("the workbook is damaged: {cause}"))
}

fn xlsx_rows(xlsx: &mut Xlsx<Cursor<Vec<u8>>>, sheet: &str, label: &str) -> Result<Vec<Row>, Problem> {
    let damaged = |cause: XlsxError| unreadable(label, &cause);
    let merged = xlsx.merge_cells_by_sheet_name(sheet).map_err(damaged)?;
    let mut rows = Rows::new(label);
    let mut cells = xlsx.worksheet_cells_reader(sheet).map_err(damaged)?;
    while let Some(found) = cells.next_cell_with_formula_metadata().map_err(damaged)? {
        let (row, column) = (u64::from(found.pos.0) + 1, found.pos.1 as usize);
        let cell = match found.value {
            DataRef::Empty if found.formula.is_some() => Cell::wrong(NO_VALUE),
            DataRef::Empty => continue,
            DataRef::Int(number) => Cell::of(number.to_string()),
            DataRef::Float(number) => Cell::of(number.to_string()),
            DataRef::String(text) if text.is_empty() && found.formula.is_some() => Cell::wrong(NO_VALUE),
            DataRef::String(text) | DataRef::DurationIso(text) => Cell::of(text),
            DataRef::SharedString(text) => Cell::of(text),
            DataRef::Bool(is_true) => Cell::of(is_true.to_string()),
            DataRef::DateTime(moment) if moment.is_datetime() => xlsx_date(moment),
            DataRef::DateTime(duration) => Cell::of(duration.as_f64().to_string()),
            DataRef::DateTimeIso(text) => iso_date(&text),
            DataRef::Error(error) => {
                Cell::wrong(&format!("the cell shows the error {error}: repair it in the spreadsheet"))
            }
        };
        rows.add(row, column, cell)?;
    }
    for merged in merged {
        rows.merge(u64::from(merged.start.0) + 1, u64::from(merged.end.0) + 1, merged.start.1 as usize)?;
    }
    Ok(rows.into_rows())
}

/// What is wrong with a formula of which the workbook does not keep the value.
pub(super) const NO_VALUE: &str =
    "the formula has no value: open the workbook in a spreadsheet program, which computes it, and save it";

fn xlsx_date(moment: calamine::ExcelDateTime) -> Cell {
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    // What is less than a day is a time of day.
    let is_date = moment.as_f64() >= 1.0 && excel(moment.as_f64().max(61.0)).is_some();
    if is_date {
        Cell { text: format!("{year:04}-{month:02}-{day:02}"), is_date: true, wrong: None }
    } else {
        Cell::wrong("the cell is a time of day or no date that there is")
    }
}

/// A date from a date, or a date and time, in ISO 8601.
pub(super) fn iso_date(text: &str) -> Cell {
    Cell { text: text.split('T').next().unwrap_or(text).to_owned(), is_date: true, wrong: None }
}
