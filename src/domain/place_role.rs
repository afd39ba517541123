//! The part that a place has in a visit, and how places and visits are related.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    domain::{participation, visit, visit_stop},
    model::Link,
};

/// The part of a city or a country in a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[graphql(name = "VisitPlaceRole")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum VisitPlaceRole {
    /// The guests came from there.
    Origin,
    /// The guests went there.
    Destination,
    /// It was one of the stops of the visit.
    Stop,
    /// It took part in the visit, for example as the host.
    Participant,
}

use VisitPlaceRole::{Destination, Origin, Participant, Stop};

/// The links from a place to visits, by the columns of visits and stops that refer to places of its kind.
pub(super) fn visits(from: visit::Column, to: visit::Column, stop: visit_stop::Column) -> [(VisitPlaceRole, Link); 4] {
    [
        (Origin, Link::column(from)),
        (Destination, Link::column(to)),
        (Stop, Link::via(stop, visit_stop::Column::VisitId)),
        (Participant, Link::via(participation::Column::ParticipantId, participation::Column::ActivityId)),
    ]
}

/// The links from a visit to places, in the opposite direction.
pub(super) fn places(from: visit::Column, to: visit::Column, stop: visit_stop::Column) -> [(VisitPlaceRole, Link); 4] {
    [
        (Origin, Link::via(visit::Column::Id, from)),
        (Destination, Link::via(visit::Column::Id, to)),
        (Stop, Link::via(visit_stop::Column::VisitId, stop)),
        (Participant, Link::via(participation::Column::ActivityId, participation::Column::ParticipantId)),
    ]
}
