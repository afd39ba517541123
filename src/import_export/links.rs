//! Tables of links: where the lists of keys of CSV files are stored.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ConnectionTrait, DbErr,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::MAX_BOUND_VALUES;
use crate::{
    model::{Attribute, AttributeKind, Link},
    query::statement::{build, is_one_of_ids},
};

/// A table of links, seen from the records that have the lists.
#[derive(Clone, Copy)]
pub(super) struct LinkTable {
    pub(super) table: &'static str,
    /// The column of the record that has the list.
    pub(super) parent: &'static str,
    /// The column of the record that the list names.
    pub(super) child: &'static str,
    /// The column of another record that the list names, if the table has a row for each ordered pair.
    counterpart: Option<&'static str>,
}

impl LinkTable {
    /// The table that stores an attribute, if it is a list of keys.
    pub(super) fn of(attribute: &Attribute) -> Option<Self> {
        match attribute.kind {
            AttributeKind::Keys { link: Link::Through { table, parent, child }, counterpart, .. } => {
                Some(Self { table, parent, child, counterpart })
            }
            _ => None,
        }
    }

    /// The lists that records have.
    pub(super) async fn read(
        &self,
        connection: &impl ConnectionTrait,
        parents: &[Uuid],
    ) -> Result<HashMap<Uuid, HashSet<Uuid>>, DbErr> {
        let mut lists: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
        if parents.is_empty() {
            return Ok(lists);
        }
        let backend = connection.get_database_backend();
        let mut query = Query::select();
        query.distinct().columns([self.parent, self.child]).from(self.table);
        query.and_where(is_one_of_ids(backend, Expr::col(self.parent), parents));
        for row in connection.query_all_raw(build(backend, &query)).await? {
            lists.entry(row.try_get_by_index(0)?).or_default().insert(row.try_get_by_index(1)?);
        }
        Ok(lists)
    }

    /// Deletes the lists of records.
    pub(super) async fn delete(&self, connection: &impl ConnectionTrait, parents: &[Uuid]) -> Result<(), DbErr> {
        let is_parent = is_one_of_ids(connection.get_database_backend(), Expr::col(self.parent), parents);
        let delete = Query::delete().from_table(self.table).and_where(is_parent).take();
        connection.execute(&delete).await.map(drop)
    }

    /// Inserts lists: each a record and the records that it names.
    pub(super) async fn insert(
        &self,
        connection: &impl ConnectionTrait,
        lists: &[(Uuid, &[Uuid])],
    ) -> Result<(), DbErr> {
        let columns: Vec<_> = [self.parent, self.child].into_iter().chain(self.counterpart).collect();
        let rows: Vec<Vec<Uuid>> = lists.iter().flat_map(|(parent, children)| self.rows(*parent, children)).collect();
        for chunk in rows.chunks(MAX_BOUND_VALUES / columns.len()) {
            let mut insert = Query::insert();
            insert.into_table(self.table).columns(columns.iter().copied());
            insert.values_from_panic(chunk.iter().map(|row| row.iter().map(|id| Expr::val(*id))));
            connection.execute(&insert).await?;
        }
        Ok(())
    }

    /// The rows that store a list.
    fn rows(&self, parent: Uuid, children: &[Uuid]) -> Vec<Vec<Uuid>> {
        if self.counterpart.is_none() {
            return children.iter().map(|child| vec![parent, *child]).collect();
        }
        let pairs = children.iter().flat_map(|child| children.iter().map(move |other| (child, other)));
        pairs.filter(|(child, other)| child != other).map(|(child, other)| vec![parent, *child, *other]).collect()
    }
}
