//! Import and export: a directory of CSV files that holds the whole data set.
//!
//! The files are UTF-8 and follow RFC 4180, with a header row, an empty cell for what is not known, and `;` between the items
//! of a list. The columns of a file follow from the attributes of its record type; records refer to each other by their keys.
//! `names.csv`, `identifiers.csv` and `tags.csv` hold what records of all types have.

mod alike;
mod annotation_changes;
mod annotations;
mod bundled;
mod cells;
mod columns;
mod csv_reader;
mod dataset_change;
mod date_ranges;
mod dialect;
mod edits;
mod effective_visibility;
mod export;
mod first_reading;
mod import;
mod incoming;
mod inconsistencies;
mod keys;
mod line_starts;
mod links;
mod made;
mod problem;
mod removals;
mod row_reader;
mod rows;
mod search_documents;
mod search_index;
mod sort_keys;
mod unbuilt_statements;
mod value_changes;
mod verify;
mod write;

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

pub(crate) use self::{
    annotations::{IDENTIFIERS, NAMES, TAGS},
    columns::{HISTORY, file_name, headers, headers_of, imported, kind_header},
    dialect::{foreign_separator, is_utf_16},
    first_reading::{KEY_FORM, is_key},
    line_starts::LineStarts,
};
pub use self::{
    bundled::Bundled,
    dataset_change::{begin_change, complete_change},
    edits::{Action, AnnotationList, By, Cell, CellValue, Edit, Edited, Edits, IdempotencyKey, Reference, edit},
    export::{Export, export},
    import::{Import, Imported, import},
    made::{MadeFiles, MadeRow, Place},
    problem::{Failure, Problem, Problems},
    search_index::{complete_search_index, rebuild_search_index},
    value_changes::{Change, Warning, Warnings},
    verify::{Verified, Verify, verify},
};

/// How many values one statement binds at most; SQLite's limit is 32,766, PostgreSQL's 65,535.
const MAX_BOUND_VALUES: usize = 12_000;

/// The name by which SQL knows the row that an insertion proposed when it met an existing one.
const EXCLUDED: &str = "excluded";

/// Where the CSV files are.
#[derive(Clone, Debug)]
pub enum Files {
    /// In a directory.
    In(PathBuf),
    /// In the binary.
    Bundled(Bundled),
    /// In memory: made of a foreign file.
    Made(Arc<MadeFiles>),
}

impl Files {
    /// Those that were made of a foreign file.
    fn made(&self) -> Option<&MadeFiles> {
        match self {
            Self::Made(files) => Some(files),
            Self::In(_) | Self::Bundled(_) => None,
        }
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + Sync>> {
        match self {
            Self::In(directory) => {
                let path = directory.join(name);
                // Not one that leads nowhere, which was meant to be there.
                if path.is_symlink() && !path.exists() {
                    return Err(io::Error::other("it is a symbolic link to a file that does not exist"));
                }
                // Others could be waited for without an end, such as a named pipe.
                if path.metadata()?.is_file() {
                    Ok(Box::new(File::open(path)?))
                } else {
                    Err(io::Error::other("it is not a regular file"))
                }
            }
            Self::Bundled(bundled) => bundled.open(name),
            Self::Made(files) => files.open(name),
        }
    }
}
