//! What a value of a plan is in a row.

use std::collections::{BTreeMap, HashSet};

use super::{
    index::Index,
    plan::{LookUp, Plan, Source, ValuePlan, Way},
    table::{Cell, Row, Table, choices, on_one_line, problem},
};
use crate::{
    import_export::{Place, Problem},
    model::{with_article, words},
    quoted::Quoted,
};

/// A record of a row.
#[derive(Clone, Debug)]
pub(super) struct OfRow {
    /// The value of the column that has a record for each of its values.
    pub(super) item: Option<String>,
    pub(super) key: String,
    /// Whether the database has it.
    pub(super) is_stored: bool,
}

/// A value, the kind of the record whose key it is, and the column that it comes from.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) text: String,
    pub(super) kind: Option<&'static str>,
    pub(super) column: Option<usize>,
}

/// A row of a table.
#[derive(Clone, Copy)]
pub(super) struct InRow<'a> {
    pub(super) table: &'a Table,
    pub(super) row: &'a Row,
    /// The column that has a record for each of its values, and the value.
    pub(super) item: Option<(usize, &'a str)>,
}

impl InRow<'_> {
    pub(super) fn place(&self, column: Option<usize>) -> Place {
        self.table.place(self.row, column)
    }

    /// The text of a cell, and whether it is a date.
    pub(super) fn text(&self, column: usize) -> Result<(&str, bool), Problem> {
        match (self.item, self.row.cell(column)) {
            (Some((of, item)), _) if of == column => Ok((item, false)),
            (_, None) => Ok(("", false)),
            (_, Some(Cell { wrong: Some(message), .. })) => Err(problem(&self.place(Some(column)), "", &**message)),
            (_, Some(cell)) => Ok((cell.text.trim(), cell.is_date)),
        }
    }
}

/// How often something similar is looked for at most.
const MAX_HINTS: usize = 100;

/// Evaluates the values of a plan.
pub(super) struct Evaluator<'a> {
    pub(super) plan: &'a Plan,
    pub(super) index: Index,
    /// The records of each row: by the position of the record in the plan, and by that of the row in its table.
    pub(super) records: Vec<Vec<Vec<OfRow>>>,
    /// The decisions that were needed.
    pub(super) used: HashSet<(String, String)>,
    /// Whether nothing is told of what is found, so that it is asked when it is.
    pub(super) is_trying: bool,
    /// What was asked already: a question is asked once, however many rows raise it.
    asked: HashSet<(String, String)>,
    /// How often something similar was looked for.
    hints: usize,
}

/// What was found of a record.
pub(super) enum Found {
    One(&'static str, String, String),
    None,
    Several(Vec<(&'static str, String)>),
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(plan: &'a Plan, index: Index, tables: &[Table]) -> Self {
        let records = plan.records.iter().map(|record| vec![Vec::new(); tables[record.table].rows.len()]).collect();
        Self { plan, index, records, used: HashSet::new(), is_trying: false, asked: HashSet::new(), hints: 0 }
    }

    /// The values in a row; none if the cell is empty or its value is unknown.
    pub(super) fn values(&mut self, value: &ValuePlan, at: InRow<'_>, position: usize) -> Result<Vec<Got>, Problem> {
        let (texts, column, is_date) = match &value.source {
            Source::Fixed(text) => (vec![text.clone()], None, false),
            Source::Column(column) => {
                let (text, is_date) = at.text(*column)?;
                (split(text, &value.separators), Some(*column), is_date)
            }
            Source::Text(pieces) => return template(pieces, at, value),
            Source::Record(of) => return Ok(self.of_record(*of, at, position)),
        };
        let is_known = |text: &String| !is_unknown(text, &value.unknown);
        let mut got = Vec::new();
        for text in texts.into_iter().filter(is_known) {
            let wrong = |message: String| problem(&at.place(column), &text, message);
            let read = translated(value, &text, is_date).map_err(wrong)?;
            let (kind, read) = match &value.look_up {
                Some(look_up) => {
                    let Some((kind, key)) = self.look_up(look_up, &read, at, position, column)? else { continue };
                    (Some(kind), key)
                }
                None => (None, read),
            };
            got.push(Got { text: read, kind, column });
        }
        Ok(got)
    }

    /// The first of the values.
    pub(super) fn value(&mut self, value: &ValuePlan, at: InRow<'_>, position: usize) -> Result<Option<Got>, Problem> {
        Ok(self.values(value, at, position)?.into_iter().next())
    }

    fn of_record(&self, of: usize, at: InRow<'_>, position: usize) -> Vec<Got> {
        let (record, own) = (&self.plan.records[of], &self.plan.records[position]);
        let row = at.table.rows.partition_point(|row| row.number < at.row.number);
        let found = self.records[of].get(row).into_iter().flatten();
        // Both are made for each value of the same column: those of the same value belong together.
        let is_paired = record.for_each.is_some() && record.for_each == own.for_each;
        let belongs = |of: &&OfRow| !is_paired || of.item.as_deref() == at.item.map(|(_, item)| item);
        let got = |of: &OfRow| Got { text: of.key.clone(), kind: Some(record.kind.table), column: None };
        found.filter(belongs).map(got).collect()
    }

    /// The record that a text means.
    fn look_up(
        &mut self,
        look_up: &LookUp,
        text: &str,
        at: InRow<'_>,
        position: usize,
        column: Option<usize>,
    ) -> Result<Option<(&'static str, String)>, Problem> {
        let wrong = |message: String| problem(&at.place(column), text, message);
        match self.find(look_up, text, at, position)? {
            Found::One(kind, key, _) => Ok(Some((kind, key))),
            Found::Several(found) => match self.ask(text, &found) {
                Some(question) => Err(wrong(question)),
                None => Ok(None),
            },
            Found::None if look_up.is_optional => Ok(None),
            Found::None => {
                let what = look_up.kinds.iter().map(|kind| words(kind)).collect::<Vec<_>>().join(", ");
                let hint = self.hint(&look_up.kinds, text);
                let kind = look_up.kinds.first().copied().unwrap_or_default();
                Err(wrong(format!(
                    "no {what} is found by this{hint}: correct it, make the record in the mapping, or decide: [decisions.{kind}] {text:?} = \"KEY\""
                )))
            }
        }
    }

    /// Looks for a record by one way after the other.
    pub(super) fn find(
        &mut self,
        look_up: &LookUp,
        text: &str,
        at: InRow<'_>,
        position: usize,
    ) -> Result<Found, Problem> {
        let country = match &look_up.country {
            Some(country) => self.value(country, at, position)?.map(|got| got.text),
            None => None,
        };
        // A decision for this country alone comes first.
        let narrowed = country.as_deref().map(|country| format!("{text}, {country}"));
        if let Some(decided) = narrowed.and_then(|text| self.decided(&look_up.kinds, &text)) {
            return decided.map(by_decision).map_err(|message| problem(&at.place(None), text, message));
        }
        for way in &look_up.ways {
            let found = self.index.find(*way, &look_up.kinds, text, country.as_deref(), look_up.of_kind.as_deref());
            match &found[..] {
                [] => {}
                [(kind, key)] => {
                    let by = match way {
                        Way::Key => "key".to_owned(),
                        Way::Name => "name".to_owned(),
                        Way::Id => "id".to_owned(),
                        Way::Identifier(scheme) => sea_orm::ActiveEnum::to_value(scheme),
                    };
                    return Ok(Found::One(kind, key.clone(), format!("{by} {}", Quoted(text))));
                }
                _ => {
                    let decided = self.decided(&look_up.kinds, text).transpose();
                    let decided = decided.map_err(|message| problem(&at.place(None), text, message))?;
                    // A decision for another country does not answer the question.
                    let answer = decided.filter(|decided| found.contains(decided));
                    return Ok(answer.map_or(Found::Several(found), by_decision));
                }
            }
        }
        let decided = self.decided(&look_up.kinds, text).transpose();
        Ok(decided.map_err(|message| problem(&at.place(None), text, message))?.map_or(Found::None, by_decision))
    }

    /// What the mapping decides for a text; the error says that there is no such record.
    pub(super) fn decided(
        &mut self,
        kinds: &[&'static str],
        text: &str,
    ) -> Option<Result<(&'static str, String), String>> {
        let decision = |kind: &&'static str| Some((*kind, self.plan.decisions.get(*kind)?.get(text)?.clone()));
        let (kind, key) = kinds.iter().find_map(decision)?;
        self.used.insert((kind.to_owned(), text.to_owned()));
        if self.index.get(kind, &key).is_none() {
            let hint = self.hint(kinds, &key);
            return Some(Err(format!("[decisions.{kind}] {text:?}: there is no {} {key}{hint}", words(kind))));
        }
        Some(Ok((kind, key)))
    }

    /// What is like a text that names nothing. Comparing it with all names takes time, so it is done for the problems that can be
    /// listed.
    fn hint(&mut self, kinds: &[&'static str], text: &str) -> String {
        self.hints += 1;
        let similar = (self.hints <= MAX_HINTS).then(|| self.index.similar(kinds, text)).flatten();
        similar.map(|similar| format!(" (did you mean {similar}?)")).unwrap_or_default()
    }

    /// The question which of several records is meant; `None` if it was asked already.
    pub(super) fn ask(&mut self, text: &str, found: &[(&'static str, String)]) -> Option<String> {
        let (kind, first) = found.first()?;
        let candidates: Vec<&str> = found.iter().map(|(_, key)| key.as_str()).collect();
        if !self.is_trying && !self.asked.insert(((*kind).to_owned(), format!("{text}\0{}", candidates.join("\0")))) {
            return None;
        }
        let shown: Vec<String> = found.iter().map(|(kind, key)| self.shown(kind, key)).collect();
        Some(format!(
            "it can mean {}: write which one in the mapping file, such as [decisions.{kind}] {text:?} = {first:?}",
            shown.join(" or ")
        ))
    }

    /// Whether the database has a record.
    pub(super) fn has(&self, table: &str, key: &str) -> bool {
        self.index.get(table, key).is_some_and(|entry| entry.is_stored)
    }

    /// A record for messages: its key, kind, name and country.
    pub(super) fn shown(&self, kind: &str, key: &str) -> String {
        let entry = self.index.get(kind, key).cloned().unwrap_or_default();
        let country = entry.country.map(|country| format!(", {country}")).unwrap_or_default();
        format!("the {} {key} ({}{country})", words(kind), entry.name)
    }
}

fn by_decision((kind, key): (&'static str, String)) -> Found {
    Found::One(kind, key, "a decision".to_owned())
}

/// A text with cells in it; none if all of them are empty.
fn template(pieces: &[(String, Option<usize>)], at: InRow<'_>, value: &ValuePlan) -> Result<Vec<Got>, Problem> {
    let (mut text, mut is_any, mut first) = (String::new(), false, None);
    for (before, column) in pieces {
        text.push_str(before);
        let Some(column) = column else { continue };
        first = first.or(Some(*column));
        let (cell, _) = at.text(*column)?;
        if !is_unknown(cell, &value.unknown) {
            is_any = true;
            text.push_str(cell);
        }
    }
    Ok(if is_any { vec![Got { text: on_one_line(&text), kind: None, column: first }] } else { Vec::new() })
}

/// The values of a cell.
pub(super) fn split(text: &str, separators: &[String]) -> Vec<String> {
    let mut parts = vec![text];
    for separator in separators.iter().filter(|separator| !separator.is_empty()) {
        parts = parts.into_iter().flat_map(|part| part.split(separator.as_str())).collect();
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Whether a text says that the value is not known.
pub(super) fn is_unknown(text: &str, unknown: &[String]) -> bool {
    text.is_empty() || unknown.iter().any(|of| of.eq_ignore_ascii_case(text))
}

/// A text as our files have it.
fn translated(value: &ValuePlan, text: &str, is_date: bool) -> Result<String, String> {
    let translated = match &value.words {
        Some(table) => in_table(table, text)?,
        None => text,
    };
    if let Some(number) = value.number {
        return Ok(number.read(translated));
    }
    match value.date {
        Some(notation) if !is_date => notation.read(translated),
        _ => Ok(translated.to_owned()),
    }
}

/// A translation, by the spelling or by that of other cases and marks.
fn in_table<'t>(table: &'t BTreeMap<String, String>, text: &str) -> Result<&'t str, String> {
    let folded = || folding::fold(text);
    let found =
        table.get(text).or_else(|| table.iter().find(|(of, _)| folding::fold(of) == folded()).map(|(_, to)| to));
    found.map(String::as_str).ok_or_else(|| {
        let known: Vec<&str> = table.keys().map(String::as_str).collect();
        format!("`words` in the mapping does not translate this: {}", choices("it translates", text, &known))
    })
}

/// What a message says of a record that has no key of the right form.
pub(super) fn no_slug(kind: &str) -> String {
    format!("no key of {} can be made of this: it has no letters or digits", with_article(kind))
}
