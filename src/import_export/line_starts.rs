//! The numbers of the lines of a file, which end in LF, CRLF or CR.

use std::collections::VecDeque;

/// Finds the numbers of lines by their offsets, while a file is read.
#[derive(Debug, Default)]
pub struct LineStarts {
    /// The offsets and the numbers of lines that are not empty, without those before the last offset that was asked for.
    starts: VecDeque<(u64, u64)>,
    /// How many bytes were read.
    read: u64,
    /// How many lines have ended.
    ended: u64,
    /// Whether the line that has not ended has bytes.
    is_within_line: bool,
    /// Whether the last byte was a CR: an LF after it belongs to the same end.
    is_after_return: bool,
}

impl LineStarts {
    /// Reads the next bytes of the file.
    pub fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' if self.is_after_return => {}
                b'\r' | b'\n' => {
                    self.ended += 1;
                    self.is_within_line = false;
                }
                _ if !self.is_within_line => {
                    self.starts.push_back((self.read, self.ended + 1));
                    self.is_within_line = true;
                }
                _ => {}
            }
            self.is_after_return = *byte == b'\r';
            self.read += 1;
        }
    }

    /// The number of the first line that is not empty and begins at an offset or after it. Offsets must not descend.
    pub fn line(&mut self, offset: u64) -> u64 {
        while self.starts.front().is_some_and(|(start, _)| *start < offset) {
            self.starts.pop_front();
        }
        self.starts.front().map_or(self.ended + 1, |(_, line)| *line)
    }
}
