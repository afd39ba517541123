//! The filter by words of all texts of a record, which the index of full-text search finds.

use async_graphql::Value;
use sea_orm::ExprTrait;

use super::{Misplaced, OperatorInput, Read, Reader, each, non_empty, operator::text, unknown};
use crate::{
    model::RecordType,
    query::{search::records_with_words, statement::column},
};

/// The name of the condition.
pub const ANY_TEXT: &str = "anyText";

/// The input type.
#[must_use]
pub fn any_text_input() -> OperatorInput {
    OperatorInput {
        name: "AnyTextFilter".into(),
        description:
            "A filter by words in any of the texts of a record: its names in all languages, titles, purpose, notes and \
                      key. Case and diacritics are ignored."
                .to_owned(),
        fields: vec![(
            "words",
            "String".to_owned(),
            "Has all of these words, at most 16 of at most 200 characters together, each as a whole and in any order, also in different texts. Characters of a \
             script without spaces, such as Chinese, that follow each other are found together.",
        )],
    }
}

impl Reader {
    /// The condition that the texts of a record have words.
    pub(super) fn any_text(self, record: &RecordType, value: &Value) -> Read {
        let condition = |operator: &str, value: &Value| {
            if operator != "words" {
                return Err(Misplaced::from(unknown(operator)));
            }
            let records = records_with_words(self.scope.backend, record.table, &text(value)?)?;
            Ok(Some(column(self.alias(), "id").in_subquery(records)))
        };
        Ok(non_empty(each(value, condition)?))
    }
}
