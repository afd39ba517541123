//! Groups: the items of a list by what they have in common, as a connection of its own, with aggregates of each group.

mod group;

use std::sync::Arc;

use async_graphql::Value;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

pub(super) use self::group::{figure_object, value_object};
use super::{
    answer::{Answer, index},
    connection::{PageObject, ready},
    cost::Size,
    execute::Call,
    items::Items,
    leaf::json,
    object::{Argument, Object},
    page_info::PageInfo,
    types::{EnumValue, enumeration},
};
use crate::{
    async_graphql_internals::Registry,
    error::{Code, Error, Result},
    model::{self, Column, DateColumns, Model, RecordType},
    query::{
        groups::{self, Group, GroupKey, GroupOrder, Grouping, MAX_KEYS},
        keys::{GroupTotalOf, GroupsOf},
        page,
    },
    quoted::Quoted,
};

/// The argument that says what is counted.
pub(crate) const COUNTED: &str = "countDistinct";

/// The orders of groups: name, description, order.
const ORDERS: [(&str, &str, GroupOrder); 4] = [
    (
        "COUNT_DESC",
        "Those with the largest number of items first, or of what `countDistinct` names; equal ones by their keys.",
        GroupOrder::CountDescending,
    ),
    (
        "COUNT_ASC",
        "Those with the smallest number of items first, or of what `countDistinct` names; equal ones by their keys.",
        GroupOrder::CountAscending,
    ),
    (
        "KEY_ASC",
        "By the keys, in the order of `by`: records by their key, or by type and age if they can be of several types. Unknown \
         values come last.",
        GroupOrder::KeyAscending,
    ),
    ("KEY_DESC", "By the keys, in the opposite order; unknown values come last.", GroupOrder::KeyDescending),
];

/// What a list can be grouped by, and the names of the types in the schema.
pub(super) struct GroupTypes {
    items: Items,
    keys: Vec<Arc<GroupKey>>,
    /// Their names, what they are, and their columns.
    figures: Vec<(String, &'static str, Column)>,
    /// The type of the records, and the date that says which is the latest.
    latest: Option<(&'static RecordType, &'static str, DateColumns)>,
    group: &'static str,
    edge: &'static str,
    /// The connection of groups.
    pub connection: &'static str,
}

/// A page of the groups of one list.
pub(super) struct GroupPage {
    of: GroupsOf,
    groups: Vec<Arc<GroupObject>>,
    has_more: bool,
}

/// A group, and the list that it is of.
pub(super) struct GroupObject {
    items: Items,
    of: GroupsOf,
    group: Arc<Group>,
}

impl GroupObject {
    fn cursor(&self) -> String {
        Position(self.group.position).encode(self.items, &self.of.grouping)
    }
}

/// A position in a list of groups: what a cursor says.
struct Position(i64);

impl Position {
    fn list(items: Items, grouping: &Grouping) -> String {
        let keys: Vec<_> = grouping.keys.iter().map(|key| key.name.as_str()).collect();
        let order = ORDERS.iter().find(|(.., order)| *order == grouping.order).map_or("", |(name, ..)| name);
        let counted = grouping.counted.as_ref().map_or("", |key| &key.name);
        format!("groups:{}:{}:{order}:{counted}:", items.name(), keys.join(","))
    }

    fn encode(&self, items: Items, grouping: &Grouping) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}{}", Self::list(items, grouping), self.0))
    }

    fn decode(text: &str, items: Items, grouping: &Grouping) -> Result<u32> {
        let plain = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let position = plain.as_deref().and_then(|plain| plain.strip_prefix(&Self::list(items, grouping)));
        position.and_then(|position| position.parse().ok()).ok_or_else(|| {
            let message = format!(
                "{} is not a cursor of these groups: pass a cursor that a list of groups with the same keys and order returned",
                Quoted(text)
            );
            Error::input(Code::InvalidCursor, message)
        })
    }
}

impl GroupTypes {
    /// What a list can be grouped by.
    pub fn new(model: &Model, items: Items) -> Self {
        // Names live as long as the catalog, which is never dropped.
        let name = |suffix: &str| -> &'static str { format!("{}{suffix}", items.name()).leak() };
        // Numbers and dates belong to one type.
        let (figures, latest) = match items {
            Items::Type(record) => (
                groups::figures(record)
                    .map(|(name, attribute, column)| (name, attribute.description, column))
                    .collect(),
                groups::main_date(record).map(|(attribute, date)| (record, attribute.name.as_str(), date)),
            ),
            _ => (Vec::new(), None),
        };
        Self {
            items,
            keys: groups::keys(model, &items.listed()).into_iter().map(Arc::new).collect(),
            figures,
            latest,
            group: name("Group"),
            edge: name("GroupEdge"),
            connection: name("GroupConnection"),
        }
    }

    /// Registers the enums.
    pub fn register(&self, registry: &mut Registry) {
        let (name, about) = (self.items.name(), self.items.words());
        let keys =
            self.keys.iter().flat_map(|key| EnumValue::with_former(&key.name, key.former.as_deref(), &key.description));
        enumeration(registry, format!("{name}GroupKey"), format!("What {about} can be grouped by."), keys);
        if !self.figures.is_empty() {
            let values = self.figures.iter().map(|(name, about, _)| EnumValue::new(name, *about));
            let about = format!("The numbers of {about} of which groups have summaries.");
            enumeration(registry, format!("{name}Figure"), about, values);
        }
        let orders = ORDERS.iter().map(|(name, about, _)| EnumValue::new(*name, *about));
        enumeration(registry, "GroupOrder".to_owned(), "The orders of groups.".to_owned(), orders);
    }

    /// The arguments of `groups`.
    fn arguments(&self) -> Vec<Argument> {
        let key = format!("{}GroupKey", self.items.name());
        vec![
            Argument::new(
                "by",
                format!("[{key}!]!"),
                format!("What the items of a group have in common: one to {MAX_KEYS} keys."),
            ),
            Argument::new(
                "first",
                "Int",
                format!(
                    "The number of groups to return: {} by default, at most {}.",
                    page::DEFAULT_SIZE,
                    page::MAX_SIZE
                ),
            ),
            Argument::new("after", "String", "Returns only groups after this cursor."),
            Argument::new("orderBy", "GroupOrder", "The order of the groups. The default is `COUNT_DESC`."),
            Argument::new(
                COUNTED,
                key.clone(),
                "What `COUNT_DESC` and `COUNT_ASC` count: the different values of this key in a group, as `distinct` does, and not \
                 its items. Other orders do not change.",
            ),
            Argument::new(
                "filter",
                format!("{}Filter", model::Group::RECORD),
                "Returns only groups that have, among their keys, a record that matches this filter, such as the cities of one country.",
            ),
        ]
    }

    fn key(&self, name: &str) -> Result<Arc<GroupKey>> {
        let known = self.keys.iter().find(|key| key.is_named(name)).cloned();
        known.ok_or_else(|| {
            let message = format!("{} is not a value of {}GroupKey", Quoted(name), self.items.name());
            Error::input(Code::InvalidArgument, message)
        })
    }

    fn grouping(&self, call: Call<'_>) -> Result<Grouping> {
        let mut grouping = Grouping::new(Vec::new(), page::DEFAULT_SIZE);
        let (mut after, mut filter) = (None, None);
        for (name, value) in call.arguments() {
            match (name, value) {
                (_, Value::Null) => {}
                ("by", Value::List(names)) => {
                    grouping.keys = names.iter().map(|name| self.key(&word(name)?)).collect::<Result<_>>()?;
                }
                ("by", name) => grouping.keys = vec![self.key(&word(&name)?)?],
                ("first", value) => grouping.size = page::size("first", &value)?,
                ("after", Value::String(text)) => after = Some(text),
                ("filter", value) => filter = Some(value),
                (COUNTED, value) => grouping.counted = Some(self.key(&word(&value)?)?),
                ("orderBy", value) => {
                    let name = word(&value)?;
                    let order = ORDERS.iter().find(|(known, ..)| *known == name).map(|(.., order)| *order);
                    grouping.order = order.unwrap_or(grouping.order);
                }
                (name, _) => {
                    let message = format!("the argument `{name}` has a value of the wrong type");
                    return Err(Error::input(Code::InvalidArgument, message));
                }
            }
        }
        let keys = &grouping.keys;
        if keys.is_empty() || keys.len() > MAX_KEYS {
            let message = format!("`by` has {} keys: expected 1 to {MAX_KEYS}", keys.len());
            return Err(Error::input(Code::InvalidArgument, message));
        }
        if let Some(twice) =
            keys.iter().enumerate().find(|(i, key)| keys[..*i].iter().any(|known| known.name == key.name))
        {
            let message = format!("`by` has {} twice: name each key once", twice.1.name);
            return Err(Error::input(Code::InvalidArgument, message));
        }
        if let Some(filter) = filter {
            grouping.restrict(call.filter_scope(), &filter)?;
        }
        grouping.after = after.map(|after| Position::decode(&after, self.items, &grouping)).transpose()?.unwrap_or(0);
        Ok(grouping)
    }

    /// Adds `groups` to the page of a list.
    pub fn add_field(self: &Arc<Self>, o: &mut Object<PageObject>) {
        let types = self.clone();
        o.batch(
            "groups",
            self.connection,
            "The items of the whole list in groups that have something in common. Items of which it is not known are in a group \
             without a value.",
            self.arguments(),
            move |call, pages: &[Arc<PageObject>]| {
                let types = types.clone();
                Box::pin(async move {
                    let grouping = call.shape(1, || types.grouping(call))?;
                    let key = |page: &Arc<PageObject>| {
                        let (parent, lists) = (page.parent(), page.lists());
                        GroupsOf { parent, lists, grouping: grouping.clone() }
                    };
                    let mut found = call.loader().load_many(pages.iter().map(key)).await?;
                    let pages = pages.iter().map(|page| {
                        let of = key(page);
                        let mut groups = found.remove(&of).unwrap_or_default();
                        let has_more = groups.len() > grouping.size;
                        groups.truncate(grouping.size);
                        let groups = groups.into_iter().map(|group| Arc::new(GroupObject { items: types.items, of: of.clone(), group }));
                        Some(Arc::new(GroupPage { groups: groups.collect(), has_more, of }))
                    });
                    Ok(Answer::one(types.connection, pages))
                })
            },
        )
        .scans(self.parts());
    }

    /// The object type of the pages of groups.
    pub fn page_object(&self) -> Object<GroupPage> {
        let about = self.items.words();
        let mut o = Object::new(self.connection, format!("A page of groups of {about}."));
        let edge = self.edge;
        o.batch(
            "edges",
            format!("[{edge}!]!"),
            "A list of the groups on this page, each with its cursor.",
            Vec::new(),
            move |_, pages: &[Arc<GroupPage>]| {
                let edges = |page: &Arc<GroupPage>| {
                    page.groups.iter().map(|group| Arc::new(Edge(group.clone()))).collect::<Vec<_>>()
                };
                ready(Answer::many(edge, pages.iter().map(edges)))
            },
        )
        .costs(0, Size::Items);
        let group = self.group;
        o.batch("nodes", format!("[{group}!]!"), "A list of the groups on this page.", Vec::new(), move |_, pages| {
            ready(Answer::many(group, pages.iter().map(|page| page.groups.iter().cloned())))
        })
        .costs(0, Size::Items);
        o.batch("pageInfo", "PageInfo!", "Information about this page, for pagination.", Vec::new(), |_, pages| {
            let infos = pages.iter().map(|page| {
                Some(Arc::new(PageInfo::Known {
                    has_next: page.has_more,
                    has_previous: page.of.grouping.after > 0 && !page.groups.is_empty(),
                    start: page.groups.first().map(|group| group.cursor()),
                    end: page.groups.last().map(|group| group.cursor()),
                }))
            });
            ready(Answer::one("PageInfo", infos))
        })
        .costs(0, Size::One);
        o.batch(
            "totalCount",
            "Int",
            "The number of groups, on all pages: of a single key without `filter`, the number of its different values, and one more \
             if some are unknown. It is counted only when it is selected.",
            Vec::new(),
            |call, pages| {
                Box::pin(async move {
                    let key = |page: &Arc<GroupPage>| GroupTotalOf { groups: page.of.clone() };
                    let totals = call.loader().load_many(pages.iter().map(key)).await?;
                    Ok(Answer::leaves(pages.iter().map(|page| totals.get(&key(page)).copied().unwrap_or(0))))
                })
            },
        )
        .costs(1, Size::None)
        .aggregates(self.parts());
        o
    }

    /// What the list can be grouped by.
    pub fn keys(&self) -> &[Arc<GroupKey>] {
        &self.keys
    }

    /// The number of lists that are read to group a list.
    fn parts(&self) -> u32 {
        index(self.items.number_of_parts())
    }

    /// The object type of the edges.
    pub fn edge_object(&self) -> Object<Edge> {
        let about = self.items.words();
        let mut o = Object::new(self.edge, format!("A group in a list of groups of {about}."));
        o.leaf("cursor", "String!", "The cursor of the group, for `after`.", |edge: &Edge, out| {
            json(&edge.0.cursor(), out);
        });
        let group = self.group;
        o.batch("node", format!("{group}!"), "The group.", Vec::new(), move |_, edges: &[Arc<Edge>]| {
            ready(Answer::one(group, edges.iter().map(|edge| Some(edge.0.clone()))))
        })
        .costs(0, Size::One);
        o
    }
}

/// A group, with its cursor.
pub(super) struct Edge(Arc<GroupObject>);

/// The word in an argument.
fn word(value: &Value) -> Result<String> {
    match value {
        Value::Enum(name) => Ok(name.to_string()),
        Value::String(name) => Ok(name.clone()),
        value => Err(Error::input(Code::InvalidArgument, format!("{value} is not a value of the enum"))),
    }
}
