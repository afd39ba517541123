//! What the CSV files of a kind of record hold.

use sea_orm::Value;
use uuid::Uuid;

/// A column of the CSV file.
pub struct Column<R> {
    /// Its header.
    pub header: &'static str,
    /// What it holds.
    pub cell: Cell<R>,
}

/// What a cell of the CSV file holds.
pub enum Cell<R> {
    /// A value of the row; a date fills three columns of the table, a name two.
    Value {
        /// The table's columns.
        columns: Vec<&'static str>,
        /// Reads the cell; the error says what would be right.
        read: Box<dyn Fn(&str) -> Result<Vec<Value>, String> + Send + Sync>,
        /// Writes the cell.
        print: Box<dyn Fn(&R) -> String + Send + Sync>,
    },
    /// The key of a record of one kind.
    Reference {
        /// The table's column.
        column: &'static str,
        /// The kind.
        kind: &'static str,
        /// Whether it may not be empty.
        required: bool,
        /// The id in a row.
        get: Box<dyn Fn(&R) -> Option<Uuid> + Send + Sync>,
    },
    /// The key of a record of one of several kinds; the column before it, `<header>_kind`, says which.
    AnyReference {
        /// The table's columns: the id, the kind.
        columns: [&'static str; 2],
        /// The kinds.
        kinds: &'static [&'static str],
        /// Whether it may not be empty.
        required: bool,
        /// The kind and the id in a row.
        get: Box<dyn Fn(&R) -> Option<(String, Uuid)> + Send + Sync>,
    },
    /// The keys of records of one kind, separated by `;`, that a table of links joins to the row.
    List {
        /// The table of links.
        links: Links,
        /// The kind.
        kind: &'static str,
        /// How many there must be at least.
        at_least: usize,
    },
}

/// A table that links records to records.
#[derive(Clone, Copy)]
pub struct Links {
    /// Its name.
    pub table: &'static str,
    /// The column of the row.
    pub from: &'static str,
    /// The column of the other record.
    pub to: &'static str,
    /// Whether each row of the table names a pair of the others, too, in this column.
    pub pair: Option<&'static str>,
}
