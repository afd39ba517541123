//! What connections list, and the parts of which a list consists: one for each type of records that it has, and on a timeline
//! one for each thing that can happen to them.

use async_graphql::Value;

use super::{execute::Call, object::Argument};
use crate::{
    error::Result,
    model::{Group, Link, Model, Moment, RecordType, words},
    query::{
        collation::{COLLATION, languages},
        filter::{NEAR, has_issue},
        keys::{List, Shape},
        order::MAX_ORDERS,
        page::{AS_OF, DATE, DEFAULT_SIZE, KINDS, Listed, MAX_SIZE, TIMELINE_ENTRY},
    },
};

/// What a connection lists.
#[derive(Clone, Copy)]
pub(super) enum Items {
    /// Records of one type.
    Type(&'static RecordType),
    /// Records of all types of a group. Such a list is the lists of its types, merged.
    Group(&'static Group, &'static Model),
    /// What happened to all records, or to those that are related to a record of a type. It is the lists of the records by
    /// their dates, merged.
    Timeline(&'static Model, Option<&'static RecordType>),
}

/// A part of a list: records of one type, what of them is listed, and how they are related to those whose list it is.
type Part = (&'static RecordType, Listed, Option<Link>);

/// A list: its parts, each of the records of one type.
pub(super) struct Parts {
    pub lists: Shape<Vec<Shape<List>>>,
    /// The number of items of a page.
    pub size: usize,
    /// Whether the page is taken from the end of the list.
    pub is_backward: bool,
    /// Whether the page is behind a cursor.
    pub is_after: bool,
    /// Whether the page is before a cursor.
    pub is_before: bool,
}

/// The arguments of a connection.
pub(super) fn arguments(items: Items) -> Vec<Argument> {
    let (name, about) = (items.name(), items.words());
    let mut arguments = vec![
        Argument::new(
            "first",
            "Int",
            format!(
                "The number of items to return from the beginning: {DEFAULT_SIZE} if neither this nor `last` is given, at \
                 most {MAX_SIZE}."
            ),
        ),
        Argument::new("after", "String", "Returns only items after this cursor."),
        Argument::new("last", "Int", format!("The number of items to return from the end, at most {MAX_SIZE}.")),
        Argument::new("before", "String", "Returns only items before this cursor."),
    ];
    if let Items::Timeline(model, _) = items {
        let kind = model.timeline().map_or("", |vocabulary| &vocabulary.name);
        arguments.push(Argument::new(KINDS, format!("[{kind}!]"), "Returns only what is of one of these kinds."));
        let about = "Returns only what has a date that matches this filter, such as `{possiblyWithin: \"2019\"}`.";
        arguments.push(Argument::new(DATE, "DateFilter", about));
    } else {
        let filter = format!("Returns only the {about} that match this filter.");
        arguments.push(Argument::new("filter", format!("{name}Filter"), filter));
    }
    arguments.push(Argument::new(
        "orderBy",
        format!("{name}Order"),
        "The order of the list. The default is the first value of the enum.",
    ));
    // The date is all that timelines are ordered by.
    if !matches!(items, Items::Timeline(..)) {
        let about = format!(
            "The orders for items that `orderBy` does not tell apart, at most {}: each decides about the ties of those \
             before it.",
            MAX_ORDERS - 1
        );
        arguments.push(Argument::new("thenBy", format!("[{name}Order!]"), about));
    }
    if items.has_order_by_name() {
        let about = format!(
            "The language whose alphabetical order (of CLDR) names follow, as a BCP 47 tag such as `fi`. Case does not count. Orders \
             that compare no names do not change. Known are languages without letters of their own, such as `en` and `de`, and {}.",
            languages()
        );
        arguments.push(Argument::new(COLLATION, "String", about));
    }
    if let Items::Type(RecordType { coordinates: Some(_), .. }) = items {
        let about = format!(
            "Returns the {about} with known coordinates by their distance from this place, the nearest first. `orderBy` then \
             decides about those that are equally far away."
        );
        arguments.push(Argument::new(NEAR, "NearInput", about));
    }
    if let Items::Type(RecordType { is_asked_by_time: true, .. }) = items {
        let about = format!(
            "Returns only the {about} of this date in EDTF, as far as is known: those whose period can have a day in common \
             with it. Those without any known date are left out. The filter `during` tells what is certain from what is possible."
        );
        arguments.push(Argument::new(AS_OF, "String", about));
    }
    arguments
}

impl Items {
    /// The GraphQL type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Type(record) => record.name,
            Self::Group(group, _) => group.name,
            Self::Timeline(..) => TIMELINE_ENTRY,
        }
    }

    /// The plural, for descriptions.
    pub fn words(self) -> String {
        match self {
            Self::Type(record) => words(record.plural),
            Self::Group(group, _) => words(group.plural),
            Self::Timeline(..) => "timeline entries".to_owned(),
        }
    }

    /// The record types.
    pub fn types(self) -> Vec<&'static RecordType> {
        let mut types: Vec<_> = self.parts(None).into_iter().map(|(record, ..)| record).collect();
        types.dedup_by_key(|record| record.table);
        types
    }

    /// Whether lists can be ordered by names.
    fn has_order_by_name(self) -> bool {
        match self {
            Self::Type(record) => record.orders.iter().any(|order| record.is_by_name(order)),
            Self::Group(group, model) => {
                let types = group.members.iter().map(|table| model.record_type(table));
                let is_shared = |name: &String| group.orders.contains(&name.as_str());
                let mut orders = types.flat_map(|record| record.orders.iter().map(move |order| (record, order)));
                orders.any(|(record, order)| is_shared(&order.name) && record.is_by_name(order))
            }
            Self::Timeline(..) => false,
        }
    }

    /// The number of parts of a list.
    pub fn number_of_parts(self) -> usize {
        self.parts(None).len()
    }

    /// By how many links the records of a part of a list can be related, at most.
    pub fn ways(self, link: Option<Link>) -> usize {
        self.parts(link).into_iter().filter_map(|(.., link)| link).map(Link::ways).max().unwrap_or(1)
    }

    /// What the parts of a list have.
    pub fn listed(self) -> Vec<(&'static RecordType, Listed)> {
        self.parts(None).into_iter().map(|(record, listed, _)| (record, listed)).collect()
    }

    /// The parts of a list. `link` is how the records are related to those whose list it is; a timeline says so itself.
    fn parts(self, link: Option<Link>) -> Vec<Part> {
        let moments = |record: &'static RecordType, link| {
            record.moments.iter().map(move |moment| (record, Listed::Moment(moment), link))
        };
        match self {
            Self::Type(record) => vec![(record, Listed::Type, link)],
            Self::Group(group, model) => {
                let of_member = |table: &&'static str| (model.record_type(table), Listed::Group(group), link);
                group.members.iter().map(of_member).collect()
            }
            Self::Timeline(model, None) => model.types().flat_map(|record| moments(record, None)).collect(),
            Self::Timeline(model, Some(of)) => {
                let related = of.timeline.iter();
                related.flat_map(|(table, link)| moments(model.record_type(table), Some(*link))).collect()
            }
        }
    }
}

impl Parts {
    /// The parts of the list that a field asks for.
    pub fn of(call: &Call<'_>, items: Items, link: Option<Link>) -> Result<Self> {
        Self::restricted(call, items, link, None)
    }

    /// The same of the records only that have an issue of data quality.
    pub fn with_issue(call: &Call<'_>, items: Items, issue: &str) -> Result<Self> {
        Self::restricted(call, items, None, Some(issue))
    }

    fn restricted(call: &Call<'_>, items: Items, link: Option<Link>, issue: Option<&str>) -> Result<Self> {
        let kinds = kinds(call, items);
        let is_asked = |of: &Listed| match (of, &kinds) {
            (Listed::Moment(moment), Some(kinds)) => kinds.contains(&moment.kind.as_str()),
            _ => true,
        };
        let (mut lists, mut bounds) = (Vec::new(), None);
        for (record, of, link) in items.parts(link) {
            let mut page = call.page(of, record)?;
            bounds.get_or_insert((page.size, page.is_backward, page.after.is_some(), page.before.is_some()));
            if let Some(issue) = issue {
                page = page.restricted(has_issue(call.filter_scope(), record, issue));
            }
            let can_have = issue.is_none_or(|issue| record.issue(issue).is_some());
            if is_asked(&of) && can_have {
                let mut projection = (*call.projection(record)).clone();
                if let Listed::Moment(Moment { date, .. }) = of {
                    projection = projection.with_columns(date.iter().copied());
                }
                lists.push(Shape::new(List { link, page, projection }));
            }
        }
        let (size, is_backward, is_after, is_before) = bounds.unwrap_or_default();
        Ok(Self { lists: Shape::new(lists), size, is_backward, is_after, is_before })
    }
}

/// The kinds of what a client asks for of a timeline, by their words in the database; none if it asks for all.
fn kinds(call: &Call<'_>, items: Items) -> Option<Vec<&'static str>> {
    let Items::Timeline(model, _) = items else { return None };
    let word = |value: &Value| {
        let name = match value {
            Value::Enum(name) => name.as_str(),
            Value::String(name) => name.as_str(),
            _ => return None,
        };
        Some(model.timeline()?.by_name(name)?.value.as_str())
    };
    let (_, given) = call.arguments().find(|(name, _)| *name == KINDS)?;
    match &given {
        Value::Null => None,
        Value::List(kinds) => Some(kinds.iter().filter_map(word).collect()),
        kind => Some(word(kind).into_iter().collect()),
    }
}
