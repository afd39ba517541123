//! Connections as in the Relay specification: one implementation for all lists.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{
    answer::{Answer, index},
    cost::Size,
    execute::Call,
    groups::GroupTypes,
    leaf::json,
    object::{Argument, Object},
};
use crate::{
    error::Result,
    model::{CounterpartFields, Group, Link, Model, RecordType, words},
    query::{
        keys::{BeyondOf, Counterparts, CounterpartsOf, List, PageOf, Shape, TotalOf},
        order::MAX_ORDERS,
        page::{DEFAULT_SIZE, MAX_SIZE, Page},
        projection::Row,
    },
};

/// What a connection lists.
#[derive(Clone, Copy)]
pub(super) enum Items {
    /// Records of one type.
    Type(&'static RecordType),
    /// Records of all types of a group. Such a list is the lists of its types, merged.
    Group(&'static Group, &'static Model),
}

/// The object types of a connection.
pub(super) struct ConnectionType {
    items: Items,
    connection: &'static str,
    edge: &'static str,
    /// What the edges contain in addition to the cursor and the node.
    counterparts: Option<(Link, CounterpartFields, &'static RecordType)>,
    /// What the items can be grouped by, if they are of one type.
    groups: Option<Arc<GroupTypes>>,
}

/// A list: its parts, each of the records of one type.
pub(super) struct Parts(Vec<Shape<List>>);

/// The page of one parent.
pub(super) struct PageObject {
    parent: Option<Uuid>,
    list: Shape<Parts>,
    rows: Vec<Arc<Row>>,
    /// Whether there are more rows in the direction in which the page was read.
    has_more: bool,
}

/// An item of a page.
pub(super) struct Edge {
    parent: Option<Uuid>,
    list: Shape<Parts>,
    node: Arc<Row>,
}

/// Where a page lies in its list.
pub(super) enum PageInfo {
    /// A page of items.
    Items(ItemPageInfo),
    /// A page of groups.
    Groups {
        /// Whether there are groups after the page.
        has_next: bool,
        /// Whether there are groups before the page.
        has_previous: bool,
        /// The cursor of the first group.
        start: Option<String>,
        /// The cursor of the last group.
        end: Option<String>,
    },
}

/// Where a page of items lies in its list.
pub(super) struct ItemPageInfo {
    parent: Option<Uuid>,
    list: Shape<Parts>,
    has_more: bool,
    first: Option<Arc<Row>>,
    last: Option<Arc<Row>>,
}

impl PageObject {
    /// The record whose list it is; none for the list of all records.
    pub fn parent(&self) -> Option<Uuid> {
        self.parent
    }

    /// The first part of the list, which is the whole list if it has records of one type.
    pub fn first_part(&self) -> Shape<List> {
        self.list.0[0].clone()
    }
}

/// The arguments of a connection.
pub(super) fn arguments(items: Items) -> Vec<Argument> {
    let (name, about) = (items.name(), items.words());
    vec![
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
        Argument::new("filter", format!("{name}Filter"), format!("Returns only the {about} that match this filter.")),
        Argument::new(
            "orderBy",
            format!("{name}Order"),
            "The order of the list. The default is the first value of the enum.",
        ),
        Argument::new(
            "thenBy",
            format!("[{name}Order!]"),
            format!(
                "The orders for items that `orderBy` does not tell apart, at most {}: each decides about the ties of those \
                 before it.",
                MAX_ORDERS - 1
            ),
        ),
    ]
}

impl Items {
    /// The GraphQL type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Type(record) => record.name,
            Self::Group(group, _) => group.name,
        }
    }

    /// The plural, for descriptions.
    pub fn words(self) -> String {
        match self {
            Self::Type(record) => words(record.plural),
            Self::Group(group, _) => words(group.plural),
        }
    }

    /// The record types.
    pub fn types(self) -> Vec<&'static RecordType> {
        match self {
            Self::Type(record) => vec![record],
            Self::Group(group, model) => group.members.iter().map(|table| model.record_type(table)).collect(),
        }
    }
}

impl Parts {
    /// The parts of the list that a field asks for.
    pub fn of(call: &Call<'_>, items: Items, link: Option<Link>) -> Result<Self> {
        let group = match items {
            Items::Type(_) => None,
            Items::Group(group, _) => Some(group),
        };
        let part = |record| {
            let (page, projection) = (call.page(group, record)?, (*call.projection(record)).clone());
            Ok(Shape::new(List { link, page, projection }))
        };
        items.types().into_iter().map(part).collect::<Result<_>>().map(Self)
    }

    /// The page that was asked for, as far as it is the same for all parts.
    fn page(&self) -> &Page {
        &self.0[0].page
    }

    fn cursor(&self, row: &Row) -> String {
        let of_type = self.0.iter().find(|part| std::ptr::eq(part.page.record, row.record()));
        // The record is from one of the parts, so there is one.
        of_type.unwrap_or(&self.0[0]).page.cursor(row)
    }
}

/// Answers a connection, an object of the type `connection`, for each parent. The only parent of the list of all records is
/// `None`.
pub(super) async fn connect(
    call: Call<'_>,
    items: Items,
    connection: &'static str,
    link: Option<Link>,
    parents: Vec<Option<Uuid>>,
) -> Result<Answer> {
    let list = call.shape(items.types().len(), || Parts::of(&call, items, link))?;
    let mut pages = if call.selects(connection, &["edges", "nodes", "pageInfo"]) {
        let keys_of = |part: &Shape<List>| {
            let key = |parent: &Option<Uuid>| PageOf { parent: *parent, list: part.clone() };
            parents.iter().map(key).collect::<Vec<_>>()
        };
        let keys: Vec<_> = list.0.iter().flat_map(keys_of).collect();
        call.loader().load_many(keys).await?
    } else {
        std::collections::HashMap::new()
    };
    let pages = parents.into_iter().map(|parent| {
        let mut of_part = |part: &Shape<List>| {
            let rows = pages.remove(&PageOf { parent, list: part.clone() });
            rows.map(|rows| Arc::try_unwrap(rows).unwrap_or_else(|rows| (*rows).clone())).unwrap_or_default()
        };
        let mut rows = match &*list.0 {
            [part] => of_part(part),
            parts => Page::merge(parts.iter().map(|part| (&part.page, of_part(part))).collect()),
        };
        let page = list.page();
        let has_more = rows.len() > page.size;
        rows.truncate(page.size);
        if page.is_backward {
            rows.reverse();
        }
        Some(Arc::new(PageObject { parent, list: list.clone(), rows, has_more }))
    });
    Ok(Answer::one(connection, pages))
}

impl ConnectionType {
    /// A connection whose object types have these names.
    pub fn new(items: Items, names: &Names) -> Self {
        Self { items, connection: names.connection, edge: names.edge, counterparts: None, groups: None }
    }

    /// Adds the groups of the items.
    pub fn with_groups(self, groups: &Arc<GroupTypes>) -> Self {
        Self { groups: Some(groups.clone()), ..self }
    }

    /// Adds the counterparts to the edges.
    pub fn with_counterparts(self, link: Link, fields: CounterpartFields, target: &'static RecordType) -> Self {
        Self { counterparts: Some((link, fields, target)), ..self }
    }

    /// The object type of the pages.
    pub fn page_object(&self) -> Object<PageObject> {
        let (items, edge) = (self.items, self.edge);
        let mut o = Object::new(self.connection, format!("A page of a list of {}.", items.words()));
        o.items = items.types();
        let statements = index(o.items.len());
        o.batch(
            "edges",
            format!("[{edge}!]!"),
            "A list of the items on this page, each with its cursor.",
            Vec::new(),
            move |_, pages: &[Arc<PageObject>]| {
                let lists = pages.iter().map(|page| {
                    let edge =
                        |node: &Arc<Row>| Edge { parent: page.parent, list: page.list.clone(), node: node.clone() };
                    page.rows.iter().map(edge).map(Arc::new)
                });
                ready(Answer::many(edge, lists))
            },
        )
        .costs(0, Size::Items);
        o.batch(
            "nodes",
            format!("[{}!]!", items.name()),
            "A list of the items on this page.",
            Vec::new(),
            move |_, pages| ready(Answer::many_records(pages.iter().map(|page| page.rows.iter().cloned()))),
        )
        .costs(0, Size::Items);
        o.batch("pageInfo", "PageInfo!", "Information about this page, for pagination.", Vec::new(), |_, pages| {
            let infos = pages.iter().map(|page| {
                Some(Arc::new(PageInfo::Items(ItemPageInfo {
                    parent: page.parent,
                    list: page.list.clone(),
                    has_more: page.has_more,
                    first: page.rows.first().cloned(),
                    last: page.rows.last().cloned(),
                })))
            });
            ready(Answer::one("PageInfo", infos))
        })
        // `PageInfo` is the same type for all lists: its fields cost one statement each. Here is what others may take.
        .costs(2 * (statements - 1), Size::One);
        o.batch(
            "totalCount",
            "Int",
            "The number of items in the whole list, on all pages. It is counted only when it is selected.",
            Vec::new(),
            |call, pages| {
                Box::pin(async move {
                    let keys = |page: &Arc<PageObject>| {
                        let (parent, list) = (page.parent, page.list.clone());
                        (0..list.0.len()).map(move |part| TotalOf { parent, list: list.0[part].clone() })
                    };
                    let totals = call.loader().load_many(pages.iter().flat_map(keys)).await?;
                    let total = |page| keys(page).filter_map(|key| totals.get(&key)).sum::<i64>();
                    Ok(Answer::leaves(pages.iter().map(total)))
                })
            },
        )
        .costs(statements, Size::None);
        if let Some(groups) = &self.groups {
            groups.add_field(&mut o);
        }
        o
    }

    /// The object type of the edges.
    pub fn edge_object(&self) -> Object<Edge> {
        let items = self.items;
        let mut o = Object::new(self.edge, format!("An item in a list of {}.", items.words()));
        o.items = items.types();
        o.leaf(
            "cursor",
            "String!",
            "The cursor of the item, for `after` and `before`. It is only valid in the same order.",
            |edge: &Edge, out| json(&edge.list.cursor(&edge.node), out),
        );
        o.batch("node", format!("{}!", items.name()), "The item.", Vec::new(), move |_, edges| {
            ready(Answer::one_record(edges.iter().map(|edge| Some(edge.node.clone()))))
        })
        .costs(0, Size::One);
        if let Some((link, fields, target)) = self.counterparts {
            let (about, one) = (words(target.plural), words(target.name));
            o.batch(
                fields.all,
                format!("[{}!]", target.name),
                format!("A list of the other {about}. In most cases there is one."),
                Vec::new(),
                move |call, edges| {
                    Box::pin(async move {
                        let lists = counterparts(call, edges, link, fields, target).await?;
                        Ok(Answer::many(target.name, lists.into_iter()))
                    })
                },
            );
            o.batch(
                fields.one,
                target.name,
                format!("The other {one}. If there are several, the first of them."),
                Vec::new(),
                move |call, edges| {
                    Box::pin(async move {
                        let lists = counterparts(call, edges, link, fields, target).await?;
                        Ok(Answer::one(target.name, lists.into_iter().map(|list| list.into_iter().next())))
                    })
                },
            );
        }
        o
    }
}

/// The names of the object types of a connection.
pub(super) struct Names {
    pub connection: &'static str,
    pub edge: &'static str,
}

/// The records other than the parent that a link joins, for each edge.
async fn counterparts(
    call: Call<'_>,
    edges: &[Arc<Edge>],
    link: Link,
    fields: CounterpartFields,
    target: &'static RecordType,
) -> Result<Vec<Vec<Arc<Row>>>> {
    let of = call.shape(1, || Ok(Counterparts { link, fields, projection: (*call.projection(target)).clone() }))?;
    let key = |edge: &Edge| Some(CounterpartsOf { item: edge.node.id, parent: edge.parent?, of: of.clone() });
    let mut found = call.loader().load_many(edges.iter().filter_map(|edge| key(edge))).await?;
    Ok(edges.iter().map(|edge| key(edge).and_then(|key| found.remove(&key)).unwrap_or_default()).collect())
}

/// The object type `PageInfo`.
pub(super) fn page_info() -> Object<PageInfo> {
    let mut o = Object::new("PageInfo", "Information about the position of a page in its list, for pagination.");
    o.batch("hasNextPage", "Boolean!", "Whether there are items after the page.", Vec::new(), |call, infos| {
        has_more(call, infos, false)
    });
    o.batch("hasPreviousPage", "Boolean!", "Whether there are items before the page.", Vec::new(), |call, infos| {
        has_more(call, infos, true)
    });
    for (name, about) in [("startCursor", "first"), ("endCursor", "last")] {
        o.leaf(
            name,
            "String",
            format!("The cursor of the {about} item; `null` if the page is empty."),
            move |info: &PageInfo, out| match info {
                PageInfo::Items(info) => {
                    let row = if about == "first" { &info.first } else { &info.last };
                    json(&row.as_ref().map(|row| info.list.cursor(row)), out);
                }
                PageInfo::Groups { start, end, .. } => json(if about == "first" { start } else { end }, out),
            },
        );
    }
    o
}

/// Says for each page whether there are rows before or after it. In the direction in which a page was read, the page
/// itself tells; beyond a cursor, one statement finds out for all parents.
fn has_more<'a>(call: Call<'a>, infos: &'a [Arc<PageInfo>], is_before: bool) -> BoxFuture<'a, Result<Answer>> {
    Box::pin(async move {
        let cursor = |page: &Page| if is_before { page.after.is_some() } else { page.before.is_some() };
        let keys = |info: &ItemPageInfo| {
            let (parent, list) = (info.parent, info.list.clone());
            (0..list.0.len()).map(move |part| BeyondOf { parent, list: list.0[part].clone(), is_before })
        };
        let of_items = infos.iter().filter_map(|info| match &**info {
            PageInfo::Items(info) => Some(info),
            PageInfo::Groups { .. } => None,
        });
        let beyond = call.loader().load_many(of_items.filter(|info| cursor(info.list.page())).flat_map(keys)).await?;
        Ok(Answer::leaves(infos.iter().map(|info| match &**info {
            PageInfo::Groups { has_next, has_previous, .. } => *(if is_before { has_previous } else { has_next }),
            PageInfo::Items(info) => {
                let is_read_towards = info.list.page().is_backward == is_before && info.has_more;
                is_read_towards || keys(info).any(|key| beyond.get(&key).copied().unwrap_or(false))
            }
        })))
    })
}

pub(super) fn ready<'a>(answer: Answer) -> BoxFuture<'a, Result<Answer>> {
    Box::pin(std::future::ready(Ok(answer)))
}
