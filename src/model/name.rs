//! The table `name`: names of records in other languages than that of their main name.

use sea_orm::entity::prelude::*;

/// A name of a record in one language.
#[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveEntityModel)]
#[sea_orm(table_name = "name")]
pub struct Model {
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_id: Uuid,
    /// A BCP 47 language tag.
    #[sea_orm(primary_key, auto_increment = false)]
    pub language: String,
    /// The name.
    pub name: String,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The record that is named.
    #[sea_orm(belongs_to = "super::record::Entity", from = "Column::RecordId", to = "super::record::Column::Id")]
    Record,
}

impl ActiveModelBehavior for ActiveModel {}

/// Whether `language` is a more specific form of `range`: the same tag, followed by a hyphen and more.
#[must_use]
pub fn is_special_form(language: &str, range: &str) -> bool {
    let (language, range) = (language.as_bytes(), range.as_bytes());
    language.len() > range.len() && language[range.len()] == b'-' && language[..range.len()].eq_ignore_ascii_case(range)
}

/// The name in the first of the languages that has one. For each language, the exact tag is tried first, then the tag
/// shortened subtag by subtag from its end (RFC 4647, lookup), then a more specific form.
#[must_use]
pub fn best(languages: &[String], names: Vec<Model>) -> Option<Model> {
    let position = languages.iter().find_map(|tag| {
        let mut range = tag.as_str();
        loop {
            if let Some(i) = names.iter().position(|name| name.language.eq_ignore_ascii_case(range)) {
                return Some(i);
            }
            let Some((shorter, _)) = range.rsplit_once('-') else {
                break;
            };
            // A subtag of a single letter only introduces the next one, so both are removed.
            range = shorter
                .strip_suffix(|_: char| shorter.rsplit('-').next().is_some_and(|part| part.len() == 1))
                .map_or(shorter, |shorter| shorter.trim_end_matches('-'));
        }
        names.iter().position(|name| is_special_form(&name.language, range))
    })?;
    names.into_iter().nth(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(languages: &[&str]) -> Vec<Model> {
        let name = |l: &&str| Model { record_id: Uuid::nil(), language: (*l).to_owned(), name: (*l).to_owned() };
        languages.iter().map(name).collect()
    }

    /// The order in which `label` tries tags.
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
}
