//! The rows of a file of records, batch by batch.

use std::{borrow::Cow, collections::HashMap};

use sea_orm::DbErr;
use uuid::Uuid;

use super::{
    Problems,
    cells::StoredCells,
    columns::{self, HISTORY, file_name, headers},
    csv_reader::{Contents, CsvReader},
    import::Context,
};
use crate::model::RecordType;

/// The rows of a file of records.
pub(super) struct Rows<'a> {
    context: &'a Context<'a>,
    record: &'a RecordType,
    reader: CsvReader,
    /// The positions of the cells that the file says nothing about.
    unsaid: Vec<usize>,
    /// Whether rows tell what the database has.
    with_stored: bool,
}

/// A row.
pub(super) struct Row {
    pub(super) line: u64,
    /// In the order of [`columns::headers`].
    pub(super) cells: Vec<String>,
    /// The cells of the record in the database, if it has it and they were asked for.
    pub(super) stored: Option<Vec<String>>,
}

impl<'a> Rows<'a> {
    /// Opens the file of a record type; `None` if there is none, or if it cannot be read, which is then reported.
    pub(super) fn open(context: &'a Context<'a>, record: &'a RecordType, problems: &mut Problems) -> Option<Self> {
        let reader = columns::open(context.import.files, record, problems)?;
        let content = reader.missing().filter(|(_, header)| !HISTORY.contains(header));
        let unsaid = content.map(|(position, _)| position).collect();
        Some(Self { context, record, reader, unsaid, with_stored: false })
    }

    /// Lets each row tell what the database has.
    pub(super) fn with_stored(self) -> Self {
        Self { with_stored: true, ..self }
    }

    /// What was read so far.
    pub(super) fn contents(&self) -> Contents {
        self.reader.contents()
    }

    /// Whether the file has a column.
    pub(super) fn has(&self, header: &str) -> bool {
        self.reader.has(header)
    }

    /// The next rows of good form, at most `size`; none at the end of the file. What the file says nothing about is as in the
    /// database; in rows of new records, it is empty.
    pub(super) async fn next(&mut self, size: usize, problems: &mut Problems) -> Result<Vec<Row>, DbErr> {
        let mut rows = Vec::with_capacity(size);
        while rows.len() < size
            && let Some((line, cells)) = self.reader.next(problems)
        {
            rows.push(Row { line, cells: cells.into_iter().map(Cow::into_owned).collect(), stored: None });
        }
        if self.with_stored || !self.unsaid.is_empty() || self.context.import.files.made().is_some() {
            self.complete(&mut rows).await?;
        }
        Ok(rows)
    }

    async fn complete(&self, rows: &mut [Row]) -> Result<(), DbErr> {
        let known = rows.iter().filter_map(|row| self.context.keys.get(self.record.table, &row.cells[0]));
        let ids: Vec<Uuid> = known.filter(|known| known.is_stored).map(|known| known.id).collect();
        let stored = StoredCells { connection: self.context.transaction, keys: self.context.keys_by_id() };
        let stored = stored.of(self.record, &ids).await?.into_iter().map(|row| (row.key, row.cells));
        let mut stored: HashMap<String, Vec<String>> = stored.collect();
        let made = self.context.import.files.made();
        let (file, headers) = (file_name(self.record), headers(self.record));
        for row in rows {
            row.stored = stored.remove(&row.cells[0]);
            let Some(stored) = &row.stored else { continue };
            for position in &self.unsaid {
                row.cells[*position].clone_from(&stored[*position]);
            }
            let Some(made) = made else { continue };
            for (position, header) in
                headers.iter().enumerate().filter(|(_, header)| !HISTORY.contains(&header.as_str()))
            {
                if made.is_unsaid(&file, row.line, header) {
                    row.cells[position].clone_from(&stored[position]);
                }
            }
        }
        Ok(())
    }
}
