//! Participations.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{event, official, organization, position, visit},
    model::{Condition, Description, Link, Record, RecordType, Visibility, period_of},
};

/// The role of a participant in a visit or an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum ParticipationRole {
    /// The leader of the visiting delegation.
    Leader,
    /// A member of the visiting delegation.
    Member,
    /// A guest.
    Guest,
    /// A host, who received the guests.
    Host,
    /// An inviter, who invited the guests.
    Inviter,
    /// An invitee, who was invited.
    Invitee,
    /// A person or an organization that met the guests.
    Met,
    /// A speaker.
    Speaker,
    /// An organizer.
    Organizer,
    /// A co-organizer.
    CoOrganizer,
    /// A supporter.
    Supporter,
    /// An exhibitor.
    Exhibitor,
    /// A signatory of an agreement.
    Signatory,
    /// A participant without a more specific role.
    Participant,
    /// The winner of an award.
    AwardWinner,
    /// The guest country of honor.
    GuestCountry,
}

/// The status of a participation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum ParticipationStatus {
    /// Took part.
    Attended,
    /// Was expected to take part.
    Planned,
    /// Was invited.
    Invited,
    /// Was told that participation would be welcome.
    Welcome,
    /// Was thanked for taking part.
    Thanked,
    /// Declined to take part.
    Declined,
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "participation")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub activity_id: Uuid,
    pub activity_kind: String,
    pub participant_id: Uuid,
    pub participant_kind: String,
    pub role: ParticipationRole,
    pub status: Option<ParticipationStatus>,
    pub note: Option<String>,
    pub visibility: Visibility,
    pub audience: i16,
    pub version: i32,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
#[expect(missing_docs, reason = "`describe` says once what the relations are")]
pub enum Relation {
    #[sea_orm(
        belongs_to = "crate::model::record::Entity",
        from = "Column::ActivityId",
        to = "crate::model::record::Column::Id"
    )]
    Activity,
    #[sea_orm(
        belongs_to = "crate::model::record::Entity",
        from = "Column::ParticipantId",
        to = "crate::model::record::Column::Id"
    )]
    Participant,
}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    const NAME: &'static str = "Participation";
    const PLURAL: &'static str = "participations";
    const DESCRIPTION: &'static str =
        "A participation of an official, an organization, a city or a country in a visit or an event.";

    fn describe(d: &mut Description<'_, Self>) {
        d.belongs_to_any([Column::ActivityId, Column::ActivityKind], "Activity", "The visit or event.");
        d.belongs_to_any(
            [Column::ParticipantId, Column::ParticipantKind],
            "Participant",
            "The participant: an official, an organization, a city or a country.",
        );
        d.word::<ParticipationRole>(Column::Role, "The role of the participant.");
        d.word::<ParticipationStatus>(Column::Status, "The status of the participation.");
        d.has_many_contemporary::<position::Entity>(
            "positions",
            position::Column::OfficialId,
            [Column::ParticipantId, Column::ActivityId],
            [period_of::<visit::Entity>(), period_of::<event::Entity>()],
            "A list of the positions that the official held at the time of the visit or event, as far as is known: those whose \
             period can have a day in common with it, and those that are attested for such a day. It is empty if the participant \
             is no official, or if no day of the visit or event is known.",
        );
        d.order_by_related(Column::ActivityId, "start");
        d.order_by_related(Column::ParticipantId, "name");
        d.schema_org(
            "Role",
            [(Column::ActivityId, "subjectOf"), (Column::ParticipantId, "participant"), (Column::Role, "roleName")],
        );
        d.default_order("KEY_ASC");
    }
}

/// Whether somebody took part, and was not only to come, or invited others or was invited.
pub(super) fn took_part() -> &'static [Condition] {
    use ParticipationRole::{Invitee, Inviter};
    vec![was_there(), Condition::none_of(Column::Role, [Inviter, Invitee])].leak()
}

/// The same of those who had one of some roles.
pub(super) fn took_part_as(roles: impl IntoIterator<Item = ParticipationRole>) -> &'static [Condition] {
    vec![was_there(), Condition::one_of(Column::Role, roles)].leak()
}

fn was_there() -> Condition {
    use ParticipationStatus::{Declined, Invited, Planned, Welcome};
    Condition::none_of(Column::Status, [Planned, Invited, Welcome, Declined])
}

/// Lets visits or events be grouped by those who took part.
pub(super) fn group_keys(activity: &mut RecordType) {
    let participant = Link::via(Column::ActivityId, Column::ParticipantId);
    activity.grouped_by_any(
        "HOST",
        participant.only(took_part_as([ParticipationRole::Host])),
        "Participant",
        "By the hosts: the officials, organizations, cities and countries that took part as such.",
    );
    let took_part = participant.only(took_part());
    activity.grouped_by::<official::Entity>(
        "OFFICIAL",
        [took_part],
        "By the officials who took part, as guests, hosts or otherwise: not those who invited, were only invited or expected, or \
         declined.",
    );
    activity.grouped_by::<organization::Entity>(
        "ORGANIZATION",
        [took_part],
        "By the organizations that took part, as guests, hosts or otherwise: not those that invited, were only invited or \
         expected, or declined.",
    );
}
