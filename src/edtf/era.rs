//! Dates whose years are counted from the beginning of an era, in East Asia.

use super::{day, iso};

/// A date by the year of a reign, for messages.
pub(crate) const JAPANESE_EXAMPLE: &str = "昭和54年3月12日 or S54.3.12 (japanese-era)";
/// The first year in which Japan had the Gregorian calendar.
const GREGORIAN_JAPAN: i64 = 1873;

/// The eras: their names, their letters, their first days and the last days of those that have ended.
const ERAS: [(&str, char, [i64; 3], Option<[i64; 3]>); 5] = [
    ("明治", 'M', [1868, 1, 25], Some([1912, 7, 30])),
    ("大正", 'T', [1912, 7, 30], Some([1926, 12, 25])),
    ("昭和", 'S', [1926, 12, 25], Some([1989, 1, 7])),
    ("平成", 'H', [1989, 1, 8], Some([2019, 4, 30])),
    ("令和", 'R', [2019, 5, 1], None),
];

/// A date whose year is counted from the Republic of China, such as 民國108年9月24日, as EDTF.
pub(crate) fn minguo(text: &str) -> Option<String> {
    let (text, is_before) = match text.strip_prefix("民國前").or_else(|| text.strip_prefix("民国前")) {
        Some(rest) => (rest, true),
        None => (["中華民國", "民國", "民国"].iter().find_map(|name| text.strip_prefix(name)).unwrap_or(text), false),
    };
    let mut numbers = eastern_numbers(text)?;
    let year = numbers.first_mut().filter(|year| (1..=999).contains(*year))?;
    *year = if is_before { 1912 - *year } else { 1911 + *year };
    year_first(&numbers)
}

/// A date whose year is that of a reign, such as 昭和54年3月12日, as EDTF; the error says what is right.
pub(crate) fn japanese_era(text: &str) -> Result<String, String> {
    let expected = || format!("expected a date such as {JAPANESE_EXAMPLE}");
    let era = ERAS.iter().find_map(|era| {
        let rest = text.strip_prefix(era.0).or_else(|| text.strip_prefix([era.1, era.1.to_ascii_lowercase()]))?;
        Some((era, rest))
    });
    let ((name, _, first, last), rest) = era.ok_or_else(expected)?;
    let mut numbers = eastern_numbers(rest).ok_or_else(expected)?;
    let year = numbers.first_mut().filter(|year| (1..=99).contains(*year)).ok_or_else(expected)?;
    *year += first[0] - 1;
    let read = year_first(&numbers).ok_or_else(expected)?;
    if numbers[0] < GREGORIAN_JAPAN && numbers.len() > 1 {
        return Err(format!(
            "Japan had another calendar before {GREGORIAN_JAPAN}: write the date in EDTF, or only its year"
        ));
    }
    let length = numbers.len();
    let is_before = numbers[..] < first[..length];
    if is_before || last.is_some_and(|last| numbers[..] > last[..length]) {
        let years = last.map_or(String::new(), |last| last[0].to_string());
        return Err(format!("the era {name} lasted from {} to {years}", first[0]).trim_end_matches(" to ").to_owned());
    }
    Ok(read)
}

/// The numbers of a date that is written in digits or in Chinese characters, such as 五十四年; 元年 is the first year.
fn eastern_numbers(text: &str) -> Option<Vec<i64>> {
    let parts = text.split(['年', '月', '日', '.', '/', '-', ' ']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok().filter(|number| *number >= 0).or_else(|| chinese_number(part))).collect()
}

fn chinese_number(text: &str) -> Option<i64> {
    const DIGITS: &str = "〇一二三四五六七八九";
    if text == "元" {
        return Some(1);
    }
    let mut number = 0;
    let mut digit = None;
    for c in text.chars() {
        if c == '百' || c == '十' {
            number += digit.take().unwrap_or(1) * if c == '百' { 100 } else { 10 };
        } else {
            let next = DIGITS.chars().position(|digit| digit == c).and_then(|digit| i64::try_from(digit).ok())?;
            // Digits one after the other, as in 一〇八.
            digit = Some(digit.unwrap_or(0) * 10 + next);
        }
        if number > 10_000 || digit > Some(10_000) {
            return None;
        }
    }
    Some(number + digit.unwrap_or(0))
}

/// A date of a year and, if they are known, a month and a day, as EDTF.
pub(crate) fn year_first(numbers: &[i64]) -> Option<String> {
    match *numbers {
        [year, month, day] => date(year, Some(month), Some(day)),
        [year, month] => date(year, Some(month), None),
        [year] => date(year, None, None),
        _ => None,
    }
}

/// A date as EDTF, if there is such a day. Years of two digits could be of any century.
pub(crate) fn date(year: i64, month: Option<i64>, of_month: Option<i64>) -> Option<String> {
    if !(1000..=9999).contains(&year) {
        return None;
    }
    let Some(month) = month.filter(|month| (1..=12).contains(month)) else {
        return month.is_none().then(|| format!("{year:04}"));
    };
    let Some(of_month) = of_month else { return Some(format!("{year:04}-{month:02}")) };
    let written = format!("{year:04}-{month:02}-{of_month:02}");
    let counted = day(year, u8::try_from(month).ok()?, u8::try_from(of_month).ok()?)?;
    (iso(counted).as_ref() == Some(&written)).then_some(written)
}
