//! Prices: an operation is charged before it runs for at least as many statements as it then takes.

use coopgraph::{
    api::{self, Cooperation},
    document::{DocumentCache, Suggestions},
    schema::Api,
};

use super::{Guard, SIZES};
use crate::{
    support::Server,
    walk::{Field, is_connection},
};

/// What a document is charged for.
pub(super) struct Prices(DocumentCache);

impl Prices {
    pub(super) fn new() -> Self {
        let limits = Server::unlimited().limits;
        Self(DocumentCache::new(&api::sdl(), Cooperation::catalog(), limits, Suggestions::Off))
    }

    /// How many statements an operation without variables is charged for.
    pub(super) fn statements(&self, query: &str) -> u64 {
        let document = self.0.insert(query).document.clone().unwrap_or_else(|errors| panic!("{query}: {errors:?}"));
        let no_variables = serde_json::from_str("{}").expect("JSON");
        let prepared = self.0.prepare_operation(document, None, &no_variables);
        prepared.unwrap_or_else(|errors| panic!("{query}: {errors:?}")).cost.statements
    }
}

impl Guard {
    /// Asks for what can lead to records of several types, of many parents that lead to all of them: nothing takes more
    /// statements. That they are paid for is checked wherever something is asked.
    pub(super) async fn all_types(&mut self, record: &str, field: &Field) {
        let types = self.schema.targets(field);
        if !self.schema.is_abstract(self.schema.target(field)) {
            return;
        }
        let head = self.schema.head(record, field, if is_connection(field) { "first: 100" } else { "" });
        let one_type = format!("... on {} {{ key }}", types[0]);
        // What each type has, with a reference to records of several types below it.
        let each_type = "... on Record { names { name } citations(first: 1) { totalCount nodes { record { key } } } }";
        for inner in ["__typename", "... on Node { id }", &one_type, each_type] {
            let selection = if is_connection(field) {
                format!("{head} {{ totalCount pageInfo {{ hasNextPage hasPreviousPage }} nodes {{ {inner} }} }}")
            } else {
                format!("{head} {{ {inner} }}")
            };
            self.of_records(record, SIZES[1], "", &selection).await;
        }
    }
}
