//! The content lines of iCalendar (RFC 5545, section 3.1).
//!
//! A line is a name, parameters and a value, which is escaped and folded: too little for a library.

/// The length of a line in bytes, without its end.
const MOST: usize = 75;

/// Appends a line whose value needs no escapes.
pub(super) fn line(name: &str, value: &str, out: &mut Vec<u8>) {
    let mut length = 0;
    let mut buffer = [0; 4];
    for c in name.chars().chain([':']).chain(value.chars()) {
        let bytes = c.encode_utf8(&mut buffer).as_bytes();
        if length + bytes.len() > MOST {
            // A line that begins with a space goes on with the one before.
            out.extend_from_slice(b"\r\n ");
            length = 1;
        }
        out.extend_from_slice(bytes);
        length += bytes.len();
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends a line whose value is a text.
pub(super) fn text_line(name: &str, text: &str, out: &mut Vec<u8>) {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push(c),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    line(name, &escaped, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_between_characters() {
        let mut out = Vec::new();
        text_line("SUMMARY", &"ä上".repeat(40), &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("\r\n"));
        assert!(text.split("\r\n").all(|line| line.len() <= MOST), "{text}");
        assert_eq!(text.replace("\r\n ", "").trim_end(), format!("SUMMARY:{}", "ä上".repeat(40)));
    }

    #[test]
    fn texts_are_escaped() {
        let mut out = Vec::new();
        text_line("SUMMARY", "a, b; c\\d\r\ne\u{7}", &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "SUMMARY:a\\, b\\; c\\\\d\\ne\r\n");
    }
}
