//! Keys: how the records of files are matched with each other and with those of the database.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, sea_query::Query};
use uuid::Uuid;

use crate::{clock::IdSource, model::Model};

/// The ids of all records, by table and key.
#[derive(Default)]
pub(super) struct Keys(HashMap<&'static str, HashMap<Box<str>, KnownKey>>);

/// A record that is known by its key.
#[derive(Clone, Copy)]
pub(super) struct KnownKey {
    pub(super) id: Uuid,
    /// Whether the database has the record already.
    pub(super) is_stored: bool,
}

impl Keys {
    /// The keys that the database has.
    pub(super) async fn stored(connection: &impl ConnectionTrait, model: &Model) -> Result<Self, DbErr> {
        let mut keys = Self::default();
        for record in model.types() {
            let mut of_type = HashMap::new();
            for (id, key) in ids_and_keys(connection, record.table).await? {
                of_type.insert(key.into(), KnownKey { id, is_stored: true });
            }
            keys.0.insert(record.table, of_type);
        }
        Ok(keys)
    }

    /// Adds a key that a file has. If no record has it yet, it is given a new id.
    pub(super) fn add(&mut self, table: &'static str, key: &str, ids: &IdSource) {
        let of_type = self.0.entry(table).or_default();
        of_type.entry(key.into()).or_insert_with(|| KnownKey { id: ids.next(), is_stored: false });
    }

    /// The record of a key.
    pub(super) fn get(&self, table: &str, key: &str) -> Option<KnownKey> {
        self.0.get(table)?.get(key).copied()
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
