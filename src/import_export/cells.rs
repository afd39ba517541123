//! From stored records to the cells of their rows.

use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait, QueryResult, Value,
    sea_query::{Expr, Order, Query, SelectStatement},
};
use uuid::Uuid;

use super::{columns::imported, keys::KeysById, links::LinkTable};
use crate::{
    db::{Moment, type_id},
    model::{Attribute, AttributeKind, Column, RecordType, draft::LIST_SEPARATOR},
    query::statement::{build, is_one_of_ids},
};

/// Reads the cells of stored records.
pub(super) struct StoredCells<'a, C> {
    pub(super) connection: &'a C,
    pub(super) keys: &'a KeysById,
}

/// The cells of a record, in the order of [`super::columns::headers`].
pub(super) struct StoredRow {
    pub(super) id: Uuid,
    pub(super) key: String,
    pub(super) cells: Vec<String>,
}

impl<C: ConnectionTrait> StoredCells<'_, C> {
    /// The first `limit` records after a key, in the order of the keys.
    pub(super) async fn after(&self, record: &RecordType, key: String, limit: u64) -> Result<Vec<StoredRow>, DbErr> {
        let mut query = Query::select();
        query.and_where(Expr::col("key").gt(key)).order_by("key", Order::Asc).limit(limit);
        self.read(record, query).await
    }

    /// The records of some ids.
    pub(super) async fn of(&self, record: &RecordType, ids: &[Uuid]) -> Result<Vec<StoredRow>, DbErr> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Query::select();
        query.and_where(is_one_of_ids(self.connection.get_database_backend(), Expr::col("id"), ids));
        self.read(record, query).await
    }

    async fn read(&self, record: &RecordType, mut query: SelectStatement) -> Result<Vec<StoredRow>, DbErr> {
        // All columns, in the order of the entity.
        query.columns(record.columns.iter().map(|column| column.name)).from(record.table);
        let found = self.connection.query_all_raw(build(self.connection.get_database_backend(), &query)).await?;
        let (id, key) = (record.column("id"), record.column("key"));
        let mut rows = Vec::with_capacity(found.len());
        for row in &found {
            let (id, key): (Uuid, String) = (row.try_get_by_index(id.index)?, row.try_get_by_index(key.index)?);
            rows.push(StoredRow { id, cells: vec![key.clone(), type_id(record.table, id)], key });
        }
        for attribute in imported(record) {
            if let Some(links) = LinkTable::of(attribute) {
                let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
                for (row, list) in rows.iter_mut().zip(self.lists(links, &ids).await?) {
                    row.cells.push(list);
                }
            } else {
                for (row, stored) in rows.iter_mut().zip(&found) {
                    self.push(&mut row.cells, attribute, stored)?;
                }
            }
        }
        for (row, stored) in rows.iter_mut().zip(&found) {
            row.cells.push(text(stored, record.column("version"))?);
            for name in ["created_at", "updated_at"] {
                let moment = Moment(stored.try_get_by_index(record.column(name).index)?);
                row.cells.push(moment.to_rfc3339().unwrap_or_default());
            }
        }
        Ok(rows)
    }

    /// Adds the cells of an attribute that is no list.
    fn push(&self, cells: &mut Vec<String>, attribute: &Attribute, row: &QueryResult) -> Result<(), DbErr> {
        match &attribute.kind {
            AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) | AttributeKind::Keys { .. } => {
            }
            AttributeKind::Scalar(column, _) => cells.push(text(row, *column)?),
            AttributeKind::Name { name, language, .. } => cells.extend([text(row, *name)?, text(row, *language)?]),
            AttributeKind::Date { edtf, .. } => cells.push(text(row, *edtf)?),
            AttributeKind::Decimal(decimal) => cells.push(text(row, decimal.exact)?),
            AttributeKind::ToOne(to_one) => cells.push(self.reference(row, to_one.column)?),
            AttributeKind::ToAny(to_any) => {
                cells.extend([text(row, to_any.table)?, self.reference(row, to_any.id)?]);
            }
        }
        Ok(())
    }

    /// The key of the record that a column refers to.
    fn reference(&self, row: &QueryResult, column: Column) -> Result<String, DbErr> {
        let id: Option<Uuid> = row.try_get_by_index(column.index)?;
        id.map_or(Ok(String::new()), |id| self.keys.key(id).map(str::to_owned))
    }

    /// The lists of keys of records.
    async fn lists(&self, links: LinkTable, ids: &[Uuid]) -> Result<Vec<String>, DbErr> {
        let lists = links.read(self.connection, ids).await?;
        let list = |id: &Uuid| {
            let children = lists.get(id).into_iter().flatten();
            let mut keys = children.map(|child| self.keys.key(*child)).collect::<Result<Vec<_>, _>>()?;
            keys.sort_unstable();
            Ok(keys.join(&LIST_SEPARATOR.to_string()))
        };
        ids.iter().map(list).collect()
    }
}

/// A value in its text form; empty if it is missing.
fn text(row: &QueryResult, column: Column) -> Result<String, DbErr> {
    Ok(match column.read(row, column.index)? {
        Value::String(Some(text)) => text,
        Value::SmallInt(Some(number)) => number.to_string(),
        Value::Int(Some(number)) => number.to_string(),
        Value::BigInt(Some(number)) => number.to_string(),
        Value::Double(Some(number)) => number.to_string(),
        Value::Bool(Some(is_true)) => is_true.to_string(),
        _ => String::new(),
    })
}
