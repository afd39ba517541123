//! Keys: how the records of files are matched with each other and with those of the database.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, sea_query::Query};
use uuid::Uuid;

use crate::{
    clock::IdSource,
    db::type_id,
    model::{Model, words},
};

/// The ids of all records, by table and key.
#[derive(Default)]
pub(super) struct Keys {
    by_table: HashMap<&'static str, HashMap<Box<str>, KnownKey>>,
    /// The table and the key of each id; made when the first file gives ids.
    by_id: Option<HashMap<Uuid, (&'static str, Box<str>)>>,
}

/// A record that is known by its key.
#[derive(Clone, Copy)]
pub(super) struct KnownKey {
    pub(super) id: Uuid,
    /// Whether the database has the record already.
    pub(super) is_stored: bool,
    /// Whether the file of its record type has a row for it.
    pub(super) is_in_file: bool,
}

impl Keys {
    /// The keys that the database has.
    pub(super) async fn stored(connection: &impl ConnectionTrait, model: &Model) -> Result<Self, DbErr> {
        let mut keys = Self::default();
        for record in model.types() {
            let mut of_type = HashMap::new();
            for (id, key) in ids_and_keys(connection, record.table).await? {
                of_type.insert(key.into(), KnownKey { id, is_stored: true, is_in_file: false });
            }
            keys.by_table.insert(record.table, of_type);
        }
        Ok(keys)
    }

    /// Adds a key that the file of a record type has. A record that the database does not have is given the id `id`, or a
    /// new one. Fails, with the reason, if it cannot have the id.
    pub(super) fn add(
        &mut self,
        table: &'static str,
        key: &str,
        id: Option<Uuid>,
        ids: &IdSource,
    ) -> Result<(), String> {
        let known = self.get(table, key);
        if let Some(id) = id {
            if let Some(known) = known
                && known.id != id
            {
                let stored = type_id(table, known.id);
                return Err(format!(
                    "the {} {key} has the id {stored} in the database: ids never change",
                    words(table)
                ));
            }
            let by_table = &self.by_table;
            let by_id = self.by_id.get_or_insert_with(|| {
                let of_type = |(table, keys): (&&'static str, &HashMap<Box<str>, KnownKey>)| {
                    let table = *table;
                    keys.iter().map(move |(key, known)| (known.id, (table, key.clone()))).collect::<Vec<_>>()
                };
                by_table.iter().flat_map(of_type).collect()
            });
            let (other_table, other) = by_id.entry(id).or_insert_with(|| (table, key.into()));
            if (*other_table, &**other) != (table, key) {
                return Err(format!("the {} {other} has the same id: ids are unique", words(other_table)));
            }
        }
        let new = || KnownKey { id: id.unwrap_or_else(|| ids.next()), is_stored: false, is_in_file: true };
        let known = KnownKey { is_in_file: true, ..known.unwrap_or_else(new) };
        self.by_table.entry(table).or_default().insert(key.into(), known);
        Ok(())
    }

    /// The record of a key.
    pub(super) fn get(&self, table: &str, key: &str) -> Option<KnownKey> {
        self.by_table.get(table)?.get(key).copied()
    }

    /// The records of a table, with their keys.
    pub(super) fn of_table(&self, table: &str) -> impl Iterator<Item = (&str, KnownKey)> {
        self.by_table.get(table).into_iter().flat_map(|keys| keys.iter().map(|(key, known)| (&**key, *known)))
    }

    /// All records, with their tables and keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str, KnownKey)> {
        self.by_table.iter().flat_map(|(table, keys)| keys.iter().map(|(key, known)| (*table, &**key, *known)))
    }
}

/// The table and the key of every record, by id.
pub(super) struct KeysById(HashMap<Uuid, (&'static str, String)>);

impl KeysById {
    /// The keys that the database has.
    pub(super) async fn stored(connection: &impl ConnectionTrait, model: &'static Model) -> Result<Self, DbErr> {
        let mut keys = HashMap::new();
        for record in model.types() {
            let of_type = ids_and_keys(connection, record.table).await?;
            keys.extend(of_type.into_iter().map(|(id, key)| (id, (record.table, key))));
        }
        Ok(Self(keys))
    }

    /// The same keys.
    pub(super) fn of(keys: &Keys) -> Self {
        Self(keys.iter().map(|(table, key, known)| (known.id, (table, key.to_owned()))).collect())
    }

    /// The table and the key of a record.
    pub(super) fn get(&self, id: Uuid) -> Result<(&'static str, &str), DbErr> {
        let found = self.0.get(&id);
        let (table, key) = found
            .ok_or_else(|| DbErr::RecordNotFound(format!("something refers to the record {id}, which is missing")))?;
        Ok((table, key))
    }

    /// The key of a record.
    pub(super) fn key(&self, id: Uuid) -> Result<&str, DbErr> {
        self.get(id).map(|(_, key)| key)
    }
}

async fn ids_and_keys(connection: &impl ConnectionTrait, table: &'static str) -> Result<Vec<(Uuid, String)>, DbErr> {
    let statement = Query::select().columns(["id", "key"]).from(table).take();
    let rows = connection.query_all(&statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}
