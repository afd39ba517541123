//! What is wrong with files that were to be imported.

use std::{fmt, io, path::Path};

use super::Warnings;
use crate::{
    model::draft::{self, ProblemCode},
    quoted::Quoted,
};

/// How many problems are listed; the others are only counted.
pub(super) const LISTED: usize = 100;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1; 0 if the file as a whole is meant.
    pub line: u64,
    /// The column's header; empty if the line as a whole is meant.
    pub column: String,
    /// The value that is wrong.
    pub value: String,
    /// What kind of problem it is.
    pub code: ProblemCode,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem with a file or a line as a whole.
    pub(super) fn of_file(file: &str, line: u64, message: impl Into<String>) -> Self {
        let message = message.into();
        let (column, value, code) = (String::new(), String::new(), ProblemCode::Invalid);
        Self { file: file.to_owned(), line, column, value, code, message }
    }

    /// A problem with an argument of a mutation, which stands at a path.
    pub(crate) fn of_argument(path: &str, message: &str) -> Self {
        Self::of_cell("", 0, path, "", message)
    }

    /// The same problem of another kind than an invalid value.
    pub(super) fn coded(self, code: ProblemCode) -> Self {
        Self { code, ..self }
    }

    /// A problem with a cell.
    pub(super) fn of_cell(file: &str, line: u64, column: &str, value: &str, message: impl Into<String>) -> Self {
        Self { column: column.to_owned(), value: value.to_owned(), ..Self::of_file(file, line, message) }
    }

    /// A value of a record that may be a mistake.
    pub(super) fn of_warning(file: &str, line: u64, found: draft::Warning) -> Self {
        Self::of_cell(file, line, &found.path, &found.value, found.message)
    }

    /// A problem with a value of a record.
    pub(super) fn of_draft(file: &str, line: u64, found: draft::Problem) -> Self {
        Self::of_cell(file, line, &found.path, &found.value, found.message).coded(found.code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.column.is_empty() {
            write!(f, ": {} = {}", self.column, Quoted(&self.value))?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Everything that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// The first of them.
    pub listed: Vec<Problem>,
    /// How many there are.
    pub total: usize,
}

impl Problems {
    pub(crate) fn add(&mut self, problem: Problem) {
        self.total += 1;
        if self.listed.len() < LISTED {
            self.listed.push(problem);
        }
    }

    /// Adds that a line is not what it was when it was checked.
    pub(super) fn add_changed(&mut self, file: &str, line: u64) {
        self.add(Problem::of_file(file, line, "the file was changed during the import: import it again"));
    }

    /// Keeps only some of the listed problems.
    pub(super) fn retain(&mut self, keep: impl Fn(&Problem) -> bool) {
        let before = self.listed.len();
        self.listed.retain(keep);
        self.total -= before - self.listed.len();
    }

    /// Adds other problems.
    pub(super) fn append(&mut self, others: Self) {
        self.total += others.total;
        self.listed.extend(others.listed);
        self.listed.truncate(LISTED);
    }

    /// An error, if there are problems.
    pub(crate) fn into_result(self) -> Result<(), Failure> {
        if self.total == 0 { Ok(()) } else { Err(Failure::Problems(self)) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.listed {
            writeln!(f, "{problem}")?;
        }
        if self.total > self.listed.len() {
            writeln!(f, "… and {} more", self.total - self.listed.len())?;
        }
        write!(f, "{} problem(s); nothing was changed", self.total)
    }
}

/// Why an import or export did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The files are wrong.
    #[error("the files cannot be imported:\n{0}")]
    Problems(Problems),
    /// The files change what may be right.
    #[error("the files may contain mistakes; if they do not, import them with --accept-warnings:\n{0}")]
    Warnings(Warnings),
    /// The database failed.
    #[error("the database failed, nothing was changed: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// A file could not be read or written.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: String,
        /// Why.
        cause: io::Error,
    },
}

impl Failure {
    pub(crate) fn file(path: &Path, cause: io::Error) -> Self {
        Self::File { path: path.display().to_string(), cause }
    }
}
