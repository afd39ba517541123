//! What records of all types have beside their own attributes.

use crate::{
    domain::{citation, indicator, tag, topic},
    model::RecordType,
};

/// The statements of sources about a record.
pub(crate) const CITATIONS: &str = "citations";
/// The figures about a record.
pub(crate) const INDICATORS: &str = "indicators";
/// The figures about other records in relation to a record.
pub(crate) const COMPARISONS: &str = "comparisons";
/// The topics of a record.
pub(crate) const TOPICS: &str = "topics";

/// Describes the relations that every record has in addition to its own.
pub(super) fn describe(record: &mut RecordType) {
    record.has_many(
        CITATIONS,
        citation::Column::RecordId,
        "A list of the statements of sources about the record. For one field only, use \
         `filter: {field: {eq: \"since\"}}`; for contradictions only, use `filter: {stance: {eq: CONTRADICTS}}`.",
    );
    record.has_many(INDICATORS, indicator::Column::SubjectId, "A list of figures about the record.");
    record.has_many(
        COMPARISONS,
        indicator::Column::CounterpartId,
        "A list of figures about other records in relation to this record, which is their `counterpart`.",
    );
    record.has_many_through::<topic::Entity, _>(
        TOPICS,
        (tag::Column::RecordId, tag::Column::TopicId),
        "A list of the topics that the record is tagged with.",
    );
    record.grouped();
}
