//! How far away the other record is that a link joins: the partner of a city.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use sea_orm::{
    ExprTrait,
    sea_query::{Expr, JoinType, Order, Query},
};
use uuid::Uuid;

use super::{
    filter::{is_visible, versine_of},
    keys::Shape,
    loader::{RecordLoader, distinct},
    statement::{column, is_one_of_ids},
};
use crate::{
    error::{Error, Result},
    model::{Coordinates, CounterpartFields, Link, coordinates},
};

/// The table of links that joins places, and their coordinates.
#[derive(Clone, Copy)]
pub struct Distances {
    /// The table, its column of the place whose list it is, and its column of the item.
    pub link: Link,
    /// The column of the other place, and the table of both.
    pub fields: CounterpartFields,
    /// Where they are.
    pub coordinates: &'static Coordinates,
}

impl Distances {
    /// The point of the unit sphere of the record of an alias.
    fn place(&self, alias: &'static str) -> [Expr; 3] {
        self.coordinates.point.map(|of| column(alias, of.name))
    }
}

/// The distance between a place and the other one that a link joins to it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DistanceOf {
    /// The item that joins them.
    pub item: Uuid,
    /// The place whose list it is.
    pub parent: Uuid,
    /// The table of links.
    pub of: Shape<Distances>,
}

/// The aliases of the links, of the place whose list it is, and of the other one.
const LINK: &str = "link";
/// See [`LINK`].
const HERE: &str = "here";
/// See [`LINK`].
const THERE: &str = "there";

impl RecordLoader {
    /// The versines of the angles between places; none where one of them is not known. Of several other places, the first
    /// counts.
    async fn versines(&self, of: &Distances, keys: &[DistanceOf]) -> Result<HashMap<(Uuid, Uuid), Option<f64>>> {
        let Link::Through { table, parent, child } = of.link else { return Ok(HashMap::new()) };
        let mut query = Query::select();
        query.column((LINK, child)).column((LINK, parent)).from_as(table, LINK);
        for (alias, reference) in [(HERE, parent), (THERE, of.fields.column)] {
            let is_referred = column(alias, "id").eq(column(LINK, reference));
            let on = is_referred.and(is_visible(alias, self.clearance.rank()));
            query.join_as(JoinType::InnerJoin, of.fields.target, alias, on);
        }
        query.expr(versine_of(of.place(HERE), of.place(THERE)));
        let (items, parents) = (distinct(keys.iter().map(|key| key.item)), distinct(keys.iter().map(|key| key.parent)));
        query.and_where(is_one_of_ids(self.backend(), column(LINK, child), &items));
        query.and_where(is_one_of_ids(self.backend(), column(LINK, parent), &parents));
        query.order_by((LINK, of.fields.column), Order::Asc);
        let mut found = HashMap::new();
        for row in self.rows(&query, of.fields.target, Some(keys.len())).await? {
            found.entry((row.try_get_by_index(0)?, row.try_get_by_index(1)?)).or_insert(row.try_get_by_index(2)?);
        }
        Ok(found)
    }
}

impl Loader<DistanceOf> for RecordLoader {
    /// Kilometres.
    type Value = f64;
    type Error = Error;

    async fn load(&self, keys: &[DistanceOf]) -> Result<HashMap<DistanceOf, f64>> {
        let fetch = |keys: Vec<DistanceOf>| async move {
            let of = &keys[0].of;
            let known = self.versines(of, &keys).await?.into_iter();
            let distance = |((item, parent), versine): (_, Option<f64>)| {
                Some((DistanceOf { item, parent, of: of.clone() }, coordinates::distance(versine?)))
            };
            Ok(known.filter_map(distance).collect())
        };
        self.by_group(keys, |key| key.of.address(), fetch).await
    }
}
