//! What records of all types have beside their own attributes.

use crate::{
    domain::{citation, indicator, tag, topic},
    model::RecordType,
};

/// Describes the relations that every record has in addition to its own.
pub(super) fn describe(record: &mut RecordType) {
    record.has_many(
        "citations",
        citation::Column::RecordId,
        "A list of the statements of sources about the record. For one field only, use \
         `filter: {field: {eq: \"since\"}}`; for contradictions only, use `filter: {stance: {eq: CONTRADICTS}}`.",
    );
    record.has_many("indicators", indicator::Column::SubjectId, "A list of figures about the record.");
    record.has_many(
        "comparisons",
        indicator::Column::CounterpartId,
        "A list of figures about other records in relation to this record, which is their `counterpart`.",
    );
    record.has_many_through::<topic::Entity, _>(
        "topics",
        (tag::Column::RecordId, tag::Column::TopicId),
        "A list of the topics that the record is tagged with.",
    );
    record.grouped();
}
