//! Officials.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{agreement_party, membership, network, participation, position, timeline},
    model::{Description, Record, Visibility},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "official")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub name: String,
    pub name_sort: String,
    pub language: String,
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
    const NAME: &'static str = "Official";
    const PLURAL: &'static str = "officials";
    const DESCRIPTION: &'static str =
        "A person who holds or held an office. Only facts about that public function are recorded.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name of the person.");
        d.has_many("positions", position::Column::OfficialId, "A list of the positions that the person held.");
        d.has_spells::<position::Entity>(
            "tenures",
            [
                "Tenure",
                "An office that an official held once, which one position tells of or several: an office that is attested for \
                 several days is one tenure, unless its dates say otherwise.",
            ],
            position::Column::OfficialId,
            [position::Column::TitleSort, position::Column::OrganizationId, position::Column::CityId],
            "A list of the tenures of the person, in the order of the first day that is known of each: the positions of the same \
             title, organization and city whose dates do not contradict each other.",
        );
        d.has_many(
            "participations",
            participation::Column::ParticipantId,
            "A list of the person's participations in visits and events.",
        );
        d.has_many("memberships", membership::Column::MemberId, "A list of the person's memberships in organizations.");
        d.has_many(
            "signedAgreements",
            agreement_party::Column::SignatoryId,
            "A list of the agreements that the official signed, each with the party that the official signed for.",
        );
        d.network(&network::MEETINGS, "The official in the network of meetings: whom it has met at visits and events, whom these have met, and so on.");
        d.alike([], None);
        timeline::of_official(d);
        d.order_by_count("positions");
        d.order_by_count("participations");
        d.schema_org("Person", []);
        d.default_order("NAME_ASC");
    }
}
