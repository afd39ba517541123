//! The filter by whether a source contradicts what is recorded.

use async_graphql::Value;
use sea_orm::{ExprTrait, sea_query::Query};

use super::{Misplaced, Read, Reader, each, is_visible, non_empty, unknown};
use crate::{model::Claims, query::statement::column};

/// The name of the condition.
pub const IS_DISPUTED: &str = "isDisputed";
/// The alias of the table of statements.
const STATEMENT: &str = "statement";

impl Reader {
    /// The condition that a source contradicts what is recorded, or that none does.
    pub(super) fn is_disputed(self, claims: &Claims, value: &Value) -> Read {
        let mut disputed = Query::select();
        disputed.column((STATEMENT, claims.record)).from_as(claims.statement, STATEMENT);
        disputed.and_where(column(STATEMENT, claims.stance).eq(claims.contradicts));
        disputed.and_where(is_visible(STATEMENT, self.scope.rank));
        let id = || column(self.alias(), "id");
        let condition = |operator: &str, value: &Value| match (operator, value) {
            ("eq", Value::Boolean(true)) => Ok(Some(id().in_subquery(disputed.clone()))),
            ("eq", Value::Boolean(false)) => Ok(Some(id().not_in_subquery(disputed.clone()))),
            (name, _) => Err(Misplaced::from(unknown(name))),
        };
        Ok(non_empty(each(value, condition)?))
    }
}
