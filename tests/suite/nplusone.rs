//! The N+1 guard: how many statements a field takes does not depend on how many parents it is asked of.
//!
//! The queries are made from the schema itself, so a new field is guarded as soon as it exists. None of them takes more
//! statements than it was charged for.

mod prices;
mod quality;

use std::collections::{BTreeSet, HashMap};

use futures_util::future::join_all;
use serde_json::{Value, json};

use self::prices::Prices;
use crate::{
    columns::kinds,
    population::{Population, key},
    support::{Backend, Server, backends},
    walk::{Field, Schema, brief, is_connection, is_network, is_timeline, items, kind_of, lower_first, order_of, text},
};

/// One parent, and many.
const SIZES: [usize; 2] = [1, 50];

/// A filter that lets only records pass whose reference leads to one type, so that one parent and many need the same
/// tables; one for each type that the field can lead to.
fn by_target(schema: &Schema, field: &Field) -> Vec<(String, String)> {
    if !schema.is_abstract(&field.ty.name) {
        return vec![(field.ty.name.clone(), String::new())];
    }
    let targets = schema.targets(field).into_iter();
    targets.map(|ty| (ty.clone(), format!(", filter: {{{}: {{{}: {{}}}}}}", field.name, lower_first(&ty)))).collect()
}

struct Guard {
    backend: Backend,
    server: Server,
    schema: Schema,
    prices: Prices,
    asked: usize,
    /// How many statements a selection takes, where that was asked already.
    known: HashMap<String, usize>,
    /// The parts of connections that were looked into.
    seen: BTreeSet<String>,
    failures: Vec<String>,
}

/// What a query took, and what it gave.
struct Taken {
    statements: Vec<String>,
    data: Value,
}

impl Guard {
    async fn new(backend: Backend) -> Self {
        let server = Population::new(60).serve(backend).await;
        let schema = Schema::of(&server).await;
        // Whoever asks first builds the networks.
        for list in ["cities", "officials"] {
            server
                .data(&format!("{{ {list}(first: 1) {{ nodes {{ network {{ componentSize }} }} }} }}"), json!({}))
                .await;
        }
        Self {
            backend,
            server,
            schema,
            prices: Prices::new(),
            asked: 0,
            known: HashMap::new(),
            seen: BTreeSet::new(),
            failures: Vec::new(),
        }
    }

    async fn take(&mut self, query: &str) -> Taken {
        self.asked += 1;
        self.server.data.take_statements();
        let data = self.server.data(query, json!({})).await;
        let statements = self.server.data.take_statements();
        let paid = self.prices.statements(query);
        if statements.len() as u64 > paid {
            self.failures.push(format!("{} statements, charged for {paid}: {query}", statements.len()));
        }
        Taken { statements, data }
    }

    /// Asks for `selection` on the first records of a type.
    async fn of_records(&mut self, record: &str, size: usize, filter: &str, selection: &str) -> Taken {
        let list =
            self.schema.head("Query", self.schema.list(record), &format!("first: {size}, orderBy: KEY_ASC{filter}"));
        let taken = self.take(&format!("{{ r: {list} {{ nodes {{ {selection} }} }} }}")).await;
        let found = items(&taken.data["r"]["nodes"]).count();
        assert_eq!(found, size, "the population has too few of {record}{filter}");
        taken
    }

    /// One parent and many take the same number of statements; where records of several types may come back, each type more
    /// takes at most one more.
    async fn compare(&mut self, record: &str, filter: &str, selection: &str) -> Taken {
        let one = self.of_records(record, SIZES[0], filter, selection).await;
        let many = self.of_records(record, SIZES[1], filter, selection).await;
        let more_types = types(&many.data).difference(&types(&one.data)).count();
        if !same(one.statements.len(), many.statements.len(), more_types) {
            self.failures.push(format!(
                "{record}{filter} {{ {selection} }}: {} statements from one parent, {} from many (which lead to {more_types} more types)",
                one.statements.len(),
                many.statements.len()
            ));
        }
        one
    }

    /// Asks for a relation in every way that there is: a whole list, a page behind a cursor, a page before one.
    async fn relation(&mut self, record: &str, field: &Field) {
        for (_, filter) in by_target(&self.schema, field) {
            for args in self.pages(record, field).await {
                let selection = self.schema.ask(record, field, &args, &brief);
                let one = self.compare(record, &filter, &selection).await;
                let found = &one.data["r"]["nodes"][0][&field.name];
                let filled = if is_connection(field) {
                    found["totalCount"] != 0
                } else {
                    !found.is_null() && *found != json!([])
                };
                assert!(filled, "the population leaves {record}.{} empty", field.name);
            }
        }
    }

    /// The arguments of pages to ask a field for; nothing for what is no connection.
    async fn pages(&mut self, record: &str, field: &Field) -> Vec<String> {
        if !is_connection(field) {
            return vec![String::new()];
        }
        let [first, last] = self.cursors(record, field).await;
        let order = order_of(field);
        vec![
            format!("first: 1, orderBy: {order}"),
            format!("first: 1, after: \"{first}\", orderBy: {order}"),
            format!("last: 1, before: \"{last}\", orderBy: {order}"),
        ]
    }

    /// Cursors of a list that a field leads to, at the first and at the last record of it or of all.
    async fn cursors(&mut self, record: &str, field: &Field) -> [String; 2] {
        let target = self.schema.target(field);
        let is_of_several = self.schema.is_abstract(target) || is_timeline(field);
        let list = if is_of_several { &field.name } else { &self.schema.list(target).name };
        let order = order_of(field);
        let page = |args: &str| format!("{args}: {list}({args}: 1, orderBy: {order}) {{ pageInfo {{ startCursor }} }}");
        let pages = format!("{} {}", page("first"), page("last"));
        // Not each list of several types is at the root.
        let of_first =
            || format!("r: {}(first: 1, orderBy: KEY_ASC) {{ nodes {{ {pages} }} }}", self.schema.list(record).name);
        let query = if is_of_several { of_first() } else { pages.clone() };
        let data = self.take(&format!("{{ {query} }}")).await.data;
        let data = if is_of_several { &data["r"]["nodes"][0] } else { &data };
        ["first", "last"].map(|end| text(&data[end]["pageInfo"]["startCursor"]))
    }

    /// How many statements a part of a list takes at most: one for each type of its records, and for each thing that can happen
    /// to those of a timeline.
    fn statements_of(&self, record: &str, field: &Field) -> usize {
        if is_timeline(field) {
            let model = coopgraph::domain::model();
            let of = model.types().find(|of| of.name == record).expect(record);
            return of.timeline.iter().map(|(table, _)| model.record_type(table).moments.len()).sum();
        }
        if is_network(field) {
            // The version of the data set, and for each list of records in it one for each of their types; and two look-ups.
            return 1 + self.lists_of_records(&field.ty.name) + 2;
        }
        if is_connection(field) { self.schema.targets(field).len() } else { 1 }
    }

    /// How many lists of records there are below a type that is no record, each counted once for each type of its records.
    fn lists_of_records(&self, ty: &str) -> usize {
        let of_field = |field: &Field| match field.ty.name.as_str() {
            ty if self.schema.is_record(ty) || self.schema.is_abstract(ty) => self.schema.members(ty).len(),
            ty => self.lists_of_records(ty),
        };
        self.schema.relations(ty).into_iter().map(of_field).sum()
    }

    /// Asks for every relation of what a relation leads to.
    async fn relation_of_relation(&mut self, record: &str, field: &Field) {
        for (ty, filter) in by_target(&self.schema, field) {
            if self.schema.targets(field).is_empty() {
                continue;
            }
            // Of a list of several types, one type after the other.
            let types = if is_connection(field) { self.schema.targets(field) } else { vec![ty] };
            for ty in types {
                let page = match (is_connection(field), self.schema.is_abstract(self.schema.target(field))) {
                    (true, true) => format!("first: 2, filter: {{{}: {{}}}}", lower_first(&ty)),
                    (true, false) => "first: 2".to_owned(),
                    (false, _) => String::new(),
                };
                let selection = self.schema.ask(record, field, &page, &|reached| {
                    if reached == ty { self.all_relations(reached) } else { "id ".to_owned() }
                });
                self.compare(record, &filter, &selection).await;
            }
        }
    }

    fn all_relations(&self, record: &str) -> String {
        let relations = self.schema.relations(record).into_iter();
        relations
            .map(|field| {
                self.schema
                    .ask(record, field, if is_connection(field) { "first: 2" } else { "" }, &|_| "id ".to_owned())
            })
            .collect()
    }

    /// What `more` adds to `less`, on many parents: at most so many statements.
    async fn adds(&mut self, most: usize, record: &str, filter: &str, path: &str, [less, more]: [&str; 2]) {
        let less = self.count(record, filter, less).await;
        let count = self.count(record, filter, more).await;
        if count > less + most {
            self.failures.push(format!("{path} takes {} statements: {record} {{ {more} }}", count - less));
        }
    }

    async fn count(&mut self, record: &str, filter: &str, selection: &str) -> usize {
        let query = format!("{record}{filter} {selection}");
        if let Some(known) = self.known.get(&query) {
            return *known;
        }
        let count = self.of_records(record, SIZES[1], filter, selection).await.statements.len();
        self.known.insert(query, count);
        count
    }

    /// Each field adds at most one statement to those of the fields around it.
    async fn one_for_each_field(&mut self, record: &str, field: &Field) {
        let ty = self.schema.get(&field.ty.name).clone();
        let head = self.schema.head(record, field, "");
        let most = self.statements_of(record, field);
        for (_, filter) in by_target(&self.schema, field) {
            let path = format!("{record}.{}", field.name);
            if !is_connection(field) {
                let whole = self.schema.ask(record, field, "", &brief);
                self.adds(most, record, &filter, &path, ["id", &whole]).await;
                continue;
            }
            for part in &ty.fields {
                let path = format!("{}.{}", field.ty.name, part.name);
                let part_head = self.schema.head(&field.ty.name, part, "");
                if !self.schema.is_composite(&part.ty.name) {
                    self.adds(most, record, &filter, &path, ["id", &format!("{head} {{ {part_head} }}")]).await;
                    continue;
                }
                let plain = format!("{head} {{ {part_head} {{ __typename }} }}");
                self.adds(most, record, &filter, &path, ["id", &plain]).await;
                // What hangs on edges and on `pageInfo` is the same for all lists of one type.
                if !self.seen.insert(path) {
                    continue;
                }
                for inner in self.schema.get(&part.ty.name).clone().fields {
                    let below = if self.schema.is_composite(&inner.ty.name) { "{ __typename }" } else { "" };
                    let path = format!("{}.{}", part.ty.name, inner.name);
                    let more = format!("{head} {{ {part_head} {{ {} {below} }} }}", inner.name);
                    // Of records, that is asked elsewhere.
                    if !self.schema.is_record(&part.ty.name) && !self.schema.is_abstract(&part.ty.name) {
                        self.adds(most, record, &filter, &path, [&plain, &more]).await;
                    }
                }
                if part.name == "groups" {
                    let all = self.schema.ask_groups(&field.ty.name);
                    self.of_records(record, SIZES[1], &filter, &format!("{head} {{ {all} }}")).await;
                    self.of_groups(record, &filter, &format!("{head} {{ {part_head}"), &part.ty.name).await;
                }
            }
        }
    }

    /// Each field of a group adds a statement at most, and its latest record another one.
    async fn of_groups(&mut self, record: &str, filter: &str, head: &str, connection: &str) {
        let group = connection.trim_end_matches("Connection");
        let nodes = |selection: &str| format!("{head} {{ nodes {{ count {selection} }} }} }}");
        for field in self.schema.get(group).clone().fields {
            let path = format!("{group}.{}", field.name);
            let selection = if self.schema.is_composite(&field.ty.name) {
                self.schema.ask(group, &field, "", &brief)
            } else {
                self.schema.head(group, &field, "")
            };
            // A key can lead to records of all types.
            let most = match field.name.as_str() {
                "keys" => self.schema.records().len(),
                "latest" => 2,
                _ => 1,
            };
            self.adds(most, record, filter, &path, [&nodes(""), &nodes(&selection)]).await;
        }
    }

    /// The fields of the root, with one record and with many.
    async fn root(&mut self) {
        for record in self.schema.records().to_vec() {
            let list = self.schema.list(&record).clone();
            let mut found = Vec::new();
            for size in SIZES {
                let selection =
                    self.schema.ask("Query", &list, &format!("first: {size}"), &|ty| self.all_relations(ty));
                found.push(self.take(&format!("{{ r: {selection} }}")).await);
            }
            self.same(&format!("Query.{}", list.name), &found);
            let kind = kind_of(&record);
            let by = format!("by: {{key: \"{}\"}}", key(&kind, 0));
            let look_up = self.schema.look_up(&record).clone();
            self.look_up(&record, &look_up, &by).await;
            self.nodes(&record).await;
        }
    }

    /// The lists at the root of records of several types, one type after the other.
    async fn lists_of_several_types(&mut self) {
        let lists = self.schema.lists().filter(|list| self.schema.is_abstract(self.schema.target(list)));
        for list in lists.cloned().collect::<Vec<_>>() {
            let types = self.schema.targets(&list);
            for ty in &types {
                let mut found = Vec::new();
                for size in SIZES {
                    let args = format!("first: {size}, filter: {{{}: {{}}}}", lower_first(ty));
                    let inner = |reached: &str| if reached == ty { self.all_relations(ty) } else { "id ".to_owned() };
                    let selection = self.schema.ask("Query", &list, &args, &inner);
                    found.push(self.take(&format!("{{ r: {selection} }}")).await);
                    let last = found.last().expect("an answer");
                    assert_eq!(items(&last.data["r"]["nodes"]).count(), size, "the population has too few of {ty}");
                }
                self.same(&format!("Query.{}, {ty}", list.name), &found);
            }
            // All types together, mixed: a page and a count for each type, however many records there are.
            for size in SIZES {
                let query = format!("{{ {}(first: {size}) {{ totalCount nodes {{ __typename }} }} }}", list.name);
                let taken = self.take(&query).await;
                assert_eq!(taken.statements.len(), 2 * types.len(), "{query}");
            }
            // Their groups take one for all types; and what hangs on them is paid for.
            let query = format!("{{ {} {{ groups(by: TYPE) {{ nodes {{ count keys {{ value }} }} }} }} }}", list.name);
            assert_eq!(self.take(&query).await.statements.len(), 1, "{query}");
            let groups = self.schema.ask_groups(&list.ty.name);
            self.take(&format!("{{ {} {{ {groups} }} }}", list.name)).await;
        }
    }

    /// Searches that find one record, and many, of each type.
    async fn searches(&mut self) {
        for record in self.schema.records().to_vec() {
            let kind = kind_of(&record);
            let mut found = Vec::new();
            for size in SIZES {
                let (words, of) = (kind.replace('_', " "), kind.to_uppercase());
                let args = format!("query: \"{words}\", kinds: [{of}], first: {size}");
                let inner =
                    |reached: &str| if reached == record { self.all_relations(reached) } else { "id ".to_owned() };
                let selection = self.schema.search(&args, &inner);
                found.push(self.take(&format!("{{ r: {selection} }}")).await);
                let last = found.last().expect("an answer");
                assert_eq!(items(&last.data["r"]["nodes"]).count(), size, "a search finds too few of {record}");
            }
            self.same(&format!("Query.search, {record}"), &found);
        }
        // A typing error, and nothing at all: the price covers that, too.
        for query in ["partnersihp", "nothing has these words", "partnersihp nothing"] {
            let selection = self.schema.search(&format!("query: \"{query}\", first: 1"), &brief);
            self.take(&format!("{{ r: {selection} }}")).await;
        }
    }

    /// The timeline of all records: a page and a count for each thing that can happen, however many there are.
    async fn timeline(&mut self) {
        let timeline = self.schema.lists().find(|list| is_timeline(list)).expect("a timeline").clone();
        let moments = coopgraph::domain::model().moments().count();
        for size in SIZES {
            let selection = self.schema.ask("Query", &timeline, &format!("first: {size}"), &brief);
            let taken = self.take(&format!("{{ {selection} }}")).await;
            // What the records have of their own takes one statement for each of their types.
            let least = 2 * moments;
            assert_eq!(items(&taken.data["timeline"]["nodes"]).count(), size);
            assert!(
                (least..=least + 4 * kinds().len()).contains(&taken.statements.len()),
                "{}",
                taken.statements.len()
            );
            let plain = format!(
                "{{ timeline(first: {size}) {{ totalCount nodes {{ kind date {{ edtf }} record {{ key }} }} }} }}"
            );
            assert_eq!(self.take(&plain).await.statements.len(), least, "{plain}");
        }
    }

    async fn look_up(&mut self, record: &str, field: &Field, by: &str) {
        let mut plain = field.clone();
        plain.args.clear();
        let query = format!("{{ r: {} }}", self.schema.ask("Query", &plain, by, &brief));
        let taken = self.take(&query).await;
        assert!(taken.data["r"]["id"].is_string(), "no {record} is found by {by}");
        if taken.statements.len() != 1 {
            self.failures.push(format!("{query} takes {} statements", taken.statements.len()));
        }
    }

    /// `node` and `nodes`, with all relations of what they lead to.
    async fn nodes(&mut self, record: &str) {
        let list = &self.schema.list(record).name;
        let data = self.take(&format!("{{ r: {list}(first: 50, orderBy: KEY_ASC) {{ nodes {{ id }} }} }}")).await.data;
        let ids: Vec<_> = items(&data["r"]["nodes"]).map(|node| node["id"].clone()).collect();
        let fields = self.schema.get("Query").fields.clone();
        let mut found = Vec::new();
        for size in SIZES {
            let mut nodes = fields.iter().find(|f| f.name == "nodes").expect("nodes").clone();
            nodes.args.clear();
            let args = format!("ids: {}", Value::from(&ids[..size]));
            let select = |ty: &str| if ty == record { self.all_relations(ty) } else { String::new() } + "id ";
            let query = format!("{{ r: {} }}", self.schema.ask("Query", &nodes, &args, &select));
            found.push(self.take(&query).await);
        }
        self.same(&format!("Query.nodes, {record}"), &found);
        let node = fields.iter().find(|f| f.name == "node").expect("node");
        self.look_up(record, node, &format!("id: {}", ids[0])).await;
    }

    fn same(&mut self, path: &str, found: &[Taken]) {
        let counts: Vec<_> = found.iter().map(|taken| taken.statements.len()).collect();
        let more_types = types(&found[1].data).difference(&types(&found[0].data)).count();
        if !same(counts[0], counts[1], more_types) {
            self.failures.push(format!("{path}: {counts:?} statements, {more_types} more types"));
        }
    }
}

/// Whether the number of statements does not depend on that of the parents. Each type that more of them lead to may take
/// one more, unless its records ride along with the parents.
fn same(one: usize, many: usize, more_types: usize) -> bool {
    (one..=one + more_types).contains(&many)
}

/// The types at the fields where several are possible: where, and which; and where lists of networks are not empty.
fn types(data: &Value) -> BTreeSet<String> {
    fn visit(value: &Value, path: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    match (name.as_str(), field.as_str()) {
                        ("__typename", Some(ty)) => {
                            found.insert(format!("{path} {ty}"));
                        }
                        _ => visit(field, &format!("{path}.{name}"), found),
                    }
                }
            }
            Value::Array(items) => {
                // Of a list of a network, it is known without a statement that it is empty.
                if path.contains("network.") && !items.is_empty() {
                    found.insert(format!("{path} is filled"));
                }
                for item in items {
                    visit(item, path, found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    visit(data, "", &mut found);
    found
}

async fn guard(backend: Backend) {
    let mut guard = Guard::new(backend).await;
    assert_eq!(guard.schema.records().len(), kinds().len());
    guard.root().await;
    guard.lists_of_several_types().await;
    guard.searches().await;
    guard.timeline().await;
    guard.quality().await;
    for record in guard.schema.records().to_vec() {
        for field in guard.schema.relations(&record).into_iter().cloned().collect::<Vec<_>>() {
            guard.relation(&record, &field).await;
            guard.all_types(&record, &field).await;
            guard.one_for_each_field(&record, &field).await;
            guard.relation_of_relation(&record, &field).await;
        }
    }
    assert!(guard.failures.is_empty(), "{}:\n{}", guard.backend, guard.failures.join("\n"));
    let (all, left) = guard.schema.not_covered();
    assert_eq!(left, Vec::<String>::new(), "fields that no query was made for");
    assert!(all > 200 && guard.asked > 2 * all, "{all} fields, {} queries", guard.asked);
    eprintln!("{backend}: {all} fields that lead to objects, {} queries", guard.asked);
}

/// Every field that leads to objects takes the same number of statements from 1 parent and from 50, two levels deep; and
/// at most one of its own.
#[tokio::test(flavor = "multi_thread")]
async fn no_field_takes_more_statements_from_more_parents() {
    join_all(backends().into_iter().map(guard)).await;
}
