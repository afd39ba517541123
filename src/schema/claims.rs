//! What sources state about a record: `claims` and `isDisputed`, which all records have.

use std::sync::Arc;

use async_graphql::Value;

use super::{
    answer::Answer,
    connection::ready,
    cost::Size,
    execute::Call,
    leaf::{self, json},
    object::{Argument, Object},
};
use crate::{
    error::Result,
    model::{AttributeKind, Claims, Model, RecordType, Scalar},
    query::{
        claims::{Claim, ClaimQuery},
        filter,
        keys::{ClaimsOf, DisputedOf, Shape},
        projection::Row,
    },
};

/// How many claims are assumed for a record, and statements for a claim, when costs are estimated.
const ASSUMED: u32 = 3;

/// Adds the fields to the object type of a record.
pub(super) fn add(o: &mut Object<Row>, model: &Model) {
    let Some(claims) = model.claims else { return };
    let field = |about: &str| vec![Argument::new("field", "String", about)];
    o.batch(
        "claims",
        "[Claim!]",
        "What sources state about the record: for each field, the values that they give, the best attested first. The statements \
         themselves are `citations`.",
        field("Returns only claims about this field, such as `since`."),
        move |call, rows| {
            Box::pin(async move {
                let of = shape(call, claims)?;
                let key = |row: &Arc<Row>| ClaimsOf { record: row.id, of: of.clone() };
                let found = call.loader().load_many(rows.iter().map(key)).await?;
                let lists = rows.iter().map(|row| found.get(&key(row)).cloned().unwrap_or_default());
                Ok(Answer::many("Claim", lists))
            })
        },
    )
    .costs(1, Size::Assumed(ASSUMED));
    o.batch(
        "isDisputed",
        "Boolean",
        "Whether a source contradicts what is recorded.",
        field("Asks only about this field, such as `since`."),
        move |call, rows| {
            Box::pin(async move {
                let of = shape(call, claims)?;
                let key = |row: &Arc<Row>| DisputedOf { record: row.id, of: of.clone() };
                let found = call.loader().load_many(rows.iter().map(key)).await?;
                Ok(Answer::leaves(rows.iter().map(|row| found.contains_key(&key(row)))))
            })
        },
    )
    .costs(1, Size::None);
}

fn shape(call: Call<'_>, claims: Claims) -> Result<Shape<ClaimQuery>> {
    call.shape(1, || {
        let given = call.arguments().find(|(name, value)| *name == "field" && *value != Value::Null);
        let field = given.map(|(_, field)| filter::text(&field)).transpose()?;
        let statement = call.execution.catalog.model().record_type(claims.statement);
        let projection = (*call.projection(statement)).clone();
        Ok(ClaimQuery { claims, field, projection })
    })
}

/// The object type `Claim`.
pub(super) fn object(model: &'static Model, claims: Claims) -> Object<Claim> {
    let statement = model.record_type(claims.statement);
    let mut o = Object::new(
        "Claim",
        "A value that sources state for a field of a record, or their stance if they do not state one.",
    );
    o.leaf("field", "String!", "The field, as in `Citation.field`.", |claim: &Claim, out| json(&claim.field, out));
    let (stance, ty) = stance(statement, &claims);
    o.leaf("stance", ty, "The stance of the sources towards the recorded value.", move |claim, out| {
        leaf::write(stance, &claim.stance.as_str().into(), out);
    });
    o.leaf("value", "String", "The value according to the sources; `null` if they do not state one.", |claim, out| {
        json(&claim.value, out);
    });
    o.leaf(
        "independentSources",
        "Int!",
        "The number of sources that are independent of each other: those of which one derives from another, or which derive from \
         the same source, count as one.",
        |claim, out| json(&claim.independent_sources, out),
    );
    o.batch(
        "citations",
        format!("[{}!]!", statement.name),
        "A list of the statements.",
        Vec::new(),
        |_, claims: &[Arc<Claim>]| {
            ready(Answer::many_records(claims.iter().map(|claim| claim.statements.iter().cloned())))
        },
    )
    .costs(0, Size::Assumed(ASSUMED));
    // They are read together with the claims.
    o.items = vec![statement];
    o
}

/// The vocabulary of stances, and its type.
fn stance(statement: &'static RecordType, claims: &Claims) -> (&'static Scalar, String) {
    let found = statement.attributes.iter().find_map(|attribute| match &attribute.kind {
        AttributeKind::Scalar(column, scalar) if column.name == claims.stance => Some((scalar, *column)),
        _ => None,
    });
    let (scalar, column) = found.unwrap_or_else(|| panic!("{} has no column {}", statement.name, claims.stance));
    (scalar, leaf::type_of(column, scalar))
}
