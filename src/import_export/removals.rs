//! Records that an import removes: those that `withdrawals.csv` takes back, and those without a row of a record type whose
//! file replaces all that the database has. What other records refer to is not removed.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{
    Failure, Problem, Problems,
    annotation_changes::delete_of,
    columns::file_name,
    csv_reader::CsvReader,
    import::{Context, Scope, Written},
    incoming::{IncomingReference, incoming_references},
    keys::KeysById,
    problem::LISTED,
    value_changes::{Change, Warnings},
};
use crate::{
    model::{Inconsistency, draft::ProblemCode, identifier, length, record, text::check_characters, words},
    query::statement::{build, is_one_of_ids},
};

/// The file of records that are taken back.
pub(super) const WITHDRAWALS: &str = "withdrawals.csv";
/// Its columns.
const HEADERS: [&str; 3] = ["kind", "key", "reason"];
/// How many records one statement removes, or looks for references to.
const ROWS: usize = 2_000;

/// A record that is removed.
struct Removal {
    table: &'static str,
    key: String,
    /// The line of `withdrawals.csv`; 0 if the record has no row in a file that replaces all.
    line: u64,
    reason: String,
}

impl Removal {
    fn file(&self, context: &Context<'_>) -> String {
        if self.line > 0 { WITHDRAWALS.to_owned() } else { file_name(context.import.model.record_type(self.table)) }
    }
}

/// The records that are removed.
pub(super) struct Removals(BTreeMap<Uuid, Removal>);

impl Removals {
    /// Reads what is removed, and reports what cannot be.
    pub(super) fn read(context: &Context<'_>, problems: &mut Problems) -> Self {
        let mut removals = BTreeMap::new();
        for table in context.import.replaced {
            if !context.contents.contains_key(table) {
                let file = file_name(context.import.model.record_type(table));
                let message = "there is no such file to replace the records: nothing says which there should be";
                problems.add(Problem::of_file(&file, 0, message));
                continue;
            }
            for (key, known) in context.keys.of_table(table).filter(|(_, of)| of.is_stored && !of.is_in_file) {
                let reason = "it has no row in the file that replaces all".to_owned();
                removals.insert(known.id, Removal { table, key: key.to_owned(), line: 0, reason });
            }
        }
        Self::read_withdrawals(context, &mut removals, problems);
        Self(removals)
    }

    fn read_withdrawals(context: &Context<'_>, removals: &mut BTreeMap<Uuid, Removal>, problems: &mut Problems) {
        let headers = HEADERS.map(str::to_owned).to_vec();
        let Some(mut reader) = CsvReader::open(context.import.files, WITHDRAWALS, headers, &HEADERS, problems) else {
            return;
        };
        let mut lines: HashMap<Uuid, u64> = HashMap::new();
        while let Some((line, cells)) = reader.next(problems) {
            let [kind, key, reason] = [&cells[0], &cells[1], &cells[2]].map(AsRef::as_ref);
            let mut reject = |column: &str, value: &str, message: String| {
                problems.add(Problem::of_cell(WITHDRAWALS, line, column, value, message));
            };
            let checked = match reason {
                "" => Err("it must not be empty: say why the record is taken back".to_owned()),
                reason => length::check(reason, length::TEXT).and_then(|()| check_characters(reason, length::TEXT)),
            };
            if let Err(message) = checked {
                reject("reason", reason, message);
            }
            let Some(record) = context.import.model.get(kind) else {
                let tables: Vec<_> = context.import.model.types().map(|record| record.table).collect();
                reject("kind", kind, format!("expected one of {}", tables.join(", ")));
                continue;
            };
            let known = context.keys.get(record.table, key).filter(|known| known.is_stored || known.is_in_file);
            match known {
                None => reject("key", key, format!("no {} has this key: remove the row", words(record.table))),
                Some(known) if known.is_in_file => {
                    let file = file_name(record);
                    reject("key", key, format!("{file} has a row for it: remove that row or this one"));
                }
                Some(known) => {
                    if let Some(first) = lines.insert(known.id, line) {
                        reject("key", key, format!("line {first} takes the same record back already"));
                    }
                    let (table, key, reason) = (record.table, key.to_owned(), reason.to_owned());
                    removals.insert(known.id, Removal { table, key, line, reason });
                }
            }
        }
    }

    /// Whether a record is removed.
    pub(super) fn contains(&self, id: Uuid) -> bool {
        self.0.contains_key(&id)
    }

    /// Tells each record that is removed.
    pub(super) fn report(&self, context: &Context<'_>, warnings: &mut Warnings) -> Result<(), Failure> {
        let mut removals: Vec<_> = self.0.values().collect();
        removals.sort_unstable_by_key(|of| (of.line == 0, of.line, of.table, &of.key));
        for removal in removals {
            let change = Change {
                file: removal.file(context),
                line: removal.line,
                kind: removal.table,
                key: removal.key.clone(),
                column: "record".to_owned(),
                old: removal.key.clone(),
                new: format!("removed: {}", removal.reason),
                warning: None,
            };
            context.report(&change, warnings)?;
        }
        Ok(())
    }

    /// Deletes the identifiers of the records, which others may get by the same import.
    pub(super) async fn free_identifiers(&self, context: &Context<'_>) -> Result<(), DbErr> {
        let ids: Vec<Uuid> = self.0.keys().copied().collect();
        for batch in ids.chunks(ROWS) {
            delete_of::<identifier::Entity>(context, batch).await?;
        }
        Ok(())
    }

    /// Removes the records, unless others refer to them, which is then reported. What belongs to them goes with them: their
    /// names, identifiers, tags and lists.
    pub(super) async fn write(self, context: &Context<'_>, written: &mut Written) -> Result<(), Failure> {
        let ids: Vec<Uuid> = self.0.keys().copied().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut problems = Problems::default();
        for reference in incoming_references(context.import.model) {
            for batch in ids.chunks(ROWS) {
                self.report_references(context, &reference, batch, &mut problems).await?;
            }
        }
        problems.into_result()?;
        for record in context.import.model.types() {
            for inconsistency in &record.inconsistencies {
                if let Inconsistency::Few { table, reference, .. } = inconsistency {
                    for batch in ids.chunks(ROWS) {
                        let reduced = referred(context, table, reference, batch).await?;
                        written.reduced.extend(reduced.into_iter().map(|id| (id, record.table)));
                    }
                }
            }
        }
        for batch in ids.chunks(ROWS) {
            let is_removed = is_one_of_ids(context.transaction.get_database_backend(), Expr::col("id"), batch);
            let delete = Query::delete().from_table(record::Entity).and_where(is_removed).take();
            context.transaction.execute(&delete).await?;
        }
        written.removed = ids.len() as u64;
        Ok(())
    }

    /// Reports the records that stay and refer to one of those that are removed.
    async fn report_references(
        &self,
        context: &Context<'_>,
        reference: &IncomingReference<'_>,
        removed: &[Uuid],
        problems: &mut Problems,
    ) -> Result<(), DbErr> {
        let backend = context.transaction.get_database_backend();
        let mut query = Query::select();
        query.distinct().columns([reference.from, reference.to]).from(reference.table);
        query.and_where(is_one_of_ids(backend, Expr::col(reference.to), removed));
        if context.scope == Scope::Named {
            // Those that are removed with it are no reason; of the others, no more are told.
            let ids: Vec<Uuid> = self.0.keys().copied().collect();
            query.and_where(is_one_of_ids(backend, Expr::col(reference.from), &ids).not()).limit(LISTED as u64 + 1);
        }
        let mut found = Vec::new();
        for row in context.transaction.query_all_raw(build(backend, &query)).await? {
            let (from, to): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            if let (false, Some(removal)) = (self.0.contains_key(&from), self.0.get(&to)) {
                found.push((removal, from));
            }
        }
        let ids: Vec<Uuid> = found.iter().map(|(_, from)| *from).collect();
        let keys = KeysById::of_ids(context.transaction, context.import.model, &ids).await?;
        let named = found.into_iter().map(|(removal, from)| keys.get(from).map(|(table, key)| (removal, table, key)));
        let mut found = named.collect::<Result<Vec<_>, _>>()?;
        found.sort_unstable_by_key(|(removal, table, key)| (&removal.key, *table, *key));
        for (removal, table, key) in found {
            let (of, name) = (words(removal.table), &reference.name);
            let message = format!("the {of} cannot be removed: the {} {key} refers to it by {name}", words(table));
            let problem = Problem::of_cell(&removal.file(context), removal.line, "key", &removal.key, message);
            problems.add(problem.coded(ProblemCode::Referenced));
        }
        Ok(())
    }
}

/// The records that some records of a table refer to.
async fn referred(
    context: &Context<'_>,
    table: &'static str,
    reference: &'static str,
    ids: &[Uuid],
) -> Result<Vec<Uuid>, DbErr> {
    let backend = context.transaction.get_database_backend();
    let mut query = Query::select();
    query.distinct().column(reference).from(table).and_where(is_one_of_ids(backend, Expr::col("id"), ids));
    let rows = context.transaction.query_all_raw(build(backend, &query)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
