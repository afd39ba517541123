//! Connections as in the Relay specification: one implementation for all lists.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{
    answer::{Answer, index},
    cost::Size,
    execute::Call,
    groups::GroupTypes,
    items::{Items, Parts},
    leaf::json,
    object::Object,
    page_info::{ItemPageInfo, PageInfo},
};
use crate::{
    error::Result,
    model::{CounterpartFields, Link, RecordType, RoleField, Vocabulary, Way, words},
    query::{
        distance::{DistanceOf, Distances},
        keys::{Counterparts, CounterpartsOf, List, PageOf, RolesOf, Shape, TotalOf},
        page::Page,
        projection::Row,
    },
};

/// The object types of a connection.
pub(super) struct ConnectionType {
    items: Items,
    connection: &'static str,
    edge: &'static str,
    /// What the edges contain in addition to the cursor and the node.
    counterparts: Option<(Link, CounterpartFields, &'static RecordType)>,
    /// By which of several links an item is related.
    roles: Option<(&'static [Way], RoleField)>,
    /// What the items can be grouped by.
    groups: Arc<GroupTypes>,
}

/// The page of one parent.
pub(super) struct PageObject {
    parent: Option<Uuid>,
    list: Shape<Parts>,
    items: Vec<Item>,
    /// Whether there are more items in the direction in which the page was read.
    has_more: bool,
}

/// An item of a page: the index of the part of the list that it is from, and the record.
pub(super) type Item = (usize, Arc<Row>);

/// An item of a page, with what its edge says; also an entry of a timeline.
pub(super) struct Edge {
    parent: Option<Uuid>,
    list: Shape<Parts>,
    part: usize,
    pub node: Arc<Row>,
}

impl Edge {
    fn cursor(&self) -> String {
        self.page().cursor(&self.node)
    }

    /// The page of the part of the list that the item is from.
    pub fn page(&self) -> &Page {
        &self.list.lists[self.part].page
    }
}

impl PageObject {
    /// The record whose list it is; none for the list of all records.
    pub fn parent(&self) -> Option<Uuid> {
        self.parent
    }

    /// The parts of the list.
    pub fn lists(&self) -> Shape<Vec<Shape<List>>> {
        self.list.lists.clone()
    }

    /// Its items, as edges.
    pub fn edges(&self) -> impl Iterator<Item = Arc<Edge>> {
        self.items.iter().map(|(part, node)| {
            let (parent, list) = (self.parent, self.list.clone());
            Arc::new(Edge { parent, list, part: *part, node: node.clone() })
        })
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
    let list = call.shape(items.number_of_parts(), || Parts::of(&call, items, link))?;
    pages(call, list, connection, parents).await
}

/// Answers the connection of a list for each parent.
pub(super) async fn pages(
    call: Call<'_>,
    list: Shape<Parts>,
    connection: &'static str,
    parents: Vec<Option<Uuid>>,
) -> Result<Answer> {
    let mut pages = if call.selects(connection, &["edges", "nodes", "pageInfo"]) {
        let keys_of = |part: &Shape<List>| {
            let key = |parent: &Option<Uuid>| PageOf { parent: *parent, list: part.clone() };
            parents.iter().map(key).collect::<Vec<_>>()
        };
        let keys: Vec<_> = list.lists.iter().flat_map(keys_of).collect();
        call.loader().load_many(keys).await?
    } else {
        std::collections::HashMap::new()
    };
    let pages = parents.into_iter().map(|parent| {
        let mut of_part = |part: &Shape<List>| {
            let rows = pages.remove(&PageOf { parent, list: part.clone() });
            rows.map(|rows| Arc::try_unwrap(rows).unwrap_or_else(|rows| (*rows).clone())).unwrap_or_default()
        };
        let mut items = match &**list.lists {
            [part] => of_part(part).into_iter().map(|row| (0, row)).collect(),
            parts => Page::merge(parts.iter().map(|part| (&part.page, of_part(part))).collect()),
        };
        let has_more = items.len() > list.size;
        items.truncate(list.size);
        if list.is_backward {
            items.reverse();
        }
        Some(Arc::new(PageObject { parent, list: list.clone(), items, has_more }))
    });
    Ok(Answer::one(connection, pages))
}

impl ConnectionType {
    /// A connection whose object types have these names.
    pub fn new(items: Items, names: &Names, groups: &Arc<GroupTypes>) -> Self {
        let groups = groups.clone();
        Self { items, connection: names.connection, edge: names.edge, counterparts: None, roles: None, groups }
    }

    /// Adds the counterparts to the edges.
    pub fn with_counterparts(self, link: Link, fields: CounterpartFields, target: &'static RecordType) -> Self {
        Self { counterparts: Some((link, fields, target)), ..self }
    }

    /// Lets the edges tell by which of several links an item is related.
    pub fn with_roles(self, ways: &'static [Way], field: RoleField) -> Self {
        Self { roles: Some((ways, field)), ..self }
    }

    /// The object type of the pages.
    pub fn page_object(&self) -> Object<PageObject> {
        let (items, edge) = (self.items, self.edge);
        let mut o = Object::new(self.connection, format!("A page of a list of {}.", items.words()));
        o.items = items.types();
        let statements = index(items.number_of_parts());
        o.batch(
            "edges",
            format!("[{edge}!]!"),
            "A list of the items on this page, each with its cursor.",
            Vec::new(),
            move |_, pages: &[Arc<PageObject>]| ready(Answer::many(edge, pages.iter().map(|page| page.edges()))),
        )
        .costs(0, Size::Items);
        o.batch(
            "nodes",
            format!("[{}!]!", items.name()),
            "A list of the items on this page.",
            Vec::new(),
            move |_, pages| {
                ready(match items {
                    Items::Timeline(..) => Answer::many(items.name(), pages.iter().map(|page| page.edges())),
                    _ => Answer::many_records(
                        pages.iter().map(|page| page.items.iter().map(|(_, record)| record.clone())),
                    ),
                })
            },
        )
        .costs(0, Size::Items);
        o.batch("pageInfo", "PageInfo!", "Information about this page, for pagination.", Vec::new(), |_, pages| {
            let infos = pages.iter().map(|page| {
                Some(Arc::new(PageInfo::Items(ItemPageInfo {
                    parent: page.parent,
                    list: page.list.clone(),
                    has_more: page.has_more,
                    first: page.items.first().cloned(),
                    last: page.items.last().cloned(),
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
                        (0..list.lists.len()).map(move |part| TotalOf { parent, list: list.lists[part].clone() })
                    };
                    let totals = call.loader().load_many(pages.iter().flat_map(keys)).await?;
                    let total = |page| keys(page).filter_map(|key| totals.get(&key)).sum::<i64>();
                    Ok(Answer::leaves(pages.iter().map(total)))
                })
            },
        )
        .costs(statements, Size::None);
        self.groups.add_field(&mut o);
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
            |edge: &Edge, out| json(&edge.cursor(), out),
        );
        o.batch("node", format!("{}!", items.name()), "The item.", Vec::new(), move |_, edges| {
            ready(match items {
                Items::Timeline(..) => Answer::one(items.name(), edges.iter().map(|edge| Some(edge.clone()))),
                _ => Answer::one_record(edges.iter().map(|edge| Some(edge.node.clone()))),
            })
        })
        .costs(0, Size::One);
        if let Items::Type(RecordType { coordinates: Some(_), .. }) = items {
            o.leaf(
                "distance",
                "Float",
                "The distance from the place in `near` in kilometres, along the great circle; `null` without that argument.",
                |edge: &Edge, out| json(&edge.page().order.distance(&edge.node), out),
            );
        }
        if let Some((ways, field)) = self.roles {
            add_roles(&mut o, ways, field.vocabulary);
        }
        if let Some((link, fields, target)) = self.counterparts {
            if let Some(coordinates) = &target.coordinates {
                add_distance(&mut o, Distances { link, fields, coordinates });
            }
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

/// Adds the field that tells by which of several links an item is related.
fn add_roles(o: &mut Object<Edge>, ways: &'static [Way], vocabulary: &'static Vocabulary) {
    let name = |role: &str| vocabulary.by_value(role).map(|word| word.name);
    o.batch(
        "roles",
        format!("[{}!]", vocabulary.name),
        "A list of the ways in which the item is related, at least one.",
        Vec::new(),
        move |call, edges: &[Arc<Edge>]| {
            Box::pin(async move {
                let of = call.shape(1, || Ok(ways))?;
                let key = |edge: &Edge| Some(RolesOf { item: edge.node.id, parent: edge.parent?, of: of.clone() });
                let found = call.loader().load_many(edges.iter().filter_map(|edge| key(edge))).await?;
                let roles = |edge: &Arc<Edge>| {
                    let roles = key(edge).and_then(|key| found.get(&key));
                    roles.into_iter().flatten().filter_map(|role| name(role)).collect::<Vec<_>>()
                };
                Ok(Answer::leaves(edges.iter().map(roles)))
            })
        },
    )
    .costs(1, Size::None);
}

/// Adds the field that tells how far away the counterpart is.
fn add_distance(o: &mut Object<Edge>, of: Distances) {
    let about = format!(
        "The distance to `{}` in kilometres, along the great circle; `null` if one of the places is unknown.",
        of.fields.one
    );
    o.batch("distance", "Float", about, Vec::new(), move |call, edges: &[Arc<Edge>]| {
        Box::pin(async move {
            let of = call.shape(1, || Ok(of))?;
            let key = |edge: &Edge| Some(DistanceOf { item: edge.node.id, parent: edge.parent?, of: of.clone() });
            let found = call.loader().load_many(edges.iter().filter_map(|edge| key(edge))).await?;
            Ok(Answer::leaves(edges.iter().map(|edge| key(edge).and_then(|key| found.get(&key).copied()))))
        })
    });
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

pub(super) fn ready<'a>(answer: Answer) -> BoxFuture<'a, Result<Answer>> {
    Box::pin(std::future::ready(Ok(answer)))
}
