//! Paging: whatever the list, the order, the direction and the size, pages put together are the list, each item once.
//!
//! The sequences that are expected are worked out from the CSV files ([`world`]), so both databases are held to the same.

mod forged;
mod groups;
mod lists;
mod moving;
mod world;

use std::ops::Range;

use serde_json::Value;

use self::{
    lists::List,
    world::{Random, SEED, World},
};
use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends},
    walk::{items, text},
};

const PAGE: &str = "nodes { ... on Record { key } } edges { cursor node { ... on Record { key } } } \
     pageInfo { hasNextPage hasPreviousPage startCursor endCursor } ";

/// A page that a client asks for; the cursors are those of the items at these places.
#[derive(Clone, Debug)]
struct Ask {
    backward: bool,
    size: usize,
    after: Option<usize>,
    before: Option<usize>,
}

impl Ask {
    fn arguments(&self, order: &str, cursors: &[Option<String>]) -> String {
        let size = if self.backward { "last" } else { "first" };
        let mut arguments = format!("{size}: {}, orderBy: {order}", self.size);
        for (name, place) in [("after", self.after), ("before", self.before)] {
            if let Some(place) = place {
                let cursor = cursors[place].as_ref().expect("an item that was seen");
                arguments += &format!(", {name}: \"{cursor}\"");
            }
        }
        arguments
    }

    /// The places of the items that must come, in a list of `len`.
    fn places(&self, len: usize) -> Range<usize> {
        let start = self.after.map_or(0, |place| place + 1);
        let end = self.before.unwrap_or(len);
        if self.backward { start.max(end.saturating_sub(self.size))..end } else { start..end.min(start + self.size) }
    }

    /// Whether the total is asked for, too: not on every page of a walk, which would cost most of the time.
    fn counts(&self) -> bool {
        self.size > 2 || self.after.is_none() && self.before.is_none()
    }

    /// The next page of the same walk; none at its end.
    fn next(&self, len: usize) -> Option<Self> {
        let places = self.places(len);
        let ends = if self.backward { places.start == 0 } else { places.end == len };
        let (after, before) =
            if self.backward { (None, Some(places.start)) } else { (Some(places.end.wrapping_sub(1)), None) };
        (!ends && !places.is_empty()).then(|| Self { after, before, ..self.clone() })
    }
}

/// A list in one order, and the cursors that were seen so far.
struct Course<'a> {
    server: &'a Server,
    list: &'a List<'a>,
    order: &'a str,
    expected: Vec<String>,
    cursors: Vec<Option<String>>,
}

impl Course<'_> {
    /// Asks for pages, all in one request, and checks everything that they say.
    async fn check(&mut self, asks: &[Ask]) {
        let page = |ask: &Ask| {
            let arguments = ask.arguments(self.order, &self.cursors);
            format!("({arguments}) {{ {}{PAGE}}}", if ask.counts() { "totalCount " } else { "" })
        };
        let pages = self.list.ask(self.server, asks.iter().map(page)).await;
        for (ask, page) in asks.iter().zip(&pages) {
            self.check_page(ask, page);
        }
    }

    fn check_page(&mut self, ask: &Ask, page: &Value) {
        let what = format!("{} by {}, {ask:?}: {page}", self.list.name, self.order);
        let len = self.expected.len();
        let places = ask.places(len);
        let keys: Vec<_> = items(&page["nodes"]).map(|node| text(&node["key"])).collect();
        assert_eq!(keys, self.expected[places.clone()], "{what}");
        let of_edges: Vec<_> = items(&page["edges"]).map(|edge| text(&edge["node"]["key"])).collect();
        assert_eq!(of_edges, keys, "edges and nodes differ: {what}");
        if ask.counts() {
            assert_eq!(page["totalCount"], len, "{what}");
        }
        let info = &page["pageInfo"];
        assert_eq!(info["hasPreviousPage"], places.start > 0, "hasPreviousPage: {what}");
        assert_eq!(info["hasNextPage"], places.end < len, "hasNextPage: {what}");
        let cursors: Vec<_> = items(&page["edges"]).map(|edge| text(&edge["cursor"])).collect();
        assert_eq!(info["startCursor"].as_str(), cursors.first().map(String::as_str), "{what}");
        assert_eq!(info["endCursor"].as_str(), cursors.last().map(String::as_str), "{what}");
        for (place, cursor) in places.zip(cursors) {
            let known = self.cursors[place].get_or_insert_with(|| cursor.clone());
            assert_eq!(*known, cursor, "an item has one cursor: {what}");
        }
    }

    /// Walks the list forward and backward in pages of several sizes, all walks side by side.
    async fn walk(&mut self, sizes: &[usize]) {
        let start =
            |size: &usize| [false, true].map(|backward| Ask { backward, size: *size, after: None, before: None });
        let mut asks: Vec<Ask> = sizes.iter().flat_map(start).collect();
        while !asks.is_empty() {
            self.check(&asks).await;
            asks = asks.iter().filter_map(|ask| ask.next(self.expected.len())).collect();
        }
    }

    /// Pages bounded on one side or on both, and pages of no items.
    async fn look_between(&mut self, random: &mut Random) {
        let len = self.expected.len();
        let mut asks = Vec::new();
        for backward in [false, true] {
            asks.push(Ask { backward, size: 0, after: None, before: None });
            if len < 2 {
                continue;
            }
            for size in [0, 2, 100] {
                let (one, other) = (random.below(len), random.below(len));
                let (first, last) = (one.min(other), one.max(other));
                if first < last {
                    asks.push(Ask { backward, size, after: Some(first), before: Some(last) });
                }
                asks.push(Ask { backward, size, after: Some(one), before: None });
                asks.push(Ask { backward, size, after: None, before: Some(one) });
            }
        }
        self.check(&asks).await;
    }
}

/// Checks every list in every order.
async fn check_all(server: &Server, world: &World, sizes: &[usize]) {
    let random = &mut Random(SEED);
    for list in lists::all(server, world).await {
        for order in &list.orders {
            let expected = world::sequence(world, &list.rows, order);
            let cursors = vec![None; expected.len()];
            let mut course = Course { server, list: &list, order, expected, cursors };
            // Long lists of several types take a statement for each type and page.
            let smallest = if list.rows.len() > 100 { 7 } else { 0 };
            let sizes: Vec<_> = sizes.iter().copied().filter(|size| *size >= smallest).collect();
            course.walk(&sizes).await;
            course.look_between(random).await;
        }
    }
}

/// Lists full of equal and of unknown values.
#[tokio::test(flavor = "multi_thread")]
async fn pages_put_together_are_the_list() {
    let set = Set::empty();
    world::write(&set.path(""));
    let world = World::read(&set.path(""));
    let each = backends().into_iter().map(async |backend| {
        let database = TestDatabase::new(backend, Data::Empty).await;
        database.import(&set.files()).await.unwrap_or_else(|cause| panic!("{cause}"));
        check_all(&Server::over(database).await, &world, &[1, 2, 3, 7, 100]).await;
    });
    futures_util::future::join_all(each).await;
}

/// The bundled data.
#[tokio::test(flavor = "multi_thread")]
async fn pages_put_together_are_the_bundled_list() {
    let world = World::read(&Set::bundled().path(""));
    let each = backends().into_iter().map(async |backend| {
        let server = Server::start(backend, Data::Bundled).await;
        check_all(&server, &world, &[23, 100]).await;
    });
    futures_util::future::join_all(each).await;
}
