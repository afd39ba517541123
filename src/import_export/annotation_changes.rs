//! What `names.csv`, `identifiers.csv` and `tags.csv` change: told first, then written.

use std::collections::{HashMap, HashSet};

use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, IntoActiveModel, ModelTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{
    Failure,
    annotations::{AnnotationFile, AnnotationRows, Annotations, ROWS},
    import::{Context, Written},
    value_changes::{BECOMES_UNKNOWN, Change, Warnings},
    write::touch,
};
use crate::{
    domain::tag,
    model::{RecordType, identifier, name},
    query::statement::is_one_of_ids,
};

impl Annotations {
    /// Compares what they say with the database, and tells the differences.
    pub(super) async fn compare(
        self,
        context: &Context<'_>,
        warnings: &mut Warnings,
    ) -> Result<AnnotationChanges, Failure> {
        let mut changes = AnnotationChanges { names: None, identifiers: None, tags: None };
        if let Some(names) = self.names {
            changes.names = Some(names.compare(context, warnings).await?);
        }
        if let Some(identifiers) = self.identifiers {
            changes.identifiers = Some(identifiers.compare(context, warnings).await?);
        }
        if let Some(tags) = self.tags {
            changes.tags = Some(tags.compare(context, warnings).await?);
        }
        Ok(changes)
    }
}

/// What is not in the database as the files say.
pub(super) struct AnnotationChanges {
    names: Option<Changes<name::Entity>>,
    identifiers: Option<Changes<identifier::Entity>>,
    tags: Option<Changes<tag::Entity>>,
}

impl AnnotationChanges {
    /// Writes the changes; says how many rows are new, were changed or were removed.
    pub(super) async fn write(self, context: &Context<'_>, written: &mut Written) -> Result<u64, DbErr> {
        let mut rows = 0;
        if let Some(names) = self.names {
            rows += names.write(context, written).await?;
        }
        if let Some(identifiers) = self.identifiers {
            rows += identifiers.write(context, written).await?;
        }
        if let Some(tags) = self.tags {
            rows += tags.write(context, written).await?;
        }
        Ok(rows)
    }
}

impl<F: AnnotationFile> AnnotationRows<F> {
    /// Compares what the file says with the database, and tells the differences.
    async fn compare(mut self, context: &Context<'_>, warnings: &mut Warnings) -> Result<Changes<F>, Failure> {
        let mut changes = Changes { records: Vec::new(), rows: Vec::new(), count: 0 };
        for record in context.import.model.types() {
            let of_type = context.keys.of_table(record.table);
            let mut about: Vec<_> = of_type.filter(|(_, known)| self.is_about(known.id, known.is_in_file)).collect();
            about.sort_unstable_by_key(|(key, _)| *key);
            let mut changed = Vec::new();
            for batch in about.chunks(ROWS) {
                let ids: Vec<Uuid> = batch.iter().filter(|(_, of)| of.is_stored).map(|(_, of)| of.id).collect();
                let mut stored = find_of::<F>(context, &ids).await?;
                for (key, known) in batch {
                    let stored = stored.remove(&known.id).unwrap_or_default();
                    let is_complete = self.is_complete(known.id, known.is_in_file);
                    let mut lines: HashMap<F::Model, u64> = self
                        .rows
                        .remove(&known.id)
                        .unwrap_or_default()
                        .into_iter()
                        .map(|(line, of)| {
                            (if self.missing.is_empty() { of } else { F::complete(of, &stored, &self.missing) }, line)
                        })
                        .collect();
                    if !is_complete {
                        let said: HashSet<_> = lines.keys().map(ModelTrait::get_primary_key_value).collect();
                        let others = stored.iter().filter(|of| !said.contains(&of.get_primary_key_value()));
                        lines.extend(others.map(|of| (of.clone(), 0)));
                    }
                    let said: HashSet<F::Model> = lines.keys().cloned().collect();
                    if said == stored {
                        continue;
                    }
                    let different = said.symmetric_difference(&stored).map(ModelTrait::get_primary_key_value);
                    changes.count += different.collect::<HashSet<_>>().len() as u64;
                    if known.is_stored {
                        changed.push(known.id);
                        for change in differences::<F>(context, (record.table, key), &lines, &stored)? {
                            context.report(&change, warnings)?;
                        }
                    }
                    changes.rows.extend(said);
                }
            }
            changes.records.push((record, changed));
        }
        Ok(changes)
    }
}

/// The differences between the rows of a file, with their lines, and those that the database has of a record.
fn differences<F: AnnotationFile>(
    context: &Context<'_>,
    (kind, key): (&'static str, &str),
    said: &HashMap<F::Model, u64>,
    stored: &HashSet<F::Model>,
) -> Result<Vec<Change>, DbErr> {
    let cells = |model: &F::Model| F::cells(model.clone(), context.keys_by_id());
    let mut added = Vec::new();
    for (model, line) in said.iter().filter(|(model, _)| !stored.contains(model)) {
        added.push((cells(model)?, *line));
    }
    let mut removed = Vec::new();
    for model in stored.iter().filter(|model| !said.contains_key(model)) {
        removed.push(cells(model)?);
    }
    added.sort_unstable();
    removed.sort_unstable();
    let change = |line: u64, old: &[String], new: &[String]| Change {
        file: F::FILE.to_owned(),
        line,
        kind,
        key: key.to_owned(),
        column: F::FILE.trim_end_matches(".csv").to_owned(),
        old: old.join(" ").trim_end().to_owned(),
        new: new.join(" ").trim_end().to_owned(),
        warning: new.is_empty().then_some(BECOMES_UNKNOWN),
    };
    let mut changes = Vec::new();
    for old in removed {
        // The name in the same language, or the identifier of the same scheme, takes its place.
        let place = added.iter().position(|(new, _)| new.len() > 1 && new[0] == old[0]);
        let (new, line) = place.map_or((Vec::new(), 0), |place| added.remove(place));
        changes.push(change(line, &old, &new));
    }
    changes.extend(added.iter().map(|(new, line)| change(*line, &[], new)));
    Ok(changes)
}

/// What is not in the database as a file says.
struct Changes<F: AnnotationFile> {
    /// The stored records that have something else, by their types.
    records: Vec<(&'static RecordType, Vec<Uuid>)>,
    /// What they, and new records, are to have.
    rows: Vec<F::Model>,
    /// How many rows are new, changed or removed.
    count: u64,
}

impl<F: AnnotationFile> Changes<F> {
    async fn write(self, context: &Context<'_>, written: &mut Written) -> Result<u64, DbErr> {
        for (record, ids) in self.records {
            for batch in ids.chunks(ROWS) {
                delete_of::<F>(context, batch).await?;
                touch(context, record, batch.iter().copied(), written).await?;
            }
        }
        // When all are deleted: an identifier may go from one record to another.
        for batch in self.rows.chunks(ROWS) {
            let rows = batch.iter().map(|model| model.clone().into_active_model().reset_all());
            F::insert_many(rows).exec_without_returning(context.transaction).await?;
        }
        Ok(self.count)
    }
}

/// What records have in the database.
async fn find_of<F: AnnotationFile>(
    context: &Context<'_>,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, HashSet<F::Model>>, DbErr> {
    let mut found: HashMap<Uuid, HashSet<F::Model>> = HashMap::new();
    if !ids.is_empty() {
        let backend = context.transaction.get_database_backend();
        let is_of_record = is_one_of_ids(backend, Expr::col(F::RECORD_COLUMN), ids);
        for model in F::find().filter(is_of_record).all(context.transaction).await? {
            found.entry(F::record(&model)).or_default().insert(model);
        }
    }
    Ok(found)
}

/// Deletes what records have.
pub(super) async fn delete_of<F: AnnotationFile>(context: &Context<'_>, ids: &[Uuid]) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let is_of_record = is_one_of_ids(context.transaction.get_database_backend(), Expr::col(F::RECORD_COLUMN), ids);
    F::delete_many().filter(is_of_record).exec(context.transaction).await.map(drop)
}
