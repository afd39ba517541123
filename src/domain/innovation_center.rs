//! Innovation centers.

use crate::{
    db::{Id, vocabulary},
    domain::{city, organization},
    edtf::Day,
    graph::{Definition, record},
};

vocabulary! {
    /// What kind of center it is.
    InnovationCenterKind {
        /// An innovation center.
        InnovationCenter = "innovation_center",
        /// An office that looks for talents.
        TalentOffice = "talent_office",
        /// A technology park.
        TechnologyPark = "technology_park",
        /// An office for trade.
        TradeOffice = "trade_office",
        /// An incubator of companies.
        Incubator = "incubator",
        /// A place to work together.
        CoWorking = "co_working",
        /// A project of development.
        DevelopmentProject = "development_project",
    }
}

vocabulary! {
    /// Whether a center exists.
    InnovationCenterStatus {
        /// It works.
        Active = "active",
        /// It was announced.
        Planned = "planned",
        /// It was closed.
        Closed = "closed",
        /// It is not known.
        Unknown = "unknown",
    }
}

record! {
    /// An innovation center, an office abroad, or a park.
    InnovationCenter, "innovation_center", "innovation_centers" {
        name: String,
        name_sort: String,
        language: String,
        kind: InnovationCenterKind,
        city_id: Option<Id<city::Model>>,
        location: Option<String>,
        operator_id: Option<Id<organization::Model>>,
        founded: Option<String>,
        founded_earliest: Day,
        founded_latest: Day,
        status: InnovationCenterStatus,
        activity: Option<String>,
    }
}

fn define(d: &mut Definition<Model>) {
    d.name(at::name, at::name_sort, at::language, "The main name.");
    d.value(at::kind, "What kind of center it is.");
    d.one(at::city_id, "The city that it lies in.");
    d.text(at::location, "Where in the city, or in the world, it lies.");
    d.one(at::operator_id, "The organization that runs it.");
    d.date(at::founded, at::founded_earliest, at::founded_latest, "The day on which it was founded.");
    d.value(at::status, "Whether it exists.");
    d.text(at::activity, "What it does.");
    d.default_order("NAME_ASC");
}
