//! Dates in the notations that lists use, as EDTF.

use serde::Deserialize;

use crate::edtf::{
    day,
    era::{JAPANESE_EXAMPLE, date, japanese_era, minguo, year_first},
    iso,
};

/// A notation of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Notation {
    /// 24.9.2019, 24/09/2019, 24 September 2019
    DayFirst,
    /// 9/24/2019, September 24, 2019
    MonthFirst,
    /// 2019/9/24, 2019年9月24日
    YearFirst,
    /// As our own files have them: 2019-09-24, 2019-09, 2018~
    #[serde(alias = "edtf")]
    Iso,
    /// Years of the Republic of China: 民國108年9月24日, 108/9/24
    Minguo,
    /// Years of a reign: 昭和54年3月12日, S54.3.12, 令和元年
    JapaneseEra,
    /// Days since the end of 1899, as a spreadsheet counts them: 43732
    Excel,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Notation {
    /// Reads a date as EDTF; the error says what would be right.
    pub(super) fn read(self, text: &str) -> Result<String, String> {
        let text: String = text.trim().chars().map(narrow).collect();
        let read = match self {
            Self::Iso => return Ok(text),
            Self::DayFirst => numbers(&text).and_then(|n| match n[..] {
                [day, month, year] => date(year, Some(month), Some(day)),
                [month, year] => date(year, Some(month), None),
                [year] => date(year, None, None),
                _ => None,
            }),
            Self::MonthFirst => numbers(&text).and_then(|n| match n[..] {
                [month, day, year] => date(year, Some(month), Some(day)),
                [month, year] => date(year, Some(month), None),
                [year] => date(year, None, None),
                _ => None,
            }),
            Self::YearFirst => numbers(&text).and_then(|n| year_first(&n)),
            Self::Minguo => minguo(&text),
            Self::JapaneseEra => return japanese_era(&text),
            Self::Excel => text.parse::<f64>().ok().and_then(excel),
        };
        read.ok_or_else(|| format!("expected a date such as {}", self.example()))
    }

    fn example(self) -> &'static str {
        match self {
            Self::DayFirst => "24.9.2019 or 24 September 2019 (day-first), with four digits of the year",
            Self::MonthFirst => "9/24/2019 or September 24, 2019 (month-first), with four digits of the year",
            Self::YearFirst => "2019/9/24 or 2019年9月24日 (year-first)",
            Self::Iso => "2019-09-24",
            Self::Minguo => "民國108年9月24日 or 108/9/24 (minguo)",
            Self::JapaneseEra => JAPANESE_EXAMPLE,
            Self::Excel => "43732, the number of days that spreadsheets count (excel)",
        }
    }
}

/// A character of full width as the usual one.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' | '／' | '．' | '－' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '　' => ' ',
        c => c,
    }
}

/// The numbers of a date, in their order; months can be written by name. `None` if there is anything else.
fn numbers(text: &str) -> Option<Vec<i64>> {
    let separators = ['.', '/', '-', ' ', ',', '年', '月', '日', '\u{a0}'];
    let parts = text.split(separators).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let lower = part.to_lowercase();
            let digits = lower.trim_end_matches("st").trim_end_matches("nd").trim_end_matches("rd");
            let digits = digits.trim_end_matches("th");
            let is_month = |month: &str| month == lower || (lower.len() >= 3 && month.starts_with(&lower));
            match MONTHS.iter().position(|month| is_month(month)) {
                Some(month) => i64::try_from(month + 1).ok(),
                None if digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
                None => None,
            }
        })
        .collect()
}

/// A day that a spreadsheet counts; before March 1900 it counts a day that there was not.
pub(super) fn excel(days: f64) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, reason = "within the range that was checked")]
    let days = (61.0..2_958_466.0).contains(&days).then(|| days.floor() as i32)?;
    iso(days.checked_add(day(1899, 12, 30)?)?)
}

#[cfg(test)]
mod tests {
    use super::Notation::*;

    #[test]
    fn dates_are_read() {
        for (notation, text, expected) in [
            (DayFirst, "24.9.2019", "2019-09-24"),
            (DayFirst, "24/09/2019", "2019-09-24"),
            (DayFirst, "24-9-2019", "2019-09-24"),
            (DayFirst, "24 September 2019", "2019-09-24"),
            (DayFirst, "3rd Sept 2019", "2019-09-03"),
            (DayFirst, "09/2019", "2019-09"),
            (DayFirst, "2019", "2019"),
            (MonthFirst, "9/24/2019", "2019-09-24"),
            (MonthFirst, "September 24, 2019", "2019-09-24"),
            (MonthFirst, "May 2019", "2019-05"),
            (YearFirst, "2019/9/24", "2019-09-24"),
            (YearFirst, "2019年9月24日", "2019-09-24"),
            (YearFirst, "２０１９年９月", "2019-09"),
            (Iso, "2018~", "2018~"),
            (Minguo, "民國108年9月24日", "2019-09-24"),
            (Minguo, "108/9/24", "2019-09-24"),
            (Minguo, "108年", "2019"),
            (Minguo, "民國一〇八年", "2019"),
            (Minguo, "民國六十二年十一月", "1973-11"),
            (Minguo, "民國元年", "1912"),
            (Minguo, "民國前1年", "1911"),
            (JapaneseEra, "昭和54年3月12日", "1979-03-12"),
            (JapaneseEra, "昭和五十四年", "1979"),
            (JapaneseEra, "S54.3.12", "1979-03-12"),
            (JapaneseEra, "h31/4/30", "2019-04-30"),
            (JapaneseEra, "令和元年5月1日", "2019-05-01"),
            (JapaneseEra, "平成元年", "1989"),
            (JapaneseEra, "昭和64年", "1989"),
            (JapaneseEra, "明治３３年", "1900"),
            (Excel, "43732", "2019-09-24"),
            (Excel, "43732.75", "2019-09-24"),
        ] {
            assert_eq!(notation.read(text), Ok(expected.to_owned()), "{notation:?}: {text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for (notation, text, says) in [
            (DayFirst, "9/24/2019", "day-first"),
            (DayFirst, "31.4.2019", "24.9.2019"),
            (DayFirst, "29.2.2019", "24.9.2019"),
            (DayFirst, "24.9.19", "four digits"),
            (DayFirst, "TBD", "24.9.2019"),
            (DayFirst, "", "24.9.2019"),
            (MonthFirst, "24/9/2019", "month-first"),
            (YearFirst, "24.9.2019", "year-first"),
            (Minguo, "2019/9/24", "minguo"),
            (Minguo, "昭和54年", "minguo"),
            (JapaneseEra, "昭和65年", "the era 昭和 lasted from 1926 to 1989"),
            (JapaneseEra, "平成31年5月1日", "the era 平成 lasted from 1989 to 2019"),
            (JapaneseEra, "令和元年4月1日", "the era 令和 lasted from 2019"),
            (JapaneseEra, "明治5年1月1日", "Japan had another calendar before 1873: write the date in EDTF"),
            (JapaneseEra, "1979", "japanese-era"),
            (JapaneseEra, "昭和", "japanese-era"),
            (Excel, "12", "spreadsheets count"),
            (Excel, "NaN", "spreadsheets count"),
        ] {
            let message = notation.read(text).unwrap_err();
            assert!(message.contains(says), "{notation:?}: {text}: {message}");
        }
    }
}
