//! Participations.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    model::{Description, Record, Visibility},
};

/// As what somebody takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum ParticipationRole {
    /// Leads the guests.
    Leader,
    /// Belongs to the guests.
    Member,
    /// Is a guest.
    Guest,
    /// Receives the guests.
    Host,
    /// Invited the guests.
    Inviter,
    /// Was invited.
    Invitee,
    /// Met the guests.
    Met,
    /// Speaks.
    Speaker,
    /// Organizes.
    Organizer,
    /// Helps to organize.
    CoOrganizer,
    /// Supports.
    Supporter,
    /// Exhibits.
    Exhibitor,
    /// Signs an agreement.
    Signatory,
    /// Takes part.
    Participant,
    /// Receives an award.
    AwardWinner,
    /// Is the guest of honour among countries.
    GuestCountry,
}

/// How far the part was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum ParticipationStatus {
    /// Took part.
    Attended,
    /// Was to take part.
    Planned,
    /// Was invited.
    Invited,
    /// Was told to be welcome.
    Welcome,
    /// Was thanked for taking part.
    Thanked,
    /// Declined.
    Declined,
}

/// Somebody's part in a visit or event.
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
    const DESCRIPTION: &'static str = "Somebody's part in a visit or event.";

    fn describe(d: &mut Description<'_, Self>) {
        d.belongs_to_any([Column::ActivityId, Column::ActivityKind], "Activity", "In what the part was taken.");
        d.belongs_to_any([Column::ParticipantId, Column::ParticipantKind], "Participant", "Who took part.");
        d.word::<ParticipationRole>(Column::Role, "As what they took part.");
        d.word::<ParticipationStatus>(Column::Status, "How far the part was taken.");
        d.default_order("KEY_ASC");
    }
}
