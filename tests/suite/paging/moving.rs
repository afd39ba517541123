//! Paging through a list that changes between the pages: no row that stays is skipped or comes twice.

use std::collections::HashSet;

use serde_json::json;

use super::{
    Random, SEED,
    world::{self, key},
};
use crate::{
    exchange::Set,
    support::{Backend, Data, Server, TestDatabase, backends},
    walk::{Schema, items, text},
};

/// The list of all visits, and that of the visits to a city.
fn around(nested: bool) -> [String; 3] {
    if nested {
        let head = format!("{{ city(by: {{key: \"{}\"}}) {{ ", key("city", 0));
        [head, "visitsTo".to_owned(), "} }".to_owned()]
    } else {
        ["{ ".to_owned(), "visits".to_owned(), "}".to_owned()]
    }
}

struct Walk<'a> {
    server: &'a Server,
    backend: Backend,
    nested: bool,
    order: &'a str,
    backward: bool,
}

impl Walk<'_> {
    /// The keys of a page, from the side that the walk comes from; and the cursor to go on from, if there is more.
    async fn page(&self, size: usize, cursor: Option<&str>) -> (Vec<String>, Option<String>) {
        let [head, field, tail] = around(self.nested);
        let (count, bound, more, end) = if self.backward {
            ("last", "before", "hasPreviousPage", "startCursor")
        } else {
            ("first", "after", "hasNextPage", "endCursor")
        };
        let bound = cursor.map(|c| format!(", {bound}: \"{c}\"")).unwrap_or_default();
        let order = self.order;
        let query = format!(
            "{head}{field}({count}: {size}, orderBy: {order}{bound}) {{ nodes {{ key }} pageInfo {{ {more} {end} }} }} {tail}"
        );
        let data = self.server.data(&query, json!({})).await;
        let page = if self.nested { &data["city"][&field] } else { &data[&field] };
        let mut keys: Vec<_> = items(&page["nodes"]).map(|node| text(&node["key"])).collect();
        if self.backward {
            keys.reverse();
        }
        let info = &page["pageInfo"];
        (keys, (info[more] == true).then(|| text(&info[end])))
    }

    /// Walks while rows come and go: one after each page, among them the very one on which the cursor stands.
    async fn walk(&self, random: &mut Random, serial: &mut usize) {
        let what = format!("{} {} backward: {} nested: {}", self.backend, self.order, self.backward, self.nested);
        let (all, more) = self.page(100, None).await;
        assert_eq!(more, None, "{what}");
        assert!(all.len() > 5, "{what}");
        let (mut there, mut gone) = (all.clone(), HashSet::new());
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let (keys, next) = self.page(2, cursor.as_deref()).await;
            seen.extend(keys);
            if next.is_none() {
                break;
            }
            cursor = next;
            let last: &String = seen.last().expect("a page that is not the last has rows");
            for _ in 0..2 {
                *serial += 1;
                // Near the cursor as often as anywhere: the same values, another id.
                let like =
                    if random.below(2) == 0 && there.contains(last) { last } else { &there[random.below(there.len())] };
                let new = format!("new-{serial}");
                insert(&self.server.data, self.backend, like, &new, random.next()).await;
                there.push(new);
            }
            let on_cursor = random.below(2) == 0 && there.contains(last);
            let delete = if on_cursor { last.clone() } else { there[random.below(there.len())].clone() };
            remove(&self.server.data, &delete).await;
            there.retain(|key| *key != delete);
            gone.insert(delete);
        }
        let distinct: HashSet<_> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "a row came twice: {what}: {seen:?}");
        let stayed = |key: &&String| !gone.contains(*key);
        let old: HashSet<_> = all.iter().collect();
        let expected: Vec<_> = all.iter().filter(stayed).collect();
        let found: Vec<_> = seen.iter().filter(stayed).filter(|key| old.contains(key)).collect();
        assert_eq!(found, expected, "a row that stayed was skipped, or moved: {what}");
    }
}

/// Adds a visit like another one, with an id that may lie before or behind those that are there.
async fn insert(database: &TestDatabase, backend: Backend, like: &str, key: &str, random: u64) {
    let hex = format!("{random:016x}{random:016x}");
    let id = match backend {
        Backend::Sqlite => format!("X'{hex}'"),
        Backend::Postgres => format!("'{hex}'::uuid"),
    };
    let table = coopgraph::domain::tables().into_iter().find(|t| t.kind() == "visit").expect("visits");
    let columns: Vec<_> = table.table_columns().iter().map(|c| format!("\"{c}\"")).collect();
    let values = columns.iter().map(|column| match column.as_str() {
        "\"id\"" => id.clone(),
        "\"key\"" => format!("'{key}'"),
        _ => column.clone(),
    });
    let values: Vec<_> = values.collect();
    database
        .execute(&format!("INSERT INTO \"record\" (\"id\", \"kind\", \"audience\") VALUES ({id}, 'visit', 0)"))
        .await;
    let (columns, values) = (columns.join(", "), values.join(", "));
    database
        .execute(&format!("INSERT INTO \"visit\" ({columns}) SELECT {values} FROM \"visit\" WHERE \"key\" = '{like}'"))
        .await;
}

async fn remove(database: &TestDatabase, key: &str) {
    let id = format!("SELECT \"id\" FROM \"visit\" WHERE \"key\" = '{key}'");
    database.execute(&format!("DELETE FROM \"record\" WHERE \"id\" = ({id})")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_stay_come_once_while_others_come_and_go() {
    let set = Set::empty();
    world::write(&set.path(""), &["country", "city", "visit"]);
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        database.import(&set.files()).await.unwrap_or_else(|cause| panic!("{cause}"));
        let server = &Server::over(database).await;
        let orders = Schema::of(server).await.get("VisitOrder").values.clone();
        let (random, mut serial) = (&mut Random(SEED), 0);
        for order in &orders {
            for (nested, backward) in [(false, false), (false, true), (true, false), (true, true)] {
                server.data.execute("DELETE FROM \"record\" WHERE \"kind\" = 'visit'").await;
                server.data.import(&set.files()).await.unwrap_or_else(|cause| panic!("{cause}"));
                Walk { server, backend, nested, order, backward }.walk(random, &mut serial).await;
            }
        }
    }
}
