//! Timelines: what happened, and whose timeline it is on.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    domain::{
        agreement, agreement_party, city, country, event, innovation_center, innovation_center_operator, membership,
        official, organization, participation, partnership, partnership_member, partnership_party,
        place_role::{self, VisitPlaceRole},
        position, visit, visit_stop,
    },
    model::{Description, Link, timeline::related},
};

/// What happened, in an entry of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum TimelineKind {
    /// A visit began, or was to begin.
    Visit,
    /// An event began, or was to begin.
    Event,
    /// A partnership began.
    PartnershipBegan,
    /// A partnership ended.
    PartnershipEnded,
    /// An agreement was signed.
    AgreementSigned,
    /// An agreement ended.
    AgreementEnded,
    /// An innovation center was founded.
    InnovationCenterFounded,
    /// An innovation center was closed.
    InnovationCenterClosed,
    /// An organization was founded.
    OrganizationFounded,
    /// An organization was dissolved.
    OrganizationDissolved,
    /// An official took up a position.
    PositionBegan,
    /// An official is known to have held a position on that day.
    PositionAttested,
    /// An official left a position.
    PositionEnded,
    /// A membership began.
    MembershipBegan,
    /// A membership ended.
    MembershipEnded,
    /// A city was founded, or became what it is.
    CityFounded,
    /// A city was dissolved.
    CityDissolved,
    /// A country ceased to exist.
    CountryDissolved,
}

/// The links from a participant to visits or events.
fn participations() -> Link {
    Link::via(participation::Column::ParticipantId, participation::Column::ActivityId)
}

/// The links from a party to agreements.
fn agreements() -> (&'static str, Link) {
    related::<agreement::Entity>([Link::via(agreement_party::Column::PartyId, agreement_party::Column::AgreementId)])
}

/// The links from a party to partnerships that tell more of it.
fn partnerships() -> Link {
    Link::via(partnership_party::Column::PartyId, partnership_party::Column::PartnershipId)
}

fn links(ways: &[(VisitPlaceRole, Link); 4]) -> [Link; 4] {
    ways.each_ref().map(|(_, link)| *link)
}

/// What is on the timeline of a city.
pub(super) fn of_city(d: &mut Description<'_, city::Entity>) {
    let visits = place_role::visits(visit::Column::FromCityId, visit::Column::ToCityId, visit_stop::Column::CityId);
    let members = Link::through(partnership_member::Column::CityId, partnership_member::Column::PartnershipId);
    d.has_timeline([
        related::<city::Entity>([Link::column(city::Column::Id)]),
        related::<visit::Entity>(links(&visits)),
        related::<event::Entity>([Link::column(event::Column::CityId), participations()]),
        related::<partnership::Entity>([members, partnerships()]),
        agreements(),
        related::<organization::Entity>([Link::column(organization::Column::CityId)]),
        related::<innovation_center::Entity>([Link::column(innovation_center::Column::CityId)]),
        related::<position::Entity>([Link::column(position::Column::CityId)]),
        related::<membership::Entity>([Link::column(membership::Column::MemberId)]),
    ]);
}

/// What is on the timeline of a country, also by way of its cities.
pub(super) fn of_country(d: &mut Description<'_, country::Entity>) {
    let visits =
        place_role::visits(visit::Column::FromCountryId, visit::Column::ToCountryId, visit_stop::Column::CountryId);
    let members = Link::within(
        city::Column::CountryId,
        partnership_member::Column::CityId,
        partnership_member::Column::PartnershipId,
    );
    d.has_timeline([
        related::<country::Entity>([Link::column(country::Column::Id)]),
        related::<visit::Entity>(links(&visits)),
        related::<event::Entity>([
            participations(),
            Link::within(city::Column::CountryId, event::Column::CityId, event::Column::Id),
        ]),
        related::<partnership::Entity>([partnerships(), members]),
        agreements(),
        related::<organization::Entity>([Link::column(organization::Column::CountryId)]),
        related::<innovation_center::Entity>([Link::within(
            city::Column::CountryId,
            innovation_center::Column::CityId,
            innovation_center::Column::Id,
        )]),
    ]);
}

/// What is on the timeline of an official.
pub(super) fn of_official(d: &mut Description<'_, official::Entity>) {
    let signed = Link::via(agreement_party::Column::SignatoryId, agreement_party::Column::AgreementId);
    d.has_timeline([
        related::<visit::Entity>([participations()]),
        related::<event::Entity>([participations()]),
        related::<agreement::Entity>([signed]),
        related::<position::Entity>([Link::column(position::Column::OfficialId)]),
        related::<membership::Entity>([Link::column(membership::Column::MemberId)]),
    ]);
}

/// What is on the timeline of an organization.
pub(super) fn of_organization(d: &mut Description<'_, organization::Entity>) {
    let joint =
        Link::through(innovation_center_operator::Column::OperatorId, innovation_center_operator::Column::CenterId);
    let memberships = [membership::Column::OrganizationId, membership::Column::MemberId].map(Link::column);
    d.has_timeline([
        related::<organization::Entity>([Link::column(organization::Column::Id)]),
        related::<visit::Entity>([participations()]),
        related::<event::Entity>([Link::column(event::Column::OrganizerId), participations()]),
        related::<partnership::Entity>([partnerships()]),
        agreements(),
        related::<innovation_center::Entity>([Link::column(innovation_center::Column::OperatorId), joint]),
        related::<position::Entity>([Link::column(position::Column::OrganizationId)]),
        related::<membership::Entity>(memberships),
    ]);
}
