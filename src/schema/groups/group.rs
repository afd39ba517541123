//! The object type of a group, and of what it has.

use std::sync::Arc;

use async_graphql::Value;

use super::{GroupObject, GroupTypes, word};
use crate::{
    error::{Code, Error, Result},
    model::Model,
    query::{
        groups::{Aggregate, AggregateValue, Figure, KeyValue, MAX_KEYS},
        keys::{AggregatesOf, ById, Shape},
    },
    quoted::Quoted,
    schema::{
        answer::{Answer, index},
        connection::ready,
        cost::Size,
        execute::Call,
        leaf::json,
        object::{Argument, Object},
        record::{RecordRef, load_any},
    },
};

impl GroupTypes {
    /// The object type of the groups.
    pub fn group_object(self: &Arc<Self>) -> Object<GroupObject> {
        let about = self.items.words();
        let mut o = Object::new(self.group, format!("Several {about} that have something in common."));
        o.batch(
            "keys",
            "[GroupValue!]!",
            "What the items have in common: a value for each key, in the order of `by`.",
            Vec::new(),
            |_, groups: &[Arc<GroupObject>]| {
                let values =
                    |group: &Arc<GroupObject>| group.group.values.iter().cloned().map(Arc::new).collect::<Vec<_>>();
                ready(Answer::many("GroupValue", groups.iter().map(values)))
            },
        )
        .costs(0, Size::Assumed(index(MAX_KEYS)));
        o.leaf("count", "Int!", "The number of items.", |group: &GroupObject, out| json(&group.group.count, out));
        let types = self.clone();
        let argument = Argument::new("of", format!("{}GroupKey!", self.items.name()), "What is counted.");
        o.batch(
            "distinct",
            "Int",
            "The number of different values of a key among the items. Items of which it is not known do not count.",
            vec![argument],
            move |call, groups| {
                let types = types.clone();
                Box::pin(async move {
                    let aggregate = call.shape(1, || Ok(Aggregate::Distinct(types.key(&of(call)?)?)))?;
                    let found = aggregates(call, groups, &aggregate).await?;
                    Ok(Answer::leaves(found.into_iter().map(|value| match value {
                        Some(AggregateValue::Count(count)) => count,
                        _ => 0,
                    })))
                })
            },
        )
        .costs(1, Size::None)
        .aggregates(self.parts());
        if !self.figures.is_empty() {
            self.add_figure(&mut o);
        }
        if let Some((record, name, date)) = self.latest {
            let about = format!(
                "The item with the latest `{name}`, by the last day that it can mean; `null` if none is known."
            );
            o.batch("latest", record.name, about, Vec::new(), move |call, groups| {
                Box::pin(async move {
                    let aggregate = call.shape(1, || Ok(Aggregate::Latest(date)))?;
                    let found = aggregates(call, groups, &aggregate).await?;
                    let of = call.projection(record);
                    let key = |value: &Option<AggregateValue>| match value {
                        Some(AggregateValue::Record(id)) => Some(ById { id: *id, of: of.clone() }),
                        _ => None,
                    };
                    let records = call.loader().load_many(found.iter().filter_map(key)).await?;
                    Ok(Answer::one_record(
                        found.iter().map(|value| key(value).and_then(|key| records.get(&key).cloned())),
                    ))
                })
            })
            .costs(2, Size::One)
            .aggregates(self.parts());
        }
        o
    }

    fn add_figure(self: &Arc<Self>, o: &mut Object<GroupObject>) {
        let types = self.clone();
        let argument = Argument::new("of", format!("{}Figure!", self.items.name()), "The number.");
        let about = "A summary of a number of the items. Units are not converted: filter by the unit, or group by it.";
        o.batch("figure", "Figure", about, vec![argument], move |call, groups| {
            let types = types.clone();
            Box::pin(async move {
                let aggregate = call.shape(1, || {
                    let name = of(call)?;
                    let figure = types.figures.iter().find(|(known, ..)| *known == name);
                    let unknown = || Error::input(Code::InvalidArgument, format!("{} is no figure", Quoted(&name)));
                    figure.map(|(.., column)| Aggregate::Figure(*column)).ok_or_else(unknown)
                })?;
                let found = aggregates(call, groups, &aggregate).await?;
                let figures = found.into_iter().map(|value| match value {
                    Some(AggregateValue::Figure(figure)) => Some(Arc::new(figure)),
                    _ => None,
                });
                Ok(Answer::one("Figure", figures))
            })
        })
        .costs(1, Size::One)
        .aggregates(self.parts());
    }
}

/// The argument `of`.
fn of(call: Call<'_>) -> Result<String> {
    let value = call.arguments().find(|(name, _)| *name == "of").map_or(Value::Null, |(_, value)| value);
    word(&value)
}

/// An aggregate of each group.
async fn aggregates(
    call: Call<'_>,
    groups: &[Arc<GroupObject>],
    aggregate: &Shape<Aggregate>,
) -> Result<Vec<Option<AggregateValue>>> {
    let key = |group: &GroupObject| AggregatesOf { groups: group.of.clone(), aggregate: aggregate.clone() };
    let found = call.loader().load_many(groups.iter().map(|group| key(group))).await?;
    let value = |group: &Arc<GroupObject>| found.get(&key(group))?.get(&group.group.values).copied();
    Ok(groups.iter().map(value).collect())
}

/// The object type `GroupValue`.
pub(in crate::schema) fn value_object(model: &Model) -> Object<KeyValue> {
    let mut o = Object::new("GroupValue", "What the items of a group have in common, for one key.");
    o.leaf(
        "value",
        "String",
        "The value: a text, a value of an enum, `true` or `false`, or a year, a month or a decade in EDTF, such as `2019`, \
         `2019-09` or `201X`; `null` if it is a record or is not known.",
        |value: &KeyValue, out| match value {
            KeyValue::Text(text) => json(text, out),
            _ => out.extend_from_slice(b"null"),
        },
    );
    o.batch(
        "record",
        "Record",
        "The record; `null` if it is a value, is not known, or is not visible to you.",
        Vec::new(),
        |call, values| {
            Box::pin(async move {
                let wanted = |value: &Arc<KeyValue>| match &**value {
                    KeyValue::Record(table, id) => RecordRef::ById(Some((*table, *id))),
                    _ => RecordRef::ById(None),
                };
                Ok(Answer::One(load_any(call, values.iter().map(wanted).collect(), true).await?))
            })
        },
    )
    // One for each type that occurs.
    .costs(index(model.types().len()), Size::One);
    o
}

/// The object type `Figure`.
pub(in crate::schema) fn figure_object() -> Object<Figure> {
    let mut o = Object::new("Figure", "A summary of a number of the items of a group.");
    o.leaf("count", "Int!", "How many items have the number.", |figure: &Figure, out| json(&figure.count, out));
    let number: [(&'static str, &'static str, fn(&Figure) -> Option<f64>); 4] = [
        ("min", "The smallest number; `null` if no item has one.", |figure| figure.min),
        ("max", "The largest number; `null` if no item has one.", |figure| figure.max),
        ("sum", "The sum of the numbers, a fraction to 12 digits; `null` if no item has one.", |figure| figure.sum),
        ("average", "The average of the numbers, a fraction to 12 digits; `null` if no item has one.", |figure| {
            figure.average
        }),
    ];
    for (name, about, get) in number {
        o.leaf(name, "Float", about, move |figure, out| json(&get(figure), out));
    }
    o
}
