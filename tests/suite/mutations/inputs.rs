//! From the rows of files to the inputs of mutations, by the model: each column has its field.

use std::collections::HashMap;

use coopgraph::{
    domain::model,
    model::{AttributeKind, Scalar, camel_case, draft::reference_name},
};
use serde_json::{Map, Value, json};

use crate::{
    population::{Population, Record},
    walk::{Ref, Schema, lower_first},
};

/// What a column of a file says.
#[derive(Clone, Copy)]
enum Said {
    Text,
    Number,
    Truth,
    Word,
    Reference,
    /// The kind of the record is in the column before.
    ReferenceToAny,
    References,
}

/// The fields of inputs.
pub struct Inputs {
    /// By record type and header.
    fields: HashMap<(&'static str, String), (String, Said)>,
}

impl Inputs {
    pub fn new() -> Self {
        let mut fields = HashMap::new();
        for record in model().types() {
            let mut add = |header: &str, name: &str, said: Said| {
                fields.insert((record.table, header.to_owned()), (name.to_owned(), said));
            };
            for attribute in record.attributes.iter().filter(|attribute| attribute.is_imported) {
                match &attribute.kind {
                    AttributeKind::Scalar(column, scalar) => {
                        let said = match scalar {
                            Scalar::Integer | Scalar::Float => Said::Number,
                            Scalar::Boolean => Said::Truth,
                            Scalar::Word(_) => Said::Word,
                            _ => Said::Text,
                        };
                        add(column.name, &attribute.name, said);
                    }
                    AttributeKind::Name { name, language, .. } => {
                        add(name.name, &attribute.name, Said::Text);
                        add(language.name, &camel_case(language.name), Said::Text);
                    }
                    AttributeKind::Date { edtf, .. } => add(edtf.name, &attribute.name, Said::Text),
                    AttributeKind::Decimal(decimal) => add(decimal.exact.name, &attribute.name, Said::Text),
                    AttributeKind::ToOne(to_one) => {
                        add(reference_name(to_one.column), &attribute.name, Said::Reference);
                    }
                    AttributeKind::ToAny(to_any) => {
                        add(reference_name(to_any.id), &attribute.name, Said::ReferenceToAny);
                    }
                    AttributeKind::Keys { .. } => add(&attribute.name, &camel_case(&attribute.name), Said::References),
                    AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) => {}
                }
            }
        }
        Self { fields }
    }

    /// What the row of a record says, `null` for empty cells, and what other files say of it.
    fn said(&self, population: &Population, record: &Record) -> Map<String, Value> {
        let mut input = Map::new();
        for (header, cell) in &record.cells {
            let Some((field, said)) = self.fields.get(&(record.kind, header.clone())) else { continue };
            let value = match said {
                _ if cell.is_empty() => Value::Null,
                Said::Text => json!(cell),
                Said::Number => serde_json::from_str(cell).expect("a number"),
                Said::Truth => json!(cell == "true"),
                Said::Word => json!(cell.to_uppercase()),
                Said::Reference => json!({ "key": cell }),
                Said::ReferenceToAny => {
                    json!({ camel_case(record.get(&format!("{header}_kind"))): { "key": cell } })
                }
                Said::References => cell.split(';').map(|key| json!({ "key": key })).collect(),
            };
            input.insert(field.clone(), value);
        }
        let is_of = |kind: &str, key: &str| kind == record.kind && key == record.key;
        let names = population.names.iter().filter(|name| is_of(name.kind, &name.key));
        let names: Value = names.map(|name| json!({ "language": name.cells[0], "name": name.cells[1] })).collect();
        let identifiers = population.identifiers.iter().filter(|of| is_of(of.kind, &of.key));
        let identifiers: Value =
            identifiers.map(|of| json!({ "scheme": of.cells[0].to_uppercase(), "value": of.cells[1] })).collect();
        input.insert("names".to_owned(), names);
        input.insert("identifiers".to_owned(), identifiers);
        let tags = population.tags.iter().filter(|tag| is_of(tag.kind, &tag.key));
        let topics: Vec<Value> = tags.map(|tag| json!({ "key": tag.cells[0] })).collect();
        if !topics.is_empty() {
            input.insert("topics".to_owned(), json!(topics));
        }
        input
    }

    pub fn create(&self, population: &Population, record: &Record) -> Value {
        let mut input = self.said(population, record);
        input.insert("key".to_owned(), json!(record.key));
        json!({ format!("create{}", name(record)): input })
    }

    pub fn update(&self, population: &Population, record: &Record) -> Value {
        let edit = json!({ "by": { "key": record.key }, "input": self.said(population, record), "expectedVersion": 1 });
        json!({ format!("update{}", name(record)): edit })
    }

    pub fn upsert(&self, population: &Population, record: &Record) -> Value {
        json!({ format!("upsert{}", name(record)): { "key": record.key, "input": self.said(population, record) } })
    }

    /// The least that is a value of an input type.
    pub fn least(schema: &Schema, ty: &Ref) -> Value {
        if ty.list {
            return json!([]);
        }
        let of = schema.get(&ty.name);
        match of.kind.as_str() {
            "ENUM" => json!(of.values[0]),
            "INPUT_OBJECT" if ty.name.ends_with("By") => {
                let first = &of.inputs[0];
                if first.ty.name == "ID" {
                    json!({ "key": "nothing" })
                } else {
                    json!({ &first.name: Self::least(schema, &first.ty) })
                }
            }
            "INPUT_OBJECT" => {
                let required = of.inputs.iter().filter(|input| input.ty.required);
                Value::Object(required.map(|input| (input.name.clone(), Self::least(schema, &input.ty))).collect())
            }
            _ => match ty.name.as_str() {
                "Int" | "Float" => json!(1),
                "Boolean" => json!(true),
                "Decimal" => json!("1"),
                _ => json!("en"),
            },
        }
    }
}

/// The edit that deletes a record.
pub fn delete(record: &Record) -> Value {
    json!({ format!("delete{}", name(record)): { "by": { "key": record.key } } })
}

/// The GraphQL type of a record.
pub fn name(record: &Record) -> &'static str {
    model().record_type(record.kind).name
}

/// The field of its payload that has the record.
pub fn field(record: &Record) -> String {
    lower_first(name(record))
}
