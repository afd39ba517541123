//! Connections, after the Relay specification: one generic type for every list.

use std::{collections::HashMap, marker::PhantomData, sync::Arc};

use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::{
    document::Size,
    error::{Error, Result},
    graph::{
        Answer, Argument, Call, Graph, Object, Record,
        load::{Link, Side},
        page::{DEFAULT_SIZE, List, MAX_SIZE},
        record::words,
    },
};

/// What the edges of a connection say.
pub trait Edges<C: Record>: Sized + Send + Sync + 'static {
    /// The beginning of the names of the connection and its edges.
    fn name() -> String;
    /// Further fields of the edges; of the item they may use no more than its id.
    fn define(_edge: &mut Object<Edge<C, Self>>) {}
}

/// Edges that say no more than cursor and node.
pub struct Plain;

impl<C: Record> Edges<C> for Plain {
    fn name() -> String {
        C::NAME.to_owned()
    }
}

/// The page of one parent.
pub(super) struct Page<C: 'static, X> {
    parent: Option<Uuid>,
    link: Option<Link>,
    list: Arc<List<C>>,
    rows: Vec<Arc<C>>,
    /// Whether there are more rows in the direction in which the page was read.
    more: bool,
    edges: PhantomData<X>,
}

/// An item of a page.
pub struct Edge<C: 'static, X> {
    /// The record whose list this is; none at the root.
    pub parent: Option<Uuid>,
    /// The item.
    pub node: Arc<C>,
    list: Arc<List<C>>,
    edges: PhantomData<X>,
}

/// Where a page lies in its list.
struct Info<C: 'static> {
    parent: Option<Uuid>,
    link: Option<Link>,
    list: Arc<List<C>>,
    more: bool,
    first: Option<Arc<C>>,
    last: Option<Arc<C>>,
}

/// The arguments of a connection.
pub(super) fn arguments<C: Record>() -> Vec<Argument> {
    let about = words(C::LIST);
    vec![
        Argument::new(
            "first",
            "Int",
            format!(
                "How many items to give from the beginning: {DEFAULT_SIZE} if neither this nor `last` is given, at most {MAX_SIZE}."
            ),
        ),
        Argument::new("after", "String", "Gives only items behind this cursor."),
        Argument::new("last", "Int", format!("How many items to give from the end, at most {MAX_SIZE}.")),
        Argument::new("before", "String", "Gives only items before this cursor."),
        Argument::new("filter", format!("{}Filter", C::NAME), format!("Gives only the {about} that pass.")),
        Argument::new(
            "orderBy",
            format!("{}Order", C::NAME),
            "The order of the list; without it, the first of the orders.",
        ),
    ]
}

/// Answers a connection at the root.
pub(super) async fn root<C: Record>(call: Call<'_>, list: Arc<List<C>>) -> Result<Answer> {
    connect::<C, Plain>(call, None, vec![None], list).await
}

/// Answers a connection for each parent.
pub(super) async fn connect<C: Record, X: Edges<C>>(
    call: Call<'_>,
    link: Option<Link>,
    parents: Vec<Option<Uuid>>,
    list: Arc<List<C>>,
) -> Result<Answer> {
    let name = format!("{}Connection", X::name());
    let children = if call.selects(&name, &["edges", "nodes", "pageInfo"]) {
        let ids: Vec<Uuid> = parents.iter().copied().flatten().collect();
        {
            let wanted = call.wanted_of_connection::<C>(&name, &format!("{}Edge", X::name()));
            call.loader().page(link, &ids, &list, wanted).await?
        }
    } else {
        HashMap::new()
    };
    let pages = parents.into_iter().map(|parent| {
        let mut rows = children.get(&parent).cloned().unwrap_or_default();
        let more = rows.len() > list.size;
        rows.truncate(list.size);
        if list.backward {
            rows.reverse();
        }
        Some(Arc::new(Page::<C, X> { parent, link, list: list.clone(), rows, more, edges: PhantomData }))
    });
    Ok(Answer::one(pages))
}

/// Makes the connection and its parts known.
pub(super) fn register<C: Record, X: Edges<C>>(graph: &mut Graph) {
    let (name, about) = (X::name(), words(C::LIST));
    let added = graph.add_object::<Page<C, X>>(|| {
        let mut o = Object::new(format!("{name}Connection"), format!("A page of a list of {about}."));
        o.level(
            "edges",
            "A list of the items of this page, each with its cursor.",
            format!("[{name}Edge!]!"),
            Vec::new(),
            |_, pages: &[Arc<Page<C, X>>]| {
                let lists = pages.iter().map(|page| {
                    page.rows.iter().map(|row| {
                        Arc::new(Edge::<C, X> {
                            parent: page.parent,
                            node: row.clone(),
                            list: page.list.clone(),
                            edges: PhantomData,
                        })
                    })
                });
                ready(Answer::many(lists))
            },
        )
        .weighs(0, Size::Items);
        o.level("nodes", "A list of the items of this page.", format!("[{}!]!", C::NAME), Vec::new(), |_, pages| {
            ready(Answer::many(pages.iter().map(|page| page.rows.iter().cloned())))
        })
        .weighs(0, Size::Items);
        o.level("pageInfo", "Where this page lies in the list.", "PageInfo!", Vec::new(), |_, pages| {
            let infos = pages.iter().map(|page| {
                let info = Info {
                    parent: page.parent,
                    link: page.link,
                    list: page.list.clone(),
                    more: page.more,
                    first: page.rows.first().cloned(),
                    last: page.rows.last().cloned(),
                };
                Some(Arc::new(info))
            });
            ready(Answer::one(infos))
        })
        .weighs(0, Size::One);
        o.level(
            "totalCount",
            "How many items the whole list has; counted only when asked for.",
            "Int!",
            Vec::new(),
            |call, pages| {
                Box::pin(async move {
                    let Some(first) = pages.first() else {
                        return Ok(Answer::leaves(std::iter::empty::<Result<i64>>()));
                    };
                    let parents: Vec<Uuid> = pages.iter().filter_map(|page| page.parent).collect();
                    let totals = call.loader().totals(first.link, &parents, &first.list).await?;
                    Ok(Answer::leaves(pages.iter().map(|page| Ok(totals.get(&page.parent).copied().unwrap_or(0)))))
                })
            },
        );
        o
    });
    if !added {
        return;
    }
    graph.add_object::<Edge<C, X>>(|| {
        let mut o = Object::new(format!("{name}Edge"), format!("An item of a list of {about}."));
        o.computed(
            "cursor",
            "The item's place in the list, for `after` and `before`; valid for the same order only.",
            |edge: &Edge<C, X>| edge.list.cursor(&edge.node),
        );
        o.level("node", "The item.", format!("{}!", C::NAME), Vec::new(), |_, edges| {
            ready(Answer::one(edges.iter().map(|edge| Some(edge.node.clone()))))
        })
        .weighs(0, Size::One);
        X::define(&mut o);
        o
    });
    graph.add_object::<Info<C>>(|| {
        let mut o = Object::new("PageInfo", "Where a page lies in its list.");
        o.level(
            "hasNextPage",
            "Whether items follow the page.",
            "Boolean!",
            Vec::new(),
            |call, infos: &[Arc<Info<C>>]| has_more(call, infos, false),
        );
        o.level("hasPreviousPage", "Whether items come before the page.", "Boolean!", Vec::new(), |call, infos| {
            has_more(call, infos, true)
        });
        o.computed("startCursor", "The cursor of the first item; `null` if the page is empty.", |info| {
            info.first.as_ref().map(|row| info.list.cursor(row))
        });
        o.computed("endCursor", "The cursor of the last item; `null` if the page is empty.", |info| {
            info.last.as_ref().map(|row| info.list.cursor(row))
        });
        o
    });
}

/// Says for each page whether there are rows beyond it. The direction in which it was read is known from the page itself;
/// beyond a cursor, one statement looks for all parents.
fn has_more<'a, C: Record>(call: Call<'a>, infos: &'a [Arc<Info<C>>], before: bool) -> BoxFuture<'a, Result<Answer>> {
    Box::pin(async move {
        let Some(first) = infos.first() else {
            return Ok(Answer::leaves(std::iter::empty::<Result<bool>>()));
        };
        let list = &first.list;
        let (side, cursor) = if before { (Side::Before, &list.after) } else { (Side::Behind, &list.before) };
        let beyond = match cursor {
            Some(cursor) => {
                let parents: Vec<Uuid> = infos.iter().filter_map(|info| info.parent).collect();
                call.loader().beyond(first.link, &parents, list, side, cursor).await?
            }
            None => HashMap::new(),
        };
        Ok(Answer::leaves(infos.iter().map(|info| {
            let read_towards = list.backward == before && info.more;
            Ok::<_, Error>(read_towards || beyond.get(&info.parent).is_some_and(|n| *n > 0))
        })))
    })
}

fn ready<'a>(answer: Answer) -> BoxFuture<'a, Result<Answer>> {
    Box::pin(std::future::ready(Ok(answer)))
}
