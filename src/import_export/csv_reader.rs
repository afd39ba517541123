//! Reading the rows of a CSV file, with every problem at its place.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hasher},
    io::{self, Read},
};

use folding::tidied;

use super::{
    Files, Problem, Problems,
    dialect::{foreign_format, foreign_separator},
    line_starts::LineStarts,
};

/// How many bytes a row may have. All texts of their greatest lengths take less.
const MAX_ROW_BYTES: u64 = 1 << 20;

/// A CSV file being read, row by row.
pub(super) struct CsvReader {
    file: String,
    headers: Vec<String>,
    rows: csv::Reader<Source>,
    /// The positions of the cells of `headers` in a row of the file; `None` for columns that it does not have.
    order: Vec<Option<usize>>,
    /// How many cells a row has.
    width: usize,
    /// Whether all that was read is UTF-8.
    is_utf8: bool,
    record: csv::ByteRecord,
    /// How many rows were read.
    read: u64,
    /// Where the row that is being read begins, or empty lines before it.
    start: u64,
    /// The row after it, if it was read to see whether there is one.
    ahead: Option<csv::ByteRecord>,
}

impl CsvReader {
    /// Opens a file that has columns of `headers`, in any order, those of `required` among them. `None` if there is no such
    /// file, or if it cannot be read, which is then reported.
    pub(super) fn open(
        files: &Files,
        file: &str,
        headers: Vec<String>,
        required: &[&str],
        problems: &mut Problems,
    ) -> Option<Self> {
        Self::open_renaming(files, file, headers, required, &|_| None, problems)
    }

    /// The same for a file whose headers can have other names, to which `usual` gives their own.
    pub(super) fn open_renaming(
        files: &Files,
        file: &str,
        headers: Vec<String>,
        required: &[&str],
        usual: &dyn Fn(&str) -> Option<&'static str>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut wrong = |line: u64, message: String| {
            problems.add(Problem::of_file(file, line, message));
        };
        let all = headers.join(",");
        let source = match files.open(file) {
            Ok(source) => source,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return None,
            Err(cause) => {
                wrong(0, format!("the file cannot be read: {cause}"));
                return None;
            }
        };
        let (start, source) = Source::new(source);
        if let Some(message) = foreign_format(&start) {
            wrong(0, message.to_owned());
            return None;
        }
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
        let found =
            reader.byte_headers().map_err(|cause| wrong(0, format!("the header cannot be read: {cause}"))).ok()?;
        let header = |bytes: &[u8]| {
            let found = tidied(&String::from_utf8_lossy(bytes)).into_owned();
            usual(&found).map_or(found.clone(), str::to_owned)
        };
        let found: Vec<String> = found.iter().map(header).collect();
        if found.is_empty() {
            wrong(0, format!("the file is empty: its first line must name columns of {all}"));
            return None;
        }
        if let [only] = &found[..]
            && let Some((_, separator)) = foreign_separator(only, &headers)
        {
            wrong(1, format!("the cells are separated by {separator}: save the file with commas"));
            return None;
        }
        let mut usable = true;
        for missing in required.iter().filter(|header| !found.iter().any(|f| f == *header)) {
            wrong(1, format!("the column {missing} is missing, which is required: the columns are {all}"));
            usable = false;
        }
        for (i, extra) in found.iter().enumerate() {
            let twice = found[..i].contains(extra);
            if twice || !headers.contains(extra) {
                let what = if twice { "appears twice" } else { "is not known" };
                wrong(1, format!("the column {extra} {what}: the columns are {all}"));
                usable = false;
            }
        }
        let order = headers.iter().map(|h| found.iter().position(|f| f == h)).collect();
        let (file, width, record) = (file.to_owned(), found.len(), csv::ByteRecord::new());
        usable.then(|| Self {
            file,
            headers,
            rows: reader,
            order,
            width,
            is_utf8: true,
            record,
            read: 0,
            start: 0,
            ahead: None,
        })
    }

    /// What was read so far.
    pub(super) fn contents(&self) -> Contents {
        Contents { rows: self.read, hash: self.rows.get_ref().hasher.finish() }
    }

    /// Reads the next row; `false` at the end of the file.
    fn read(&mut self) -> csv::Result<bool> {
        if let Some(ahead) = self.ahead.take() {
            self.record = ahead;
            return Ok(true);
        }
        self.allow_another_row();
        self.rows.read_byte_record(&mut self.record)
    }

    fn allow_another_row(&mut self) {
        self.start = self.rows.position().byte();
        self.rows.get_mut().end = self.start + MAX_ROW_BYTES;
    }

    /// The line of the row that begins at an offset, or after empty lines there.
    fn line(&mut self, start: u64) -> u64 {
        self.rows.get_mut().lines.line(start)
    }

    /// Whether a quotation mark of the row is never closed: it makes one cell of everything up to the end of the file.
    fn ends_in_open_quote(&mut self) -> bool {
        if !self.record.iter().next_back().is_some_and(|last| last.iter().any(|byte| matches!(byte, b'\r' | b'\n'))) {
            return false;
        }
        let mut next = csv::ByteRecord::new();
        self.allow_another_row();
        // An error comes again when the next row is read.
        let is_row = self.rows.read_byte_record(&mut next).ok();
        self.ahead = is_row.filter(|is_row| *is_row).map(|_| next);
        is_row == Some(false) && !self.rows.get_ref().ends_in_quote()
    }

    /// Whether the file has a column.
    pub(super) fn has(&self, header: &str) -> bool {
        self.missing().all(|(_, missing)| missing != header)
    }

    /// The columns that the file does not have: the positions of their cells, and their headers.
    pub(super) fn missing(&self) -> impl Iterator<Item = (usize, &str)> {
        let headers = self.headers.iter().zip(&self.order).enumerate();
        headers.filter(|(_, (_, position))| position.is_none()).map(|(i, (header, _))| (i, header.as_str()))
    }

    /// The line and the cells, in the order of the headers, of the next row of good form; rows of bad form are reported. The
    /// cells of columns that the file does not have are empty. What surrounds a text is left out.
    pub(super) fn next(&mut self, problems: &mut Problems) -> Option<(u64, Vec<Cow<'_, str>>)> {
        loop {
            match self.read() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(cause) => {
                    let message = format!("the file cannot be read further: {cause}");
                    let line = self.line(self.start);
                    problems.add(Problem::of_file(&self.file, line, message));
                    return None;
                }
            }
            self.read += 1;
            let start = self.record.position().map_or(0, csv::Position::byte);
            let line = self.line(start);
            let message = if self.ends_in_open_quote() {
                Some("a quotation mark that is opened in this row or its cells is never closed".to_owned())
            } else if self.record.len() == self.width {
                None
            } else {
                Some(format!("the row has {} cells: it must have {}", self.record.len(), self.width))
            };
            if let Some(message) = message {
                problems.add(Problem::of_file(&self.file, line, message));
                continue;
            }
            let mut is_good = true;
            for (header, i) in self.headers.iter().zip(&self.order) {
                let Some(cell) = i.map(|i| &self.record[i]) else { continue };
                let message = match std::str::from_utf8(cell) {
                    Err(_) => {
                        is_good = false;
                        // All of the file is in another encoding: this is said once.
                        if std::mem::replace(&mut self.is_utf8, false) {
                            "it is not UTF-8: save the file as UTF-8"
                        } else {
                            continue;
                        }
                    }
                    Ok(text) if text.contains('\0') => {
                        "it contains the character NUL, which databases do not store: remove it"
                    }
                    Ok(_) => continue,
                };
                is_good = false;
                let value = String::from_utf8_lossy(cell);
                problems.add(Problem::of_cell(&self.file, line, header, &value, message));
            }
            if is_good {
                let cell = |i: &Option<usize>| {
                    tidied(i.map_or("", |i| std::str::from_utf8(&self.record[i]).unwrap_or_default()))
                };
                return Some((line, self.order.iter().map(cell).collect()));
            }
        }
    }
}

/// What was read of a file: another reading that differs read something else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Contents {
    /// How many rows.
    pub(super) rows: u64,
    hash: u64,
}

/// The bytes of a file, without the byte order mark that some programs write before UTF-8.
struct Source {
    bytes: Box<dyn Read + Send + Sync>,
    /// How many bytes were read.
    read: u64,
    /// How many may be read until the next row is complete.
    end: u64,
    /// The last bytes that were read.
    last: [u8; 3],
    /// A hash of all that was read.
    hasher: DefaultHasher,
    lines: LineStarts,
}

impl Source {
    /// Says also how the file begins.
    fn new(mut bytes: Box<dyn Read + Send + Sync>) -> (Vec<u8>, Self) {
        let mut start = Vec::with_capacity(4);
        // An error here comes again, and is reported, when the reader reads on.
        let _ = bytes.by_ref().take(4).read_to_end(&mut start);
        if start.starts_with(&[0xEF, 0xBB, 0xBF]) {
            start.drain(..3);
        }
        let bytes = Box::new(io::Cursor::new(start.clone()).chain(bytes));
        let (hasher, lines) = (DefaultHasher::new(), LineStarts::default());
        (start, Self { bytes, read: 0, end: MAX_ROW_BYTES, last: [0; 3], hasher, lines })
    }

    /// Whether what was read ends in a quotation mark, followed by at most an end of line.
    fn ends_in_quote(&self) -> bool {
        self.last.trim_ascii_end().ends_with(b"\"")
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read > self.end {
            return Err(io::Error::other(format!(
                "this row has more than {MAX_ROW_BYTES} bytes; a quotation mark may not be closed"
            )));
        }
        let length = self.bytes.read(buffer)?;
        self.read += length as u64;
        self.hasher.write(&buffer[..length]);
        self.lines.read(&buffer[..length]);
        for byte in &buffer[length.saturating_sub(self.last.len())..length] {
            self.last.rotate_left(1);
            self.last[2] = *byte;
        }
        Ok(length)
    }
}
