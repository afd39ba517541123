//! Writing records: new ones are added and those that differ are updated, with one statement for many rows.

use std::collections::HashSet;

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, Set, Value,
    sea_query::{BinOper, CaseStatement, Condition, Expr, OnConflict, Query, ReturningClause},
};
use uuid::Uuid;

use super::{
    EXCLUDED, Failure, MAX_BOUND_VALUES, Problems,
    columns::file_name,
    date_ranges,
    import::{Context, Origin, Written},
    keys::KnownKey,
    links::LinkTable,
    rows::Rows,
};
use crate::{
    model::{
        Column, RecordType,
        draft::{MAX_VERSION, Values},
        record,
    },
    query::statement::is_one_of_ids,
};

/// `IS DISTINCT FROM` is `<>` for which `NULL` is a value like others; sea-query has no name for it.
const IS_DISTINCT_FROM: BinOper = BinOper::Custom("IS DISTINCT FROM");

/// The columns in which a record that differs from that of the file does not differ.
const NOT_CONTENT: [&str; 5] = ["id", "key", "version", "created_at", "updated_at"];

/// A row of a file, ready to be written.
struct CheckedRow<'a> {
    line: u64,
    known: KnownKey,
    values: Values<'a>,
}

/// The third reading: writes the records of a file.
pub(super) async fn write<'a>(
    context: &'a Context<'a>,
    record: &'a RecordType,
    written: &mut Written,
) -> Result<(), Failure> {
    let mut problems = Problems::default();
    let file = file_name(record);
    let checked = context.contents.get(record.table);
    let Some(mut rows) = Rows::open(context, record, &mut problems) else {
        if checked.is_some() {
            problems.add_changed(&file, 0);
        }
        return problems.into_result();
    };
    let writer = Writer { context, record };
    let size = MAX_BOUND_VALUES / record.columns.len();
    loop {
        let batch = rows.next(size, &mut problems).await?;
        let mut read = Vec::with_capacity(batch.len());
        for row in &batch {
            // Everything was checked; what is wrong now has changed since.
            match (context.keys.get(record.table, &row.cells[0]), context.row_reader(record).read(&row.cells)) {
                (Some(known), Ok(values)) => read.push(CheckedRow { line: row.line, known, values }),
                _ => problems.add_changed(&file, row.line),
            }
        }
        if batch.is_empty() && checked != Some(&rows.contents()) {
            problems.add_changed(&file, 0);
        }
        std::mem::take(&mut problems).into_result()?;
        if batch.is_empty() {
            return Ok(());
        }
        writer.write(read, written).await?;
        written.done += batch.len() as u64;
        (context.import.progress)(&file, written.done, written.rows);
    }
}

/// Gives new versions to records of one type that were changed, but not in a column. Those that have new ones already are
/// left alone.
pub(super) async fn touch(
    context: &Context<'_>,
    record: &RecordType,
    ids: impl Iterator<Item = Uuid>,
    written: &mut Written,
) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = ids.filter(|id| written.changed.insert(*id, record.table).is_none()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut update = Query::update();
    update.table(record.table).value("version", next_version(Expr::col("version")));
    update.value("updated_at", greater(Expr::col("created_at"), Expr::val(context.now)));
    update.and_where(is_one_of_ids(context.import.database.backend(), Expr::col("id"), &ids));
    context.transaction.execute(&update).await.map(drop)
}

/// The version after another one.
fn next_version(version: Expr) -> Expr {
    CaseStatement::new().case(version.clone().lt(MAX_VERSION), version.clone().add(1)).finally(version).into()
}

/// The greater of two values.
fn greater(one: Expr, other: Expr) -> Expr {
    CaseStatement::new().case(one.clone().gt(other.clone()), one).finally(other).into()
}

/// Writes records of one type.
struct Writer<'a> {
    context: &'a Context<'a>,
    record: &'a RecordType,
}

impl Writer<'_> {
    async fn write(&self, mut batch: Vec<CheckedRow<'_>>, written: &mut Written) -> Result<(), DbErr> {
        let transaction = self.context.transaction;
        let new = batch.iter().filter(|row| !row.known.is_stored).map(|row| record::ActiveModel {
            id: Set(row.known.id),
            kind: Set(self.record.table.to_owned()),
            audience: Set(0),
        });
        written.added += record::Entity::insert_many(new).exec_without_returning(transaction).await?;
        let mut columns: Vec<Column> =
            batch.first().map(|row| row.values.columns.iter().map(|(column, _)| *column).collect()).unwrap_or_default();
        let on_conflict = self.update_if_different(&columns);
        // It is updated at the end, when all records are there.
        columns.push(self.record.column("audience"));
        let rows = batch.iter_mut().map(|row| {
            let values = std::mem::take(&mut row.values.columns).into_iter().map(|(_, value)| value);
            values.chain([Value::from(0_i16)]).collect()
        });
        let mut insert = (self.record.insert)(&columns, rows.collect());
        insert.on_conflict(on_conflict).returning(ReturningClause::Columns(vec!["id".into()]));
        let mut changed: HashSet<Uuid> = HashSet::new();
        for row in transaction.query_all(&insert).await? {
            changed.insert(row.try_get_by_index(0)?);
        }
        self.write_date_ranges(&batch, &changed).await?;
        for row in batch.iter().filter(|row| changed.contains(&row.known.id)) {
            written.origins.insert(
                row.known.id,
                Origin { table: self.record.table, line: row.line, is_new: !row.known.is_stored },
            );
        }
        written.changed.extend(changed.into_iter().map(|id| (id, self.record.table)));
        self.write_lists(&batch, written).await
    }

    /// What to do with records whose key exists: update those that differ, and those that the file has in a newer version,
    /// of which the version and the time are taken over.
    fn update_if_different(&self, columns: &[Column]) -> OnConflict {
        let table = self.record.table;
        let names = || columns.iter().map(|column| column.name).filter(|name| !NOT_CONTENT.contains(name));
        let (stored, proposed) = (|name| Expr::col((table, name)), |name| Expr::col((EXCLUDED, name)));
        let is_newer = || proposed("version").gt(stored("version"));
        let mut differs = Condition::any().add(is_newer());
        // What is computed from others differs with them.
        let computed = self.record.coordinates.iter().flat_map(|of| of.point.map(|column| column.name));
        let computed: Vec<_> = computed.collect();
        for name in names().filter(|name| !computed.contains(name)) {
            differs = differs.add(stored(name).binary(IS_DISTINCT_FROM, proposed(name)));
        }
        let if_newer = |newer: Expr, otherwise: Expr| -> Expr {
            CaseStatement::new().case(is_newer(), newer).finally(otherwise).into()
        };
        // No record is changed before it is created.
        let now = || greater(stored("created_at"), Expr::val(self.context.now));
        let created = CaseStatement::new()
            .case(is_newer().and(proposed("created_at").lt(stored("created_at"))), proposed("created_at"))
            .finally(stored("created_at"));
        OnConflict::column("key")
            .update_columns(names())
            .value("version", if_newer(proposed("version"), next_version(stored("version"))))
            .value("created_at", created)
            .value("updated_at", if_newer(proposed("updated_at"), now()))
            .action_cond_where(differs)
            .to_owned()
    }

    /// Writes what the dates of changed records list.
    async fn write_date_ranges(&self, batch: &[CheckedRow<'_>], changed: &HashSet<Uuid>) -> Result<(), DbErr> {
        if self.record.dates().next().is_none() {
            return Ok(());
        }
        let changed = || batch.iter().filter(|row| changed.contains(&row.known.id));
        let before: Vec<Uuid> = changed().filter(|row| row.known.is_stored).map(|row| row.known.id).collect();
        let sets = changed().map(|row| (row.known.id, &row.values.sets));
        date_ranges::replace(self.context.transaction, &before, sets).await
    }

    /// Writes the lists of keys that are not as in the database.
    async fn write_lists(&self, batch: &[CheckedRow<'_>], written: &mut Written) -> Result<(), DbErr> {
        let transaction = self.context.transaction;
        let lists = batch.first().map_or(&[][..], |row| &row.values.lists);
        for (position, (attribute, _)) in lists.iter().enumerate() {
            let Some(links) = LinkTable::of(attribute) else { continue };
            let stored: Vec<Uuid> = batch.iter().filter(|row| row.known.is_stored).map(|row| row.known.id).collect();
            let before = links.read(transaction, &stored).await?;
            let mut changed = Vec::new();
            let mut inserted: Vec<(Uuid, &[Uuid])> = Vec::new();
            for row in batch {
                let (id, list) = (row.known.id, &row.values.lists[position].1);
                if row.known.is_stored {
                    let list: HashSet<Uuid> = list.iter().copied().collect();
                    if before.get(&id).map_or(list.is_empty(), |before| *before == list) {
                        continue;
                    }
                    changed.push(id);
                }
                inserted.push((id, list));
            }
            if !changed.is_empty() {
                links.delete(transaction, &changed).await?;
                touch(self.context, self.record, changed.into_iter(), written).await?;
            }
            links.insert(transaction, &inserted).await?;
        }
        Ok(())
    }
}
