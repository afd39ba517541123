//! Files that are no CSV files in UTF-8 with commas: what they are, and what to do.

/// Says what a file is that begins with these bytes, if it is no text in UTF-8.
pub(super) fn foreign_format(start: &[u8]) -> Option<&'static str> {
    const UTF_16: &str = "the file is UTF-16: save it as CSV in UTF-8";
    const WORKBOOK: &str = "the file is a workbook and no CSV file: save its sheet as CSV in UTF-8";
    match start {
        start if is_utf_16(start) => Some(UTF_16),
        // A ZIP archive, as XLSX and ODS are, and a compound file, as XLS is.
        [b'P', b'K', 3, 4] | [0xD0, 0xCF, 0x11, 0xE0] => Some(WORKBOOK),
        _ => None,
    }
}

/// Whether a file that begins with these bytes is UTF-16: it has a byte order mark, or every second byte is zero.
pub(crate) fn is_utf_16(start: &[u8]) -> bool {
    matches!(start, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, 0, _, ..] | [_, 0, _, 0, ..])
}

/// Says what separates the cells of a header that was read as one cell, if it is no comma: the character and its name.
pub(crate) fn foreign_separator(header: &str, known: &[String]) -> Option<(char, &'static str)> {
    let separators = [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")];
    let is_known = |cell: &&str| known.iter().any(|known| known == cell.trim_matches(['"', ' ']));
    let separates = |separator: char| header.split(separator).filter(is_known).count() > 1;
    separators.into_iter().find(|(separator, _)| separates(*separator))
}
