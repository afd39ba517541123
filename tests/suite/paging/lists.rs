//! Every list of the schema: where it is asked for, and which records belong to it.

use serde_json::{Value, json};

use super::world::{Row, World};
use crate::{
    support::Server,
    walk::{Schema, is_connection, kind_of, lower_first},
};

/// Which records hang on a record.
enum Hang {
    /// Those of this kind that name it in this column.
    Naming(&'static str, &'static str),
    /// Those of this kind that it names in this column, a list.
    Named(&'static str, &'static str),
    /// Those of this kind that are tagged with it, a topic.
    Tagged(&'static str),
    /// The topics that it is tagged with.
    Topics,
}

/// What each list of a record holds; a list that is not here fails the test.
fn hang(ty: &str, field: &str) -> Hang {
    use Hang::*;
    match (ty, field) {
        (_, "citations") => Naming("citation", "record"),
        (_, "indicators") => Naming("indicator", "subject"),
        (_, "comparisons") => Naming("indicator", "counterpart"),
        (_, "topics") => Topics,
        ("Topic", "narrower") => Naming("topic", "broader"),
        ("Topic", "countries") => Tagged("country"),
        ("Topic", "positions") => Tagged("position"),
        ("Topic", "participations") => Tagged("participation"),
        ("Topic", "memberships") => Tagged("membership"),
        ("Topic", "taggedTopics") => Tagged("topic"),
        ("Topic", "taggedCitations") => Tagged("citation"),
        ("Topic", "cities") => Tagged("city"),
        ("Topic", "partnerships") => Tagged("partnership"),
        ("Topic", "organizations") => Tagged("organization"),
        ("Topic", "officials") => Tagged("official"),
        ("Topic", "visits") => Tagged("visit"),
        ("Topic", "innovationCenters") => Tagged("innovation_center"),
        ("Topic", "events") => Tagged("event"),
        ("Topic", "figures") => Tagged("indicator"),
        ("Topic", "sources") => Tagged("source"),
        ("Source", "derivesFrom") => Named("source", "derives_from"),
        ("Source", "derivatives") => Naming("source", "derives_from"),
        ("Source", "statements") => Naming("citation", "source"),
        ("Partnership", "members") => Named("city", "members"),
        ("City", "partnerships") => Naming("partnership", "members"),
        ("City", "parts") => Naming("city", "parent"),
        ("City", "visitsFrom") => Naming("visit", "from_city"),
        ("City", "visitsTo") => Naming("visit", "to_city"),
        ("Country", "visitsFrom") => Naming("visit", "from_country"),
        ("Country", "visitsTo") => Naming("visit", "to_country"),
        ("Country", "cities") => Naming("city", "country"),
        ("City", "organizations") => Naming("organization", "city"),
        ("Country", "organizations") => Naming("organization", "country"),
        ("Organization", "parts") => Naming("organization", "parent"),
        ("City", "positions") => Naming("position", "city"),
        ("Official", "positions") => Naming("position", "official"),
        ("Organization", "positions") => Naming("position", "organization"),
        ("City", "innovationCenters") => Naming("innovation_center", "city"),
        ("Organization", "innovationCenters") => Naming("innovation_center", "operator"),
        ("City", "events") => Naming("event", "city"),
        ("Organization", "organizedEvents") => Naming("event", "organizer"),
        ("Event", "editions") => Naming("event", "series"),
        ("Event" | "Visit", "participations") => Naming("participation", "activity"),
        (_, "participations") => Naming("participation", "participant"),
        ("Organization", "members") => Naming("membership", "organization"),
        (_, "memberships") => Naming("membership", "member"),
        other => panic!("which records belong to {other:?}?"),
    }
}

/// A list, of all records of a kind or of those that hang on one.
pub struct List<'a> {
    /// For messages: `City.visitsTo of city-00`.
    pub name: String,
    /// The record on which they hang.
    pub parent: Option<&'a Row>,
    /// What comes before and after the connection in a query.
    around: [String; 2],
    field: String,
    /// The kind of its records.
    pub kind: String,
    pub orders: Vec<String>,
    pub rows: Vec<&'a Row>,
}

impl List<'_> {
    /// Asks for several pages in one request, each with its arguments and its selection.
    pub async fn ask(&self, server: &Server, pages: impl Iterator<Item = String>) -> Vec<Value> {
        let [head, tail] = &self.around;
        let pages: Vec<_> = pages.enumerate().map(|(i, page)| format!("p{i}: {}{page} ", self.field)).collect();
        let mut data = server.data(&format!("{head}{}{tail}", pages.concat()), json!({})).await;
        let parent = match self.parent {
            Some(_) => data.as_object_mut().and_then(|d| d.values_mut().next()).expect("a parent"),
            None => &mut data,
        };
        (0..pages.len()).map(|i| parent[format!("p{i}")].take()).collect()
    }
}

/// Every list at the root; every nested one of the record on which most hangs, and of one on which nothing does.
pub async fn all<'a>(server: &Server, world: &'a World) -> Vec<List<'a>> {
    let schema = Schema::of(server).await;
    let mut lists = Vec::new();
    let orders = |connection: &str| {
        let nodes = schema.get(connection).fields.iter().find(|f| f.name == "nodes").expect("nodes");
        (nodes.ty.name.clone(), schema.get(&format!("{}Order", nodes.ty.name)).values.clone())
    };
    for field in schema.get("Query").fields.iter().filter(|f| is_connection(f)) {
        let (node, orders) = orders(&field.ty.name);
        let rows = world.of_kind(&kind_of(&node)).collect();
        let around = ["{ ".to_owned(), "}".to_owned()];
        let (name, kind) = (field.name.clone(), kind_of(&node));
        lists.push(List { name, parent: None, around, field: field.name.clone(), kind, orders, rows });
    }
    for ty in schema.records() {
        for field in schema.get(ty).fields.iter().filter(|f| is_connection(f)) {
            let (node, orders) = orders(&field.ty.name);
            let mut parents: Vec<_> =
                world.of_kind(&kind_of(ty)).map(|p| (p, hanging(world, ty, &field.name, p))).collect();
            parents.sort_by_key(|(_, rows)| rows.len());
            let most = parents.pop();
            let none = parents.into_iter().next().filter(|(_, rows)| rows.is_empty());
            for (parent, rows) in most.into_iter().chain(none) {
                assert!(rows.iter().all(|row| row.kind == kind_of(&node)), "{ty}.{}", field.name);
                let head = format!("{{ {}(by: {{key: \"{}\"}}) {{ ", lower_first(ty), parent.key);
                let name = format!("{ty}.{} of {}", field.name, parent.key);
                let around = [head, "} }".to_owned()];
                let (field, kind, orders) = (field.name.clone(), kind_of(&node), orders.clone());
                lists.push(List { name, parent: Some(parent), around, field, kind, orders, rows });
            }
        }
    }
    lists
}

fn hanging<'a>(world: &'a World, ty: &str, field: &str, parent: &Row) -> Vec<&'a Row> {
    let names = |row: &Row, column: &str, key: &str| row.cell(column).split(';').any(|named| named == key);
    let is_of = |kind: &str| kind.is_empty() || kind == parent.kind;
    let tag = |record: &Row, topic: &Row| {
        let tag = [record.kind, &record.key, &topic.key];
        world.tags.iter().any(|t| *t == tag)
    };
    match hang(ty, field) {
        Hang::Naming(kind, column) => {
            let of_kind = format!("{column}_kind");
            let naming = |row: &&Row| names(row, column, &parent.key) && is_of(row.cell(&of_kind));
            world.of_kind(kind).filter(naming).collect()
        }
        Hang::Named(kind, column) => world.of_kind(kind).filter(|row| names(parent, column, &row.key)).collect(),
        Hang::Tagged(kind) => world.of_kind(kind).filter(|row| tag(row, parent)).collect(),
        Hang::Topics => world.of_kind("topic").filter(|topic| tag(parent, topic)).collect(),
    }
}
