//! The columns of CSV files, which follow from the attributes of record types.

use super::{Files, Problem, Problems, csv_reader::CsvReader};
use crate::model::{Attribute, AttributeKind, RecordType, draft::reference_name};

/// The headers of what a record has beside its content: they come after the key, and at the end.
pub(crate) const HISTORY: [&str; 4] = ["id", "version", "created_at", "updated_at"];

/// The name of the file of a record type.
pub(crate) fn file_name(record: &RecordType) -> String {
    format!("{}.csv", record.plural)
}

/// The attributes that have columns, in their order.
pub(crate) fn imported(record: &RecordType) -> impl Iterator<Item = &Attribute> {
    record.attributes.iter().filter(|attribute| attribute.is_imported)
}

/// The headers of the columns of an attribute.
pub(crate) fn headers_of(attribute: &Attribute) -> Vec<String> {
    match &attribute.kind {
        AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) => Vec::new(),
        AttributeKind::Scalar(column, _) => vec![column.name.to_owned()],
        AttributeKind::Name { name, language, .. } => [name, language].map(|c| c.name.to_owned()).to_vec(),
        AttributeKind::Date { edtf, .. } => vec![edtf.name.to_owned()],
        AttributeKind::Decimal(decimal) => vec![decimal.exact.name.to_owned()],
        AttributeKind::ToOne(to_one) => vec![reference_name(to_one.column).to_owned()],
        AttributeKind::ToAny(to_any) => {
            let name = reference_name(to_any.id);
            vec![kind_header(name), name.to_owned()]
        }
        AttributeKind::Keys { .. } => vec![attribute.name.clone()],
    }
}

/// The header of the column of a date, if a file has its better name.
fn usual_header(record: &RecordType, header: &str) -> Option<&'static str> {
    record.attributes.iter().find_map(|attribute| match &attribute.kind {
        AttributeKind::Date { edtf, .. } if attribute.former.is_some() && attribute.name == header => Some(edtf.name),
        _ => None,
    })
}

/// The headers of the file of a record type: the key and the id, those of its attributes, and when it was written.
pub(crate) fn headers(record: &RecordType) -> Vec<String> {
    let [id, history @ ..] = HISTORY;
    let first = ["key", id].map(str::to_owned);
    first.into_iter().chain(imported(record).flat_map(headers_of)).chain(history.map(str::to_owned)).collect()
}

/// The header of the column that says of which type the record is to which the column `name` refers.
pub(crate) fn kind_header(name: &str) -> String {
    format!("{name}_kind")
}

/// Opens the file of a record type; `None` if there is none, or if it cannot be read, which is then reported. Every column
/// but the key can be missing; the columns of one attribute come together.
pub(super) fn open(files: &Files, record: &RecordType, problems: &mut Problems) -> Option<CsvReader> {
    let file = file_name(record);
    let reader = {
        let usual = |header: &str| usual_header(record, header);
        CsvReader::open_renaming(files, &file, headers(record), &["key"], &usual, problems)?
    };
    let mut is_usable = true;
    for together in imported(record).map(headers_of) {
        let (there, missing): (Vec<_>, Vec<_>) = together.iter().partition(|header| reader.has(header));
        if let ([there, ..], [missing, ..]) = (&there[..], &missing[..]) {
            let message = format!("the column {missing} is missing: it belongs to the column {there}");
            problems.add(Problem::of_file(&file, 1, message));
            is_usable = false;
        }
    }
    is_usable.then_some(reader)
}
