//! The fields of the inputs of mutations: what can be said of the records of a type. They follow from its attributes.

use crate::{
    model::{Attribute, AttributeKind, Column, Link, Model, RecordType, Scalar, camel_case, words},
    schema::leaf,
};

/// A field of an input.
pub(super) struct InputField<'m> {
    pub name: String,
    /// Its GraphQL type, without `!`.
    pub ty: String,
    /// Whether new records need it.
    pub is_required: bool,
    pub about: String,
    pub kind: InputKind<'m>,
}

/// What a field of an input says.
pub(super) enum InputKind<'m> {
    /// The key.
    Key,
    /// A value in one column.
    Value(Column, ValueKind<'m>),
    /// A reference to a record of one type.
    Reference(Column, &'m RecordType),
    /// A reference to a record of one of several types.
    ReferenceToAny(Column, Vec<&'m RecordType>),
    /// A list of records.
    References(&'m Attribute, &'m RecordType),
    /// All names beside the main one.
    Names,
    /// All identifiers.
    Identifiers,
    /// All topics.
    Topics,
    /// Records that are created with the record, and the attribute of theirs that refers to it.
    Children(&'m RecordType, &'m Attribute),
}

/// What a value of one column is.
pub(super) enum ValueKind<'m> {
    /// A text, a number or a truth value.
    Plain,
    /// A word of a vocabulary.
    Word(&'m crate::model::Vocabulary),
}

/// What can be said of the records of a type. `owner` is the attribute that refers to the record with which they are created, if
/// they are.
pub(super) fn input_fields<'m>(
    model: &'m Model,
    record: &'m RecordType,
    owner: Option<&Attribute>,
) -> Vec<InputField<'m>> {
    let mut fields = vec![InputField {
        name: "key".to_owned(),
        ty: "String".to_owned(),
        is_required: false,
        about: "The key: letters, digits, dots, underscores and hyphens, the first one a letter or a digit. It never changes. \
                Without one, the global ID is the key, too."
            .to_owned(),
        kind: InputKind::Key,
    }];
    let is_owner = |attribute: &Attribute| owner.is_some_and(|owner| owner.name == attribute.name);
    for attribute in record.attributes.iter().filter(|attribute| attribute.is_imported && !is_owner(attribute)) {
        add_attribute(&mut fields, model, attribute, owner.is_some());
    }
    let mut list = |name: &str, ty: &str, about: &str, kind: InputKind<'m>| {
        let (name, ty, about) = (name.to_owned(), format!("[{ty}!]"), about.to_owned());
        fields.push(InputField { name, ty, is_required: false, about, kind });
    };
    list(
        "names",
        "NameInput",
        "All names in addition to the main name. They replace those that there are.",
        InputKind::Names,
    );
    list(
        "identifiers",
        "IdentifierInput",
        "All identifiers in external systems. They replace those that there are.",
        InputKind::Identifiers,
    );
    if record.attribute("topics").is_some() {
        list("topics", "TopicBy", "All topics. They replace those that there are.", InputKind::Topics);
    }
    for (name, target, reference) in children(model, record) {
        let about = format!("New {} that belong to the record.", words(target.plural));
        list(name, &child_input(target, reference), &about, InputKind::Children(target, reference));
    }
    fields
}

fn add_attribute<'m>(fields: &mut Vec<InputField<'m>>, model: &'m Model, attribute: &'m Attribute, is_part: bool) {
    let about = attribute.description.to_owned();
    let mut add = |name: &str, ty: String, is_required: bool, about: String, kind: InputKind<'m>| {
        fields.push(InputField { name: name.to_owned(), ty, is_required, about, kind });
    };
    let by = |record: &RecordType| format!("{}By", record.name);
    match &attribute.kind {
        AttributeKind::Scalar(column, scalar) => {
            let kind = match scalar {
                Scalar::Word(vocabulary) => ValueKind::Word(vocabulary),
                _ => ValueKind::Plain,
            };
            let ty = leaf::type_of(*column, scalar).trim_end_matches('!').to_owned();
            let (is_required, about) = match column.name {
                "visibility" if is_part => (
                    false,
                    format!(
                        "{about} Without it, it is `PUBLIC`, and so seen by whoever may see the record that it belongs to."
                    ),
                ),
                "visibility" => (false, format!("{about} Without it, a new record is `INTERNAL`.")),
                _ => (!column.nullable, about),
            };
            add(&attribute.name, ty, is_required, about, InputKind::Value(*column, kind));
        }
        AttributeKind::Name { name, language, .. } => {
            add(&attribute.name, "String".to_owned(), true, about, InputKind::Value(*name, ValueKind::Plain));
            let about = format!("The language of `{}`, as a BCP 47 tag; `und` if it is not known.", attribute.name);
            let name = camel_case(language.name);
            add(&name, "String".to_owned(), true, about, InputKind::Value(*language, ValueKind::Plain));
        }
        AttributeKind::Date { edtf, .. } => {
            let about = format!("{about} A date in EDTF, such as `2019-09-24`, `2019-09` or `1987~`.");
            add(&attribute.name, "String".to_owned(), false, about, InputKind::Value(*edtf, ValueKind::Plain));
        }
        AttributeKind::Decimal(decimal) => {
            let column = decimal.exact;
            let kind = InputKind::Value(column, ValueKind::Plain);
            add(&attribute.name, "Decimal".to_owned(), !column.nullable, about, kind);
        }
        AttributeKind::ToOne(to_one) => {
            let target = model.record_type(to_one.target);
            let kind = InputKind::Reference(to_one.column, target);
            add(&attribute.name, by(target), !to_one.column.nullable, about, kind);
        }
        AttributeKind::ToAny(to_any) => {
            let targets = to_any.targets.iter().map(|table| model.record_type(table)).collect();
            let kind = InputKind::ReferenceToAny(to_any.id, targets);
            add(&attribute.name, format!("{}By", to_any.group), !to_any.id.nullable, about, kind);
        }
        AttributeKind::Keys { target, .. } => {
            let target = model.record_type(target);
            let kind = InputKind::References(attribute, target);
            let about =
                format!("All {}: {}. They replace those that there are.", words(&attribute.name), words(target.plural));
            add(&camel_case(&attribute.name), format!("[{}!]", by(target)), false, about, kind);
        }
        AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) => {}
    }
}

/// The lists of a record type whose records tell something about the record and cannot be without it: what they are called, their
/// type, and their attribute that refers to the record.
fn children<'m>(
    model: &'m Model,
    record: &'m RecordType,
) -> impl Iterator<Item = (&'m str, &'m RecordType, &'m Attribute)> {
    record.attributes.iter().filter_map(move |attribute| {
        let AttributeKind::ToMany(many) = &attribute.kind else { return None };
        let Link::Column { table, column } = many.link else { return None };
        let target = model.record_type(table);
        // What has a name of its own is created by itself.
        if target.main_name.is_some() {
            return None;
        }
        let reference = target.attributes.iter().find(|of| match &of.kind {
            AttributeKind::ToOne(to_one) => to_one.column.name == column && !to_one.column.nullable,
            AttributeKind::ToAny(to_any) => to_any.id.name == column && !to_any.id.nullable,
            _ => false,
        })?;
        Some((attribute.name.as_str(), target, reference))
    })
}

/// The name of the input of records that are created with the record to which an attribute of theirs refers.
pub(super) fn child_input(target: &RecordType, reference: &Attribute) -> String {
    let mut letters = reference.name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    format!("Create{}Of{}{}Input", target.name, first.into_iter().collect::<String>(), letters.as_str())
}
