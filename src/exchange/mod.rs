//! Import and export: a directory of CSV files that holds the whole graph.
//!
//! UTF-8, RFC 4180, a header row, an empty cell for what is not known, `;` between the items of a list. The columns are
//! those that the slices describe ([`crate::graph::Definition::columns`]); records refer to each other by their keys.
//! `names.csv`, `identifiers.csv` and `tags.csv` hold what records of all kinds have.

mod audience;
mod beside;
mod export;
mod import;
mod problem;
mod rows;
mod table;
mod write;

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use include_dir::{Dir, include_dir};
use uuid::Uuid;

pub use self::{
    export::export,
    import::{Import, Imported, import},
    problem::{Failure, Problem, Problems},
    table::{Of, Table},
};

/// The bundled data set.
static BUNDLED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data");

/// Where the CSV files are.
#[derive(Clone, Debug)]
pub enum Files {
    /// In a directory.
    In(PathBuf),
    /// In the binary: the bundled data set.
    Bundled,
}

impl Files {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read>> {
        match self {
            Self::In(directory) => Ok(Box::new(File::open(directory.join(name))?)),
            Self::Bundled => {
                let file = BUNDLED.get_file(name).ok_or(io::ErrorKind::NotFound)?;
                Ok(Box::new(file.contents()))
            }
        }
    }

    /// The directory, if it is none.
    fn no_directory(&self) -> Option<&Path> {
        match self {
            Self::In(directory) if !directory.is_dir() => Some(directory),
            _ => None,
        }
    }
}

/// The ids of all records by kind and key.
#[derive(Default)]
struct Keys(HashMap<&'static str, HashMap<Box<str>, Known>>);

/// A record that is known by its key.
#[derive(Clone, Copy)]
struct Known {
    id: Uuid,
    /// Whether the database has it already.
    stored: bool,
}

impl Keys {
    fn get(&self, kind: &str, key: &str) -> Option<Known> {
        self.0.get(kind)?.get(key).copied()
    }
}

/// What separates the items of a list inside a cell.
const SEPARATOR: char = ';';
