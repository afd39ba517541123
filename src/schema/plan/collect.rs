//! `CollectFields` of sections 6.3.2 and 6.4.1 of the specification (September 2025).

use std::{collections::BTreeSet, sync::Mutex};

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::{DirectiveList, Value as Literal},
    executable::{Field, Operation, Selection, SelectionSet},
};
use async_graphql::Pos;
use rustc_hash::FxHashSet;

use super::{Plan, PlannedField, Scope};

struct Collected<'s> {
    fields: Vec<(&'s str, Vec<&'s Node<Field>>)>,
    fragments: FxHashSet<&'s str>,
}

impl Plan {
    pub(super) fn plan_scope<'s>(&self, ty: &str, sets: impl Iterator<Item = &'s SelectionSet>) -> Scope {
        let object = self.catalog.object(ty);
        let mut collected = Collected { fields: Vec::new(), fragments: FxHashSet::default() };
        for set in sets {
            self.collect(ty, set, &mut collected);
        }
        let fields = collected.fields.into_iter().map(|(key, occurrences)| {
            let first = &occurrences[0];
            PlannedField {
                key: key.to_owned(),
                json_key: format!("\"{key}\":").into_bytes().into(),
                index: object.and_then(|object| object.field(first.name.as_str())).map(|(index, _)| index),
                position: first
                    .location()
                    .and_then(|at| at.line_column(&self.document.sources))
                    .map(|at| Pos { line: at.line, column: at.column }),
                occurrences: occurrences.into_iter().cloned().collect(),
                scopes: Mutex::default(),
                projections: Mutex::default(),
                shapes: Mutex::default(),
            }
        });
        Scope { object, fields: fields.collect() }
    }

    fn collect<'s>(&'s self, ty: &str, set: &'s SelectionSet, into: &mut Collected<'s>) {
        for selection in &set.selections {
            if !self.includes(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_name().as_str();
                    match into.fields.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, occurrences)) => occurrences.push(field),
                        None => into.fields.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|condition| self.applies(condition, ty)) {
                        self.collect(ty, &fragment.selection_set, into);
                    }
                }
                // A fragment adds nothing when it is spread again; without this, a short document could ask for an
                // exponential number of visits.
                Selection::FragmentSpread(spread) if into.fragments.insert(spread.fragment_name.as_str()) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && self.applies(&fragment.selection_set.ty, ty)
                    {
                        self.collect(ty, &fragment.selection_set, into);
                    }
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn applies(&self, condition: &apollo_compiler::Name, ty: &str) -> bool {
        condition == ty || self.schema.is_subtype(condition, ty)
    }

    /// Whether `@skip` and `@include` keep a selection.
    fn includes(&self, directives: &DirectiveList) -> bool {
        directives.iter().all(|directive| {
            let given = match directive.specified_argument_by_name("if").map(|value| &**value) {
                Some(Literal::Boolean(given)) => *given,
                Some(Literal::Variable(name)) => {
                    self.conditions.iter().any(|(variable, given)| variable == name.as_str() && *given)
                }
                _ => false,
            };
            match directive.name.as_str() {
                "skip" => !given,
                "include" => given,
                _ => true,
            }
        })
    }
}

/// The Boolean variables that `@skip` and `@include` name anywhere in a document, in the order of their names.
#[must_use]
pub fn conditions(document: &ExecutableDocument) -> Vec<String> {
    let mut named = BTreeSet::new();
    let fragments = document.fragments.values().map(|fragment| &fragment.selection_set);
    for set in document.operations.iter().map(|operation| &operation.selection_set).chain(fragments) {
        name_conditions(set, &mut named);
    }
    named.into_iter().map(str::to_owned).collect()
}

/// Whether `@skip` or `@include` names a variable in an operation or in a fragment that it spreads.
#[must_use]
pub fn is_condition(document: &ExecutableDocument, operation: &Operation, variable: &str) -> bool {
    let mut named = BTreeSet::new();
    let (mut sets, mut spread) = (vec![&operation.selection_set], FxHashSet::default());
    while let Some(set) = sets.pop() {
        name_conditions(set, &mut named);
        let mut names = Vec::new();
        add_spreads(set, &mut names);
        let fragments = names.into_iter().filter(|name| spread.insert(name.as_str()));
        sets.extend(fragments.filter_map(|name| Some(&document.fragments.get(name)?.selection_set)));
    }
    named.contains(variable)
}

/// Adds the names of the fragments that a selection set spreads, at any depth.
fn add_spreads<'s>(set: &'s SelectionSet, into: &mut Vec<&'s apollo_compiler::Name>) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => field.selection_set.iter().for_each(|set| add_spreads(set, into)),
            Selection::InlineFragment(fragment) => add_spreads(&fragment.selection_set, into),
            Selection::FragmentSpread(spread) => into.push(&spread.fragment_name),
        }
    }
}

fn name_conditions<'s>(set: &'s SelectionSet, named: &mut BTreeSet<&'s str>) {
    for selection in &set.selections {
        for directive in selection.directives() {
            if let ("skip" | "include", Some(Literal::Variable(name))) =
                (directive.name.as_str(), directive.specified_argument_by_name("if").map(|value| &**value))
            {
                named.insert(name.as_str());
            }
        }
        match selection {
            Selection::Field(field) => {
                if let Some(set) = &field.selection_set {
                    name_conditions(set, named);
                }
            }
            Selection::InlineFragment(fragment) => name_conditions(&fragment.selection_set, named),
            Selection::FragmentSpread(_) => {}
        }
    }
}
