//! Files of our form that were made in memory of a foreign file, and where in it what they say stands.
//!
//! A foreign file seldom says everything about a record, and never in our columns. So a row of a made file can leave out
//! columns that others have, its annotations are added to those that a record has already, and whatever is told about it names
//! the place in the foreign file.

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
    /// What it is about, for messages: `city tampere`.
    pub about: String,
    /// Where it was made of.
    pub place: Place,
    /// Its cells by the headers of their columns, each with the place that it was made of. What is not here is not said.
    pub cells: Vec<(String, String, Place)>,
}

/// Files that were made in memory, by name.
#[derive(Debug, Default)]
pub struct MadeFiles(BTreeMap<String, MadeFile>);

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
        let files = rows.into_iter().filter(|(_, rows)| !rows.is_empty());
        let made = files.map(|(name, rows)| {
            let file = MadeFile::new(rows).map_err(|cause| Failure::File { path: name.clone(), cause })?;
            Ok((name, file))
        });
        made.collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn open(&self, name: &str) -> io::Result<Box<dyn io::Read>> {
        let file = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(io::Cursor::new(file.bytes.clone())))
    }

    /// Whether a row leaves out a column that others have.
    pub(super) fn is_unsaid(&self, file: &str, line: u64, header: &str) -> bool {
        let row = self.0.get(file).and_then(|file| file.rows.get(&line));
        row.is_some_and(|row| row.cells.iter().all(|(of, ..)| of != header))
    }

    /// Names the foreign place of what is wrong.
    pub(super) fn locate(&self, problem: &mut Problem) {
        let Some(file) = self.0.get(&problem.file) else { return };
        problem.file = file.whole.to_string();
        let Some(row) = file.rows.get(&problem.line) else {
            problem.line = 0;
            return;
        };
        let cell = row.cells.iter().find(|(header, ..)| *header == problem.column);
        let place = cell.map_or(&row.place, |(_, _, place)| place);
        let what = [row.about.as_str(), &problem.column].join(": ");
        problem.message = format!("{}: {}", what.trim_end_matches(": "), problem.message);
        (problem.file, problem.line) = (place.file.to_string(), place.row);
        // A value that no foreign column has stands in the message alone.
        problem.column = cell.map(|(_, _, place)| place.column.to_string()).unwrap_or_default();
    }

    /// Names the foreign places of what is wrong.
    pub(super) fn locate_all(&self, problems: &mut Problems) {
        problems.listed.iter_mut().for_each(|problem| self.locate(problem));
    }

    /// Names the foreign row of a change.
    pub(super) fn locate_change(&self, change: &mut Change) {
        let Some(file) = self.0.get(&change.file) else { return };
        let row = file.rows.get(&change.line);
        let cell = row.and_then(|row| row.cells.iter().find(|(header, ..)| *header == change.column));
        let place = cell.map(|(_, _, place)| place).or_else(|| row.map(|row| &row.place));
        change.line = place.map_or(0, |place| place.row);
        change.file = place.map_or(&file.whole, |place| &place.file).to_string();
    }
}

impl MadeFile {
    fn new(rows: Vec<MadeRow>) -> io::Result<Self> {
        let mut headers: Vec<String> = Vec::new();
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
