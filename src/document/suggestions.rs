//! What a client probably meant: the names that are close to one that does not exist.

use std::fmt;

/// How many names are suggested.
const MAX_SUGGESTED: usize = 3;
/// How many values of an enum are listed.
const MAX_LISTED: usize = 20;
/// The length of names for which suggestions are looked for. Longer ones are no typing mistakes.
const MAX_LENGTH: usize = 64;

/// What comparisons are called elsewhere, and how the names end that the conditions on dates have, for what is certain and what is
/// possible.
const COMPARISONS: [(&str, &str); 8] = [
    ("eq", "within"),
    ("equals", "within"),
    ("overlaps", "within"),
    ("between", "within"),
    ("lt", "before"),
    ("lte", "onorbefore"),
    ("gt", "after"),
    ("gte", "onorafter"),
];

/// Whether errors may tell names of the schema that the client did not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suggestions {
    /// They may.
    On,
    /// They may not: the schema is not public.
    Off,
}

/// The end of a message, such as `; did you mean city or cities?`, or nothing.
pub(super) struct Hint(Vec<String>, &'static str);

impl Suggestions {
    /// The names that are close to `name`.
    pub(super) fn name<'n>(self, name: &str, known: impl Iterator<Item = &'n str>) -> Hint {
        let close = if self == Self::On { close_to(name, known) } else { Vec::new() };
        Hint(close, "did you mean")
    }

    /// The values of an enum that are close to `value`, or all of them if there are only a few.
    pub(super) fn value<'n>(self, value: &str, known: impl Iterator<Item = &'n str> + Clone) -> Hint {
        let hint = self.name(value, known.clone());
        if self == Self::Off || !hint.0.is_empty() || known.clone().count() > MAX_LISTED {
            return hint;
        }
        Hint(known.map(str::to_owned).collect(), "expected")
    }
}

/// The closest names, the closest first. They may differ from `name` in case, and in a third of its characters. If there are none,
/// those that say more precisely which comparison is meant.
fn close_to<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Vec<String> {
    if name.is_empty() || name.len() > MAX_LENGTH {
        return Vec::new();
    }
    let lower = name.to_lowercase();
    let most = lower.chars().count().div_ceil(3);
    let known: Vec<_> = known.map(|known| (known.to_lowercase(), known)).collect();
    let distance = |(other, known): &(String, &'n str)| (strsim::osa_distance(&lower, other), *known);
    let mut close: Vec<_> = known.iter().map(distance).filter(|(distance, _)| *distance <= most).collect();
    if close.is_empty() {
        let end = COMPARISONS.iter().find(|(called, _)| *called == lower).map_or(&*lower, |(_, end)| end);
        let prefixed = ["certainly", "possibly"].map(|prefix| format!("{prefix}{end}"));
        close.extend(known.iter().filter(|(other, _)| prefixed.contains(other)).map(|(_, known)| (0, *known)));
    }
    close.sort_unstable();
    close.into_iter().take(MAX_SUGGESTED).map(|(_, name)| name.to_owned()).collect()
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(names, introduction) = self;
        for (index, name) in names.iter().enumerate() {
            match index {
                0 => write!(f, "; {introduction} {name}")?,
                last if last + 1 == names.len() => write!(f, " or {name}")?,
                _ => write!(f, ", {name}")?,
            }
        }
        if !names.is_empty() && *introduction == "did you mean" {
            f.write_str("?")?;
        }
        Ok(())
    }
}
