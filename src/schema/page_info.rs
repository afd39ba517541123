//! The object type `PageInfo`: where a page lies in its list.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{answer::Answer, connection::Item, execute::Call, items::Parts, leaf::json, object::Object};
use crate::{
    error::Result,
    query::keys::{BeyondOf, Shape},
};

/// Where a page lies in its list.
pub(super) enum PageInfo {
    /// A page of items.
    Items(ItemPageInfo),
    /// A page of whose surroundings everything is known.
    Known {
        /// Whether there is more after the page.
        has_next: bool,
        /// Whether there is more before the page.
        has_previous: bool,
        /// The cursor of the first item.
        start: Option<String>,
        /// The cursor of the last item.
        end: Option<String>,
    },
}

/// Where a page of items lies in its list.
pub(super) struct ItemPageInfo {
    /// The record whose list it is; none for the list of all records.
    pub parent: Option<Uuid>,
    /// The list.
    pub list: Shape<Parts>,
    /// Whether there are more items in the direction in which the page was read.
    pub has_more: bool,
    /// The first item.
    pub first: Option<Item>,
    /// The last item.
    pub last: Option<Item>,
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
                    let item = if about == "first" { &info.first } else { &info.last };
                    let cursor = |(part, row): &Item| info.list.lists[*part].page.cursor(row);
                    json(&item.as_ref().map(cursor), out);
                }
                PageInfo::Known { start, end, .. } => json(if about == "first" { start } else { end }, out),
            },
        );
    }
    o
}

/// Says for each page whether there are rows before or after it. In the direction in which a page was read, the page
/// itself tells; beyond a cursor, one statement finds out for all parents.
fn has_more<'a>(call: Call<'a>, infos: &'a [Arc<PageInfo>], is_before: bool) -> BoxFuture<'a, Result<Answer>> {
    Box::pin(async move {
        let is_bounded = |list: &Parts| if is_before { list.is_after } else { list.is_before };
        let keys = |info: &ItemPageInfo| {
            let (parent, list) = (info.parent, info.list.clone());
            (0..list.lists.len()).map(move |part| BeyondOf { parent, list: list.lists[part].clone(), is_before })
        };
        let of_items = infos.iter().filter_map(|info| match &**info {
            PageInfo::Items(info) => Some(info),
            PageInfo::Known { .. } => None,
        });
        let beyond = call.loader().load_many(of_items.filter(|info| is_bounded(&info.list)).flat_map(keys)).await?;
        Ok(Answer::leaves(infos.iter().map(|info| match &**info {
            PageInfo::Known { has_next, has_previous, .. } => *(if is_before { has_previous } else { has_next }),
            PageInfo::Items(info) => {
                let is_read_towards = info.list.is_backward == is_before && info.has_more;
                is_read_towards || keys(info).any(|key| beyond.get(&key).copied().unwrap_or(false))
            }
        })))
    })
}
