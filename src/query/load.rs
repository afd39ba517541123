//! What each type of key fetches: async-graphql's `Loader`, implemented once for each of [`super::keys`].

use std::{collections::HashMap, future::Future, hash::Hash, sync::Arc};

use async_graphql::dataloader::Loader;
use futures_util::future::try_join_all;
use rustc_hash::FxHashMap;
use sea_orm::{
    ActiveEnum, EntityName, ExprTrait, IdenStatic, Iterable,
    sea_query::{Expr, LikeExpr, Order, Query},
};
use uuid::Uuid;

use super::{
    claims::Claim,
    groups::{AggregateValue, Group, KeyValue},
    keys::{
        AggregatesOf, BeyondOf, ById, ByIdentifier, ByKey, ClaimsOf, CounterpartsOf, DisputedOf, GroupTotalOf,
        GroupsOf, IdentifiersOf, NamesOf, PageOf, RolesOf, SearchCountsOf, SearchOf, TotalOf,
    },
    loader::{OWNED, ROW, RecordLoader, distinct},
    projection::Row,
    search::Found,
    shared::Groups,
    statement::{column, is_one_of_ids, is_one_of_texts},
};
use crate::{
    error::{Error, Result},
    model::{
        identifier,
        name::{self, Name},
    },
};

impl RecordLoader {
    /// Groups keys, and fetches each group by one statement; the statements run at the same time.
    pub(super) async fn by_group<K: Clone + Eq + Hash, G: PartialEq, V, F>(
        &self,
        keys: &[K],
        group: impl Fn(&K) -> G,
        fetch: impl Fn(Vec<K>) -> F,
    ) -> Result<HashMap<K, V>>
    where
        F: Future<Output = Result<HashMap<K, V>>>,
    {
        let mut groups: Vec<(G, Vec<K>)> = Vec::new();
        for key in keys {
            let of = group(key);
            match groups.iter_mut().find(|(known, _)| *known == of) {
                Some((_, keys)) => keys.push(key.clone()),
                None => groups.push((of, vec![key.clone()])),
            }
        }
        let statements = groups.into_iter().map(|(_, keys)| self.statement(fetch(keys)));
        Ok(try_join_all(statements).await?.into_iter().flatten().collect())
    }

    /// The same, by the shape of the keys, and together with other operations. `rows` is how many rows a key leads to.
    async fn by_shape<K: Clone + Eq + Hash, V: Clone, F>(
        &self,
        groups: &Groups<K, V>,
        keys: &[K],
        address: impl Fn(&K) -> usize,
        rows: impl Fn(&K) -> usize,
        fetch: impl Fn(Vec<K>) -> F,
    ) -> Result<HashMap<K, V>>
    where
        F: Future<Output = Result<HashMap<K, V>>>,
    {
        let rank = self.clearance.rank();
        self.by_group(keys, &address, |keys| groups.load((address(&keys[0]), rank), rows(&keys[0]), keys, &fetch)).await
    }
}

impl Loader<ById> for RecordLoader {
    type Value = Arc<Row>;
    type Error = Error;

    async fn load(&self, keys: &[ById]) -> Result<HashMap<ById, Arc<Row>>> {
        let fetch = |keys: Vec<ById>| async move {
            let of = &keys[0].of;
            let ids = distinct(keys.iter().map(|key| key.id));
            let passes = is_one_of_ids(self.backend(), column(ROW, "id"), &ids);
            let records = self.records(of, Some(ids.len()), passes).await?;
            Ok(records.into_iter().map(|row| (ById { id: row.id, of: of.clone() }, row)).collect())
        };
        self.by_shape(&self.shared.by_id, keys, |key| key.of.address(), |_| 1, fetch).await
    }
}

impl Loader<ByKey> for RecordLoader {
    type Value = Arc<Row>;
    type Error = Error;

    async fn load(&self, keys: &[ByKey]) -> Result<HashMap<ByKey, Arc<Row>>> {
        let fetch = |keys: Vec<ByKey>| async move {
            let of = &keys[0].of;
            let key = of.record.column("key");
            if let [only] = &*keys {
                let found = self.records(of, None, column(ROW, key.name).eq(only.key.as_str())).await?;
                return Ok(found.into_iter().map(|row| (only.clone(), row)).collect());
            }
            let texts = keys.iter().map(|key| key.key.clone()).collect();
            let passes = is_one_of_texts(self.backend(), column(ROW, key.name), texts);
            let found = self.records(&of.with_columns(std::iter::once(key)), Some(keys.len()), passes).await?;
            let keyed = |row: Arc<Row>| Some((ByKey { key: row.text(key)?.to_owned(), of: of.clone() }, row));
            Ok(found.into_iter().filter_map(keyed).collect())
        };
        self.by_shape(&self.shared.by_key, keys, |key| key.of.address(), |_| 1, fetch).await
    }
}

impl Loader<ByIdentifier> for RecordLoader {
    type Value = Arc<Row>;
    type Error = Error;

    async fn load(&self, keys: &[ByIdentifier]) -> Result<HashMap<ByIdentifier, Arc<Row>>> {
        let one = async |key: &ByIdentifier| {
            let at = |of: identifier::Column| column(OWNED, of.as_str());
            let mut identified = Query::select();
            identified.expr(at(identifier::Column::RecordId)).from_as(identifier::Entity.table_name(), OWNED);
            identified.and_where(at(identifier::Column::Scheme).eq(key.scheme.to_value()));
            identified.and_where(at(identifier::Column::Value).eq(key.value.as_str()));
            let found = self.records(&key.of, None, column(ROW, "id").in_subquery(identified)).await?;
            Ok::<_, Error>(found.into_iter().next().map(|row| (key.clone(), row)))
        };
        let statements = keys.iter().map(|key| self.statement(one(key)));
        Ok(try_join_all(statements).await?.into_iter().flatten().collect())
    }
}

impl Loader<PageOf> for RecordLoader {
    type Value = Arc<Vec<Arc<Row>>>;
    type Error = Error;

    async fn load(&self, keys: &[PageOf]) -> Result<HashMap<PageOf, Self::Value>> {
        let fetch = |keys: Vec<PageOf>| async move {
            let list = &keys[0].list;
            let parents = distinct(keys.iter().filter_map(|key| key.parent));
            let mut pages: FxHashMap<Option<Uuid>, Vec<Arc<Row>>> = FxHashMap::default();
            for (parent, row) in self.pages(list, &parents).await? {
                pages.entry(parent).or_default().push(row);
            }
            let page = |(parent, rows)| (PageOf { parent, list: list.clone() }, Arc::new(rows));
            Ok(pages.into_iter().map(page).collect())
        };
        self.by_shape(&self.shared.pages, keys, |key| key.list.address(), |key| key.list.page.size + 1, fetch).await
    }
}

impl Loader<TotalOf> for RecordLoader {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[TotalOf]) -> Result<HashMap<TotalOf, i64>> {
        let fetch = |keys: Vec<TotalOf>| async move {
            let list = &keys[0].list;
            let totals = self.totals(list, &distinct(keys.iter().filter_map(|key| key.parent))).await?;
            let total = |(parent, total)| (TotalOf { parent, list: list.clone() }, total);
            Ok(totals.into_iter().map(total).collect())
        };
        self.by_shape(&self.shared.totals, keys, |key| key.list.address(), |_| 1, fetch).await
    }
}

impl Loader<BeyondOf> for RecordLoader {
    type Value = bool;
    type Error = Error;

    async fn load(&self, keys: &[BeyondOf]) -> Result<HashMap<BeyondOf, bool>> {
        let fetch = |keys: Vec<BeyondOf>| async move {
            let BeyondOf { list, is_before, .. } = &keys[0];
            let parents = distinct(keys.iter().filter_map(|key| key.parent));
            let beyond = self.beyond(list, &parents, *is_before).await?;
            let answer = |(parent, n)| (BeyondOf { parent, list: list.clone(), is_before: *is_before }, n > 0);
            Ok(beyond.into_iter().map(answer).collect())
        };
        self.by_group(keys, |key| (key.list.address(), key.is_before), fetch).await
    }
}

impl Loader<GroupsOf> for RecordLoader {
    type Value = Vec<Arc<Group>>;
    type Error = Error;

    async fn load(&self, keys: &[GroupsOf]) -> Result<HashMap<GroupsOf, Self::Value>> {
        let fetch = |keys: Vec<GroupsOf>| async move {
            let GroupsOf { lists, grouping, .. } = &keys[0];
            let parents = distinct(keys.iter().filter_map(|key| key.parent));
            let pages = self.groups(lists, grouping, &parents).await?;
            let page = |(parent, groups)| (GroupsOf { parent, ..keys[0].clone() }, groups);
            Ok(pages.into_iter().map(page).collect())
        };
        self.by_group(keys, GroupsOf::address, fetch).await
    }
}

impl Loader<GroupTotalOf> for RecordLoader {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[GroupTotalOf]) -> Result<HashMap<GroupTotalOf, i64>> {
        let fetch = |keys: Vec<GroupTotalOf>| async move {
            let groups = &keys[0].groups;
            let parents = distinct(keys.iter().filter_map(|key| key.groups.parent));
            let totals = self.group_totals(&groups.lists, &groups.grouping, &parents).await?;
            let total = |(parent, total)| (GroupTotalOf { groups: GroupsOf { parent, ..groups.clone() } }, total);
            Ok(totals.into_iter().map(total).collect())
        };
        self.by_group(keys, |key| key.groups.address(), fetch).await
    }
}

impl Loader<AggregatesOf> for RecordLoader {
    type Value = Arc<FxHashMap<Vec<KeyValue>, AggregateValue>>;
    type Error = Error;

    async fn load(&self, keys: &[AggregatesOf]) -> Result<HashMap<AggregatesOf, Self::Value>> {
        let fetch = |keys: Vec<AggregatesOf>| async move {
            let AggregatesOf { groups, aggregate } = &keys[0];
            let parents = distinct(keys.iter().filter_map(|key| key.groups.parent));
            let found = self.aggregates(&groups.lists, &groups.grouping, aggregate, &parents).await?;
            let one = |(parent, values)| {
                let groups = GroupsOf { parent, ..groups.clone() };
                (AggregatesOf { groups, aggregate: aggregate.clone() }, Arc::new(values))
            };
            Ok(found.into_iter().map(one).collect())
        };
        self.by_group(keys, |key| (key.groups.address(), key.aggregate.address()), fetch).await
    }
}

impl Loader<CounterpartsOf> for RecordLoader {
    type Value = Vec<Arc<Row>>;
    type Error = Error;

    async fn load(&self, keys: &[CounterpartsOf]) -> Result<HashMap<CounterpartsOf, Vec<Arc<Row>>>> {
        let fetch = |keys: Vec<CounterpartsOf>| async move {
            let of = &keys[0].of;
            let mut lists: HashMap<CounterpartsOf, Vec<Arc<Row>>> = HashMap::new();
            for (item, parent, row) in self.counterparts(of, &keys).await? {
                lists.entry(CounterpartsOf { item, parent, of: of.clone() }).or_default().push(row);
            }
            Ok(lists)
        };
        self.by_shape(&self.shared.counterparts, keys, |key| key.of.address(), |_| 1, fetch).await
    }
}

impl Loader<SearchOf> for RecordLoader {
    type Value = Arc<Found>;
    type Error = Error;

    async fn load(&self, keys: &[SearchOf]) -> Result<HashMap<SearchOf, Self::Value>> {
        let page = async |key: &SearchOf| Ok::<_, Error>((key.clone(), Arc::new(self.search(&key.0).await?)));
        Ok(try_join_all(keys.iter().map(page)).await?.into_iter().collect())
    }
}

impl Loader<SearchCountsOf> for RecordLoader {
    type Value = Vec<(String, i64)>;
    type Error = Error;

    async fn load(&self, keys: &[SearchCountsOf]) -> Result<HashMap<SearchCountsOf, Self::Value>> {
        let counts = async |key: &SearchCountsOf| Ok::<_, Error>((key.clone(), self.search_counts(&key.0).await?));
        Ok(try_join_all(keys.iter().map(counts)).await?.into_iter().collect())
    }
}

impl Loader<ClaimsOf> for RecordLoader {
    type Value = Vec<Arc<Claim>>;
    type Error = Error;

    async fn load(&self, keys: &[ClaimsOf]) -> Result<HashMap<ClaimsOf, Self::Value>> {
        let fetch = |keys: Vec<ClaimsOf>| async move {
            let of = &keys[0].of;
            let claims = self.claims(of, &distinct(keys.iter().map(|key| key.record))).await?;
            Ok(claims.into_iter().map(|(record, claims)| (ClaimsOf { record, of: of.clone() }, claims)).collect())
        };
        self.by_group(keys, |key| key.of.address(), fetch).await
    }
}

impl Loader<DisputedOf> for RecordLoader {
    type Value = ();
    type Error = Error;

    async fn load(&self, keys: &[DisputedOf]) -> Result<HashMap<DisputedOf, ()>> {
        let fetch = |keys: Vec<DisputedOf>| async move {
            let of = &keys[0].of;
            let disputed = self.disputed(of, &distinct(keys.iter().map(|key| key.record))).await?;
            Ok(disputed.into_iter().map(|record| (DisputedOf { record, of: of.clone() }, ())).collect())
        };
        self.by_group(keys, |key| key.of.address(), fetch).await
    }
}

impl Loader<RolesOf> for RecordLoader {
    type Value = Vec<&'static str>;
    type Error = Error;

    async fn load(&self, keys: &[RolesOf]) -> Result<HashMap<RolesOf, Vec<&'static str>>> {
        let fetch = |keys: Vec<RolesOf>| async move {
            let of = &keys[0].of;
            let mut found = self.roles(&keys).await?;
            found.sort_unstable();
            let mut roles: HashMap<RolesOf, Vec<&'static str>> = HashMap::new();
            for (item, parent, way) in found {
                let Some(way) = usize::try_from(way).ok().and_then(|way| of.get(way)) else { continue };
                roles.entry(RolesOf { item, parent, of: of.clone() }).or_default().push(way.role);
            }
            Ok(roles)
        };
        self.by_group(keys, |key| key.of.address(), fetch).await
    }
}

impl Loader<NamesOf> for RecordLoader {
    type Value = Vec<Name>;
    type Error = Error;

    async fn load(&self, keys: &[NamesOf]) -> Result<HashMap<NamesOf, Vec<Name>>> {
        let fetch = |keys: Vec<NamesOf>| async move {
            let languages = &keys[0].languages;
            let records = distinct(keys.iter().map(|key| key.record));
            let names = self.owned::<name::Entity, Name>(Name::COLUMNS, name::Column::RecordId, &records, |query| {
                let Some(languages) = &**languages else { return };
                let tag = || column(OWNED, name::Column::Language.as_str());
                let is_in = |language: &String| {
                    tag().eq(language.as_str()).or(tag().like(LikeExpr::new(format!("{language}-%"))))
                };
                query.and_where(
                    languages.iter().map(is_in).reduce(ExprTrait::or).unwrap_or(Expr::Constant(false.into())),
                );
            });
            let mut lists: HashMap<NamesOf, Vec<Name>> = HashMap::new();
            for name in names.await? {
                let key = NamesOf { record: name.record_id, languages: languages.clone() };
                lists.entry(key).or_default().push(name);
            }
            Ok(lists)
        };
        self.by_group(keys, |key| key.languages.address(), fetch).await
    }
}

impl Loader<IdentifiersOf> for RecordLoader {
    type Value = Vec<identifier::Model>;
    type Error = Error;

    async fn load(&self, keys: &[IdentifiersOf]) -> Result<HashMap<IdentifiersOf, Vec<identifier::Model>>> {
        let fetch = |keys: Vec<IdentifiersOf>| async move {
            let field = &keys[0].field;
            let records = distinct(keys.iter().map(|key| key.record));
            let columns = identifier::Column::iter();
            let identifiers = self.owned::<identifier::Entity, identifier::Model>(
                columns,
                identifier::Column::RecordId,
                &records,
                |query| {
                    let by = |of: identifier::Column| (OWNED, of.as_str());
                    query.order_by(by(identifier::Column::Scheme), Order::Asc);
                    query.order_by(by(identifier::Column::Value), Order::Asc);
                },
            );
            let mut lists: HashMap<IdentifiersOf, Vec<identifier::Model>> = HashMap::new();
            for identifier in identifiers.await? {
                let key = IdentifiersOf { record: identifier.record_id, field: field.clone() };
                lists.entry(key).or_default().push(identifier);
            }
            Ok(lists)
        };
        self.by_group(keys, |key| key.field.address(), fetch).await
    }
}
