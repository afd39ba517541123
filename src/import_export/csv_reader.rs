//! Reading the rows of a CSV file, with every problem at its place.

use std::io::Read;

use super::{Files, Problem, Problems};

/// A CSV file being read, row by row.
pub(super) struct CsvReader {
    file: String,
    headers: Vec<String>,
    rows: csv::Reader<Box<dyn Read>>,
    /// The positions of the cells of `headers` in a row of the file.
    order: Vec<usize>,
    record: csv::ByteRecord,
}

impl CsvReader {
    /// Opens a file that must have exactly the columns `headers`, in any order; `None` if it cannot be read, which is then
    /// reported.
    pub(super) fn open(files: &Files, file: &str, headers: Vec<String>, problems: &mut Problems) -> Option<Self> {
        let mut wrong = |line: u64, message: String| {
            problems.add(Problem::of_file(file, line, message));
        };
        let expected = headers.join(",");
        let source = files
            .open(file)
            .map_err(|cause| {
                wrong(0, format!("the file cannot be read ({cause}): it is required, with the header {expected}"));
            })
            .ok()?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(skip_mark(source));
        let found =
            reader.byte_headers().map_err(|cause| wrong(0, format!("the header cannot be read: {cause}"))).ok()?;
        let found: Vec<String> = found.iter().map(|h| String::from_utf8_lossy(h).into_owned()).collect();
        let mut usable = true;
        for missing in headers.iter().filter(|h| !found.contains(h)) {
            wrong(1, format!("the column {missing} is missing: the header must be {expected}"));
            usable = false;
        }
        for (i, extra) in found.iter().enumerate() {
            let twice = found[..i].contains(extra);
            if twice || !headers.contains(extra) {
                let what = if twice { "appears twice" } else { "is not known" };
                wrong(1, format!("the column {extra} {what}: the header must be {expected}"));
                usable = false;
            }
        }
        let order = headers.iter().filter_map(|h| found.iter().position(|f| f == h)).collect();
        usable.then(|| Self { file: file.to_owned(), headers, rows: reader, order, record: csv::ByteRecord::new() })
    }

    /// The line and the cells, in the order of the headers, of the next row of good form; rows of bad form are reported.
    pub(super) fn next(&mut self, problems: &mut Problems) -> Option<(u64, Vec<&str>)> {
        loop {
            let whole = |line, message| Problem::of_file(&self.file, line, message);
            match self.rows.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(cause) => {
                    problems.add(whole(0, format!("the file cannot be read further: {cause}")));
                    return None;
                }
            }
            let line = self.record.position().map_or(0, csv::Position::line);
            if self.record.len() != self.headers.len() {
                let message = format!("the row has {} cells: it must have {}", self.record.len(), self.headers.len());
                problems.add(whole(line, message));
                continue;
            }
            let mut is_good = true;
            for (header, i) in self.headers.iter().zip(&self.order) {
                let cell = &self.record[*i];
                let message = match std::str::from_utf8(cell) {
                    Err(_) => "it is not UTF-8: save the file as UTF-8",
                    Ok(text) if text.contains('\0') => {
                        "it contains the character NUL, which databases do not store: remove it"
                    }
                    Ok(_) => continue,
                };
                is_good = false;
                let value = String::from_utf8_lossy(cell).into_owned();
                problems.add(Problem { column: header.clone(), value, ..whole(line, message.to_owned()) });
            }
            if is_good {
                let (record, order) = (&self.record, &self.order);
                return Some((
                    line,
                    order.iter().map(|i| std::str::from_utf8(&record[*i]).unwrap_or_default()).collect(),
                ));
            }
        }
    }
}

/// Leaves out the byte order mark that some programs write before UTF-8.
fn skip_mark(mut source: Box<dyn Read>) -> Box<dyn Read> {
    let mut start = Vec::with_capacity(3);
    // An error here comes again, and is reported, when the reader reads on.
    let _ = source.by_ref().take(3).read_to_end(&mut start);
    if start == [0xEF, 0xBB, 0xBF] {
        start.clear();
    }
    Box::new(std::io::Cursor::new(start).chain(source))
}
