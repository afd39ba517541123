//! The statements that group records.

use std::sync::Arc;

use async_graphql::Value;
use rustc_hash::FxHashMap;
use sea_orm::{
    DbErr, ExprTrait, QueryResult,
    sea_query::{
        Alias, Asterisk, Expr, Func, IntoIden, JoinType, NullOrdering, Order, OverStatement, Query, SelectStatement,
        UnionType, WindowStatement,
    },
};
use uuid::Uuid;

use super::{
    Aggregate, AggregateValue, Figure, Group, GroupKey, GroupOrder, Grouping, KeyValue, MAX_KEYS, OPERAND, rounded,
};
use crate::{
    edtf::UNKNOWN_LATEST,
    error::{Code, Error, Result},
    model::Link,
    query::{
        filter::{FilterScope, ids_that_pass},
        keys::{List, Shape},
        link::{self, ID, PARENT},
        loader::{ROW, RecordLoader},
        page::Page,
        statement::{column, is_one_of_ids, is_same},
    },
};

/// The alias of the records that are grouped, of the groups, and of the groups with their positions.
const ITEM: &str = "item";
/// See [`ITEM`].
const GROUP: &str = "g";
/// See [`ITEM`].
const RANKED: &str = "ranked";
/// The alias of groups with their aggregates.
const AGGREGATED: &str = "aggregated";
/// The further columns of those.
const COUNT: &str = "count";
/// See [`COUNT`].
const POSITION: &str = "position";
/// See [`COUNT`].
const DATE: &str = "date";
/// See [`COUNT`].
const DIFFERENT: &str = "different";

impl Grouping {
    /// Keeps only groups that have a record among their keys which passes a filter on records of all types.
    pub fn restrict(&mut self, scope: FilterScope, filter: &Value) -> Result<()> {
        let targets = |(position, key): (usize, &Arc<GroupKey>)| {
            key.targets().into_iter().map(move |target| (position, target)).collect::<Vec<_>>()
        };
        let targets: Vec<_> = self.keys.iter().enumerate().flat_map(targets).collect();
        if targets.is_empty() {
            let message = "`filter` is about records among the keys, but none of the keys in `by` is one".to_owned();
            return Err(Error::input(Code::InvalidArgument, message));
        }
        let mut ways = Vec::new();
        for (position, target) in targets {
            // Whether a filter says something does not depend on the type.
            let Some(ids) = ids_that_pass(scope, target, filter)? else { return Ok(()) };
            ways.push(column(ITEM, GroupKey::value(position)).in_subquery(ids));
        }
        self.passes = ways.into_iter().reduce(ExprTrait::or);
        Ok(())
    }

    fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().enumerate().flat_map(|(position, key)| key.columns(position))
    }

    fn read(&self, row: &QueryResult) -> Result<Vec<KeyValue>, DbErr> {
        self.keys.iter().enumerate().map(|(position, key)| key.read(row, position)).collect()
    }

    /// The order of groups in their list. Unknown values come last.
    fn over(&self, has_parents: bool) -> WindowStatement {
        let mut window = WindowStatement::new();
        if has_parents {
            window.add_partition_by(column(GROUP, PARENT));
        }
        let count = if self.counted.is_some() { DIFFERENT } else { COUNT };
        match self.order {
            GroupOrder::CountDescending => drop(window.order_by((GROUP, count), Order::Desc)),
            GroupOrder::CountAscending => drop(window.order_by((GROUP, count), Order::Asc)),
            GroupOrder::KeyAscending | GroupOrder::KeyDescending => {}
        }
        let direction = if self.order == GroupOrder::KeyDescending { Order::Desc } else { Order::Asc };
        for (position, key) in self.keys.iter().enumerate() {
            // The last of its columns decides; the others tell apart what it does not.
            let mut columns: Vec<_> = key.columns(position).collect();
            columns.reverse();
            for name in columns {
                window.order_by_with_nulls((GROUP, name), direction.clone(), NullOrdering::Last);
            }
        }
        window
    }
}

impl RecordLoader {
    /// The records of the lists of all parents, with the columns of keys. What else is selected of each is added for each part of
    /// the list.
    fn grouped_items(
        &self,
        lists: &[Shape<List>],
        parents: &[Uuid],
        grouping: &Grouping,
        add: &dyn Fn(&Page, &mut SelectStatement),
    ) -> SelectStatement {
        let part = |list: &Shape<List>| {
            let mut items = self.items(list, parents);
            for (position, key) in grouping.keys.iter().enumerate() {
                key.select(self, &list.page, &mut items, position);
            }
            add(&list.page, &mut items);
            items
        };
        let unite = |mut all: SelectStatement, next| {
            all.union(UnionType::All, next);
            all
        };
        lists.iter().map(part).reduce(unite).unwrap_or_default()
    }

    /// The records of a part of the lists of all parents.
    fn items(&self, list: &List, parents: &[Uuid]) -> SelectStatement {
        const LINKS: &str = "links";
        let mut items = Query::select();
        self.select_from(&mut items, list, None);
        match list.link {
            None => {}
            Some(Link::Column { column: key, .. }) => {
                items.expr_as(column(ROW, key), PARENT);
                items.and_where(is_one_of_ids(self.backend(), column(ROW, key), parents));
            }
            Some(link) => {
                let of_parents = |parent: Expr, _| is_one_of_ids(self.backend(), parent, parents);
                let links = link::pairs(link, self.clearance.rank(), &of_parents);
                items.join_subquery(JoinType::InnerJoin, links, LINKS, column(LINKS, ID).eq(column(ROW, ID)));
                items.expr_as(column(LINKS, PARENT), PARENT);
            }
        }
        items
    }

    /// Groups of records, with their keys; what is selected of each is added by the caller.
    fn grouped(lists: &[Shape<List>], grouping: &Grouping, items: SelectStatement) -> SelectStatement {
        let mut groups = Query::select();
        groups.from_subquery(items, ITEM);
        for name in has_parents(lists).then_some(PARENT).into_iter().chain(grouping.columns()) {
            groups.column((ITEM, name)).add_group_by([column(ITEM, name)]);
        }
        groups.and_where_option(grouping.passes.clone());
        groups
    }

    async fn grouped_rows(
        &self,
        query: &SelectStatement,
        lists: &[Shape<List>],
        parents: &[Uuid],
    ) -> Result<Vec<(Option<Uuid>, QueryResult)>> {
        // A timeline can have no part, if a client asks for no kind.
        let Some(first) = lists.first() else { return Ok(Vec::new()) };
        let has_parents = has_parents(lists);
        let rows = self.rows(query, first.page.record.table, has_parents.then_some(parents.len())).await?;
        let with_parent = |row: QueryResult| {
            let parent = if has_parents { row.try_get("", PARENT).map(Some)? } else { None };
            Ok((parent, row))
        };
        rows.into_iter().map(with_parent).collect()
    }

    /// The groups of a page of each parent, and one more if there is one.
    fn group_page(&self, lists: &[Shape<List>], grouping: &Grouping, parents: &[Uuid]) -> SelectStatement {
        let items = self.grouped_items(lists, parents, grouping, &|page, items| {
            if let Some(key) = &grouping.counted {
                key.select(self, page, items, MAX_KEYS);
                items.expr_as(column(ROW, ID), ID);
            }
        });
        let mut groups = Self::grouped(lists, grouping, items);
        if grouping.counted.as_ref().is_some_and(|key| key.is_of_many()) {
            // An item is there once for each of what is counted; the parts of such lists have no item in common.
            groups.expr_as(Func::count_distinct(column(ITEM, ID)), COUNT);
        } else {
            groups.expr_as(Func::count(Expr::col(Asterisk)), COUNT);
        }
        if grouping.counted.is_some() {
            groups.expr_as(Func::count_distinct(column(ITEM, OPERAND)), DIFFERENT);
        }
        let mut ranked = Query::select();
        ranked.column((GROUP, Asterisk)).from_subquery(groups, GROUP);
        let window = grouping.over(has_parents(lists));
        ranked.expr_window_as(Func::cust("ROW_NUMBER"), window, POSITION);
        let mut page = Query::select();
        page.column((RANKED, Asterisk)).from_subquery(ranked, RANKED);
        let (first, last) = (i64::from(grouping.after), i64::try_from(grouping.size).unwrap_or(i64::MAX - 1) + 1);
        page.and_where(column(RANKED, POSITION).gt(first)).and_where(column(RANKED, POSITION).lte(first + last));
        page
    }

    /// The page of groups of each parent, and one more if there is one.
    pub(in crate::query) async fn groups(
        &self,
        lists: &[Shape<List>],
        grouping: &Grouping,
        parents: &[Uuid],
    ) -> Result<FxHashMap<Option<Uuid>, Vec<Arc<Group>>>> {
        let mut page = self.group_page(lists, grouping, parents);
        page.order_by((RANKED, POSITION), Order::Asc);
        let mut pages: FxHashMap<Option<Uuid>, Vec<Arc<Group>>> = FxHashMap::default();
        for (parent, row) in self.grouped_rows(&page, lists, parents).await? {
            let group = Group {
                values: grouping.read(&row)?,
                count: row.try_get("", COUNT)?,
                position: row.try_get("", POSITION)?,
            };
            pages.entry(parent).or_default().push(Arc::new(group));
        }
        Ok(pages)
    }

    /// How many groups each parent has.
    pub(in crate::query) async fn group_totals(
        &self,
        lists: &[Shape<List>],
        grouping: &Grouping,
        parents: &[Uuid],
    ) -> Result<FxHashMap<Option<Uuid>, i64>> {
        let items = self.grouped_items(lists, parents, grouping, &|_, _| {});
        let groups = Self::grouped(lists, grouping, items);
        let mut totals = Query::select();
        totals.expr_as(Func::count(Expr::col(Asterisk)), COUNT).from_subquery(groups, GROUP);
        if has_parents(lists) {
            totals.column((GROUP, PARENT)).add_group_by([column(GROUP, PARENT)]);
        }
        let rows = self.grouped_rows(&totals, lists, parents).await?;
        rows.iter().map(|(parent, row)| Ok((*parent, row.try_get("", COUNT)?))).collect()
    }

    /// An aggregate of each group of the page of each parent.
    pub(in crate::query) async fn aggregates(
        &self,
        lists: &[Shape<List>],
        grouping: &Grouping,
        aggregate: &Aggregate,
        parents: &[Uuid],
    ) -> Result<FxHashMap<Option<Uuid>, FxHashMap<Vec<KeyValue>, AggregateValue>>> {
        let operand = || column(ITEM, OPERAND);
        let items = |add: &dyn Fn(&Page, &mut SelectStatement)| self.grouped_items(lists, parents, grouping, add);
        let parent = || has_parents(lists).then_some(PARENT);
        let query = match aggregate {
            Aggregate::Distinct(key) => {
                let items = items(&|page, items| key.select(self, page, items, MAX_KEYS));
                let mut groups = Self::grouped(lists, grouping, items);
                groups.expr_as(Func::count_distinct(operand()), COUNT);
                groups
            }
            Aggregate::Figure(of) => {
                let is_postgres = self.backend() == sea_orm::DbBackend::Postgres;
                let double = Alias::new(if is_postgres { "double precision" } else { "real" }).into_iden();
                let items = items(&|_, items| {
                    items.expr_as(column(ROW, of.name).cast_as(double.clone()), OPERAND);
                });
                let mut groups = Self::grouped(lists, grouping, items);
                groups.expr_as(Func::count(operand()), COUNT).expr_as(Func::min(operand()), "min");
                groups.expr_as(Func::max(operand()), "max").expr_as(Func::sum(operand()), "sum");
                groups.expr_as(Func::avg(operand()), "average");
                groups
            }
            Aggregate::Latest([_, _, latest]) => {
                let items = items(&|_, items| {
                    items.expr_as(column(ROW, ID), OPERAND).expr_as(column(ROW, latest), DATE);
                    items.and_where(column(ROW, latest).ne(Expr::Constant(UNKNOWN_LATEST.into())));
                });
                let mut window = WindowStatement::new();
                for name in parent().into_iter().chain(grouping.columns()) {
                    window.add_partition_by(column(ITEM, name));
                }
                window.order_by((ITEM, DATE), Order::Desc).order_by((ITEM, OPERAND), Order::Desc);
                let mut ranked = Query::select();
                ranked.column((ITEM, Asterisk)).from_subquery(items, ITEM);
                ranked.expr_window_as(Func::cust("ROW_NUMBER"), window, POSITION);
                let mut first = Query::select();
                first.column((RANKED, Asterisk)).from_subquery(ranked, RANKED);
                first.and_where(column(RANKED, POSITION).eq(1));
                first
            }
        };
        // Only of the groups of the page: a list can have very many others.
        let mut of_page = Query::select();
        of_page.column((AGGREGATED, Asterisk)).from_subquery(query, AGGREGATED);
        let pair = |name| (column(AGGREGATED, name), column(GROUP, name));
        let of_parent = parent().map(pair).map(|(one, other)| one.eq(other));
        let of_keys = grouping.columns().map(pair).map(|(one, other)| is_same(self.backend(), one, other));
        let on = of_parent.into_iter().chain(of_keys).reduce(ExprTrait::and).unwrap_or(Expr::Constant(true.into()));
        of_page.join_subquery(JoinType::InnerJoin, self.group_page(lists, grouping, parents), GROUP, on);
        let mut found: FxHashMap<Option<Uuid>, FxHashMap<Vec<KeyValue>, AggregateValue>> = FxHashMap::default();
        for (parent, row) in self.grouped_rows(&of_page, lists, parents).await? {
            let value = match aggregate {
                Aggregate::Distinct(_) => AggregateValue::Count(row.try_get("", COUNT)?),
                Aggregate::Figure(_) => AggregateValue::Figure(Figure {
                    count: row.try_get("", COUNT)?,
                    min: row.try_get("", "min")?,
                    max: row.try_get("", "max")?,
                    sum: row.try_get::<Option<f64>>("", "sum")?.map(rounded),
                    average: row.try_get::<Option<f64>>("", "average")?.map(rounded),
                }),
                Aggregate::Latest(_) => AggregateValue::Record(row.try_get("", OPERAND)?),
            };
            found.entry(parent).or_default().insert(grouping.read(&row)?, value);
        }
        Ok(found)
    }
}

/// Whether the lists are those of records, and not the list of all.
fn has_parents(lists: &[Shape<List>]) -> bool {
    lists.first().is_some_and(|list| list.link.is_some())
}
