//! How edits name records: by their ids, keys and identifiers.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{Action, By, CellValue, Edit, Reference, key_of_id};
use crate::{
    import_export::{Problem, is_key, keys::KeysById},
    model::{
        Model,
        draft::ProblemCode,
        identifier::{self, IdentifierScheme},
        words,
    },
    query::statement::is_one_of_texts,
};

/// The name of what is no record: it has not the form of a key.
const NO_KEY: &str = ":";

/// The keys of the records that edits name otherwise.
pub(super) struct Resolved {
    by_id: KeysById,
    by_identifier: HashMap<(IdentifierScheme, String), Uuid>,
    of_edits: Vec<String>,
    /// The places of names of no record, and what is wrong with them.
    unknown: HashMap<String, String>,
    /// The places of the items of lists, by those of the lists and by what stands for the items in files.
    items: HashMap<(String, String), String>,
}

impl Resolved {
    /// Looks up what edits name. `made` are the ids of the records that they may create.
    pub(super) async fn read(
        connection: &impl ConnectionTrait,
        model: &'static Model,
        edits: &[Edit],
        made: &[Uuid],
    ) -> Result<Self, DbErr> {
        let named: Vec<&Reference> = edits.iter().flat_map(of_edit).collect();
        let values = named.iter().filter_map(|of| match &of.by {
            By::Identifier(_, value) => Some(value.clone()),
            _ => None,
        });
        let identified = identified(connection, values.collect()).await?;
        let ids = named.iter().filter_map(|of| match &of.by {
            By::Id(id) => Some(*id),
            _ => None,
        });
        let ids: Vec<Uuid> = ids.chain(identified.iter().map(|of| of.record_id)).collect();
        let by_id = KeysById::of_ids(connection, model, &ids).await?;
        let by_identifier = identified.into_iter().map(|of| ((of.scheme, of.value), of.record_id)).collect();
        let of_edits = edits.iter().zip(made).map(|(edit, id)| match &edit.action {
            Action::Create { key: Some(key) } | Action::Upsert { key } if is_key(key) => key.clone(),
            _ => key_of_id(edit.table, *id),
        });
        let of_edits = of_edits.collect();
        let mut resolved = Self { by_id, by_identifier, of_edits, unknown: HashMap::new(), items: HashMap::new() };
        let unknown = named.into_iter().filter(|reference| resolved.key(reference).is_none());
        let unknown = unknown.map(|Reference { path, table, by }| {
            let by = match by {
                By::Id(_) => "ID",
                By::Identifier(..) => "identifier",
                By::Key(_) | By::Edit(_) => "key",
            };
            (path.clone(), format!("no {} has this {by}", words(table)))
        });
        resolved.unknown = unknown.collect();
        let lists = edits.iter().flat_map(|edit| &edit.cells).filter_map(|cell| match &cell.value {
            CellValue::Keys(list) => Some((cell, list)),
            CellValue::Text(_) | CellValue::Key(_) => None,
        });
        let items = lists.flat_map(|(cell, list)| {
            let resolved = &resolved;
            list.iter().enumerate().map(move |(i, of)| ((cell.path.clone(), resolved.item(i, of)), of.path.clone()))
        });
        resolved.items = items.collect();
        Ok(resolved)
    }

    /// The key of a record that is named; none if there is no such record, or if what is given as a key can be none.
    pub(super) fn key<'a>(&'a self, reference: &'a Reference) -> Option<&'a str> {
        let by_id = |id: Uuid| {
            let (table, key) = self.by_id.find(id)?;
            (table == reference.table).then_some(key)
        };
        match &reference.by {
            By::Id(id) => by_id(*id),
            By::Key(key) => Some(key.as_str()).filter(|key| is_key(key)),
            By::Identifier(scheme, value) => {
                self.by_identifier.get(&(*scheme, value.clone())).and_then(|id| by_id(*id))
            }
            By::Edit(position) => self.of_edits.get(*position).map(String::as_str),
        }
    }

    /// The key of the record that an edit creates.
    pub(super) fn key_of_edit(&self, position: usize) -> String {
        self.of_edits[position].clone()
    }

    /// What stands for a record in a file: its key, or what can be the key of no record.
    pub(super) fn text(&self, of: &Reference) -> String {
        self.key(of).unwrap_or(NO_KEY).to_owned()
    }

    /// The same for an item of a list: those that are unknown are told apart.
    pub(super) fn item(&self, position: usize, of: &Reference) -> String {
        self.key(of).map_or_else(|| format!("{NO_KEY}{position}"), str::to_owned)
    }

    /// Says of a problem with a name of no record where it stands and how it is named.
    pub(super) fn explain(&self, problem: &mut Problem) {
        if let Some(item) = self.items.get(&(problem.column.clone(), problem.value.clone())) {
            problem.column.clone_from(item);
        }
        if let (ProblemCode::Reference | ProblemCode::Invalid, Some(message)) =
            (problem.code, self.unknown.get(&problem.column))
        {
            problem.code = ProblemCode::Reference;
            problem.message.clone_from(message);
        }
    }
}

/// All records that an edit names, its own among them.
pub(super) fn of_edit(edit: &Edit) -> impl Iterator<Item = &Reference> {
    let own = match &edit.action {
        Action::Update { by, .. } | Action::Delete { by, .. } => Some(by),
        Action::Create { .. } | Action::Upsert { .. } => None,
    };
    let of_lists = edit.lists.iter().flat_map(|list| &list.rows).flat_map(|(_, cells)| cells);
    let of_cells = edit.cells.iter().chain(of_lists).flat_map(|cell| match &cell.value {
        CellValue::Text(_) => &[][..],
        CellValue::Key(of) => std::slice::from_ref(of),
        CellValue::Keys(list) => list,
    });
    own.into_iter().chain(of_cells)
}

/// Identifiers that have one of some values.
pub(super) async fn identified(
    connection: &impl ConnectionTrait,
    values: Vec<String>,
) -> Result<Vec<identifier::Model>, DbErr> {
    // No stored text contains the character NUL, and PostgreSQL would reject the statement.
    let values: Vec<String> = values.into_iter().filter(|value| !value.contains('\0')).collect();
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let is_one = is_one_of_texts(connection.get_database_backend(), Expr::col(identifier::Column::Value), values);
    identifier::Entity::find().filter(is_one).all(connection).await
}
