//! References between records, and the effective visibility that follows from them. It is computed here in memory, and not as
//! a change does it.

use rustc_hash::FxHashMap;
use sea_orm::{ActiveEnum, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, sea_query::Query};
use uuid::Uuid;

use super::Findings;
use crate::{
    db::type_id,
    import_export::{
        keys::{Keys, KeysById},
        links::LinkTable,
    },
    model::{AttributeKind, Column, Model, RecordType, Visibility, draft::reference_name, record, words},
};

/// A record.
struct Known {
    table: &'static str,
    /// Its effective visibility, as the database has it.
    audience: i16,
    /// The strictest visibility among its own and those of the records that it cannot be shown without, as far as they are followed.
    rank: i16,
    /// Whether the table of all records has it.
    is_listed: bool,
}

/// A column with references.
struct Place {
    /// Its name in files.
    name: &'static str,
    column: &'static str,
    target: Target,
    /// Whether a record cannot be shown without what it refers to.
    is_owner: bool,
}

/// The table that a reference leads to, or the column that says which one.
enum Target {
    Table(&'static str),
    Column(&'static str),
}

/// Finds references that lead nowhere, and records whose effective visibility is not that of what they need. Says whether all
/// references lead to records.
pub(super) async fn check(
    connection: &DatabaseTransaction,
    model: &Model,
    keys: &Keys,
    findings: &mut Findings<'_>,
) -> Result<bool, DbErr> {
    let known = read_records(connection, model).await?;
    let mut records = Records { connection, names: KeysById::of(keys), known, owners: Vec::new(), findings };
    records.check_record_table().await?;
    let before = records.findings.total;
    for record in model.types() {
        records.check_columns(record).await?;
        records.check_lists(record).await?;
    }
    let are_whole = records.findings.total == before;
    records.check_visibility();
    Ok(are_whole)
}

async fn read_records(connection: &DatabaseTransaction, model: &Model) -> Result<FxHashMap<Uuid, Known>, DbErr> {
    let mut known = FxHashMap::default();
    for record in model.types() {
        let query = Query::select().columns(["id", "visibility", "audience"]).from(record.table).take();
        for row in connection.query_all(&query).await? {
            let visibility = Visibility::try_from_value(&row.try_get_by_index::<String>(1)?)?;
            let audience = row.try_get_by_index(2)?;
            let of_record = Known { table: record.table, audience, rank: visibility.rank(), is_listed: false };
            known.insert(row.try_get_by_index::<Uuid>(0)?, of_record);
        }
    }
    Ok(known)
}

/// All records.
struct Records<'a, 'f> {
    connection: &'a DatabaseTransaction,
    names: KeysById,
    known: FxHashMap<Uuid, Known>,
    /// Pairs of a record and one that it cannot be shown without.
    owners: Vec<(Uuid, Uuid)>,
    findings: &'a mut Findings<'f>,
}

impl Records<'_, '_> {
    fn name(&self, id: Uuid) -> String {
        match self.names.get(id) {
            Ok((table, key)) => format!("{} {key}", words(table)),
            Err(_) => format!("record {id}"),
        }
    }

    fn find(&mut self, record: Uuid, what: &str) {
        self.findings.add(&format!("{}: {what}", self.name(record)));
    }

    /// Compares the table of all records with those of their types.
    async fn check_record_table(&mut self) -> Result<(), DbErr> {
        for record in record::Entity::find().all(self.connection).await? {
            let Some(known) = self.known.get_mut(&record.id) else {
                let (id, kind) = (type_id(&record.kind, record.id), &record.kind);
                self.findings.add(&format!("{id}: the table `record` has it, but not the table `{kind}`"));
                continue;
            };
            known.is_listed = true;
            let (table, audience) = (known.table, known.audience);
            if table != record.kind {
                let kind = words(&record.kind);
                self.find(record.id, &format!("the table `record` says that it is of the type {kind}"));
            }
            if audience != record.audience {
                let other = record.audience;
                let what = format!("its effective visibility is {audience}, and {other} in the table `record`");
                self.find(record.id, &what);
            }
        }
        let missing = self.known.iter().filter(|(_, known)| !known.is_listed).map(|(id, _)| *id);
        for id in missing.collect::<Vec<_>>() {
            self.find(id, "the table `record` does not have it");
        }
        Ok(())
    }

    async fn check_columns(&mut self, record: &RecordType) -> Result<(), DbErr> {
        let places = places(record);
        let mut query = Query::select();
        query.column("id").from(record.table);
        for place in &places {
            query.column(place.column);
            if let Target::Column(column) = place.target {
                query.column(column);
            }
        }
        if places.is_empty() {
            return Ok(());
        }
        for row in self.connection.query_all(&query).await? {
            let from: Uuid = row.try_get_by("id")?;
            for place in &places {
                let Some(to) = row.try_get_by::<Option<Uuid>, _>(place.column)? else { continue };
                let expected = match place.target {
                    Target::Table(table) => Some(table.to_owned()),
                    Target::Column(column) => row.try_get_by::<Option<String>, _>(column)?,
                };
                let name = place.name;
                match self.known.get(&to) {
                    None => self.find(from, &format!("{name} refers to the record {to}, which is missing")),
                    Some(known) if expected.as_deref() != Some(known.table) => {
                        let expected = words(expected.as_deref().unwrap_or("record"));
                        let what =
                            format!("{name} refers to the {}, and not to one of the type {expected}", self.name(to));
                        self.find(from, &what);
                    }
                    Some(_) if place.is_owner => self.owners.push((from, to)),
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    async fn check_lists(&mut self, record: &RecordType) -> Result<(), DbErr> {
        for attribute in &record.attributes {
            let (AttributeKind::Keys { target, at_least, .. }, Some(links)) =
                (&attribute.kind, LinkTable::of(attribute))
            else {
                continue;
            };
            let query = Query::select().distinct().columns([links.parent, links.child]).from(links.table).take();
            for row in self.connection.query_all(&query).await? {
                let (from, to): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                let is_of = |id: &Uuid, table: &str| self.known.get(id).is_some_and(|known| known.table == table);
                if !is_of(&from, record.table) || !is_of(&to, target) {
                    let what = format!("{} joins it and the {}, which it cannot", attribute.name, self.name(to));
                    self.find(from, &what);
                } else if *at_least > 0 {
                    self.owners.push((from, to));
                }
            }
        }
        Ok(())
    }

    /// A record is at least as hidden as what it needs. What needs each other in a circle ends when nothing changes.
    fn check_visibility(&mut self) {
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            for (record, owner) in &self.owners {
                let Some(rank) = self.known.get(owner).map(|owner| owner.rank) else { continue };
                if let Some(known) = self.known.get_mut(record).filter(|known| known.rank < rank) {
                    known.rank = rank;
                    has_changed = true;
                }
            }
        }
        let wrong = self.known.iter().filter(|(_, known)| known.audience != known.rank);
        let mut wrong: Vec<_> = wrong.map(|(id, known)| (*id, known.audience, known.rank)).collect();
        wrong.sort_unstable();
        for (id, audience, rank) in wrong {
            let what = format!(
                "its effective visibility is {audience}, but {rank} is the strictest among its own and those of the records that it \
                 needs (0 is public)"
            );
            self.find(id, &what);
        }
    }
}

/// The columns with references.
fn places(record: &RecordType) -> Vec<Place> {
    let owners: Vec<_> = record.owners().collect();
    let place = |column: Column, target| Place {
        name: reference_name(column),
        column: column.name,
        target,
        is_owner: owners.contains(&column),
    };
    let of_attribute = |kind: &AttributeKind| match kind {
        AttributeKind::ToOne(to_one) => Some(place(to_one.column, Target::Table(to_one.target))),
        AttributeKind::ToAny(to_any) => Some(place(to_any.id, Target::Column(to_any.table.name))),
        _ => None,
    };
    record.attributes.iter().filter_map(|attribute| of_attribute(&attribute.kind)).collect()
}
