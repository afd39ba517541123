//! What records of all types have beside their own attributes.

use sea_orm::EntityName;

use crate::{
    domain::{agreement_party, citation, indicator, quality_issue::QualityIssue, source, tag, topic},
    model::{RecordType, quality::Doubt},
};

/// The statements of sources about a record.
pub(crate) const CITATIONS: &str = "citations";
/// The figures about a record.
pub(crate) const INDICATORS: &str = "indicators";
/// The figures about other records in relation to a record.
pub(crate) const COMPARISONS: &str = "comparisons";
/// The topics of a record.
pub(crate) const TOPICS: &str = "topics";

/// Describes what every record has in addition to its own: relations, and what can be doubtful.
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
    // Nothing speaks for what says itself where it is from, nor for the words of the editors; and a source that has an agreement
    // has its parties.
    let needs_no_source = [
        source::Entity.table_name(),
        citation::Entity.table_name(),
        topic::Entity.table_name(),
        agreement_party::Entity.table_name(),
    ];
    if !needs_no_source.contains(&record.table) {
        record.doubtful(QualityIssue::WithoutSource, [Doubt::Unsupported]);
    }
    record.doubtful(QualityIssue::Contradicted, [Doubt::Contradicted(None)]);
    if record.has_dates_to_doubt() {
        record.doubtful(QualityIssue::SuspiciousDates, [Doubt::Dates]);
    }
}
