//! Alphabetical orders: in Finnish `Ähtäri` comes after `Zürich`, in German before `Albany`. They are those of CLDR, by ICU4X.
//!
//! A sort key is a text as bytes whose order is the alphabetical one, so that every database can order by it. Keys are stored:
//! if a new version of ICU4X makes others, which a test tells, a migration has to delete the documents of search, with which
//! all keys are made again, as `m0013_sort_keys` does.

use icu_collator::{
    Collator, CollatorBorrowed, CollatorPreferences,
    options::{CollatorOptions, Strength},
    provider::{Baked, CollationMetadataV1},
};
use icu_locale::Locale;
use icu_provider::{DataIdentifierBorrowed, DataLocale, DataProvider, DataRequest};

/// The collation of languages for which CLDR has no other one, such as English, German and Italian. Chinese characters come by
/// their code points in it.
pub const ROOT: &str = "und";

/// The other collations, by their names in CLDR: of Nordic, Baltic and other European languages, Simplified Chinese (by pinyin),
/// Japanese, Turkish and Vietnamese. Each takes a stored key for the names that have another one than in the root.
pub const TAILORED: &[&str] = &[
    "bg", "cs", "da", "el", "es", "et", "fi", "hr", "hu", "is", "ja", "lt", "lv", "mt", "no", "pl", "ro", "ru", "sk",
    "sl", "sr", "sr-Latn", "sv", "tr", "uk", "und-Hans", "vi",
];

/// The collation of a language, given by a BCP 47 tag: [`ROOT`], or one of [`TAILORED`]. `None` if CLDR has another one for
/// it, or if it is no tag.
#[must_use]
pub fn collation(language: &str) -> Option<&'static str> {
    let locale = Locale::try_from_str(language).ok().filter(|locale| locale.extensions.is_empty())?;
    let requested = DataLocale::from(&locale);
    let id = DataIdentifierBorrowed::for_locale(&requested);
    let request = DataRequest { id, metadata: icu_provider::DataRequestMetadata::default() };
    let found = DataProvider::<CollationMetadataV1>::load(&Baked, request).ok()?.metadata.locale;
    let found = found.unwrap_or(requested).to_string();
    std::iter::once(&ROOT).chain(TAILORED).copied().find(|collation| *collation == found)
}

/// Makes sort keys.
pub struct Collators(Vec<(&'static str, CollatorBorrowed<'static>)>);

impl Default for Collators {
    /// The collators of all collations, the root first.
    fn default() -> Self {
        let mut options = CollatorOptions::default();
        // Without case and width, as in folded texts: what differs in nothing else is one name.
        options.strength = Some(Strength::Secondary);
        let collator = |tag: &&'static str| {
            let preferences = CollatorPreferences::from(&Locale::try_from_str(tag).ok()?);
            Some((*tag, Collator::try_new(preferences, options).ok()?))
        };
        Self(std::iter::once(&ROOT).chain(TAILORED).filter_map(collator).collect())
    }
}

impl Collators {
    /// The sort keys of a text: in the root, then those in other collations that differ from it.
    #[must_use]
    pub fn sort_keys(&self, text: &str) -> Vec<(&'static str, Vec<u8>)> {
        let mut keys: Vec<(&'static str, Vec<u8>)> = Vec::new();
        for (collation, collator) in &self.0 {
            let mut key = Vec::with_capacity(2 * text.len());
            // Writing into memory cannot fail.
            let Ok(()) = collator.write_sort_key_to(text, &mut key);
            if keys.first().is_none_or(|(_, root)| *root != key) {
                keys.push((collation, key));
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<'t>(language: &str, names: &[&'t str]) -> Vec<&'t str> {
        let (collators, wanted) = (Collators::default(), collation(language).expect(language));
        let key = |name: &&str| {
            let keys = collators.sort_keys(name);
            let own = keys.iter().find(|(collation, _)| *collation == wanted).or(keys.first());
            own.expect("there is a key").1.clone()
        };
        let mut names = names.to_vec();
        names.sort_by_cached_key(key);
        names
    }

    #[test]
    fn languages_have_their_alphabets() {
        for (languages, order) in [
            (&["fi", "sv", "fi-FI", "sv-FI"][..], &["Espoo", "Vaasa", "Zürich", "Åbo", "Ähtäri", "Öland"][..]),
            (&["en", "de", "it-CH", "nl", "pt-BR"], &["Åbo", "Ähtäri", "Espoo", "Öland", "Vaasa", "Zürich"]),
            (&["da", "no", "nb", "nn-NO"], &["Espoo", "Vaasa", "Zürich", "Ähtäri", "Öland", "Åbo"]),
            (&["et"], &["Saue", "Šilale", "Zürich", "Tartu", "Õru", "Ähtäri"]),
            (&["es", "es-MX"], &["Nuquí", "Ñemby", "Oaxaca"]),
            (&["cs", "sk"], &["Cheb", "Chrudim"]),
            (&["cs"], &["Celje", "Čáslav", "Havířov", "Cheb", "Chrudim", "Jihlava"]),
            (&["pl"], &["Lublin", "Łódź", "Malbork"]),
            (&["zh", "zh-CN", "zh-Hans"], &["北京", "重庆", "上海", "Espoo"]),
            (&["tr"], &["Hatay", "Isparta", "İzmir"]),
            (&["ru"], &["Ёлкино", "Енисейск", "Жуков"]),
        ] {
            let mut reversed = order.to_vec();
            reversed.reverse();
            for language in languages {
                assert_eq!(sorted(language, &reversed), order, "{language}");
            }
        }
    }

    #[test]
    fn case_does_not_count() {
        let keys = |name| Collators::default().sort_keys(name);
        assert_eq!(keys("ESPOO"), keys("espoo"));
        assert_ne!(keys("Åbo"), keys("Abo"));
    }

    #[test]
    fn all_collations_are_known() {
        assert_eq!(Collators::default().0.len(), TAILORED.len() + 1);
        for tag in TAILORED {
            assert_eq!(collation(tag), Some(*tag));
        }
    }

    #[test]
    fn languages_with_another_collation_are_refused() {
        for tag in ["ko", "zh-Hant", "zh-TW", "th", "de-u-co-phonebk", "fr-CA", "", "not a tag"] {
            assert_eq!(collation(tag), None, "{tag}");
        }
    }

    /// Stored keys are compared with those that are made later.
    #[test]
    fn keys_are_those_that_are_stored() {
        let keys = Collators::default().sort_keys("Ähtäri 上海 2024");
        let digits = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        let text: Vec<_> = keys.iter().map(|(tag, key)| format!("{tag} {}", digits(key))).collect();
        let stored = [
            "und 2b39512b4d3b04fa0216fa416e041612161a01459643960e",
            "da 5e7f0239515e7f024d3b04fa0216fa416e041612161a014644460e",
            "et 580e3951580e4d3b04fa0216fa416e041612161a0112",
            "fi 5e7f0339515e7f034d3b04fa0216fa416e041612161a0112",
            "is 5e7f0239515e7f024d3b04fa0216fa416e041612161a014644460e",
            "ja 2b39512b4d3b04c416bfc1041612161a01459643960e",
            "no 5e7f0239515e7f024d3b04fa0216fa416e041612161a014644460e",
            "sk 2c0239512c024d3b04fa0216fa416e041612161a0112",
            "sv 5e7f0339515e7f034d3b04fa0216fa416e041612161a0112",
            "und-Hans a5b3cba5c7b5048159600e041612161a01459643960e",
        ];
        assert_eq!(text, stored, "a migration has to delete the documents of search");
    }
}
