//! The fields of `Mutation`: every record type has those that create, update, upsert and delete its records, and `applyBatch` makes
//! edits of any types together.
//!
//! async-graphql runs the fields of a mutation one after the other. Each is read into edits ([`reader`]), which are made in one
//! transaction ([`import_export::edit`](crate::import_export::edit)); what is selected of its payload is executed like any query.

mod fields;
mod inputs;
mod payload;
mod reader;

use std::{borrow::Cow, collections::BTreeMap, marker::PhantomData, sync::Arc};

use async_graphql::{
    ContainerType, Context, ObjectType, OutputType, Positioned, ServerResult, Value, indexmap::IndexMap,
    parser::types::Field,
};
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, OnceCell};

use self::{
    inputs::{CASCADE, VERBS},
    payload::{BATCH, DELETED, Payload},
    reader::{Reader, at},
};
use super::{
    answer::Answer,
    catalog::Catalog,
    cost::{FieldCost, Size},
    entry,
    execute::Call,
    object::{AnyObject, Argument, Object},
    root::Api,
    types,
};
use crate::{
    async_graphql_internals::{ContextSelectionSet, Registry},
    auth::Viewer,
    clock::{Clock, IdSource},
    db::Database,
    error::{Code, Error, Result},
    import_export::{Edits, Failure, IdempotencyKey, edit},
    model::{Model, RecordType, camel_case, with_article, words},
};

/// The argument by which a mutation is known again.
const IDEMPOTENCY_KEY: &str = "idempotencyKey";
/// How many edits a batch has at most.
pub(super) const MAX_EDITS: u32 = 1_000;
/// How many records they may create, change or delete together: with those that are created with others.
const MAX_RECORDS: usize = 1_000;

/// What mutations write to: data of the schema.
#[derive(Clone)]
pub struct Writer {
    /// Where.
    database: Database,
    /// When.
    clock: Clock,
    /// Where the ids of new records come from.
    ids: IdSource,
    /// Held by the mutation that writes: others wait for it without a connection.
    turn: Arc<Mutex<()>>,
}

impl Writer {
    /// Writes to a database.
    #[must_use]
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock, ids: IdSource::system(), turn: Arc::default() }
    }
}

/// The object that the fields are resolved from.
pub(super) struct Root;

/// What a field does.
pub(super) enum Mutation {
    /// One edit: its verb, the type of the record, and that of the payload.
    One(&'static str, &'static RecordType, &'static str),
    /// Several edits.
    Batch,
}

/// The mutations of all record types: one part of the merged type `Mutation`.
pub struct Mutations<A>(PhantomData<A>);

impl<A> Default for Mutations<A> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<A: Api> OutputType for Mutations<A> {
    fn type_name() -> Cow<'static, str> {
        "Mutations".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let catalog = A::catalog();
        types::register(catalog, registry);
        inputs::register(registry, catalog.model());
        registry.types.insert("Mutations".to_owned(), types::object("Mutations", catalog.mutations.meta_fields()));
        Self::qualified_type_name()
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        async_graphql::resolver_utils::resolve_container_serial(context, self).await
    }
}

impl<A: Api> ContainerType for Mutations<A> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let catalog = A::catalog();
        let name = context.field().name();
        let (Some(field), Some(mutation)) = (catalog.mutations.fields.get(name), catalog.mutation(name)) else {
            return Ok(None);
        };
        let editor = allowed(context);
        // Should the answer be executed again, the edits are not made again.
        let made: Arc<OnceCell<Arc<Payload>>> = Arc::default();
        entry::resolve(context, catalog, field.info(), |call| {
            let (made, editor) = (made.clone(), editor.clone());
            Box::pin(async move {
                let editor = editor?;
                let payload = made.get_or_try_init(|| make(call, mutation, &editor)).await?;
                Ok(Answer::one(mutation.payload(), std::iter::once(Some(payload.clone()))))
            })
        })
        .await
        .map(Some)
    }
}

impl<A: Api> ObjectType for Mutations<A> {}

/// Somebody who may write.
#[derive(Clone)]
struct Editor {
    /// What to write to.
    writer: Arc<Writer>,
    /// The prefix of the API key.
    actor: String,
}

/// The viewer as one who may write: the only place that decides it.
fn allowed(context: &Context<'_>) -> Result<Editor> {
    let viewer = context.data_opt::<Viewer>().filter(|viewer| viewer.role.may_write());
    let Some(key) = viewer.and_then(|viewer| viewer.key.as_ref()) else {
        let message = "mutations need the role `editor`: send an API key that has it";
        return Err(Error::input(Code::Forbidden, message));
    };
    let writer = context.data_opt::<Arc<Writer>>().cloned();
    let writer = writer.ok_or_else(|| Error::internal("the schema has nothing to write to"))?;
    Ok(Editor { writer, actor: key.prefix.clone() })
}

impl Mutation {
    /// The type of the payload.
    fn payload(&self) -> &'static str {
        match self {
            Self::Batch => BATCH,
            Self::One(.., payload) => payload,
        }
    }
}

/// Makes the edits that a field asks for.
async fn make(call: Call<'_>, mutation: &Mutation, editor: &Editor) -> Result<Arc<Payload>> {
    let model = call.execution.catalog.model();
    let arguments: IndexMap<_, _> =
        call.arguments().map(|(name, value)| (async_graphql::Name::new(name), value)).collect();
    let mut reader = Reader::new(model);
    let mut asked = Vec::new();
    match mutation {
        Mutation::One(verb, record, _) => {
            asked.push(0);
            reader.read(record, verb, &arguments, "");
        }
        Mutation::Batch => {
            let edits = match arguments.get("edits") {
                Some(Value::List(edits)) => edits.as_slice(),
                Some(one) => std::slice::from_ref(one),
                None => &[],
            };
            if edits.len() > MAX_EDITS as usize {
                let message = format!("`edits` has {} items: at most {MAX_EDITS} are allowed", edits.len());
                return Err(Error::input(Code::ListTooLong, message));
            }
            for (i, edit) in edits.iter().enumerate() {
                let Value::Object(edit) = edit else { continue };
                for (name, of) in edit {
                    let known = call.execution.catalog.mutation(name);
                    let (Some(Mutation::One(verb, record, _)), Value::Object(of)) = (known, of) else { continue };
                    asked.push(reader.edits.len());
                    let path = at(&at("edits", &i.to_string()), name);
                    if *verb == "create" {
                        reader.read_new(record, of, &path);
                    } else {
                        reader.read(record, verb, of, &path);
                    }
                }
            }
        }
    }
    if reader.edits.len() > MAX_RECORDS {
        let message = format!("{} records would be written: at most {MAX_RECORDS} are allowed", reader.edits.len());
        return Err(Error::input(Code::ListTooLong, message));
    }
    let idempotency = match arguments.get(IDEMPOTENCY_KEY) {
        Some(Value::String(key)) => Some(IdempotencyKey {
            actor: editor.actor.clone(),
            key: key.clone(),
            input: hash(call.field_name(), &arguments),
        }),
        _ => None,
    };
    let Writer { database, clock, ids, turn } = &*editor.writer;
    let _turn = turn.lock().await;
    let edits = Edits { model, database, clock, ids, edits: reader.edits, idempotency, problems: reader.problems };
    let payload = match edit(edits).await {
        Ok(edited) => Payload::done(&edited, &asked),
        Err(Failure::Problems(problems)) => Payload::refused(&problems),
        Err(Failure::Database(cause)) => return Err(cause.into()),
        Err(failure) => return Err(Error::internal(failure)),
    };
    Ok(Arc::new(payload))
}

/// A hash of what a mutation asks for, whatever the order in which it says it.
fn hash(field: &str, arguments: &IndexMap<async_graphql::Name, Value>) -> Vec<u8> {
    let mut hash = Sha256::new_with_prefix(field);
    for (name, value) in sorted(arguments).filter(|(name, _)| *name != IDEMPOTENCY_KEY) {
        hash.update([",", name, ":"].concat());
        add_to_hash(value, &mut hash);
    }
    hash.finalize().to_vec()
}

fn add_to_hash(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(fields) => {
            hash.update("{");
            for (name, value) in sorted(fields) {
                hash.update([name, ":"].concat());
                add_to_hash(value, hash);
                hash.update(",");
            }
            hash.update("}");
        }
        Value::List(items) => {
            hash.update("[");
            for item in items {
                add_to_hash(item, hash);
                hash.update(",");
            }
            hash.update("]");
        }
        // A literal of an enum is the string that a variable has.
        Value::Enum(word) => hash.update(Value::String(word.to_string()).to_string()),
        plain => hash.update(plain.to_string()),
    }
}

/// The fields of an object in the order of their names.
fn sorted(fields: &IndexMap<async_graphql::Name, Value>) -> impl Iterator<Item = (&str, &Value)> {
    let fields: BTreeMap<&str, &Value> = fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
    fields.into_iter()
}

/// The name by which the schema knows the records of a type: `visitStop`.
pub(super) fn camel_table(record: &RecordType) -> String {
    camel_case(record.table)
}

/// Adds the types of payloads to a catalog, and the fields.
pub(super) fn add(catalog: &mut Catalog, model: &'static Model) {
    let payloads = payload::add_objects(catalog, model);
    let mut root = Object::new("Mutation", "The root of every mutation.");
    for (record, payload) in model.types().zip(payloads) {
        let (name, one) = (record.name, with_article(record.name));
        for verb in VERBS {
            let by = || Argument::new("by", format!("{name}By!"), "The ID, key or external identifier of the record.");
            let version = || {
                let about = "The version that the record must have: if somebody has changed it since, it is refused.";
                Argument::new("expectedVersion", "Int", about)
            };
            let said = |ty: &str| Argument::new("input", format!("{ty}{name}Input!"), "What is said of the record.");
            let (about, arguments) = match verb {
                "create" => (format!("Creates {one}."), vec![said("Create")]),
                "update" => (
                    format!("Updates {one}: what is not given stays as it is, and `null` makes it unknown."),
                    vec![by(), said("Update"), version()],
                ),
                "upsert" => (
                    format!("Updates the {} with a key, or creates it if there is none.", words(name)),
                    vec![Argument::new("key", "String!", "The key of the record."), said("Update")],
                ),
                _ => (
                    format!("Deletes {one}, unless other records refer to it."),
                    vec![by(), version(), Argument::new("cascade", "Boolean", CASCADE)],
                ),
            };
            // Names live as long as the catalog, which is never dropped.
            let field: &'static str = format!("{verb}{name}").leak();
            let payload = if verb == "delete" { DELETED } else { payload };
            add_field(catalog, &mut root, field, Mutation::One(verb, record, payload), about, arguments);
        }
    }
    let edits =
        Argument::new("edits", "[EditInput!]!", "What is to be done, at most 1,000 edits. Each record is edited once.");
    let about = "Makes several edits: all of them, or none if anything is wrong. They can refer to the records that others of them \
                 create, by their keys.";
    add_field(catalog, &mut root, "applyBatch", Mutation::Batch, about.to_owned(), vec![edits]);
    catalog.mutations = root;
}

fn add_field(
    catalog: &mut Catalog,
    root: &mut Object<Root>,
    name: &'static str,
    mutation: Mutation,
    about: String,
    mut arguments: Vec<Argument>,
) {
    let about_key = "A name for this mutation, at most 200 characters. If it is sent again with it by the same API key, such as after a lost \
                 connection, it is not done again: its first result is returned. It is kept for a week.";
    arguments.push(Argument::new(IDEMPOTENCY_KEY, "String", about_key));
    let info = root.batch(name, mutation.payload(), about, arguments, |_, _| {
        Box::pin(async { Err(Error::internal("a mutation is resolved at the root")) })
    });
    info.cost = FieldCost { statements: STATEMENTS, size: Size::One, ..FieldCost::LEAF };
    catalog.add_mutation(name, mutation);
}

/// How many statements a mutation is charged for.
const STATEMENTS: u32 = 50;
