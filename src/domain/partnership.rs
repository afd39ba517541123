//! Partnerships of cities and others.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        agreement, citation, city, partnership_member, partnership_party, quality_issue::QualityIssue,
        timeline::TimelineKind,
    },
    edtf::Day,
    model::{Description, IfMissing, Record, Visibility, quality::Doubt},
};

/// The kind of a partnership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum PartnershipKind {
    /// Sister cities, also called twin towns.
    SisterCity,
    /// Sister regions, provinces or states.
    SisterRegion,
    /// Friendship cities, which have a looser relation than sister cities.
    FriendshipCity,
    /// Friendly exchange.
    FriendlyExchange,
    /// A letter of intent.
    LetterOfIntent,
    /// A memorandum of understanding.
    Memorandum,
    /// Friendship of parliaments, councils or groups of their members.
    ParliamentaryFriendship,
    /// Cooperation of universities, schools or research institutes.
    AcademicCooperation,
    /// Cooperation of other organizations, such as ports, museums or chambers of commerce.
    InstitutionalCooperation,
}

/// The status of a partnership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum PartnershipStatus {
    /// In force.
    Active,
    /// Suspended by at least one of the members, and not ended.
    Suspended,
    /// Intended, but not in force yet.
    Planned,
    /// Ended.
    Ended,
    /// Found only in lists that are not authoritative.
    Unverified,
    /// Sources disagree about it.
    Disputed,
    /// Shown never to have existed.
    Refuted,
    /// The status is not known.
    Unknown,
}

/// The level of government of the partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum PartnershipLevel {
    /// Cities and municipalities.
    Municipal,
    /// Districts.
    District,
    /// Regions, provinces or states.
    Regional,
    /// Countries.
    National,
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partnership")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub kind: PartnershipKind,
    pub since: Option<String>,
    pub since_earliest: Day,
    pub since_latest: Day,
    pub ended: Option<String>,
    pub ended_earliest: Day,
    pub ended_latest: Day,
    pub min_days: Option<i32>,
    pub max_days: Option<i32>,
    pub status: PartnershipStatus,
    pub level: Option<PartnershipLevel>,
    pub note: Option<String>,
    pub visibility: Visibility,
    pub audience: i16,
    pub version: i32,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// The table has no foreign key to another record.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The columns of the day on which a partnership began.
pub const SINCE: [Column; 3] = [Column::Since, Column::SinceEarliest, Column::SinceLatest];
/// The columns of the day on which it ended.
pub const ENDED: [Column; 3] = [Column::Ended, Column::EndedEarliest, Column::EndedLatest];

impl Record for Entity {
    const NAME: &'static str = "Partnership";
    const PLURAL: &'static str = "partnerships";
    const DESCRIPTION: &'static str = "A partnership between two or more cities, such as sister cities or friendship cities, or of others, such as \
         universities.";

    fn describe(d: &mut Description<'_, Self>) {
        d.keys::<city::Entity, _>(
            "members",
            (partnership_member::Column::PartnershipId, partnership_member::Column::CityId),
            Some(partnership_member::Column::PartnerId),
            2,
        );
        d.word::<PartnershipKind>(Column::Kind, "The kind of partnership.");
        d.date(SINCE, "The day on which the partnership began.");
        d.date(ENDED, "The day on which the partnership ended.");
        d.renamed(Column::Ended, "end");
        d.period(Column::Since, Column::Ended, IfMissing::Open);
        d.moment(TimelineKind::PartnershipBegan, Column::Since);
        d.moment(TimelineKind::PartnershipEnded, Column::Ended);
        d.asked_by_time();
        d.not_yet(Column::Status, &PartnershipStatus::Active, ENDED);
        d.once(
            partnership_member::Column::PartnershipId,
            [partnership_member::Column::CityId, partnership_member::Column::PartnerId],
            Column::Kind,
            Column::Ended,
        );
        d.duration([Column::MinDays, Column::MaxDays]);
        d.word::<PartnershipStatus>(Column::Status, "The status of the partnership.");
        d.word::<PartnershipLevel>(Column::Level, "The level of government of the partners.");
        d.has_many_through::<city::Entity, _>(
            "members",
            (partnership_member::Column::PartnershipId, partnership_member::Column::CityId),
            "A list of the cities that are members of the partnership. It is empty if the partnership is not one of cities \
             alone: `parties` has all its members then.",
        );
        d.grouped();
        d.has_many(
            "parties",
            partnership_party::Column::PartnershipId,
            "A list of its parties of which more is known than that they are members, such as a status of their own, and of \
             those that are no cities.",
        );
        d.joins_at_least(2, partnership_party::Column::PartnershipId);
        d.has_many(
            "agreements",
            agreement::Column::ResultId,
            "A list of the agreements that founded or renewed the partnership.",
        );
        d.order_by_count("agreements");
        let doubted = [PartnershipStatus::Unverified, PartnershipStatus::Disputed];
        let of_party = [PartnershipStatus::Unverified, PartnershipStatus::Disputed, PartnershipStatus::Refuted];
        let by_party = partnership_party::Column::PartnershipId;
        let doubts = [
            Doubt::word(Column::Status, doubted),
            Doubt::related(by_party, partnership_party::Column::Status, of_party),
            Doubt::Contradicted(Some(citation::EXISTS)),
        ];
        d.doubtful(QualityIssue::OneSidedEntries, doubts).unless(Column::Status, [PartnershipStatus::Refuted]);
        // It has no word for a relation of several.
        d.schema_org("Role", [(Column::Kind, "roleName"), (Column::Since, "startDate"), (Column::Ended, "endDate")]);
        d.default_order("SINCE_ASC");
    }
}
