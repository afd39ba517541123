//! Which record each row is: one that the database has, or a new one.

use super::{
    evaluate::{Evaluator, Found, InRow, OfRow, is_unknown, no_slug, split},
    plan::{KeyPlan, RecordPlan, Source, ValuePlan},
    table::{Table, problem},
};
use crate::{
    import_export::{KEY_FORM, Problem, Problems, is_key},
    model::{length, words},
};

/// Finds the record of each row, and says how it was found.
pub(super) fn match_rows(evaluator: &mut Evaluator<'_>, tables: &[Table], problems: &mut Problems) -> Vec<String> {
    let mut told = Vec::new();
    let plan = evaluator.plan;
    for position in &plan.order {
        let record = &plan.records[*position];
        let table = &tables[record.table];
        for (number, row) in table.rows.iter().enumerate() {
            let items = match items(record, InRow { table, row, item: None }, &plan.unknown) {
                Ok(items) => items,
                Err(found) => {
                    problems.add(found);
                    continue;
                }
            };
            for item in items {
                let column = record.for_each.as_ref().map(|(column, _)| *column);
                let at = InRow { table, row, item: column.zip(item.as_deref()) };
                let matched = match_row(evaluator, record, *position, at);
                let place = format!("{}:{}: {}", table.label, row.number, record.title());
                let how = match matched {
                    Ok(Some((key, _))) if record.skips_new && !evaluator.has(record.kind.table, &key) => {
                        format!("{key}: new, which the mapping skips")
                    }
                    Ok(Some((key, how))) => {
                        let is_stored = evaluator.has(record.kind.table, &key);
                        remember(evaluator, record, *position, at, &key);
                        let how = format!("{key}: {how}");
                        evaluator.records[*position][number].push(OfRow { item, key, is_stored });
                        how
                    }
                    Ok(None) => "none".to_owned(),
                    Err(found) => {
                        let how = found.message.clone();
                        problems.add(found);
                        how
                    }
                };
                told.push(((record.table, row.number), format!("{place}: {how}")));
            }
        }
    }
    // By the rows of the file, not by the records of the mapping.
    told.sort_by_key(|(place, _)| *place);
    told.into_iter().map(|(_, how)| how).collect()
}

/// The values of the column that has a record for each of them; one if there is no such column.
fn items(record: &RecordPlan, at: InRow<'_>, unknown: &[String]) -> Result<Vec<Option<String>>, Problem> {
    let Some((column, separators)) = &record.for_each else { return Ok(vec![None]) };
    let (text, _) = at.text(*column)?;
    let mut items: Vec<String> = Vec::new();
    for item in split(text, separators) {
        if !is_unknown(&item, unknown) && !items.contains(&item) {
            items.push(item);
        }
    }
    Ok(items.into_iter().map(Some).collect())
}

/// The key of the record of a row, and how it was found; `None` if the row has no such record.
fn match_row(
    evaluator: &mut Evaluator<'_>,
    record: &RecordPlan,
    position: usize,
    at: InRow<'_>,
) -> Result<Option<(String, String)>, Problem> {
    let is_empty = |column: &usize| Ok::<_, Problem>(is_unknown(at.text(*column)?.0, &evaluator.plan.unknown));
    for column in &record.only_if {
        if is_empty(column)? {
            return Ok(None);
        }
    }
    let table = record.kind.table;
    for value in &record.matches {
        let Some(look_up) = &value.look_up else { continue };
        let plain = ValuePlan::plain(value);
        let Some(text) = evaluator.value(&plain, at, position)? else { continue };
        match evaluator.find(look_up, &text.text, at, position)? {
            Found::One(_, key, by) => {
                let is_stored = evaluator.has(table, &key);
                let how = if is_stored { format!("matched by {by}") } else { format!("new, known by {by}") };
                return Ok(Some((key, how)));
            }
            Found::Several(found) => {
                let question = evaluator.ask(&text.text, &found);
                let Some(question) = question else { return Ok(None) };
                return Err(problem(&at.place(text.column), &text.text, question));
            }
            Found::None => {}
        }
    }
    let members = with_members(evaluator, record, position, at)?;
    let text = members.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join(" or ");
    match &members[..] {
        [] => {}
        [(_, key)] => return Ok(Some((key.clone(), "matched by its members".to_owned()))),
        several => {
            let question = evaluator.ask(&text, several);
            return question.map_or(Ok(None), |question| Err(problem(&at.place(None), &text, question)));
        }
    }
    let Some(key) = key(evaluator, record, position, at)? else { return Ok(None) };
    let is_stored = evaluator.has(table, &key);
    Ok(Some((key, if is_stored { "matched by key".to_owned() } else { "new".to_owned() })))
}

/// The records of the database that have the members of the record of a row, if it is found by them.
fn with_members(
    evaluator: &mut Evaluator<'_>,
    record: &RecordPlan,
    position: usize,
    at: InRow<'_>,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let field = |header: &str| record.fields.iter().find(|field| field.header == header);
    let Some(members) = record.members.as_ref().and_then(|members| field(members)) else { return Ok(Vec::new()) };
    let mut keys = Vec::new();
    for value in &members.values {
        keys.extend(evaluator.values(value, at, position)?.into_iter().map(|got| got.text));
    }
    keys.sort_unstable();
    keys.dedup();
    let word = field("kind").and_then(|field| field.values.first());
    let word = word.map(|value| evaluator.value(value, at, position)).transpose()?.flatten().map(|got| got.text);
    let table = record.kind.table;
    let found = evaluator.index.with_members(table, keys, word.as_deref());
    let text = found.join(" or ");
    if let Some(decided) = evaluator.decided(&[table], &text) {
        return decided.map(|decided| vec![decided]).map_err(|message| problem(&at.place(None), &text, message));
    }
    Ok(found.into_iter().map(|key| (table, key)).collect())
}

/// The key that is made of a row; `None` if its first part, or another record of the row, is missing.
fn key(
    evaluator: &mut Evaluator<'_>,
    record: &RecordPlan,
    position: usize,
    at: InRow<'_>,
) -> Result<Option<String>, Problem> {
    let (key, shown, column) = match &record.key {
        KeyPlan::As(value) => {
            let Some(got) = evaluator.value(value, at, position)? else { return Ok(None) };
            (got.text.clone(), got.text, got.column)
        }
        KeyPlan::Slug(parts) => {
            let (mut slugs, mut shown, mut column) = (Vec::new(), String::new(), None);
            for (i, part) in parts.iter().enumerate() {
                let got = evaluator.values(part, at, position)?;
                if got.is_empty() && (i == 0 || matches!(part.source, Source::Record(_))) {
                    return Ok(None);
                }
                if let Some(got) = got.first().filter(|got| column.is_none() && got.column.is_some()) {
                    (shown, column) = (got.text.clone(), got.column);
                }
                slugs.extend(got.iter().map(|got| folding::slug(&got.text)).filter(|slug| !slug.is_empty()));
            }
            (slugs.join("-"), shown, column)
        }
    };
    let wrong = |message: String| Err(problem(&at.place(column), &shown, message));
    if key.is_empty() {
        return wrong(no_slug(record.kind.table));
    }
    if !is_key(&key) {
        return wrong(format!("it is no key of {}: {KEY_FORM}; `slug` makes one", words(record.kind.table)));
    }
    if let Err(message) = length::check(&key, length::KEY) {
        return wrong(format!("the key is too long: {message}"));
    }
    Ok(Some(key))
}

/// Lets other records find the one of a row. What is wrong with its values is told when they are written.
fn remember(evaluator: &mut Evaluator<'_>, record: &RecordPlan, position: usize, at: InRow<'_>, key: &str) {
    evaluator.is_trying = true;
    let mut value = |value: &ValuePlan| Some(evaluator.value(value, at, position).ok()??.text);
    let field = |header: &str| record.fields.iter().find(|field| field.header == header)?.values.first();
    let [name, country, word] = [record.name_header(), "country", "kind"].map(|header| value(field(header)?));
    let id = record.id.as_ref().and_then(&mut value);
    let identifiers = record.identifiers.iter().filter_map(|(scheme, of)| Some((*scheme, value(of)?)));
    let identifiers: Vec<_> = identifiers.collect();
    evaluator.is_trying = false;
    let table = record.kind.table;
    evaluator.index.add(table, key, name.as_deref(), country, word);
    if let Some(id) = id {
        evaluator.index.add_id(&id, table, key);
    }
    for (scheme, value) in identifiers {
        evaluator.index.add_identifier(scheme, &value, table, key);
    }
}

impl ValuePlan {
    /// The value before a record is looked for by it.
    fn plain(value: &Self) -> Self {
        let source = match &value.source {
            Source::Column(column) => Source::Column(*column),
            Source::Fixed(text) => Source::Fixed(text.clone()),
            Source::Text(pieces) => Source::Text(pieces.clone()),
            Source::Record(of) => Source::Record(*of),
        };
        let (unknown, separators, words) = (value.unknown.clone(), value.separators.clone(), value.words.clone());
        Self { source, unknown, separators, words, date: value.date, number: value.number, look_up: None }
    }
}
