//! Projections: the columns that a selection needs of records, and the records that they refer to, joined in the same
//! statement.
//!
//! A record that a foreign key leads to is read by a join on its primary key, which costs the database next to nothing; a
//! statement of its own would cost a round trip. Joins save statements and never change an answer: what is not joined is
//! loaded by its id.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use sea_orm::{
    DbErr, ExprTrait, QueryResult, Value,
    sea_query::{CaseStatement, Expr, JoinType, SelectStatement},
};
use uuid::Uuid;

use super::statement::{JOINS, column};
use crate::model::{Column, RecordType};

/// The largest number of tables that are joined to one: planning takes time, too.
const MAX_JOINS: usize = JOINS.len();

/// What is read of the records of one type.
pub struct Projection {
    /// The type.
    pub record: &'static RecordType,
    /// A bit for each column of the type.
    columns: u64,
    /// The records that are joined.
    pub joins: Vec<Join>,
}

/// Records that are joined to those that refer to them.
pub struct Join {
    /// The name of the attribute that refers to them.
    pub attribute: &'static str,
    /// The foreign key.
    key: Column,
    /// The column that holds the table of the record, if there are several that the reference can lead to.
    table: Option<Column>,
    /// What is read of them.
    pub projection: Arc<Projection>,
}

/// A projection in the making.
pub struct ProjectionBuilder {
    record: &'static RecordType,
    columns: u64,
    joins: Vec<JoinBuilder>,
}

struct JoinBuilder {
    attribute: &'static str,
    key: Column,
    table: Option<Column>,
    projection: ProjectionBuilder,
}

impl ProjectionBuilder {
    /// Reads the id, and nothing else yet.
    #[must_use]
    pub fn new(record: &'static RecordType) -> Self {
        Self { record, columns: bit(record.column("id")), joins: Vec::new() }
    }

    /// Reads further columns.
    pub fn add_columns(&mut self, columns: impl IntoIterator<Item = Column>) {
        for column in columns {
            self.columns |= bit(column);
        }
    }

    /// Joins the records of one type that an attribute refers to, unless too many are joined already.
    pub fn join(&mut self, attribute: &'static str, key: Column, table: Option<Column>, joined: Self) {
        // Rows are matched with what is joined to them by the reference itself.
        self.add_columns(table.into_iter().chain([key]));
        let known = self
            .joins
            .iter_mut()
            .find(|join| join.attribute == attribute && std::ptr::eq(join.projection.record, joined.record));
        if let Some(known) = known {
            known.projection.merge(joined);
        } else if self.count() + joined.count() < MAX_JOINS {
            self.joins.push(JoinBuilder { attribute, key, table, projection: joined });
        }
    }

    /// Reads what another projection of the same type reads, too.
    pub fn merge(&mut self, other: Self) {
        self.columns |= other.columns;
        for JoinBuilder { attribute, key, table, projection } in other.joins {
            self.join(attribute, key, table, projection);
        }
    }

    fn count(&self) -> usize {
        self.joins.iter().map(|join| 1 + join.projection.count()).sum()
    }

    /// The finished projection.
    #[must_use]
    pub fn build(self) -> Arc<Projection> {
        let joins = self.joins.into_iter().map(|JoinBuilder { attribute, key, table, projection }| Join {
            attribute,
            key,
            table,
            projection: projection.build(),
        });
        Arc::new(Projection { record: self.record, columns: self.columns, joins: joins.collect() })
    }
}

fn bit(column: Column) -> u64 {
    1 << column.index
}

impl Projection {
    /// The columns, in the order of the table.
    fn columns(&self) -> impl Iterator<Item = &'static Column> {
        self.record.columns.iter().filter(|column| self.columns & bit(**column) != 0)
    }

    /// The same projection with more columns.
    #[must_use]
    pub fn with_columns(self: &Arc<Self>, more: impl Iterator<Item = Column>) -> Arc<Self> {
        let columns = more.fold(self.columns, |columns, column| columns | bit(column));
        if columns == self.columns {
            return self.clone();
        }
        let joins = self.joins.iter().map(|join| Join { projection: join.projection.clone(), ..*join });
        Arc::new(Self { record: self.record, columns, joins: joins.collect() })
    }

    /// Selects the columns of the type alone.
    pub(super) fn select_own(&self, query: &mut SelectStatement, alias: &'static str) {
        query.exprs(self.columns().map(|own| column(alias, own.name)));
    }

    /// Selects the columns, then those of each join; and joins the tables, as far as a viewer of this rank may see the
    /// records.
    pub(super) fn select(&self, query: &mut SelectStatement, alias: &'static str, rank: i16) {
        self.select_own(query, alias);
        self.select_joins(query, alias, rank, &mut JOINS.iter());
    }

    fn select_joins(
        &self,
        query: &mut SelectStatement,
        alias: &'static str,
        rank: i16,
        aliases: &mut std::slice::Iter<'_, &'static str>,
    ) {
        for join in &self.joins {
            // There are more aliases than joins.
            let Some(joined) = aliases.next() else { return };
            join.projection.select_own(query, joined);
            let on =
                column(joined, "id").eq(join.reference_expression(alias)).and(column(joined, "audience").lte(rank));
            query.join_as(JoinType::LeftJoin, join.projection.record.table, *joined, on);
            join.projection.select_joins(query, joined, rank, aliases);
        }
    }

    /// The number of values that the projection takes in a row of the result.
    fn width(&self) -> usize {
        let joins = self.joins.iter().map(|join| join.projection.width());
        self.columns.count_ones() as usize + joins.sum::<usize>()
    }

    /// The value of a column among those that were read.
    fn value<'v>(&self, values: &'v [Value], column: Column) -> Option<&'v Value> {
        debug_assert!(self.columns & bit(column) != 0, "{}.{} was not read", self.record.table, column.name);
        values.get((self.columns & (bit(column) - 1)).count_ones() as usize)
    }
}

impl Join {
    /// The id that refers to the record; `NULL`, if the reference is to a record of another type.
    fn reference_expression(&self, alias: &'static str) -> Expr {
        let id = column(alias, self.key.name);
        match self.table {
            None => id,
            Some(table) => {
                let is_this = column(alias, table.name).eq(Expr::Constant(self.projection.record.table.into()));
                CaseStatement::new().case(is_this, id).into()
            }
        }
    }

    /// The same, of a row that was read.
    fn reference(&self, of: &Projection, values: &[Value]) -> Option<Uuid> {
        let is_this = self.table.is_none_or(|table| match of.value(values, table) {
            Some(Value::String(Some(table))) => table == self.projection.record.table,
            _ => false,
        });
        match of.value(values, self.key) {
            Some(Value::Uuid(id)) if is_this => *id,
            _ => None,
        }
    }
}

/// A record as it was read: the values of the columns of its projection, and the records that were joined to it.
pub struct Row {
    /// Its id.
    pub id: Uuid,
    projection: Arc<Projection>,
    values: Box<[Value]>,
    joined: Box<[Joined]>,
    /// What the list that it was read for is ordered by, as far as no column has it.
    computed: Box<[Value]>,
}

/// What a join found.
#[derive(Clone)]
enum Joined {
    /// The reference is empty, or leads to a record of another type.
    NotReferred,
    /// The record; `None`, if it may not be seen.
    Record(Option<Arc<Row>>),
}

impl Row {
    /// The type of the record.
    #[must_use]
    pub fn record(&self) -> &'static RecordType {
        self.projection.record
    }

    /// The value of a column.
    ///
    /// # Panics
    /// In debug builds, if the projection lacks the column: a mistake of the planner.
    #[must_use]
    pub fn value(&self, column: Column) -> &Value {
        self.projection.value(&self.values, column).unwrap_or(&Value::String(None))
    }

    /// The id in a column.
    #[must_use]
    pub fn uuid(&self, column: Column) -> Option<Uuid> {
        match self.value(column) {
            Value::Uuid(id) => *id,
            _ => None,
        }
    }

    /// The text in a column.
    #[must_use]
    pub fn text(&self, column: Column) -> Option<&str> {
        match self.value(column) {
            Value::String(text) => text.as_deref(),
            _ => None,
        }
    }

    /// What the list that it was read for is ordered by, as far as no column has it.
    pub(super) fn computed(&self) -> &[Value] {
        &self.computed
    }

    /// The record that an attribute refers to: `None` if it was not joined, `Some(None)` if it may not be seen.
    #[must_use]
    pub fn joined(&self, attribute: &str) -> Option<Option<&Arc<Self>>> {
        let joins = self.projection.joins.iter().zip(&self.joined);
        joins.filter(|(join, _)| join.attribute == attribute).find_map(|(_, joined)| match joined {
            Joined::NotReferred => None,
            Joined::Record(record) => Some(record.as_ref()),
        })
    }
}

/// Reads the rows of one result.
pub(super) struct RowReader<'a> {
    projection: &'a Arc<Projection>,
    /// The number of values before those of the projection.
    skip: usize,
    /// The joined records that were read already, by the address of the join: many rows may refer to one record.
    known: FxHashMap<(usize, Uuid), Joined>,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(projection: &'a Arc<Projection>, skip: usize) -> Self {
        Self { projection, skip, known: FxHashMap::default() }
    }

    pub(super) fn read(&mut self, row: &QueryResult) -> Result<Arc<Row>, DbErr> {
        self.read_computed(row, Box::default())
    }

    /// Reads a record of a list that is ordered by values that no column has.
    pub(super) fn read_computed(&mut self, row: &QueryResult, computed: Box<[Value]>) -> Result<Arc<Row>, DbErr> {
        let mut at = self.skip;
        Ok(Arc::new(Row { computed, ..self.record(self.projection, row, &mut at)? }))
    }

    fn record(&mut self, projection: &Arc<Projection>, row: &QueryResult, at: &mut usize) -> Result<Row, DbErr> {
        let mut values = Vec::with_capacity(projection.columns.count_ones() as usize);
        for column in projection.columns() {
            values.push(column.read(row, *at)?);
            *at += 1;
        }
        let refers = |join: &Join| join.reference(projection, &values);
        let joined = projection.joins.iter().map(|join| self.join(join, refers(join), row, at));
        let joined = joined.collect::<Result<_, _>>()?;
        let id = match values.first() {
            Some(Value::Uuid(Some(id))) => *id,
            _ => return Err(DbErr::Type(format!("a row of {} has no id", projection.record.table))),
        };
        Ok(Row { id, projection: projection.clone(), values: values.into(), joined, computed: Box::default() })
    }

    fn join(&mut self, join: &Join, refers: Option<Uuid>, row: &QueryResult, at: &mut usize) -> Result<Joined, DbErr> {
        let end = *at + join.projection.width();
        let joined = match refers {
            None => Joined::NotReferred,
            Some(id) => {
                let key = (std::ptr::from_ref(join) as usize, id);
                if let Some(known) = self.known.get(&key) {
                    known.clone()
                } else {
                    let is_visible = row.try_get_by_index::<Option<Uuid>>(*at)?.is_some();
                    let record =
                        if is_visible { Some(Arc::new(self.record(&join.projection, row, at)?)) } else { None };
                    let joined = Joined::Record(record);
                    self.known.insert(key, joined.clone());
                    joined
                }
            }
        };
        *at = end;
        Ok(joined)
    }
}
