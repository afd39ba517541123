//! What mutations answer.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::{
    db::{type_id, write_type_id},
    error::Result,
    import_export::{Edited, Problem, Problems, Warning},
    model::{Model, draft::ProblemCode, words},
    schema::{
        answer::{Answer, index},
        catalog::Catalog,
        connection::ready,
        cost::Size,
        execute::Call,
        leaf::{enum_name, json},
        object::Object,
        record::{RecordRef, load_any},
    },
};

/// What a mutation did.
#[derive(Default)]
pub(super) struct Payload {
    /// The records that were created, changed or deleted, in the order of the edits; none if anything was wrong.
    records: Vec<(&'static str, Uuid)>,
    /// Those that were deleted because they referred to one that was.
    also_deleted: Vec<(&'static str, Uuid)>,
    /// Those that lost a reference to one that was deleted.
    also_changed: Vec<(&'static str, Uuid)>,
    /// What was wrong.
    problems: Vec<Arc<Shown>>,
    /// What may be a mistake.
    warnings: Vec<Arc<Shown>>,
}

/// A problem or a warning.
pub(super) struct Shown {
    path: Vec<String>,
    code: ProblemCode,
    message: String,
}

impl Shown {
    fn new(path: &str, code: ProblemCode, message: String) -> Arc<Self> {
        let path = path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Arc::new(Self { path, code, message })
    }

    fn of(problem: &Problem) -> Arc<Self> {
        Self::new(&problem.column, problem.code, problem.message.clone())
    }
}

impl Payload {
    /// What was done. `asked` are the positions of the edits that were asked for; others followed from them.
    pub fn done(edited: &Edited, asked: &[usize]) -> Self {
        let warnings = edited.warnings.listed.iter().map(|warning| match warning {
            Warning::Problem(problem) => Shown::of(problem),
            Warning::Change(change) => Shown::new(&change.column, ProblemCode::Invalid, change.to_string()),
        });
        let records = asked.iter().filter_map(|position| edited.records.get(*position).copied());
        Self {
            warnings: warnings.collect(),
            records: records.collect(),
            also_deleted: edited.also_deleted.clone(),
            also_changed: edited.also_changed.clone(),
            problems: Vec::new(),
        }
    }

    /// What is wrong.
    pub fn refused(problems: &Problems) -> Self {
        Self { problems: problems.listed.iter().map(Shown::of).collect(), ..Self::default() }
    }
}

/// The name of the payload of several edits.
pub(super) const BATCH: &str = "BatchPayload";
/// The name of the payload of a deletion.
pub(super) const DELETED: &str = "DeletePayload";

/// Adds the object types of payloads to a catalog that has those of records. Returns the names of those of record types, in the order
/// of these.
pub(super) fn add_objects(catalog: &mut Catalog, model: &'static Model) -> Vec<&'static str> {
    let mut names = Vec::new();
    let mut problem =
        Object::new("Problem", "Something that is wrong with what a mutation asks for: nothing was changed.");
    add_message(&mut problem);
    problem.leaf("code", "ProblemCode!", "What kind of problem it is.", |shown: &Shown, out| {
        json(enum_name(shown.code), out);
    });
    catalog.add(problem);
    let mut warning =
        Object::new("Warning", "Something that may be a mistake in what a mutation asked for, which was done.");
    add_message(&mut warning);
    catalog.add(warning);
    for record in model.types() {
        let about = format!("What became of a mutation of {}.", crate::model::with_article(record.name));
        // Names live as long as the catalog, which is never dropped.
        let payload: &'static str = format!("{}Payload", record.name).leak();
        names.push(payload);
        let mut o = Object::new(payload, about);
        // Names live as long as the catalog, which is never dropped.
        let name: &'static str = super::camel_table(record).leak();
        let about = format!("The {} as it is now; `null` if anything was wrong.", words(record.name));
        o.batch(name, record.name, about, Vec::new(), |call, payloads: &[Arc<Payload>]| {
            let wanted = payloads.iter().map(|of| RecordRef::ById(of.records.first().copied())).collect();
            Box::pin(async move { load_any(call, wanted, false).await.map(Answer::One) })
        });
        add_findings(&mut o);
        catalog.add(o);
    }
    let mut deleted = Object::new(DELETED, "What became of a deletion.");
    deleted.leaf(
        "deletedId",
        "ID",
        "The global ID of the record, which is gone; `null` if anything was wrong.",
        |payload: &Payload, out| match payload.records.first() {
            Some((table, id)) => {
                out.push(b'"');
                write_type_id(table, *id, out);
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        },
    );
    add_cascade(&mut deleted, model);
    add_findings(&mut deleted);
    catalog.add(deleted);
    let mut batch = Object::new(BATCH, "What became of several edits: all of them were made, or none.");
    let about = "A list of the records as they are now, in the order of the edits; `null` for what was deleted. It is empty if \
                 anything was wrong.";
    let records = batch.batch("records", "[Record]", about, Vec::new(), |call, payloads: &[Arc<Payload>]| {
        many(call, payloads, |payload| &payload.records)
    });
    records.costs(statements_for_all(model), Size::Assumed(100));
    add_cascade(&mut batch, model);
    add_findings(&mut batch);
    catalog.add(batch);
    names
}

/// The records of payloads, as they are now.
fn many<'a>(
    call: Call<'a>,
    payloads: &'a [Arc<Payload>],
    records: impl Fn(&Payload) -> &[(&'static str, Uuid)],
) -> BoxFuture<'a, Result<Answer>> {
    let mut starts = vec![0];
    let mut wanted = Vec::new();
    for payload in payloads {
        wanted.extend(records(payload).iter().map(|of| RecordRef::ById(Some(*of))));
        starts.push(index(wanted.len()));
    }
    Box::pin(async move { Ok(Answer::Many { starts, positions: load_any(call, wanted, false).await? }) })
}

/// The number of statements that read records of all types.
fn statements_for_all(model: &Model) -> u32 {
    u32::try_from(model.types().len()).unwrap_or(u32::MAX)
}

/// Adds what deletions that cascade took with them.
fn add_cascade(o: &mut Object<Payload>, model: &Model) {
    o.leaf(
        "alsoDeletedIds",
        "[ID!]!",
        "A list of the global IDs of the records that were deleted because they could not be without one that was.",
        |payload: &Payload, out| {
            let ids: Vec<String> = payload.also_deleted.iter().map(|(table, id)| type_id(table, *id)).collect();
            json(&ids, out);
        },
    );
    let about = "A list of the records that have lost a reference to one that was deleted, as they are now.";
    o.batch("alsoChanged", "[Record]", about, Vec::new(), |call, payloads: &[Arc<Payload>]| {
        many(call, payloads, |payload| &payload.also_changed)
    })
    .costs(statements_for_all(model), Size::Assumed(10));
}

fn add_message(o: &mut Object<Shown>) {
    o.leaf(
        "path",
        "[String!]!",
        "Where it is in the arguments: the names of fields and the positions of items, such as `[\"input\", \"names\", \"0\", \"language\"]`.",
        |shown: &Shown, out| json(&shown.path, out),
    );
    o.leaf("message", "String!", "What is wrong, and what would be right.", |shown: &Shown, out| {
        json(&shown.message, out);
    });
}

fn add_findings(o: &mut Object<Payload>) {
    o.batch(
        "problems",
        "[Problem!]!",
        "A list of everything that is wrong, at most 100; empty if all was done.",
        Vec::new(),
        |_, payloads: &[Arc<Payload>]| ready(Answer::many("Problem", payloads.iter().map(|of| of.problems.clone()))),
    )
    .costs(0, Size::Assumed(2));
    o.batch(
        "warnings",
        "[Warning!]!",
        "A list of what may be a mistake, at most 100.",
        Vec::new(),
        |_, payloads: &[Arc<Payload>]| ready(Answer::many("Warning", payloads.iter().map(|of| of.warnings.clone()))),
    )
    .costs(0, Size::Assumed(2));
}
