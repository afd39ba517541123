//! Lists of the records at some distance from a record.

use std::{cmp::Reverse, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::{DEFAULT_LENGTH, NetworkTypes, Place, SEARCH, arguments::within, int, many_records, one_record, searched};
use crate::{
    error::{Code, Error, Result},
    model::{uncapitalized, words},
    query::{
        network::{Neighbor, View},
        page::{self, DEFAULT_SIZE, MAX_SIZE},
    },
    quoted::Quoted,
    schema::{
        answer::{Answer, index},
        connection::ready,
        cost::Size,
        execute::Call,
        leaf::json,
        object::{Argument, Object},
        page_info::PageInfo,
    },
};

/// The largest distance that can be asked for.
const MAX_DISTANCE: u32 = 10;

/// A page of the records at some distance from one.
pub(in crate::schema) struct NeighborPage {
    view: Arc<View>,
    items: Vec<Arc<NeighborEdge>>,
    total: usize,
    has_next: bool,
    has_previous: bool,
}

/// A record at some distance from another one.
pub(in crate::schema) struct NeighborEdge {
    view: Arc<View>,
    list: String,
    from: u32,
    neighbor: Neighbor,
}

/// The part of a list that a client asks for.
struct Slice {
    /// What cursors are bound to.
    list: String,
    first: usize,
    after: Option<String>,
}

/// Where a record stands in a list: what a cursor says.
struct Position {
    ways: u64,
    id: Uuid,
    /// The name, folded.
    name: String,
}

impl Position {
    fn encode(&self, list: &str) -> String {
        // The name comes last: it alone may contain any character.
        URL_SAFE_NO_PAD.encode(format!("{list}:{}:{}:{}", self.ways, self.id.simple(), self.name))
    }

    fn decode(text: &str, list: &str) -> Option<Self> {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = plain.strip_prefix(list)?.strip_prefix(':')?.splitn(3, ':');
        let (ways, id, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { ways: ways.parse().ok()?, id: Uuid::try_parse(id).ok()?, name: name.to_owned() })
    }
}

impl NeighborEdge {
    fn cursor(&self) -> String {
        let (_, id) = self.view.record(self.neighbor.node);
        let name = self.view.name(self.neighbor.node).to_owned();
        Position { ways: self.neighbor.ways, id, name }.encode(&self.list)
    }
}

impl Slice {
    fn read(call: Call<'_>, list: String) -> Result<Self> {
        let first = call.arguments().find(|(name, value)| *name == "first" && *value != async_graphql::Value::Null);
        let first = first.map(|(_, value)| page::size("first", &value)).transpose()?;
        Ok(Self { list, first: first.unwrap_or(DEFAULT_SIZE), after: call.argument("after")? })
    }

    /// The page of a list.
    fn of(&self, place: &Place, all: &[Neighbor]) -> Result<Arc<NeighborPage>> {
        let view = &place.view;
        let start = match self.after.as_deref() {
            None => 0,
            Some(after) => {
                let Position { ways, id, name } = Position::decode(after, &self.list).ok_or_else(|| {
                    let message = format!(
                        "{} is not a cursor of this list: pass a cursor that this list returned",
                        Quoted(after)
                    );
                    Error::input(Code::InvalidCursor, message)
                })?;
                // The record of the cursor need not be there any more.
                let next = (Reverse(ways), view.up_to(&name, id));
                all.partition_point(|neighbor| neighbor.position() < next)
            }
        };
        let end = all.len().min(start + self.first);
        let edge = |neighbor: &Neighbor| {
            // A list of a record that is not in the network is empty.
            let from = place.node.unwrap_or_default();
            Arc::new(NeighborEdge { view: view.clone(), list: self.list.clone(), from, neighbor: *neighbor })
        };
        Ok(Arc::new(NeighborPage {
            view: view.clone(),
            items: all[start..end].iter().map(edge).collect(),
            total: all.len(),
            has_next: end < all.len(),
            has_previous: start > 0,
        }))
    }
}

/// The arguments of a page.
fn page_arguments() -> [Argument; 2] {
    let first = format!("The number of items to return: {DEFAULT_SIZE} by default, at most {MAX_SIZE}.");
    [Argument::new("first", "Int", first), Argument::new("after", "String", "Returns only items after this cursor.")]
}

impl NetworkTypes {
    /// Adds the lists of neighbors to the object type of a place.
    pub(super) fn add_neighbors(self: &Arc<Self>, o: &mut Object<Place>) {
        let (nodes, joints) = (words(self.network.nodes.list), words(self.network.joints.list));
        let size = Size::Connection { default: index(DEFAULT_SIZE), most: index(MAX_SIZE) };
        let distance = format!("The number of steps, 1 to {MAX_DISTANCE}. The default is 1.");
        let types = self.clone();
        o.batch(
            self.network.neighbors,
            self.connection,
            format!(
                "A list of the {nodes} to which the shortest path has so many steps: with 1, those that {joints} join with it \
                 directly. Those to which most paths lead come first, then by name."
            ),
            [Argument::new("distance", "Int", distance)].into_iter().chain(page_arguments()).collect(),
            move |call, places: &[Arc<Place>]| {
                let types = types.clone();
                Box::pin(async move {
                    let distance = within("distance", call.argument("distance")?, 1, (1, MAX_DISTANCE))?;
                    let slice = Slice::read(call, format!("{}:{distance}", types.connection))?;
                    let mut pages = Vec::with_capacity(places.len());
                    for place in places {
                        let all = place.node.map(|node| place.view.at_distance(node, distance)).unwrap_or_default();
                        pages.push(Some(slice.of(place, &all)?));
                        searched(call).await;
                    }
                    Ok(Answer::one(types.connection, pages.into_iter()))
                })
            },
        )
        .costs(0, size)
        .works(SEARCH);
        let types = self.clone();
        let mut arguments = vec![self.other_argument("with")];
        arguments.extend(page_arguments());
        o.batch(
            self.network.common,
            self.connection,
            format!("A list of the {nodes} that {joints} join both with it and with another one, by name."),
            arguments,
            move |call, places| {
                let types = types.clone();
                Box::pin(async move {
                    let slice = Slice::read(call, format!("{}:common", types.connection))?;
                    let others = types.other(call, "with", places.iter().map(|place| &**place)).await?;
                    let page = |(place, other): (&Arc<Place>, u32)| {
                        let all = place.node.map(|node| place.view.common(node, other)).unwrap_or_default();
                        slice.of(place, &all).map(Some)
                    };
                    let pages: Vec<_> = places.iter().zip(others).map(page).collect::<Result<_>>()?;
                    Ok(Answer::one(types.connection, pages.into_iter()))
                })
            },
        )
        .costs(1, size);
    }

    /// The object type of the pages.
    pub fn connection_object(&self) -> Object<NeighborPage> {
        let about = words(self.network.nodes.list);
        let mut o = Object::new(self.connection, format!("A page of a list of {about} in a network."));
        let (edge, statements) = (self.edge, index(self.nodes.types().len()));
        o.batch(
            "edges",
            format!("[{edge}!]!"),
            "A list of the items on this page, each with its cursor.",
            Vec::new(),
            move |_, pages: &[Arc<NeighborPage>]| {
                ready(Answer::many(edge, pages.iter().map(|page| page.items.iter().cloned())))
            },
        )
        .costs(0, Size::Items);
        o.batch(
            "nodes",
            format!("[{}!]", self.nodes.name()),
            "A list of the items on this page.",
            Vec::new(),
            |call, pages| {
                let ids = |page: &Arc<NeighborPage>| {
                    page.items.iter().map(|item| page.view.record(item.neighbor.node)).collect::<Vec<_>>()
                };
                Box::pin(many_records(call, pages.iter().map(ids).collect::<Vec<_>>().into_iter()))
            },
        )
        .costs(statements, Size::Items);
        o.batch("pageInfo", "PageInfo!", "Information about this page, for pagination.", Vec::new(), |_, pages| {
            let infos = pages.iter().map(|page| {
                Some(Arc::new(PageInfo::Known {
                    has_next: page.has_next,
                    has_previous: page.has_previous,
                    start: page.items.first().map(|item| item.cursor()),
                    end: page.items.last().map(|item| item.cursor()),
                }))
            });
            ready(Answer::one("PageInfo", infos))
        })
        .costs(0, Size::One);
        o.leaf(
            "totalCount",
            "Int!",
            "The number of items in the whole list, on all pages.",
            |page: &NeighborPage, out| json(&page.total, out),
        );
        o
    }

    /// The object type of the edges.
    pub fn edge_object(&self) -> Object<NeighborEdge> {
        let (nodes, joints) = (words(self.nodes.name()), self.network.joints.list);
        let mut o =
            Object::new(self.edge, format!("An item in a list of {} in a network.", words(self.network.nodes.list)));
        o.leaf("cursor", "String!", "The cursor of the item, for `after`.", |edge: &NeighborEdge, out| {
            json(&edge.cursor(), out);
        });
        let statements = index(self.nodes.types().len());
        o.batch("node", self.nodes.name(), "The item.", Vec::new(), |call, edges: &[Arc<NeighborEdge>]| {
            Box::pin(one_record(call, edges.iter().map(|edge| edge.view.record(edge.neighbor.node))))
        })
        .costs(statements, Size::One);
        o.leaf(
            "ways",
            "Int!",
            format!(
                "The number of shortest paths that lead to it. Paths that pass the same {} are one, whatever joins these; a \
                 number above 2147483647 is given as that.",
                words(self.network.nodes.list)
            ),
            |edge, out| json(&int(edge.neighbor.ways), out),
        );
        o.batch(
            joints,
            format!("[{}!]", self.joints.name()),
            format!(
                "A list of the {} that join the {} with it directly, the oldest first. It is empty unless the distance is 1.",
                words(joints),
                uncapitalized(&nodes)
            ),
            vec![Self::first_argument(&words(joints))],
            |call, edges| {
                Box::pin(async move {
                    let most = first(call)?;
                    let of = |edge: &Arc<NeighborEdge>| edge.view.joints(edge.from, edge.neighbor.node).take(most).collect();
                    many_records(call, edges.iter().map(of).collect::<Vec<_>>().into_iter()).await
                })
            },
        )
        .costs(index(self.joints.types().len()), Size::First { default: index(DEFAULT_LENGTH), most: index(MAX_SIZE) });
        o
    }
}

/// The argument `first` of a list without pages.
pub(super) fn first(call: Call<'_>) -> Result<usize> {
    let first = call.arguments().find(|(name, value)| *name == "first" && *value != async_graphql::Value::Null);
    first.map_or(Ok(DEFAULT_LENGTH), |(_, value)| page::size("first", &value))
}
