//! Memberships.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        citation,
        organization::{self, DISSOLVED, FOUNDED},
        quality_issue::QualityIssue,
        timeline::TimelineKind,
    },
    edtf::Day,
    model::{Description, IfMissing, Record, Visibility, quality::Doubt},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub member_id: Uuid,
    pub member_kind: String,
    pub organization_id: Id<organization::Entity>,
    pub role: Option<String>,
    pub since: Option<String>,
    pub since_earliest: Day,
    pub since_latest: Day,
    pub until: Option<String>,
    pub until_earliest: Day,
    pub until_latest: Day,
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
        from = "Column::MemberId",
        to = "crate::model::record::Column::Id"
    )]
    Member,
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id"
    )]
    Organization,
}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    const NAME: &'static str = "Membership";
    const PLURAL: &'static str = "memberships";
    const DESCRIPTION: &'static str = "A membership of an official, an organization or a city in an organization.";

    fn describe(d: &mut Description<'_, Self>) {
        d.belongs_to_any(
            [Column::MemberId, Column::MemberKind],
            "Member",
            "The member: an official, an organization or a city.",
        );
        d.belongs_to(Relation::Organization, "The organization that the member belongs to.");
        d.value(Column::Role, "The role of the member in the organization.");
        let since = [Column::Since, Column::SinceEarliest, Column::SinceLatest];
        d.date(since, "The day on which the membership began.");
        d.date([Column::Until, Column::UntilEarliest, Column::UntilLatest], "The day on which the membership ended.");
        d.renamed(Column::Until, "end");
        d.period(Column::Since, Column::Until, IfMissing::Open);
        d.moment(TimelineKind::MembershipBegan, Column::Since);
        d.moment(TimelineKind::MembershipEnded, Column::Until);
        d.asked_by_time();
        d.not_after::<organization::Entity>(
            [Column::Until, Column::UntilEarliest, Column::UntilLatest],
            Column::OrganizationId,
            DISSOLVED,
        );
        d.not_before::<organization::Entity>(since, Column::OrganizationId, FOUNDED);
        d.not_after::<organization::Entity>(since, Column::OrganizationId, DISSOLVED);
        d.doubtful(QualityIssue::OneSidedEntries, [Doubt::Contradicted(Some(citation::EXISTS))]);
        d.order_by_related(Column::MemberId, "name");
        d.order_by_related(Column::OrganizationId, "name");
        d.schema_org(
            "OrganizationRole",
            [
                (Column::MemberId, "member"),
                (Column::OrganizationId, "memberOf"),
                (Column::Role, "roleName"),
                (Column::Since, "startDate"),
                (Column::Until, "endDate"),
            ],
        );
        d.default_order("KEY_ASC");
    }
}
