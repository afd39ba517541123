//! Paging through lists that change between the pages: no row that stays is skipped or comes twice.

use std::collections::{BTreeSet, HashSet};

use coopgraph::{
    domain::model,
    model::{AttributeKind, Link, ToMany},
};
use serde_json::Value;

use super::{
    Random, SEED,
    lists::{self, List},
    world::{self, World},
};
use crate::{
    import_export::Set,
    support::{Backend, Data, Server, TestDatabase, backends},
    walk::{items, text},
};

/// A column of a table of links.
struct LinkColumn {
    table: &'static str,
    column: &'static str,
    /// The kind of the records that it refers to, if it is only one.
    kind: Option<&'static str>,
}

/// The columns of all tables of links. A row that is like another one has the same links.
fn links() -> Vec<LinkColumn> {
    let mut links: Vec<LinkColumn> = Vec::new();
    let mut add = |table, columns: &[(&'static str, Option<&'static str>)]| {
        if links.iter().all(|link| link.table != table) {
            links.extend(columns.iter().map(|(column, kind)| LinkColumn { table, column, kind: *kind }));
        }
    };
    let attributes = || model().types().flat_map(|record| record.attributes.iter().map(move |of| (record.table, of)));
    // What a file lists has a table of its own; what is left belongs to records of all kinds.
    for (kind, attribute) in attributes() {
        if let AttributeKind::Keys { link: Link::Through { table, parent, child }, target, counterpart, .. } =
            attribute.kind
        {
            let mut columns = vec![(parent, Some(kind)), (child, Some(target))];
            columns.extend(counterpart.map(|column| (column, Some(target))));
            add(table, &columns);
        }
    }
    for (_, attribute) in attributes() {
        if let AttributeKind::ToMany(ToMany { link: Link::Through { table, parent, child }, target, .. }) =
            attribute.kind
        {
            add(table, &[(parent, None), (child, Some(target))]);
        }
    }
    links
}

/// The columns by which a row of a kind has links, each with the other columns of its table.
fn links_of(kind: &str) -> Vec<(LinkColumn, Vec<&'static str>)> {
    let others = |link: &LinkColumn| {
        let of_table = links().into_iter().filter(|other| other.table == link.table && other.column != link.column);
        of_table.map(|other| other.column).collect()
    };
    let of_kind = links().into_iter().filter(|link| link.kind.is_none_or(|of| of == kind));
    of_kind
        .map(|link| {
            let others = others(&link);
            (link, others)
        })
        .collect()
}

/// A walk through a list, in one order and direction.
struct Walk<'a> {
    order: &'a str,
    backward: bool,
    /// What was there before the first page.
    all: Vec<String>,
    seen: Vec<String>,
    cursor: Option<String>,
    ended: bool,
}

impl<'a> Walk<'a> {
    fn new(order: &'a str, backward: bool) -> Self {
        Self { order, backward, all: Vec::new(), seen: Vec::new(), cursor: None, ended: false }
    }

    /// The next page, from the side that the walk comes from.
    fn ask(&self, size: usize) -> String {
        let (count, bound, more, end) = if self.backward {
            ("last", "before", "hasPreviousPage", "startCursor")
        } else {
            ("first", "after", "hasNextPage", "endCursor")
        };
        let bound = self.cursor.as_ref().map(|cursor| format!(", {bound}: \"{cursor}\"")).unwrap_or_default();
        let order = self.order;
        format!(
            "({count}: {size}, orderBy: {order}{bound}) {{ nodes {{ ... on Record {{ key }} }} pageInfo {{ more: {more} end: {end} }} }}"
        )
    }

    fn keys(&self, page: &Value) -> Vec<String> {
        let mut keys: Vec<_> = items(&page["nodes"]).map(|node| text(&node["key"])).collect();
        if self.backward {
            keys.reverse();
        }
        keys
    }

    fn go_on(&mut self, page: &Value) {
        self.seen.extend(self.keys(page));
        self.cursor = Some(text(&page["pageInfo"]["end"]));
        self.ended = page["pageInfo"]["more"] == false;
    }

    fn check(&self, gone: &HashSet<String>, what: &str) {
        let what = format!("{what} by {}, backward: {}", self.order, self.backward);
        let distinct: HashSet<_> = self.seen.iter().collect();
        assert_eq!(distinct.len(), self.seen.len(), "a row came twice: {what}: {:?}", self.seen);
        let old: HashSet<_> = self.all.iter().collect();
        let stayed = |key: &&String| !gone.contains(*key);
        let expected: Vec<_> = self.all.iter().filter(stayed).collect();
        let found: Vec<_> = self.seen.iter().filter(stayed).filter(|key| old.contains(key)).collect();
        assert_eq!(found, expected, "a row that stayed was skipped, or moved: {what}");
    }
}

/// Rows that come and go.
struct Change<'a> {
    database: &'a TestDatabase,
    backend: Backend,
    random: Random,
    /// How many rows came.
    serial: usize,
}

impl Change<'_> {
    /// Adds a row like another one, links included, with an id that may lie before or behind those that are there.
    async fn insert(&mut self, kind: &str, like: &str) -> String {
        self.serial += 1;
        // In order of keys, too, it stands beside that one.
        let key = format!("{like}.{}", self.serial);
        let hex = format!("{:016x}{:016x}", self.random.next(), self.random.next());
        let id = match self.backend {
            Backend::Sqlite => format!("X'{hex}'"),
            Backend::Postgres => format!("'{hex}'::uuid"),
        };
        let old = format!("(SELECT \"id\" FROM \"{kind}\" WHERE \"key\" = '{like}')");
        let quoted = |columns: &[&str]| columns.iter().map(|c| format!(", \"{c}\"")).collect::<String>();
        let table = coopgraph::domain::model().types().find(|t| t.table == kind).expect(kind);
        let columns = table.columns.iter().map(|column| column.name).filter(|name| !table.generated.contains(name));
        let columns: Vec<_> = columns.collect();
        let rest: Vec<_> = columns.iter().map(|c| &**c).filter(|c| !matches!(*c, "id" | "key")).collect();
        let rest = quoted(&rest);
        let mut sql = format!(
            "INSERT INTO \"record\" (\"id\", \"kind\", \"audience\") VALUES ({id}, '{kind}', 0);\n\
             INSERT INTO \"{kind}\" (\"id\", \"key\"{rest}) SELECT {id}, '{key}'{rest} FROM \"{kind}\" WHERE \"id\" = {old};\n"
        );
        for (LinkColumn { table, column, .. }, others) in links_of(kind) {
            let others = quoted(&others);
            sql += &format!(
                "INSERT INTO \"{table}\" (\"{column}\"{others}) SELECT {id}{others} FROM \"{table}\" WHERE \"{column}\" = {old};\n"
            );
        }
        self.database.execute(&sql).await;
        key
    }

    /// Takes a row away. Others may refer to one that was there from the beginning: it is hidden, which is the same to who
    /// reads.
    async fn remove(&self, kind: &str, key: &str) {
        let hide = format!("UPDATE \"{kind}\" SET \"audience\" = 2 WHERE \"key\" = '{key}'");
        let remove = if key.contains('.') { delete(kind, &format!("= '{key}'")) } else { hide };
        self.database.execute(&remove).await;
    }

    /// Undoes all changes.
    async fn restore(&self, kind: &str) {
        let show = format!("UPDATE \"{kind}\" SET \"audience\" = 0 WHERE \"audience\" <> 0");
        self.database.execute(&format!("{}{show}", delete(kind, "LIKE '%.%'"))).await;
    }
}

/// Deletes rows by their keys, and their links.
fn delete(kind: &str, keys: &str) -> String {
    let ids = format!("(SELECT \"id\" FROM \"{kind}\" WHERE \"key\" {keys})");
    let links = links_of(kind).into_iter();
    let links = links.map(|(link, _)| format!("DELETE FROM \"{}\" WHERE \"{}\" IN {ids};\n", link.table, link.column));
    format!("{}DELETE FROM \"record\" WHERE \"id\" IN {ids};\n", links.collect::<String>())
}

/// The kind of a record, of its key; rows that came have a dot behind the key of the one that they are like.
fn kind_of(key: &str) -> &str {
    key.rsplit_once('-').expect("a kind and a number").0
}

/// Walks through a list in all orders and both directions, side by side, while after each page rows come and go, among
/// them the very ones on which cursors stand.
async fn walk(server: &Server, list: &List<'_>, change: &mut Change<'_>) {
    let what = format!("{}: {}", change.backend, list.name);
    let mut walks: Vec<_> = list.orders.iter().flat_map(|o| [Walk::new(o, false), Walk::new(o, true)]).collect();
    let pages = list.ask(server, walks.iter().map(|walk| walk.ask(100))).await;
    for (walk, page) in walks.iter_mut().zip(&pages) {
        assert_eq!(page["pageInfo"]["more"], false, "{what}");
        walk.all = walk.keys(page);
    }
    let (mut there, mut gone) = (walks[0].all.clone(), HashSet::new());
    assert!(there.len() > 5, "{what}: {there:?}");
    while walks.iter().any(|walk| !walk.ended) {
        let mut going: Vec<_> = walks.iter_mut().filter(|walk| !walk.ended).collect();
        let pages = list.ask(server, going.iter().map(|walk| walk.ask(2))).await;
        for (walk, page) in going.iter_mut().zip(&pages) {
            walk.go_on(page);
        }
        // Near the cursor of one of the walks as often as anywhere.
        let last = going[change.random.below(going.len())].seen.last().cloned();
        let on_cursor = last.filter(|key| there.contains(key));
        for _ in 0..2 {
            let like = on_cursor.clone().filter(|_| change.random.below(2) == 0);
            let like = like.unwrap_or_else(|| there[change.random.below(there.len())].clone());
            there.push(change.insert(kind_of(&like), &like).await);
        }
        let delete = on_cursor.filter(|_| change.random.below(2) == 0);
        let delete = delete.unwrap_or_else(|| there[change.random.below(there.len())].clone());
        // The record on which the list hangs must stay.
        if list.parent.is_none_or(|parent| parent.key != delete) {
            change.remove(kind_of(&delete), &delete).await;
            there.retain(|key| *key != delete);
            gone.insert(delete);
        }
    }
    for walk in walks {
        walk.check(&gone, &what);
    }
    let kinds: BTreeSet<_> = list.rows.iter().map(|row| row.kind).collect();
    for kind in kinds {
        change.restore(kind).await;
    }
}

/// Every list at the root, and every other that has rows enough, but not more than a page.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_stay_come_once_while_others_come_and_go() {
    let set = Set::empty();
    world::write(&set.path(""));
    let world = World::read(&set.path(""));
    let each = backends().into_iter().map(async |backend| {
        let database = TestDatabase::new(backend, Data::Empty).await;
        database.import(&set.files()).await.unwrap_or_else(|cause| panic!("{cause}"));
        let server = Server::over(database).await;
        let lists = lists::all(&server, &world).await;
        let lists: Vec<_> = lists.into_iter().filter(|list| (6..=100).contains(&list.rows.len())).collect();
        let of_groups = model().groups().iter().filter(|group| group.is_listed).count();
        let nested = lists.iter().filter(|list| list.parent.is_some()).count();
        assert!(
            lists.len() == nested + model().types().len() + of_groups && nested > 20,
            "{} lists, {nested} of them nested",
            lists.len()
        );
        let mut change = Change { database: &server.data, backend, random: Random(SEED), serial: 0 };
        for list in &lists {
            walk(&server, list, &mut change).await;
        }
    });
    futures_util::future::join_all(each).await;
}
