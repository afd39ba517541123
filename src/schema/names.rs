//! The names and identifiers of records.

use std::sync::Arc;

use super::{
    answer::Answer,
    connection::ready,
    cost::Size,
    leaf::{Date, enum_name, json},
    object::{Argument, Object},
};
use crate::{
    edtf,
    error::{Code, Error, Result},
    model::{
        RecordType, identifier,
        language::{LanguagePreference, is_special_form, language_tag, primary_languages},
        name::{Name, NameKind},
    },
    query::{
        keys::{IdentifiersOf, NamesOf, Shape},
        projection::Row,
    },
    quoted::Quoted,
};

/// Adds `label`, `names` and `identifiers`.
pub(super) fn add(o: &mut Object<Row>, record: &'static RecordType) {
    let languages = "BCP 47 language tags in order of preference, such as `[\"fi\", \"sv\", \"en\"]`.";
    let main = record.main_name;
    let main_name = move |row: &Row| {
        let (name, language) = main?;
        let (name, language) = (row.text(name)?.to_owned(), row.text(language)?.to_owned());
        Some(Name { record_id: row.id, language, name, kind: None, period: None })
    };
    o.batch(
        "label",
        "Name",
        "The name in the first of the given languages that has one. For each language, the exact tag is tried first; \
         then the tags that stand in for it in Unicode's CLDR, such as `zh-Hant` for `zh-TW` and `no` for `nb`; then the \
         tag shortened subtag by subtag from its end (RFC 4647, lookup); then a more specific tag, in the same script if \
         there is one. Of several names in one language, the first by kind, and never a former one. If no name matches, \
         the main name in its own language; `null` if the record has no name.",
        vec![
            Argument::new("languages", "[String!]!", languages),
            Argument::new(
                "at",
                "String",
                "A date in EDTF: names that held at this date, former ones too, come before those without a period, and \
                 names of other periods are left out.",
            ),
        ],
        move |call, rows| {
            Box::pin(async move {
                let languages = tags(&call.argument::<Vec<String>>("languages")?)?;
                let preference = LanguagePreference::new(&languages);
                let at = call.argument::<Option<String>>("at")?.map(|at| edtf::Date::parse(&at)).transpose()?;
                let shape = Shape::new(Some(preference.languages()));
                let key = |row: &Arc<Row>| NamesOf { record: row.id, languages: shape.clone() };
                let mut found = call.loader().load_many(rows.iter().map(key)).await?;
                let labels = rows.iter().map(|row| {
                    let main = main_name(row);
                    let mut names: Vec<_> = main.iter().cloned().collect();
                    names.extend(found.remove(&key(row)).unwrap_or_default());
                    names.retain(|name| holds(name, at.as_ref()));
                    // Of several names in one language, the first: the usual one, if there is one.
                    names.sort_by_key(|name| (at.is_some() && name.period.is_none(), name.kind));
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

/// Whether a name can be that of its record at a date, or today.
fn holds(name: &Name, at: Option<&edtf::Date>) -> bool {
    let period = at.and(name.period.as_ref()).and_then(|period| edtf::Date::parse(period).ok());
    match (at, period) {
        (Some(at), Some(period)) => period.earliest <= at.latest && at.earliest <= period.latest,
        _ => name.kind != Some(NameKind::Former),
    }
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
    o.batch(
        "period",
        "EdtfDate",
        "The period in which the name held, such as `1925/1961`; `null` if it is not known.",
        Vec::new(),
        |_, names: &[Arc<Name>]| {
            let date = |name: &Arc<Name>| edtf::Date::parse(name.period.as_ref()?).ok().map(Date::from).map(Arc::new);
            ready(Answer::one("EdtfDate", names.iter().map(date)))
        },
    )
    .costs(0, Size::One);
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
