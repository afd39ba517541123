//! The records of edits and what they have to do with: their keys, and whether they are as the edits expect.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{
    Action, Cell, Edit,
    references::{self, Resolved},
};
use crate::{
    domain::tag,
    import_export::{IDENTIFIERS, KEY_FORM, Problems, is_key, keys::Keys, links::LinkTable},
    model::{AttributeKind, Model, RecordType, draft::ProblemCode, words},
    query::statement::is_one_of_ids,
};

/// The keys of the records of edits; none if the record is not known. What cannot be a key is replaced, so that everything else is
/// checked, too.
pub(super) fn own_keys(edits: &[Edit], resolved: &Resolved, problems: &mut Problems) -> Vec<Option<String>> {
    let key = |(i, edit): (usize, &Edit)| match &edit.action {
        Action::Create { key: Some(key) } | Action::Upsert { key } => {
            if !is_key(key) {
                problems.add(edit.problem_of_name(ProblemCode::Invalid, KEY_FORM));
            }
            Some(resolved.key_of_edit(i))
        }
        Action::Create { key: None } => Some(resolved.key_of_edit(i)),
        Action::Update { by, .. } | Action::Delete { by, .. } => resolved.key(by).map(str::to_owned),
    };
    edits.iter().enumerate().map(key).collect()
}

/// The keys of everything that the edits have to do with.
pub(super) async fn read_keys(
    connection: &impl ConnectionTrait,
    model: &Model,
    edits: &[Edit],
    own: &[Option<String>],
    resolved: &Resolved,
) -> Result<Keys, DbErr> {
    let mut named: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let of_edits = edits.iter().zip(own).map(|(edit, key)| (edit.table, key.as_deref()));
    let of_references =
        edits.iter().flat_map(references::of_edit).map(|reference| (reference.table, resolved.key(reference)));
    for (table, key) in of_edits.chain(of_references) {
        named.entry(table).or_default().extend(key.map(str::to_owned));
    }
    let mut keys = Keys::named(connection, model, &named).await?;
    let mut stored: BTreeMap<&'static str, Vec<Uuid>> = BTreeMap::new();
    for (edit, key) in edits.iter().zip(own) {
        let known = key.as_deref().and_then(|key| keys.get(edit.table, key)).filter(|known| known.is_stored);
        stored.entry(edit.table).or_default().extend(known.map(|known| known.id));
    }
    let mut referred = BTreeSet::new();
    for (table, ids) in stored.iter().filter(|(_, ids)| !ids.is_empty()) {
        referred.extend(referred_ids(connection, model.record_type(table), ids).await?);
    }
    let stored: Vec<Uuid> = stored.into_values().flatten().collect();
    if !stored.is_empty() {
        let is_one = is_one_of_ids(connection.get_database_backend(), Expr::col(tag::Column::RecordId), &stored);
        let tags = tag::Entity::find().filter(is_one).all(connection).await?;
        referred.extend(tags.into_iter().map(|tag| tag.topic_id.0));
    }
    let said = edits.iter().flat_map(|edit| &edit.lists).filter(|list| list.file == IDENTIFIERS);
    let values = said.flat_map(|list| &list.rows).flat_map(|(_, cells)| cells).filter(|cell| cell.header == "value");
    let values: Vec<String> = values.filter_map(Cell::text).map(str::to_owned).collect();
    referred.extend(references::identified(connection, values).await?.into_iter().map(|of| of.record_id));
    let referred: Vec<Uuid> = referred.into_iter().collect();
    keys.add_ids(connection, model, &referred).await?;
    Ok(keys)
}

/// The ids of the records that some records of a type refer to.
async fn referred_ids(
    connection: &impl ConnectionTrait,
    record: &RecordType,
    ids: &[Uuid],
) -> Result<BTreeSet<Uuid>, DbErr> {
    let mut found = BTreeSet::new();
    let columns = record.attributes.iter().filter_map(|attribute| match &attribute.kind {
        AttributeKind::ToOne(to_one) => Some(to_one.column.name),
        AttributeKind::ToAny(to_any) => Some(to_any.id.name),
        _ => None,
    });
    let columns: Vec<&str> = columns.collect();
    if !columns.is_empty() {
        let mut query = Query::select();
        query.columns(columns.iter().copied()).from(record.table);
        query.and_where(is_one_of_ids(connection.get_database_backend(), Expr::col("id"), ids));
        for row in connection.query_all(&query).await? {
            for i in 0..columns.len() {
                found.extend(row.try_get_by_index::<Option<Uuid>>(i)?);
            }
        }
    }
    for links in record.attributes.iter().filter_map(LinkTable::of) {
        found.extend(links.read(connection, ids).await?.into_values().flatten());
    }
    Ok(found)
}

/// Checks that each edit is about a record that is there, or is not there yet, and about another one than the others. What is to be
/// changed and is not there has no key then.
pub(super) fn check_own_keys(edits: &[Edit], own: &mut [Option<String>], keys: &Keys, problems: &mut Problems) {
    let mut seen: HashMap<(&str, String), usize> = HashMap::new();
    for (i, (edit, own)) in edits.iter().zip(own).enumerate() {
        let of = words(edit.table);
        let is_new = matches!(edit.action, Action::Create { .. } | Action::Upsert { .. });
        let is_stored = own.as_deref().and_then(|key| keys.get(edit.table, key)).is_some_and(|known| known.is_stored);
        if !is_new && !is_stored {
            problems.add(edit.problem_of_name(ProblemCode::NotFound, &format!("there is no such {of}")));
            *own = None;
        }
        let Some(key) = own else { continue };
        if is_stored && matches!(edit.action, Action::Create { .. }) {
            let message = format!("the {of} {key} exists already: choose another key, or update it");
            problems.add(edit.problem_of_name(ProblemCode::Duplicate, &message));
        }
        if let Some(first) = seen.insert((edit.table, key.clone()), i) {
            let place = &edits[first].path;
            let message = format!("the {of} {key} is edited by {place}, too: edit each record once");
            problems.add(edit.problem_of_name(ProblemCode::Duplicate, &message));
        }
    }
}

/// Checks that records have the versions that are expected.
pub(super) async fn check_versions(
    connection: &impl ConnectionTrait,
    edits: &[Edit],
    own: &[Option<String>],
    keys: &Keys,
    problems: &mut Problems,
) -> Result<(), DbErr> {
    let mut expected: BTreeMap<&'static str, HashMap<Uuid, (&Edit, i32, &str)>> = BTreeMap::new();
    for (edit, key) in edits.iter().zip(own) {
        let (Some(version), Some(key)) = (edit.expected_version(), key) else { continue };
        if let Some(known) = keys.get(edit.table, key).filter(|known| known.is_stored) {
            expected.entry(edit.table).or_default().insert(known.id, (edit, version, key));
        }
    }
    for (table, expected) in expected {
        let ids: Vec<Uuid> = expected.keys().copied().collect();
        let mut query = Query::select();
        query.columns(["id", "version"]).from(table);
        query.and_where(is_one_of_ids(connection.get_database_backend(), Expr::col("id"), &ids));
        for row in connection.query_all(&query).await? {
            let (id, version): (Uuid, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            if let Some((edit, right, key)) = expected.get(&id).filter(|(_, right, _)| *right != version) {
                let of = words(table);
                let message = format!("the {of} {key} has version {version}, not {right}: read it again");
                problems.add(edit.problem("expectedVersion", ProblemCode::VersionConflict, &message));
            }
        }
    }
    Ok(())
}
