//! The schema, as introspection tells it, and queries made from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use serde_json::{Value, json};

use crate::{population::key, support::Server};

/// A type, without the wrappers around it.
#[derive(Clone, Debug)]
pub struct Ref {
    pub name: String,
    pub list: bool,
    /// Not `null`, at the outside.
    pub required: bool,
}

/// An argument, or a field of an input object.
#[derive(Clone, Debug)]
pub struct Input {
    pub name: String,
    pub ty: Ref,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub args: Vec<Input>,
    pub ty: Ref,
}

#[derive(Clone, Debug)]
pub struct Type {
    pub kind: String,
    pub fields: Vec<Field>,
    pub inputs: Vec<Input>,
    pub values: Vec<String>,
    /// Of an interface or a union: the object types.
    pub possible: Vec<String>,
}

pub struct Schema {
    types: BTreeMap<String, Type>,
    /// The fields, `Type.field`, that queries were made for.
    covered: Mutex<BTreeSet<String>>,
}

const REF: &str = "type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

impl Schema {
    /// Asks a server.
    pub async fn of(server: &Server) -> Self {
        let query = format!(
            "{{ __schema {{ types {{ kind name possibleTypes {{ name }} enumValues {{ name }} inputFields {{ name {REF} }} \
             fields {{ name {REF} args {{ name {REF} }} }} }} }} }}"
        );
        let data = server.data(&query, json!({})).await;
        let types = items(&data["__schema"]["types"]).map(|ty| (text(&ty["name"]), read_type(ty)));
        let types = types.filter(|(name, _)| !name.starts_with("__")).collect();
        Self { types, covered: Mutex::default() }
    }

    pub fn get(&self, name: &str) -> &Type {
        self.types.get(name).unwrap_or_else(|| panic!("no type {name}"))
    }

    /// Whether a type has fields to select.
    pub fn is_composite(&self, name: &str) -> bool {
        matches!(self.get(name).kind.as_str(), "OBJECT" | "INTERFACE" | "UNION")
    }

    /// Whether there is a type of this name that has fields to select.
    pub fn is_composite_name(&self, name: &str) -> bool {
        self.types.contains_key(name) && self.is_composite(name)
    }

    pub fn is_abstract(&self, name: &str) -> bool {
        matches!(self.get(name).kind.as_str(), "INTERFACE" | "UNION")
    }

    /// The types of records.
    pub fn records(&self) -> &[String] {
        &self.get("Node").possible
    }

    pub fn is_record(&self, name: &str) -> bool {
        self.records().iter().any(|r| r == name)
    }

    /// The fields of a type that lead to objects.
    pub fn relations(&self, name: &str) -> Vec<&Field> {
        self.get(name).fields.iter().filter(|f| self.is_composite(&f.ty.name)).collect()
    }

    /// The type that a field leads to, through a connection if need be.
    pub fn target<'a>(&'a self, field: &'a Field) -> &'a str {
        let nodes = self.get(&field.ty.name).fields.iter().find(|f| f.name == "nodes");
        nodes.filter(|_| is_connection(field)).map_or(&field.ty.name, |f| &f.ty.name)
    }

    /// The types of records that a field leads to, through a connection if need be.
    pub fn targets(&self, field: &Field) -> Vec<String> {
        self.members(self.target(field)).into_iter().filter(|n| self.is_record(n)).collect()
    }

    /// The object types of an interface or a union; another type itself.
    pub fn members(&self, name: &str) -> Vec<String> {
        if self.is_abstract(name) { self.get(name).possible.clone() } else { vec![name.to_owned()] }
    }

    /// The lists at the root: of records of one type each, and of several.
    pub fn lists(&self) -> impl Iterator<Item = &Field> {
        let is_list = |field: &&Field| is_connection(field) && field.args.iter().any(|a| a.name == "orderBy");
        self.get("Query").fields.iter().filter(is_list)
    }

    /// A search for a text, with everything that a client can ask of what it finds.
    pub fn search(&self, args: &str, inner: &dyn Fn(&str) -> String) -> String {
        let field = self.get("Query").fields.iter().find(|field| field.name == "search").expect("a search");
        let mut plain = field.clone();
        plain.args.clear();
        self.ask("Query", &plain, args, inner)
    }

    /// The list of all records of a type.
    pub fn list(&self, record: &str) -> &Field {
        let connection = format!("{record}Connection");
        let mut lists = self.get("Query").fields.iter().filter(|f| f.ty.name == connection);
        lists.next().unwrap_or_else(|| panic!("no list of {record}"))
    }

    /// The orders of a list, as they are written behind `orderBy:`; among them some of several orders, in the same direction and
    /// in both, if it can have several.
    pub fn orders(&self, list: &Field) -> Vec<String> {
        let orders = &self.get(&format!("{}Order", self.target(list))).values;
        if !list.args.iter().any(|argument| argument.name == "thenBy") {
            return orders.clone();
        }
        let is_unique = |order: &&String| order.starts_with("KEY_") || order.starts_with("CREATED_");
        let with_ties: Vec<_> = orders.iter().filter(|order| !is_unique(order)).collect();
        let at = |i: usize| with_ties[i % with_ties.len()];
        let several = (0..with_ties.len()).step_by(with_ties.len().div_ceil(4).max(1)).flat_map(|i| {
            [format!("{}, thenBy: [{}, {}]", at(i), at(i + 3), at(i + 4)), format!("{}, thenBy: KEY_DESC", at(i))]
        });
        let by_name = |order: &&String| ["NAME_", "TITLE_"].iter().any(|name| order.contains(name));
        let by_name: Vec<_> = orders.iter().filter(by_name).collect();
        let is_collated = list.args.iter().any(|argument| argument.name == "collation");
        assert_eq!(is_collated, !by_name.is_empty(), "{}: names have alphabetical orders", list.name);
        let collated = [(by_name.first(), "fi"), (by_name.last(), "zh")].into_iter();
        let collated = collated.filter_map(|(order, tag)| Some(format!("{}, collation: \"{tag}\"", order?)));
        orders.iter().cloned().chain(several).chain(collated).collect()
    }

    /// The look-up of records of a type.
    pub fn look_up(&self, record: &str) -> &Field {
        let mut look_ups = self.get("Query").fields.iter().filter(|f| f.ty.name == record);
        look_ups.next().unwrap_or_else(|| panic!("no look-up of {record}"))
    }

    /// The plain fields of a type, for a selection.
    pub fn leaves(&self, name: &str) -> String {
        let leaves = self.get(name).fields.iter().filter(|f| !self.is_composite(&f.ty.name));
        leaves.map(|f| format!("{}{} ", f.name, self.arguments(f, ""))).collect()
    }

    /// Selects everything of a type that is not a record, through connections and edges; of records, `inner`.
    pub fn select(&self, name: &str, inner: &dyn Fn(&str) -> String) -> String {
        if self.is_record(name) {
            return inner(name);
        }
        if self.is_abstract(name) {
            let each = self.get(name).possible.iter().map(|ty| {
                // Fields of one name have different types in different fragments, which cannot be merged (5.3.2).
                format!("... on {ty} {{ {} }} ", aliased(&self.select(ty, inner), ty))
            });
            return format!("__typename {}", each.collect::<String>());
        }
        // Groups are asked for on their own: what they lead to depends on their number.
        let relations = self.relations(name).into_iter().filter(|field| field.name != "groups");
        let relations = relations.map(|field| self.ask(name, field, "", inner));
        format!("{}{}", self.leaves(name), relations.collect::<String>())
    }

    /// Selects a field that leads to objects, with `args` beside those that are needed, and all that hangs on it.
    pub fn ask(&self, parent: &str, field: &Field, args: &str, inner: &dyn Fn(&str) -> String) -> String {
        self.head(parent, field, args) + &format!("{{ {} }} ", self.select(&field.ty.name, inner))
    }

    /// A field that leads to objects, without its selection.
    pub fn head(&self, parent: &str, field: &Field, args: &str) -> String {
        self.covered.lock().expect("a set").insert(format!("{parent}.{}", field.name));
        format!("{}{} ", field.name, self.arguments(field, args))
    }

    /// Selects everything that the groups of a list have; nothing if it has none.
    pub fn ask_groups(&self, connection: &str) -> String {
        let groups = self.get(connection).fields.iter().find(|field| field.name == "groups");
        groups.map(|groups| self.ask(connection, groups, "", &brief)).unwrap_or_default()
    }

    /// The arguments of a field: those that must be given, and `args`.
    fn arguments(&self, field: &Field, args: &str) -> String {
        let mut given: Vec<String> = field.args.iter().filter(|a| a.ty.required).map(|a| self.needed(a)).collect();
        given.extend((!args.is_empty()).then(|| args.to_owned()));
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    /// A value for an argument that must be given.
    fn needed(&self, argument: &Input) -> String {
        // Another record of a network, which a population has, and which is not the first.
        match argument.ty.name.as_str() {
            "CityBy" if argument.name != "by" => return format!("{}: {{key: \"{}\"}}", argument.name, key("city", 3)),
            "ContactBy" => return format!("{}: {{official: {{key: \"{}\"}}}}", argument.name, key("official", 3)),
            _ => {}
        }
        match (argument.name.as_str(), self.get(&argument.ty.name).values.first()) {
            ("languages", _) => "languages: [\"zh\", \"fi\"]".to_owned(),
            (name, Some(value)) => format!("{name}: {value}"),
            (other, None) => panic!("no value is known for the argument {other}"),
        }
    }

    /// The fields of object types that lead to objects, and that no query was made for.
    pub fn not_covered(&self) -> (usize, Vec<String>) {
        let objects = self.types.iter().filter(|(_, ty)| ty.kind == "OBJECT");
        let all: Vec<_> = objects
            .flat_map(|(name, _)| self.relations(name).into_iter().map(move |f| format!("{name}.{}", f.name)))
            .collect();
        let covered = self.covered.lock().expect("a set");
        // These read no records.
        let beside = ["Query.rateLimit", "Query.viewer", "Viewer.rateLimit", "Subscription.datasetChanged"];
        // Mutations and their payloads have tests of their own, which are made from the schema, too.
        let is_written = |path: &str| path.starts_with("Mutation.") || path.contains("Payload.");
        let is_left =
            |path: &&String| !covered.contains(*path) && !beside.contains(&path.as_str()) && !is_written(path);
        let left = all.iter().filter(is_left);
        (all.len(), left.cloned().collect())
    }
}

/// A selection whose fields, but for `id` and `key`, bear names that begin with `prefix`.
fn aliased(selection: &str, prefix: &str) -> String {
    let (mut text, mut depth, mut rest) = (String::new(), 0, selection);
    while let Some(c) = rest.chars().next() {
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if word == 0 {
            depth += i32::from("({[".contains(c)) - i32::from(")}]".contains(c));
            text.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        if depth == 0 && !matches!(&rest[..word], "id" | "key" | "__typename") {
            text += &format!("{prefix}_{}: ", &rest[..word]);
        }
        text += &rest[..word];
        rest = &rest[word..];
    }
    text
}

/// Whether a field is a timeline: a connection of entries, which are no records but lead to them.
pub fn is_timeline(field: &Field) -> bool {
    field.ty.name == "TimelineEntryConnection"
}

/// What tells the nodes of a connection apart.
pub fn nodes_of(field: &Field) -> &'static str {
    if is_timeline(field) { "nodes { kind record { key } }" } else { "nodes { ... on Record { key } }" }
}

/// An order that a connection has, by what is unlike in all records.
pub fn order_of(field: &Field) -> &'static str {
    if is_timeline(field) { "DATE_ASC" } else { "KEY_ASC" }
}

pub fn is_connection(field: &Field) -> bool {
    field.ty.name.ends_with("Connection")
}

/// Whether a field leads to a record in its network.
pub fn is_network(field: &Field) -> bool {
    field.ty.name.ends_with("Network")
}

/// `id` and `key`, the least that tells which record it is.
pub fn brief(_: &str) -> String {
    "id key ".to_owned()
}

/// `InnovationCenter` → `innovationCenter`.
pub fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// `InnovationCenter` → `innovation_center`.
pub fn kind_of(name: &str) -> String {
    let spaced = name
        .chars()
        .enumerate()
        .flat_map(|(i, c)| (i > 0 && c.is_uppercase()).then_some('_').into_iter().chain(c.to_lowercase()));
    spaced.collect()
}

fn read_type(ty: &Value) -> Type {
    let inputs =
        |list: &Value| items(list).map(|i| Input { name: text(&i["name"]), ty: read_ref(&i["type"]) }).collect();
    Type {
        kind: text(&ty["kind"]),
        fields: items(&ty["fields"])
            .map(|f| Field { name: text(&f["name"]), args: inputs(&f["args"]), ty: read_ref(&f["type"]) })
            .collect(),
        inputs: inputs(&ty["inputFields"]),
        values: items(&ty["enumValues"]).map(|v| text(&v["name"])).collect(),
        possible: items(&ty["possibleTypes"]).map(|p| text(&p["name"])).collect(),
    }
}

fn read_ref(mut ty: &Value) -> Ref {
    let (required, mut list) = (ty["kind"] == "NON_NULL", false);
    while ty["ofType"].is_object() {
        list |= ty["kind"] == "LIST";
        ty = &ty["ofType"];
    }
    Ref { name: text(&ty["name"]), list, required }
}

pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
