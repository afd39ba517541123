//! Data quality: the records about which something is doubtful, as a list for each issue that the slices declare.

use std::sync::Arc;

use super::{
    answer::{Answer, index},
    catalog::Catalog,
    connection::{self, ready},
    cost::Size,
    items::{self, Items, Parts},
    object::Object,
    root::Root,
};
use crate::{
    async_graphql_internals::{MetaType, Registry},
    model::{Group, Model, Vocabulary, Word, camel_case, uncapitalized},
    query::filter::{QUALITY_ISSUE, SCANS_OF_ISSUE},
};

/// The object type.
const DATA_QUALITY: &str = "DataQuality";

/// The object that the lists are fields of.
pub(super) struct DataQuality;

/// Adds the field to the root.
pub(super) fn add_field(root: &mut Object<Root>, model: &Model) {
    if model.issues().is_none() {
        return;
    }
    root.batch(
        "dataQuality",
        format!("{DATA_QUALITY}!"),
        format!(
            "What is doubtful or missing in the data: a list of the records concerned for each issue. Every other list has the \
             same by its filter `{QUALITY_ISSUE}`."
        ),
        Vec::new(),
        |_, roots: &[Arc<Root>]| {
            ready(Answer::one(DATA_QUALITY, roots.iter().map(|_| Some(Arc::new(DataQuality)))))
        },
    )
    .costs(0, Size::One);
}

/// The object type: a list for each issue, which is called like it. It has the records of one type if only they can have the
/// issue.
pub(super) fn object(catalog: &Catalog, issues: &'static Vocabulary) -> Object<DataQuality> {
    let model = catalog.model();
    let descriptions = descriptions(issues);
    let mut o = Object::new(DATA_QUALITY, "What is doubtful or missing in the data, as far as the viewer may see it.");
    for (Word { name, value }, description) in issues.words.iter().zip(descriptions) {
        let types: Vec<_> = model.with_issue(value).collect();
        let items = match *types {
            [record] => Items::Type(record),
            _ => catalog.group(Group::RECORD),
        };
        let connection = catalog.connection_names(items.name()).connection;
        // Names live as long as the catalog, which is never dropped.
        let field = camel_case(&name.to_lowercase()).leak();
        let about = format!("A list of {}", uncapitalized(&description));
        let info = o.batch(field, connection, about, items::arguments(items), move |call, all: &[Arc<DataQuality>]| {
            Box::pin(async move {
                let list = call.shape(items.number_of_parts(), || Parts::with_issue(&call, items, value))?;
                connection::pages(call, list, connection, vec![None; all.len()]).await
            })
        });
        info.cost.statements = index(types.len());
        info.cost.scans = index(types.len()) * SCANS_OF_ISSUE;
    }
    o
}

/// What the words of a vocabulary mean.
fn descriptions(vocabulary: &Vocabulary) -> Vec<String> {
    let mut registry = Registry::default();
    (vocabulary.register)(&mut registry);
    let Some(MetaType::Enum { enum_values, .. }) = registry.types.get(&vocabulary.name) else { return Vec::new() };
    enum_values.values().map(|value| value.description.clone().unwrap_or_default()).collect()
}
