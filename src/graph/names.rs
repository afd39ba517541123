//! Names in many languages, and identifiers of the outside world: what all records have beside their own table.

use std::{collections::HashMap, sync::Arc};

use oxilangtag::LanguageTag;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::{
    db::vocabulary,
    error::{Code, Error, Result},
    graph::{Answer, Argument, Attr, Columns, Definition, Object, Record, leaf::Leaf, types::Types},
};

vocabulary! {
    /// Who gives an identifier.
    IdentifierScheme {
        /// GeoNames: the number of a place, `geonames.org/660158`.
        Geonames = "geonames",
        /// Wikidata: the number of an item, `Q47034`.
        Wikidata = "wikidata",
        /// The Research Organization Registry: `05k73zm37`.
        Ror = "ror",
        /// ISO 3166-2: the code of a part of a country, `CN-SH`.
        Iso31662 = "iso_3166_2",
    }
}

pub(super) fn register_schemes(types: &mut Types) {
    IdentifierScheme::register(types);
}

/// A name of a record in one language.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct LocalName {
    record_id: Uuid,
    language: String,
    name: String,
}

/// An identifier of a record.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Identifier {
    record_id: Uuid,
    scheme: IdentifierScheme,
    value: String,
}

impl Identifier {
    fn url(&self) -> Option<String> {
        Some(match self.scheme {
            IdentifierScheme::Geonames => format!("https://www.geonames.org/{}", self.value),
            IdentifierScheme::Wikidata => format!("https://www.wikidata.org/entity/{}", self.value),
            IdentifierScheme::Ror => format!("https://ror.org/{}", self.value),
            IdentifierScheme::Iso31662 => return None,
        })
    }
}

/// Checks a language tag and gives its usual spelling; the error says what would be right.
pub fn language(tag: &str) -> Result<String, String> {
    LanguageTag::parse_and_normalize(tag)
        .map(LanguageTag::into_inner)
        .map_err(|e| format!("a BCP 47 language tag, such as en, fi or zh-Hans, is needed ({e})"))
}

/// Describes `label`, `names` and `identifiers`.
pub(super) fn describe<R: Record>(d: &mut Definition<R>) {
    let main = d.name;
    let o = d.object();
    let languages = "BCP 47 language tags, the most wanted first, such as `[\"fi\", \"sv\", \"en\"]`.";
    o.level(
        "label",
        "The name in the first of the languages that there is one in. For each language asked for: that very tag; then \
         the tag shortened from its end, part by part (RFC 4647, lookup); then a more special one. At last the main name, in \
         whatever language it is. `null` if the record has no name at all.",
        "Name",
        vec![Argument::new("languages", "[String!]!", languages)],
        move |call, rows| {
            Box::pin(async move {
                let wanted = tags(&call.arg::<Vec<String>>("languages")?)?;
                let ids: Vec<Uuid> = rows.iter().map(|row| row.id()).collect();
                let names = group(load(&call, &ids, Some(&wanted)).await?, |name| name.record_id);
                Ok(Answer::one(rows.iter().map(|row| {
                    let mut names = names.get(&row.id()).cloned().unwrap_or_default();
                    let main = main_name(main.as_ref(), row);
                    names.extend(main.clone());
                    best(&wanted, names).or(main).map(Arc::new)
                })))
            })
        },
    );
    o.uses(main.map_or(Columns::of::<R>(&[]), |(name, language)| Columns::of::<R>(&[name.column, language.column])));
    o.level(
        "names",
        "A list of the names in other languages than the main one's, by language.",
        "[Name!]!",
        vec![Argument::new(
            "languages",
            "[String!]",
            "Gives only names in these languages, or in special forms of them.",
        )],
        |call, rows| {
            Box::pin(async move {
                let wanted = call.arg::<Option<Vec<String>>>("languages")?.map(|t| tags(&t)).transpose()?;
                let ids: Vec<Uuid> = rows.iter().map(|row| row.id()).collect();
                let names = group(load(&call, &ids, wanted.as_deref()).await?, |name| name.record_id);
                Ok(Answer::many(rows.iter().map(|row| {
                    let mut names = names.get(&row.id()).cloned().unwrap_or_default();
                    if let Some(wanted) = &wanted {
                        names.retain(|n| wanted.iter().any(|tag| n.language == *tag || is_special(&n.language, tag)));
                    }
                    names.sort_by(|a, b| a.language.cmp(&b.language));
                    names.into_iter().map(Arc::new)
                })))
            })
        },
    );
    o.uses(Columns::of::<R>(&[]));
    o.level(
        "identifiers",
        "A list of the identifiers that the outside world gives to it.",
        "[Identifier!]!",
        Vec::new(),
        |call, rows| {
            Box::pin(async move {
                let ids: Vec<Uuid> = rows.iter().map(|row| row.id()).collect();
                let columns = ["record_id", "scheme", "value"];
                let loaded = call.loader().owned::<Identifier>("identifier", &columns, "record_id", &ids, |sql| {
                    sql.push(" ORDER BY ").column("l", "scheme").push(", ").column("l", "value");
                });
                let identifiers = group(loaded.await?, |identifier| identifier.record_id);
                Ok(Answer::many(
                    rows.iter()
                        .map(|row| identifiers.get(&row.id()).cloned().unwrap_or_default().into_iter().map(Arc::new)),
                ))
            })
        },
    );
    o.uses(Columns::of::<R>(&[]));
    d.also(|graph| {
        graph.add_object::<LocalName>(|| {
            let mut o = Object::new("Name", "A name in one language.");
            o.leaf("name", "The name.", |n: &LocalName| &n.name);
            o.leaf("language", "The language that it is in: a BCP 47 tag; `und` if it is not known.", |n| &n.language);
            o
        });
        graph.add_object::<Identifier>(|| {
            let mut o = Object::new("Identifier", "An identifier that the outside world gives to a record.");
            o.leaf("scheme", "Who gives it.", |i: &Identifier| &i.scheme);
            o.leaf("value", "The identifier itself.", |i| &i.value);
            o.computed("url", "Where the giver describes what it identifies.", Identifier::url);
            o
        });
    });
}

fn main_name<R: Record>(main: Option<&(Attr<R, String>, Attr<R, String>)>, row: &R) -> Option<LocalName> {
    let (name, language) = main?;
    Some(LocalName { record_id: row.id(), language: (language.get)(row).clone(), name: (name.get)(row).clone() })
}

/// The names of records, in all languages or in those that begin as one of `wanted` does.
async fn load(call: &super::Call<'_>, ids: &[Uuid], wanted: Option<&[String]>) -> Result<Vec<LocalName>> {
    let columns = ["record_id", "language", "name"];
    call.loader()
        .owned("name", &columns, "record_id", ids, |sql| {
            let Some(wanted) = wanted else { return };
            sql.push(" AND (FALSE");
            for tag in wanted {
                let primary = tag.split('-').next().unwrap_or(tag);
                sql.push(" OR ").column("l", "language").push(" = ").bind(primary);
                sql.push(" OR ").column("l", "language").push(" LIKE ").bind(format!("{primary}-%"));
            }
            sql.push(")");
        })
        .await
}

fn tags(tags: &[String]) -> Result<Vec<String>> {
    if tags.len() > 10 {
        return Err(Error::input(
            Code::InvalidLanguage,
            format!("{} languages are asked for: give at most 10", tags.len()),
        ));
    }
    tags.iter()
        .map(|tag| {
            language(tag)
                .map_err(|right| Error::input(Code::InvalidLanguage, format!("{tag:?} is no language: {right}")))
        })
        .collect()
}

/// Whether `language` is a more special form of `range`: the same, and more after a hyphen.
fn is_special(language: &str, range: &str) -> bool {
    let (language, range) = (language.as_bytes(), range.as_bytes());
    language.len() > range.len() && language[range.len()] == b'-' && language[..range.len()].eq_ignore_ascii_case(range)
}

/// The name that answers `wanted` best, as `label` says.
fn best(wanted: &[String], names: Vec<LocalName>) -> Option<LocalName> {
    let position = wanted.iter().find_map(|tag| {
        let mut range = tag.as_str();
        loop {
            if let Some(i) = names.iter().position(|n| n.language.eq_ignore_ascii_case(range)) {
                return Some(i);
            }
            let Some((shorter, _)) = range.rsplit_once('-') else {
                break;
            };
            // A single letter introduces what follows it, and goes with it.
            range = shorter
                .strip_suffix(|_: char| shorter.rsplit('-').next().is_some_and(|p| p.len() == 1))
                .map_or(shorter, |s| s.trim_end_matches('-'));
        }
        names.iter().position(|n| is_special(&n.language, range))
    })?;
    names.into_iter().nth(position)
}

fn group<T>(items: Vec<T>, owner: impl Fn(&T) -> Uuid) -> HashMap<Uuid, Vec<T>> {
    let mut groups: HashMap<Uuid, Vec<T>> = HashMap::new();
    for item in items {
        groups.entry(owner(&item)).or_default().push(item);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(languages: &[&str]) -> Vec<LocalName> {
        languages
            .iter()
            .map(|l| LocalName { record_id: Uuid::nil(), language: (*l).to_owned(), name: (*l).to_owned() })
            .collect()
    }

    /// The chain that `label` promises.
    #[test]
    fn the_best_name_is_found() {
        for (wanted, there, found) in [
            (&["fi"][..], &["en", "fi"][..], Some("fi")),
            (&["zh-Hans-CN"], &["en", "zh"], Some("zh")),
            (&["zh-Hans-CN"], &["zh-Hans", "zh"], Some("zh-Hans")),
            (&["zh"], &["en", "zh-Hant"], Some("zh-Hant")),
            (&["sv", "fi"], &["fi", "en"], Some("fi")),
            (&["de"], &["en"], None),
            (&["e"], &["en"], None),
            (&["zh-x-private"], &["zh"], Some("zh")),
        ] {
            let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
            assert_eq!(best(&wanted, named(there)).map(|n| n.language).as_deref(), found, "{wanted:?}");
        }
    }

    #[test]
    fn tags_are_checked_and_spelt_as_usual() {
        assert_eq!(language("ZH-hans"), Ok("zh-Hans".to_owned()));
        assert!(language("").is_err());
        assert!(language("english language").is_err());
    }
}
