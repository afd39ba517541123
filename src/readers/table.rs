//! Foreign tables: rows of cells, each at its place.

use std::sync::Arc;

use crate::{
    import_export::{Place, Problem},
    model::draft::ProblemCode,
};

/// How many rows a table has at most: as many as a sheet of a workbook.
pub(super) const MAX_ROWS: usize = 1_048_576;
/// How many columns a table has at most.
pub(super) const MAX_COLUMNS: usize = 2_000;
/// How many bytes a file has at most when it is unpacked, and how many the cells of a table take.
pub(super) const MAX_BYTES: usize = 128 << 20;
/// What a cell takes beside its text.
const CELL: usize = 48;

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// What stands in it; a date as ISO 8601 writes it.
    pub(super) text: String,
    /// Whether the workbook knows it as a date, so that no notation has to be guessed.
    pub(super) is_date: bool,
    /// Why it has no value, if it should have one. It matters only if the mapping reads the cell.
    pub(super) wrong: Option<Box<str>>,
}

impl Cell {
    /// A cell without the value that it should have.
    pub(super) fn wrong(message: &str) -> Self {
        Self { wrong: Some(message.into()), ..Self::default() }
    }

    pub(super) fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Counted from 1.
    pub(super) number: u64,
    /// The cells that are not empty, with their columns, in order.
    cells: Vec<(usize, Cell)>,
}

impl Row {
    /// The cell of a column, if it is not empty.
    pub(super) fn cell(&self, column: usize) -> Option<&Cell> {
        let found = self.cells.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        Some(&self.cells[found].1)
    }
}

/// Collects the rows of a table, within limits.
pub(super) struct Rows<'a> {
    label: &'a str,
    read: Vec<Row>,
    size: usize,
    /// How many rows merged cells cover.
    covered: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(label: &'a str) -> Self {
        Self { label, read: Vec::new(), size: 0, covered: 0 }
    }

    /// Adds a cell; rows and the cells of a row come in their order.
    pub(super) fn add(&mut self, number: u64, column: usize, cell: Cell) -> Result<(), Problem> {
        if cell.text.trim().is_empty() && cell.wrong.is_none() {
            return Ok(());
        }
        let at = |message: String| {
            let column = format!("[{}]", letters(column)).into();
            problem(&Place { file: self.label.into(), row: number, column }, "", message)
        };
        if column >= MAX_COLUMNS || self.read.len() >= MAX_ROWS {
            return Err(at(format!("a table can have at most {MAX_ROWS} rows and {MAX_COLUMNS} columns")));
        }
        self.size += CELL + cell.text.len();
        if self.size > 2 * MAX_BYTES {
            return Err(at("the table is too large: split it".to_owned()));
        }
        if self.read.last().is_none_or(|last| last.number < number) {
            self.read.push(Row { number, cells: Vec::new() });
        }
        match self.read.last_mut() {
            Some(last) if last.number == number && last.cells.last().is_none_or(|(last, _)| *last < column) => {
                last.cells.push((column, cell));
                Ok(())
            }
            _ => Err(at("the workbook is damaged: its cells are not in order".to_owned())),
        }
    }

    /// Gives the value of a merged cell to all rows that it covers, in its first column.
    pub(super) fn merge(&mut self, first: u64, last: u64, column: usize) -> Result<(), Problem> {
        let from = self.read.partition_point(|row| row.number < first);
        let to = self.read.partition_point(|row| row.number <= last);
        let Some(cell) = self.read.get(from).filter(|row| row.number == first).and_then(|row| row.cell(column)) else {
            return Ok(());
        };
        let cell = cell.clone();
        // Ranges can overlap: each row that one covers is walked through.
        self.covered += to - from;
        if self.covered > 8 * MAX_ROWS {
            return Err(whole(self.label, "too many cells are merged: take their merging back in the spreadsheet"));
        }
        for row in &mut self.read[from..to] {
            if let Err(position) = row.cells.binary_search_by_key(&column, |(column, _)| *column) {
                self.size += CELL + cell.text.len();
                row.cells.insert(position, (column, cell.clone()));
            }
            if self.size > 2 * MAX_BYTES {
                return Err(whole(self.label, "the table is too large: split it"));
            }
        }
        Ok(())
    }

    pub(super) fn into_rows(self) -> Vec<Row> {
        self.read
    }
}

/// A table of a foreign file.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The file, and the sheet if it has several.
    pub(super) label: Arc<str>,
    /// The headers of the columns, and their names in messages. Those without a header are called by their letters.
    pub(super) headers: Vec<Arc<str>>,
    pub(super) rows: Vec<Row>,
}

impl Table {
    /// A table of rows whose headers are in the row `header`; without one, its columns are called by their letters.
    pub(super) fn new(label: &str, header: u64, last: Option<u64>, mut rows: Vec<Row>) -> Result<Self, Problem> {
        let width =
            rows.iter().filter_map(|row| row.cells.last()).map(|(column, _)| column + 1).max().unwrap_or_default();
        let found = rows.iter().position(|row| row.number == header);
        if rows.is_empty() {
            return Err(whole(label, "it has no rows"));
        }
        if found.is_none() && header > 0 {
            return Err(whole(label, format!("row {header} is empty: it must have the headers of the columns")));
        }
        let name = |i: usize| found.and_then(|found| rows[found].cell(i)).map(|cell| on_one_line(&cell.text));
        let name = |i: usize| name(i).filter(|name| !name.is_empty());
        let headers = (0..width).map(|i| name(i).unwrap_or_else(|| format!("[{}]", letters(i))).into());
        let headers = headers.collect();
        rows.retain(|row| row.number > header && last.is_none_or(|last| row.number <= last));
        Ok(Self { label: label.into(), headers, rows })
    }

    /// A table whose columns have names by its format.
    pub(super) fn of_columns(label: &str, columns: &[&str], rows: Vec<Row>) -> Self {
        let headers = columns.iter().map(|column| (*column).into()).collect();
        Self { label: label.into(), headers, rows }
    }

    /// The position of a column: by its header, or by its letters in brackets.
    pub(super) fn column(&self, name: &str) -> Result<usize, String> {
        let name = on_one_line(name);
        let by_letters = (0..self.headers.len()).find(|i| name == format!("[{}]", letters(*i)));
        let mut found = self.headers.iter().enumerate().filter(|(_, header)| ***header == *name).map(|(i, _)| i);
        match (found.next().or(by_letters), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(one), Some(other)) => {
                let [one, other] = [one, other].map(letters);
                Err(format!("two columns are called {name}: write [{one}] or [{other}]"))
            }
            (None, _) => {
                let known: Vec<&str> = self.headers.iter().map(|header| &**header).collect();
                Err(format!("there is no column {name}: {}", choices("the columns are", &name, &known)))
            }
        }
    }

    /// The place of a cell, or of a row.
    pub(super) fn place(&self, row: &Row, column: Option<usize>) -> Place {
        let column = column.and_then(|column| self.headers.get(column)).cloned().unwrap_or_default();
        Place { file: self.label.clone(), row: row.number, column }
    }
}

/// A problem at a place.
pub(super) fn problem(place: &Place, value: &str, message: impl Into<String>) -> Problem {
    Problem {
        code: ProblemCode::Invalid,
        file: place.file.to_string(),
        line: place.row,
        column: place.column.to_string(),
        value: value.to_owned(),
        message: message.into(),
    }
}

/// A problem with a file or sheet as a whole.
pub(super) fn whole(label: &str, message: impl Into<String>) -> Problem {
    problem(&Place { file: label.into(), row: 0, column: "".into() }, "", message)
}

/// A list of what can be chosen, what is most like `given` before the others.
pub(super) fn choices(introduction: &str, given: &str, known: &[&str]) -> String {
    const SHOWN: usize = 12;
    let distance = |name: &str| strsim::osa_distance(&given.to_lowercase(), &name.to_lowercase());
    let nearest = known.iter().min_by_key(|name| distance(name));
    let hint = nearest.filter(|name| distance(name) <= 1 + given.chars().count() / 4);
    let hint = hint.map(|name| format!("did you mean {name}? ")).unwrap_or_default();
    let more = if known.len() > SHOWN { format!(" and {} more", known.len() - SHOWN) } else { String::new() };
    format!("{hint}{introduction} {}{more}", known.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", "))
}

/// The letters by which spreadsheets call a column: A to Z, AA and so on.
pub(super) fn letters(mut column: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or_default()));
        if column < 26 {
            return letters.into_iter().rev().collect();
        }
        column = column / 26 - 1;
    }
}

/// A text without line breaks and double spaces, as headers have them for their looks.
pub(super) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_called_by_letters() {
        for (column, expected) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(column), expected);
        }
    }

    #[test]
    fn columns_are_found_by_header_and_by_letters() {
        let mut rows = Rows::new("x.csv");
        for (number, cells) in [
            (2, ["Partner\ncity", "Year", "Year", ""]),
            (3, ["Tampere", "1981", "1982", "x"]),
            (4, ["Total", "", "", ""]),
        ] {
            for (column, text) in cells.into_iter().enumerate() {
                rows.add(number, column, Cell::of(text)).unwrap();
            }
        }
        let rows = rows.into_rows();
        let table = Table::new("x.csv", 2, Some(3), rows.clone()).unwrap();
        assert_eq!(table.rows.len(), 1);
        assert_eq!(table.column("Partner city"), Ok(0));
        assert_eq!(table.column("[C]"), Ok(2));
        assert_eq!(table.column("[D]"), Ok(3));
        assert_eq!(table.column("Year"), Err("two columns are called Year: write [B] or [C]".to_owned()));
        let message = table.column("Partner citi").unwrap_err();
        assert!(
            message.contains("did you mean Partner city? the columns are Partner city, Year, Year, [D]"),
            "{message}"
        );
        assert!(Table::new("x.csv", 1, None, rows).unwrap_err().message.starts_with("row 1 is empty"));
    }
}
