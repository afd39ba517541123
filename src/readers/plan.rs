//! The plan of a mapping: what it names is found in the model and in the tables, and its records are in an order in which each
//! comes after those that it needs. Whatever does not fit is told before a row is read.

use std::collections::BTreeMap;

use super::{
    dates::Notation,
    mapping::{Mapping, NumberNotation, RecordMapping},
    planner::Planner,
    table::{Table, choices, whole},
};
use crate::{
    import_export::Problems,
    model::{Model, RecordType, identifier::IdentifierScheme, words},
};

/// How to make records of tables.
pub(super) struct Plan {
    pub(super) model: &'static Model,
    /// In the order of the mapping.
    pub(super) records: Vec<RecordPlan>,
    /// The positions of the records, each after those that its key needs.
    pub(super) order: Vec<usize>,
    pub(super) visibility: Option<String>,
    /// What stands in cells whose value is not known.
    pub(super) unknown: Vec<String>,
    pub(super) decisions: BTreeMap<String, BTreeMap<String, String>>,
}

/// How to make a record of each row of a table.
pub(super) struct RecordPlan {
    pub(super) table: usize,
    pub(super) kind: &'static RecordType,
    /// What it is called in messages.
    pub(super) label: String,
    pub(super) key: KeyPlan,
    pub(super) only_if: Vec<usize>,
    pub(super) for_each: Option<(usize, Vec<String>)>,
    pub(super) matches: Vec<ValuePlan>,
    /// The field whose list of records tells it from others, if it is found by it.
    pub(super) members: Option<String>,
    pub(super) keeps_existing: bool,
    pub(super) skips_new: bool,
    pub(super) id: Option<ValuePlan>,
    pub(super) fields: Vec<FieldPlan>,
    pub(super) names: Vec<[Option<ValuePlan>; 3]>,
    pub(super) identifiers: Vec<(IdentifierScheme, ValuePlan)>,
    pub(super) topics: Vec<ValuePlan>,
}

/// How to make a key.
pub(super) enum KeyPlan {
    /// As it is.
    As(ValuePlan),
    /// A slug of several values.
    Slug(Vec<ValuePlan>),
}

/// How to make the cells of a column of our form.
pub(super) struct FieldPlan {
    pub(super) header: String,
    /// The column beside it that has the kind of the record that is meant.
    pub(super) kind_header: Option<String>,
    /// Whether it is said of new records only.
    pub(super) is_only_new: bool,
    /// Whether it is a list of keys.
    pub(super) is_list: bool,
    pub(super) values: Vec<ValuePlan>,
}

/// Where a value comes from, and how it is read.
pub(super) struct ValuePlan {
    pub(super) source: Source,
    pub(super) unknown: Vec<String>,
    pub(super) separators: Vec<String>,
    pub(super) words: Option<BTreeMap<String, String>>,
    pub(super) date: Option<Notation>,
    pub(super) number: Option<NumberNotation>,
    pub(super) look_up: Option<LookUp>,
}

/// Where a value comes from.
pub(super) enum Source {
    Column(usize),
    Fixed(String),
    /// Texts, and the columns after them.
    Text(Vec<(String, Option<usize>)>),
    /// Another record of the row.
    Record(usize),
}

/// How a record is found.
pub(super) struct LookUp {
    pub(super) ways: Vec<Way>,
    pub(super) kinds: Vec<&'static str>,
    pub(super) country: Option<Box<ValuePlan>>,
    pub(super) of_kind: Option<String>,
    /// Whether nothing is said if it is not found.
    pub(super) is_optional: bool,
}

/// By what a record is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Key,
    Name,
    /// By what identifies it in the foreign file.
    Id,
    Identifier(IdentifierScheme),
}

impl Plan {
    /// Plans a mapping, or tells everything that is wrong with it.
    pub(super) fn new(
        model: &'static Model,
        name: &str,
        mapping: &Mapping,
        tables: &[Table],
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut records = Vec::new();
        let all: Vec<(usize, &RecordMapping)> = mapping
            .tables
            .iter()
            .enumerate()
            .flat_map(|(i, table)| table.records.iter().map(move |of| (i, of)))
            .collect();
        for (position, (table, record)) in all.iter().enumerate() {
            let label = record.name.clone().unwrap_or_else(|| record.kind.clone());
            let mut planner =
                Planner { model, mapping, table: &tables[*table], all: &all, position, found: Vec::new() };
            let planned = planner.record(&label, *table, record);
            for message in planner.found {
                problems.add(whole(name, format!("record {label}: {message}")));
            }
            records.extend(planned);
        }
        let kinds: Vec<&str> = model.types().map(|record| record.table).collect();
        for kind in mapping.decisions.keys().filter(|kind| !kinds.contains(&kind.as_str())) {
            let message = format!("decisions: there is no kind {kind}: {}", choices("the kinds are", kind, &kinds));
            problems.add(whole(name, message));
        }
        if all.is_empty() {
            problems.add(whole(name, "it names no [[table.record]], so there is nothing to import"));
        }
        if problems.total > 0 {
            return Err(problems);
        }
        let order = in_order(&records).map_err(|circle| {
            let mut problems = Problems::default();
            let message = format!(
                "records that refer to each other form a circle: {circle}: a key or a match cannot need itself"
            );
            problems.add(whole(name, message));
            problems
        })?;
        let Mapping { visibility, unknown, decisions, .. } = mapping.clone();
        Ok(Self { model, records, order, visibility, unknown, decisions })
    }
}

/// The order in which each record comes after those that its key needs, or a circle.
fn in_order(records: &[RecordPlan]) -> Result<Vec<usize>, String> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < records.len() {
        let is_free =
            |i: &usize| !order.contains(i) && needs(records, *i).iter().all(|need| need == i || order.contains(need));
        // A record may look for others of its own kind, but not for itself.
        let next = (0..records.len()).find(|i| is_free(i) && !refers_to_itself(&records[*i], *i));
        let Some(next) = next else {
            let rest = (0..records.len()).filter(|i| !order.contains(i));
            return Err(rest.map(|i| records[i].label.as_str()).collect::<Vec<_>>().join(", "));
        };
        order.push(next);
    }
    Ok(order)
}

/// The values that have to be known before the record can be found by others.
fn needed_values(record: &RecordPlan) -> impl Iterator<Item = &ValuePlan> {
    let key = match &record.key {
        KeyPlan::As(value) => std::slice::from_ref(value),
        KeyPlan::Slug(values) => values,
    };
    let found_by = record.fields.iter().filter(|field| {
        [record.name_header(), "country"].contains(&field.header.as_str())
            || record.members.as_ref() == Some(&field.header)
    });
    key.iter().chain(&record.matches).chain(found_by.flat_map(|field| &field.values))
}

fn refers_to_itself(record: &RecordPlan, position: usize) -> bool {
    needed_values(record).any(|value| matches!(value.source, Source::Record(of) if of == position))
}

fn needs(records: &[RecordPlan], of: usize) -> Vec<usize> {
    fn add(records: &[RecordPlan], value: &ValuePlan, is_match: bool, needs: &mut Vec<usize>) {
        if let Source::Record(record) = value.source {
            needs.push(record);
        }
        let Some(look_up) = &value.look_up else { return };
        if !is_match {
            let of_kinds = records.iter().enumerate().filter(|(_, record)| look_up.kinds.contains(&record.kind.table));
            needs.extend(of_kinds.map(|(i, _)| i));
        }
        if let Some(country) = &look_up.country {
            add(records, country, false, needs);
        }
    }
    let mut needed = Vec::new();
    for value in needed_values(&records[of]) {
        // Of its own kind, a match finds what the database has and what earlier rows make.
        let is_match = records[of].matches.iter().any(|of| std::ptr::eq(of, value));
        add(records, value, is_match, &mut needed);
    }
    needed
}

impl ValuePlan {
    fn of(source: Source) -> Self {
        let (unknown, separators) = (Vec::new(), Vec::new());
        Self { source, unknown, separators, words: None, date: None, number: None, look_up: None }
    }

    pub(super) fn column(column: usize) -> Self {
        Self::of(Source::Column(column))
    }

    pub(super) fn fixed(value: &str) -> Self {
        Self::of(Source::Fixed(value.to_owned()))
    }
}

impl FieldPlan {
    /// Whether what is not found is left out, so that the first one that is found applies.
    pub(super) fn is_optional(&self) -> bool {
        self.values.iter().filter_map(|value| value.look_up.as_ref()).any(|look_up| look_up.is_optional)
    }
}

impl RecordPlan {
    /// What it is called in messages: `partner (city)`.
    pub(super) fn title(&self) -> String {
        let kind = words(self.kind.table);
        if self.label == self.kind.table { kind } else { format!("{} ({kind})", self.label) }
    }

    /// The column of the main name.
    pub(super) fn name_header(&self) -> &'static str {
        self.kind.main_name.map_or("", |(name, _)| name.name)
    }
}
