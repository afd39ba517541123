//! Records as GraphQL objects: a field for each attribute of the [model](crate::model).

use std::sync::Arc;

use indexmap::IndexMap;
use uuid::Uuid;

use super::{
    answer::{Answer, Position, Positions, RecordGroups, index},
    catalog::Catalog,
    connection::{self, Items, ready},
    cost::Size,
    execute::Call,
    leaf::{self, Date, enum_name, json},
    object::{Argument, FieldInfo, Object, Reference},
};
use crate::{
    db::write_type_id,
    edtf::{self, Precision},
    error::{Code, Error, Result},
    model::{
        Attribute, AttributeKind, Link, RecordType, ToAny, ToMany, ToOne, identifier,
        language::{LanguagePreference, is_special_form, language_tag, primary_languages},
        name::{Name, NameKind},
    },
    query::{
        keys::{ById, IdentifiersOf, NamesOf, Shape},
        projection::Row,
    },
    quoted::Quoted,
};

/// The object type of a record type.
pub(super) fn object(record: &'static RecordType, catalog: &Catalog) -> Object<Row> {
    let mut o = Object::new(record.name, record.description).implementing(&["Record", "Node"]);
    for attribute in record.attributes.iter().filter(|attribute| attribute.is_field()) {
        add(&mut o, record, attribute, catalog);
    }
    add_names(&mut o, record);
    o
}

fn add(o: &mut Object<Row>, record: &'static RecordType, attribute: &'static Attribute, catalog: &Catalog) {
    let (name, about) = (attribute.name.as_str(), attribute.description);
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
            let ToMany { link, target, counterparts } = *to_many;
            let target = catalog.model().record_type(target);
            let connection = catalog.connection_names(target.name, counterparts.as_ref()).connection;
            add_list(o, attribute, Items::Type(target), connection, link)
        }
        AttributeKind::ToManyAny(to_many) => {
            let items = catalog.group(to_many.group);
            add_list(o, attribute, items, catalog.connection_names(items.name(), None).connection, to_many.link)
        }
        AttributeKind::Keys { .. } => return,
    };
    info.reads(attribute.columns());
}

/// Adds a list of related records.
fn add_list<'o>(
    o: &'o mut Object<Row>,
    attribute: &'static Attribute,
    items: Items,
    connection: &'static str,
    link: Link,
) -> &'o mut FieldInfo {
    let statements = index(items.types().len());
    let arguments = connection::arguments(items);
    let info = o.batch(&attribute.name, connection, attribute.description, arguments, move |call, rows| {
        let parents = rows.iter().map(|row| Some(row.id)).collect();
        Box::pin(connection::connect(call, items, connection, Some(link), parents))
    });
    info.cost.statements = statements;
    info
}

fn date(row: &Row, [edtf, earliest, latest]: [crate::model::Column; 3]) -> Option<Date> {
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
    if !to_any.id.nullable && records.positions.iter().any(|position| matches!(position, Position::Null)) {
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

/// Adds `label`, `names` and `identifiers`.
fn add_names(o: &mut Object<Row>, record: &'static RecordType) {
    let languages = "BCP 47 language tags in order of preference, such as `[\"fi\", \"sv\", \"en\"]`.";
    let main = record.main_name;
    let main_name = move |row: &Row| {
        let (name, language) = main?;
        let (name, language) = (row.text(name)?.to_owned(), row.text(language)?.to_owned());
        Some(Name { record_id: row.id, language, name, kind: None })
    };
    o.batch(
        "label",
        "Name",
        "The name in the first of the given languages that has one. For each language, the exact tag is tried first; \
         then the tags that stand in for it in Unicode's CLDR, such as `zh-Hant` for `zh-TW` and `no` for `nb`; then the \
         tag shortened subtag by subtag from its end (RFC 4647, lookup); then a more specific tag, in the same script if \
         there is one. Of several names in one language, the first by kind, and never a former one. If no name matches, \
         the main name in its own language; `null` if the record has no name.",
        vec![Argument::new("languages", "[String!]!", languages)],
        move |call, rows| {
            Box::pin(async move {
                let languages = tags(&call.argument::<Vec<String>>("languages")?)?;
                let preference = LanguagePreference::new(&languages);
                let shape = Shape::new(Some(preference.languages()));
                let key = |row: &Arc<Row>| NamesOf { record: row.id, languages: shape.clone() };
                let mut found = call.loader().load_many(rows.iter().map(key)).await?;
                let labels = rows.iter().map(|row| {
                    let main = main_name(row);
                    let mut names: Vec<_> = main.iter().cloned().collect();
                    names.extend(found.remove(&key(row)).unwrap_or_default());
                    names.retain(|name| name.kind != Some(NameKind::Former));
                    // Of several names in one language, the first: the usual one, if there is one.
                    names.sort_by_key(|name| name.kind);
                    let languages: Vec<_> = names.iter().map(|name| name.language.as_str()).collect();
                    let best = preference.best(&languages);
                    best.map(|position| names.swap_remove(position)).or(main).map(Arc::new)
                });
                Ok(Answer::one("Name", labels))
            })
        },
    )
    .reads(main.map_or_else(Vec::new, |(name, language)| vec![name, language]));
    o.batch(
        "names",
        "[Name!]",
        "A list of the names in addition to the main name, sorted by language and kind.",
        vec![Argument::new(
            "languages",
            "[String!]",
            "Returns only names in these languages (BCP 47 tags) and in more specific forms of them.",
        )],
        |call, rows| {
            Box::pin(async move {
                let languages = call.argument::<Option<Vec<String>>>("languages")?;
                let languages = languages.map(|languages| tags(&languages)).transpose()?;
                let shape = Shape::new(languages.as_ref().map(|tags| primary_languages(tags.iter())));
                let key = |row: &Arc<Row>| NamesOf { record: row.id, languages: shape.clone() };
                let found = call.loader().load_many(rows.iter().map(key)).await?;
                let lists = rows.iter().map(|row| {
                    let mut names = found.get(&key(row)).cloned().unwrap_or_default();
                    if let Some(languages) = &languages {
                        names.retain(|name| {
                            languages.iter().any(|tag| name.language == *tag || is_special_form(&name.language, tag))
                        });
                    }
                    let order = |name: &Name| (name.language.clone(), name.kind, name.name.clone());
                    names.sort_by_cached_key(order);
                    names.into_iter().map(Arc::new)
                });
                Ok(Answer::many("Name", lists))
            })
        },
    );
    o.batch(
        "identifiers",
        "[Identifier!]",
        "A list of the identifiers of the record in external systems.",
        Vec::new(),
        |call, rows| {
            Box::pin(async move {
                let field = Shape::new(());
                let key = |row: &Arc<Row>| IdentifiersOf { record: row.id, field: field.clone() };
                let found = call.loader().load_many(rows.iter().map(key)).await?;
                let lists = rows.iter().map(|row| {
                    let identifiers = found.get(&key(row)).cloned().unwrap_or_default();
                    identifiers.into_iter().map(Arc::new)
                });
                Ok(Answer::many("Identifier", lists))
            })
        },
    );
}

fn tags(languages: &[String]) -> Result<Vec<String>> {
    if languages.len() > 10 {
        let message = format!("`languages` has {} tags: at most 10 are allowed", languages.len());
        return Err(Error::input(Code::InvalidLanguage, message));
    }
    let tag = |tag: &String| {
        let wrong = |expected| {
            Error::input(Code::InvalidLanguage, format!("{} is not a language tag: {expected}", Quoted(tag)))
        };
        language_tag(tag).map_err(wrong)
    };
    languages.iter().map(tag).collect()
}

/// The object type `Name`.
pub(super) fn name_object() -> Object<Name> {
    let mut o = Object::new("Name", "A name of a record.");
    o.leaf("name", "String!", "The name.", |name: &Name, out| json(&name.name, out));
    o.leaf(
        "language",
        "String!",
        "The language of the name, as a BCP 47 tag; `und` if it is not known.",
        |name, out| {
            json(&name.language, out);
        },
    );
    o.leaf("kind", "NameKind", "The kind of the name; `null` for the usual name in the language.", |name, out| {
        json(&name.kind.map(enum_name), out);
    });
    o
}

/// The object type `Identifier`.
pub(super) fn identifier_object() -> Object<identifier::Model> {
    let mut o = Object::new("Identifier", "An identifier of a record in an external system.");
    o.leaf(
        "scheme",
        "IdentifierScheme!",
        "The scheme of the identifier: the external system that assigns it.",
        |of: &identifier::Model, out| json(enum_name(of.scheme), out),
    );
    o.leaf("value", "String!", "The identifier, as the scheme writes it.", |of, out| json(&of.value, out));
    o.leaf(
        "url",
        "String",
        "The address (URL) of the page about this identifier in the external system; `null` if there is none.",
        |of, out| json(&of.url(), out),
    );
    o
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
