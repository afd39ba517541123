//! What records are found by: their keys, names and identifiers, those of the database and those that a file makes. All of
//! it is read with a few statements, however many rows a file has.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::{
    ActiveEnum, ConnectionTrait, DbErr, ExprTrait,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::plan::{KeyPlan, Plan, ValuePlan, Way};
use crate::model::{AttributeKind, Link, RecordType, Scalar, identifier::IdentifierScheme};

/// A record that can be found.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Whether the database has it.
    pub(super) is_stored: bool,
    /// Its main name, for messages.
    pub(super) name: String,
    /// The key of its country.
    pub(super) country: Option<String>,
    /// The value of its `kind`.
    word: Option<String>,
}

/// The records that can be found.
#[derive(Default)]
pub(super) struct Index {
    entries: HashMap<&'static str, HashMap<String, Entry>>,
    by_name: HashMap<(&'static str, String), BTreeSet<String>>,
    by_identifier: HashMap<(IdentifierScheme, String), (&'static str, String)>,
    /// Of the database, by their members in order.
    by_members: HashMap<(&'static str, Vec<String>), BTreeSet<String>>,
    /// By what identifies records in the foreign file alone.
    by_id: HashMap<(&'static str, String), String>,
}

impl Index {
    /// The records of the database that a plan can find.
    pub(super) async fn read(connection: &impl ConnectionTrait, plan: &Plan) -> Result<Self, DbErr> {
        let (kinds, ways) = wanted(plan);
        let mut index = Self::default();
        let mut keys: HashMap<Uuid, (&'static str, String)> = HashMap::new();
        for record in plan.model.types().filter(|record| kinds.contains(record.table)) {
            index.read_records(connection, record, &mut keys).await?;
        }
        for record in plan.records.iter().filter(|record| record.members.is_some()) {
            index.read_members(connection, record.kind, &keys).await?;
        }
        let of_kinds = || Expr::col(("record", "kind")).is_in(kinds.iter().copied());
        if ways.contains(&Way::Name) {
            let mut names = Query::select();
            names.columns([("name", "record_id"), ("name", "folded")]).from("name");
            names.inner_join("record", Expr::col(("record", "id")).equals(("name", "record_id"))).and_where(of_kinds());
            for row in connection.query_all(&names).await? {
                if let Some((table, key)) = keys.get(&row.try_get_by_index(0)?) {
                    index.add_name(table, row.try_get_by_index(1)?, key);
                }
            }
        }
        if ways.iter().any(|way| matches!(way, Way::Identifier(_))) {
            let columns = ["scheme", "value", "record_id"].map(|column| ("identifier", column));
            let mut identifiers = Query::select();
            identifiers.columns(columns).from("identifier").and_where(of_kinds());
            identifiers.inner_join("record", Expr::col(("record", "id")).equals(("identifier", "record_id")));
            for row in connection.query_all(&identifiers).await? {
                let scheme = IdentifierScheme::try_from_value(&row.try_get_by_index(0)?)?;
                if let Some(found) = keys.get(&row.try_get_by_index(2)?) {
                    index.by_identifier.insert((scheme, row.try_get_by_index(1)?), found.clone());
                }
            }
        }
        Ok(index)
    }

    /// Reads the records of a type. Countries come first, so that the others can name theirs.
    async fn read_records(
        &mut self,
        connection: &impl ConnectionTrait,
        record: &'static RecordType,
        keys: &mut HashMap<Uuid, (&'static str, String)>,
    ) -> Result<(), DbErr> {
        let name = record.main_name.zip(record.folded_name());
        let country = record.attributes.iter().find_map(|attribute| match &attribute.kind {
            AttributeKind::ToOne(to_one) if to_one.column.name == "country_id" => Some(to_one.column),
            _ => None,
        });
        let word = record.attributes.iter().find_map(|attribute| match &attribute.kind {
            AttributeKind::Scalar(column, Scalar::Word(_)) if column.name == "kind" => Some(*column),
            _ => None,
        });
        let columns = name.iter().flat_map(|((name, _), folded)| [*name, *folded]).chain(country).chain(word);
        let mut query = Query::select();
        query.columns(["id", "key"].into_iter().chain(columns.map(|column| column.name))).from(record.table);
        for row in connection.query_all(&query).await? {
            let (id, key): (Uuid, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let mut entry = Entry { is_stored: true, ..Entry::default() };
            let mut position = 2;
            if name.is_some() {
                entry.name = row.try_get_by_index(2)?;
                self.add_name(record.table, row.try_get_by_index(3)?, &key);
                position = 4;
            }
            if country.is_some() {
                let country: Option<Uuid> = row.try_get_by_index(position)?;
                entry.country = country.and_then(|id| keys.get(&id)).map(|(_, key)| key.clone());
                position += 1;
            }
            if word.is_some() {
                entry.word = row.try_get_by_index(position)?;
            }
            self.entries.entry(record.table).or_default().insert(key.clone(), entry);
            keys.insert(id, (record.table, key));
        }
        Ok(())
    }

    /// Reads which members the records of a type have.
    async fn read_members(
        &mut self,
        connection: &impl ConnectionTrait,
        record: &'static RecordType,
        keys: &HashMap<Uuid, (&'static str, String)>,
    ) -> Result<(), DbErr> {
        let Some((_, Link::Through { table, parent, child }, _)) = record.members() else { return Ok(()) };
        let mut query = Query::select();
        query.distinct().columns([parent, child]).from(table);
        let mut members: HashMap<String, BTreeSet<String>> = HashMap::new();
        for row in connection.query_all(&query).await? {
            let [of, member] = [row.try_get_by_index(0)?, row.try_get_by_index(1)?].map(|id: Uuid| keys.get(&id));
            if let (Some((_, of)), Some((_, member))) = (of, member) {
                members.entry(of.clone()).or_default().insert(member.clone());
            }
        }
        for (key, members) in members {
            let members = members.into_iter().collect();
            self.by_members.entry((record.table, members)).or_default().insert(key);
        }
        Ok(())
    }

    /// The records of the database with just these members; if there are several, those of a `kind`.
    pub(super) fn with_members(&self, table: &'static str, members: Vec<String>, word: Option<&str>) -> Vec<String> {
        let all: Vec<String> = self.by_members.get(&(table, members)).into_iter().flatten().cloned().collect();
        let is_of_kind = |key: &&String| self.get(table, key).is_some_and(|entry| entry.word.as_deref() == word);
        match all.iter().filter(is_of_kind).cloned().collect::<Vec<_>>() {
            of_kind if all.len() > 1 && !of_kind.is_empty() => of_kind,
            _ => all,
        }
    }

    fn add_name(&mut self, table: &'static str, folded: String, key: &str) {
        self.by_name.entry((table, folded)).or_default().insert(key.to_owned());
    }

    /// Adds a record that the file makes.
    pub(super) fn add(
        &mut self,
        table: &'static str,
        key: &str,
        name: Option<&str>,
        country: Option<String>,
        word: Option<String>,
    ) {
        if let Some(name) = name {
            self.add_name(table, folding::fold(name), key);
        }
        let entry = self.entries.entry(table).or_default().entry(key.to_owned()).or_default();
        if !entry.is_stored {
            name.unwrap_or_default().clone_into(&mut entry.name);
            entry.country = country.or(entry.country.take());
            entry.word = word.or(entry.word.take());
        }
    }

    /// Adds an identifier that the file gives to a record.
    pub(super) fn add_identifier(&mut self, scheme: IdentifierScheme, value: &str, table: &'static str, key: &str) {
        self.by_identifier.entry((scheme, value.to_owned())).or_insert_with(|| (table, key.to_owned()));
    }

    /// Adds what identifies a record in the foreign file.
    pub(super) fn add_id(&mut self, id: &str, table: &'static str, key: &str) {
        self.by_id.entry((table, id.to_owned())).or_insert_with(|| key.to_owned());
    }

    /// The record of a key.
    pub(super) fn get(&self, table: &str, key: &str) -> Option<&Entry> {
        self.entries.get(table)?.get(key)
    }

    /// The records of some kinds that have a key, a name or an identifier; `country` and `of_kind` narrow them down.
    pub(super) fn find(
        &self,
        way: Way,
        kinds: &[&'static str],
        text: &str,
        country: Option<&str>,
        of_kind: Option<&str>,
    ) -> Vec<(&'static str, String)> {
        let found: Vec<(&'static str, String)> = match way {
            Way::Key => kinds.iter().map(|table| (*table, text.to_owned())).collect(),
            Way::Name => {
                let folded = folding::fold(text);
                let of = |table: &&'static str| self.by_name.get(&(*table, folded.clone())).map(|keys| (*table, keys));
                let of_kinds = kinds.iter().filter_map(of);
                of_kinds.flat_map(|(table, keys)| keys.iter().map(move |key| (table, key.clone()))).collect()
            }
            Way::Id => {
                let of =
                    |table: &&'static str| self.by_id.get(&(*table, text.to_owned())).map(|key| (*table, key.clone()));
                kinds.iter().filter_map(of).collect()
            }
            Way::Identifier(scheme) => {
                self.by_identifier.get(&(scheme, text.to_owned())).cloned().into_iter().collect()
            }
        };
        let fits = |(table, key): &(&'static str, String)| {
            kinds.contains(table)
                && self.get(table, key).is_some_and(|entry| {
                    // An identifier says by itself which one is meant.
                    matches!(way, Way::Identifier(_))
                        || (country.is_none_or(|country| entry.country.as_deref() == Some(country))
                            && of_kind.is_none_or(|word| entry.word.as_deref() == Some(word)))
                })
        };
        found.into_iter().filter(fits).collect()
    }

    /// The names that some kinds of records have which are most like a text.
    pub(super) fn similar(&self, kinds: &[&'static str], text: &str) -> Option<String> {
        let names = kinds.iter().filter_map(|kind| self.entries.get(kind)).flat_map(|entries| entries.iter());
        let lower = text.to_lowercase();
        let near =
            names.map(|(key, entry)| (strsim::osa_distance(&entry.name.to_lowercase(), &lower), &entry.name, key));
        let nearest = near.min()?;
        (nearest.0 <= 1 + text.chars().count() / 5).then(|| format!("{}, {}", nearest.1, nearest.2))
    }
}

/// The identifiers of a scheme that the database has.
pub(super) async fn identifiers(
    connection: &impl ConnectionTrait,
    scheme: IdentifierScheme,
) -> Result<HashSet<String>, DbErr> {
    let mut query = Query::select();
    query.column("value").from("identifier").and_where(Expr::col("scheme").eq(scheme.to_value()));
    connection.query_all(&query).await?.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// The kinds of records that a plan looks for or makes, and by what it looks for them.
fn wanted(plan: &Plan) -> (BTreeSet<&'static str>, Vec<Way>) {
    fn add(value: &ValuePlan, kinds: &mut BTreeSet<&'static str>, ways: &mut Vec<Way>) {
        let Some(look_up) = &value.look_up else { return };
        kinds.extend(&look_up.kinds);
        ways.extend(&look_up.ways);
        if let Some(country) = &look_up.country {
            add(country, kinds, ways);
        }
    }
    let (mut kinds, mut ways) = (BTreeSet::from(["country"]), Vec::new());
    for record in &plan.records {
        kinds.insert(record.kind.table);
        kinds.extend(record.kind.members().filter(|_| record.members.is_some()).map(|(_, _, target)| target));
        let key = match &record.key {
            KeyPlan::As(value) => std::slice::from_ref(value),
            KeyPlan::Slug(values) => values,
        };
        let fields = record.fields.iter().flat_map(|field| &field.values);
        for value in key.iter().chain(&record.matches).chain(fields).chain(&record.topics) {
            add(value, &mut kinds, &mut ways);
        }
    }
    (kinds, ways)
}
