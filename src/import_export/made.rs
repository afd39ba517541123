//! Files of our form that were made in memory, of a foreign file or of what a mutation asks for, and where in it what they say
//! stands.
//!
//! Neither says everything about a record, nor in our columns. So a row of a made file can leave out columns that others have,
//! its annotations are added to those that a record has already unless they are said to be complete, and whatever is told about
//! it names the place that it was made of.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
};

use super::{Change, Failure, Problem, Problems, line_starts::LineStarts};

/// A place in a foreign file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, and the sheet if it has several.
    pub file: Arc<str>,
    /// The row or line, counted from 1; 0 if the whole is meant.
    pub row: u64,
    /// The column; empty if the row as a whole is meant.
    pub column: Arc<str>,
}

/// A row of a made file.
#[derive(Clone, Debug)]
pub struct MadeRow {
    /// What it is about, for messages: `city tampere`; empty if its place says it.
    pub about: String,
    /// Where it was made of.
    pub place: Place,
    /// Its cells by the headers of their columns, each with the place that it was made of. What is not here is not said.
    pub cells: Vec<(String, String, Place)>,
}

/// Files that were made in memory.
#[derive(Debug, Default)]
pub struct MadeFiles {
    /// By name.
    files: BTreeMap<String, MadeFile>,
    /// For a file of annotations, the tables and keys of the records of which it says all that they have.
    complete: HashMap<&'static str, Vec<(&'static str, String)>>,
}

#[derive(Debug, Default)]
struct MadeFile {
    bytes: Arc<[u8]>,
    /// By the line at which they begin.
    rows: HashMap<u64, MadeRow>,
    /// The foreign file.
    whole: Arc<str>,
}

impl MadeFiles {
    /// Makes files of rows, by the names of the files.
    pub fn new(rows: BTreeMap<String, Vec<MadeRow>>) -> Result<Self, Failure> {
        Self::with_columns(rows, |_| Vec::new())
    }

    /// The same; `columns` are the headers of columns that a file has even if no row says anything about them.
    pub(super) fn with_columns(
        rows: BTreeMap<String, Vec<MadeRow>>,
        columns: impl Fn(&str) -> Vec<String>,
    ) -> Result<Self, Failure> {
        let files = rows.into_iter().filter(|(_, rows)| !rows.is_empty());
        let made = files.map(|(name, rows)| {
            let file =
                MadeFile::new(rows, columns(&name)).map_err(|cause| Failure::File { path: name.clone(), cause })?;
            Ok((name, file))
        });
        Ok(Self { files: made.collect::<Result<_, Failure>>()?, complete: HashMap::new() })
    }

    /// Files of annotations, each with the tables and keys of the records of which it says all that they have.
    pub(super) fn completing(self, complete: HashMap<&'static str, Vec<(&'static str, String)>>) -> Self {
        Self { complete, ..self }
    }

    /// Of which records a file of annotations says all that they have; `None` if that is not said of any.
    pub(super) fn complete(&self, file: &str) -> Option<&[(&'static str, String)]> {
        self.complete.get(file).map(Vec::as_slice)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) fn open(&self, name: &str) -> io::Result<Box<dyn io::Read + Send + Sync>> {
        let file = self.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(io::Cursor::new(file.bytes.clone())))
    }

    /// Whether a row leaves out a column that others have.
    pub(super) fn is_unsaid(&self, file: &str, line: u64, header: &str) -> bool {
        let row = self.files.get(file).and_then(|file| file.rows.get(&line));
        row.is_some_and(|row| row.cells.iter().all(|(of, ..)| of != header))
    }

    /// Names the foreign place of what is wrong.
    pub(super) fn locate(&self, problem: &mut Problem) {
        let Some(file) = self.files.get(&problem.file) else { return };
        problem.file = file.whole.to_string();
        let Some(row) = file.rows.get(&problem.line) else {
            problem.line = 0;
            return;
        };
        let cell = row.cells.iter().find(|(header, ..)| *header == problem.column);
        let place = cell.map_or(&row.place, |(_, _, place)| place);
        // What a mutation asks for needs no other name than its place.
        if !row.about.is_empty() {
            let what = [row.about.as_str(), &problem.column].join(": ");
            problem.message = format!("{}: {}", what.trim_end_matches(": "), problem.message);
        }
        (problem.file, problem.line) = (place.file.to_string(), place.row);
        // A value that no foreign column has stands in the message alone.
        problem.column = place.column.to_string();
    }

    /// Names the foreign places of what is wrong.
    pub(super) fn locate_all(&self, problems: &mut Problems) {
        problems.listed.iter_mut().for_each(|problem| self.locate(problem));
    }

    /// Names the foreign row of a change.
    pub(super) fn locate_change(&self, change: &mut Change) {
        let Some(file) = self.files.get(&change.file) else { return };
        let row = file.rows.get(&change.line);
        let cell = row.and_then(|row| row.cells.iter().find(|(header, ..)| *header == change.column));
        let place = cell.map(|(_, _, place)| place).or_else(|| row.map(|row| &row.place));
        change.line = place.map_or(0, |place| place.row);
        change.file = place.map_or(&file.whole, |place| &place.file).to_string();
    }
}

impl MadeFile {
    fn new(rows: Vec<MadeRow>, mut headers: Vec<String>) -> io::Result<Self> {
        for (header, ..) in rows.iter().flat_map(|row| &row.cells) {
            if !headers.contains(header) {
                headers.push(header.clone());
            }
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&headers)?;
        for row in &rows {
            let cell = |header: &String| row.cells.iter().find(|(of, ..)| of == header);
            writer.write_record(headers.iter().map(|header| cell(header).map_or("", |(_, text, _)| text)))?;
        }
        let bytes = writer.into_inner().map_err(|cause| io::Error::other(cause.to_string()))?;
        let whole = rows.first().map(|row| row.place.file.clone()).unwrap_or_default();
        let mut lines = Vec::with_capacity(rows.len());
        let mut reader = csv::Reader::from_reader(&*bytes);
        let mut record = csv::ByteRecord::new();
        let mut starts = LineStarts::default();
        starts.read(&bytes);
        while reader.read_byte_record(&mut record)? {
            lines.push(record.position().map_or(0, |position| starts.line(position.byte())));
        }
        let rows = lines.into_iter().zip(rows).collect();
        Ok(Self { bytes: bytes.into(), rows, whole })
    }
}
