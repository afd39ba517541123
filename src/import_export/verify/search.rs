//! The index of full-text search, and the sort keys of names: whether they are those of the records as they are.

use std::collections::{BTreeMap, HashMap, HashSet};

use folding::collation::Collators;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{Findings, ROWS};
use crate::{
    import_export::{
        keys::{Keys, KeysById},
        search_documents::{Documents, corrected_words},
    },
    model::{
        Model,
        search::{document, word},
        sort_key, words,
    },
    query::statement::is_one_of_ids,
};

/// What mends all of it.
const REINDEX: &str = "run `coopgraph reindex`";

/// Compares the documents and the sort keys of all records with what they would be made of.
pub(super) async fn check(
    connection: &DatabaseTransaction,
    model: &Model,
    keys: &Keys,
    findings: &mut Findings<'_>,
) -> Result<(), DbErr> {
    let names = KeysById::of(keys);
    let (collators, mut used) = (Collators::default(), HashSet::new());
    for record in model.types() {
        let documents = Documents::new(model, record);
        let mut after = Uuid::nil();
        loop {
            let rows = connection.query_all(documents.select(after).limit(ROWS)).await?;
            let Some(last) = rows.last() else { break };
            after = last.try_get_by("id")?;
            let expected = documents.of(connection, &rows).await?;
            let ids: Vec<Uuid> = expected.iter().map(|document| *document.record_id.as_ref()).collect();
            let mut stored = stored(connection, &ids).await?;
            for document in expected {
                used.extend(corrected_words(document.words.as_ref()).map(str::to_owned));
                let id = *document.record_id.as_ref();
                let what = match stored.remove(&id) {
                    None => "it has no document for full-text search",
                    Some(stored) if stored != document => "its document for full-text search is not up to date",
                    Some(_) => continue,
                };
                findings.add(&format!("{} {}: {what}: {REINDEX}", words(record.table), names.key(id)?));
            }
            let expected: HashMap<Uuid, BTreeMap<String, Vec<u8>>> = (documents.main_names(&rows)?.into_iter())
                .map(|(id, name)| {
                    (id, collators.sort_keys(&name).into_iter().map(|(of, key)| (of.to_owned(), key)).collect())
                })
                .collect();
            let stored = sort_keys(connection, &ids).await?;
            for id in ids.iter().filter(|id| expected.get(id) != stored.get(id)) {
                let what = "its name is not ordered as in the alphabets of languages";
                findings.add(&format!("{} {}: {what}: {REINDEX}", words(record.table), names.key(*id)?));
            }
        }
    }
    let known: HashSet<String> =
        word::Entity::find().all(connection).await?.into_iter().map(|word| word.word).collect();
    let missing = used.difference(&known).count();
    if missing > 0 {
        findings.add(&format!("{missing} words of documents are not known for misspellings: {REINDEX}"));
    }
    Ok(())
}

/// The documents of records, without what only the database knows.
async fn stored(connection: &DatabaseTransaction, ids: &[Uuid]) -> Result<HashMap<Uuid, document::ActiveModel>, DbErr> {
    let of_these = is_one_of_ids(connection.get_database_backend(), Expr::col(document::Column::RecordId), ids);
    let found = document::Entity::find().filter(of_these).all(connection).await?;
    let comparable = |stored: document::Model| {
        let id = stored.record_id;
        let mut document = stored.into_active_model().reset_all();
        document.not_set(document::Column::Id);
        (id, document)
    };
    Ok(found.into_iter().map(comparable).collect())
}

async fn sort_keys(
    connection: &DatabaseTransaction,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, BTreeMap<String, Vec<u8>>>, DbErr> {
    let of_these = is_one_of_ids(connection.get_database_backend(), Expr::col(sort_key::Column::RecordId), ids);
    let mut keys: HashMap<Uuid, BTreeMap<String, Vec<u8>>> = HashMap::new();
    for key in sort_key::Entity::find().filter(of_these).all(connection).await? {
        keys.entry(key.record_id).or_default().insert(key.collation, key.key);
    }
    Ok(keys)
}
