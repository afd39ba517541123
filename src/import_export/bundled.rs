//! The bundled data sets.

use std::{
    collections::HashSet,
    io::{self, Read},
};

use flate2::read::GzDecoder;
use include_dir::{Dir, File, include_dir};

/// CSV files of the set on Finland and China, and in `world`, compressed ones of the other.
static DATA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data");

/// What is imported of the data in the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundled {
    /// Cooperation of Finland and China.
    FinlandChina,
    /// The sister cities of the world.
    World,
    /// Both. What the first set says of a record stands; the second one adds what that does not know.
    All,
}

impl Bundled {
    pub(super) fn open(self, name: &str) -> io::Result<Box<dyn Read + Send + Sync>> {
        let of_first = || DATA.get_file(name).map(File::contents);
        let of_world = || DATA.get_file(format!("world/{name}.gz")).map(|file| GzDecoder::new(file.contents()));
        match self {
            Self::FinlandChina => Ok(Box::new(of_first().ok_or(io::ErrorKind::NotFound)?)),
            Self::World => Ok(Box::new(of_world().ok_or(io::ErrorKind::NotFound)?)),
            Self::All => {
                let first = of_first().ok_or(io::ErrorKind::NotFound)?;
                Ok(match of_world() {
                    Some(world) => Box::new(first.chain(Rest::new(first, world)?)),
                    None => Box::new(first),
                })
            }
        }
    }
}

/// The rows of a file that are about other records than those of a known file, with the columns of that. The header is left
/// out.
struct Rest<R> {
    rows: csv::Reader<R>,
    row: csv::ByteRecord,
    /// The positions of the cells of the known columns; `None` for those that the file does not have.
    order: Vec<Option<usize>>,
    /// How many cells say which record a row is about.
    width: usize,
    /// What the known file is about.
    known: HashSet<Vec<u8>>,
    /// What is still to be read of the last row.
    written: io::Cursor<Vec<u8>>,
}

impl<R: Read> Rest<R> {
    fn new(known: &[u8], rows: R) -> io::Result<Self> {
        let (mut known, mut rows) = (csv::Reader::from_reader(known), csv::Reader::from_reader(rows));
        let (headers, found) = (known.byte_headers()?, rows.byte_headers()?);
        let order = headers.iter().map(|header| found.iter().position(|of| of == header)).collect();
        // Annotations have no key; `record_kind` and `record` are their first columns.
        let width = if headers.get(0) == Some(b"key") { 1 } else { 2 };
        let known = known.byte_records().map(|row| Ok(subject(&row?, width))).collect::<csv::Result<_>>()?;
        Ok(Self { rows, row: csv::ByteRecord::new(), order, width, known, written: io::Cursor::default() })
    }

    /// Writes the next row to be read; none at the end of the file.
    fn advance(&mut self) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.written).into_inner();
        buffer.clear();
        while self.rows.read_byte_record(&mut self.row)? {
            if !self.known.contains(&subject(&self.row, self.width)) {
                let mut writer = csv::Writer::from_writer(buffer);
                writer.write_record(self.order.iter().map(|i| i.map_or(&b""[..], |i| &self.row[i])))?;
                buffer = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
                break;
            }
        }
        self.written = io::Cursor::new(buffer);
        Ok(())
    }
}

/// The cells that say which record a row is about; keys have no commas.
fn subject(row: &csv::ByteRecord, width: usize) -> Vec<u8> {
    row.iter().take(width).collect::<Vec<_>>().join(&b',')
}

impl<R: Read> Read for Rest<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.written.read(buffer)? {
            0 if !buffer.is_empty() => {
                self.advance()?;
                self.written.read(buffer)
            }
            read => Ok(read),
        }
    }
}
