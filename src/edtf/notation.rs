//! Dates in other notations than EDTF: what they mean, for the message that refuses them.

use std::fmt;

use super::era;

/// What a date in another notation means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// This date.
    Date(String),
    /// The first date if the day comes first, the second if the month does.
    DayOrMonthFirst(String, String),
}

impl fmt::Display for Meant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => f.write_str(date),
            Self::DayOrMonthFirst(day, month) => {
                write!(f, "{day} if the day comes first, {month} if the month comes first")
            }
        }
    }
}

/// The first letters of the months in English, by which their names and abbreviations are known.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What a date in another notation means: `24.9.2019`, `9/24/2019`, `2019/9/24`, `20190924`, `24 September 2019`, `2019年9月24日`,
/// `民國108年9月24日`, `昭和54年`, a day with a time behind it, a month in such a notation, or a decade: `1990s`. `None` if it is none
/// of them.
pub(super) fn meant(text: &str) -> Option<Meant> {
    let text = text.trim();
    if text.len() > 40 {
        return None;
    }
    if let Some((day, time)) = text.split_once(['T', ' ']).filter(|(_, time)| time.contains(':')) {
        return is_date(day).then(|| Meant::Date(day.to_owned())).or_else(|| meant(day)).filter(|_| is_time(time));
    }
    if let Some(decade) = text.strip_suffix("0s").filter(|decade| decade.len() == 3) {
        return number(decade, 3).map(|_| Meant::Date(format!("{decade}X")));
    }
    // Without the name of the era, the year could be any.
    if text.starts_with(['民', '中']) {
        return era::minguo(text).map(Meant::Date);
    }
    if let Ok(date) = era::japanese_era(text) {
        return Some(Meant::Date(date));
    }
    let parts: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() || "年月日".contains(c)).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if let [only] = parts[..] {
        let is_compact = only.len() == 8 && only.bytes().all(|byte| byte.is_ascii_digit());
        return if is_compact { date(&only[..4], &only[4..6], &only[6..]).map(Meant::Date) } else { None };
    }
    let is_word = |part: &&str| part.chars().all(char::is_alphabetic);
    if let Some(at) = parts.iter().position(is_word) {
        let month = month_named(parts[at])?.to_string();
        let others: Vec<&str> = parts.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, part)| *part).collect();
        return match others[..] {
            [year] => self::month(year, &month).map(Meant::Date),
            [day, year] => date(year, &month, without_ending(day)).map(Meant::Date),
            _ => None,
        };
    }
    match parts[..] {
        [year, month, day] if year.len() == 4 => date(year, month, day).map(Meant::Date),
        [year, month] if year.len() == 4 => self::month(year, month).map(Meant::Date),
        [month, year] if year.len() == 4 => self::month(year, month).map(Meant::Date),
        [first, second, year] if year.len() == 4 => match (date(year, second, first), date(year, first, second)) {
            (Some(day_first), Some(month_first)) if day_first != month_first => {
                Some(Meant::DayOrMonthFirst(day_first, month_first))
            }
            (day_first, month_first) => day_first.or(month_first).map(Meant::Date),
        },
        _ => None,
    }
}

/// Whether a text is a time of day, or begins with one.
fn is_time(text: &str) -> bool {
    let digits =
        |part: Option<&str>| part.is_some_and(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()));
    digits(text.get(..2)) && text.get(2..3) == Some(":") && digits(text.get(3..5))
}

/// `24th` → `24`.
fn without_ending(day: &str) -> &str {
    ["st", "nd", "rd", "th"].into_iter().find_map(|ending| day.strip_suffix(ending)).unwrap_or(day)
}

fn month_named(word: &str) -> Option<usize> {
    let start = word.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().position(|month| *month == start).map(|at| at + 1)
}

fn month(year: &str, month: &str) -> Option<String> {
    let date = format!("{:04}-{:02}", number(year, 4)?, number(month, 2)?);
    is_date(&date).then_some(date)
}

fn date(year: &str, month: &str, day: &str) -> Option<String> {
    let date = format!("{:04}-{:02}-{:02}", number(year, 4)?, number(month, 2)?, number(day, 2)?);
    is_date(&date).then_some(date)
}

fn number(digits: &str, most: usize) -> Option<u16> {
    if digits.len() > most { None } else { digits.parse().ok() }
}

fn is_date(text: &str) -> bool {
    edtf_core::Edtf::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_told() {
        for (text, expected) in [
            ("24.9.2019", "2019-09-24"),
            ("24. 9. 2019", "2019-09-24"),
            ("24/09/2019", "2019-09-24"),
            ("9/24/2019", "2019-09-24"),
            ("4.7.2017", "2017-07-04 if the day comes first, 2017-04-07 if the month comes first"),
            ("7-7-2017", "2017-07-07"),
            ("2019/9/24", "2019-09-24"),
            ("2019-9-4", "2019-09-04"),
            ("2019.09", "2019-09"),
            ("9/2019", "2019-09"),
            ("20190924", "2019-09-24"),
            ("24 September 2019", "2019-09-24"),
            ("September 24th, 2019", "2019-09-24"),
            ("Sept. 2019", "2019-09"),
            ("2019年9月24日", "2019-09-24"),
            ("2019年9月", "2019-09"),
            ("民國108年9月24日", "2019-09-24"),
            ("民国一〇八年", "2019"),
            ("昭和54年3月12日", "1979-03-12"),
            ("令和元年", "2019"),
            ("S54.3.12", "1979-03-12"),
            ("1990s", "199X"),
            ("2019-09-24T10:00:00Z", "2019-09-24"),
            ("2019-09-24 10:00", "2019-09-24"),
            ("24.9.2019 09:30", "2019-09-24"),
        ] {
            assert_eq!(meant(text).map(|meant| meant.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn nothing_is_guessed() {
        for text in [
            "",
            "TBD",
            "31.2.2019",
            "24.9.19",
            "99/99/2019",
            "2019-13",
            "yesterday",
            "24 Syyskuu 2019",
            "1.2.3.4",
            "12345678901",
            "19900s",
            "明治5年1月1日",
            "昭和65年",
            "2019-09-24T25",
            "T:",
        ] {
            assert_eq!(meant(text), None, "{text}");
        }
    }
}
