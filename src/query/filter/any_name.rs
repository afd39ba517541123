//! The filter by any of the names of a record.

use async_graphql::Value;
use sea_orm::{
    EntityName, ExprTrait, IdenStatic,
    sea_query::{Query, UnionType},
};

use super::{Misplaced, Operand, Read, Reader, each, non_empty};
use crate::{
    model::{Column, RecordType, name},
    query::statement::column,
};

/// The name of the condition.
pub const ANY_NAME: &str = "anyName";
/// The alias of the table whose names are compared.
const NAMED: &str = "named";

impl Reader {
    /// The condition that the main name or one of the further names matches. Each is looked up by its own index.
    pub(super) fn any_name(self, record: &RecordType, folded: Column, value: &Value) -> Read {
        let matches = |alias: &'static str, folded: &'static str| {
            let operand = Operand::Folded(folded);
            let condition = |operator: &str, value: &Value| {
                Ok(Some(operand.condition(self.scope.backend, alias, operator, value)?))
            };
            Ok::<_, Misplaced>(non_empty(each(value, condition)?))
        };
        let further = name::Column::Folded.as_str();
        let (Some(main), Some(other)) = (matches(NAMED, folded.name)?, matches(NAMED, further)?) else {
            return Ok(None);
        };
        let mut others = Query::select();
        others.column((NAMED, name::Column::RecordId)).from_as(name::Entity.table_name(), NAMED).and_where(other);
        let mut records = Query::select();
        records.column((NAMED, "id")).from_as(record.table, NAMED).and_where(main).union(UnionType::All, others);
        Ok(Some(column(self.alias(), "id").in_subquery(records)))
    }
}
