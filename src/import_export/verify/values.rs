//! The values of records: whether they are what an import of the same would write, with all that is computed from them, such as
//! the days that a date can mean and a name as it is folded.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, Value,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{Findings, ROWS};
use crate::{
    clock::Clock,
    db::Moment,
    import_export::{
        cells::StoredCells,
        keys::{Keys, KeysById},
        row_reader::RowReader,
    },
    model::{Model, RecordType, date_range, words},
    query::statement::{build, is_one_of_ids},
};

/// The days that the dates of a record list: the column, the first day and the last one.
type Listed = BTreeSet<(String, i32, i32)>;

/// Compares the values of all records with what their texts say.
pub(super) async fn check(
    connection: &DatabaseTransaction,
    model: &Model,
    keys: &Keys,
    clock: &Clock,
    findings: &mut Findings<'_>,
) -> Result<(), DbErr> {
    let keys_by_id = KeysById::of(keys);
    let stored = StoredCells { connection, keys: &keys_by_id };
    let (unreadable, now) = (HashSet::new(), Moment(clock.now()));
    for record in model.types() {
        let reader = RowReader { record, keys, unreadable: &unreadable, now };
        let mut after = String::new();
        loop {
            let rows = stored.after(record, after.clone(), ROWS).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.key);
            let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
            let values = values(connection, record, &ids).await?;
            let listed = listed(connection, &ids).await?;
            for row in rows {
                let mut find = |what: &str| findings.add(&format!("{} {}: {what}", words(record.table), row.key));
                let read = match reader.read(&row.cells) {
                    Err(problems) => {
                        for problem in problems {
                            find(&format!("{}: {}", problem.path, problem.message));
                        }
                        continue;
                    }
                    Ok(read) => read,
                };
                let Some(values) = values.get(&row.id) else { continue };
                for (column, value) in &read.columns {
                    if values[column.index] != *value {
                        find(&format!("{} does not fit what else the record says: import it again", column.name));
                    }
                }
                let sets = read.sets.iter().flat_map(|(column, ranges)| {
                    ranges.iter().map(|(earliest, latest)| ((*column).to_owned(), *earliest, *latest))
                });
                let sets: Listed = sets.collect();
                if listed.get(&row.id).map_or(!sets.is_empty(), |listed| *listed != sets) {
                    find("the days in `date_range` are not those that its dates list: import it again");
                }
            }
        }
    }
    Ok(())
}

/// The values of records, in the order of the columns.
async fn values(
    connection: &DatabaseTransaction,
    record: &RecordType,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Value>>, DbErr> {
    let backend = connection.get_database_backend();
    let mut query = Query::select();
    query.columns(record.columns.iter().map(|column| column.name)).from(record.table);
    query.and_where(is_one_of_ids(backend, Expr::col("id"), ids));
    let rows = connection.query_all_raw(build(backend, &query)).await?;
    let read = |row: &sea_orm::QueryResult| {
        let values = record.columns.iter().map(|column| column.read(row, column.index));
        Ok((row.try_get_by_index(0)?, values.collect::<Result<_, _>>()?))
    };
    rows.iter().map(read).collect()
}

async fn listed(connection: &DatabaseTransaction, ids: &[Uuid]) -> Result<HashMap<Uuid, Listed>, DbErr> {
    let of_these = is_one_of_ids(connection.get_database_backend(), Expr::col(date_range::Column::RecordId), ids);
    let mut listed: HashMap<Uuid, Listed> = HashMap::new();
    for range in date_range::Entity::find().filter(of_these).all(connection).await? {
        listed.entry(range.record_id).or_default().insert((range.date, range.earliest, range.latest));
    }
    Ok(listed)
}
