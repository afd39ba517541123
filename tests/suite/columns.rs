//! The columns of the CSV files as the model has them: made-up data has something in each, whatever the record types are.

use coopgraph::{
    domain::model,
    model::{Attribute, AttributeKind, Column, RecordType, Scalar, draft::reference_name},
};

use crate::walk::kind_of;

/// A column of a CSV file, other than the key, the note and the visibility.
#[derive(Clone)]
pub struct CsvColumn {
    pub header: String,
    pub content: Content,
    pub is_required: bool,
}

/// What a column holds.
#[derive(Clone)]
pub enum Content {
    Text,
    /// The address of a page on the web.
    Url,
    /// A code of so many capital letters.
    Letters(usize),
    /// A code of so many digits.
    Digits(usize),
    /// The main name.
    Name,
    Language,
    /// One of these words.
    Word(&'static [coopgraph::model::Word]),
    /// Within a range.
    Integer(i32, i32),
    Float,
    Boolean,
    Decimal,
    /// A date; whether it is the end of a period.
    Date {
        is_end: bool,
    },
    /// The key of a record of a type.
    Key(&'static str),
    /// The type of the record that the next column has the key of. The number tells the references of a type apart.
    Kind(usize, &'static [&'static str]),
    /// The key of a record of the type that the column before says.
    KeyOfKind(usize, &'static [&'static str]),
    /// Keys of records of a type: at least so many.
    Keys(&'static str, usize),
}

/// The tables of all record types, in the order in which the import creates their ids.
pub fn kinds() -> Vec<&'static str> {
    model().types().map(|record| record.table).collect()
}

/// The columns of a record type's file.
pub fn columns(kind: &str) -> Vec<CsvColumn> {
    let record = model().record_type(kind);
    let mut columns: Vec<CsvColumn> = Vec::new();
    for attribute in record.attributes.iter().filter(|attribute| attribute.is_imported) {
        let references = columns.iter().filter(|column| matches!(column.content, Content::Kind(..))).count();
        columns.extend(of_attribute(record, attribute, references));
    }
    columns.retain(|column| !matches!(&*column.header, "note" | "visibility"));
    columns
}

fn of_attribute(record: &RecordType, attribute: &'static Attribute, references: usize) -> Vec<CsvColumn> {
    let of = |column: &Column, content: Content| CsvColumn {
        header: reference_name(*column).to_owned(),
        content,
        is_required: !column.nullable,
    };
    match &attribute.kind {
        AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) => Vec::new(),
        AttributeKind::Scalar(column, scalar) => {
            let (least, greatest) = attribute.range.unwrap_or((i32::MIN, i32::MAX));
            let content = match scalar {
                Scalar::Text => Content::Text,
                Scalar::Url => Content::Url,
                Scalar::Letters(length) => Content::Letters(*length),
                Scalar::Digits(length) => Content::Digits(*length),
                Scalar::Integer => Content::Integer(least, greatest),
                Scalar::Float => Content::Float,
                Scalar::Boolean => Content::Boolean,
                Scalar::Word(vocabulary) => Content::Word(&vocabulary.words),
                Scalar::DateTime => panic!("{}.{}: no file has moments", record.table, column.name),
            };
            vec![of(column, content)]
        }
        AttributeKind::Name { name, language, .. } => {
            vec![of(name, Content::Name), of(language, Content::Language)]
        }
        AttributeKind::Date { edtf, .. } => {
            let is_end = record.in_order.iter().any(|(_, end)| *end == edtf.name);
            vec![of(edtf, Content::Date { is_end })]
        }
        AttributeKind::Decimal(decimal) => vec![of(&decimal.exact, Content::Decimal)],
        AttributeKind::ToOne(to_one) => vec![of(&to_one.column, Content::Key(to_one.target))],
        AttributeKind::ToAny(to_any) => {
            let key = of(&to_any.id, Content::KeyOfKind(references, &to_any.targets));
            let header = format!("{}_kind", key.header);
            vec![CsvColumn { header, content: Content::Kind(references, &to_any.targets), ..key }, key]
        }
        AttributeKind::Keys { target, at_least, .. } => vec![CsvColumn {
            header: attribute.name.clone(),
            content: Content::Keys(target, *at_least),
            is_required: *at_least > 0,
        }],
    }
}

/// The numbers of tables to which the references of a type can lead that can lead to several.
pub fn choices(kind: &str) -> Vec<usize> {
    let choice = |column: CsvColumn| match column.content {
        Content::Kind(_, targets) => Some(targets.len()),
        _ => None,
    };
    columns(kind).into_iter().filter_map(choice).collect()
}

/// The header of the column that a field, a filter or an order (`start`, `asOf`, `as_of`) is of: some dates have another name
/// there.
pub fn header_of(kind: &str, name: &str) -> String {
    let record = coopgraph::domain::model().record_type(kind);
    let of_date = record.attributes.iter().find_map(|attribute| match &attribute.kind {
        AttributeKind::Date { edtf, .. } if attribute.name == name => Some(edtf.name.to_owned()),
        _ => None,
    });
    of_date.unwrap_or_else(|| kind_of(name))
}
