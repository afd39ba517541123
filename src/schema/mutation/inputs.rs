//! The input types of mutations, in async-graphql's registry.

use async_graphql::{InputType, OutputType};

use super::fields::{InputField, InputKind, ValueKind, child_input, input_fields};
use crate::{
    async_graphql_internals::{MetaInputValue, Registry},
    model::{Attribute, Model, RecordType, camel_case, draft::ProblemCode, name::NameKind, with_article, words},
    schema::{
        root::IdentifierInput,
        types::{field, input, one_of},
    },
};

/// The verbs of the mutations that every record type has.
pub(super) const VERBS: [&str; 4] = ["create", "update", "upsert", "delete"];

/// What the argument `cascade` of deletions says.
pub(super) const CASCADE: &str = "Whether what refers to the record goes with it: records that cannot be without it are deleted, too, and \
                                  other references to it are cleared. Otherwise, the deletion is refused.";

/// Adds the input types of the mutations of a model.
pub(super) fn register(registry: &mut Registry, model: &'static Model) {
    <ProblemCode as OutputType>::create_type_info(registry);
    <NameKind as OutputType>::create_type_info(registry);
    <IdentifierInput as InputType>::create_type_info(registry);
    let name = [
        field("name", "String!", "The name."),
        field("language", "String!", "The language of the name, as a BCP 47 tag; `und` if it is not known."),
        field("kind", "NameKind", "The kind of the name; `null` for the usual name in the language."),
        field("period", "String", "The period in which the name held, in EDTF, such as `1925/1961`."),
    ];
    input(registry, "NameInput", "A name of a record.", false, name);
    for group in model.groups() {
        let targets = group.members.iter().map(|table| {
            let target = model.record_type(table);
            (camel_case(table), format!("{}By", target.name), format!("It is {}.", with_article(target.name)))
        });
        let about =
            format!("The values that identify one of the {}: exactly one of them must be given.", words(group.plural));
        one_of(registry, &format!("{}By", group.name), about, targets);
    }
    let mut edits = Vec::new();
    for record in model.types() {
        edits.extend(of_type(registry, model, record));
    }
    let about = "What is to be done with one record: exactly one of the fields must be given.";
    input(registry, "EditInput", about, true, edits);
}

/// The input types of a record type; the fields of `EditInput`.
fn of_type(
    registry: &mut Registry,
    model: &'static Model,
    record: &'static RecordType,
) -> Vec<(String, MetaInputValue)> {
    let (name, one) = (record.name, with_article(record.name));
    let [create, update, upsert, delete] = VERBS.map(|verb| format!("{verb}{name}"));
    let [created, updated] = ["Create", "Update"].map(|verb| format!("{verb}{name}Input"));
    create_input(registry, model, record, None);
    let fields = input_fields(model, record, None).into_iter();
    // What is created with a record is created by itself later, and its key never changes.
    let can_change = |of: &InputField<'_>| !matches!(of.kind, InputKind::Key | InputKind::Children(..));
    let fields: Vec<_> = fields.filter(can_change).map(|of| field(&of.name, of.ty, of.about)).collect();
    let about =
        format!("What is to be changed of {one}: what is not given stays as it is, and `null` makes it unknown.");
    input(registry, &updated, about, false, fields);
    let by = || field("by", format!("{name}By!"), "The ID, key or external identifier of the record.");
    let version = || field("expectedVersion", "Int", "The version that the record must have; it is refused otherwise.");
    let said = |ty: &str| field("input", format!("{ty}!"), "What is said of the record.");
    let key = field("key", "String!", "The key of the record.");
    let types = [
        (format!("Update{name}Edit"), format!("A change of {one}."), vec![by(), said(&updated), version()]),
        (
            format!("Upsert{name}Edit"),
            format!("A change of the {} with a key, which is created if there is none.", words(name)),
            vec![key, said(&updated)],
        ),
        (
            format!("Delete{name}Edit"),
            format!("The deletion of {one}."),
            vec![by(), version(), field("cascade", "Boolean", CASCADE)],
        ),
    ];
    let mut edits = vec![field(&create, created, format!("Creates {one}."))];
    for ((ty, about, fields), (edit, verb)) in
        types.into_iter().zip([(update, "Updates"), (upsert, "Creates or updates"), (delete, "Deletes")])
    {
        input(registry, &ty, about, false, fields);
        edits.push(field(&edit, ty, format!("{verb} {one}.")));
    }
    edits
}

/// The input type of new records, alone or with the record to which an attribute of theirs refers.
fn create_input(
    registry: &mut Registry,
    model: &'static Model,
    record: &'static RecordType,
    owner: Option<&Attribute>,
) {
    let (name, about) = match owner {
        None => (
            format!("Create{}Input", record.name),
            format!("{}, to be created.", capitalized(&with_article(record.name))),
        ),
        Some(owner) => (
            child_input(record, owner),
            format!("{}, to be created with the record in `{}`.", capitalized(&with_article(record.name)), owner.name),
        ),
    };
    if registry.types.contains_key(&name) {
        return;
    }
    let fields = input_fields(model, record, owner);
    let meta = fields.iter().map(|of| {
        let ty = if of.is_required { format!("{}!", of.ty) } else { of.ty.clone() };
        field(&of.name, ty, of.about.clone())
    });
    let meta: Vec<_> = meta.collect();
    // Before those of its children, among which it can be.
    input(registry, &name, about, false, meta);
    for of in &fields {
        match of.kind {
            InputKind::Value(_, ValueKind::Word(vocabulary)) => drop((vocabulary.register)(registry)),
            InputKind::Children(target, reference) => create_input(registry, model, target, Some(reference)),
            _ => {}
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}
