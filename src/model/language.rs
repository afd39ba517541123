//! Language tags (BCP 47): how they are written, which languages are registered, and which name stands in for one in another
//! language. What depends on languages is the data of CLDR, by ICU4X.

use icu_locale::{
    LanguageIdentifier, Locale, LocaleCanonicalizer, LocaleExpander, LocaleFallbacker, TransformResult,
    subtags::{Region, Script},
};

/// Codes of ISO 639 that are no language: several, none, one without a code, unknown.
const SPECIAL: &[&str] = &["mul", "zxx", "mis", "und"];

/// The language that a tag names, unless it is none in particular: that is no language for those who read a text.
#[must_use]
pub fn one_language(tag: &str) -> Option<&str> {
    Some(tag).filter(|tag| !tag.is_empty() && !SPECIAL.contains(tag))
}

/// Checks that a language tag is well-formed and returns its canonical spelling, such as `zh-Hans` for `ZH-hans` and `he` for
/// `iw`; the error says what is right.
pub fn language_tag(tag: &str) -> Result<String, String> {
    let mut locale = Locale::try_from_str(tag)
        .map_err(|_| "expected a BCP 47 language tag, such as en, fi or zh-Hans".to_owned())?;
    LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
    Ok(locale.to_string())
}

/// Like [`language_tag`], and refuses languages that are not registered.
pub fn registered_language_tag(tag: &str) -> Result<String, String> {
    let tag = language_tag(tag)?;
    let language = primary_language(&tag);
    // For private use: qaa to qtz.
    let is_private = language.len() == 3 && ("qaa"..="qtz").contains(&language);
    if SPECIAL.contains(&language) || is_private || maximized(language).is_some() {
        return registered_subtags(&tag).map(|()| tag);
    }
    let spoken = Region::try_from_str(language).ok().and_then(|region| maximized(&format!("und-{region}")));
    Err(match spoken {
        Some(spoken) => format!(
            "{language} is not a registered language, but the code of a country; if you mean its main language, write {}",
            spoken.language
        ),
        None => {
            format!("{language} is not a registered language; write a BCP 47 language tag, such as en, fi or zh-Hans")
        }
    })
}

/// Checks that CLDR knows the script and the region of a tag: it knows for each which language is likely.
fn registered_subtags(tag: &str) -> Result<(), String> {
    let Ok(locale) = Locale::try_from_str(tag) else { return Ok(()) };
    let is_known = |subtag: &str| maximized(&format!("und-{subtag}")).is_some();
    let script = locale.id.script.map(|script| (script.to_string(), "script (ISO 15924), such as Hans or Latn"));
    let region = locale.id.region.map(|region| (region.to_string(), "region (ISO 3166), such as FI or CN"));
    match script.into_iter().chain(region).find(|(subtag, _)| !is_known(subtag)) {
        Some((subtag, expected)) => Err(format!("{subtag} in {tag} is not a registered {expected}")),
        None => Ok(()),
    }
}

/// A language with its likely script and region; `None` if there are none.
fn maximized(tag: &str) -> Option<LanguageIdentifier> {
    let mut id = LanguageIdentifier::try_from_str(tag).ok()?;
    let known = LocaleExpander::new_extended().maximize(&mut id);
    (known == TransformResult::Modified && !id.language.is_unknown()).then_some(id)
}

/// The script of a tag, or the likely one.
fn script(tag: &str) -> Option<Script> {
    let id = Locale::try_from_str(tag).ok()?.id;
    id.script.or_else(|| maximized(&id.to_string())?.script)
}

/// A tag without what is likely, so that tags that mean the same language and script are equal: `zh` for `zh-Hans-CN`, and
/// `zh-Hant` for `zh-TW`. `None` for tags that say more than language, script and region.
fn minimized(tag: &str) -> Option<String> {
    let locale = Locale::try_from_str(tag).ok()?;
    let is_plain = locale.extensions.is_empty() && locale.id.variants.is_empty();
    let mut id = locale.id;
    LocaleExpander::new_extended().minimize_favor_script(&mut id);
    is_plain.then(|| id.to_string())
}

/// The tags that CLDR looks up for a tag, one after the other: `zh-HK`, `zh-Hant`; `nb`, `no`.
fn fallbacks(tag: &str) -> Vec<String> {
    let Ok(locale) = Locale::try_from_str(tag) else { return Vec::new() };
    let fallbacker = LocaleFallbacker::new();
    let mut steps =
        fallbacker.for_config(icu_locale::fallback::LocaleFallbackConfig::default()).fallback_for((&locale).into());
    let mut tags = Vec::new();
    while !steps.get().is_unknown() {
        tags.push(steps.get().to_string());
        steps.step();
    }
    tags
}

/// Languages in order of preference, and what stands in for each.
pub struct LanguagePreference(Vec<Preferred>);

struct Preferred {
    tag: String,
    /// What CLDR looks up for it, [`minimized`].
    fallbacks: Vec<String>,
    /// The script in which it is written.
    script: Option<Script>,
}

impl LanguagePreference {
    /// The preference of these tags, the first one before the others.
    #[must_use]
    pub fn new(tags: &[String]) -> Self {
        let preferred = |tag: &String| {
            let fallbacks = fallbacks(tag).iter().filter_map(|tag| minimized(tag)).collect();
            Preferred { tag: tag.clone(), fallbacks, script: script(tag) }
        };
        Self(tags.iter().map(preferred).collect())
    }

    /// The languages, without script and region, of all tags that can stand in.
    #[must_use]
    pub fn languages(&self) -> Vec<String> {
        primary_languages(self.0.iter().flat_map(|preferred| preferred.fallbacks.iter().chain([&preferred.tag])))
    }

    /// The position of the tag that suits best, if one does. For each preferred tag: the tag itself; then what CLDR looks up
    /// for it; then the tag shortened subtag by subtag from its end (RFC 4647, lookup); then a more specific form, in the same
    /// script if there is one.
    #[must_use]
    pub fn best(&self, tags: &[&str]) -> Option<usize> {
        let position = |is_best: &dyn Fn(&str) -> bool| tags.iter().position(|tag| is_best(tag));
        self.0.iter().find_map(|preferred| {
            let equal = |to: &str| position(&|tag| tag.eq_ignore_ascii_case(to));
            let means = |what: &String| position(&|tag| minimized(tag).as_ref() == Some(what));
            let mut range = preferred.tag.as_str();
            equal(range).or_else(|| preferred.fallbacks.iter().find_map(means)).or_else(|| {
                while let Some((shorter, _)) = range.rsplit_once('-') {
                    // A subtag of a single letter only introduces the next one, so both are removed.
                    range = match shorter.rsplit_once('-') {
                        Some((before, letter)) if letter.len() == 1 => before,
                        _ => shorter,
                    };
                    if let Some(position) = equal(range) {
                        return Some(position);
                    }
                }
                let is_special = |tag: &str| is_special_form(tag, range);
                let is_readable = |tag: &str| is_special(tag) && script(tag) == preferred.script;
                position(&is_readable).or_else(|| position(&is_special))
            })
        })
    }
}

/// The language of a tag, without script and region.
#[must_use]
pub fn primary_language(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// The languages of tags, without script and region, each once.
#[must_use]
pub fn primary_languages<'t>(tags: impl Iterator<Item = &'t String>) -> Vec<String> {
    let mut languages: Vec<_> = tags.map(|tag| primary_language(tag).to_owned()).collect();
    languages.sort_unstable();
    languages.dedup();
    languages
}

/// Whether `language` is a more specific form of `range`: the same tag, followed by a hyphen and more.
#[must_use]
pub fn is_special_form(language: &str, range: &str) -> bool {
    let (language, range) = (language.as_bytes(), range.as_bytes());
    language.len() > range.len() && language[range.len()] == b'-' && language[..range.len()].eq_ignore_ascii_case(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_checked_and_spelled_as_usual() {
        for (written, canonical) in [
            ("ZH-hans", "zh-Hans"),
            ("iw", "he"),
            ("EN-gb", "en-GB"),
            ("en-x-1925-1961", "en-x-1925-1961"),
            ("und", "und"),
        ] {
            assert_eq!(language_tag(written).as_deref(), Ok(canonical));
        }
        for malformed in ["", "english language", "e", "en-", "zh--Hans", "日本語"] {
            assert!(language_tag(malformed).is_err(), "{malformed}");
        }
    }

    #[test]
    fn languages_are_registered() {
        for tag in
            ["en", "fi", "zh-Hant-TW", "se", "smn", "yue", "mul", "und", "qaa", "qtz-Latn", "eo", "la", "grc", "kw"]
        {
            assert!(registered_language_tag(tag).is_ok(), "{tag}");
        }
        for (tag, language) in [("jp", "ja"), ("cn", "zh"), ("cz", "cs"), ("dk", "da"), ("gr", "el"), ("JP-latn", "ja")]
        {
            let refused = registered_language_tag(tag).expect_err(tag);
            assert!(refused.ends_with(&format!("write {language}")), "{refused}");
        }
        for tag in ["xx", "english", "zzz", "qua1a"] {
            assert!(registered_language_tag(tag).is_err(), "{tag}");
        }
    }

    /// The order in which `label` tries tags.
    #[test]
    fn the_best_name_is_found() {
        for (wanted, there, found) in [
            (&["fi"][..], &["en", "fi"][..], Some("fi")),
            (&["zh-Hans-CN"], &["en", "zh"], Some("zh")),
            (&["zh-Hans-CN"], &["zh-Hant", "zh-Hans"], Some("zh-Hans")),
            (&["zh"], &["en", "zh-Hant"], Some("zh-Hant")),
            (&["zh"], &["zh-Hant", "zh-Hans"], Some("zh-Hans")),
            (&["zh-TW"], &["zh-Hans", "zh-Hant"], Some("zh-Hant")),
            (&["zh-HK", "en"], &["en", "zh-Hans", "zh-Hant"], Some("zh-Hant")),
            (&["zh-MO"], &["zh-Hans", "zh-Hant-HK"], Some("zh-Hant-HK")),
            (&["zh-TW", "en"], &["en", "zh-Hans"], Some("zh-Hans")),
            (&["zh-SG"], &["zh-Hant", "zh-Hans"], Some("zh-Hans")),
            (&["nb"], &["en", "no"], Some("no")),
            (&["nn-NO"], &["en", "no"], Some("no")),
            (&["pt-BR"], &["es", "pt"], Some("pt")),
            (&["pt-AO"], &["pt-BR", "pt-PT"], Some("pt-PT")),
            (&["es-AR"], &["es", "es-419"], Some("es-419")),
            (&["en-AU"], &["en-US", "en-001"], Some("en-001")),
            (&["sr"], &["sr-Latn", "sr-Cyrl"], Some("sr-Cyrl")),
            (&["sr-ME"], &["sr-Cyrl", "sr-Latn"], Some("sr-Latn")),
            (&["uz-AF"], &["uz", "uz-Arab"], Some("uz-Arab")),
            (&["sv", "fi"], &["fi", "en"], Some("fi")),
            (&["de"], &["en"], None),
            (&["e"], &["en"], None),
            (&["en"], &["en-x-1925-1961", "de"], Some("en-x-1925-1961")),
            (&["zh-x-private"], &["zh"], Some("zh")),
        ] {
            let wanted: Vec<String> = wanted.iter().map(|tag| (*tag).to_owned()).collect();
            let best = LanguagePreference::new(&wanted).best(there);
            assert_eq!(best.map(|position| there[position]), found, "{wanted:?} of {there:?}");
        }
    }
}
