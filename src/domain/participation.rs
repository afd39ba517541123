//! Participations.

use uuid::Uuid;

use crate::{
    db::vocabulary,
    graph::{Definition, record},
};

vocabulary! {
    /// As what somebody takes part.
    ParticipationRole {
        /// Leads the guests.
        Leader = "leader",
        /// Belongs to the guests.
        Member = "member",
        /// Is a guest.
        Guest = "guest",
        /// Receives the guests.
        Host = "host",
        /// Invited the guests.
        Inviter = "inviter",
        /// Was invited.
        Invitee = "invitee",
        /// Met the guests.
        Met = "met",
        /// Speaks.
        Speaker = "speaker",
        /// Organizes.
        Organizer = "organizer",
        /// Helps to organize.
        CoOrganizer = "co_organizer",
        /// Supports.
        Supporter = "supporter",
        /// Exhibits.
        Exhibitor = "exhibitor",
        /// Signs an agreement.
        Signatory = "signatory",
        /// Takes part.
        Participant = "participant",
        /// Receives an award.
        AwardWinner = "award_winner",
        /// Is the guest of honour among countries.
        GuestCountry = "guest_country",
    }
}

vocabulary! {
    /// How far the part was taken.
    ParticipationStatus {
        /// Took part.
        Attended = "attended",
        /// Was to take part.
        Planned = "planned",
        /// Was invited.
        Invited = "invited",
        /// Was told to be welcome.
        Welcome = "welcome",
        /// Was thanked for taking part.
        Thanked = "thanked",
        /// Declined.
        Declined = "declined",
    }
}

record! {
    /// Somebody's part in a visit or event.
    Participation, "participation", "participations" {
        activity_id: Uuid,
        activity_kind: String,
        participant_id: Uuid,
        participant_kind: String,
        role: ParticipationRole,
        status: Option<ParticipationStatus>,
    }
}

fn define(d: &mut Definition<Model>) {
    d.any(at::activity_id, at::activity_kind, "Activity", &["visit", "event"], "In what the part was taken.");
    d.any(
        at::participant_id,
        at::participant_kind,
        "Participant",
        &["official", "organization", "city", "country"],
        "Who took part.",
    );
    d.value(at::role, "As what they took part.");
    d.value(at::status, "How far the part was taken.");
    d.default_order("KEY_ASC");
}
