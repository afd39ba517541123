//! From the cells of a row to the values of a record.

use std::collections::HashSet;

use uuid::Uuid;

use super::{
    columns::{imported, kind_header},
    keys::Keys,
};
use crate::{
    db::Moment,
    model::{
        Attribute, AttributeKind, RecordType, ToAny,
        draft::{Draft, LIST_SEPARATOR, Problem, ProblemCode, Values, reference_name},
        with_article, words,
    },
};

/// What rows are read with.
#[derive(Clone, Copy)]
pub(super) struct RowReader<'a> {
    pub(super) record: &'a RecordType,
    pub(super) keys: &'a Keys,
    /// The tables whose files have so bad a form that references to their records cannot be checked.
    pub(super) unreadable: &'a HashSet<&'static str>,
    pub(super) now: Moment,
}

impl<'a> RowReader<'a> {
    /// Reads the cells of a row, in the order of [`super::columns::headers`], or says everything that is wrong with them.
    pub(super) fn read(self, cells: &[String]) -> Result<Values<'a>, Vec<Problem>> {
        let mut cells = cells.iter().map(String::as_str);
        let mut next = || cells.next().unwrap_or_default();
        // The id was read with the key.
        let (key, _) = (next(), next());
        // A key of the wrong form has no id, and has been reported.
        let id = self.keys.get(self.record.table, key).map_or(Uuid::nil(), |known| known.id);
        let mut draft = Draft::new(self.record, id, key);
        for attribute in imported(self.record) {
            match &attribute.kind {
                AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) => {}
                AttributeKind::Scalar(..) | AttributeKind::Date { .. } | AttributeKind::Decimal(_) => {
                    draft.set_text(attribute, next());
                }
                AttributeKind::Name { language, .. } => {
                    draft.set_text(attribute, next());
                    draft.set_language(*language, next());
                }
                AttributeKind::ToOne(to_one) => {
                    let key = next();
                    let id = Some(key).filter(|key| !key.is_empty());
                    let id =
                        id.and_then(|key| self.find(&mut draft, reference_name(to_one.column), to_one.target, key));
                    draft.set_reference(attribute, id.map(|id| (to_one.target, id)), key);
                }
                AttributeKind::ToAny(to_any) => {
                    let (table, key) = (next(), next());
                    self.read_to_any(&mut draft, attribute, to_any, table, key);
                }
                AttributeKind::Keys { target, .. } => {
                    let list = next();
                    let keys = list.split(LIST_SEPARATOR).filter(|key| !key.is_empty());
                    let found: Vec<_> =
                        keys.map(|key| (key, self.find(&mut draft, &attribute.name, target, key))).collect();
                    draft.set_list(attribute, &found, list);
                }
            }
        }
        draft.set_history([next(), next(), next()], self.now);
        draft.finish()
    }

    fn read_to_any(self, draft: &mut Draft<'_>, attribute: &Attribute, to_any: &ToAny, table: &str, key: &str) {
        let name = reference_name(to_any.id);
        let is_missing = table.is_empty() && key.is_empty() && to_any.id.nullable;
        let id = if is_missing {
            None
        } else if !to_any.targets.contains(&table) {
            let message = format!("expected one of {}", to_any.targets.join(", "));
            draft.reject(kind_header(name), ProblemCode::Invalid, table, message);
            None
        } else if key.is_empty() {
            let message = format!("it must not be empty: give the key of {}", with_article(table));
            draft.reject(name, ProblemCode::Required, key, message);
            None
        } else {
            self.find(draft, name, table, key)
        };
        draft.set_reference(attribute, id.map(|id| (table, id)), key);
    }

    /// The id of the record of a key, if there is such a record.
    fn find(self, draft: &mut Draft<'_>, path: &str, table: &str, key: &str) -> Option<Uuid> {
        let found = self.keys.get(table, key).map(|known| known.id);
        if found.is_none() && !self.unreadable.contains(table) {
            draft.reject(path, ProblemCode::Reference, key, format!("no {} has this key", words(table)));
        }
        found
    }
}
