//! A finished level: its rows as JSON, which of them are null, and the errors at and below them.

use std::sync::Arc;

use async_graphql::{PathSegment, ServerError};

/// An error below a row, its path from that row on, innermost segment first.
pub(super) struct Fault {
    pub(super) row: u32,
    pub(super) path: Vec<PathSegment>,
    pub(super) error: ServerError,
}

/// A finished level: its rows as JSON.
pub(super) trait Finished: Send + Sync {
    /// Whether a failed non-null field below made this row null.
    fn is_null(&self, row: u32) -> bool;
    fn write(&self, row: u32, out: &mut Vec<u8>);
    fn take_faults(&mut self) -> Vec<Fault>;
}

pub(super) struct Level<R: 'static> {
    pub(super) rows: Vec<Arc<R>>,
    pub(super) cells: Vec<(Box<[u8]>, Cell<R>)>,
    pub(super) nulls: Nulls,
    pub(super) faults: Vec<Fault>,
}

/// Which rows are null; most often none.
#[derive(Default)]
pub(super) struct Nulls(Vec<bool>);

impl Nulls {
    pub(super) fn set(&mut self, row: usize) {
        if self.0.len() <= row {
            self.0.resize(row + 1, false);
        }
        self.0[row] = true;
    }
    pub(super) fn has(&self, row: u32) -> bool {
        self.0.get(row as usize).copied().unwrap_or(false)
    }
}

/// The values of one field of a finished level.
pub(super) enum Cell<R: 'static> {
    Leaf(&'static (dyn Fn(&R, &mut Vec<u8>) + Send + Sync)),
    Constant(Vec<u8>),
    Texts { text: Vec<u8>, ends: Vec<u32> },
    One { children: Vec<Box<dyn Finished>>, at: Vec<At> },
    Many { children: Vec<Box<dyn Finished>>, starts: Vec<u32>, at: Vec<At>, nulls: Nulls },
}

/// What stands at a place: nothing, or a row of a group.
#[derive(Clone, Copy)]
pub(super) enum At {
    Null,
    Row { group: u32, row: u32 },
}

impl<R: Send + Sync + 'static> Finished for Level<R> {
    fn is_null(&self, row: u32) -> bool {
        self.nulls.has(row)
    }

    fn write(&self, row: u32, out: &mut Vec<u8>) {
        for (key, cell) in &self.cells {
            out.extend_from_slice(key);
            cell.write(&self.rows[row as usize], row, out);
        }
        if self.cells.is_empty() {
            out.push(b'{');
        }
        out.push(b'}');
    }

    fn take_faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
    }
}

impl<R> Cell<R> {
    pub(super) fn write(&self, source: &R, row: u32, out: &mut Vec<u8>) {
        let i = row as usize;
        match self {
            Self::Leaf(write) => write(source, out),
            Self::Constant(text) => out.extend_from_slice(text),
            Self::Texts { text, ends } => {
                let start = if i == 0 { 0 } else { ends[i - 1] as usize };
                out.extend_from_slice(&text[start..ends[i] as usize]);
            }
            Self::One { children, at } => write_at(children, at[i], out),
            Self::Many { nulls, .. } if nulls.has(row) => out.extend_from_slice(b"null"),
            Self::Many { children, starts, at, .. } => {
                out.push(b'[');
                for (n, at) in at[starts[i] as usize..starts[i + 1] as usize].iter().enumerate() {
                    if n > 0 {
                        out.push(b',');
                    }
                    write_at(children, *at, out);
                }
                out.push(b']');
            }
        }
    }
}

fn write_at(children: &[Box<dyn Finished>], at: At, out: &mut Vec<u8>) {
    match at {
        At::Row { group, row } if !children[group as usize].is_null(row) => {
            children[group as usize].write(row, out);
        }
        _ => out.extend_from_slice(b"null"),
    }
}
