//! Rows of our own form, made of the rows of foreign tables.

use std::collections::{BTreeMap, HashMap};

use sea_orm::ActiveEnum;

use super::{
    evaluate::{Evaluator, Got, InRow, OfRow},
    plan::{FieldPlan, RecordPlan},
    table::{Table, problem},
};
use crate::{
    import_export::{MadeRow, Place, Problem, Problems, file_name},
    model::{draft::LIST_SEPARATOR, words},
    quoted::Quoted,
};

/// The rows of our form, by the names of their files.
#[derive(Default)]
pub(super) struct Made {
    files: BTreeMap<String, Vec<MadeRow>>,
    /// The positions of rows, by their files and what they are known by.
    by_key: HashMap<(String, String), usize>,
}

/// Makes the rows of our form of what was matched.
pub(super) fn make(
    evaluator: &mut Evaluator<'_>,
    tables: &[Table],
    problems: &mut Problems,
) -> BTreeMap<String, Vec<MadeRow>> {
    let mut made = Made::default();
    let plan = evaluator.plan;
    for (position, record) in plan.records.iter().enumerate() {
        let table = &tables[record.table];
        for (number, row) in table.rows.iter().enumerate() {
            for of_row in evaluator.records[position][number].clone() {
                if record.keeps_existing && of_row.is_stored {
                    continue;
                }
                let column = record.for_each.as_ref().map(|(column, _)| *column);
                let at = InRow { table, row, item: column.zip(of_row.item.as_deref()) };
                let mut of = OfRecord { evaluator, made: &mut made, record, position, at, of_row: &of_row, problems };
                of.make();
            }
        }
    }
    made.files
}

/// Makes the rows of one record.
struct OfRecord<'a, 'p> {
    evaluator: &'a mut Evaluator<'p>,
    made: &'a mut Made,
    record: &'p RecordPlan,
    position: usize,
    at: InRow<'a>,
    of_row: &'a OfRow,
    problems: &'a mut Problems,
}

impl OfRecord<'_, '_> {
    fn make(&mut self) {
        let key = &self.of_row.key;
        let whole = self.at.place(None);
        let mut cells = vec![("key".to_owned(), key.clone(), whole.clone())];
        let is_stored = self.of_row.is_stored;
        for field in self.record.fields.iter().filter(|field| !(is_stored && field.is_only_new)) {
            match self.cells(field) {
                Ok(of_field) => cells.extend(of_field),
                Err(found) => self.problems.add(found),
            }
        }
        if let Some(visibility) = self.evaluator.plan.visibility.as_ref().filter(|_| !is_stored)
            && cells.iter().all(|(header, ..)| header != "visibility")
        {
            cells.push(("visibility".to_owned(), visibility.clone(), whole));
        }
        // A language without its name would be that of another name.
        if let Some((name, language)) = self.record.kind.main_name
            && cells.iter().all(|(header, ..)| header != name.name)
        {
            cells.retain(|(header, ..)| header != language.name);
        }
        let name =
            cells.iter().find(|(header, ..)| header == self.record.name_header()).map(|(_, name, _)| name.clone());
        self.add(&file_name(self.record.kind), key.clone(), cells);
        self.annotations(name.as_deref());
    }

    /// The cells of a field.
    fn cells(&mut self, field: &FieldPlan) -> Result<Vec<(String, String, Place)>, Problem> {
        let mut got = Vec::new();
        for value in &field.values {
            got.extend(self.evaluator.values(value, self.at, self.position)?);
        }
        let Some(first) = got.first().cloned() else { return Ok(Vec::new()) };
        let place = self.at.place(first.column);
        let text = if field.is_list {
            union(got.iter().map(|got| got.text.as_str()))
        } else if got.len() > 1 && !field.is_optional() {
            let message = format!("{} has one value, but the row has several records for it", field.header);
            return Err(problem(&place, &first.text, message));
        } else {
            first.text
        };
        let mut cells = Vec::new();
        if let Some(header) = &field.kind_header {
            cells.push((header.clone(), first.kind.unwrap_or_default().to_owned(), place.clone()));
        }
        cells.push((field.header.clone(), text, place));
        Ok(cells)
    }

    /// Adds names, identifiers and topics.
    fn annotations(&mut self, main_name: Option<&str>) {
        let of = [("record_kind", self.record.kind.table), ("record", &self.of_row.key)];
        for [name, language, kind] in &self.record.names {
            let [language, kind] = [language, kind].map(|value| {
                let value = value.as_ref()?;
                self.found(|of| of.evaluator.value(value, of.at, of.position)).flatten()
            });
            let (Some(name), Some(language)) = (name, language) else { continue };
            for name in self.found(|of| of.evaluator.values(name, of.at, of.position)).unwrap_or_default() {
                if main_name == Some(&name.text) {
                    continue;
                }
                let mut cells = self.annotation(&of, &[("language", &language), ("name", &name)]);
                if let Some(kind) = &kind {
                    cells.extend(self.annotation(&[], &[("kind", kind)]));
                }
                self.add("names.csv", [of[0].1, of[1].1, &language.text, &name.text].join("\0"), cells);
            }
        }
        for (scheme, value) in &self.record.identifiers {
            let Some(got) = self.found(|of| of.evaluator.value(value, of.at, of.position)).flatten() else { continue };
            let mut cells = self.annotation(&of, &[("value", &got)]);
            cells.insert(2, ("scheme".to_owned(), scheme.to_value(), self.at.place(got.column)));
            self.add("identifiers.csv", [&scheme.to_value(), &*got.text].join("\0"), cells);
        }
        for value in &self.record.topics {
            for got in self.found(|of| of.evaluator.values(value, of.at, of.position)).unwrap_or_default() {
                let cells = self.annotation(&of, &[("topic", &got)]);
                self.add("tags.csv", [of[0].1, of[1].1, &got.text].join("\0"), cells);
            }
        }
    }

    fn annotation(&self, of: &[(&str, &str)], values: &[(&str, &Got)]) -> Vec<(String, String, Place)> {
        let of = of.iter().map(|(header, text)| ((*header).to_owned(), (*text).to_owned(), self.at.place(None)));
        let values = values.iter();
        let values = values.map(|(header, got)| ((*header).to_owned(), got.text.clone(), self.at.place(got.column)));
        of.chain(values).collect()
    }

    fn found<T>(&mut self, get: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Option<T> {
        get(self).map_err(|found| self.problems.add(found)).ok()
    }

    /// Adds a row, or adds to the row that another one has made of the same record.
    fn add(&mut self, file: &str, key: String, cells: Vec<(String, String, Place)>) {
        let about = format!("{} {}", words(self.record.kind.table), self.of_row.key);
        let rows = self.made.files.entry(file.to_owned()).or_default();
        let position = *self.made.by_key.entry((file.to_owned(), key)).or_insert(rows.len());
        let Some(row) = rows.get_mut(position) else {
            rows.push(MadeRow { about, place: self.at.place(None), cells });
            return;
        };
        for (header, text, place) in cells {
            let is_list = self.record.fields.iter().any(|field| field.is_list && field.header == header);
            match row.cells.iter_mut().find(|(of, ..)| *of == header) {
                None => row.cells.push((header, text, place)),
                Some((_, there, _)) if *there == text => {}
                Some((_, there, _)) if is_list => {
                    *there = union(there.split(LIST_SEPARATOR).chain(text.split(LIST_SEPARATOR)));
                }
                Some((_, there, of)) => {
                    let said = format!("{}:{} says {}", of.file, of.row, Quoted(there));
                    let message = format!("{about}: {header}: {said}, this row says {}", Quoted(&text));
                    self.problems.add(problem(&place, &text, format!("{message}: a record has one value")));
                }
            }
        }
    }
}

/// The items of lists, each once.
fn union<'i>(items: impl Iterator<Item = &'i str>) -> String {
    let mut each: Vec<&str> = Vec::new();
    for item in items {
        if !each.contains(&item) {
            each.push(item);
        }
    }
    each.join(&LIST_SEPARATOR.to_string())
}
