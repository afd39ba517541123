//! What follows from a deletion that takes with it what refers to the record.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{Action, AnnotationList, By, Cell, CellValue, Edit, Read, Reference};
use crate::{
    domain::tag,
    import_export::{
        columns::headers_of,
        incoming::{IncomingReference, incoming_references},
        keys::KeysById,
        links::LinkTable,
    },
    model::{Attribute, AttributeKind, Model, RecordType, Visibility},
    query::statement::is_one_of_ids,
};

/// The file of tags.
const TAGS: &str = "tags.csv";

/// The edits that follow from deletions which cascade: records that cannot be without those that are deleted are deleted, too, and
/// other references to them are cleared.
pub(super) async fn consequences(
    connection: &impl ConnectionTrait,
    model: &'static Model,
    edits: &[Edit],
    read: &Read,
) -> Result<Vec<Edit>, DbErr> {
    let ids = |cascades: bool| {
        let some = edits.iter().zip(&read.own).filter(move |(edit, _)| edit.cascades() == cascades);
        let deletions = some.filter(|(edit, _)| matches!(edit.action, Action::Delete { .. }));
        deletions.filter_map(|(edit, key)| Some((read.keys.get(edit.table, key.as_deref()?)?.id, edit)))
    };
    // Where each stands in what was asked for: what follows from it is told there.
    let mut reached: HashMap<Uuid, (&'static str, &str)> =
        ids(true).map(|(id, edit)| (id, (edit.table, edit.path.as_str()))).collect();
    let asked: HashSet<Uuid> = ids(true).chain(ids(false)).map(|(id, _)| id).collect();
    let mut deleted: BTreeMap<Uuid, (&'static str, &str)> = BTreeMap::new();
    let mut cleared: BTreeMap<Uuid, Cleared<'_>> = BTreeMap::new();
    let incoming = incoming_references(model);
    while !reached.is_empty() {
        let mut next = HashMap::new();
        for reference in &incoming {
            for (from, to) in referring(connection, reference, &reached).await? {
                let path = reached[&to].1;
                match reference.attribute {
                    Some((record, attribute)) if is_needed(attribute) => {
                        if !asked.contains(&from) && deleted.insert(from, (record.table, path)).is_none() {
                            next.insert(from, (record.table, path));
                        }
                    }
                    of => {
                        let lost = cleared.entry(from).or_insert_with(|| Cleared { path, lost: Vec::new() });
                        lost.lost.push((of, to));
                    }
                }
            }
        }
        reached = next;
    }
    cleared.retain(|id, _| !asked.contains(id) && !deleted.contains_key(id));
    let mut more: Vec<Edit> = deleted.into_iter().map(|(id, (table, path))| deletion(table, path, id)).collect();
    let of_unknown: Vec<Uuid> = cleared.keys().copied().collect();
    let keys = KeysById::of_ids(connection, model, &of_unknown).await?;
    for (id, of) in &cleared {
        let (table, _) = keys.get(*id)?;
        more.push(of.edit(connection, table, *id).await?);
    }
    Ok(more)
}

/// Whether a record cannot be without what an attribute of it refers to.
fn is_needed(attribute: &Attribute) -> bool {
    match &attribute.kind {
        AttributeKind::ToOne(to_one) => !to_one.column.nullable,
        AttributeKind::ToAny(to_any) => !to_any.id.nullable,
        AttributeKind::Keys { at_least, .. } => *at_least > 0,
        _ => false,
    }
}

/// The records that refer to some of those that were reached, and to which.
async fn referring(
    connection: &impl ConnectionTrait,
    reference: &IncomingReference<'_>,
    reached: &HashMap<Uuid, (&'static str, &str)>,
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    let to: Vec<Uuid> =
        reached.iter().filter(|(_, (table, _))| reference.can_lead_to(table)).map(|(id, _)| *id).collect();
    if to.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::select();
    query.distinct().columns([reference.from, reference.to]).from(reference.table);
    query.and_where(is_one_of_ids(connection.get_database_backend(), Expr::col(reference.to), &to));
    let rows = connection.query_all(&query).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// A record that loses references.
struct Cleared<'m> {
    path: &'m str,
    /// By which attribute, or as a tag, and to which records.
    lost: Vec<(Option<(&'m RecordType, &'m Attribute)>, Uuid)>,
}

impl Cleared<'_> {
    /// The edit that clears them.
    async fn edit(&self, connection: &impl ConnectionTrait, table: &'static str, id: Uuid) -> Result<Edit, DbErr> {
        let reference = |table: &'static str, id: Uuid| Reference { path: self.path.to_owned(), table, by: By::Id(id) };
        let lost: HashSet<Uuid> = self.lost.iter().map(|(_, to)| *to).collect();
        let mut edit = following(table, self.path, Action::Update { by: reference(table, id), version: None });
        let mut said: HashSet<&str> = HashSet::new();
        for (_, attribute) in self.lost.iter().filter_map(|(of, _)| *of) {
            if !said.insert(&attribute.name) {
                continue;
            }
            let cell = |header: String, value: CellValue| Cell { header, path: self.path.to_owned(), value };
            if let (AttributeKind::Keys { target, .. }, Some(links)) = (&attribute.kind, LinkTable::of(attribute)) {
                let rest = links.read(connection, &[id]).await?.remove(&id).unwrap_or_default();
                let rest = rest.into_iter().filter(|of| !lost.contains(of)).map(|of| reference(target, of));
                edit.cells.push(cell(attribute.name.clone(), CellValue::Keys(rest.collect())));
            } else {
                let headers = headers_of(attribute).into_iter();
                edit.cells.extend(headers.map(|header| cell(header, CellValue::Text(String::new()))));
            }
        }
        if self.lost.iter().any(|(of, _)| of.is_none()) {
            let is_own = is_one_of_ids(connection.get_database_backend(), Expr::col(tag::Column::RecordId), &[id]);
            let tags = tag::Entity::find().filter(is_own).all(connection).await?;
            let rest = tags.into_iter().map(|tag| tag.topic_id.0).filter(|topic| !lost.contains(topic));
            let rows = rest.map(|topic| {
                let value = CellValue::Key(reference("topic", topic));
                (self.path.to_owned(), vec![Cell { header: "topic".to_owned(), path: self.path.to_owned(), value }])
            });
            edit.lists.push(AnnotationList { file: TAGS, rows: rows.collect() });
        }
        Ok(edit)
    }
}

fn deletion(table: &'static str, path: &str, id: Uuid) -> Edit {
    let by = Reference { path: path.to_owned(), table, by: By::Id(id) };
    following(table, path, Action::Delete { by, version: None, cascade: true })
}

/// An edit that follows from the one at a path.
fn following(table: &'static str, path: &str, action: Action) -> Edit {
    let (path, input_path, visibility) = (path.to_owned(), path.to_owned(), Visibility::Internal);
    Edit { path, input_path, table, action, visibility, cells: Vec::new(), lists: Vec::new() }
}
