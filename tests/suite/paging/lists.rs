//! Every list of the schema: where it is asked for, and which records belong to it.

use coopgraph::{
    domain::model,
    edtf::{Date, Day},
    model::{AttributeKind, Contemporary, IfMissing, Link, Period, RecordType, ToManyAny},
};
use serde_json::{Value, json};

use super::world::{Row, World};
use crate::{
    support::Server,
    walk::{Field, Schema, is_connection, is_timeline, kind_of, lower_first},
};

/// Which records hang on a record.
enum Hang {
    /// Those of this kind that name it in this column.
    Naming(&'static str, &'static str),
    /// Those of this kind that it names in this column, a list.
    Named(&'static str, &'static str),
    /// Those of this kind that are tagged with it, a topic; of any kind, if none is given.
    Tagged(Option<&'static str>),
    /// The topics that it is tagged with.
    Topics,
    /// Those of this kind that rows of another kind name together with it: the kind, and the columns of both.
    Between(&'static str, &'static str, [&'static str; 2]),
    /// Those that concern the same record and were at the same time.
    Contemporary(&'static Contemporary),
    /// Those that hang on it in any of these ways.
    Any(Vec<Hang>),
}

/// What each list of a record holds. `tests/golden/model.txt` lists them all, for a reader to check.
fn hang(ty: &str, field: &str) -> Hang {
    let record = model().types().find(|record| record.name == ty).expect(ty);
    let many = match record.attribute(field).map(|attribute| &attribute.kind) {
        Some(AttributeKind::ToMany(many)) => many,
        Some(AttributeKind::ToManyAny(ToManyAny { link: Link::Through { table: "tag", .. }, group })) => {
            assert_eq!(*group, "Record", "{ty}.{field}");
            return Hang::Tagged(None);
        }
        _ => panic!("{ty}.{field} is not a list"),
    };
    hang_by(record, field, many.link, many.target)
}

fn hang_by(record: &RecordType, field: &str, link: Link, target: &'static str) -> Hang {
    let listed = |kind: &'static str, (from, to): (&str, &str)| {
        let mut keys = model().record_type(kind).attributes.iter().filter_map(|attribute| match attribute.kind {
            AttributeKind::Keys { link: Link::Through { parent, child, .. }, .. } if (parent, child) == (from, to) => {
                Some(&*attribute.name)
            }
            _ => None,
        });
        keys.next()
    };
    let header = |column: &'static str| if column == "id" { "key" } else { column.strip_suffix("_id").expect(column) };
    match link {
        Link::Any(ways) => Hang::Any(ways.iter().map(|way| hang_by(record, field, way.link, target)).collect()),
        Link::Contemporary(of) => Hang::Contemporary(of),
        Link::Within { .. } => panic!("{}.{field}: say what hangs on a record by way of others", record.name),
        Link::Via { table, parent, child, .. } => Hang::Between(target, table, [header(parent), header(child)]),
        Link::Column { table, column } => Hang::Naming(table, header(column)),
        Link::Through { table: "tag", parent: "record_id", .. } => Hang::Topics,
        Link::Through { table: "tag", .. } => Hang::Tagged(Some(target)),
        Link::Through { parent, child, .. } => {
            let named = listed(record.table, (parent, child)).map(|column| Hang::Named(target, column));
            let naming = || listed(target, (child, parent)).map(|column| Hang::Naming(target, column));
            named.or_else(naming).unwrap_or_else(|| panic!("no file has what {}.{field} lists", record.name))
        }
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
    /// As they are written behind `orderBy:`.
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
    let kinds = |field: &Field| schema.targets(field).iter().map(|ty| kind_of(ty)).collect::<Vec<_>>();
    // Timelines have a test of their own.
    for field in schema.lists().filter(|field| !is_timeline(field)) {
        let (kinds, orders) = (kinds(field), schema.orders(field));
        let rows = world.rows.iter().filter(|row| kinds.iter().any(|kind| kind == row.kind)).collect();
        let around = ["{ ".to_owned(), "}".to_owned()];
        lists.push(List { name: field.name.clone(), parent: None, around, field: field.name.clone(), orders, rows });
    }
    for ty in schema.records() {
        for field in schema.get(ty).fields.iter().filter(|f| is_connection(f) && !is_timeline(f)) {
            let (kinds, orders) = (kinds(field), schema.orders(field));
            let mut parents: Vec<_> =
                world.of_kind(&kind_of(ty)).map(|p| (p, hanging(world, ty, &field.name, p))).collect();
            parents.sort_by_key(|(_, rows)| rows.len());
            let most = parents.pop();
            // The longest list of several types is long; another one is short enough to be walked item by item.
            let short = parents.iter().find(|(_, rows)| kinds.len() > 1 && rows.len() > 5).cloned();
            let none = parents.into_iter().next().filter(|(_, rows)| rows.is_empty());
            for (parent, rows) in most.into_iter().chain(short).chain(none) {
                assert!(rows.iter().all(|row| kinds.iter().any(|kind| kind == row.kind)), "{ty}.{}", field.name);
                let head = format!("{{ {}(by: {{key: \"{}\"}}) {{ ", lower_first(ty), parent.key);
                let name = format!("{ty}.{} of {}", field.name, parent.key);
                let around = [head, "} }".to_owned()];
                let (field, orders) = (field.name.clone(), orders.clone());
                lists.push(List { name, parent: Some(parent), around, field, orders, rows });
            }
        }
    }
    lists
}

pub(super) fn hanging<'a>(world: &'a World, ty: &str, field: &str, parent: &Row) -> Vec<&'a Row> {
    hanging_by(world, &hang(ty, field), parent)
}

fn hanging_by<'a>(world: &'a World, hang: &Hang, parent: &Row) -> Vec<&'a Row> {
    let names = |row: &Row, column: &str, key: &str| row.cell(column).split(';').any(|named| named == key);
    let is_of = |kind: &str| kind.is_empty() || kind == parent.kind;
    let tag = |record: &Row, topic: &Row| {
        let tag = [record.kind, &record.key, &topic.key];
        world.tags.iter().any(|t| *t == tag)
    };
    match *hang {
        Hang::Any(ref ways) => {
            let found: Vec<_> = ways.iter().flat_map(|way| hanging_by(world, way, parent)).collect();
            world.rows.iter().filter(|row| found.iter().any(|one| std::ptr::eq(*one, *row))).collect()
        }
        Hang::Between(kind, by, [from, to]) => {
            let is_named = |row: &Row, column: &str, record: &Row| {
                let kind = row.cell(&format!("{column}_kind"));
                row.cell(column) == record.key && (kind.is_empty() || kind == record.kind)
            };
            let between: Vec<_> = world.of_kind(by).filter(|row| is_named(row, from, parent)).collect();
            world.of_kind(kind).filter(|record| between.iter().any(|row| is_named(row, to, record))).collect()
        }
        Hang::Contemporary(of) => {
            let header = |column: &'static str| column.strip_suffix("_id").expect(column);
            let when = world.of_kind(of.during.0).find(|row| row.key == parent.cell(header(of.when)));
            let when = when.filter(|_| parent.cell("activity_kind") == of.during.0);
            let is_related = |row: &&Row| {
                parent.cell("participant_kind") == "official"
                    && row.cell(header(of.column)) == parent.cell(header(of.subject))
                    && when.is_some_and(|when| meet(&days(row, &of.related.1), &days(when, &of.during.1)))
            };
            world.of_kind(of.related.0).filter(is_related).collect()
        }
        Hang::Naming(kind, column) => {
            let of_kind = format!("{column}_kind");
            let naming = |row: &&Row| names(row, column, &parent.key) && is_of(row.cell(&of_kind));
            world.of_kind(kind).filter(naming).collect()
        }
        Hang::Named(kind, column) => world.of_kind(kind).filter(|row| names(parent, column, &row.key)).collect(),
        Hang::Tagged(Some(kind)) => world.of_kind(kind).filter(|row| tag(row, parent)).collect(),
        Hang::Tagged(None) => world.rows.iter().filter(|row| tag(row, parent)).collect(),
        Hang::Topics => world.of_kind("topic").filter(|topic| tag(parent, topic)).collect(),
    }
}

/// The days on which a record can have been: those of its period, and a day for which it is attested.
fn days(row: &Row, period: &Period) -> Vec<(Day, Day)> {
    let date = |[column, ..]: [&str; 3]| Date::parse(row.cell(column)).ok().map(|date| (date.earliest, date.latest));
    let is_open = period.if_missing == IfMissing::Open;
    let between = match (date(period.start), date(period.end)) {
        (Some((first, _)), Some((_, last))) => Some((first, last)),
        (Some((first, latest)), None) => Some((first, if is_open { Day::MAX } else { latest })),
        (None, Some((earliest, last))) => Some((if is_open { Day::MIN } else { earliest }, last)),
        (None, None) => None,
    };
    between.into_iter().chain(period.includes.and_then(date)).collect()
}

fn meet(some: &[(Day, Day)], others: &[(Day, Day)]) -> bool {
    some.iter().any(|(first, last)| others.iter().any(|(from, to)| first <= to && last >= from))
}
