//! The table `identifier`: identifiers that the outside world gives to records.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

/// The scheme of an identifier: the external system that assigns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum IdentifierScheme {
    /// The ID of a place in GeoNames, such as `660158`.
    Geonames,
    /// The ID of an item in Wikidata, such as `Q47034`.
    Wikidata,
    /// The ID of an organization in the Research Organization Registry (ROR), such as `05k73zm37`.
    Ror,
    /// The ISO 3166-2 code of a subdivision of a country, such as `CN-SH`.
    #[sea_orm(string_value = "iso_3166_2")]
    #[graphql(name = "ISO_3166_2")]
    Iso31662,
}

impl IdentifierScheme {
    /// Checks that a value is an identifier of the scheme, as the scheme writes it; the error says what is right.
    pub fn check(self, value: &str) -> Result<(), String> {
        if self.is_well_formed(value) {
            return match self {
                Self::Ror if !has_check_digits(value) => Err(format!(
                    "the check digits of {value} are wrong, so it has a typing error: copy the identifier from https://ror.org"
                )),
                _ => Ok(()),
            };
        }
        let expected = match self {
            Self::Geonames => "a number, such as 660158",
            Self::Wikidata => "the letter Q and a number, such as Q47034",
            Self::Ror => "0, six letters or digits, and two digits, such as 05k73zm37",
            Self::Iso31662 => "the code of a country, a hyphen, and one to three letters or digits, such as CN-SH",
        };
        Err(match self.meant(value) {
            Some(meant) => format!("write {meant}"),
            None => format!("expected {expected}"),
        })
    }

    fn is_well_formed(self, value: &str) -> bool {
        let is_number =
            |text: &str| !text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Geonames => is_number(value),
            Self::Wikidata => value.strip_prefix('Q').is_some_and(is_number),
            Self::Ror => {
                value.len() == 9
                    && value.starts_with('0')
                    && value.bytes().all(|byte| ROR_ALPHABET.contains(&byte))
                    && value.bytes().skip(7).all(|byte| byte.is_ascii_digit())
            }
            Self::Iso31662 => value.split_once('-').is_some_and(|(country, part)| {
                country.len() == 2
                    && country.bytes().all(|byte| byte.is_ascii_uppercase())
                    && (1..=3).contains(&part.len())
                    && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            }),
        }
    }

    /// What somebody meant who pasted an address, or wrote the identifier in another way.
    fn meant(self, value: &str) -> Option<String> {
        let path = value.trim().trim_end_matches('/');
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let is_address = path.contains("://") || path.starts_with("www.");
        // A page of GeoNames has the name of the place after its number.
        let mut parts = path.rsplit('/').take(if is_address { 2 } else { 1 });
        parts.find_map(|part| {
            let part = part.rsplit(':').next().unwrap_or(part).trim();
            let spelled = match self {
                Self::Geonames => part.to_owned(),
                Self::Wikidata if part.bytes().all(|byte| byte.is_ascii_digit()) => format!("Q{part}"),
                Self::Ror => part.to_lowercase(),
                Self::Wikidata | Self::Iso31662 => part.to_uppercase(),
            };
            self.is_well_formed(&spelled).then_some(spelled)
        })
    }
}

/// The digits of a ROR identifier: those of Crockford's base 32.
const ROR_ALPHABET: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Whether the last two digits of a well-formed ROR identifier are the check digits of the others (ISO/IEC 7064, MOD 97-10).
fn has_check_digits(ror: &str) -> bool {
    let digit = |byte: u8| ROR_ALPHABET.iter().position(|digit| *digit == byte).unwrap_or_default() as u64;
    let number = ror.bytes().skip(1).take(6).fold(0, |number, byte| number * 32 + digit(byte));
    let check = (98 - number * 100 % 97) % 97;
    ror.get(7..) == Some(&format!("{check:02}"))
}

/// An identifier of a record in an external system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveEntityModel)]
#[sea_orm(table_name = "identifier")]
pub struct Model {
    /// The scheme of the identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scheme: IdentifierScheme,
    /// The identifier, as the scheme writes it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The record.
    pub record_id: Uuid,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The record that is identified.
    #[sea_orm(belongs_to = "super::record::Entity", from = "Column::RecordId", to = "super::record::Column::Id")]
    Record,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The address of the page about this identifier in the external system; `None` if the scheme has no such pages.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        Some(match self.scheme {
            IdentifierScheme::Geonames => format!("https://www.geonames.org/{}", self.value),
            IdentifierScheme::Wikidata => format!("https://www.wikidata.org/entity/{}", self.value),
            IdentifierScheme::Ror => format!("https://ror.org/{}", self.value),
            IdentifierScheme::Iso31662 => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{IdentifierScheme::*, *};

    #[test]
    fn identifiers_are_what_their_scheme_writes() {
        let right: &[(IdentifierScheme, &[&str])] = &[
            (Wikidata, &["Q1", "Q47034"]),
            (Geonames, &["1", "660158"]),
            (Ror, &["05k73zm37", "03yrm5c26", "02nr0ka47", "040af2s02"]),
            (Iso31662, &["CN-SH", "FI-18", "GB-ENG", "AT-9"]),
        ];
        for (scheme, values) in right {
            for value in *values {
                assert_eq!(scheme.check(value), Ok(()), "{value}");
            }
        }
    }

    #[test]
    fn what_was_meant_is_told() {
        for (scheme, value, meant) in [
            (Wikidata, "http://www.wikidata.org/entity/Q6225", "Q6225"),
            (Wikidata, "https://www.wikidata.org/wiki/Q6225#sitelinks", "Q6225"),
            (Wikidata, "https://m.wikidata.org/wiki/Special:EntityPage/Q6225", "Q6225"),
            (Wikidata, "q6225", "Q6225"),
            (Wikidata, "6225", "Q6225"),
            (Wikidata, "Q6225 ", "Q6225"),
            (Wikidata, "wd:Q6225", "Q6225"),
            (Geonames, "https://www.geonames.org/2652221", "2652221"),
            (Geonames, "https://www.geonames.org/2652221/coventry.html", "2652221"),
            (Geonames, " 2652221", "2652221"),
            (Ror, "https://ror.org/05k73zm37", "05k73zm37"),
            (Ror, "05K73ZM37", "05k73zm37"),
            (Iso31662, "cn-sh", "CN-SH"),
            (Iso31662, "ISO 3166-2:CN-SH", "CN-SH"),
        ] {
            assert_eq!(scheme.check(value), Err(format!("write {meant}")), "{value}");
        }
        for (scheme, value) in [
            (Wikidata, "Coventry"),
            (Wikidata, "Q0"),
            (Wikidata, "Q6225a"),
            (Geonames, "0123"),
            (Geonames, "12.5"),
            (Ror, "05k73zm3"),
            (Ror, "grid.5"),
        ] {
            assert!(scheme.check(value).is_err_and(|message| message.starts_with("expected")), "{value}");
        }
        for typing_error in ["05k73zm38", "05k73zn37", "50k73zm37"] {
            assert!(Ror.check(typing_error).is_err(), "{typing_error}");
        }
    }
}
