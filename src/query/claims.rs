//! What sources state about the fields of records: their statements by field, stance and value, and how many of the sources
//! are independent of each other.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use petgraph::unionfind::UnionFind;
use rustc_hash::FxHashMap;
use sea_orm::{
    ExprTrait,
    sea_query::{CommonTableExpression, JoinType, Query, SelectStatement, UnionType, WithClause},
};
use uuid::Uuid;

use super::{
    filter::is_visible,
    loader::{ROW, RecordLoader},
    projection::{Projection, Row, RowReader},
    statement::{column, is_one_of_ids, joined_ids},
};
use crate::{
    error::Result,
    model::{Claims, Link},
};

/// What is asked of the claims about records.
pub struct ClaimQuery {
    /// Where they are.
    pub claims: Claims,
    /// Only about this field, if there is one.
    pub field: Option<String>,
    /// What is read of the statements.
    pub projection: Arc<Projection>,
}

/// A value that sources state for a field, or a field that they confirm or contradict without a value.
pub struct Claim {
    /// The field.
    pub field: String,
    /// The word of the stance towards the recorded value.
    pub stance: String,
    /// The value; none if the sources do not state one.
    pub value: Option<String>,
    /// The statements.
    pub statements: Vec<Arc<Row>>,
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
/// The alias of the sources with all that they derive from.
const ORIGINS: &str = "origins";

/// What tells claims apart: the field, the stance and the value.
type ClaimKey = (String, String, Option<String>);
/// A statement, and what its source derives from, itself included.
type Statement = (Arc<Row>, Vec<Uuid>);

impl RecordLoader {
    /// The claims about records.
    pub(super) async fn claims(&self, of: &ClaimQuery, records: &[Uuid]) -> Result<HashMap<Uuid, Vec<Arc<Claim>>>> {
        let (claims, rank) = (&of.claims, self.clearance.rank());
        let mut query = Query::select();
        query.from_as(claims.statement, ROW);
        query.exprs([claims.record, claims.field, claims.stance, claims.value].map(|of| column(ROW, of)));
        let mut origins = Query::select();
        origins.column((LINEAGE, SOURCE)).from(LINEAGE).add_group_by([column(LINEAGE, SOURCE)]);
        origins.expr_as(joined_ids(self.backend(), column(LINEAGE, ORIGIN)), ORIGIN);
        let of_source = column(ORIGINS, SOURCE).eq(column(ROW, claims.source));
        query.join_subquery(JoinType::LeftJoin, origins, ORIGINS, of_source).expr(column(ORIGINS, ORIGIN));
        of.projection.select(&mut query, ROW, rank);
        self.restrict(&mut query, of, records);
        query.order_by((ROW, "id"), sea_orm::sea_query::Order::Asc);
        let query = query.with_cte(self.lineages(of, records)).to_owned();
        let rows = self.rows(&query, claims.statement, Some(records.len())).await?;
        let mut reader = RowReader::new(&of.projection, 5);
        let mut found: FxHashMap<Uuid, BTreeMap<ClaimKey, Vec<Statement>>> = FxHashMap::default();
        for row in &rows {
            let claim = (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            let origins: Option<String> = row.try_get_by_index(4)?;
            let origins =
                origins.iter().flat_map(|ids| ids.split(',')).filter_map(|id| Uuid::try_parse(id).ok()).collect();
            let statement = (reader.read(row)?, origins);
            found.entry(row.try_get_by_index(0)?).or_default().entry(claim).or_default().push(statement);
        }
        let claim = |((field, stance, value), statements): (ClaimKey, Vec<Statement>)| {
            let (statements, lineages): (Vec<_>, Vec<_>) = statements.into_iter().unzip();
            Arc::new(Claim { field, stance, value, statements, independent_sources: independent(&lineages) })
        };
        let of_record = |(record, claims): (Uuid, BTreeMap<_, _>)| {
            let mut claims: Vec<_> = claims.into_iter().map(claim).collect();
            claims.sort_by(|a, b| a.field.cmp(&b.field).then(b.independent_sources.cmp(&a.independent_sources)));
            (record, claims)
        };
        Ok(found.into_iter().map(of_record).collect())
    }

    /// Restricts a query to the statements about records that the viewer may see.
    fn restrict(&self, query: &mut SelectStatement, of: &ClaimQuery, records: &[Uuid]) {
        query.and_where(is_visible(ROW, self.clearance.rank()));
        query.and_where(is_one_of_ids(self.backend(), column(ROW, of.claims.record), records));
        query.and_where_option(of.field.as_deref().map(|field| column(ROW, of.claims.field).eq(field)));
    }

    /// What the source of each statement derives from, itself included, as far as the viewer may see it.
    fn lineages(&self, of: &ClaimQuery, records: &[Uuid]) -> WithClause {
        let claims = &of.claims;
        let mut lineage = Query::select();
        lineage.expr_as(column(ROW, claims.source), SOURCE).expr_as(column(ROW, claims.source), ORIGIN);
        lineage.from_as(claims.statement, ROW);
        self.restrict(&mut lineage, of, records);
        if let Link::Through { table, parent, child } = claims.origins {
            let mut origins = Query::select();
            origins.column((LINEAGE, SOURCE)).column((LINK, child)).from(LINEAGE);
            origins.join_as(JoinType::InnerJoin, table, LINK, column(LINK, parent).eq(column(LINEAGE, ORIGIN)));
            origins.join_as(JoinType::InnerJoin, claims.sources, ROW, column(ROW, "id").eq(column(LINK, child)));
            origins.and_where(is_visible(ROW, self.clearance.rank()));
            // `UNION` leaves out what is there already, so circles end.
            lineage.union(UnionType::Distinct, origins);
        }
        let table =
            CommonTableExpression::new().query(lineage).columns([SOURCE, ORIGIN]).table_name(LINEAGE).to_owned();
        WithClause::new().recursive(true).cte(table).to_owned()
    }

    /// Those of the records, or of one of their fields, that a source contradicts.
    pub(super) async fn disputed(&self, of: &ClaimQuery, records: &[Uuid]) -> Result<Vec<Uuid>> {
        let claims = &of.claims;
        let mut query = Query::select();
        query.distinct().expr(column(ROW, claims.record)).from_as(claims.statement, ROW);
        self.restrict(&mut query, of, records);
        query.and_where(column(ROW, claims.stance).eq(claims.contradicts));
        let rows = self.rows(&query, claims.statement, Some(records.len())).await?;
        Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
    }
}

/// How many groups of sources there are that have nothing in their lineages in common.
fn independent(lineages: &[Vec<Uuid>]) -> usize {
    let mut groups = UnionFind::<usize>::new(lineages.len());
    let mut of_source: FxHashMap<Uuid, usize> = FxHashMap::default();
    let mut joined = 0;
    for (position, lineage) in lineages.iter().enumerate() {
        for source in lineage {
            let known = *of_source.entry(*source).or_insert(position);
            joined += usize::from(groups.union(known, position));
        }
    }
    lineages.len() - joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_share_an_origin_count_once() {
        let lineages = [vec![1, 5], vec![2, 1, 5], vec![3], vec![4, 5]];
        let count = |sources: &[usize]| {
            let lineage = |source: &usize| lineages[*source].iter().copied().map(Uuid::from_u128).collect();
            independent(&sources.iter().map(lineage).collect::<Vec<_>>())
        };
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[0, 0]), 1);
        assert_eq!(count(&[0, 1]), 1);
        assert_eq!(count(&[2, 0, 1]), 2);
        // Two that derive from a third one, which says nothing itself; the order makes no difference.
        assert_eq!(count(&[0, 2, 3]), 2);
        assert_eq!(count(&[3, 2, 1]), 2);
    }
}
