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
        Problem, TAGS,
        columns::headers_of,
        incoming::{IncomingReference, incoming_references},
        keys::KeysById,
        links::LinkTable,
    },
    model::{Attribute, AttributeKind, Model, RecordType, Visibility, draft::ProblemCode},
    query::statement::is_one_of_ids,
};

/// How many records are deleted or changed with others at most.
const MOST: usize = 1_000;

/// The edits that follow from deletions which cascade: records that cannot be without those that are deleted are deleted, too, and
/// other references to them are cleared. The error is that these are too many.
pub(super) async fn consequences(
    connection: &impl ConnectionTrait,
    model: &'static Model,
    edits: &[Edit],
    read: &Read,
) -> Result<Result<Vec<Edit>, Problem>, DbErr> {
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
            let found = referring(connection, reference, &reached).await?;
            if found.len() + deleted.len() + cleared.len() > MOST {
                let message = format!("more than {MOST} records refer to it: delete or change some of them first");
                let path = found.first().map_or("", |(_, to)| reached[to].1);
                let path = if path.is_empty() { "cascade".to_owned() } else { format!("{path}.cascade") };
                return Ok(Err(Problem::of_argument(&path, &message).coded(ProblemCode::Referenced)));
            }
            for (from, to) in found {
                let path = reached[&to].1;
                match reference.attribute {
                    Some((record, attribute)) if attribute.is_needed() => {
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
    more.extend(clearings(connection, model, &cleared).await?);
    Ok(Ok(more))
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
    query
        .and_where(is_one_of_ids(connection.get_database_backend(), Expr::col(reference.to), &to))
        .limit(MOST as u64 + 1);
    let rows = connection.query_all(&query).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// A record that loses references.
struct Cleared<'m> {
    path: &'m str,
    /// By which attribute, or as a tag, and to which records.
    lost: Vec<(Option<(&'m RecordType, &'m Attribute)>, Uuid)>,
}

/// The edits that clear references, made with one statement for each list of keys and one for the tags.
async fn clearings(
    connection: &impl ConnectionTrait,
    model: &'static Model,
    cleared: &BTreeMap<Uuid, Cleared<'_>>,
) -> Result<Vec<Edit>, DbErr> {
    let ids: Vec<Uuid> = cleared.keys().copied().collect();
    let keys = KeysById::of_ids(connection, model, &ids).await?;
    let mut edits: BTreeMap<Uuid, Edit> = BTreeMap::new();
    for (id, Cleared { path, .. }) in cleared {
        let (table, _) = keys.get(*id)?;
        let by = Reference { path: (*path).to_owned(), table, by: By::Id(*id) };
        edits.insert(*id, following(table, path, Action::Update { by, version: None }));
    }
    // The records by the attribute that they lose something of; the tags have none.
    let mut losing: Vec<(Option<(&RecordType, &Attribute)>, BTreeMap<Uuid, HashSet<Uuid>>)> = Vec::new();
    for (id, Cleared { lost, .. }) in cleared {
        for (of, to) in lost {
            let is_same = |known: &Option<(&RecordType, &Attribute)>| match (known, of) {
                (Some((record, attribute)), Some((other, of))) => {
                    (record.table, &attribute.name) == (other.table, &of.name)
                }
                (known, of) => known.is_none() && of.is_none(),
            };
            let position = losing.iter().position(|(known, _)| is_same(known)).unwrap_or_else(|| {
                losing.push((*of, BTreeMap::new()));
                losing.len() - 1
            });
            losing[position].1.entry(*id).or_default().insert(*to);
        }
    }
    for (of, lost) in losing {
        let ids: Vec<Uuid> = lost.keys().copied().collect();
        let reference =
            |path: &str, table: &'static str, id: Uuid| Reference { path: path.to_owned(), table, by: By::Id(id) };
        let Some((_, attribute)) = of else {
            let is_own = is_one_of_ids(connection.get_database_backend(), Expr::col(tag::Column::RecordId), &ids);
            let mut tags: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
            for tag in tag::Entity::find().filter(is_own).all(connection).await? {
                tags.entry(tag.record_id).or_default().push(tag.topic_id.0);
            }
            for (id, lost) in lost {
                let path = cleared[&id].path;
                let rest = tags.remove(&id).unwrap_or_default().into_iter().filter(|topic| !lost.contains(topic));
                let rows = rest.map(|topic| {
                    let value = CellValue::Key(reference(path, "topic", topic));
                    (path.to_owned(), vec![Cell { header: "topic".to_owned(), path: path.to_owned(), value }])
                });
                let list = AnnotationList { file: TAGS, rows: rows.collect() };
                edits.entry(id).and_modify(|edit| edit.lists.push(list));
            }
            continue;
        };
        let mut lists = match LinkTable::of(attribute) {
            Some(links) => links.read(connection, &ids).await?,
            None => HashMap::new(),
        };
        for (id, lost) in lost {
            let path = cleared[&id].path;
            let cell = |header: String, value: CellValue| Cell { header, path: path.to_owned(), value };
            let cells: Vec<Cell> = if let AttributeKind::Keys { target, .. } = &attribute.kind {
                let rest = lists.remove(&id).unwrap_or_default().into_iter().filter(|of| !lost.contains(of));
                let rest = rest.map(|of| reference(path, target, of)).collect();
                vec![cell(attribute.name.clone(), CellValue::Keys(rest))]
            } else {
                let headers = headers_of(attribute).into_iter();
                headers.map(|header| cell(header, CellValue::Text(String::new()))).collect()
            };
            edits.entry(id).and_modify(|edit| edit.cells.extend(cells));
        }
    }
    Ok(edits.into_values().collect())
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
