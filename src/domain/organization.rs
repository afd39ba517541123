//! Organizations.

use crate::{
    db::{Id, vocabulary},
    domain::{city, country, event, innovation_center, membership, participation, position},
    edtf::Day,
    graph::{Definition, Link, record},
};

vocabulary! {
    /// What kind of organization it is.
    OrganizationKind {
        /// An association.
        Association = "association",
        /// The government of a city.
        CityGovernment = "city_government",
        /// A company.
        Company = "company",
        /// A consulate.
        Consulate = "consulate",
        /// A company for the development of a region.
        DevelopmentCompany = "development_company",
        /// The government of a district.
        DistrictGovernment = "district_government",
        /// An embassy.
        Embassy = "embassy",
        /// An organizer of events.
        EventOrganizer = "event_organizer",
        /// An agency of a government.
        GovernmentAgency = "government_agency",
        /// A company owned by a government.
        GovernmentCompany = "government_company",
        /// An office of a government.
        GovernmentOffice = "government_office",
        /// A body that furthers innovation.
        InnovationBody = "innovation_body",
        /// A publisher or broadcaster.
        Media = "media",
        /// A ministry.
        Ministry = "ministry",
        /// A network of organizations.
        Network = "network",
        /// The government of a region.
        RegionalGovernment = "regional_government",
        /// An organization that serves others.
        ServiceOrganization = "service_organization",
        /// A technology park.
        TechnologyPark = "technology_park",
        /// A think tank.
        ThinkTank = "think_tank",
        /// A university.
        University = "university",
        /// A venue of events.
        Venue = "venue",
    }
}

record! {
    /// An office, association, company, agency or park.
    Organization, "organization", "organizations" {
        name: String,
        name_sort: String,
        language: String,
        kind: OrganizationKind,
        city_id: Option<Id<city::Model>>,
        country_id: Option<Id<country::Model>>,
        parent_id: Option<Id<Model>>,
        founded: Option<String>,
        founded_earliest: Day,
        founded_latest: Day,
        dissolved: Option<String>,
        dissolved_earliest: Day,
        dissolved_latest: Day,
    }
}

fn define(d: &mut Definition<Model>) {
    d.name(at::name, at::name_sort, at::language, "The main name.");
    d.value(at::kind, "What kind of organization it is.");
    d.one(at::city_id, "The city of its seat.");
    d.one(at::country_id, "The country of its seat.");
    d.one(at::parent_id, "The organization that it is a part of.");
    d.date(at::founded, at::founded_earliest, at::founded_latest, "The day on which it was founded.");
    d.date(at::dissolved, at::dissolved_earliest, at::dissolved_latest, "The day on which it was dissolved.");
    d.period(at::founded, at::dissolved);
    d.many::<Model>("parts", Link::Column("parent_id"), "A list of the organizations that are parts of it.");
    d.many::<position::Model>("positions", Link::Column("organization_id"), "A list of the offices held in it.");
    d.many::<participation::Model>(
        "participations",
        Link::Column("participant_id"),
        "A list of its parts in visits and events: as host, guest, exhibitor, …",
    );
    d.many::<membership::Model>("members", Link::Column("organization_id"), "A list of its members.");
    d.many::<membership::Model>(
        "memberships",
        Link::Column("member_id"),
        "A list of the organizations that it belongs to.",
    );
    d.many::<innovation_center::Model>(
        "innovationCenters",
        Link::Column("operator_id"),
        "A list of the innovation centers that it runs.",
    );
    d.many::<event::Model>("organizedEvents", Link::Column("organizer_id"), "A list of the events that it organized.");
    d.default_order("NAME_ASC");
}
