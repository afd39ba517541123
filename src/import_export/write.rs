//! Writing records: new ones are added and those that differ are updated, with one statement for many rows.

use std::collections::HashSet;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, Set, Value,
    sea_query::{BinOper, Condition, Expr, OnConflict, Query},
};
use uuid::Uuid;

use super::{
    EXCLUDED, Failure, Import, MAX_BOUND_VALUES, Problems,
    columns::{file_name, headers},
    csv_reader::CsvReader,
    import::Counts,
    keys::{Keys, KnownKey},
    links::LinkTable,
    row::RowReader,
};
use crate::{
    model::{Column, RecordType, draft::Values, record},
    query::statement::is_one_of_ids,
};

/// `IS DISTINCT FROM` is `<>` for which `NULL` is a value like others; sea-query has no name for it.
const IS_DISTINCT_FROM: BinOper = BinOper::Custom("IS DISTINCT FROM");

/// The columns that are written beside those of the attributes.
const HISTORY: [&str; 4] = ["audience", "version", "created_at", "updated_at"];

/// A row of a file, ready to be written.
struct Row<'a> {
    known: KnownKey,
    values: Values<'a>,
}

/// The third reading: writes the records of a file.
pub(super) async fn write(
    import: &Import<'_>,
    transaction: &DatabaseTransaction,
    record: &RecordType,
    keys: &Keys,
    counts: &mut Counts,
) -> Result<(), Failure> {
    let writer = Writer { import, transaction, record };
    let rows = RowReader { record, keys, unreadable: &HashSet::new() };
    let size = MAX_BOUND_VALUES / record.columns.len();
    let mut batch: Vec<Row<'_>> = Vec::with_capacity(size);
    let mut problems = Problems::default();
    let file = file_name(record);
    if let Some(mut reader) = CsvReader::open(import.files, &file, headers(record), &mut problems) {
        while let Some((line, cells)) = reader.next(&mut problems) {
            // Everything was checked; what is wrong now has changed since.
            let (Some(known), Ok(values)) = (keys.get(record.table, cells[0]), rows.read(&cells)) else {
                problems.add_changed(&file, line);
                break;
            };
            batch.push(Row { known, values });
            if batch.len() == size {
                writer.write(&mut batch, counts).await?;
            }
        }
    }
    problems.into_result()?;
    writer.write(&mut batch, counts).await
}

/// Writes records of one type.
struct Writer<'a> {
    import: &'a Import<'a>,
    transaction: &'a DatabaseTransaction,
    record: &'a RecordType,
}

impl Writer<'_> {
    async fn write(&self, batch: &mut Vec<Row<'_>>, counts: &mut Counts) -> Result<(), Failure> {
        let Some(first) = batch.first() else { return Ok(()) };
        let own: Vec<Column> = first.values.columns.iter().map(|(column, _)| *column).collect();
        let new = batch.iter().filter(|row| !row.known.is_stored).map(|row| record::ActiveModel {
            id: Set(row.known.id),
            kind: Set(self.record.table.to_owned()),
            audience: Set(0),
        });
        let added = record::Entity::insert_many(new).exec_without_returning(self.transaction).await?;
        let now = self.import.clock.now();
        let rows = batch.iter_mut().map(|row| {
            let values = std::mem::take(&mut row.values.columns).into_iter().map(|(_, value)| value);
            // The audience is updated at the end, when all records are there.
            let history: [Value; HISTORY.len()] = [0_i16.into(), 1.into(), now.into(), now.into()];
            values.chain(history).collect()
        });
        let columns: Vec<Column> = own.iter().copied().chain(HISTORY.map(|name| self.record.column(name))).collect();
        let mut insert = (self.record.insert)(&columns, rows.collect());
        insert.on_conflict(self.update_if_different(&own));
        let touched = self.transaction.execute(&insert).await?.rows_affected();
        let updated = touched.saturating_sub(added) + self.write_lists(batch, now).await?;
        let all = batch.len() as u64;
        counts.imported.added += added;
        counts.imported.updated += updated;
        counts.imported.unchanged += all.saturating_sub(added + updated);
        counts.done += all;
        (self.import.progress)(&file_name(self.record), counts.done, counts.total);
        batch.clear();
        Ok(())
    }

    /// What to do with records whose key exists: update those that differ.
    fn update_if_different(&self, columns: &[Column]) -> OnConflict {
        let table = self.record.table;
        let names = || columns.iter().map(|column| column.name).filter(|name| !matches!(*name, "id" | "key"));
        let mut differs = Condition::any();
        for name in names() {
            let proposed = Expr::col((EXCLUDED, name));
            differs = differs.add(Expr::col((table, name)).binary(IS_DISTINCT_FROM, proposed));
        }
        OnConflict::column("key")
            .update_columns(names())
            .value("version", Expr::col((table, "version")).add(1))
            .update_column("updated_at")
            .action_cond_where(differs)
            .to_owned()
    }

    /// Writes the lists of keys that are not as in the database; says how many records changed by that which had not changed
    /// already.
    async fn write_lists(&self, batch: &[Row<'_>], now: i64) -> Result<u64, DbErr> {
        let mut updated = 0;
        let lists = batch.first().map_or(&[][..], |row| &row.values.lists);
        for (position, (attribute, _)) in lists.iter().enumerate() {
            let Some(links) = LinkTable::of(attribute) else { continue };
            let stored: Vec<Uuid> = batch.iter().filter(|row| row.known.is_stored).map(|row| row.known.id).collect();
            let before = links.read(self.transaction, &stored).await?;
            let mut changed = Vec::new();
            let mut written: Vec<(Uuid, &[Uuid])> = Vec::new();
            for row in batch {
                let (id, list) = (row.known.id, &row.values.lists[position].1);
                if row.known.is_stored {
                    let list: HashSet<Uuid> = list.iter().copied().collect();
                    if before.get(&id).map_or(list.is_empty(), |before| *before == list) {
                        continue;
                    }
                    changed.push(id);
                }
                written.push((id, list));
            }
            if !changed.is_empty() {
                links.delete(self.transaction, &changed).await?;
                updated += self.touch(&changed, now).await?;
            }
            links.insert(self.transaction, &written).await?;
        }
        Ok(updated)
    }

    /// Gives new versions to records of which only a list changed; says how many these are.
    async fn touch(&self, ids: &[Uuid], now: i64) -> Result<u64, DbErr> {
        let mut update = Query::update();
        update.table(self.record.table).value("version", Expr::col("version").add(1)).value("updated_at", now);
        update.and_where(Expr::col("updated_at").ne(now));
        update.and_where(is_one_of_ids(self.import.database.backend(), Expr::col("id"), ids));
        Ok(self.transaction.execute(&update).await?.rows_affected())
    }
}
