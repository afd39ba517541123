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
    /// An element of OpenStreetMap with its type, such as `relation/34914`.
    #[sea_orm(string_value = "openstreetmap")]
    #[graphql(name = "OPENSTREETMAP")]
    OpenStreetMap,
    /// The code of a place in UN/LOCODE, without a space, such as `FIHEL`.
    #[sea_orm(string_value = "un_locode")]
    #[graphql(name = "UN_LOCODE")]
    UnLocode,
    /// The code of a region in NUTS, the classification of the European Union, such as `FI1B1`.
    Nuts,
    /// An International Standard Name Identifier (ISO 27729), without spaces, such as `0000000121032683`.
    Isni,
    /// The ID of a person, an organization or a place in the Virtual International Authority File (VIAF), such as
    /// `148463773`.
    Viaf,
    /// The Legal Entity Identifier of an organization (ISO 17442), such as `5493006MHB84DD0ZWV18`.
    Lei,
    /// The code that a country gives to a municipality, after the code of the country and a hyphen, such as `FI-049`.
    MunicipalCode,
}

impl IdentifierScheme {
    /// Checks that a value is an identifier of the scheme, as the scheme writes it; the error says what is right.
    pub fn check(self, value: &str) -> Result<(), String> {
        if self.is_well_formed(value) {
            return match self {
                _ if !self.has_check_digits(value) => Err(format!(
                    "the check digits of {value} are wrong, so it has a typing error: copy the identifier again"
                )),
                _ => Ok(()),
            };
        }
        let expected = match self {
            Self::Geonames => "a number, such as 660158",
            Self::Wikidata => "the letter Q and a number, such as Q47034",
            Self::Ror => "0, six letters or digits, and two digits, such as 05k73zm37",
            Self::Iso31662 => "the code of a country, a hyphen, and one to three letters or digits, such as CN-SH",
            Self::OpenStreetMap => "node, way or relation, a slash and a number, such as relation/34914",
            Self::UnLocode => "the code of a country and three letters or digits, such as FIHEL",
            Self::Nuts => "the code of a country and one to three letters or digits, such as FI1B1",
            Self::Isni => "fifteen digits, and a last one that can be X, such as 0000000121032683",
            Self::Viaf => "a number, such as 148463773",
            Self::Lei => "eighteen letters or digits, and two digits, such as 5493006MHB84DD0ZWV18",
            Self::MunicipalCode => "the code of a country, a hyphen, and letters or digits, such as FI-049",
        };
        Err(match self.meant(value) {
            Some(meant) => format!("write {meant}"),
            None => format!("expected {expected}"),
        })
    }

    /// The identifier that somebody means, as the scheme writes it: it may be given in another way, such as the address of its
    /// page. The error says what is right.
    pub fn spelled(self, value: &str) -> Result<String, String> {
        match (self.check(value), self.meant(value)) {
            (Ok(()), _) => Ok(value.to_owned()),
            (Err(_), Some(meant)) => self.check(&meant).map(|()| meant),
            (Err(expected), None) => Err(expected),
        }
    }

    /// The scheme of a name in GraphQL.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        use async_graphql::resolver_utils::EnumType;
        Self::items().iter().find(|item| item.name == name).map(|item| item.value)
    }

    fn is_well_formed(self, value: &str) -> bool {
        let is_number =
            |text: &str| !text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_code = |text: &str, length: std::ops::RangeInclusive<usize>| {
            length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        let is_country = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        // The code of a country, and what follows it.
        let of_country = |separator: &str, length| {
            let (country, rest) = value.split_at_checked(2).unwrap_or_default();
            is_country(country) && rest.strip_prefix(separator).is_some_and(|rest| is_code(rest, length))
        };
        match self {
            Self::Geonames => is_number(value),
            Self::Viaf => is_number(value) && value.len() <= 22,
            Self::OpenStreetMap => value
                .split_once('/')
                .is_some_and(|(ty, number)| matches!(ty, "node" | "way" | "relation") && is_number(number)),
            Self::UnLocode => of_country("", 3..=3),
            Self::Nuts => of_country("", 1..=3),
            Self::MunicipalCode => of_country("-", 1..=12),
            Self::Isni => value.strip_suffix('X').map_or_else(
                || value.len() == 16 && value.bytes().all(|byte| byte.is_ascii_digit()),
                |digits| digits.len() == 15 && digits.bytes().all(|byte| byte.is_ascii_digit()),
            ),
            Self::Lei => is_code(value, 20..=20) && value.bytes().rev().take(2).all(|byte| byte.is_ascii_digit()),
            Self::Wikidata => value.strip_prefix('Q').is_some_and(is_number),
            Self::Ror => {
                value.len() == 9
                    && value.starts_with('0')
                    && value.bytes().all(|byte| ROR_ALPHABET.contains(&byte))
                    && value.bytes().skip(7).all(|byte| byte.is_ascii_digit())
            }
            Self::Iso31662 => of_country("-", 1..=3),
        }
    }

    /// Whether the check digits of a well-formed identifier are those of the other digits, if the scheme has some.
    fn has_check_digits(self, value: &str) -> bool {
        match self {
            Self::Ror => has_ror_check_digits(value),
            // ISO/IEC 7064, MOD 97-10: letters are numbers of two digits.
            Self::Lei => {
                let digits = value
                    .chars()
                    .filter_map(|c| c.to_digit(36))
                    .flat_map(|n| [n / 10, n % 10].into_iter().skip(usize::from(n < 10)));
                digits.fold(0, |rest, digit| (rest * 10 + digit) % 97) == 1
            }
            // ISO/IEC 7064, MOD 11-2; X is ten.
            Self::Isni => {
                let mut digits = value.chars().map(|c| c.to_digit(10).unwrap_or(10));
                let rest = digits.clone().take(15).fold(0, |rest, digit| (rest + digit) * 2 % 11);
                digits.next_back() == Some((12 - rest) % 11)
            }
            _ => true,
        }
    }

    /// What somebody meant who pasted an address, or wrote the identifier in another way.
    fn meant(self, value: &str) -> Option<String> {
        let path = value.trim().trim_end_matches('/');
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let is_address = path.contains("://") || path.starts_with("www.");
        // A page of GeoNames has the name of the place after its number.
        let parts = path.rsplit('/').take(if is_address { 2 } else { 1 });
        let last_two = path.rmatch_indices('/').nth(1).map_or(path, |(slash, _)| &path[slash + 1..]);
        let mut parts = parts.chain((self == Self::OpenStreetMap).then_some(last_two));
        parts.find_map(|part| {
            let part = part.rsplit(':').next().unwrap_or(part).trim();
            let spelled = match self {
                Self::Geonames | Self::Viaf => part.to_owned(),
                Self::Wikidata if part.bytes().all(|byte| byte.is_ascii_digit()) => format!("Q{part}"),
                Self::Ror | Self::OpenStreetMap => part.to_lowercase(),
                Self::Isni | Self::UnLocode | Self::Lei => part.replace([' ', '-'], "").to_uppercase(),
                Self::Wikidata | Self::Iso31662 | Self::Nuts | Self::MunicipalCode => part.to_uppercase(),
            };
            self.is_well_formed(&spelled).then_some(spelled)
        })
    }
}

/// The digits of a ROR identifier: those of Crockford's base 32.
const ROR_ALPHABET: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Whether the last two digits of a well-formed ROR identifier are the check digits of the others (ISO/IEC 7064, MOD 97-10).
fn has_ror_check_digits(ror: &str) -> bool {
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
            IdentifierScheme::OpenStreetMap => format!("https://www.openstreetmap.org/{}", self.value),
            IdentifierScheme::Isni => format!("https://isni.org/isni/{}", self.value),
            IdentifierScheme::Viaf => format!("https://viaf.org/viaf/{}", self.value),
            IdentifierScheme::Lei => format!("https://search.gleif.org/#/record/{}", self.value),
            IdentifierScheme::Iso31662
            | IdentifierScheme::UnLocode
            | IdentifierScheme::Nuts
            | IdentifierScheme::MunicipalCode => return None,
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
            (OpenStreetMap, &["node/1", "way/4", "relation/34914"]),
            (UnLocode, &["FIHEL", "US3AB"]),
            (Nuts, &["FI1", "FI1B", "FI1B1"]),
            (Isni, &["0000000121032683", "000000012146438X", "0000000121032683"]),
            (Viaf, &["148463773"]),
            (Lei, &["5493006MHB84DD0ZWV18", "213800WSGIIZCXF1P572", "5493001KJTIIGC8Y1R12"]),
            (MunicipalCode, &["FI-049", "DE-09162000", "CN-310000", "JP-131016"]),
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
            (OpenStreetMap, "https://www.openstreetmap.org/relation/34914#map=10/60.2/24.6", "relation/34914"),
            (OpenStreetMap, "Relation/34914", "relation/34914"),
            (UnLocode, "FI HEL", "FIHEL"),
            (Nuts, "fi1b1", "FI1B1"),
            (Isni, "0000 0001 2146 438X", "000000012146438X"),
            (Isni, "https://isni.org/isni/0000000121032683/", "0000000121032683"),
            (Viaf, "http://viaf.org/viaf/148463773", "148463773"),
            (Lei, "5493006mhb84dd0zwv18", "5493006MHB84DD0ZWV18"),
            (MunicipalCode, "fi-049", "FI-049"),
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
            (OpenStreetMap, "34914"),
            (UnLocode, "Helsinki"),
            (Nuts, "FI1B11"),
            (Isni, "12"),
            (Viaf, "0"),
            (Lei, "5493006MHB84DD0ZWV"),
            (MunicipalCode, "049"),
        ] {
            assert!(scheme.check(value).is_err_and(|message| message.starts_with("expected")), "{value}");
        }
        for typing_error in ["05k73zm38", "05k73zn37", "50k73zm37"] {
            assert!(Ror.check(typing_error).is_err(), "{typing_error}");
        }
        for (scheme, typing_error) in [
            (Isni, "0000000121032684"),
            (Isni, "0000000121464380"),
            (Lei, "5493006MHB84DD0ZWV19"),
            (Lei, "5493060MHB84DD0ZWV18"),
        ] {
            assert!(
                scheme.check(typing_error).is_err_and(|message| message.contains("check digits")),
                "{typing_error}"
            );
        }
    }
}
