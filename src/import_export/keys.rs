//! Keys: how the records of files are matched with each other and with those of the database.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Condition, Expr, Query},
};
use uuid::Uuid;

use crate::{
    clock::IdSource,
    db::type_id,
    model::{Model, record, words},
    query::statement::{is_one_of_ids, is_one_of_texts},
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
            for (id, key) in ids_and_keys(connection, record.table, None).await? {
                of_type.insert(key.into(), KnownKey { id, is_stored: true, is_in_file: false });
            }
            keys.by_table.insert(record.table, of_type);
        }
        Ok(keys)
    }

    /// The keys of some records: those that are named by their tables and keys, and those of some ids.
    pub(super) async fn named(
        connection: &impl ConnectionTrait,
        model: &Model,
        named: &BTreeMap<&'static str, BTreeSet<String>>,
    ) -> Result<Self, DbErr> {
        let mut keys = Self::default();
        for (table, named) in named {
            // No stored text contains the character NUL, and PostgreSQL would reject the statement.
            let named: Vec<String> = named.iter().filter(|key| !key.contains('\0')).cloned().collect();
            let is_named = is_one_of_texts(connection.get_database_backend(), Expr::col("key"), named);
            keys.insert(model.record_type(table).table, ids_and_keys(connection, table, Some(is_named)).await?);
        }
        Ok(keys)
    }

    /// Adds those of some ids.
    pub(super) async fn add_ids(
        &mut self,
        connection: &impl ConnectionTrait,
        model: &Model,
        ids: &[Uuid],
    ) -> Result<(), DbErr> {
        for (table, stored) in keys_of_ids(connection, model, ids).await? {
            self.insert(table, stored);
        }
        Ok(())
    }

    fn insert(&mut self, table: &'static str, stored: Vec<(Uuid, String)>) {
        let of_table = self.by_table.entry(table).or_default();
        for (id, key) in stored {
            of_table.entry(key.into()).or_insert(KnownKey { id, is_stored: true, is_in_file: false });
        }
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
            let of_type = ids_and_keys(connection, record.table, None).await?;
            keys.extend(of_type.into_iter().map(|(id, key)| (id, (record.table, key))));
        }
        Ok(Self(keys))
    }

    /// Those of some ids.
    pub(super) async fn of_ids(
        connection: &impl ConnectionTrait,
        model: &'static Model,
        ids: &[Uuid],
    ) -> Result<Self, DbErr> {
        let of_types = keys_of_ids(connection, model, ids).await?.into_iter();
        Ok(Self(of_types.flat_map(|(table, of)| of.into_iter().map(move |(id, key)| (id, (table, key)))).collect()))
    }

    /// The same keys.
    pub(super) fn of(keys: &Keys) -> Self {
        Self(keys.iter().map(|(table, key, known)| (known.id, (table, key.to_owned()))).collect())
    }

    /// The table and the key of a record, if there is one.
    pub(super) fn find(&self, id: Uuid) -> Option<(&'static str, &str)> {
        self.0.get(&id).map(|(table, key)| (*table, key.as_str()))
    }

    /// The table and the key of a record.
    pub(super) fn get(&self, id: Uuid) -> Result<(&'static str, &str), DbErr> {
        let missing = || DbErr::RecordNotFound(format!("something refers to the record {id}, which is missing"));
        self.find(id).ok_or_else(missing)
    }

    /// The key of a record.
    pub(super) fn key(&self, id: Uuid) -> Result<&str, DbErr> {
        self.get(id).map(|(_, key)| key)
    }
}

/// The ids and the keys of the records of a table that fulfil a condition, if there is one.
async fn ids_and_keys(
    connection: &impl ConnectionTrait,
    table: &'static str,
    condition: Option<Expr>,
) -> Result<Vec<(Uuid, String)>, DbErr> {
    let mut statement = Query::select();
    statement.columns(["id", "key"]).from(table).cond_where(Condition::all().add_option(condition));
    let rows = connection.query_all(&statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// The ids and the keys of some records, by their tables.
async fn keys_of_ids(
    connection: &impl ConnectionTrait,
    model: &Model,
    ids: &[Uuid],
) -> Result<BTreeMap<&'static str, Vec<(Uuid, String)>>, DbErr> {
    let mut keys = BTreeMap::new();
    if ids.is_empty() {
        return Ok(keys);
    }
    let backend = connection.get_database_backend();
    let is_one = is_one_of_ids(backend, Expr::col(record::Column::Id), ids);
    let mut by_table: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for record in record::Entity::find().filter(is_one).all(connection).await? {
        by_table.entry(record.kind).or_default().push(record.id);
    }
    for (table, ids) in by_table {
        let table = model.record_type(&table).table;
        let is_one = is_one_of_ids(backend, Expr::col("id"), &ids);
        keys.insert(table, ids_and_keys(connection, table, Some(is_one)).await?);
    }
    Ok(keys)
}
