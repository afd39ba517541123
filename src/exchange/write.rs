//! Writing rows: new ones are added, those that differ updated, in batches of one statement each.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, Value};
use uuid::Uuid;

use super::{
    Failure, Import, Keys, Problems,
    import::{Done, Row, headers, read},
    rows::Reader,
    table::{Table, View},
};
use crate::{db::Sql, graph::Links};

/// How many values one statement binds at most; SQLite's limit is 32,766, PostgreSQL's 65,535.
const VALUES: usize = 12_000;

/// The third reading: writes the rows of a table.
pub(super) async fn write(
    import: &Import<'_>,
    transaction: &DatabaseTransaction,
    table: &dyn Table,
    keys: &Keys,
    done: &mut Done,
) -> Result<(), Failure> {
    let columns = table.columns();
    let mut written: Vec<&str> = vec!["id", "key"];
    for column in &columns {
        match column.cell {
            View::Value { columns, .. } => written.extend(columns),
            View::Reference { column, .. } => written.push(column),
            View::AnyReference { columns, .. } => written.extend(columns),
            View::List { .. } => {}
        }
    }
    let writer = Writer { import, transaction, table, columns: &written };
    let size = VALUES / (written.len() + 4);
    let mut batch: Vec<Row> = Vec::with_capacity(size);
    let form = &mut Problems::default();
    let Some(mut reader) = Reader::open(import.files, &table.file(), headers(table), form) else {
        return Ok(());
    };
    while let Some((_, cells)) = reader.next(form) {
        batch.push(read(table, &columns, &cells, keys, &HashSet::new(), &mut |_, _, _| {}));
        if batch.len() == size {
            writer.write(&mut batch, done).await?;
        }
    }
    writer.write(&mut batch, done).await
}

/// Writes rows of one table.
struct Writer<'a> {
    import: &'a Import<'a>,
    transaction: &'a DatabaseTransaction,
    table: &'a dyn Table,
    columns: &'a [&'static str],
}

impl Writer<'_> {
    async fn write(&self, batch: &mut Vec<Row>, done: &mut Done) -> Result<(), Failure> {
        if batch.is_empty() {
            return Ok(());
        }
        let kind = self.table.kind();
        let backend = self.import.database.backend();
        let new: Vec<&Row> = batch.iter().filter(|row| !row.known.stored).collect();
        if !new.is_empty() {
            let rows = new.iter().map(|row| vec![row.known.id.into(), kind.into(), Value::SmallInt(Some(0))]);
            self.transaction.execute_raw(insert(backend, "record", &["id", "kind", "audience"], rows, "")).await?;
        }
        let now = self.import.clock.now();
        let more = ["audience", "version", "created_at", "updated_at"];
        let columns: Vec<&str> = self.columns.iter().copied().chain(more).collect();
        let rows = batch.iter_mut().map(|row| {
            let mut values = std::mem::take(&mut row.values);
            // Settled at the end, when all rows are there.
            values.extend([Value::SmallInt(Some(0)), 1.into(), now.into(), now.into()]);
            values
        });
        let statement = insert(backend, kind, &columns, rows, &self.conflict());
        let touched = self.transaction.execute_raw(statement).await?.rows_affected();
        let added = batch.iter().filter(|row| !row.known.stored).count() as u64;
        let mut updated = touched.saturating_sub(added);
        updated += self.write_lists(batch, now).await?;
        let all = batch.len() as u64;
        done.imported.added += added;
        done.imported.updated += updated;
        done.imported.unchanged += all.saturating_sub(added + updated);
        done.rows += all;
        (self.import.progress)(&self.table.file(), done.rows, done.total);
        batch.clear();
        Ok(())
    }

    /// What to do with rows whose key is there: update those that differ.
    fn conflict(&self) -> String {
        let kind = self.table.kind();
        let own: Vec<_> = self.columns.iter().filter(|c| !matches!(**c, "id" | "key")).collect();
        let set: Vec<_> = own.iter().map(|c| format!("\"{c}\" = excluded.\"{c}\"")).collect();
        let differs: Vec<_> =
            own.iter().map(|c| format!("\"{kind}\".\"{c}\" IS DISTINCT FROM excluded.\"{c}\"")).collect();
        format!(
            " ON CONFLICT (\"key\") DO UPDATE SET {}, \"version\" = \"{kind}\".\"version\" + 1, \"updated_at\" = excluded.\"updated_at\" WHERE {}",
            set.join(", "),
            differs.join(" OR ")
        )
    }

    /// Writes the links of the rows' lists, where they are not as the lists say; says how many rows that changed that were
    /// not changed already.
    async fn write_lists(&self, batch: &[Row], now: i64) -> Result<u64, DbErr> {
        let mut updated = 0;
        let lists = batch.first().map_or(0, |row| row.lists.len());
        for i in 0..lists {
            let links = batch[0].lists[i].0;
            let stored: Vec<Uuid> = batch.iter().filter(|row| row.known.stored).map(|row| row.known.id).collect();
            let there = self.links(links, &stored).await?;
            let mut changed = Vec::new();
            let mut rows: Vec<Vec<Value>> = Vec::new();
            for row in batch {
                let named: HashSet<Uuid> = row.lists[i].1.iter().copied().collect();
                if row.known.stored {
                    if there.get(&row.known.id).cloned().unwrap_or_default() == named {
                        continue;
                    }
                    changed.push(row.known.id);
                }
                for to in &row.lists[i].1 {
                    let pairs: Vec<Option<Uuid>> = match links.pair {
                        Some(_) => row.lists[i].1.iter().filter(|other| *other != to).copied().map(Some).collect(),
                        None => vec![None],
                    };
                    for pair in pairs {
                        let mut values = vec![row.known.id.into(), (*to).into()];
                        values.extend(pair.map(Value::from));
                        rows.push(values);
                    }
                }
            }
            let backend = self.import.database.backend();
            if !changed.is_empty() {
                let mut sql = Sql::new(backend);
                sql.push("DELETE FROM \"")
                    .push(links.table)
                    .push("\" WHERE \"")
                    .push(links.from)
                    .push("\"")
                    .in_ids(&changed);
                self.transaction.execute_raw(sql.finish()).await?;
                let mut sql = Sql::new(backend);
                sql.push("UPDATE \"")
                    .push(self.table.kind())
                    .push("\" SET \"version\" = \"version\" + 1, \"updated_at\" = ")
                    .bind(now);
                sql.push(" WHERE \"updated_at\" <> ").bind(now).push(" AND \"id\"").in_ids(&changed);
                updated += self.transaction.execute_raw(sql.finish()).await?.rows_affected();
            }
            let columns: Vec<&str> = [links.from, links.to].into_iter().chain(links.pair).collect();
            for chunk in rows.chunks(VALUES / columns.len()) {
                self.transaction.execute_raw(insert(backend, links.table, &columns, chunk.iter().cloned(), "")).await?;
            }
        }
        Ok(updated)
    }

    /// The links that rows have.
    async fn links(&self, links: Links, ids: &[Uuid]) -> Result<HashMap<Uuid, HashSet<Uuid>>, DbErr> {
        let mut there: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
        if ids.is_empty() {
            return Ok(there);
        }
        let mut sql = Sql::new(self.import.database.backend());
        sql.push("SELECT ")
            .column("l", links.from)
            .push(" AS \"from_\", ")
            .column("l", links.to)
            .push(" AS \"to_\" FROM \"");
        sql.push(links.table).push("\" AS l WHERE ").column("l", links.from).in_ids(ids);
        for row in self.transaction.query_all_raw(sql.finish()).await? {
            there.entry(row.try_get("", "from_")?).or_default().insert(row.try_get("", "to_")?);
        }
        Ok(there)
    }
}

/// `INSERT INTO … VALUES …`, and what to do where a row is there already.
pub(super) fn insert(
    backend: DbBackend,
    table: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<Value>>,
    conflict: &str,
) -> Statement {
    let mut sql = Sql::new(backend);
    sql.push("INSERT INTO \"").push(table).push("\" (\"").push(&columns.join("\", \"")).push("\") VALUES ");
    for (i, row) in rows.enumerate() {
        sql.push(if i > 0 { ", (" } else { "(" });
        for (j, value) in row.into_iter().enumerate() {
            if j > 0 {
                sql.push(", ");
            }
            sql.bind(value);
        }
        sql.push(")");
    }
    sql.push(conflict);
    sql.finish()
}
