//! What sources state about the fields of records: their statements by field, stance and value, and how many of the sources
//! are independent of each other.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rustc_hash::{FxHashMap, FxHashSet};
use sea_orm::{
    ExprTrait,
    sea_query::{CommonTableExpression, JoinType, Query, SelectStatement, UnionType, WithClause},
};
use uuid::Uuid;

use super::{
    filter::is_visible,
    loader::{ROW, RecordLoader},
    statement::{column, is_one_of_ids},
};
use crate::{
    error::Result,
    model::{Claims, Link},
};

/// How many statements the claims of any number of records take: the statements of the sources, and what these derive from.
pub const STATEMENTS: u32 = 2;

/// What is asked of the claims about records.
pub struct ClaimQuery {
    /// Where they are.
    pub claims: Claims,
    /// Only about this field, if there is one.
    pub field: Option<String>,
}

/// A value that sources state for a field, or a field that they confirm or contradict without a value.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The field.
    pub field: String,
    /// The word of the stance towards the recorded value.
    pub stance: String,
    /// The value; none if the sources do not state one.
    pub value: Option<String>,
    /// The statements.
    pub statements: Vec<Uuid>,
    /// How many sources make them, where sources count as one if one derives from another, or both from a third.
    pub independent_sources: usize,
}

/// The name of the common table expression, and of its columns: a source, and what it derives from, itself included.
const LINEAGE: &str = "lineage";
/// See [`LINEAGE`].
const SOURCE: &str = "source";
/// See [`LINEAGE`].
const ORIGIN: &str = "origin";
/// The alias of the links.
const LINK: &str = "link";

impl RecordLoader {
    /// The claims about records: about one of their fields, or about all.
    pub(super) async fn claims(&self, of: &ClaimQuery, records: &[Uuid]) -> Result<HashMap<Uuid, Arc<Vec<Claim>>>> {
        let ClaimQuery { claims, field } = of;
        let rank = self.clearance.rank();
        let mut query = Query::select();
        query.exprs(
            [claims.record, claims.field, claims.stance, claims.value, "id", claims.source].map(|of| column(ROW, of)),
        );
        query.from_as(claims.statement, ROW).and_where(is_visible(ROW, rank));
        query.and_where(is_one_of_ids(self.backend(), column(ROW, claims.record), records));
        if let Some(field) = field {
            query.and_where(column(ROW, claims.field).eq(field.as_str()));
        }
        query.order_by((ROW, "id"), sea_orm::sea_query::Order::Asc);
        let rows = self.statement(self.rows(&query, claims.statement, Some(records.len()))).await?;
        let mut found: FxHashMap<Uuid, BTreeMap<(String, String, Option<String>), Vec<(Uuid, Uuid)>>> =
            FxHashMap::default();
        for row in &rows {
            let claim = (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            let statement = (row.try_get_by_index(4)?, row.try_get_by_index(5)?);
            found.entry(row.try_get_by_index(0)?).or_default().entry(claim).or_default().push(statement);
        }
        let sources: FxHashSet<Uuid> =
            found.values().flat_map(BTreeMap::values).flatten().map(|(_, source)| *source).collect();
        let lineages = self.lineages(claims, sources.into_iter().collect()).await?;
        let of_record = |(record, claims): (Uuid, BTreeMap<_, Vec<(Uuid, Uuid)>>)| {
            let claim =
                |((field, stance, value), statements): ((String, String, Option<String>), Vec<(Uuid, Uuid)>)| {
                    let independent_sources = independent(statements.iter().map(|(_, source)| *source), &lineages);
                    let statements = statements.into_iter().map(|(statement, _)| statement).collect();
                    Claim { field, stance, value, statements, independent_sources }
                };
            let mut claims: Vec<Claim> = claims.into_iter().map(claim).collect();
            claims.sort_by(|a, b| a.field.cmp(&b.field).then(b.independent_sources.cmp(&a.independent_sources)));
            (record, Arc::new(claims))
        };
        Ok(found.into_iter().map(of_record).collect())
    }

    /// What each source derives from, itself included, as far as the viewer may see it.
    async fn lineages(&self, claims: &Claims, mut sources: Vec<Uuid>) -> Result<FxHashMap<Uuid, Vec<Uuid>>> {
        let Link::Through { table, parent, child } = claims.origins else { return Ok(FxHashMap::default()) };
        if sources.is_empty() {
            return Ok(FxHashMap::default());
        }
        sources.sort_unstable();
        let rank = self.clearance.rank();
        let visible = |query: &mut SelectStatement| {
            query.and_where(is_visible(ROW, rank));
        };
        let mut cited = Query::select();
        cited.expr_as(column(ROW, "id"), SOURCE).expr_as(column(ROW, "id"), ORIGIN).from_as(claims.sources, ROW);
        cited.and_where(is_one_of_ids(self.backend(), column(ROW, "id"), &sources));
        visible(&mut cited);
        let mut origins = Query::select();
        origins.column((LINEAGE, SOURCE)).column((LINK, child)).from(LINEAGE);
        origins.join_as(JoinType::InnerJoin, table, LINK, column(LINK, parent).eq(column(LINEAGE, ORIGIN)));
        origins.join_as(JoinType::InnerJoin, claims.sources, ROW, column(ROW, "id").eq(column(LINK, child)));
        visible(&mut origins);
        // `UNION` leaves out what is there already, so circles end.
        cited.union(UnionType::Distinct, origins);
        let lineage =
            CommonTableExpression::new().query(cited).columns([SOURCE, ORIGIN]).table_name(LINEAGE).to_owned();
        let mut all = Query::select();
        all.column((LINEAGE, SOURCE)).column((LINEAGE, ORIGIN)).from(LINEAGE);
        let query = all.with_cte(WithClause::new().recursive(true).cte(lineage).to_owned()).to_owned();
        let rows = self.statement(self.rows(&query, claims.sources, Some(sources.len()))).await?;
        let mut lineages: FxHashMap<Uuid, Vec<Uuid>> = FxHashMap::default();
        for row in &rows {
            lineages.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
        }
        Ok(lineages)
    }

    /// Those of the records, or of one of their fields, that a source contradicts.
    pub(super) async fn disputed(&self, of: &ClaimQuery, records: &[Uuid]) -> Result<Vec<Uuid>> {
        let ClaimQuery { claims, field } = of;
        let mut query = Query::select();
        query.distinct().expr(column(ROW, claims.record)).from_as(claims.statement, ROW);
        query.and_where(is_visible(ROW, self.clearance.rank()));
        query.and_where(is_one_of_ids(self.backend(), column(ROW, claims.record), records));
        query.and_where(column(ROW, claims.stance).eq(claims.contradicts));
        if let Some(field) = field {
            query.and_where(column(ROW, claims.field).eq(field.as_str()));
        }
        let rows = self.rows(&query, claims.statement, Some(records.len())).await?;
        Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
    }
}

/// How many groups of sources there are that have nothing in their lineages in common.
fn independent(sources: impl Iterator<Item = Uuid>, lineages: &FxHashMap<Uuid, Vec<Uuid>>) -> usize {
    let mut groups: Vec<FxHashSet<Uuid>> = Vec::new();
    for source in sources {
        let mut group: FxHashSet<Uuid> = lineages.get(&source).into_iter().flatten().copied().chain([source]).collect();
        groups.retain(|other| {
            let is_apart = group.is_disjoint(other);
            if !is_apart {
                group.extend(other);
            }
            is_apart
        });
        groups.push(group);
    }
    groups.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_share_an_origin_count_once() {
        let [a, b, c, d, origin] = [1, 2, 3, 4, 5].map(Uuid::from_u128);
        let lineages: FxHashMap<_, _> =
            [(a, vec![a, origin]), (b, vec![b, a, origin]), (c, vec![c]), (d, vec![d, origin])].into_iter().collect();
        let count = |sources: &[Uuid]| independent(sources.iter().copied(), &lineages);
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[a, a]), 1);
        assert_eq!(count(&[a, b]), 1);
        assert_eq!(count(&[c, a, b]), 2);
        // Two that derive from a third one, which says nothing itself; the order makes no difference.
        assert_eq!(count(&[a, c, d]), 2);
        assert_eq!(count(&[d, c, b]), 2);
    }
}
