//! Officials, organizations, positions and memberships in Popolo (popoloproject.com), the form of legislative and civic data.

use std::collections::HashSet;

use apollo_compiler::response::{
    JsonMap, JsonValue,
    serde_json_bytes::{ByteString, json},
};

use super::{
    ListRequest, Listing, Writer,
    cells::{is_plain_date, value},
    write_json,
};
use crate::error::Result;

/// The lists of a file, and the documents that they are read with.
const LISTS: [(&str, &str); 4] = [
    ("persons", include_str!("popolo/persons.graphql")),
    ("organizations", include_str!("popolo/organizations.graphql")),
    ("memberships", include_str!("popolo/positions.graphql")),
    ("memberships", include_str!("popolo/memberships.graphql")),
];

/// The parameters with the filters of the lists, in their order.
pub const POPOLO_FILTERS: [&str; 4] = ["officials", "organizations", "positions", "memberships"];

/// The officials, organizations, positions and memberships that match filters.
#[must_use]
pub fn popolo(filters: [Option<JsonMap>; 4]) -> Listing {
    let mut lists: Vec<ListRequest> =
        LISTS.iter().map(|(_, document)| ListRequest::of((*document).to_owned())).collect();
    for (list, filter) in lists.iter_mut().zip(filters) {
        list.variables.extend(filter.map(|filter| ("filter".into(), filter.into())));
    }
    // Members that are cities have no place in Popolo.
    let mut members = vec![json!({"or": [{"member": {"official": {}}}, {"member": {"organization": {}}}]})];
    members.extend(lists[3].variables.get("filter").cloned());
    lists[3].variables.insert("filter", json!({ "and": members }));
    Listing {
        media_type: "application/json",
        file_name: "popolo.json".to_owned(),
        lists,
        writer: Box::new(Popolo { open: None, has_items: false, areas: Vec::new(), known: HashSet::new() }),
    }
}

struct Popolo {
    /// The list that is being written.
    open: Option<&'static str>,
    has_items: bool,
    /// The cities of the organizations and positions, as they are written at the end. A file has few of them.
    areas: Vec<u8>,
    /// Their ids.
    known: HashSet<ByteString>,
}

impl Popolo {
    /// Begins a list, unless it is the one that is being written.
    fn open(&mut self, list: &'static str, out: &mut Vec<u8>) {
        if self.open != Some(list) {
            out.extend_from_slice(if self.open.is_some() { b"\n],\n" } else { b"{\n" });
            write_json(list, out);
            out.extend_from_slice(b": [\n");
            (self.open, self.has_items) = (Some(list), false);
        }
    }

    /// Keeps the city of a record.
    fn keep_area(&mut self, record: &JsonMap) {
        let Some(city) = record.get("city").and_then(JsonValue::as_object) else { return };
        if let Some(JsonValue::String(id)) = city.get("id")
            && self.known.insert(id.clone())
        {
            if !self.areas.is_empty() {
                self.areas.extend_from_slice(b",\n");
            }
            write_json(&area(city), &mut self.areas);
        }
    }
}

impl Writer for Popolo {
    fn records(&mut self, list: usize, records: &[JsonMap], out: &mut Vec<u8>) -> Result<()> {
        self.open(LISTS[list].0, out);
        for record in records {
            if self.has_items {
                out.extend_from_slice(b",\n");
            }
            self.has_items = true;
            let item = match list {
                0 => person(record),
                1 => organization(record),
                2 => position(record),
                _ => membership(record),
            };
            self.keep_area(record);
            write_json(&item, out);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<()> {
        self.open("areas", out);
        out.append(&mut self.areas);
        out.extend_from_slice(b"\n]\n}\n");
        Ok(())
    }
}

fn person(record: &JsonMap) -> JsonMap {
    let mut item = begun(record);
    item.extend(named(record));
    finished(item, record)
}

fn organization(record: &JsonMap) -> JsonMap {
    let mut item = begun(record);
    item.extend(named(record));
    let kind = value(record, &["kind"]);
    insert(&mut item, "classification", &kind.as_str().map(str::to_lowercase).into());
    insert(&mut item, "parent_id", value(record, &["parent", "id"]));
    insert(&mut item, "area_id", value(record, &["city", "id"]));
    insert(&mut item, "founding_date", &date(record, "founded"));
    insert(&mut item, "dissolution_date", &date(record, "dissolved"));
    if let Some(website) = value(record, &["website"]).as_str() {
        item.insert("links", json!([{"url": website, "note": "website"}]));
    }
    finished(item, record)
}

fn position(record: &JsonMap) -> JsonMap {
    let mut item = begun(record);
    insert(&mut item, "label", value(record, &["title"]));
    insert(&mut item, "role", value(record, &["title"]));
    insert(&mut item, "person_id", value(record, &["official", "id"]));
    insert(&mut item, "organization_id", value(record, &["organization", "id"]));
    insert(&mut item, "area_id", value(record, &["city", "id"]));
    insert(&mut item, "start_date", &date(record, "start"));
    insert(&mut item, "end_date", &date(record, "end"));
    finished(item, record)
}

fn membership(record: &JsonMap) -> JsonMap {
    let mut item = begun(record);
    let is_person = value(record, &["member", "__typename"]).as_str() == Some("Official");
    insert(&mut item, "role", value(record, &["role"]));
    insert(&mut item, if is_person { "person_id" } else { "member_id" }, value(record, &["member", "id"]));
    insert(&mut item, "organization_id", value(record, &["organization", "id"]));
    insert(&mut item, "start_date", &date(record, "since"));
    insert(&mut item, "end_date", &date(record, "end"));
    finished(item, record)
}

fn area(record: &JsonMap) -> JsonMap {
    let mut item = begun(record);
    insert(&mut item, "name", value(record, &["name"]));
    let kind = value(record, &["kind"]);
    insert(&mut item, "classification", &kind.as_str().map(str::to_lowercase).into());
    item.extend(identifiers(record));
    finished(item, record)
}

/// What all items begin with.
fn begun(record: &JsonMap) -> JsonMap {
    JsonMap::from_iter([("id".into(), value(record, &["id"]).clone())])
}

/// What all items end with.
fn finished(mut item: JsonMap, record: &JsonMap) -> JsonMap {
    insert(&mut item, "created_at", value(record, &["createdAt"]));
    insert(&mut item, "updated_at", value(record, &["updatedAt"]));
    item
}

/// The name, the other names and the identifiers.
fn named(record: &JsonMap) -> JsonMap {
    let mut item = JsonMap::from_iter([("name".into(), value(record, &["name"]).clone())]);
    let names = value(record, &["names"]);
    let other = |name: &JsonValue| json!({"name": name.get("name"), "note": name.get("language")});
    let others: Vec<JsonValue> = names.as_array().into_iter().flatten().map(other).collect();
    if !others.is_empty() {
        item.insert("other_names", others.into());
    }
    item.extend(identifiers(record));
    item
}

fn identifiers(record: &JsonMap) -> JsonMap {
    let found = value(record, &["identifiers"]);
    let identifier = |of: &JsonValue| {
        let scheme = of.get("scheme").and_then(JsonValue::as_str).map(str::to_lowercase);
        json!({"scheme": scheme, "identifier": of.get("value")})
    };
    let list: Vec<JsonValue> = found.as_array().into_iter().flatten().map(identifier).collect();
    let list = (!list.is_empty()).then(|| ("identifiers".into(), list.into()));
    list.into_iter().collect()
}

/// A date in the form that Popolo has: a year, a month or a day. Others are left out, since it cannot say that a date is
/// approximate or lies in a range.
fn date(record: &JsonMap, name: &str) -> JsonValue {
    let edtf = value(record, &[name, "edtf"]);
    edtf.as_str().filter(|text| is_plain_date(text)).into()
}

/// Inserts what is known.
fn insert(item: &mut JsonMap, name: &'static str, value: &JsonValue) {
    if !value.is_null() {
        item.insert(name, value.clone());
    }
}
