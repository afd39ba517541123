//! Tables in text files: CSV in its dialects.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::table::{Cell, MAX_BYTES, Row, Rows, letters, problem, whole};
use crate::import_export::{LineStarts, Place, Problem, foreign_separator, is_utf_16};

/// The characters that can separate cells, by their names in mappings.
const SEPARATORS: [(&str, char); 5] = [("comma", ','), ("semicolon", ';'), ("tab", '\t'), ("bar", '|'), ("space", ' ')];

/// How a text file is to be read; what is not said is detected.
#[derive(Clone, Copy, Default)]
pub(super) struct Dialect<'a> {
    pub(super) separator: Option<&'a str>,
    /// The row of the headers.
    pub(super) header: u64,
}

/// The text of a file, and a note on what was guessed about it.
pub(super) fn decode(label: &str, bytes: &[u8], named: Option<&str>) -> Result<(String, Option<String>), Problem> {
    let (encoding, bytes, note) = match (named, Encoding::for_bom(bytes)) {
        (_, Some((encoding, length))) => (encoding, &bytes[length..], None),
        (Some(name), None) => {
            let found = Encoding::for_label(name.as_bytes());
            let encoding = found.ok_or_else(|| {
                let examples = "utf-8, utf-16le, windows-1252, big5, gb18030 or shift_jis";
                whole(label, format!("the encoding {name} is not known: write one such as {examples}"))
            })?;
            (encoding, bytes, None)
        }
        (None, None) if is_utf_16(bytes) => (if bytes[0] == 0 { UTF_16BE } else { UTF_16LE }, bytes, None),
        (None, None) if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes, None),
        (None, None) => {
            if let Some(line) = damaged_line(bytes) {
                let place = Place { file: label.into(), row: line, column: "".into() };
                let message =
                    "the line is not in UTF-8, as the rest of the file is: repair its letters, or name the `encoding`";
                return Err(problem(&place, "", message));
            }
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(bytes, true);
            let encoding = detector.guess(None, Utf8Detection::Deny);
            let name = encoding.name();
            let note = format!("{label} is read as {name}; if letters are wrong, name its `encoding` in the mapping");
            (encoding, bytes, Some(note))
        }
    };
    let mut text = String::new();
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len());
    text.reserve(capacity.min(4 * MAX_BYTES));
    if let (DecoderResult::Malformed(..), _) = decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        let place = Place { file: label.into(), row: lines(&text).count() as u64, column: "".into() };
        let message = format!("it is not in the encoding {}: name another `encoding`", encoding.name().to_lowercase());
        return Err(problem(&place, "", message));
    }
    if let Some(found) = text.find('\0') {
        let place = Place { file: label.into(), row: lines(&text[..found]).count() as u64, column: "".into() };
        return Err(problem(&place, "", "the file is neither a text nor a workbook (XLSX, ODS)"));
    }
    Ok((text, note))
}

/// The first line that is not in UTF-8, if nearly all of a file is: a damaged letter, and not another encoding.
fn damaged_line(bytes: &[u8]) -> Option<u64> {
    let (mut letters, mut damaged) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        damaged += usize::from(!chunk.invalid().is_empty());
    }
    let before = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    (letters > damaged).then(|| lines(before).count() as u64)
}

/// The rows of a text file. `known` are the columns that are looked for, by which the separator is recognised.
pub(super) fn rows(label: &str, text: &str, dialect: Dialect<'_>, known: &[String]) -> Result<Vec<Row>, Problem> {
    if text.trim().is_empty() {
        return Err(whole(label, "the file is empty"));
    }
    let separator = if let Some(name) = dialect.separator {
        named_separator(name).map_err(|message| whole(label, message))?
    } else {
        let skipped = usize::try_from(dialect.header.saturating_sub(1)).unwrap_or_default();
        detected_separator(lines(text).nth(skipped).unwrap_or_default(), known)
    };
    let separator = u8::try_from(separator).map_err(|_| whole(label, "the separator must be a character of ASCII"))?;
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.flexible(true).has_headers(false).delimiter(separator).from_reader(text.as_bytes());
    let mut rows = Rows::new(label);
    let mut record = csv::StringRecord::new();
    let mut starts = LineStarts::default();
    starts.read(text.as_bytes());
    while reader.read_record(&mut record).map_err(|cause| whole(label, format!("it cannot be read: {cause}")))? {
        let line = record.position().map_or(0, |position| starts.line(position.byte()));
        for (column, text) in record.iter().enumerate() {
            rows.add(line, column, Cell::of(text))?;
        }
        let last = record.iter().next_back().unwrap_or_default();
        let is_at_end = usize::try_from(reader.position().byte()) == Ok(text.len());
        if is_at_end && last.contains(['\r', '\n']) && !text.trim_end().ends_with('"') {
            let column = format!("[{}]", letters(record.len().saturating_sub(1)));
            let place = Place { file: label.into(), row: line, column: column.into() };
            return Err(problem(&place, "", "a quotation mark that is opened here is never closed"));
        }
    }
    Ok(rows.into_rows())
}

/// The lines of a text, which end in LF, CRLF or CR.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split("\r\n").flat_map(|part| part.split(['\r', '\n']))
}

fn named_separator(name: &str) -> Result<char, String> {
    let mut chars = name.chars();
    if let (Some(one), None) = (chars.next(), chars.next()) {
        return Ok(one);
    }
    let named = SEPARATORS.iter().find(|(known, _)| *known == name).map(|(_, separator)| *separator);
    named.ok_or_else(|| format!("the separator {name} is not known: write one character, or tab"))
}

/// The separator of a header line: the one that makes known columns of it, or else the one that it has most of.
fn detected_separator(header: &str, known: &[String]) -> char {
    let is_known = |cell: &str| known.iter().any(|known| known == cell.trim_matches(['"', ' ']));
    if header.split(',').filter(|cell| is_known(cell)).count() > 1 {
        return ',';
    }
    let count = |separator: &char| header.matches(*separator).count();
    let most = || [',', ';', '\t', '|'].into_iter().rev().max_by_key(count).unwrap_or(',');
    foreign_separator(header, known).map_or_else(most, |(separator, _)| separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], named: Option<&str>) -> Result<Vec<Vec<String>>, String> {
        let (text, _) = decode("x.csv", bytes, named).map_err(|problem| problem.to_string())?;
        let dialect = Dialect { header: 1, ..Dialect::default() };
        let found = rows("x.csv", &text, dialect, &["City".to_owned(), "Since".to_owned()]);
        let found = found.map_err(|problem| problem.to_string())?;
        let cell = |row: &Row, column| row.cell(column).map(|cell: &Cell| cell.text.clone()).unwrap_or_default();
        Ok(found.iter().map(|row| vec![cell(row, 0), cell(row, 1)]).collect())
    }

    #[test]
    fn dialects_and_encodings_are_detected() {
        let table = "City,Since\nJyväskylä,1973\n";
        let expected =
            vec![vec!["City".to_owned(), "Since".to_owned()], vec!["Jyväskylä".to_owned(), "1973".to_owned()]];
        let utf_16 = |bytes: fn(u16) -> [u8; 2], mark: &[u8]| {
            [mark.to_vec(), table.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()].concat()
        };
        for bytes in [
            table.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", table.as_bytes()].concat(),
            table.replace(',', ";").into_bytes(),
            table.replace(',', "\t").into_bytes(),
            table.replace(',', "|").into_bytes(),
            table.replace('\n', "\r\n").into_bytes(),
            table.replace('\n', "\r").into_bytes(),
            utf_16(u16::to_le_bytes, b"\xFF\xFE"),
            utf_16(u16::to_be_bytes, b"\xFE\xFF"),
            utf_16(u16::to_le_bytes, b""),
            encoding_rs::WINDOWS_1252.encode(table).0.into_owned(),
        ] {
            assert_eq!(read(&bytes, None).as_ref(), Ok(&expected), "{bytes:?}");
        }
        let table = "City,Since\n高雄,1973\n";
        let big5 = encoding_rs::BIG5.encode(table).0.into_owned();
        assert_eq!(read(&big5, Some("big5")).map(|rows| rows[1][0].clone()), Ok("高雄".to_owned()));
    }

    #[test]
    fn what_is_no_table_is_told() {
        for (bytes, named, says) in [
            (&b""[..], None, "x.csv: the file is empty"),
            (b" \n", None, "x.csv: the file is empty"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None, "neither a text nor a workbook"),
            (b"City,Since\nJyv\xE4skyl\xE4,1\n", Some("utf-8"), "x.csv:2: it is not in the encoding utf-8"),
            (b"City,Since\rJyv\xE4skyl\xE4,1\r", Some("utf-8"), "x.csv:2: it is not in the encoding utf-8"),
            (b"City,Since\r\rEspoo,1\0\r", None, "x.csv:3: the file is neither a text nor a workbook"),
            (
                b"City,Since\r\"a\rb\",1\ra,\"b\rc,d\r",
                None,
                "x.csv:4: [B] = \"\": a quotation mark that is opened here is never closed",
            ),
            (b"City,Since\n", Some("klingon"), "the encoding klingon is not known"),
            (
                b"City,Since\na,\"b\nc,d\n",
                None,
                "x.csv:2: [B] = \"\": a quotation mark that is opened here is never closed",
            ),
        ] {
            let message = read(bytes, named).unwrap_err();
            assert!(message.contains(says), "{message}");
        }
    }
}
