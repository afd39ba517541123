//! Indicators.

use uuid::Uuid;

use crate::{
    db::{Decimal, vocabulary},
    domain::ALL,
    edtf::Day,
    graph::{Definition, record},
};

vocabulary! {
    /// How a figure relates to what it measures.
    Comparator {
        /// It is exactly this.
        Exactly = "exactly",
        /// It is about this.
        About = "about",
        /// It is more than this.
        MoreThan = "more_than",
        /// It is less than this.
        LessThan = "less_than",
    }
}

record! {
    /// A figure about a record, or about the relation of two.
    Indicator, "indicator", "indicators" {
        subject_id: Uuid,
        subject_kind: String,
        counterpart_id: Option<Uuid>,
        counterpart_kind: Option<String>,
        measure: String,
        value: Decimal,
        value_sort: f64,
        unit: String,
        comparator: Comparator,
        as_of: Option<String>,
        as_of_earliest: Day,
        as_of_latest: Day,
    }
}

fn define(d: &mut Definition<Model>) {
    d.any(at::subject_id, at::subject_kind, "Record", ALL, "What the figure is about.");
    d.any(
        at::counterpart_id,
        at::counterpart_kind,
        "Record",
        ALL,
        "The other side, if the figure is about a relation.",
    );
    d.value(at::measure, "What is measured, such as `chinese_citizens`.");
    d.decimal(at::value, at::value_sort, "How much it is.");
    d.value(at::unit, "In which unit: `persons`, `count`, an ISO 4217 code for money, …");
    d.value(at::comparator, "How the value relates to what it measures.");
    d.date(at::as_of, at::as_of_earliest, at::as_of_latest, "The day for which it holds.");
    d.default_order("AS_OF_DESC");
}
