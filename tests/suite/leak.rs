//! The leak guard: nothing that a viewer can ask tells whether a hidden record exists.
//!
//! There are two databases. One holds records of every kind that are hidden, in every relation; the other holds the same
//! world in which they never were: their rows, and all that cannot be shown without them, are left out of its files. Ids and
//! moments are the same. So every answer must be the same, byte for byte; the queries are made from the schema itself.

mod filters;
mod quality;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use coopgraph::{auth::Role, db::parse_type_id};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    columns::{choices, kinds},
    population::{MARKER, Population, Record, is_needed, key},
    support::{Backend, Server, backends},
    walk::{Field, Schema, brief, is_connection, items, kind_of, lower_first, nodes_of, text},
};

/// How many records of a kind have every relation.
const SIZE: usize = 16;
/// How many fields of the root one request asks for.
const BATCH: usize = 40;

/// Hides some of each kind, for partners or for the staff, and marks their texts. A partner sees what is for partners, beside what
/// is hidden.
fn hide(population: &mut Population) {
    let is_partner = population.role == Role::Partner;
    let (kinds, mut seen) = (kinds(), HashMap::<&str, usize>::new());
    for record in &mut population.records {
        let i = seen.entry(record.kind).or_default();
        let kind = kinds.iter().position(|kind| *kind == record.kind).expect("a kind");
        let more = if choices(record.kind).is_empty() { *i == 12 } else { *i % 7 == 3 || *i % 11 == 5 || *i % 13 == 7 };
        // Not the same number for each kind: most records refer to those of like number.
        if more || *i == kind + 1 || *i == SIZE + kinds.len() - 1 - kind {
            record.set("visibility", if i.is_multiple_of(2) && !is_partner { "partner" } else { "internal" });
        } else if is_partner && *i % 5 == 4 {
            record.set("visibility", "partner");
        }
        *i += 1;
    }
    population.mark_hidden();
}

struct Guard {
    backend: Backend,
    schema: Schema,
    population: Population,
    hidden: HashSet<(&'static str, String)>,
    /// What must not stand between quotes in any answer: ids, keys and identifiers of hidden records.
    forbidden: HashSet<String>,
    server: Server,
    /// The database in which the hidden records never were.
    without: Server,
    asked: usize,
    failures: Vec<String>,
}

impl Guard {
    async fn new(backend: Backend, role: Role) -> Self {
        let mut population = Population { role, ..Population::new(SIZE) };
        population.make_doubtful(SIZE);
        hide(&mut population);
        let hidden = population.hidden();
        let (server, without) =
            tokio::join!(population.serve(backend), async { population.without_hidden().serve(backend).await });
        let (server, without) = tokio::join!(server.viewed_by(role), without.viewed_by(role));
        let of_hidden = population.records.iter().filter(|r| hidden.contains(&r.name()));
        let mut forbidden: HashSet<_> = of_hidden.flat_map(|r| [r.id(), r.key.clone()]).collect();
        let identifiers = population.identifiers.iter().filter(|of| hidden.contains(&(of.kind, of.key.clone())));
        forbidden.extend(identifiers.map(|of| of.cells[1].clone()));
        let schema = Schema::of(&server).await;
        Self { backend, schema, population, hidden, forbidden, server, without, asked: 0, failures: Vec::new() }
    }

    fn is_hidden(&self, record: &Record) -> bool {
        self.hidden.contains(&record.name())
    }

    /// Records of a type, hidden or not: some that are marked so themselves, and some that need another.
    fn some(&self, ty: &str, hidden: bool, count: usize) -> Vec<&Record> {
        let kind = kind_of(ty);
        let of_kind = || self.population.records.iter().filter(|r| r.kind == kind && self.is_hidden(r) == hidden);
        let own = of_kind().filter(|r| r.get("visibility") != "public").take(count / 2);
        let other = of_kind().filter(|r| r.get("visibility") == "public").take(count - count / 2);
        own.chain(other).collect()
    }

    /// Asks both; the answers must be the same, their costs included, and without an error.
    async fn ask(&mut self, query: &str) -> Value {
        self.asked += 1;
        let body = json!({ "query": query, "extensions": { "cost": true } });
        let (found, right) = tokio::join!(self.server.text_of(&body), self.without.text_of(&body));
        let leaked: Vec<_> =
            found.split('"').filter(|part| part.contains(MARKER) || self.forbidden.contains(*part)).collect();
        let value: Value = serde_json::from_str(&found).unwrap_or_else(|cause| panic!("{cause}: {found}"));
        assert!(value.get("errors").is_none(), "{query}: {found}");
        if found != right || !leaked.is_empty() {
            let right: Value = serde_json::from_str(&right).expect("JSON");
            let cost = first_difference(&value["extensions"], &right["extensions"], "extensions");
            let data = difference(query, &value["data"], &right["data"]);
            self.failures.push(format!("{leaked:?}: {data}\n  {query:.200}\n    {cost}"));
        }
        value["data"].clone()
    }

    /// Asks for fields of the root, many in one request.
    async fn ask_all(&mut self, fields: &[String]) {
        for batch in fields.chunks(BATCH) {
            let fields: Vec<_> = batch.iter().enumerate().map(|(i, field)| format!("f{i}: {field}\n")).collect();
            self.ask(&format!("{{ {} }}", fields.concat())).await;
        }
    }

    /// Every order of every list, from both ends; names, identifiers and all plain fields.
    async fn lists(&mut self) {
        for list in self.schema.lists().cloned().collect::<Vec<_>>() {
            let orders = self.schema.orders(&list);
            for (i, order) in orders.iter().enumerate() {
                for args in ["first: 100", "last: 3"] {
                    // All texts once; then the sequence.
                    let inner = |ty: &str| {
                        if i == 0 {
                            format!("{}{}", self.schema.leaves(ty), self.own_texts(ty))
                        } else {
                            "key ".to_owned()
                        }
                    };
                    let query = self.schema.ask("Query", &list, &format!("{args}, orderBy: {order}"), &inner);
                    self.ask(&format!("{{ {query} }}")).await;
                }
            }
            self.pages(&list).await;
        }
    }

    /// What a record has beside its plain fields, but for its relations: names, identifiers, dates.
    fn own_texts(&self, record: &str) -> String {
        let own = self.schema.relations(record).into_iter().filter(|f| self.schema.targets(f).is_empty());
        own.map(|field| self.schema.ask(record, field, "", &brief)).collect()
    }

    /// A walk in small pages: every flag and cursor is that of a list without hidden records.
    async fn pages(&mut self, list: &Field) {
        for (size, cursor, flag, end) in
            [("first", "after", "hasNextPage", "endCursor"), ("last", "before", "hasPreviousPage", "startCursor")]
        {
            let mut bound = String::new();
            loop {
                let page =
                    format!("{} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}", nodes_of(list));
                let data = self.ask(&format!("{{ r: {}({size}: 9 {bound}) {{ {page} }} }}", list.name)).await;
                let info = &data["r"]["pageInfo"];
                if info[flag] != true {
                    break;
                }
                bound = format!(", {cursor}: \"{}\"", text(&info[end]));
            }
        }
    }

    /// A cursor that was made up: it stands where a hidden record would.
    async fn forged_cursors(&mut self) {
        let mut fields = Vec::new();
        let lists = self.schema.lists();
        for (list, record) in lists.flat_map(|list| self.schema.targets(list).into_iter().map(move |ty| (list, ty))) {
            let of = self.schema.target(list);
            let of = if self.schema.is_abstract(of) { of.to_owned() } else { kind_of(of) };
            let list = &list.name;
            for hidden in self.some(&record, true, 4) {
                let id = parse_type_id(&hidden.id()).map(|(_, id)| id.simple().to_string()).expect("an id");
                let cursor = URL_SAFE_NO_PAD.encode(format!("{of}:KEY_ASC:{id}:{}", hidden.key));
                let page = "totalCount nodes { ... on Record { key } } pageInfo { hasNextPage hasPreviousPage }";
                for args in [format!("first: 2, after: \"{cursor}\""), format!("last: 2, before: \"{cursor}\"")] {
                    fields.push(format!("{list}({args}, orderBy: KEY_ASC) {{ {page} }}"));
                }
            }
        }
        self.ask_all(&fields).await;
    }

    /// No look-up finds a hidden record.
    async fn look_ups(&mut self) {
        let mut fields = Vec::new();
        for record in self.schema.records() {
            let look_up = &self.schema.look_up(record).name;
            for hidden in self.some(record, true, 6) {
                let id = hidden.id();
                fields.push(format!("{look_up}(by: {{id: \"{id}\"}}) {{ id }}"));
                fields.push(format!("{look_up}(by: {{key: \"{}\"}}) {{ id }}", hidden.key));
                fields.push(format!("node(id: \"{id}\") {{ id }}"));
                fields.push(format!("nodes(ids: [\"{id}\"]) {{ id }}"));
                let own = self.population.identifiers.iter().filter(|i| i.key == hidden.key);
                fields.extend(own.map(|i| {
                    let [scheme, value] = [i.cells[0].to_uppercase(), i.cells[1].clone()];
                    format!("{look_up}(by: {{identifier: {{scheme: {scheme}, value: \"{value}\"}}}}) {{ id }}")
                }));
            }
        }
        assert!(fields.len() > 200, "{} look-ups", fields.len());
        self.ask_all(&fields).await;
    }

    /// All relations of a type, each with `inner` of the records it leads to.
    fn relations(&self, record: &str, page: &str, inner: &dyn Fn(&str) -> String) -> String {
        let mut all = String::new();
        for field in self.schema.relations(record) {
            if !is_connection(field) {
                all += &self.schema.ask(record, field, "", inner);
                continue;
            }
            let nodes = self.schema.select(self.schema.target(field), inner);
            all += &format!("{}{{ totalCount nodes {{ {nodes} }} }} ", self.schema.head(record, field, page));
        }
        all
    }

    /// Every relation of every record, with all that connections and edges have; then the relations of what it leads to, and
    /// the relations of these.
    async fn relations_three_deep(&mut self) {
        for record in self.schema.records().to_vec() {
            let list = self.schema.list(&record).name.clone();
            for field in self.schema.relations(&record).into_iter().cloned().collect::<Vec<_>>() {
                for (size, page) in [(100, ""), (20, "first: 1"), (20, "last: 1")] {
                    if is_connection(&field) || page.is_empty() {
                        let wide = self.schema.ask(&record, &field, page, &brief);
                        self.ask(&format!("{{ r: {list}(first: {size}) {{ nodes {{ {wide} }} }} }}")).await;
                    }
                }
                if self.schema.targets(&field).is_empty() {
                    continue;
                }
                let page = if is_connection(&field) { "first: 2" } else { "" };
                let third = |ty: &str| format!("key {}", self.third(ty));
                let deep = self.schema.head(&record, &field, page) + &self.one_target_deep(&field, &third);
                self.ask(&format!("{{ r: {list}(first: 2) {{ nodes {{ {deep} }} }} }}")).await;
            }
        }
    }

    /// The numbers of different values of all keys of a list.
    fn distinct_values(&self, items: &str) -> String {
        let keys = &self.schema.get(&format!("{items}GroupKey")).values;
        keys.iter().map(|key| format!("{key}: distinct(of: {key}) ")).collect()
    }

    /// A list by each of its keys, and in the order of how many different values of each it has.
    fn groups_by_each_key(&self, list: &str, items: &str, distinct: &str) -> Vec<String> {
        let keys = &self.schema.get(&format!("{items}GroupKey")).values;
        let group = format!("count keys {{ value record {{ id key }} }} {distinct}");
        let by_each = keys
            .iter()
            .map(|key| format!("{list} {{ groups(by: {key}, first: 100) {{ totalCount nodes {{ {group} }} }} }}"));
        let counted = keys.iter().map(|key| {
            let args = format!("by: {}, countDistinct: {key}, first: 100", keys[0]);
            format!("{list} {{ groups({args}) {{ nodes {{ count keys {{ value record {{ key }} }} }} }} }}")
        });
        by_each.chain(counted).collect()
    }

    /// Groups by every key: hidden records are in no group, and tell none apart.
    async fn groups(&mut self) {
        let mut fields = Vec::new();
        // Of several types.
        for (list, items) in [("activities", "Activity"), ("timeline", "TimelineEntry")] {
            let distinct = self.distinct_values(items);
            fields.extend(self.groups_by_each_key(list, items, &distinct));
            fields.push(format!("{list} {{ {} }}", self.schema.ask_groups(&format!("{items}Connection"))));
        }
        let distinct = self.distinct_values("Record");
        let of_topics = self.groups_by_each_key("records", "Record", &distinct);
        fields.extend(of_topics.into_iter().map(|field| format!("topics {{ nodes {{ {field} }} }}")));
        fields.push(format!("topics {{ nodes {{ records {{ {} }} }} }}", self.schema.ask_groups("RecordConnection")));
        for record in self.schema.records() {
            let list = &self.schema.list(record).name;
            let keys = &self.schema.get(&format!("{record}GroupKey")).values;
            let distinct = self.distinct_values(record);
            fields.extend(self.groups_by_each_key(list, record, &distinct));
            let all = self.schema.ask_groups(&self.schema.list(record).ty.name);
            fields.push(format!("{list} {{ {all} }}"));
            // By the topics of one kind, by the cities of one kind and so on.
            for (key, of) in [("TOPICS", "Topic"), ("MEMBERS", "City"), ("PARTICIPANT", "Official")] {
                let tests = self.own_tests(of, true).into_iter().filter(|_| keys.iter().any(|known| known == key));
                fields.extend(tests.map(|test| {
                    let args = format!("by: {key}, filter: {{{}: {test}}}", lower_first(of));
                    format!(
                        "{list} {{ groups({args}) {{ totalCount nodes {{ count keys {{ record {{ key }} }} }} }} }}"
                    )
                }));
            }
            // Of each city, of each visit and so on.
            for field in self.schema.relations(record) {
                let target = self.schema.target(field);
                if !is_connection(field) || !self.schema.is_record(target) {
                    continue;
                }
                let all = self.schema.ask_groups(&field.ty.name);
                fields.push(format!("{list}(first: 30) {{ nodes {{ {} {{ {all} }} }} }}", field.name));
                for key in &self.schema.get(&format!("{target}GroupKey")).values {
                    let groups = format!(
                        "groups(by: {key}) {{ totalCount nodes {{ count keys {{ value record {{ key }} }} }} }}"
                    );
                    fields.push(format!("{list}(first: 30) {{ nodes {{ {} {{ {groups} }} }} }}", field.name));
                }
            }
        }
        assert!(fields.len() > 500, "{} groupings", fields.len());
        self.ask_all(&fields).await;
    }

    /// Searches for the words of all records, as they are, as beginnings and misspelled.
    async fn searches(&mut self) {
        let mut words: HashSet<String> = ["leak", MARKER].map(str::to_owned).into();
        for record in &self.population.records {
            let cells = record.cells.iter().filter(|(_, cell)| cell.len() < 60);
            let of_record = cells.flat_map(|(_, cell)| cell.split(|c: char| !c.is_alphanumeric()));
            words.extend(of_record.filter(|word| word.chars().count() > 1).map(str::to_lowercase));
        }
        // Those of hidden records are among them; all would take too long.
        let mut words: Vec<_> = words.into_iter().collect();
        words.sort_unstable();
        let step = words.len().div_ceil(200);
        let mut fields = Vec::new();
        for (i, word) in words.iter().step_by(step).enumerate() {
            let characters: Vec<char> = word.chars().collect();
            let beginning: String = characters[..characters.len().div_ceil(2)].iter().collect();
            let misspelled: String = characters[1..].iter().collect();
            let kinds = if i % 3 == 0 { ", kinds: [VISIT, CITY]" } else { "" };
            for query in [format!("{word} "), beginning, misspelled, format!("{word}x")] {
                let all = self.schema.search(&format!("query: \"{query}\", first: 9{kinds}"), &brief);
                fields.push(all);
            }
        }
        assert!(fields.len() > 500, "{} searches", fields.len());
        self.ask_all(&fields).await;
    }

    fn one_target_deep(&self, field: &Field, third: &dyn Fn(&str) -> String) -> String {
        let inner = |ty: &str| self.relations(ty, "first: 1", third);
        if is_connection(field) {
            return format!("{{ nodes {{ {} }} }}", self.schema.select(self.schema.target(field), &inner));
        }
        format!("{{ {} }}", self.schema.select(&field.ty.name, &inner))
    }

    /// The relations of the third level: those that can lead to hidden records.
    fn third(&self, record: &str) -> String {
        self.relations(record, "", &|_| "key ".to_owned())
    }
}

/// Where two answers differ: the fields of the root, as they were asked, and the first place.
fn difference(query: &str, found: &Value, right: &Value) -> String {
    let names =
        found.as_object().into_iter().flatten().map(|(name, _)| name).filter(|name| found[*name] != right[*name]);
    let mut lines = String::new();
    for name in names {
        let asked = query
            .lines()
            .find(|line| line.trim_start_matches(['{', ' ']).starts_with(&format!("{name}:")))
            .unwrap_or(query);
        lines += &format!("\n  {:.400}\n    {}", asked, first_difference(&found[name], &right[name], ""));
    }
    lines
}

fn first_difference(found: &Value, right: &Value, path: &str) -> String {
    match (found, right) {
        (Value::Object(a), Value::Object(b)) => {
            let name = a.keys().find(|name| a.get(*name) != b.get(*name)).cloned().unwrap_or_default();
            first_difference(&found[&name], &right[&name], &format!("{path}.{name}"))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let i = (0..a.len()).find(|i| a[*i] != b[*i]).unwrap_or_default();
            first_difference(&a[i], &b[i], &format!("{path}[{i}]"))
        }
        _ => format!("{path}: found {:.100}, right is {:.100}", found.to_string(), right.to_string()),
    }
}

/// The relations of visible records that lead to hidden ones: those whose answers change if nothing is hidden.
async fn relations_at_stake(guard: &Guard) -> BTreeSet<String> {
    let public = guard.population.all_public().serve(guard.backend).await;
    guard.quality_is_at_stake(&public).await;
    let mut at_stake = BTreeSet::new();
    for record in guard.schema.records() {
        let visible: Vec<_> = guard.some(record, false, 1000).iter().map(|r| r.key.clone()).collect();
        for field in guard.schema.relations(record) {
            let wide = guard.schema.ask(record, field, "", &brief);
            for keys in visible.chunks(100) {
                let list = &guard.schema.list(record).name;
                let query = format!(
                    "{{ r: {list}(first: 100, filter: {{key: {{in: {}}}}}) {{ nodes {{ {wide} }} }} }}",
                    Value::from(keys)
                );
                let (found, all) = tokio::join!(guard.server.text(&query, json!({})), public.text(&query, json!({})));
                if found != all {
                    at_stake.insert(format!("{record}.{}", field.name));
                }
            }
        }
    }
    at_stake
}

/// The guard guards something: every relation that can be without some of its records is so, for a visible parent.
async fn everything_is_at_stake(guard: &Guard) {
    for kind in kinds() {
        let of_kind = || guard.population.records.iter().filter(|r| r.kind == kind);
        let hidden = of_kind().filter(|r| guard.is_hidden(r)).count();
        assert!(hidden >= 2 && hidden < of_kind().count() - 2, "{hidden} of {kind} are hidden");
    }
    let at_stake = relations_at_stake(guard).await;
    let mut safe = BTreeMap::new();
    for record in guard.schema.records() {
        for field in guard.schema.relations(record).into_iter().filter(|f| !guard.schema.targets(f).is_empty()) {
            let path = format!("{record}.{}", field.name);
            if !at_stake.contains(&path) {
                // A record is hidden together with those that it cannot be shown without.
                let needed = is_needed(&kind_of(record), &field.name);
                safe.insert(path, needed);
            }
        }
    }
    let wrong: Vec<_> = safe.iter().filter(|(_, needed)| !**needed).map(|(path, _)| path).collect();
    assert!(wrong.is_empty(), "no visible record leads to a hidden one by {wrong:?}");
}

async fn guard(backend: Backend, role: Role) {
    let mut guard = Guard::new(backend, role).await;
    everything_is_at_stake(&guard).await;
    guard.look_ups().await;
    guard.lists().await;
    guard.forged_cursors().await;
    guard.filters().await;
    guard.quality().await;
    guard.groups().await;
    guard.searches().await;
    guard.relations_three_deep().await;
    let failures = &guard.failures;
    assert!(
        failures.is_empty(),
        "{backend}: {} answers tell of hidden records:\n{}",
        failures.len(),
        failures.join("\n")
    );
    let (_, left) = guard.schema.not_covered();
    let expected = |path: &String| !path.starts_with("Query.") && !path.starts_with("CityPartnership");
    assert_eq!(
        left.into_iter().filter(expected).collect::<Vec<_>>(),
        Vec::<String>::new(),
        "fields that no query was made for"
    );
    eprintln!("{backend}, {role:?}: {} answers are those of a world without hidden records", guard.asked);
}

/// Look-ups, lists in every order, pages and their cursors, counts, filters, relations to the third level: every answer is
/// the one of a database in which the hidden records never were.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_tells_of_a_hidden_record() {
    join_all(backends().into_iter().map(|backend| guard(backend, Role::Reader))).await;
}

/// The same for a partner: of what is internal.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_tells_a_partner_of_an_internal_record() {
    join_all(backends().into_iter().map(|backend| guard(backend, Role::Partner))).await;
}

/// A citation of a citation of … of a hidden record is hidden, however long the chain.
#[tokio::test(flavor = "multi_thread")]
async fn long_chains_of_need_are_hidden_to_their_end() {
    for backend in backends() {
        let mut population = Population::default();
        let cell = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut source = Population::new(4).records.into_iter().find(|r| r.kind == "source").expect("a source");
        source.set("derives_from", "");
        population.records.push(source);
        for i in 0..40_usize {
            let (kind, record) =
                if i == 0 { ("source", key("source", 0)) } else { ("citation", key("citation", i - 1)) };
            let cells = vec![
                cell("record_kind", kind),
                cell("record", &record),
                cell("field", "record"),
                cell("claimed_value", ""),
                cell("source", &key("source", 0)),
                cell("stance", "supports"),
            ];
            population.add("citation", key("citation", i), cells);
        }
        population.records[1].set("visibility", "internal");
        let server = population.serve(backend).await;
        let data = server.data("{ citations(first: 100) { totalCount nodes { key } } }", json!({})).await;
        let shown: Vec<_> = items(&data["citations"]["nodes"]).map(|node| text(&node["key"])).collect();
        assert_eq!(shown, Vec::<String>::new(), "{backend}: these need a hidden record");
        assert_eq!(data["citations"]["totalCount"], 0);
    }
}
