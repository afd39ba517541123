//! Agreements.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{agreement_party, timeline::TimelineKind},
    edtf::Day,
    model::{Description, IfMissing, Record, Visibility},
};

/// The kind of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum AgreementKind {
    /// A memorandum of understanding.
    Memorandum,
    /// A letter of intent.
    LetterOfIntent,
    /// An agreement on a partnership, such as that of sister cities.
    PartnershipAgreement,
    /// An agreement on cooperation in certain fields.
    CooperationAgreement,
    /// A treaty between countries.
    Treaty,
    /// A protocol, which adds to another agreement or carries it out.
    Protocol,
    /// An exchange program, such as one for students or officials.
    ExchangeProgram,
}

/// The status of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum AgreementStatus {
    /// Negotiated or announced, but not signed.
    Planned,
    /// Signed, but not in force yet.
    Signed,
    /// In force.
    InForce,
    /// Suspended by at least one of the parties.
    Suspended,
    /// Its time is over.
    Expired,
    /// Ended before its time by one of the parties, or replaced by another agreement.
    Terminated,
    /// The status is not known.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub title: String,
    pub title_sort: String,
    pub language: String,
    pub kind: AgreementKind,
    pub status: AgreementStatus,
    pub signed: Option<String>,
    pub signed_earliest: Day,
    pub signed_latest: Day,
    pub in_force: Option<String>,
    pub in_force_earliest: Day,
    pub in_force_latest: Day,
    pub expires: Option<String>,
    pub expires_earliest: Day,
    pub expires_latest: Day,
    pub ended: Option<String>,
    pub ended_earliest: Day,
    pub ended_latest: Day,
    pub signed_at_id: Option<Uuid>,
    pub signed_at_kind: Option<String>,
    pub result_id: Option<Uuid>,
    pub result_kind: Option<String>,
    pub renews_id: Option<Id<Entity>>,
    pub website: Option<String>,
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
        from = "Column::SignedAtId",
        to = "crate::model::record::Column::Id"
    )]
    SignedAt,
    #[sea_orm(
        belongs_to = "crate::model::record::Entity",
        from = "Column::ResultId",
        to = "crate::model::record::Column::Id"
    )]
    Result,
    #[sea_orm(belongs_to = "Entity", from = "Column::RenewsId", to = "Column::Id")]
    Renews,
}

impl ActiveModelBehavior for ActiveModel {}

/// The columns of the day on which an agreement was signed.
const SIGNED: [Column; 3] = [Column::Signed, Column::SignedEarliest, Column::SignedLatest];
/// The columns of the day on which it ended.
const ENDED: [Column; 3] = [Column::Ended, Column::EndedEarliest, Column::EndedLatest];

impl Record for Entity {
    const NAME: &'static str = "Agreement";
    const PLURAL: &'static str = "agreements";
    const DESCRIPTION: &'static str = "An agreement of cities, organizations or countries, such as a memorandum of \
                                       understanding, a letter of intent or a treaty.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Title, Column::TitleSort, Column::Language], "The title of the agreement.");
        d.word::<AgreementKind>(Column::Kind, "The kind of agreement.");
        d.word::<AgreementStatus>(Column::Status, "The status of the agreement.");
        d.date(SIGNED, "The day on which the agreement was signed.");
        d.date(
            [Column::InForce, Column::InForceEarliest, Column::InForceLatest],
            "The day on which the agreement came into force.",
        );
        d.date(
            [Column::Expires, Column::ExpiresEarliest, Column::ExpiresLatest],
            "The last day on which the agreement is in force, if it sets one.",
        );
        d.date(ENDED, "The day on which the agreement ended.");
        d.renamed(Column::Ended, "end");
        d.period(Column::Signed, Column::Ended, IfMissing::Open);
        d.moment(TimelineKind::AgreementSigned, Column::Signed);
        d.moment(TimelineKind::AgreementEnded, Column::Ended);
        d.asked_by_time();
        d.in_order(Column::Signed, Column::Expires);
        d.not_yet(Column::Status, &AgreementStatus::InForce, ENDED);
        d.not_yet(Column::Status, &AgreementStatus::Planned, SIGNED);
        d.not_in_future(Column::Status, &AgreementStatus::Signed, SIGNED);
        d.belongs_to_any(
            [Column::SignedAtId, Column::SignedAtKind],
            "Activity",
            "The visit or event at which the agreement was signed.",
        );
        d.belongs_to_any(
            [Column::ResultId, Column::ResultKind],
            "AgreementResult",
            "The partnership or innovation center that the agreement founds or renews.",
        );
        d.belongs_to(Relation::Renews, "The earlier agreement that the agreement renews.");
        d.has_many("renewals", Column::RenewsId, "A list of the later agreements that renew the agreement.");
        d.address(Column::Website, "The address (URL) of the text of the agreement, or of a page about it.");
        d.has_many("parties", agreement_party::Column::AgreementId, "A list of the parties to the agreement.");
        d.joins_at_least(2, agreement_party::Column::AgreementId);
        d.alike([Column::SignedEarliest, Column::SignedLatest], None);
        d.schema_org(
            "CreativeWork",
            [
                (Column::Kind, "genre"),
                (Column::Signed, "dateCreated"),
                (Column::Expires, "expires"),
                (Column::RenewsId, "isBasedOn"),
                (Column::ResultId, "about"),
                (Column::Website, "url"),
            ],
        );
        d.default_order("SIGNED_DESC");
    }
}
