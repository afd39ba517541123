//! Records as GraphQL objects: a field for each attribute of the [model](crate::model).

use std::sync::Arc;

use indexmap::IndexMap;
use uuid::Uuid;

use super::{
    answer::{Answer, Positions, RecordGroups, index},
    catalog::Catalog,
    claims,
    connection::{self, ready},
    cost::Size,
    execute::Call,
    items::{self, Items},
    leaf::{self, Date, enum_name, json},
    names,
    object::{FieldInfo, Object, Reference},
    spells,
};
use crate::{
    db::write_type_id,
    edtf::{self, Precision},
    error::Result,
    model::{Attribute, AttributeKind, Link, RecordType, ToAny, ToOne},
    query::{
        keys::{ById, Shape},
        projection::Row,
    },
};

/// The object type of a record type.
pub(super) fn object(record: &'static RecordType, catalog: &Catalog) -> Object<Row> {
    let mut o = Object::new(record.name, record.description).implementing(&["Record", "Node"]);
    for attribute in record.attributes.iter().filter(|attribute| attribute.is_field()) {
        add(&mut o, record, attribute, &attribute.name, catalog);
        if let Some(former) = &attribute.former
            && let Some(info) = add(&mut o, record, attribute, former, catalog)
        {
            info.is_now(&attribute.name);
        }
    }
    if !record.timeline.is_empty() {
        let items = Items::Timeline(catalog.model(), Some(record));
        let about = "What happened to the record and to those that are related to it, in the order of the dates. What has no \
                     known date is left out.";
        add_list(&mut o, "timeline", about, items, catalog.connection_names(items.name()).connection, None);
    }
    spells::add(&mut o, record, catalog);
    names::add(&mut o, record);
    claims::add(&mut o, catalog.model());
    if let Some((network, description)) = record.network {
        catalog.network(network).add_field(&mut o, description);
    }
    o
}

/// Adds the field of an attribute, by its name or by the one that it had before.
fn add<'o>(
    o: &'o mut Object<Row>,
    record: &'static RecordType,
    attribute: &'static Attribute,
    name: &'static str,
    catalog: &Catalog,
) -> Option<&'o mut FieldInfo> {
    let about = attribute.description;
    let info = match &attribute.kind {
        AttributeKind::Id => o.leaf(name, "ID!", about, move |row, out| {
            out.push(b'"');
            write_type_id(record.table, row.id, out);
            out.push(b'"');
        }),
        AttributeKind::Scalar(column, scalar) => {
            o.leaf(name, leaf::type_of(*column, scalar), about, move |row, out| {
                leaf::write(scalar, row.value(*column), out);
            })
        }
        AttributeKind::Name { name: column, .. } => {
            o.leaf(name, "String!", about, move |row, out| json(&row.text(*column), out))
        }
        AttributeKind::Decimal(decimal) => {
            o.leaf(name, "Decimal!", about, move |row, out| json(&row.text(decimal.exact), out))
        }
        AttributeKind::Date { edtf, earliest, latest } => o
            .batch(name, "EdtfDate", about, Vec::new(), move |_, rows: &[Arc<Row>]| {
                ready(Answer::one(
                    "EdtfDate",
                    rows.iter().map(|row| date(row, [*edtf, *earliest, *latest]).map(Arc::new)),
                ))
            })
            .costs(0, Size::One),
        AttributeKind::ToOne(to_one) => {
            let target = catalog.model().record_type(to_one.target);
            let info = o.batch(name, target.name, about, Vec::new(), move |call, rows| {
                Box::pin(load_one(call, rows, name, *to_one, target))
            });
            info.reference = Some(Reference { attribute: name, key: to_one.column, table: None });
            info
        }
        AttributeKind::ToAny(to_any) => {
            let info = o.batch(name, to_any.group, about, Vec::new(), move |call, rows| {
                Box::pin(load_any_of(call, rows, name, to_any))
            });
            // One for each type that is not joined.
            info.cost.statements = index(to_any.targets.len());
            info.reference = Some(Reference { attribute: name, key: to_any.id, table: Some(to_any.table) });
            info
        }
        AttributeKind::ToMany(to_many) => {
            let target = catalog.model().record_type(to_many.target);
            let connection = catalog.connection_names(to_many.prefix().unwrap_or(target.name)).connection;
            add_list(o, name, about, Items::Type(target), connection, Some(to_many.link))
        }
        AttributeKind::ToManyAny(to_many) => {
            let items = catalog.group(to_many.group);
            let connection = catalog.connection_names(items.name()).connection;
            add_list(o, name, about, items, connection, Some(to_many.link))
        }
        AttributeKind::Keys { .. } => return None,
    };
    Some(info.reads(attribute.columns()))
}

/// Adds a list of related records.
fn add_list<'o>(
    o: &'o mut Object<Row>,
    name: &'static str,
    about: &'static str,
    items: Items,
    connection: &'static str,
    link: Option<Link>,
) -> &'o mut FieldInfo {
    let statements = index(items.number_of_parts());
    let info = o.batch(name, connection, about, items::arguments(items), move |call, rows| {
        let parents = rows.iter().map(|row| Some(row.id)).collect();
        Box::pin(connection::connect(call, items, connection, link, parents))
    });
    info.cost.statements = statements;
    info.cost.ways = index(items.ways(link));
    info
}

pub(super) fn date(row: &Row, [edtf, earliest, latest]: [crate::model::Column; 3]) -> Option<Date> {
    let day = |column| match row.value(column) {
        sea_orm::Value::Int(Some(day)) => Some(*day),
        _ => None,
    };
    Some(Date { edtf: row.text(edtf)?.to_owned(), earliest: day(earliest)?, latest: day(latest)? })
}

/// The records that a reference to one type leads to. Those that were not joined are loaded by their ids.
async fn load_one(
    call: Call<'_>,
    rows: &[Arc<Row>],
    attribute: &str,
    to_one: ToOne,
    target: &'static RecordType,
) -> Result<Answer> {
    let of = call.projection(target);
    let key = |row: &Arc<Row>| row.uuid(to_one.column).map(|id| ById { id, of: of.clone() });
    let missing: Vec<_> = rows.iter().filter(|row| row.joined(attribute).is_none()).filter_map(key).collect();
    let is_asked = !missing.is_empty();
    let found = call.loader().load_many(missing).await?;
    if is_asked && found.is_empty() {
        call.loader().loader().tally.uncount_statements(1);
    }
    let records = rows.iter().map(|row| match row.joined(attribute) {
        Some(joined) => joined.cloned(),
        None => key(row).and_then(|key| found.get(&key).cloned()),
    });
    let records: Vec<_> = records.collect();
    // Whoever may see a record may see what it requires.
    if !to_one.column.nullable && records.iter().any(Option::is_none) {
        call.note_conflict();
    }
    Ok(Answer::one(target.name, records.into_iter()))
}

/// The records that a reference to several types leads to.
async fn load_any_of(call: Call<'_>, rows: &[Arc<Row>], attribute: &str, to_any: &ToAny) -> Result<Answer> {
    let wanted: Vec<_> = rows
        .iter()
        .map(|row| match row.joined(attribute) {
            Some(joined) => RecordRef::Joined(joined.cloned()),
            None => RecordRef::ById(row.text(to_any.table).zip(row.uuid(to_any.id))),
        })
        .collect();
    let records = load_any(call, wanted, true).await?;
    // Whoever may see a record may see what it requires.
    if !to_any.id.nullable && records.has_null() {
        call.note_conflict();
    }
    Ok(Answer::One(records))
}

/// A record that is wanted at a position.
pub(super) enum RecordRef<'a> {
    /// It was joined; `None` if the viewer may not see it.
    Joined(Option<Arc<Row>>),
    /// Its table and its id, if there is one.
    ById(Option<(&'a str, Uuid)>),
}

/// Loads records of several types: one statement for each type that occurs. `are_references` says that records refer to
/// them; otherwise the client gave their ids.
pub(super) async fn load_any(call: Call<'_>, wanted: Vec<RecordRef<'_>>, are_references: bool) -> Result<Positions> {
    let model = call.execution.catalog.model();
    let mut shapes: IndexMap<&str, Shape<_>> = IndexMap::new();
    for one in &wanted {
        if let RecordRef::ById(Some((table, _))) = one
            && let Some(record) = model.get(table)
        {
            shapes.entry(record.table).or_insert_with(|| call.projection(record));
        }
    }
    let keys = wanted.iter().filter_map(|one| match one {
        RecordRef::ById(Some((table, id))) => Some(ById { id: *id, of: shapes.get(table)?.clone() }),
        _ => None,
    });
    let found = call.loader().load_many(keys).await?;
    if are_references {
        let is_found = |table: &str| found.values().any(|row| row.record().table == table);
        let in_vain = shapes.keys().filter(|table| !is_found(table)).count();
        call.loader().loader().tally.uncount_statements(in_vain);
    }
    let mut groups = RecordGroups::default();
    let positions = wanted.into_iter().map(|one| {
        groups.position(match one {
            RecordRef::Joined(row) => row,
            RecordRef::ById(of) => {
                of.and_then(|(table, id)| found.get(&ById { id, of: shapes.get(table)?.clone() }).cloned())
            }
        })
    });
    let positions = positions.collect();
    Ok(groups.finish(positions))
}

/// The object type `EdtfDate`.
pub(super) fn date_object() -> Object<Date> {
    let mut o = Object::new(
        "EdtfDate",
        "A date in the Extended Date/Time Format (EDTF; ISO 8601-2:2019, Annex A), which can be imprecise, approximate \
         or open.",
    );
    o.leaf(
        "edtf",
        "String!",
        "The date in EDTF, such as `1998`, `1998-09`, `2018~`, `2019-11-05/2019-11-10`, `../2005` or `202X`.",
        |date: &Date, out| json(&date.edtf, out),
    );
    o.leaf(
        "earliest",
        "Day",
        "The earliest day that the date can stand for; `null` if the date has no beginning.",
        |date, out| json(&edtf::iso(date.earliest), out),
    );
    o.leaf(
        "latest",
        "Day",
        "The latest day that the date can stand for; `null` if the date has no end.",
        |date, out| {
            json(&edtf::iso(date.latest), out);
        },
    );
    o.leaf("precision", "DatePrecision!", "The precision of the date.", |date, out| {
        json(enum_name(edtf::precision(&date.edtf).unwrap_or(Precision::Years)), out);
    });
    o.leaf("isApproximate", "Boolean!", "Whether the date is marked as approximate or uncertain.", |date, out| {
        json(&edtf::is_approximate(&date.edtf), out);
    });
    o
}
