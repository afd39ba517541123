//! The loader: the only way to read records, and the place where it is decided who sees which.
//!
//! Every statement here reads for all parents of a level together, binds their ids as one value, and asks for
//! `audience <= clearance`. `audience` is the strictest visibility among a row's own and those of the records that it
//! cannot be shown without; it is kept up to date by whatever writes (see [`crate::exchange`]).

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustc_hash::FxHashMap;
use sea_orm::{FromQueryResult, QueryResult};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{
    db::{Readers, Sql},
    error::{Error, Result},
    graph::{
        Columns, Record, Visibility, Wanted,
        page::{Cursor, List},
        wanted::{Place, Riders},
    },
    observe::Batches,
};

/// What a viewer may see.
#[derive(Clone, Copy, Debug)]
pub struct Clearance(Visibility);

impl Clearance {
    /// What everybody may see.
    pub const PUBLIC: Self = Self(Visibility::Public);
}

/// How records hang on a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A column of theirs refers to it.
    Column(&'static str),
    /// A table of links joins them.
    Via {
        /// The table.
        table: &'static str,
        /// Its column that refers to the parent.
        parent: &'static str,
        /// Its column that refers to the child.
        child: &'static str,
    },
}

impl Link {
    /// Appends the condition that the row of `alias` hangs on `parent`, an expression.
    pub(super) fn write(self, sql: &mut Sql, alias: &str, parent: &str) {
        match self {
            Self::Column(column) => {
                sql.column(alias, column).push(" = ").push(parent);
            }
            Self::Via { table, parent: from, child } => {
                sql.column(alias, "id").push(" IN (SELECT ").column("l", child).push(" FROM \"").push(table);
                sql.push("\" AS l WHERE ").column("l", from).push(" = ").push(parent).push(")");
            }
        }
    }
}

/// What an operation has used so far.
#[derive(Debug, Default)]
pub struct Tally {
    statements: AtomicU64,
    objects: AtomicU64,
}

impl Tally {
    /// How many statements were run.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How many objects were answered.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.objects.load(Ordering::Relaxed)
    }
}

/// Reads records as a viewer may see them. One is made for each request.
pub struct Loader {
    readers: Readers,
    clearance: Clearance,
    riders: Riders,
    batches: Batches,
    tally: Arc<Tally>,
    turns: Option<Arc<Semaphore>>,
}

/// On which side of a page to look for further rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// At or before its `after` cursor.
    Before,
    /// At or behind its `before` cursor.
    Behind,
}

/// The children of each parent that has any; `None` stands for the root.
pub(super) type Children<C> = HashMap<Option<Uuid>, Vec<Arc<C>>>;

impl Loader {
    /// Reads for a viewer; `batches` notes each statement, `tally` counts them, and `turns` are those that a client has.
    #[must_use]
    pub fn new(
        readers: &Readers,
        clearance: Clearance,
        batches: Batches,
        tally: Arc<Tally>,
        turns: Option<Arc<Semaphore>>,
    ) -> Self {
        Self { readers: readers.clone(), clearance, riders: Riders::default(), batches, tally, turns }
    }

    pub(super) fn count_objects(&self, objects: usize) {
        self.tally.objects.fetch_add(objects as u64, Ordering::Relaxed);
    }

    fn rank(&self) -> i16 {
        self.clearance.0.rank()
    }

    fn sql(&self) -> Sql {
        Sql::new(self.readers.backend())
    }

    /// Runs a statement that reads `table`, for so many ids.
    async fn rows(&self, sql: Sql, table: &str, ids: Option<usize>) -> Result<Vec<QueryResult>> {
        // They are never closed.
        let _turn = match &self.turns {
            Some(turns) => turns.acquire().await.ok(),
            None => None,
        };
        self.tally.statements.fetch_add(1, Ordering::Relaxed);
        let statement = sql.finish();
        let batch = self.batches.begin(table, ids, &statement.sql);
        let rows = self.readers.rows(&statement).await;
        batch.end(rows.as_ref().ok().map(Vec::len));
        Ok(rows?)
    }

    /// Records that a field leads to, by their ids: those that rode along with the rows that refer to them, and the others
    /// as [`Loader::by_ids`] has them.
    pub(super) async fn referred<R: Record>(
        &self,
        place: Place,
        ids: impl Iterator<Item = Uuid>,
        wanted: &Wanted,
    ) -> Result<FxHashMap<Uuid, Arc<R>>> {
        let (mut found, missing) = self.riders.take(place, distinct(&ids.collect::<Vec<_>>()), wanted.columns);
        found.extend(self.by_ids::<R>(missing.into_iter(), wanted).await?);
        Ok(found)
    }

    /// Records by their ids; those that do not exist, or may not be seen, are missing.
    pub(crate) async fn by_ids<R: Record>(
        &self,
        ids: impl Iterator<Item = Uuid>,
        wanted: &Wanted,
    ) -> Result<FxHashMap<Uuid, Arc<R>>> {
        let ids = distinct(&ids.collect::<Vec<_>>());
        if ids.is_empty() {
            return Ok(FxHashMap::default());
        }
        let mut sql = self.select::<R>(wanted);
        sql.push(" AND ").column("c", "id").in_ids(&ids);
        let rows = self.rows(sql, R::KIND, Some(ids.len())).await?;
        let mut reader = wanted.reader(&self.riders, 0);
        rows.iter().map(|row| reader.read::<R>(row).map(|r| (r.id(), r))).collect()
    }

    /// A record by its id.
    pub async fn by_id<R: Record>(&self, id: Uuid, wanted: &Wanted) -> Result<Option<Arc<R>>> {
        let mut sql = self.select::<R>(wanted);
        sql.push(" AND ").column("c", "id").push(" = ").bind(id);
        self.one(sql, wanted).await
    }

    /// A record by its key.
    pub async fn by_key<R: Record>(&self, key: &str, wanted: &Wanted) -> Result<Option<Arc<R>>> {
        let mut sql = self.select::<R>(wanted);
        sql.push(" AND ").column("c", "key").push(" = ").bind(key);
        self.one(sql, wanted).await
    }

    /// A record by an identifier of the outside world.
    pub async fn by_identifier<R: Record>(&self, scheme: &str, value: &str, wanted: &Wanted) -> Result<Option<Arc<R>>> {
        let mut sql = self.select::<R>(wanted);
        sql.push(" AND ").column("c", "id").push(" = (SELECT \"record_id\" FROM \"identifier\" WHERE \"scheme\" = ");
        sql.bind(scheme).push(" AND \"value\" = ").bind(value).push(")");
        self.one(sql, wanted).await
    }

    async fn one<R: Record>(&self, sql: Sql, wanted: &Wanted) -> Result<Option<Arc<R>>> {
        let rows = self.rows(sql, R::KIND, None).await?;
        rows.first().map(|row| wanted.reader(&self.riders, 0).read::<R>(row)).transpose()
    }

    /// `SELECT … FROM … AS c` and what rides along, `WHERE` the viewer may see it.
    fn select<R: Record>(&self, wanted: &Wanted) -> Sql {
        let mut sql = self.sql();
        sql.push("SELECT ");
        wanted.write_columns::<R>(&mut sql, "c");
        sql.push(" FROM \"").push(R::KIND).push("\" AS c");
        wanted.write_joins(&mut sql, "c", self.rank());
        sql.push(" WHERE ");
        self.visible(&mut sql);
        sql
    }

    /// Appends the condition that the viewer may see the row of `c`.
    fn visible(&self, sql: &mut Sql) {
        sql.column("c", "audience").push(" <= ").bind(self.rank());
    }

    /// Appends what decides whether a row belongs to a list: visibility, parent, filter.
    fn belonging<C: Record>(&self, sql: &mut Sql, link: Option<Link>, list: &List<C>) {
        sql.push("\"").push(C::KIND).push("\" AS c WHERE ");
        self.visible(sql);
        if let Some(link) = link {
            sql.push(" AND ");
            link.write(sql, "c", Sql::PARENT);
        }
        if let Some(filter) = &list.filter {
            sql.push(" AND ");
            filter.write(sql, "c", self.rank());
        }
    }

    /// The page of each parent's children, and one row more where there is one. Without `link`, the page of the whole list.
    pub(super) async fn page<C: Record>(
        &self,
        link: Option<Link>,
        parents: &[Uuid],
        list: &List<C>,
        mut wanted: Wanted,
    ) -> Result<Children<C>> {
        let parents = &distinct(parents);
        wanted.columns = wanted.columns.and(Columns::of::<C>(&[list.order.column]));
        let limit = (list.size + 1).to_string();
        let mut sql = self.sql();
        let inner = |sql: &mut Sql, alias: &str| {
            self.belonging(sql, link, list);
            list.write_bounds(sql, alias);
            list.write_order(sql, alias);
            sql.push(" LIMIT ").push(&limit);
        };
        sql.push("SELECT ");
        if link.is_some() {
            sql.push(Sql::PARENT).push(" AS \"parent_\", ");
        }
        if link.is_none() && !wanted.has_riders() {
            wanted.write_columns::<C>(&mut sql, "c");
            sql.push(" FROM ");
            inner(&mut sql, "c");
        } else if link.is_none() || sql.is_postgres() {
            wanted.write_columns::<C>(&mut sql, "c");
            sql.push(" FROM ");
            if link.is_some() {
                // One index range for each parent, however many children it has.
                sql.from_parents(parents).push(" CROSS JOIN LATERAL ");
            }
            // What rides along is joined to the page, not to the list.
            sql.push("(SELECT ");
            Wanted::of(wanted.columns).write_columns::<C>(&mut sql, "c");
            sql.push(" FROM ");
            inner(&mut sql, "c");
            sql.push(") AS c");
            wanted.write_joins(&mut sql, "c", self.rank());
            list.write_order(&mut sql, "c");
        } else {
            // SQLite has no lateral joins; a correlated list of ids does the same.
            wanted.write_columns::<C>(&mut sql, "o");
            sql.push(" FROM ").from_parents(parents).push(" CROSS JOIN \"").push(C::KIND).push("\" AS o");
            wanted.write_joins(&mut sql, "o", self.rank());
            sql.push(" WHERE ").column("o", "id").push(" IN (SELECT ").column("c", "id").push(" FROM ");
            inner(&mut sql, "c");
            sql.push(")");
            list.write_order(&mut sql, "o");
        }
        let rows = self.rows(sql, C::KIND, link.map(|_| parents.len())).await?;
        let mut children = Children::new();
        // A record that hangs on several parents is one row of the next level.
        let mut known: FxHashMap<Uuid, Arc<C>> = FxHashMap::default();
        let mut reader = wanted.reader(&self.riders, usize::from(link.is_some()));
        for row in &rows {
            let parent = if link.is_some() { Some(row.try_get_by_index::<Uuid>(0)?) } else { None };
            let record = reader.read::<C>(row)?;
            let record = known.entry(record.id()).or_insert(record);
            children.entry(parent).or_default().push(record.clone());
        }
        Ok(children)
    }

    /// How many children each parent has; without `link`, how long the whole list is.
    pub(super) async fn totals<C: Record>(
        &self,
        link: Option<Link>,
        parents: &[Uuid],
        list: &List<C>,
    ) -> Result<HashMap<Option<Uuid>, i64>> {
        let parents = &distinct(parents);
        let mut sql = self.sql();
        Self::for_each_parent(&mut sql, link, parents, |sql| {
            sql.push("(SELECT COUNT(*) FROM ");
            self.belonging(sql, link, list);
            sql.push(")");
        });
        self.answers::<C>(sql, link, parents).await
    }

    /// Whether each parent has children beyond one of the cursors.
    pub(super) async fn beyond<C: Record>(
        &self,
        link: Option<Link>,
        parents: &[Uuid],
        list: &List<C>,
        side: Side,
        cursor: &Cursor,
    ) -> Result<HashMap<Option<Uuid>, i64>> {
        let parents = &distinct(parents);
        let comparison = if (side == Side::Before) == list.order.descending { " >= " } else { " <= " };
        let mut sql = self.sql();
        Self::for_each_parent(&mut sql, link, parents, |sql| {
            sql.push("(SELECT COUNT(*) FROM (SELECT 1 FROM ");
            self.belonging(sql, link, list);
            sql.push(" AND ");
            list.write_comparison(sql, "c", comparison, cursor);
            sql.push(" LIMIT 1) AS e)");
        });
        self.answers::<C>(sql, link, parents).await
    }

    /// Writes a statement that answers a number for each parent.
    fn for_each_parent(sql: &mut Sql, link: Option<Link>, parents: &[Uuid], number: impl FnOnce(&mut Sql)) {
        sql.push("SELECT ");
        if link.is_some() {
            sql.push(Sql::PARENT).push(" AS \"parent_\", ");
        }
        number(sql);
        sql.push(" AS \"number_\"");
        if link.is_some() {
            sql.push(" FROM ").from_parents(parents);
        }
    }

    async fn answers<C: Record>(
        &self,
        sql: Sql,
        link: Option<Link>,
        parents: &[Uuid],
    ) -> Result<HashMap<Option<Uuid>, i64>> {
        let rows = self.rows(sql, C::KIND, link.map(|_| parents.len())).await?;
        rows.iter()
            .map(|row| {
                let parent = if link.is_some() { Some(row.try_get::<Uuid>("", "parent_")?) } else { None };
                Ok((parent, row.try_get::<i64>("", "number_")?))
            })
            .collect()
    }

    /// The records at the ends of links: for each link of a table from a pair of the two columns of `from`, these, and the
    /// record that the column `to` refers to.
    pub(crate) async fn linked<R: Record>(
        &self,
        table: &str,
        from: [&str; 2],
        pairs: &[(Uuid, Uuid)],
        to: &str,
        wanted: &Wanted,
    ) -> Result<Vec<(Uuid, Uuid, Arc<R>)>> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql();
        sql.push("SELECT ").column("l", from[0]).push(", ").column("l", from[1]).push(", ");
        wanted.write_columns::<R>(&mut sql, "c");
        sql.push(" FROM \"").push(table).push("\" AS l JOIN \"").push(R::KIND).push("\" AS c ON ");
        sql.column("c", "id").push(" = ").column("l", to).push(" AND ");
        self.visible(&mut sql);
        wanted.write_joins(&mut sql, "c", self.rank());
        let [first, second]: [Vec<Uuid>; 2] =
            [pairs.iter().map(|p| p.0).collect(), pairs.iter().map(|p| p.1).collect()];
        sql.push(" WHERE ").column("l", from[0]).in_ids(&distinct(&first));
        sql.push(" AND ").column("l", from[1]).in_ids(&distinct(&second));
        sql.push(" ORDER BY ").column("l", to);
        let rows = self.rows(sql, R::KIND, Some(pairs.len())).await?;
        let mut reader = wanted.reader(&self.riders, 2);
        rows.iter()
            .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, reader.read::<R>(row)?)))
            .collect()
    }

    /// For each link of a table, from one of `parents`: the parent, and what `select` reads of the row `l`.
    pub(crate) async fn owned<T: FromQueryResult>(
        &self,
        table: &str,
        columns: &[&str],
        owner: &str,
        parents: &[Uuid],
        more: impl FnOnce(&mut Sql),
    ) -> Result<Vec<T>> {
        let mut sql = self.sql();
        sql.push("SELECT ");
        for (i, column) in columns.iter().enumerate() {
            sql.push(if i > 0 { ", " } else { "" }).column("l", column);
        }
        sql.push(" FROM \"").push(table).push("\" AS l WHERE ").column("l", owner).in_ids(parents);
        more(&mut sql);
        let rows = self.rows(sql, table, Some(parents.len())).await?;
        rows.iter().map(|row| T::from_query_result(row, "").map_err(Error::from)).collect()
    }
}

/// Each id once.
fn distinct(ids: &[Uuid]) -> Vec<Uuid> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}
