//! The filter by identifiers in external systems.

use async_graphql::Value;
use sea_orm::{
    ActiveEnum, EntityName, ExprTrait, IdenStatic,
    sea_query::{Expr, Query, SelectStatement},
};

use super::{Misplaced, OperatorInput, Read, Reader, operator::text, operator::values};
use crate::{
    error::{Code, Error, Result},
    model::identifier::{self, IdentifierScheme},
    query::statement::{column, is_one_of_texts},
    quoted::Quoted,
};

/// The name of the condition.
pub const IDENTIFIER: &str = "identifier";
/// The alias of the table of identifiers.
const IDENTIFIED: &str = "identified";

/// The input type.
#[must_use]
pub fn identifier_input() -> OperatorInput {
    OperatorInput {
        name: "IdentifierFilter".into(),
        description:
            "A filter by an identifier in an external system. Other ways to write it are understood, such as the \
                      address of its page."
                .to_owned(),
        fields: vec![
            ("scheme", "IdentifierScheme!".to_owned(), "The scheme of the identifier."),
            ("eq", "String".to_owned(), "Equals this identifier."),
            ("in", "[String!]".to_owned(), "Is one of these identifiers, at most 1,000."),
            (
                "isNull",
                "Boolean".to_owned(),
                "If `true`, there is no identifier of this scheme; if `false`, there is one.",
            ),
        ],
    }
}

fn of_identifier(of: identifier::Column) -> Expr {
    column(IDENTIFIED, of.as_str())
}

pub(super) fn scheme(name: Option<&Value>) -> Result<IdentifierScheme> {
    let scheme = name.map(text).transpose()?.and_then(|name| IdentifierScheme::by_name(&name));
    scheme.ok_or_else(|| Error::input(Code::InvalidArgument, "an identifier needs a `scheme`"))
}

/// An identifier as it is stored.
pub(super) fn spelled(scheme: IdentifierScheme, value: &Value) -> Result<String> {
    let written = text(value)?;
    scheme.spelled(&written).map_err(|expected| {
        let message = format!("{} is not an identifier of this scheme: {expected}", Quoted(&written));
        Error::input(Code::InvalidArgument, message)
    })
}

/// The records that have an identifier of a scheme that passes.
fn identified(scheme: IdentifierScheme, condition: Option<Expr>) -> SelectStatement {
    let mut records = Query::select();
    records.expr(of_identifier(identifier::Column::RecordId)).from_as(identifier::Entity.table_name(), IDENTIFIED);
    records.and_where(of_identifier(identifier::Column::Scheme).eq(scheme.to_value()));
    records.and_where_option(condition);
    records
}

/// The records that have an identifier.
pub(super) fn identified_by(scheme: IdentifierScheme, value: &Value) -> Result<SelectStatement> {
    let is_this = of_identifier(identifier::Column::Value).eq(spelled(scheme, value)?);
    Ok(identified(scheme, Some(is_this)))
}

impl Reader {
    /// The condition that a record has an identifier. A scheme alone says nothing.
    pub(super) fn identifier(self, value: &Value) -> Read {
        let invalid = |message| Misplaced::from(Error::input(Code::InvalidArgument, message));
        let Value::Object(fields) = value else { return Err(invalid(format!("{value} is not a filter"))) };
        let scheme = scheme(fields.get("scheme"))?;
        let spelled = |value: &Value| spelled(scheme, value);
        let has = |condition: Option<Expr>| column(self.alias(), "id").in_subquery(identified(scheme, condition));
        let one_of =
            |list| has(Some(is_one_of_texts(self.scope.backend, of_identifier(identifier::Column::Value), list)));
        super::conjunction(fields.iter().filter(|(name, _)| *name != "scheme").map(|(name, value)| {
            let condition = match (name.as_str(), value) {
                (name, Value::Null) => Err(super::null(name)),
                ("eq", value) => spelled(value).map(|value| one_of(vec![value])),
                ("in", value) => values(value, spelled).map(one_of),
                ("isNull", Value::Boolean(true)) => Ok(has(None).not()),
                ("isNull", _) => Ok(has(None)),
                (name, _) => Err(super::unknown(name)),
            };
            condition.map(Some).map_err(|error| Misplaced::from(error).within(format!(".{name}")))
        }))
    }
}
