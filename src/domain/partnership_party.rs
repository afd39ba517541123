//! Parties to partnerships.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::partnership::{self, PartnershipStatus},
    edtf::Day,
    model::{Description, IfMissing, Record, Visibility},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partnership_party")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub partnership_id: Id<partnership::Entity>,
    pub party_id: Uuid,
    pub party_kind: String,
    pub status: Option<PartnershipStatus>,
    pub since: Option<String>,
    pub since_earliest: Day,
    pub since_latest: Day,
    pub ended: Option<String>,
    pub ended_earliest: Day,
    pub ended_latest: Day,
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
        belongs_to = "super::partnership::Entity",
        from = "Column::PartnershipId",
        to = "super::partnership::Column::Id"
    )]
    Partnership,
    #[sea_orm(
        belongs_to = "crate::model::record::Entity",
        from = "Column::PartyId",
        to = "crate::model::record::Column::Id"
    )]
    Party,
}

impl ActiveModelBehavior for ActiveModel {}

/// The columns of the day on which a partnership ended for a party.
const ENDED: [Column; 3] = [Column::Ended, Column::EndedEarliest, Column::EndedLatest];

impl Record for Entity {
    const NAME: &'static str = "PartnershipParty";
    const PLURAL: &'static str = "partnership_parties";
    const DESCRIPTION: &'static str = "A party to a partnership, with the status and the dates that the partnership has for this \
                                       party: a partnership can be one-sided, or suspended by one of its parties. Parties can \
                                       also be organizations and countries, such as two parliaments or universities.";

    fn describe(d: &mut Description<'_, Self>) {
        d.belongs_to(Relation::Partnership, "The partnership.");
        d.belongs_to_any(
            [Column::PartyId, Column::PartyKind],
            "Party",
            "The party: a city, an organization or a country.",
        );
        d.word::<PartnershipStatus>(
            Column::Status,
            "The status of the partnership for this party. If it is null, it is the status of the partnership.",
        );
        let since = [Column::Since, Column::SinceEarliest, Column::SinceLatest];
        d.date(since, "The day on which the partnership began for this party.");
        d.date(ENDED, "The day on which the partnership ended for this party.");
        d.renamed(Column::Ended, "end");
        d.period(Column::Since, Column::Ended, IfMissing::Open);
        d.asked_by_time();
        d.not_yet(Column::Status, &PartnershipStatus::Active, ENDED);
        d.not_before::<partnership::Entity>(since, Column::PartnershipId, partnership::SINCE);
        d.not_after::<partnership::Entity>(ENDED, Column::PartnershipId, partnership::ENDED);
        d.order_by_related(Column::PartnershipId, "since");
        d.schema_org(
            "Role",
            [(Column::PartyId, "participant"), (Column::Since, "startDate"), (Column::Ended, "endDate")],
        );
        d.default_order("KEY_ASC");
    }
}
