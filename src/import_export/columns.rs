//! The columns of CSV files, which follow from the attributes of record types.

use crate::model::{Attribute, AttributeKind, RecordType, draft::reference_name};

/// The name of the file of a record type.
pub(super) fn file_name(record: &RecordType) -> String {
    format!("{}.csv", record.plural)
}

/// The attributes that have columns, in their order.
pub(super) fn imported(record: &RecordType) -> impl Iterator<Item = &Attribute> {
    record.attributes.iter().filter(|attribute| attribute.is_imported)
}

/// The headers of the file of a record type: first the key, then those of its attributes.
pub(super) fn headers(record: &RecordType) -> Vec<String> {
    let mut headers = vec!["key".to_owned()];
    for attribute in imported(record) {
        match &attribute.kind {
            AttributeKind::Id | AttributeKind::ToMany(_) | AttributeKind::ToManyAny(_) => {}
            AttributeKind::Scalar(column, _) => headers.push(column.name.to_owned()),
            AttributeKind::Name { name, language, .. } => headers.extend([name, language].map(|c| c.name.to_owned())),
            AttributeKind::Date { edtf, .. } => headers.push(edtf.name.to_owned()),
            AttributeKind::Decimal(decimal) => headers.push(decimal.exact.name.to_owned()),
            AttributeKind::ToOne(to_one) => headers.push(reference_name(to_one.column).to_owned()),
            AttributeKind::ToAny(to_any) => {
                let name = reference_name(to_any.id);
                headers.extend([kind_header(name), name.to_owned()]);
            }
            AttributeKind::Keys { .. } => headers.push(attribute.name.clone()),
        }
    }
    headers
}

/// The header of the column that says of which type the record is to which the column `name` refers.
pub(super) fn kind_header(name: &str) -> String {
    format!("{name}_kind")
}
