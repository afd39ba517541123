//! From the arguments of mutations to edits.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{InputType, Name, Value, indexmap::IndexMap};

use super::{
    camel_table,
    fields::{InputField, InputKind, ValueKind, input_fields},
};
use crate::{
    import_export::{
        Action, AnnotationList, By, Cell, CellValue, Edit, IDENTIFIERS, NAMES, Problem, Reference, TAGS, kind_header,
    },
    model::{
        Attribute, Column, Model, RecordType, Visibility, draft::reference_name, identifier::IdentifierScheme,
        name::NameKind,
    },
    query::filter::global_id,
    schema::root,
};

/// The fields of an input object.
type Input = IndexMap<Name, Value>;

/// Reads arguments.
pub(super) struct Reader {
    pub model: &'static Model,
    /// What was read.
    pub edits: Vec<Edit>,
    /// What is wrong with arguments.
    pub problems: Vec<Problem>,
    /// What can be said of the records of a type, by its table and the attribute that refers to the record with which they are created.
    fields: HashMap<(&'static str, Option<String>), Arc<[InputField<'static>]>>,
}

impl Reader {
    pub fn new(model: &'static Model) -> Self {
        Self { model, edits: Vec::new(), problems: Vec::new(), fields: HashMap::new() }
    }

    /// Reads what is to be done with one record: `verb` is one of [`super::inputs::VERBS`]. `path` is where the arguments stand.
    pub fn read(&mut self, record: &'static RecordType, verb: &str, arguments: &Input, path: &str) {
        let by = |reader: &mut Self| reader.reference(record, &at(path, "by"), arguments.get("by"));
        let version = match arguments.get("expectedVersion") {
            Some(Value::Number(number)) => number.as_i64().and_then(|number| i32::try_from(number).ok()),
            _ => None,
        };
        let text = |input: Option<&Value>| input.and_then(text_of);
        let input = if let Some(Value::Object(input)) = arguments.get("input") { Some(input) } else { None };
        let action = match verb {
            "create" => Action::Create { key: text(input.and_then(|input| input.get("key"))) },
            "update" => Action::Update { by: by(self), version },
            "upsert" => Action::Upsert { key: text(arguments.get("key")).unwrap_or_default() },
            _ => {
                let cascade = matches!(arguments.get("cascade"), Some(Value::Boolean(true)));
                Action::Delete { by: by(self), version, cascade }
            }
        };
        self.add(record, action, None, input, path, &at(path, "input"));
    }

    /// Reads a record that is to be created, of which nothing but its input is given.
    pub fn read_new(&mut self, record: &'static RecordType, input: &Input, path: &str) {
        let key = input.get("key").and_then(text_of);
        self.add(record, Action::Create { key }, None, Some(input), path, path);
    }

    /// Adds an edit, and those of the records that are created with its record.
    fn add(
        &mut self,
        record: &'static RecordType,
        action: Action,
        owner: Option<&(&Attribute, Reference)>,
        input: Option<&Input>,
        path: &str,
        input_path: &str,
    ) {
        let position = self.edits.len();
        let (table, path) = (record.table, path.to_owned());
        // What belongs to a record is seen by whoever may see the record.
        let visibility = if owner.is_some() { Visibility::Public } else { Visibility::Internal };
        let edit = Edit {
            path,
            input_path: input_path.to_owned(),
            table,
            action,
            visibility,
            cells: Vec::new(),
            lists: Vec::new(),
        };
        self.edits.push(edit);
        if let Some((attribute, reference)) = owner
            && let Some(column) = attribute.columns().first()
        {
            self.edits[position].cells.extend(to_record(*column, attribute.is_to_any(), reference.clone()));
        }
        let owner = owner.map(|(attribute, _)| *attribute);
        let of = (record.table, owner.map(|attribute| attribute.name.clone()));
        let fields = self.fields.entry(of).or_insert_with(|| input_fields(self.model, record, owner).into()).clone();
        for field in &*fields {
            if let Some(value) = input.and_then(|input| input.get(field.name.as_str())) {
                self.read_field(position, record, field, value, &at(input_path, &field.name));
            }
        }
    }

    /// Reads a field of an input, of which an edit is being made.
    fn read_field(
        &mut self,
        position: usize,
        record: &'static RecordType,
        field: &InputField<'static>,
        value: &Value,
        path: &str,
    ) {
        let cells = match &field.kind {
            InputKind::Key => Vec::new(),
            InputKind::Value(column, kind) => {
                let text = text_of(value).unwrap_or_default();
                let text = match kind {
                    ValueKind::Plain => text,
                    ValueKind::Word(vocabulary) => {
                        vocabulary.by_name(&text).map(|word| word.value.clone()).unwrap_or_default()
                    }
                };
                vec![cell(column.name, path, CellValue::Text(text))]
            }
            InputKind::Reference(column, target) => {
                let value = match value {
                    Value::Null => CellValue::Text(String::new()),
                    value => CellValue::Key(self.reference(target, path, Some(value))),
                };
                vec![cell(reference_name(*column), path, value)]
            }
            InputKind::ReferenceToAny(column, targets) => {
                let given = if let Value::Object(of) = value { of.first() } else { None };
                let target = given.and_then(|(name, value)| {
                    Some((name, value, targets.iter().find(|target| camel_table(target) == name.as_str())?))
                });
                match target {
                    Some((name, value, target)) => {
                        to_record(*column, true, self.reference(target, &at(path, name), Some(value)))
                    }
                    None => [kind_header(reference_name(*column)), reference_name(*column).to_owned()]
                        .map(|header| cell(&header, path, CellValue::Text(String::new())))
                        .into(),
                }
            }
            InputKind::References(attribute, target) => {
                let list =
                    items(value).map(|(i, value)| self.reference(target, &at(path, &i.to_string()), Some(value)));
                let list = list.collect();
                vec![cell(&attribute.name, path, CellValue::Keys(list))]
            }
            InputKind::Names => return self.edits[position].lists.push(list(NAMES, value, path, name_cells)),
            InputKind::Identifiers => {
                return self.edits[position].lists.push(list(IDENTIFIERS, value, path, identifier_cells));
            }
            InputKind::Topics => {
                let topic = self.model.record_type("topic");
                let rows = items(value).map(|(i, value)| {
                    let path = at(path, &i.to_string());
                    let reference = self.reference(topic, &path, Some(value));
                    (path.clone(), vec![cell("topic", &path, CellValue::Key(reference))])
                });
                let rows = rows.collect();
                return self.edits[position].lists.push(AnnotationList { file: TAGS, rows });
            }
            InputKind::Children(target, reference) => {
                for (i, value) in items(value) {
                    let Value::Object(input) = value else { continue };
                    let path = at(path, &i.to_string());
                    let owner = Reference { path: path.clone(), table: record.table, by: By::Edit(position) };
                    let key = input.get("key").and_then(text_of);
                    self.add(target, Action::Create { key }, Some(&(reference, owner)), Some(input), &path, &path);
                }
                return;
            }
        };
        self.edits[position].cells.extend(cells);
    }

    /// A record that is named: its ID, key or identifier.
    fn reference(&mut self, record: &'static RecordType, path: &str, value: Option<&Value>) -> Reference {
        let by = match root::By::parse(value.cloned()) {
            Ok(root::By::Id(id)) => match global_id(&id, &[record.table]) {
                Ok((_, id)) => By::Id(id),
                Err(error) => {
                    self.problems.push(Problem::of_argument(path, &error.shown().message));
                    By::Key(String::new())
                }
            },
            Ok(root::By::Key(key)) => By::Key(key),
            Ok(root::By::Identifier(of)) => By::Identifier(of.scheme, of.value),
            // Validation has refused everything else.
            Err(_) => By::Key(String::new()),
        };
        Reference { path: path.to_owned(), table: record.table, by }
    }
}

/// The cells of a reference to a record.
fn to_record(column: Column, is_to_any: bool, reference: Reference) -> Vec<Cell> {
    let (path, name) = (reference.path.clone(), reference_name(column));
    let kind = is_to_any.then(|| cell(&kind_header(name), &path, CellValue::Text(reference.table.to_owned())));
    kind.into_iter().chain([cell(name, &path, CellValue::Key(reference))]).collect()
}

/// The place of a part.
pub(super) fn at(path: &str, part: &str) -> String {
    if path.is_empty() { part.to_owned() } else { format!("{path}.{part}") }
}

fn cell(header: &str, path: &str, value: CellValue) -> Cell {
    Cell { header: header.to_owned(), path: path.to_owned(), value }
}

/// The items of a list, with their positions. A value that is no list is a list of it.
fn items(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    let items = match value {
        Value::List(items) => items.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    items.iter().enumerate()
}

/// The text form of a plain value; none if there is no value.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Enum(word) => Some(word.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Boolean(is_true) => Some(is_true.to_string()),
        _ => None,
    }
}

fn list(
    file: &'static str,
    value: &Value,
    path: &str,
    cells: fn(&Input) -> Vec<(&'static str, &'static str, String)>,
) -> AnnotationList {
    let rows = items(value).filter_map(|(i, value)| {
        let Value::Object(input) = value else { return None };
        let path = at(path, &i.to_string());
        let cells = cells(input).into_iter();
        let cells = cells.map(|(header, field, text)| cell(header, &at(&path, field), CellValue::Text(text)));
        Some((path.clone(), cells.collect()))
    });
    AnnotationList { file, rows: rows.collect() }
}

fn name_cells(input: &Input) -> Vec<(&'static str, &'static str, String)> {
    let text = |field: &str| input.get(field).and_then(text_of).unwrap_or_default();
    let kind = NameKind::parse(input.get("kind").cloned()).ok();
    let kind = kind.map(|kind| sea_orm::ActiveEnum::to_value(&kind)).unwrap_or_default();
    vec![
        ("language", "language", text("language")),
        ("name", "name", text("name")),
        ("kind", "kind", kind),
        ("period", "period", text("period")),
    ]
}

fn identifier_cells(input: &Input) -> Vec<(&'static str, &'static str, String)> {
    let scheme = IdentifierScheme::parse(input.get("scheme").cloned()).ok();
    let scheme = scheme.map(|scheme| sea_orm::ActiveEnum::to_value(&scheme)).unwrap_or_default();
    let value = input.get("value").and_then(text_of).unwrap_or_default();
    vec![("scheme", "scheme", scheme), ("value", "value", value)]
}
