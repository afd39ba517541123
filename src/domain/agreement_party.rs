//! Parties to agreements.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{agreement, official},
    model::{Description, Record, Visibility},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_party")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub agreement_id: Id<agreement::Entity>,
    pub party_id: Uuid,
    pub party_kind: String,
    pub signatory_id: Option<Id<official::Entity>>,
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
        belongs_to = "super::agreement::Entity",
        from = "Column::AgreementId",
        to = "super::agreement::Column::Id"
    )]
    Agreement,
    #[sea_orm(
        belongs_to = "crate::model::record::Entity",
        from = "Column::PartyId",
        to = "crate::model::record::Column::Id"
    )]
    Party,
    #[sea_orm(belongs_to = "super::official::Entity", from = "Column::SignatoryId", to = "super::official::Column::Id")]
    Signatory,
}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    const NAME: &'static str = "AgreementParty";
    const PLURAL: &'static str = "agreement_parties";
    const DESCRIPTION: &'static str = "A party to an agreement: a city, an organization or a country.";

    fn describe(d: &mut Description<'_, Self>) {
        d.belongs_to(Relation::Agreement, "The agreement.");
        d.belongs_to_any(
            [Column::PartyId, Column::PartyKind],
            "Party",
            "The party: a city, an organization or a country.",
        );
        d.belongs_to(Relation::Signatory, "The official who signed the agreement for the party.");
        d.order_by_related(Column::AgreementId, "signed");
        d.schema_org("Role", [(Column::AgreementId, "subjectOf"), (Column::PartyId, "participant")]);
        d.default_order("KEY_ASC");
    }
}
