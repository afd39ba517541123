//! The loader: the only code that reads records, and the place where it is decided who sees which.
//!
//! Every statement reads for all keys of a batch, binds their ids as one parameter, and asks for `audience <= clearance`.
//! `audience` is the strictest visibility among a record's own and those of the records that it cannot be shown without;
//! whatever writes keeps it up to date (see [`crate::import_export`]).

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustc_hash::FxHashMap;
use sea_orm::{
    DbBackend, EntityTrait, ExprTrait, FromQueryResult, IdenStatic, QueryResult,
    sea_query::{Expr, Func, JoinType, Query, SelectStatement, UnionType},
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    filter::is_visible,
    keys::{Counterparts, CounterpartsOf, List, RolesOf},
    link::{self, is_linked},
    projection::{Projection, Row, RowReader},
    shared::SharedStatements,
    statement::{TABLES, build, column, from_parents, is_one_of_ids, parent},
};
use crate::{
    db::Readers,
    error::{Error, Result},
    model::{Link, Visibility},
    observe::StatementObserver,
};

/// The alias of the rows of a list, and of the rows of which a page is joined to other records.
pub(super) const ROW: &str = TABLES[0];
/// See [`ROW`].
const ITEM: &str = "item";
/// The alias of a table whose rows belong to records.
pub(super) const OWNED: &str = "o";

/// What a viewer may see.
#[derive(Clone, Copy, Debug)]
pub struct Clearance(Visibility);

impl Clearance {
    /// What everybody may see.
    pub const PUBLIC: Self = Self::new(Visibility::Public);

    /// The viewer sees records of this visibility, and of those before it.
    #[must_use]
    pub const fn new(visibility: Visibility) -> Self {
        Self(visibility)
    }

    /// The viewer sees records whose audience has this rank or less.
    #[must_use]
    pub fn rank(self) -> i16 {
        self.0.rank()
    }
}

/// What an operation has used so far.
#[derive(Debug, Default)]
pub struct Tally {
    statements: AtomicU64,
    objects: AtomicU64,
    work: AtomicU64,
}

impl Tally {
    /// The number of statements that it needed, also if they were shared with other operations.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// The number of objects in the answer.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.objects.load(Ordering::Relaxed)
    }

    /// What it worked out in memory, in objects that take as much time.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.work.load(Ordering::Relaxed)
    }

    /// Counts what is worked out in memory, in objects.
    pub fn count_work(&self, objects: u32) {
        self.work.fetch_add(objects.into(), Ordering::Relaxed);
    }

    /// Takes back statements that only asked for records that the viewer may not see: their number would tell that there are
    /// some.
    pub fn uncount_statements(&self, statements: usize) {
        let remove = |counted: u64| Some(counted.saturating_sub(statements as u64));
        // The closure always returns a value.
        let _ = self.statements.try_update(Ordering::Relaxed, Ordering::Relaxed, remove);
    }

    /// Counts objects of the answer.
    pub fn count_objects(&self, objects: usize) {
        self.objects.fetch_add(objects as u64, Ordering::Relaxed);
    }
}

/// Reads records as one viewer may see them. One is created for each operation.
pub struct RecordLoader {
    /// The database.
    pub readers: Readers,
    /// What the viewer may see.
    pub clearance: Clearance,
    /// Counts statements and objects.
    pub tally: Arc<Tally>,
    /// Observes each statement.
    pub statements: Option<StatementObserver>,
    /// How many statements of the viewer may run at the same time.
    pub permits: Option<Arc<Semaphore>>,
    /// What is being fetched for other operations.
    pub shared: Arc<SharedStatements>,
}

impl RecordLoader {
    pub(super) fn backend(&self) -> DbBackend {
        self.readers.backend()
    }

    /// Runs what takes a statement, when the viewer may run one more.
    pub(super) async fn statement<T>(&self, run: impl Future<Output = Result<T>>) -> Result<T> {
        // The semaphore is never closed.
        let _permit = match &self.permits {
            Some(permits) => permits.acquire().await.ok(),
            None => None,
        };
        self.tally.statements.fetch_add(1, Ordering::Relaxed);
        run.await
    }

    /// Runs a statement that reads `table` for a number of ids.
    pub(super) async fn rows(
        &self,
        query: &SelectStatement,
        table: &str,
        ids: Option<usize>,
    ) -> Result<Vec<QueryResult>> {
        let statement = build(self.backend(), query);
        let span = self.statements.as_ref().map(|statements| statements.begin(table, ids, &statement.sql));
        let rows = self.readers.rows(&statement).await;
        if let Some(span) = span {
            span.end(rows.as_ref().ok().map(Vec::len));
        }
        Ok(rows?)
    }

    /// The records of a projection that the viewer may see and that pass.
    pub(super) async fn records(
        &self,
        projection: &Arc<Projection>,
        ids: Option<usize>,
        passes: Expr,
    ) -> Result<Vec<Arc<Row>>> {
        let mut query = Query::select();
        query.from_as(projection.record.table, ROW);
        projection.select(&mut query, ROW, self.clearance.rank());
        query.and_where(is_visible(ROW, self.clearance.rank())).and_where(passes);
        let rows = self.rows(&query, projection.record.table, ids).await?;
        let mut reader = RowReader::new(projection, 0);
        Ok(rows.iter().map(|row| reader.read(row)).collect::<Result<_, _>>()?)
    }

    /// Restricts a query to the records that the viewer may see, that pass the filter of a list, and that a link joins to the
    /// parent.
    pub(super) fn select_from(&self, query: &mut SelectStatement, list: &List, link: Option<Link>) {
        query.from_as(list.page.record.table, ROW).and_where(is_visible(ROW, self.clearance.rank()));
        if let Some(link) = link {
            query.and_where(is_linked(link, ROW, &parent(), self.clearance.rank()));
        }
        if let Some(filter) = &list.page.filter {
            query.and_where(filter.clone());
        }
    }

    /// Restricts a query to the records of a list that the viewer may see.
    fn members(&self, query: &mut SelectStatement, list: &List) {
        self.select_from(query, list, list.link);
    }

    /// The page of each parent's list.
    pub(super) async fn pages(&self, list: &List, parents: &[Uuid]) -> Result<Vec<(Option<Uuid>, Arc<Row>)>> {
        let (page, rank) = (&list.page, self.clearance.rank());
        let projection = list.projection.with_columns(page.order.columns());
        let one_page = |select: &dyn Fn(&mut SelectStatement)| {
            let mut query = Query::select();
            select(&mut query);
            if let Some(link @ Link::Any(_)) = list.link {
                // The page of all links together is among the pages of each, which are ranges of indexes.
                let ids = link::united(link, &|link| self.page_ids(list, link));
                query.from_as(page.record.table, ROW).and_where(column(ROW, "id").in_subquery(ids));
            } else {
                self.members(&mut query, list);
                page.between_cursors(&mut query, ROW);
            }
            page.order(&mut query, ROW);
            query.limit(page.size as u64 + 1);
            query
        };
        let mut query = Query::select();
        if list.link.is_some() {
            query.expr(parent());
        }
        if list.link.is_none() && projection.joins.is_empty() {
            query = one_page(&|query| {
                page.order.select(query, ROW);
                projection.select_own(query, ROW);
            });
        } else if list.link.is_none() || self.backend() == DbBackend::Postgres {
            // Records are joined to the page, not to the list.
            let rows = one_page(&|query| projection.select_own(query, ROW));
            if list.link.is_some() {
                // One range of an index for each parent, however long its list is.
                from_parents(self.backend(), &mut query, parents);
                query.join_lateral(JoinType::InnerJoin, rows, ITEM, Expr::Constant(true.into()));
            } else {
                query.from_subquery(rows, ITEM);
            }
            page.order.select(&mut query, ITEM);
            projection.select(&mut query, ITEM, rank);
            page.order(&mut query, ITEM);
        } else {
            // SQLite has no lateral joins; a correlated list of ids does the same.
            from_parents(self.backend(), &mut query, parents);
            query.join_as(JoinType::CrossJoin, projection.record.table, ITEM, sea_orm::Condition::all());
            page.order.select(&mut query, ITEM);
            projection.select(&mut query, ITEM, rank);
            let ids = one_page(&|query| {
                query.expr(column(ROW, "id"));
            });
            query.and_where(column(ITEM, "id").in_subquery(ids));
            page.order(&mut query, ITEM);
        }
        let rows = self.rows(&query, page.record.table, list.link.map(|_| parents.len())).await?;
        let computed = usize::from(list.link.is_some());
        let mut reader = RowReader::new(&projection, computed + page.order.width());
        // A record in several lists is one object of the next level.
        let mut known: FxHashMap<Uuid, Arc<Row>> = FxHashMap::default();
        rows.iter()
            .map(|row| {
                let parent = if list.link.is_some() { Some(row.try_get_by_index::<Uuid>(0)?) } else { None };
                let record = reader.read_computed(row, page.order.read(row, computed)?)?;
                Ok((parent, known.entry(record.id).or_insert(record).clone()))
            })
            .collect()
    }

    /// The ids of the page of a parent's list, as far as one link joins its records.
    fn page_ids(&self, list: &List, link: Link) -> SelectStatement {
        let mut ids = Query::select();
        ids.expr_as(column(ROW, link::ID), link::ID);
        self.select_from(&mut ids, list, Some(link));
        list.page.between_cursors(&mut ids, ROW);
        list.page.order(&mut ids, ROW);
        ids.limit(list.page.size as u64 + 1);
        ids
    }

    /// A number for each parent, by a query that is correlated with it.
    async fn numbers(
        &self,
        list: &List,
        parents: &[Uuid],
        number: SelectStatement,
    ) -> Result<HashMap<Option<Uuid>, i64>> {
        let has_parents = list.link.is_some();
        let mut query = Query::select();
        if has_parents {
            query.expr(parent());
            from_parents(self.backend(), &mut query, parents);
        }
        query.expr(Expr::SubQuery(None, Box::new(number.into())));
        let rows = self.rows(&query, list.page.record.table, has_parents.then_some(parents.len())).await?;
        rows.iter()
            .map(|row| {
                let parent = if has_parents { Some(row.try_get_by_index(0)?) } else { None };
                Ok((parent, row.try_get_by_index(usize::from(has_parents))?))
            })
            .collect()
    }

    pub(super) async fn totals(&self, list: &List, parents: &[Uuid]) -> Result<HashMap<Option<Uuid>, i64>> {
        let mut count = Query::select();
        count.expr(Func::count(Expr::col(sea_orm::sea_query::Asterisk)));
        self.members(&mut count, list);
        self.numbers(list, parents, count).await
    }

    pub(super) async fn beyond(
        &self,
        list: &List,
        parents: &[Uuid],
        is_before: bool,
    ) -> Result<HashMap<Option<Uuid>, i64>> {
        let Some(cursor) = (if is_before { &list.page.after } else { &list.page.before }) else {
            return Ok(HashMap::new());
        };
        let first = |link: Option<Link>| {
            let mut first = Query::select();
            first.expr_as(Expr::Constant(1.into()), link::ID);
            self.select_from(&mut first, list, link);
            list.page.beyond(&mut first, ROW, cursor, is_before);
            first.limit(1);
            first
        };
        let first = match list.link {
            Some(link @ Link::Any(_)) => link::united(link, &|link| first(Some(link))),
            link => first(link),
        };
        let mut count = Query::select();
        count.expr(Func::count(Expr::col(sea_orm::sea_query::Asterisk))).from_subquery(first, "beyond");
        self.numbers(list, parents, count).await
    }

    pub(super) async fn counterparts(
        &self,
        of: &Counterparts,
        keys: &[CounterpartsOf],
    ) -> Result<Vec<(Uuid, Uuid, Arc<Row>)>> {
        const LINK: &str = "link";
        let Link::Through { table, parent, child } = of.link else { return Ok(Vec::new()) };
        let (projection, rank) = (&of.projection, self.clearance.rank());
        let mut query = Query::select();
        query.column((LINK, child)).column((LINK, parent)).from_as(table, LINK);
        let on = column(ROW, "id").eq(column(LINK, of.fields.column)).and(is_visible(ROW, rank));
        query.join_as(JoinType::InnerJoin, projection.record.table, ROW, on);
        projection.select(&mut query, ROW, rank);
        let (items, parents) = (distinct(keys.iter().map(|key| key.item)), distinct(keys.iter().map(|key| key.parent)));
        query.and_where(is_one_of_ids(self.backend(), column(LINK, child), &items));
        query.and_where(is_one_of_ids(self.backend(), column(LINK, parent), &parents));
        query.order_by((LINK, of.fields.column), sea_orm::sea_query::Order::Asc);
        let rows = self.rows(&query, projection.record.table, Some(keys.len())).await?;
        let mut reader = RowReader::new(projection, 2);
        // A record that is the counterpart of several is one object of the next level.
        let mut known: FxHashMap<Uuid, Arc<Row>> = FxHashMap::default();
        rows.iter()
            .map(|row| {
                let record = reader.read(row)?;
                let record = known.entry(record.id).or_insert(record).clone();
                Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, record))
            })
            .collect()
    }

    /// By which of several links items are related to a record: the item, the record, and the index of the link.
    pub(super) async fn roles(&self, keys: &[RolesOf]) -> Result<Vec<(Uuid, Uuid, i32)>> {
        let (items, parents) = (distinct(keys.iter().map(|key| key.item)), distinct(keys.iter().map(|key| key.parent)));
        let passes = |parent: Expr, item: Expr| {
            let is_item = is_one_of_ids(self.backend(), item, &items);
            is_one_of_ids(self.backend(), parent, &parents).and(is_item)
        };
        let by_way = (0_i32..).zip(&**keys[0].of).map(|(index, way)| {
            let mut pairs = link::pairs(way.link, self.clearance.rank(), &passes);
            pairs.expr_as(Expr::Constant(index.into()), "way");
            pairs
        });
        let unite = |mut all: SelectStatement, next| {
            all.union(UnionType::All, next);
            all
        };
        let Some(query) = by_way.reduce(unite) else { return Ok(Vec::new()) };
        let rows = self.rows(&query, "roles", Some(keys.len())).await?;
        let read = |row: &QueryResult| {
            Ok((row.try_get("", link::ID)?, row.try_get("", link::PARENT)?, row.try_get("", "way")?))
        };
        rows.iter().map(read).collect()
    }

    /// The rows of an entity that belong to records.
    pub(super) async fn owned<E: EntityTrait, M: FromQueryResult>(
        &self,
        columns: impl IntoIterator<Item = E::Column>,
        owner: E::Column,
        records: &[Uuid],
        restrict: impl FnOnce(&mut SelectStatement),
    ) -> Result<Vec<M>> {
        let table = E::default();
        let mut query = Query::select();
        query.from_as(table.table_name(), OWNED).exprs(columns.into_iter().map(|of| column(OWNED, of.as_str())));
        query.and_where(is_one_of_ids(self.backend(), column(OWNED, owner.as_str()), records));
        restrict(&mut query);
        let rows = self.rows(&query, table.table_name(), Some(records.len())).await?;
        rows.iter().map(|row| M::from_query_result(row, "").map_err(Error::from)).collect()
    }
}

/// Each id once, in order.
pub(super) fn distinct(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
