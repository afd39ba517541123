//! Networks: cities that partnerships join, and officials and organizations that have met.

use std::sync::LazyLock;

use sea_orm::{EntityName, IdenStatic};

use super::{city, participation, partnership_member};
use crate::model::{Members, NetworkRecords, NetworkType, Parts, Statuses};

/// Cities, joined by partnerships.
pub(super) static PARTNERSHIPS: LazyLock<NetworkType> = LazyLock::new(|| NetworkType {
    name: "City",
    description: "A city in the network of all cities that partnerships join.",
    nodes: NetworkRecords { name: "City", list: "cities", tables: &["city"] },
    joints: NetworkRecords { name: "Partnership", list: "partnerships", tables: &["partnership"] },
    members: Members {
        table: partnership_member::Entity.table_name(),
        node: partnership_member::Column::CityId.as_str(),
        joint: partnership_member::Column::PartnershipId.as_str(),
        only: &[],
    },
    neighbors: "partners",
    common: "commonPartners",
    statuses: Statuses { counted: &["active", "suspended", "disputed", "unknown"], past: &["ended"] },
    parts: Some(Parts {
        whole: city::Column::ParentId.as_str(),
        only: (city::Column::Kind.as_str(), "district"),
        words: "districts",
    }),
    most_members: None,
});

/// Officials and organizations, joined by the visits and events in which they took part. Who was only to come has met nobody.
pub(super) static MEETINGS: LazyLock<NetworkType> = LazyLock::new(|| NetworkType {
    name: "Contact",
    description: "An official or an organization in the network of all that have met: that took part in the same visit or \
                  event. Those who were only invited or expected do not count, nor do visits and events with more than 100 \
                  participants, where being there means little.",
    nodes: NetworkRecords { name: "Contact", list: "contacts", tables: &["official", "organization"] },
    joints: NetworkRecords { name: "Activity", list: "activities", tables: &["visit", "event"] },
    members: Members {
        table: participation::Entity.table_name(),
        node: participation::Column::ParticipantId.as_str(),
        joint: participation::Column::ActivityId.as_str(),
        only: participation::took_part(),
    },
    neighbors: "contacts",
    common: "commonContacts",
    statuses: Statuses { counted: &["took_place"], past: &[] },
    parts: None,
    most_members: Some(100),
});
