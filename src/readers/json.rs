//! JSON: Popolo, and results of Wikidata's query service, as tables.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::table::{Cell, Rows, Table, whole};
use crate::import_export::Problem;

/// A table of a JSON list: a row has the number of its item.
fn table<'r>(label: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>> + 'r) -> Result<Table, Problem> {
    let mut read = Rows::new(label);
    for (number, cells) in (1..).zip(rows) {
        for (column, text) in cells.into_iter().enumerate() {
            read.add(number, column, Cell::of(text))?;
        }
    }
    Ok(Table::of_columns(label, columns, read.into_rows()))
}

fn parsed(label: &str, bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    let parsed: Value = serde_json::from_slice(bytes).map_err(|cause| {
        let line = u64::try_from(cause.line()).unwrap_or_default();
        Problem { line, ..whole(label, format!("it is no JSON: {cause}")) }
    })?;
    match parsed {
        Value::Object(object) => Ok(object),
        _ => Err(whole(label, "expected an object, which begins with {")),
    }
}

/// A value as a text; empty for what is no text or number.
fn text(object: &Map<String, Value>, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn objects<'o>(object: &'o Map<String, Value>, name: &str) -> Vec<&'o Map<String, Value>> {
    object.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).collect()
}

/// What records of a Popolo file can have that has no place here.
const NOT_READ: [&str; 6] = ["links", "sources", "contact_details", "on_behalf_of_id", "image", "biography"];

/// The tables of a Popolo file: persons, organizations and memberships; posts and areas are looked up. Notes say what is not
/// read.
pub(super) fn popolo(label: &str, bytes: &[u8], notes: &mut Vec<String>) -> Result<Vec<Table>, Problem> {
    let file = parsed(label, bytes)?;
    let lists = ["persons", "organizations", "memberships"];
    if lists.iter().all(|list| !file.get(*list).is_some_and(Value::is_array)) {
        return Err(whole(label, format!("the file is no Popolo: expected lists called {}", lists.join(", "))));
    }
    let (posts, areas) = (objects(&file, "posts"), objects(&file, "areas"));
    let [posts, areas] = [posts, areas].map(|list| {
        let with_id = list.into_iter().map(|object| (text(object, "id"), object));
        with_id.filter(|(id, _)| !id.is_empty()).collect::<HashMap<_, _>>()
    });
    let none = Map::new();
    let area = |object: &Map<String, Value>| {
        areas.get(&text(object, "area_id")).map(|area| text(area, "name")).unwrap_or_default()
    };
    let identifier = |object: &Map<String, Value>, scheme: &str| {
        let identifiers = objects(object, "identifiers");
        let found = identifiers.iter().find(|of| text(of, "scheme").eq_ignore_ascii_case(scheme));
        found.map(|of| last_part(&text(of, "identifier"))).unwrap_or_default()
    };
    let other_names = |object: &Map<String, Value>| {
        let names: Vec<_> = objects(object, "other_names").into_iter().map(|name| text(name, "name")).collect();
        names.join("\n")
    };
    for list in lists {
        let mut ids = HashSet::new();
        for (number, object) in (1..).zip(objects(&file, list)) {
            let id = text(object, "id");
            if !id.is_empty() && !ids.insert(id.clone()) {
                let message = format!("another one of the {list} has the id {id}: give each its own");
                return Err(Problem { line: number, ..whole(&format!("{label} [{list}]"), message) });
            }
        }
        let has = |name: &&&str| {
            let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            objects(&file, list).iter().any(|object| object.get(**name).is_some_and(|value| !is_empty(value)))
        };
        let not_read: Vec<_> = NOT_READ.iter().filter(has).copied().collect();
        if !not_read.is_empty() {
            notes.push(format!("{label} [{list}]: {} are not read", not_read.join(", ")));
        }
    }
    let persons = objects(&file, "persons");
    let persons = persons.iter().map(|person| {
        vec![text(person, "id"), text(person, "name"), identifier(person, "wikidata"), other_names(person)]
    });
    let organizations = objects(&file, "organizations");
    let organizations = organizations.iter().map(|of| {
        let texts = ["id", "name", "classification", "parent_id", "founding_date", "dissolution_date"];
        let mut cells: Vec<String> = texts.map(|name| text(of, name)).to_vec();
        cells.extend([area(of), identifier(of, "wikidata"), identifier(of, "ror"), other_names(of)]);
        cells
    });
    let memberships = objects(&file, "memberships");
    let memberships = memberships.iter().map(|of| {
        let post = posts.get(&text(of, "post_id")).copied().unwrap_or(&none);
        let first = |texts: [String; 4]| texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
        let title = first([text(of, "label"), text(post, "label"), text(of, "role"), text(post, "role")]);
        let organization =
            first([text(of, "organization_id"), text(post, "organization_id"), String::new(), String::new()]);
        let place = first([area(of), area(post), String::new(), String::new()]);
        let person = text(of, "person_id");
        let member = if person.is_empty() { text(of, "member_id") } else { String::new() };
        let title = if title.is_empty() && member.is_empty() { "member".to_owned() } else { title };
        vec![person, member, organization, title, place, text(of, "start_date"), text(of, "end_date")]
    });
    let of_list = |list: &str| format!("{label} [{list}]");
    Ok(vec![
        table(&of_list("persons"), &["id", "name", "wikidata", "other_names"], persons)?,
        table(
            &of_list("organizations"),
            &[
                "id",
                "name",
                "classification",
                "parent_id",
                "founding_date",
                "dissolution_date",
                "area",
                "wikidata",
                "ror",
                "other_names",
            ],
            organizations,
        )?,
        table(
            &of_list("memberships"),
            &["person_id", "member_id", "organization_id", "title", "area", "start_date", "end_date"],
            memberships,
        )?,
    ])
}

/// The last part of an address: `Q42` of `http://www.wikidata.org/entity/Q42`.
fn last_part(address: &str) -> String {
    address.rsplit('/').next().unwrap_or(address).to_owned()
}

/// What the rows of a result are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResultKind {
    TwinnedPlaces,
    OfficeHolders,
}

/// The table of a query's result, and what its rows are, which follows from the names of its variables.
pub(super) fn wikidata(label: &str, bytes: &[u8]) -> Result<(ResultKind, Table), Problem> {
    let file = parsed(label, bytes)?;
    let expected = "expected the JSON of a query's result with the variables city, cityLabel, partner and partnerLabel, or \
                    person, personLabel, office and officeLabel";
    let variables = file.get("head").and_then(|head| head.get("vars")).and_then(Value::as_array);
    let variables = variables.ok_or_else(|| whole(label, format!("the file is no result of a query: {expected}")))?;
    let has = |names: [&str; 4]| names.iter().all(|name| variables.iter().any(|variable| variable == *name));
    let bindings = file.get("results").and_then(Value::as_object).map(|results| objects(results, "bindings"));
    let bindings = bindings.unwrap_or_default();
    let of = |binding: &&Map<String, Value>, name: &str| {
        binding.get(name).and_then(Value::as_object).map(|value| text(value, "value")).unwrap_or_default()
    };
    let language = |binding: &&Map<String, Value>, name: &str| {
        let tag = binding.get(name).and_then(Value::as_object).map(|value| text(value, "xml:lang"));
        tag.filter(|tag| !tag.is_empty()).unwrap_or_else(|| "und".to_owned())
    };
    let date = |binding: &&Map<String, Value>, name: &str| {
        of(binding, name).split('T').next().unwrap_or_default().trim_start_matches('+').to_owned()
    };
    if has(["city", "cityLabel", "partner", "partnerLabel"]) {
        let columns = [
            "city",
            "cityLabel",
            "cityLanguage",
            "cityCountry",
            "cityLatitude",
            "cityLongitude",
            "partner",
            "partnerLabel",
            "partnerLanguage",
            "partnerCountry",
            "partnerLatitude",
            "partnerLongitude",
            "first",
            "second",
            "start",
            "end",
            "status",
        ];
        let rows = bindings.iter().map(|binding| {
            let [city, partner] = ["city", "partner"].map(|name| last_part(&of(binding, name)));
            let place = |name: &str| {
                let [longitude, latitude] = point(&of(binding, &format!("{name}Coordinates")));
                let label = format!("{name}Label");
                [
                    of(binding, &label),
                    language(binding, &label),
                    of(binding, &format!("{name}Country")),
                    latitude,
                    longitude,
                ]
            };
            let end = date(binding, "end");
            // Each of the two has the statement about the other, but they are one partnership.
            let mut both = [city.clone(), partner.clone()];
            both.sort_by_key(|id| (id.len(), id.clone()));
            let status = if end.is_empty() { "active" } else { "ended" };
            let mut cells = vec![city];
            cells.extend(place("city"));
            cells.push(partner);
            cells.extend(place("partner"));
            cells.extend(both);
            cells.extend([date(binding, "start"), end, status.to_owned()]);
            cells
        });
        return Ok((ResultKind::TwinnedPlaces, table(label, &columns, rows)?));
    }
    if has(["person", "personLabel", "office", "officeLabel"]) {
        let columns = ["person", "personLabel", "office", "officeLabel", "officeLanguage", "city", "start", "end"];
        let rows = bindings.iter().map(|binding| {
            let [person, office, city] = ["person", "office", "city"].map(|name| last_part(&of(binding, name)));
            let labels = [of(binding, "personLabel"), of(binding, "officeLabel"), language(binding, "officeLabel")];
            let [name, title, of_title] = labels;
            vec![person, name, office, title, of_title, city, date(binding, "start"), date(binding, "end")]
        });
        return Ok((ResultKind::OfficeHolders, table(label, &columns, rows)?));
    }
    Err(whole(label, format!("the result has other variables: {expected}")))
}

/// The longitude and the latitude of `Point(24.9 60.2)`.
fn point(text: &str) -> [String; 2] {
    let inside = text.trim().strip_prefix("Point(").and_then(|rest| rest.strip_suffix(')'));
    let parts = inside.and_then(|inside| inside.split_once(' '));
    parts.map_or([String::new(), String::new()], |(longitude, latitude)| [longitude.to_owned(), latitude.to_owned()])
}
