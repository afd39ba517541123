//! Drafts: the values of a record before it is written, checked against its description.
//!
//! A draft collects every problem instead of stopping at the first. Each problem names the attribute, a code and what would
//! be right; import adds the file and the line.

use async_graphql::Enum;
use folding::fold;
use sea_orm::Value;
use uuid::Uuid;

use super::{
    Attribute, AttributeKind, Column, Inconsistency, Period, RecordType,
    language::registered_language_tag,
    length,
    text::check_characters,
    text_form::{exact_decimal, missing},
    with_article, words,
};
use crate::{db::Moment, edtf};

/// The highest version of a record; it stays when the record is changed again.
pub const MAX_VERSION: i32 = 1_000_000_000;

/// What separates the keys of a list in its text form.
pub const LIST_SEPARATOR: char = ';';

/// What is wrong with a value that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum ProblemCode {
    /// A required value is missing.
    Required,
    /// The value is not of the right form, or it does not fit the other values.
    Invalid,
    /// A number is too small or too large.
    OutOfRange,
    /// A reference leads nowhere, to the record itself, or to a record of the wrong type.
    Reference,
    /// The same value is given twice, or another record has it.
    Duplicate,
    /// A period ends before it starts.
    Period,
    /// A text or a list is too long.
    TooLong,
    /// There is no such record.
    NotFound,
    /// The record has another version than the expected one: somebody has changed it since.
    VersionConflict,
    /// The record cannot be deleted, because another one refers to it.
    Referenced,
}

/// A problem with one value of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The column of the value, as CSV files have it: `founded`, `participant_kind`.
    pub path: String,
    /// What kind of problem it is.
    pub code: ProblemCode,
    /// The value, as text.
    pub value: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// The values of a record before it is written.
pub struct Draft<'a> {
    record: &'a RecordType,
    id: Uuid,
    values: Vec<(Column, Value)>,
    lists: Vec<(&'a Attribute, Vec<Uuid>)>,
    /// The columns of the known dates, as they were given and read.
    dates: Vec<(&'static str, String, edtf::Date)>,
    /// The last day that does not lie in the future, once the time of writing is known.
    today: Option<edtf::Day>,
    problems: Vec<Problem>,
}

/// The dates of a record that are sets: the column of each, and the days that it lists.
pub type Sets = Vec<(&'static str, Vec<edtf::DayRange>)>;

/// The values of a record without problems.
#[derive(Debug)]
pub struct Values<'a> {
    /// The values of columns, in the order in which they were set; the same for all records of a type.
    pub columns: Vec<(Column, Value)>,
    /// The records that lists of keys name.
    pub lists: Vec<(&'a Attribute, Vec<Uuid>)>,
    /// The dates that are sets.
    pub sets: Sets,
    /// Values that may be mistakes.
    pub warnings: Vec<Warning>,
}

/// A value that may be a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The column of the value, as CSV files have it.
    pub path: String,
    /// The value, as text.
    pub value: String,
    /// Why it may be one, and what would be right.
    pub message: String,
}

impl<'a> Draft<'a> {
    /// A draft of a record with an id and a key.
    #[must_use]
    pub fn new(record: &'a RecordType, id: Uuid, key: &str) -> Self {
        let values = vec![(record.column("id"), id.into()), (record.column("key"), key.into())];
        Self { record, id, values, lists: Vec::new(), dates: Vec::new(), today: None, problems: Vec::new() }
    }

    /// Adds a problem that was found outside of the draft.
    pub fn reject(&mut self, path: impl Into<String>, code: ProblemCode, value: &str, message: impl Into<String>) {
        let problem = Problem { path: path.into(), code, value: value.to_owned(), message: message.into() };
        self.problems.push(problem);
    }

    /// Sets an attribute from its text form: that of CSV files. Empty means unknown.
    pub fn set_text(&mut self, attribute: &Attribute, text: &str) {
        let set = |draft: &mut Self, column: Column, read: Result<Value, (ProblemCode, String)>| {
            let value = read.unwrap_or_else(|(code, message)| {
                draft.reject(column.name, code, text, message);
                column.null()
            });
            draft.values.push((column, value));
        };
        match &attribute.kind {
            AttributeKind::Scalar(column, scalar) => {
                let read = if text.is_empty() { missing(column) } else { scalar.read(text, attribute.range) };
                set(self, *column, read);
            }
            AttributeKind::Name { name, folded, .. } => {
                set(self, *name, if text.is_empty() { missing(name) } else { Ok(text.into()) });
                self.values.push((*folded, fold(text).into()));
            }
            AttributeKind::Decimal(decimal) => {
                let read = exact_decimal(text);
                let approximate = read.as_ref().map_or(Value::Double(None), |(_, number)| (*number).into());
                set(self, decimal.exact, read.map(|(digits, _)| digits.into()));
                self.values.push((decimal.approximate, approximate));
            }
            AttributeKind::Date { edtf, earliest, latest } => self.set_date([edtf, earliest, latest], text),
            AttributeKind::Id
            | AttributeKind::ToOne(_)
            | AttributeKind::ToAny(_)
            | AttributeKind::ToMany(_)
            | AttributeKind::ToManyAny(_)
            | AttributeKind::Keys { .. } => {
                debug_assert!(false, "{} is not set from a text", attribute.name);
            }
        }
    }

    /// Sets the language of the main name.
    pub fn set_language(&mut self, column: Column, text: &str) {
        let tag = registered_language_tag(text).unwrap_or_else(|message| {
            self.reject(column.name, ProblemCode::Invalid, text, message);
            String::new()
        });
        self.values.push((column, tag.into()));
    }

    /// Sets how often and when the record was written, from the text forms of the version and of the moments at which it was
    /// created and changed. Empty means: once, and now.
    pub fn set_history(&mut self, [version, created, updated]: [&str; 3], now: Moment) {
        // Somewhere it is tomorrow already.
        self.today = Some(now.day().saturating_add(1));
        let columns = ["version", "created_at", "updated_at"].map(|name| self.record.column(name));
        let number = if version.is_empty() {
            Some(1)
        } else {
            version.parse().ok().filter(|number| (1..=MAX_VERSION).contains(number))
        };
        if number.is_none() {
            self.reject(
                columns[0].name,
                ProblemCode::Invalid,
                version,
                format!("expected a whole number from 1 to {MAX_VERSION}"),
            );
        }
        let mut moment = |column: Column, text: &str, if_empty: Moment| {
            let moment = if text.is_empty() { Some(if_empty) } else { Moment::parse_rfc3339(text) };
            if moment.is_none() {
                let message = "expected a date and time in the format of RFC 3339, such as 2026-11-24T09:30:00.000Z";
                self.reject(column.name, ProblemCode::Invalid, text, message);
            }
            moment.unwrap_or(if_empty)
        };
        let changed = moment(columns[2], updated, now);
        let first = moment(columns[1], created, changed);
        if changed < first {
            let message = format!("it is before created_at ({created})");
            self.reject(columns[2].name, ProblemCode::Period, updated, message);
        }
        let values: [Value; 3] = [number.unwrap_or(1).into(), first.into(), changed.into()];
        self.values.extend(columns.into_iter().zip(values));
    }

    fn set_date(&mut self, [written, earliest, latest]: [&Column; 3], text: &str) {
        let mut values = (Value::String(None), edtf::UNKNOWN_EARLIEST, edtf::UNKNOWN_LATEST);
        match edtf::Date::parse(text) {
            _ if text.is_empty() => {}
            Ok(date) => {
                values = (date.edtf.clone().into(), date.earliest, date.latest);
                self.dates.push((written.name, text.to_owned(), date));
            }
            Err(cause) => self.reject(written.name, ProblemCode::Invalid, text, cause.to_string()),
        }
        let (edtf, first, last) = values;
        self.values.extend([(*written, edtf), (*earliest, first.into()), (*latest, last.into())]);
    }

    /// Sets a reference to the record `id` of the type `table`. `text` is how the value was written.
    pub fn set_reference(&mut self, attribute: &Attribute, to: Option<(&str, Uuid)>, text: &str) {
        match &attribute.kind {
            AttributeKind::ToOne(to_one) => {
                let name = reference_name(to_one.column);
                if to.is_none() && !to_one.column.nullable && text.is_empty() {
                    let message = format!("it must not be empty: give the key of {}", with_article(to_one.target));
                    self.reject(name, ProblemCode::Required, text, message);
                } else if to.is_some_and(|(_, id)| id == self.id) {
                    let message = format!("{text} names itself: give the key of another {}", words(to_one.target));
                    self.reject(name, ProblemCode::Reference, text, message);
                }
                self.values.push((to_one.column, to.map(|(_, id)| id).into()));
            }
            AttributeKind::ToAny(to_any) => {
                let table = to.map(|(table, _)| table.to_owned());
                self.values.extend([(to_any.id, to.map(|(_, id)| id).into()), (to_any.table, table.into())]);
            }
            _ => debug_assert!(false, "{} is no reference", attribute.name),
        }
    }

    /// Sets a list of records: the key and the id of each. An id is missing if there is no such record; whoever looked for it
    /// rejects the key. `text` is how the list was written.
    pub fn set_list(&mut self, attribute: &'a Attribute, keys: &[(&str, Option<Uuid>)], text: &str) {
        let AttributeKind::Keys { target, at_least, .. } = &attribute.kind else {
            debug_assert!(false, "{} is no list of keys", attribute.name);
            return;
        };
        if let Err(message) = length::check_list(keys.len()) {
            self.reject(&attribute.name, ProblemCode::TooLong, text, message);
            return;
        }
        let mut ids = Vec::with_capacity(keys.len());
        for (key, id) in keys.iter().filter_map(|(key, id)| Some((key, (*id)?))) {
            if ids.contains(&id) {
                let message = format!("{key} is named twice: name each {} once", words(target));
                self.reject(&attribute.name, ProblemCode::Duplicate, text, message);
            } else if id == self.id {
                let message = format!("{key} names itself: name only others");
                self.reject(&attribute.name, ProblemCode::Reference, text, message);
            }
            ids.push(id);
        }
        if !keys.is_empty() && keys.len() < *at_least {
            let message = format!("expected at least {at_least} keys, separated by {LIST_SEPARATOR:?}");
            self.reject(&attribute.name, ProblemCode::Required, text, message);
        }
        self.lists.push((attribute, ids));
    }

    /// Checks the characters and the length of every text. The length of a name is also checked as it is folded.
    fn check_texts(&mut self) {
        let mut problems: Vec<Problem> = Vec::new();
        for (column, value) in &self.values {
            let (Value::String(Some(text)), Some(most)) = (value, column.max_length) else { continue };
            if let Err(message) = check_characters(text, most) {
                let (path, value) = (column.name.to_owned(), text.clone());
                problems.push(Problem { path, code: ProblemCode::Invalid, value, message });
            }
            let Err(message) = length::check(text, most) else { continue };
            let (written, message) = match self.record.name_of(column) {
                Some(name) => (name, format!("folded for search, {message}")),
                None => (column, message),
            };
            if problems.last().is_some_and(|problem| problem.path == written.name) {
                // The name is too long as it is written, too.
                continue;
            }
            let value = self.values.iter().find_map(|(column, value)| match value {
                Value::String(Some(text)) if column == written => Some(text.clone()),
                _ => None,
            });
            let (path, value) = (written.name.to_owned(), value.unwrap_or_default());
            problems.push(Problem { path, code: ProblemCode::TooLong, value, message });
        }
        self.problems.extend(problems);
    }

    /// Values that do not fit together, and dates that stand for something else.
    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let warn = |path: &str, value: &str, message: String| Warning {
            path: path.to_owned(),
            value: value.to_owned(),
            message,
        };
        for (name, text, ..) in &self.dates {
            if stands_for_unknown(text) {
                let message = "the year 9999 usually stands for an end that is not known: leave it empty";
                warnings.push(warn(name, text, message.to_owned()));
            }
        }
        let date = |column: &str| self.dates.iter().find(|(name, ..)| *name == column);
        let is = |column: &str, word: &str| {
            let is_word = |value: &Value| matches!(value, Value::String(Some(text)) if text == word);
            self.values.iter().any(|(of, value)| of.name == column && is_word(value))
        };
        let is_true =
            |column: &str| self.values.iter().any(|(of, value)| of.name == column && *value == Value::Bool(Some(true)));
        for inconsistency in &self.record.inconsistencies {
            match inconsistency {
                Inconsistency::NotYet { word, value, date: [name, ..] } if is(word, value) => {
                    if let Some((_, text, ..)) = date(name) {
                        warnings.push(warn(name, text, format!("it must be empty while {word} is {value}")));
                    }
                }
                Inconsistency::Future { word, value, date: [name, ..] } if is(word, value) => {
                    if let Some((_, text, date)) = date(name)
                        && self.today.is_some_and(|today| date.earliest > today)
                    {
                        warnings.push(warn(name, text, format!("it lies in the future, but {word} is {value}")));
                    }
                }
                Inconsistency::Long { most, unless } if !unless.is_some_and(is_true) => {
                    let Some(Period { start, end, .. }) = self.record.period else { continue };
                    if let (Some((.., first)), Some((name, text, last))) = (date(start[0]), date(end[0]))
                        && !stands_for_unknown(text)
                        && i64::from(last.earliest) - i64::from(first.latest) >= i64::from(*most)
                    {
                        warnings.push(warn(name, text, format!("with `{}`, that is more than {most} days", start[0])));
                    }
                }
                _ => {}
            }
        }
        warnings
    }

    /// The values, or every problem with them.
    pub fn finish(mut self) -> Result<Values<'a>, Vec<Problem>> {
        if let Some(coordinates) = &self.record.coordinates {
            let point = coordinates.point_of(&self.values);
            self.values.extend(point);
        }
        self.check_texts();
        for (start, end) in &self.record.in_order {
            let date = |column| self.dates.iter().find(|(name, ..)| *name == column);
            if let (Some((_, from, first)), Some((_, to, last))) = (date(*start), date(*end))
                && last.latest < first.earliest
            {
                let message = format!("it is before {start} ({from})");
                let problem =
                    Problem { path: (*end).to_owned(), code: ProblemCode::Period, value: to.clone(), message };
                self.problems.push(problem);
            }
        }
        if self.problems.is_empty() {
            let warnings = self.warnings();
            let sets = self.dates.into_iter().filter(|(.., date)| date.listed().is_some());
            let sets = sets.map(|(column, _, date)| (column, date.ranges)).collect();
            Ok(Values { columns: self.values, lists: self.lists, sets, warnings })
        } else {
            Err(self.problems)
        }
    }
}

/// Whether a date is one that is usually written where none is known.
fn stands_for_unknown(date: &str) -> bool {
    date.contains("9999")
}

/// The name of a reference without `_id`: as CSV files have it.
#[must_use]
pub fn reference_name(column: Column) -> &'static str {
    column.name.strip_suffix("_id").unwrap_or(column.name)
}
