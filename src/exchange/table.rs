//! The CSV file of a kind of record, its row type forgotten.

use std::marker::PhantomData;

use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::{
    domain::Cooperation,
    graph::{Cell, ColumnReader, Columns, Definition, Links, Record, Source},
};

/// A column of a CSV file.
pub struct Column<'a> {
    /// The header.
    pub header: &'static str,
    /// What it holds.
    pub cell: View<'a>,
}

/// What a cell holds; see [`Cell`].
#[derive(Clone, Copy)]
pub enum View<'a> {
    /// A value of the row.
    Value {
        /// The table's columns.
        columns: &'a [&'static str],
        /// Reads the cell.
        read: &'a dyn Fn(&str) -> Result<Vec<Value>, String>,
    },
    /// The key of a record of one kind.
    Reference {
        /// The table's column.
        column: &'static str,
        /// The kind.
        kind: &'static str,
        /// Whether it may not be empty.
        required: bool,
    },
    /// The kind and the key of a record.
    AnyReference {
        /// The table's columns: the id, the kind.
        columns: [&'static str; 2],
        /// The kinds.
        kinds: &'static [&'static str],
        /// Whether it may not be empty.
        required: bool,
    },
    /// Keys of records of one kind.
    List {
        /// The table of links.
        links: Links,
        /// The kind.
        kind: &'static str,
        /// How many there must be at least.
        at_least: usize,
    },
}

/// What a row refers to, to be printed as keys.
pub enum Printed {
    /// As it is.
    Text(String),
    /// The key of this record.
    Key(Option<Uuid>),
    /// The keys that this row has in the table of links.
    List,
}

/// The CSV file of a kind of record.
pub trait Table {
    /// The table, and the prefix of ids.
    fn kind(&self) -> &'static str;
    /// The file's name.
    fn file(&self) -> String;
    /// The columns, beside `key`, which comes first.
    fn columns(&self) -> Vec<Column<'_>>;
    /// All columns of the table.
    fn table_columns(&self) -> &'static [&'static str];
    /// The table's columns that refer to records without which a row cannot be shown.
    fn owners(&self) -> &[&'static str];
    /// Pairs of headers of dates: the second may not lie before the first.
    fn periods(&self) -> &[(&'static str, &'static str)];
    /// The id, the key and the other cells of a row; two for a reference to a record of several kinds.
    fn print(&self, row: &QueryResult) -> Result<(Uuid, String, Vec<Printed>), sea_orm::DbErr>;
}

/// The CSV file of `R`.
pub struct Of<R>(PhantomData<R>);

impl<R> Default for Of<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<R: Record> Of<R> {
    fn definition() -> &'static Definition<R> {
        Cooperation::graph().definition()
    }
}

impl<R: Record> Table for Of<R> {
    fn kind(&self) -> &'static str {
        R::KIND
    }

    fn file(&self) -> String {
        format!("{}.csv", R::LIST)
    }

    fn columns(&self) -> Vec<Column<'_>> {
        let view = |cell: &'static Cell<R>| match cell {
            Cell::Value { columns, read, .. } => View::Value { columns, read },
            Cell::Reference { column, kind, required, .. } => View::Reference { column, kind, required: *required },
            Cell::AnyReference { columns, kinds, required, .. } => {
                View::AnyReference { columns: *columns, kinds, required: *required }
            }
            Cell::List { links, kind, at_least } => View::List { links: *links, kind, at_least: *at_least },
        };
        Self::definition().columns().iter().map(|c| Column { header: c.header, cell: view(&c.cell) }).collect()
    }

    fn table_columns(&self) -> &'static [&'static str] {
        R::COLUMNS
    }

    fn owners(&self) -> &[&'static str] {
        Self::definition().owners()
    }

    fn periods(&self) -> &[(&'static str, &'static str)] {
        Self::definition().periods()
    }

    fn print(&self, row: &QueryResult) -> Result<(Uuid, String, Vec<Printed>), sea_orm::DbErr> {
        let row = R::read(&mut ColumnReader::new(row, Columns::ALL, 0))?;
        let mut cells = Vec::new();
        for column in Self::definition().columns() {
            match &column.cell {
                Cell::Value { print, .. } => cells.push(Printed::Text(print(&row))),
                Cell::Reference { get, .. } => cells.push(Printed::Key(get(&row))),
                Cell::AnyReference { get, .. } => {
                    let (kind, id) = get(&row).unzip();
                    cells.push(Printed::Text(kind.unwrap_or_default()));
                    cells.push(Printed::Key(id));
                }
                Cell::List { .. } => cells.push(Printed::List),
            }
        }
        Ok((row.id(), row.key().to_owned(), cells))
    }
}
