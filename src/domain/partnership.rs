//! Partnerships of cities.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{city, partnership_member},
    edtf::Day,
    model::{Description, Record, Visibility},
};

/// What the partners agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum PartnershipKind {
    /// Sister cities, twin towns.
    SisterCity,
    /// Sister regions, provinces or states.
    SisterRegion,
    /// Friendship cities: less than sister cities.
    FriendshipCity,
    /// Friendly exchange.
    FriendlyExchange,
    /// A letter of intent.
    LetterOfIntent,
    /// A memorandum of understanding.
    Memorandum,
}

/// Whether a partnership holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum PartnershipStatus {
    /// It holds.
    Active,
    /// It has ended.
    Ended,
    /// Only lists that nobody vouches for have it.
    Unverified,
    /// Sources disagree on it.
    Disputed,
    /// It was shown never to have been.
    Refuted,
    /// It is not known.
    Unknown,
}

/// On which level of government the partners are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum PartnershipLevel {
    /// Cities and municipalities.
    Municipal,
    /// Districts.
    District,
    /// Regions, provinces, states.
    Regional,
    /// Countries.
    National,
}

/// A relation of two cities, or more: sister cities, friendship, exchange.
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

impl Record for Entity {
    const NAME: &'static str = "Partnership";
    const PLURAL: &'static str = "partnerships";
    const DESCRIPTION: &'static str = "A relation of two cities, or more: sister cities, friendship, exchange.";

    fn describe(d: &mut Description<'_, Self>) {
        d.keys::<city::Entity, _>(
            "members",
            (partnership_member::Column::PartnershipId, partnership_member::Column::CityId),
            Some(partnership_member::Column::PartnerId),
            2,
        );
        d.word::<PartnershipKind>(Column::Kind, "What the partners agreed on.");
        d.date([Column::Since, Column::SinceEarliest, Column::SinceLatest], "The day on which it began.");
        d.date([Column::Ended, Column::EndedEarliest, Column::EndedLatest], "The day on which it ended.");
        d.period(Column::Since, Column::Ended);
        d.word::<PartnershipStatus>(Column::Status, "Whether it holds.");
        d.word::<PartnershipLevel>(Column::Level, "On which level of government the partners are.");
        d.has_many_through::<city::Entity, _>(
            "members",
            (partnership_member::Column::PartnershipId, partnership_member::Column::CityId),
            "A list of the cities that it joins.",
        );
        d.default_order("SINCE_ASC");
    }
}
